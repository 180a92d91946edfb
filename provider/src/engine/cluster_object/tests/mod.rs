//! The engine against an API server in this process, through the rules of Terraform's core.

mod existing;
mod failures;
mod life;
mod trial;

use crate::connection::cluster::testing::{ApiServer, POOLS};
use crate::provider::Microk8s;
use serde_json::{Value as Json, json};
use tfplugin::testing::{Failure, Harness};
use tfplugin::{Diagnostics, Severity};

const POOL: &str = "metallb_ip_address_pool";
const RANGE: &str = "2001:db8:f000:2::/64";

/// A run of Terraform: a provider that has been configured anew.
async fn run(server: &ApiServer) -> Harness<Microk8s> {
    Harness::new(&json!({"kubernetes": {"config_path": server.kubeconfig()}})).await.unwrap()
}

fn pool(addresses: &[&str]) -> Json {
    json!({"name": "default-pool", "addresses": addresses, "timeouts": {"create": "2s", "update": "2s", "delete": "2s"}})
}

fn path() -> String {
    format!("{POOLS}/default-pool")
}

fn spec(server: &ApiServer) -> Json {
    server.world().objects[&path()]["spec"].clone()
}

fn errors(failure: &Failure) -> String {
    assert!(failure.broken.is_empty(), "{failure}");
    told(&failure.found, Severity::Error).join("\n")
}

fn warnings(found: &Diagnostics) -> Vec<String> {
    told(found, Severity::Warning)
}

/// What a person reads, without the name of the test's directory.
fn told(found: &Diagnostics, severity: Severity) -> Vec<String> {
    let text = |one: &tfplugin::Diagnostic| {
        let at = one.attribute.as_ref().map(|path| format!(" ({path})")).unwrap_or_default();
        let text = format!("{}{at}\n{}", one.summary, one.detail);
        text.split(' ')
            .map(|word| word.find("/kubeconfig").map_or(word, |at| &word[at + 1..]))
            .collect::<Vec<_>>()
            .join(" ")
    };
    found.iter().filter(|one| one.severity == severity).map(text).collect()
}
