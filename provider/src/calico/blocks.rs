//! Blocks of addresses that nodes took from a pool, and how a pool is emptied before it goes: what
//! `calicoctl` does.

use super::IpPool;
use crate::connection::Freshness;
use crate::connection::cluster::{Cluster, ClusterError, ClusterErrorKind, Kind, ObjectName};
use crate::connection::retry::{pause, poll};
use crate::engine::cluster_object::ClusterObject;
use ipnet::IpNet;
use kube::core::DynamicObject;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;
use tfplugin::types::SemanticValue;
use tfplugin::{Diagnostic, Diagnostics};

const BLOCK: Kind = Kind::cluster_wide("crd.projectcalico.org", "v1", "IPAMBlock");
/// Pods of all namespaces.
const POD: Kind = Kind::cluster_wide("", "v1", "Pod");
const AFFINITY: Kind = Kind::cluster_wide("crd.projectcalico.org", "v1", "BlockAffinity");

/// How long nodes may take to see that a pool is closed; as long as `calicoctl` gives them.
const SEEN_WITHIN: Duration = Duration::from_millis(500);

/// How long pods that are on their way out may take to give their addresses back: the 30 s that Kubernetes
/// lets a pod take to end, and some for the node.
const LEFT_WITHIN: Duration = Duration::from_secs(45);

const ASKED_EVERY: Duration = Duration::from_secs(1);

/// Users of addresses that an error names; the others are counted.
const NAMED: usize = 10;

/// A block in `range` whose prefix length is not `size`.
pub(super) async fn of_another_size(
    cluster: &Cluster,
    range: &IpNet,
    size: u8,
) -> Result<Option<IpNet>, ClusterError> {
    let blocks = within(cluster, BLOCK, range, Freshness::Cached).await?;
    Ok(blocks.iter().filter_map(network).find(|block| block.prefix_len() != size))
}

/// Closes the pool, makes sure that no pod has an address of it, and takes its empty blocks away.
pub(super) async fn close_and_clear(
    pool: &IpPool,
    cluster: &Cluster,
    diagnostics: &mut Diagnostics,
) -> Result<(), ClusterError> {
    let range = pool.cidr.value();
    let name = ObjectName { kind: IpPool::KIND, namespace: String::new(), name: pool.name().to_owned() };
    if !pool.is_closed() {
        cluster.merge(&name, &json!({ "spec": { "disabled": true } })).await?;
        pause(SEEN_WITHIN).await;
    }
    let (blocks, users) = poll(ASKED_EVERY, LEFT_WITHIN, || async {
        let blocks = within(cluster, BLOCK, range, Freshness::Fresh).await?;
        let users: Vec<String> = blocks.iter().flat_map(users).collect();
        // A Deployment that was destroyed before the pool is gone before its pods are.
        let waits = !pool.is_forced() && some_leave(cluster, &users).await?;
        let seen = (blocks, users);
        Ok::<_, ClusterError>(if waits { ControlFlow::Continue(seen) } else { ControlFlow::Break(seen) })
    })
    .await?;
    if !users.is_empty() && !pool.is_forced() {
        if !pool.is_closed() {
            cluster.merge(&name, &json!({ "spec": { "disabled": false } })).await?;
        }
        diagnostics.push(in_use(pool, cluster, &users));
        return Ok(());
    }
    for affinity in within(cluster, AFFINITY, range, Freshness::Fresh).await? {
        remove(cluster, AFFINITY, &affinity).await?;
    }
    for block in blocks.iter().filter(|block| self::users(block).is_empty()) {
        remove(cluster, BLOCK, block).await?;
    }
    Ok(())
}

/// Objects of a kind with a `spec.cidr` inside of `range`. A cluster without the kind has none.
async fn within(
    cluster: &Cluster,
    kind: Kind,
    range: &IpNet,
    freshness: Freshness,
) -> Result<Vec<DynamicObject>, ClusterError> {
    match cluster.list(&kind, "", freshness).await {
        Ok(listed) => cluster
            .kept(&listed, "the blocks", |one| network(one).is_some_and(|block| range.contains(&block))),
        Err(error) if error.kind() == ClusterErrorKind::KindNotServed => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn network(object: &DynamicObject) -> Option<IpNet> {
    IpNet::parse(object.data.pointer("/spec/cidr")?.as_str()?)
}

/// Who has addresses of a block, apart from the ends of tunnels, which nodes take and give back by
/// themselves.
fn users(block: &DynamicObject) -> Vec<String> {
    let spec = block.data.get("spec").unwrap_or(&Json::Null);
    let array = |field: &str| spec.get(field).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let attributes = array("attributes");
    let taken = array("allocations").iter().filter_map(Json::as_u64);
    let of = taken.map(|index| usize::try_from(index).ok().and_then(|index| attributes.get(index)));
    of.filter_map(user).collect()
}

fn user(attributes: Option<&Json>) -> Option<String> {
    let text = |path: &str| attributes.and_then(|one| one.pointer(path)).and_then(Json::as_str);
    let handle = text("/handle_id").unwrap_or("an unknown user");
    if handle.contains("-tunnel-addr-") {
        return None;
    }
    Some(match (text("/secondary/namespace"), text("/secondary/pod")) {
        (Some(namespace), Some(pod)) => pod_user(namespace, pod),
        _ => handle.to_owned(),
    })
}

/// Whether there are pods among the users that are being deleted, or already are.
async fn some_leave(cluster: &Cluster, users: &[String]) -> Result<bool, ClusterError> {
    if !users.iter().any(|user| user.starts_with("pod ")) {
        return Ok(false);
    }
    let pods = cluster.list(&POD, "", Freshness::Fresh).await?;
    let standing: BTreeSet<String> = pods
        .iter()
        .map(|pod| pod.metadata)
        .filter(|pod| pod.deletion_timestamp.is_none())
        .filter_map(|pod| Some(pod_user(pod.namespace.as_ref()?, pod.name.as_ref()?)))
        .collect();
    Ok(users.iter().any(|user| user.starts_with("pod ") && !standing.contains(user)))
}

fn pod_user(namespace: &str, pod: &str) -> String {
    format!("pod {namespace}/{pod}")
}

async fn remove(cluster: &Cluster, kind: Kind, object: &DynamicObject) -> Result<(), ClusterError> {
    let name = object.metadata.name.clone().unwrap_or_default();
    let name = ObjectName { kind, namespace: String::new(), name };
    match cluster.delete(&name, object.metadata.uid.as_deref()).await {
        Err(error) if !matches!(error.kind(), ClusterErrorKind::NotFound | ClusterErrorKind::UidMismatch) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

fn in_use(pool: &IpPool, cluster: &Cluster, users: &[String]) -> Diagnostic {
    let named: Vec<&str> = users.iter().take(NAMED).map(String::as_str).collect();
    let more = match users.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("\n- and {more} more"),
    };
    let detail = format!(
        "{} addresses of {} are in use in the {cluster}:\n- {}{more}\n\nThey would lose their way to other nodes and out. \
         Set `disabled = true`, apply, have the pods made anew (`kubectl rollout restart`) and destroy then; or set \
         `force_destroy = true` and apply before the destroy.",
        users.len(),
        pool.cidr,
        named.join("\n- "),
    );
    Diagnostic::error(format!("Unable to delete IPPool {}", pool.name()), detail).at("force_destroy")
}
