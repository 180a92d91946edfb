//! The second provider of the README, and what Terraform holds ephemeral resources to.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

#[path = "../examples/secrets.rs"]
#[expect(dead_code, reason = "its main is not called here")]
mod secrets;

use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tfplugin::ephemeral::Opened;
use tfplugin::testing::Harness;
use tfplugin::{Computed, Context, Diagnostic, Diagnostics, EphemeralResource, Model, Provider, Registry};

#[tokio::test]
async fn the_readmes_secrets_are_read_and_hinted_at() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("token"), "geheimnis").unwrap();
    let terraform = Harness::<secrets::Secrets>::new(&json!({"directory": directory.path()})).await.unwrap();
    let (open, _) = terraform.open("secrets_file", &json!({"name": "token"})).await.unwrap();
    assert_eq!(open.object.attribute("secret").as_str(), Some("geheimnis"));
    assert!(open.renew_at.is_none());
    terraform.close(open).await.unwrap();
    let failure = terraform.open("secrets_file", &json!({"name": "tokens"})).await.unwrap_err();
    assert!(failure.to_string().contains("Unable to read the secret"), "{failure}");

    let hint = terraform.call("hint", &[json!("geheimnis"), json!(null)]).unwrap();
    assert_eq!(hint.as_str(), Some("geh..."));
    let failure = terraform.call("hint", &[json!("geheimnis"), json!(0)]).unwrap_err();
    assert!(failure.to_string().contains("at least 1 is shown"), "{failure}");
}

#[test]
fn the_readme_shows_the_example() {
    let (readme, example) = (include_str!("../README.md"), include_str!("../examples/secrets.rs"));
    assert!(readme.contains(example), "copy examples/secrets.rs into the README");
}

/// Nothing to configure.
#[derive(Clone, Debug, Model)]
struct Block {}

/// What happened, in order.
#[derive(Default)]
struct Events(Mutex<Vec<String>>);

impl Events {
    fn add(&self, event: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Leases;

impl Provider for Leases {
    type Config = Block;
    type Configured = Events;
    const NAME: &'static str = "leases";

    fn registry() -> Registry<Events> {
        Registry::default().ephemeral_resource::<LeaseResource>()
    }

    async fn configure(_: BlockDraft) -> Result<Events, Diagnostics> {
        Ok(Events::default())
    }
}

/// A lease.
#[derive(Clone, Debug, Model)]
#[ephemeral_resource(type_name = "leases_lease")]
struct Lease {
    /// What it is for; how it goes wrong.
    #[attribute(required)]
    purpose: String,
    /// Seconds that it lasts. Default: 60.
    #[attribute(default = 60)]
    seconds: u8,
    /// Its token.
    #[attribute(computed)]
    token: Computed<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Private {
    renewals: u32,
}

struct LeaseResource;

impl EphemeralResource for LeaseResource {
    type Provider = Events;
    type Model = Lease;
    type Private = Private;

    fn validate_config(config: &LeaseDraft, diagnostics: &mut Diagnostics) {
        if config.purpose.known().is_some_and(String::is_empty) {
            diagnostics.error_at("purpose", "Missing purpose", "Say what the lease is for.");
        }
    }

    async fn open(
        context: &Context<Events>,
        mut config: Lease,
        private: &mut Private,
    ) -> Result<Opened<Lease>, Diagnostics> {
        context.provider().add(format!("open {}", config.seconds));
        private.renewals = 0;
        match config.purpose.as_str() {
            "refused" => return Err(Diagnostic::error("Unable to open", "No lease is left.").into()),
            "forgotten" => return Ok(config.into()),
            "changed" => config.seconds = 1,
            "warned" => context.warn(Diagnostic::warning("Few leases", "One is left.")),
            _ => {}
        }
        config.token = "t".to_owned().into();
        let until = SystemTime::UNIX_EPOCH + Duration::from_secs(config.seconds.into());
        Ok(Opened::from(config).renew_at(until))
    }

    async fn renew(
        context: &Context<Events>,
        private: &mut Private,
    ) -> Result<Option<SystemTime>, Diagnostics> {
        context.provider().add(format!("renew after {}", private.renewals));
        private.renewals += 1;
        Ok((private.renewals < 2).then_some(SystemTime::UNIX_EPOCH))
    }

    async fn close(context: &Context<Events>, private: Private) -> Result<(), Diagnostics> {
        context.provider().add(format!("close after {}", private.renewals));
        Ok(())
    }
}

async fn leases() -> Harness<Leases> {
    Harness::new(&json!({})).await.unwrap()
}

#[tokio::test]
async fn a_lease_is_opened_renewed_and_closed() {
    let terraform = leases().await;
    let (mut open, _) = terraform.open("leases_lease", &json!({"purpose": "x"})).await.unwrap();
    assert_eq!(open.object.attribute("token").as_str(), Some("t"));
    assert_eq!(open.renew_at, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(60)));
    terraform.renew(&mut open).await.unwrap();
    terraform.renew(&mut open).await.unwrap();
    let failure = terraform.renew(&mut open).await.unwrap_err();
    assert!(failure.to_string().contains("did not ask to be renewed"), "{failure}");
    terraform.close(open).await.unwrap();
    // What is closed is what was opened, whatever became of it since.
    let happened = ["open 60", "renew after 0", "renew after 1", "close after 0"];
    assert_eq!(terraform.configured().take(), happened);
}

#[tokio::test]
async fn what_core_would_refuse_is_seen_and_what_is_half_open_is_closed() {
    let terraform = leases().await;
    for (purpose, said, happened) in [
        ("", "Say what the lease is for", vec![]),
        ("refused", "No lease is left", vec!["open 5"]),
        ("forgotten", "An attribute was left without a value: token", vec!["open 5", "close after 0"]),
        ("changed", "broken rule: seconds: planned value does not match config value", vec!["open 5"]),
    ] {
        let config = json!({"purpose": purpose, "seconds": 5});
        let failure = terraform.open("leases_lease", &config).await.unwrap_err();
        assert!(failure.to_string().contains(said), "{purpose}: {failure}");
        assert_eq!(terraform.configured().take(), happened, "{purpose}");
    }
    let (_, warned) = terraform.open("leases_lease", &json!({"purpose": "warned"})).await.unwrap();
    assert_eq!(warned.iter().count(), 1);
    let failure = terraform.open("leases_other", &json!({})).await.unwrap_err();
    assert!(failure.to_string().contains("there is no ephemeral resource type"), "{failure}");
}
