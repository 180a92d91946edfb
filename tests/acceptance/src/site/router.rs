//! The router of a site: what a build-out writes there, and whether all is as it was before.

use super::file::Router;
use crate::Failure;
use conformance::vyos::{Target, Trust};
use serde_json::Value;

/// What build-outs write, and delete again.
pub(super) const WRITTEN: [&str; 5] = [
    "protocols bgp",
    "protocols ospfv3",
    "policy prefix-list6 LOAD-BALANCER",
    "policy route-map LOAD-BALANCER",
    "policy route-map LOAD-BALANCER-IPV6",
];

/// A router that answers.
pub(super) struct Reached(Target);

impl Reached {
    /// Asks it for its release.
    pub(super) async fn new(router: &Router) -> Result<Self, Failure> {
        let trust = router.ca_certificate.as_deref().map_or(Trust::System, Trust::Given);
        Ok(Self(Target::router(&router.url.0, router.api_key.clone(), trust).await?))
    }

    /// What is there of that which build-outs write.
    pub(super) async fn in_use(&self) -> Result<Vec<String>, Failure> {
        let mut found = Vec::new();
        for path in WRITTEN {
            if self.0.has(path).await? {
                found.push(format!("{} has `{path}`", self.0.url()));
            }
        }
        Ok(found)
    }

    /// All of its configuration.
    pub(super) async fn configuration(&self) -> Result<Value, Failure> {
        Ok(self.0.configuration().await?)
    }

    /// What is not as it was. Values are not repeated: there are secrets among them.
    pub(super) async fn changed(&self, before: &Value) -> Result<Vec<String>, Failure> {
        let now = self.configuration().await?;
        let mut paths = Vec::new();
        differences(before, &now, "", &mut paths);
        Ok(paths.iter().map(|path| format!("{}: `{}` is not as it was", self.0.url(), path.trim())).collect())
    }
}

fn differences(before: &Value, now: &Value, path: &str, found: &mut Vec<String>) {
    match (before, now) {
        (Value::Object(was), Value::Object(is)) => {
            let added = is.keys().filter(|name| !was.contains_key(*name));
            for name in was.keys().chain(added) {
                let child = |all: &serde_json::Map<String, Value>| all.get(name).cloned().unwrap_or_default();
                differences(&child(was), &child(is), &format!("{path} {name}"), found);
            }
        }
        _ if before == now => {}
        (Value::Null, Value::Object(is)) if is.is_empty() && is_parent(path) => {}
        _ => found.push(path.to_owned()),
    }
}

/// VyOS leaves the parents of what is deleted, as empty nodes that say nothing.
fn is_parent(path: &str) -> bool {
    WRITTEN.iter().any(|written| written.starts_with(&format!("{} ", path.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_came_went_and_changed_is_named_by_its_path() {
        let before = json!({"protocols": {"static": {"a": "1"}, "bgp": {}}, "system": {"name": ["a", "b"]}});
        let now = json!({"protocols": {"static": {"a": "2"}, "ospf": {}}, "system": {"name": ["a", "b"]}});
        let mut found = Vec::new();
        differences(&before, &now, "", &mut found);
        assert_eq!(found, [" protocols bgp", " protocols static a", " protocols ospf"]);
        // An empty parent of what was deleted is nothing; any other empty node is one.
        found.clear();
        differences(&json!({}), &json!({"protocols": {}, "policy": {}, "service": {}}), "", &mut found);
        assert_eq!(found, [" service"]);
        found.clear();
        differences(&json!({}), &json!({"protocols": {"bgp": {}}}), "", &mut found);
        assert_eq!(found, [" protocols"]);
        found.clear();
        differences(&now, &now, "", &mut found);
        assert_eq!(found, [""; 0]);
    }
}
