//! Routes to the pods of other nodes, as Calico keeps them. The nodes of a lab reach each other without a
//! tunnel, so a packet to a pod goes to the pod's node as it is.

use super::{Kubelet, calico, ipam};
use crate::containers::ip;
use crate::failure::Result;
use serde_json::Value;
use std::collections::BTreeMap;

/// The routes that are there: by the range of a block the address of its node.
#[derive(Default)]
pub(crate) struct Routes {
    known: BTreeMap<String, String>,
}

impl Routes {
    /// Brings the node's routes to what the cluster says about blocks.
    pub(crate) async fn follow(&mut self, kubelet: &Kubelet) -> Result<()> {
        let affinities = kubelet.api.items(ipam::AFFINITIES).await?;
        let nodes = kubelet.api.items("/api/v1/nodes").await?;
        let wanted = wanted(&affinities, &nodes, &kubelet.name);
        for (range, gateway) in &wanted {
            if self.known.get(range) != Some(gateway) {
                ip(&[family(range), "route", "replace", range, "via", gateway]).await?;
                self.known.insert(range.clone(), gateway.clone());
            }
        }
        let gone: Vec<String> =
            self.known.keys().filter(|range| !wanted.contains_key(*range)).cloned().collect();
        for range in gone {
            self.known.remove(&range);
            ip(&[family(&range), "route", "delete", &range]).await?;
        }
        Ok(())
    }
}

fn family(range: &str) -> &'static str {
    if range.contains(':') { "-6" } else { "-4" }
}

/// The blocks of other nodes whose addresses of the same family are known.
fn wanted(affinities: &[Value], nodes: &[Value], own: &str) -> BTreeMap<String, String> {
    let address = |name: &str, annotation: &str| -> Option<String> {
        let named = |node: &&Value| node.pointer("/metadata/name").and_then(Value::as_str) == Some(name);
        let annotations = nodes.iter().find(named)?.pointer("/metadata/annotations")?;
        Some(annotations.get(annotation)?.as_str()?.split('/').next()?.to_owned())
    };
    let route = |affinity: &Value| {
        let field = |name: &str| affinity.get("spec").and_then(|spec| spec.get(name)?.as_str());
        let (range, node) = (field("cidr")?, field("node")?);
        if node == own || field("deleted") == Some("true") {
            return None;
        }
        let annotation = if range.contains(':') { calico::IPV6_ANNOTATION } else { calico::IPV4_ANNOTATION };
        Some((range.to_owned(), address(node, annotation)?))
    };
    affinities.iter().filter_map(route).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn blocks_of_others_are_reached_through_their_nodes() {
        let affinity =
            |cidr: &str, node: &str| json!({"spec": {"cidr": cidr, "node": node, "deleted": "false"}});
        let affinities = [
            affinity("10.1.2.0/26", "cp1"),
            affinity("10.1.3.0/26", "cp2"),
            affinity("fd01::300/122", "cp2"),
            affinity("10.1.9.0/26", "gone"),
        ];
        let annotations =
            json!({calico::IPV4_ANNOTATION: "10.0.0.12/24", calico::IPV6_ANNOTATION: "fd00::12/64"});
        let nodes = [json!({"metadata": {"name": "cp2", "annotations": annotations}})];
        let routes: Vec<_> = wanted(&affinities, &nodes, "cp1").into_iter().collect();
        let expected = [("10.1.3.0/26", "10.0.0.12"), ("fd01::300/122", "fd00::12")];
        assert_eq!(routes, expected.map(|(range, gateway)| (range.to_owned(), gateway.to_owned())));
    }
}
