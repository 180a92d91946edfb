//! What the provider keeps out of the log.

use super::*;
use crate::connection::cluster::testing::{ApiServer, POOLS};
use serde_json::{Value as Json, json};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tfplugin::testing::Harness;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, fmt, registry};

/// Lines of a log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_not_logged() {
    let (all, ours) = (Lines::default(), Lines::default());
    let layer = |lines: &Lines, targets: Targets| {
        let lines = lines.clone();
        fmt::layer().with_writer(move || lines.clone()).with_filter(targets).boxed()
    };
    let everything = Targets::new().with_default(LevelFilter::TRACE);
    let unlogged = Microk8s::MUTED_LOG_TARGETS.iter().map(|target| (*target, LevelFilter::OFF));
    let layers = vec![layer(&all, everything.clone()), layer(&ours, everything.with_targets(unlogged))];
    let _guard = tracing::subscriber::set_default(registry().with(layers));
    tracing::info!("of this test");

    let server = ApiServer::start().await;
    let broken_off = Json::String("{\"spec\": {\"password\": \"planted-password\"".into());
    server.world().objects.insert(format!("{POOLS}/default-pool"), broken_off);
    let harness =
        Harness::<Microk8s>::new(&json!({"kubernetes": {"config_path": server.kubeconfig()}})).await.unwrap();
    let pool = json!({
        "name": "default-pool", "addresses": ["2001:db8::/64"], "timeouts": {"create": "1s"},
    });
    let failure = harness.create("metallb_ip_address_pool", &pool).await.unwrap_err();

    assert!(!all.text().contains("planted-password"), "{}", all.text());
    assert!(ours.text().contains("of this test"), "the log is read");
    assert!(!ours.text().contains("planted-password"), "{}", ours.text());
    assert!(!failure.to_string().contains("planted-password"), "{failure}");
}
