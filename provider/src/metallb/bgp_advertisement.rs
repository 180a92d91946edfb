//! `metallb_bgp_advertisement`.

use super::NamespacedObject;
use super::label_selector::{LabelSelector, distinct, selectors};
use super::object::{GROUP, HINTS};
use crate::connection::cluster::Kind;
use crate::engine::cluster_object::ClusterObject;
use tfplugin::Resource;

/// The most communities that a speaker sends with a route.
const MOST_COMMUNITIES: usize = 63;

/// Announces the addresses of pools to the BGP peers.
///
/// A pool that no advertisement selects hands out addresses that nobody can reach; MetalLB does not complain. MicroK8s's
/// add-on, where it was enabled with a range, brings an L2Advertisement of all pools, so pools that are announced here are
/// announced on the local network too.
#[derive(Clone, Debug, Resource)]
#[resource(type_name = "metallb_bgp_advertisement")]
pub struct BgpAdvertisement {
    #[attribute(flatten)]
    object: NamespacedObject,

    /// Pools to announce, by name. A name that does not exist is ignored by MetalLB. Default: with no
    /// `ip_address_pool_selectors` either, all pools there are and will be.
    #[attribute(optional, check = distinct)]
    ip_address_pools: Option<Vec<String>>,

    /// Pools to announce, by their labels: any of these, beside `ip_address_pools`.
    #[attribute(optional, check = selectors)]
    ip_address_pool_selectors: Option<Vec<LabelSelector>>,

    /// Prefix length of the announced IPv4 routes, 1 to 32: 32 announces each address by itself. No range of the pools
    /// may be smaller. Default 32.
    #[attribute(default = 32, check = aggregation_length)]
    aggregation_length: u8,

    /// Prefix length of the announced IPv6 routes, 1 to 128: 128 announces each address by itself. No range of the pools
    /// may be smaller. Default 128.
    #[attribute(default = 128, check = aggregation_length_v6)]
    aggregation_length_v6: u8,

    /// LOCAL_PREF of the routes, 0 to 4294967295, for routers of the same AS: the highest wins. Advertisements of the
    /// same pool and length must agree. Default: none is sent.
    #[attribute(optional)]
    local_pref: Option<u32>,

    /// BGP communities of the routes, at most 63: `64512:100`, `large:64512:1:100` (FRR modes), or the name of one in a
    /// Community object.
    #[attribute(optional, check = communities)]
    communities: Option<Vec<String>>,

    /// Nodes that announce: any of these. Default: all nodes.
    #[attribute(optional, check = selectors)]
    node_selectors: Option<Vec<LabelSelector>>,

    /// Peers to announce to, by the name of their `metallb_bgp_peer`. A name that does not exist is ignored by MetalLB.
    /// Default: all peers.
    #[attribute(optional, check = distinct)]
    peers: Option<Vec<String>>,
}

impl ClusterObject for BgpAdvertisement {
    const KIND: Kind = Kind::namespaced(GROUP, "v1beta1", "BGPAdvertisement");
    const HINTS: &'static [(&'static str, &'static str)] = HINTS;
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

/// A standard community, a large one, or the name of one.
fn community(text: &str) -> Result<(), String> {
    let sections: Vec<&str> = text.split(':').collect();
    let sound = match *sections.as_slice() {
        [name] => !name.is_empty(),
        [asn, value] => asn.parse::<u16>().is_ok() && value.parse::<u16>().is_ok(),
        ["large", ref numbers @ ..] if numbers.len() == 3 => {
            numbers.iter().all(|number| number.parse::<u32>().is_ok())
        }
        _ => false,
    };
    match sound {
        true => Ok(()),
        false => Err(format!(
            "{text:?} is no community: use two numbers up to 65535 (64512:100), `large:` and three numbers up to \
             4294967295 (large:64512:1:100), or a name"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn communities_of_all_three_kinds() {
        for good in ["65535:65282", "large:4294967295:0:1", "no-export"] {
            assert_eq!(community(good), Ok(()), "{good}");
        }
        for bad in ["65536:1", "1:2:3", "large:1:2", "large:1:2:4294967296", "", "a:b"] {
            assert!(community(bad).is_err(), "{bad}");
        }
    }
}
