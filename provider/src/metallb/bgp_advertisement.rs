//! `metallb_bgp_advertisement`.

use super::advertisement_common::{Announced, POOLS};
use super::community::community_value;
use super::label_selector::distinct;
use super::object::{GROUP, HINTS};
use super::{BgpPeer, Community, MetallbObject};
use crate::connection::cluster::Kind;
use crate::engine::cluster_object::{ClusterObject, Reference, ReferenceTarget};
use tfplugin::{Diagnostics, Knowable, Model};

/// The most communities that a speaker sends with a route.
const MOST_COMMUNITIES: usize = 63;

/// Announces the addresses of pools to the BGP peers.
///
/// A pool that no advertisement selects hands out addresses that cannot be reached; MetalLB does not
/// complain. MicroK8s's add-on, where it was enabled with a range, brings an L2Advertisement of all pools, so
/// pools that are announced here are announced on the local network too.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "metallb_bgp_advertisement")]
pub struct BgpAdvertisement {
    #[attribute(flatten)]
    object: MetallbObject,

    #[attribute(flatten)]
    announced: Announced,

    /// Prefix length of the announced IPv4 routes, 1 to 32: 32 announces each address on its own. No range of
    /// the pools may be smaller. Default 32.
    #[attribute(default = 32, validate = aggregation_length)]
    aggregation_length: u8,

    /// Prefix length of the announced IPv6 routes, 1 to 128: 128 announces each address on its own. No range
    /// of the pools may be smaller. Default 128.
    #[attribute(default = 128, validate = aggregation_length_v6)]
    aggregation_length_v6: u8,

    /// LOCAL_PREF of the routes, 0 to 4294967295, for routers of the same AS: the highest wins.
    /// Advertisements of the same pool and length must agree. Default: none is sent.
    #[attribute(optional)]
    local_pref: Option<u32>,

    /// BGP communities of the routes, at most 63: `64512:100`, `large:64512:1:100` (FRR modes), or the name
    /// of one in a `metallb_community`.
    #[attribute(optional, validate = communities)]
    communities: Option<Vec<String>>,

    /// Peers to announce to, by the name of their `metallb_bgp_peer`. MetalLB ignores a name that does not
    /// exist; the apply warns of it. Default: all peers.
    #[attribute(optional, validate = distinct)]
    peers: Option<Vec<String>>,
}

impl ClusterObject for BgpAdvertisement {
    const KIND: Kind = Kind::namespaced(GROUP, "v1beta1", "BGPAdvertisement");
    const HINTS: &'static [(&'static str, &'static str)] = HINTS;
    const REFERENCES: &'static [Reference] = &[
        POOLS,
        Reference {
            attribute: "peers",
            target: ReferenceTarget::Object(BgpPeer::KIND),
            type_name: "metallb_bgp_peer",
            consequence: "MetalLB ignores the name: nothing is announced to that peer.",
        },
        Reference {
            attribute: "communities",
            target: ReferenceTarget::Part(Community::KIND, |text| !text.contains(':'), Community::names),
            type_name: "metallb_community",
            consequence: "MetalLB keeps its last configuration until it exists, whatever else changes.",
        },
    ];

    fn validate_config(config: &BgpAdvertisementDraft, diagnostics: &mut Diagnostics) {
        let other = |length: &Knowable<u8>, whole: u8| length.known().is_some_and(|length| *length != whole);
        if config.announced.service_selectors.given().is_some()
            && (other(&config.aggregation_length, 32) || other(&config.aggregation_length_v6, 128))
        {
            let detail = "Routes of several addresses cannot be chosen by Service: leave out `aggregation_length` and \
                          `aggregation_length_v6`, or `service_selectors`.";
            diagnostics.error_at("service_selectors", "Service selectors with aggregated routes", detail);
        }
    }
}

fn aggregation_length(length: &u8) -> Result<(), String> {
    prefix_length(*length, 32)
}

fn aggregation_length_v6(length: &u8) -> Result<(), String> {
    prefix_length(*length, 128)
}

fn prefix_length(length: u8, most: u8) -> Result<(), String> {
    match (1..=most).contains(&length) {
        true => Ok(()),
        false => Err(format!("a prefix length from 1 to {most} is needed here, not {length}")),
    }
}

fn communities(communities: &Option<Vec<String>>) -> Result<(), String> {
    distinct(communities)?;
    let communities = communities.as_deref().unwrap_or_default();
    if communities.len() > MOST_COMMUNITIES {
        return Err(format!(
            "{} communities are more than the {MOST_COMMUNITIES} that a speaker sends",
            communities.len()
        ));
    }
    communities.iter().try_for_each(|text| community(text))
}

/// A community, or the name of one.
fn community(text: &str) -> Result<(), String> {
    match text.contains(':') || text.is_empty() {
        true => community_value(text).map_err(|fault| format!("{fault}, or a name")),
        false => Ok(()),
    }
}
