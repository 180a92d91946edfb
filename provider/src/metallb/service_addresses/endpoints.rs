//! Where a Service's traffic goes: what Kubernetes writes into EndpointSlices.

use crate::connection::cluster::Kind;
use kube::core::DynamicObject;
use serde_json::Value as Json;
use std::net::IpAddr;
use tfplugin::{Computed, Model};

// Read over all namespaces, as kinds without any are.
pub(super) static SLICE: Kind = Kind::cluster_wide("discovery.k8s.io", "v1", "EndpointSlice");

/// An address that a Service's traffic is sent on to.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct Endpoint {
    /// The address: a pod's own, of one of the Service's families.
    #[attribute(computed)]
    address: Computed<String>,

    /// Name of the pod. Null where it is none.
    #[attribute(computed)]
    pod: Computed<Option<String>>,

    /// Name of the node that the pod runs on.
    #[attribute(computed)]
    node: Computed<Option<String>>,

    /// Whether it is sent traffic. A pod that starts, ends or fails its readiness probe is not.
    #[attribute(computed)]
    ready: Computed<bool>,
}

impl Endpoint {
    pub(super) fn is_ready(&self) -> bool {
        self.ready.known() == Some(&true)
    }
}

/// The endpoints of a Service, IPv4 before IPv6, in the order of their addresses.
pub(super) fn of(service: &DynamicObject, slices: &[DynamicObject]) -> Vec<Endpoint> {
    let named = service.metadata.name.as_ref();
    let theirs = slices.iter().filter(|slice| {
        let labels = slice.metadata.labels.as_ref();
        let of = labels.and_then(|labels| labels.get("kubernetes.io/service-name"));
        of.is_some() && of == named && slice.metadata.namespace == service.metadata.namespace
    });
    let all = theirs.filter_map(|slice| slice.data.get("endpoints")?.as_array()).flatten();
    let mut found: Vec<(IpAddr, Endpoint)> = all.filter_map(endpoint).collect();
    found.sort_by_key(|(address, _)| *address);
    // One may be in two slices for a moment.
    found.dedup_by_key(|(address, _)| *address);
    found.into_iter().map(|(_, endpoint)| endpoint).collect()
}

fn endpoint(json: &Json) -> Option<(IpAddr, Endpoint)> {
    let text = |pointer: &str| json.pointer(pointer).and_then(Json::as_str).map(str::to_owned);
    // There may be more addresses by the letter of the API; Kubernetes itself writes one.
    let address = text("/addresses/0")?;
    let pod = (text("/targetRef/kind").as_deref() == Some("Pod")).then(|| text("/targetRef/name")).flatten();
    let endpoint = Endpoint {
        address: address.clone().into(),
        pod: pod.into(),
        node: text("/nodeName").into(),
        // Kubernetes takes nothing there for yes.
        ready: json.pointer("/conditions/ready").and_then(Json::as_bool).unwrap_or(true).into(),
    };
    Some((address.parse().ok()?, endpoint))
}
