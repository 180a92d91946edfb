//! `metallb_bfd_profile`.

use super::MetallbObject;
use super::bgp_mode::{Mode, mode};
use super::object::{GROUP, HINTS};
use crate::connection::cluster::{Cluster, ClusterError, Kind};
use crate::engine::cluster_object::ClusterObject;
use async_trait::async_trait;
use std::ops::RangeInclusive;
use tfplugin::{Diagnostics, Model};

/// Milliseconds that BFD's intervals may take.
const INTERVALS: RangeInclusive<u32> = 10..=60_000;

/// How fast a session notices that the other side is gone (BFD), for the `bfd_profile` of `metallb_bgp_peer`.
/// FRR modes.
///
/// The router has to run BFD towards the nodes too; both sides settle on the slower of their intervals. Refer
/// to this resource from the peer: MetalLB does not let go of a profile that a peer uses.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "metallb_bfd_profile")]
pub struct BfdProfile {
    #[attribute(flatten)]
    object: MetallbObject,

    /// Shortest interval at which the speakers take control packets, 10 to 60000 ms. Default: FRR's own, 300.
    #[attribute(optional, validate = interval)]
    receive_interval: Option<u32>,

    /// Shortest interval at which the speakers send control packets, 10 to 60000 ms. Default: FRR's own, 300.
    #[attribute(optional, validate = interval)]
    transmit_interval: Option<u32>,

    /// How many packets in a row may be lost before the session counts as down, 2 to 255. Default: FRR's own,
    /// 3.
    #[attribute(optional, validate = detect_multiplier)]
    detect_multiplier: Option<u32>,

    /// Whether packets that the router only sends back are used as well. Not over IPv6, not over several
    /// hops. Default: FRR's own, they are not.
    #[attribute(optional)]
    echo_mode: Option<bool>,

    /// Interval of the packets of `echo_mode`, 10 to 60000 ms. Default: FRR's own, 50.
    #[attribute(optional, validate = interval)]
    echo_interval: Option<u32>,

    /// Whether the speakers wait for the router's first packet before they send any. Default: FRR's own, they
    /// do not wait.
    #[attribute(optional)]
    passive_mode: Option<bool>,

    /// Lowest time-to-live of packets that are taken from a router several hops away, 1 to 254. Default:
    /// FRR's own, 254.
    #[attribute(optional, validate = minimum_ttl)]
    minimum_ttl: Option<u32>,
}

#[async_trait]
impl ClusterObject for BfdProfile {
    const KIND: Kind = Kind::namespaced(GROUP, "v1beta1", "BFDProfile");
    const HINTS: &'static [(&'static str, &'static str)] = HINTS;

    async fn validate_against_cluster(
        &self,
        cluster: &Cluster,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), ClusterError> {
        if mode(cluster, &self.object.namespace).await == Some(Mode::Native) {
            let detail = format!(
                "MetalLB runs its native BGP mode in the {cluster}, as MicroK8s's add-on does. It knows no BFD, and one profile \
                 alone makes its speakers refuse their whole configuration. Its FRR modes do BFD; they come with MetalLB's \
                 own manifests or Helm chart."
            );
            diagnostics.error_at("name", "BFD profile in native mode", detail);
        }
        Ok(())
    }
}

fn interval(milliseconds: &Option<u32>) -> Result<(), String> {
    within(milliseconds, INTERVALS, " ms")
}

fn detect_multiplier(packets: &Option<u32>) -> Result<(), String> {
    within(packets, 2..=255, "")
}

fn minimum_ttl(ttl: &Option<u32>) -> Result<(), String> {
    within(ttl, 1..=254, "")
}

fn within(number: &Option<u32>, range: RangeInclusive<u32>, unit: &str) -> Result<(), String> {
    match number {
        Some(number) if !range.contains(number) => {
            Err(format!("{} to {}{unit} are possible, not {number}", range.start(), range.end()))
        }
        _ => Ok(()),
    }
}
