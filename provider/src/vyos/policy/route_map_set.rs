//! What a rule of a route-map changes on a route.

use super::communities;
use crate::engine::router_config::Paths;
use crate::values::Asn;
use crate::vyos::bgp::remote_as::HIGHEST;
use crate::vyos::validators;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tfplugin::Model;
use tfplugin::model::Set;
use tfplugin::types::Semantic;

/// What changes on a route that is permitted.
#[derive(Clone, Debug, Model)]
pub struct RouteMapSet {
    /// Metric (MED): a number, a number with a sign that is added to what is there, or `rtt`, the time to the
    /// neighbor and back, with or without a sign.
    #[attribute(optional, validate = metric)]
    metric: Option<String>,

    /// Type of the metric in OSPF: `type-1`, which grows inside the area, or `type-2`, which does not.
    #[attribute(optional, validate = validators::metric_type)]
    metric_type: Option<String>,

    /// Tag, 1 to 65535.
    #[attribute(optional, validate = validators::within::<1, 65535, _>)]
    tag: Option<u16>,

    /// LOCAL_PREF, 0 to 4294967295; the highest wins within the AS.
    #[attribute(optional)]
    local_preference: Option<u32>,

    /// Weight, 0 to 4294967295; the highest wins on this router.
    #[attribute(optional)]
    weight: Option<u32>,

    /// Administrative distance, 0 to 255.
    #[attribute(optional)]
    distance: Option<u8>,

    /// How it came to be: `egp`, `igp` or `incomplete`.
    #[attribute(optional, validate = validators::origin)]
    origin: Option<String>,

    /// Next hop in IPv4: an address, `unchanged`, or `peer-address` for the neighbor's own.
    #[attribute(optional, validate = next_hop)]
    ip_next_hop: Option<String>,

    /// Next hop in IPv6: a global address.
    #[attribute(optional, validate = validators::ipv6_address)]
    ipv6_next_hop_global: Option<Semantic<Ipv6Addr>>,

    /// Next hop in IPv6: a link-local address.
    #[attribute(optional, validate = validators::ipv6_address)]
    ipv6_next_hop_local: Option<Semantic<Ipv6Addr>>,

    /// Next hop in IPv6: the neighbor's own address. Default `false`.
    #[attribute(default = false)]
    ipv6_next_hop_peer_address: bool,

    /// Uses the global address of a next hop that has a link-local one too. Default `false`.
    #[attribute(default = false)]
    ipv6_next_hop_prefer_global: bool,

    /// Address that the router itself uses as source on this route. It must be one of the router's.
    #[attribute(optional, validate = validators::any_address)]
    src: Option<Semantic<IpAddr>>,

    /// Communities in place of those that are there, such as `["64512:100", "no-export"]`.
    #[attribute(optional, validate = communities::standard)]
    pub(super) community: Option<Set<String>>,

    /// Communities beside those that are there. Not together with `community`.
    #[attribute(optional, validate = communities::standard)]
    pub(super) community_add: Option<Set<String>>,

    /// Takes the communities of this community-list away. Not together with `community` or `community_none`.
    #[attribute(optional, validate = validators::word)]
    pub(super) community_delete: Option<String>,

    /// Takes all communities away. Default `false`.
    #[attribute(default = false)]
    pub(super) community_none: bool,

    /// Large communities in place of those that are there, such as `["64512:1:2"]`.
    #[attribute(optional, validate = communities::large)]
    pub(super) large_community: Option<Set<String>>,

    /// Large communities beside those that are there. Not together with `large_community`.
    #[attribute(optional, validate = communities::large)]
    pub(super) large_community_add: Option<Set<String>>,

    /// Takes the large communities of this large-community-list away. Not together with `large_community` or
    /// `large_community_none`.
    #[attribute(optional, validate = validators::list)]
    pub(super) large_community_delete: Option<String>,

    /// Takes all large communities away. Default `false`.
    #[attribute(default = false)]
    pub(super) large_community_none: bool,

    /// Route targets, such as `["64512:1"]`: two numbers up to 65535:4294967295, or an IPv4 address and one
    /// up to 65535.
    #[attribute(optional, validate = communities::extended)]
    extcommunity_rt: Option<Set<String>>,

    /// Sites of origin, as `extcommunity_rt`.
    #[attribute(optional, validate = communities::extended)]
    extcommunity_soo: Option<Set<String>>,

    /// AS numbers put before the path, such as `"64512 64512"`.
    #[attribute(optional, validate = path)]
    as_path_prepend: Option<String>,

    /// How often the neighbor's AS number is put before the path once more, 1 to 10. Not together with
    /// `as_path_prepend`.
    #[attribute(optional, validate = validators::within::<1, 10, _>)]
    pub(super) as_path_prepend_last_as: Option<u8>,

    /// AS numbers taken out of the path, such as `"64512 64513"`, or `all`.
    #[attribute(optional, validate = path_or_all)]
    as_path_exclude: Option<String>,

    /// Marks the route as an aggregate that lost attributes of its parts (ATOMIC_AGGREGATE). Default `false`.
    #[attribute(default = false)]
    atomic_aggregate: bool,

    /// Router that a reflected route is said to come from.
    #[attribute(optional)]
    originator_id: Option<Semantic<Ipv4Addr>>,

    /// Number of the kernel's table that the route is put into, 1 to 200; from VyOS 1.5 on up to 4294967295.
    #[attribute(optional, validate = validators::within::<1, 4_294_967_295, _>)]
    table: Option<u32>,
}

/// Where attributes are below `set`.
pub(super) const SET: &Paths = &[
    ("set.ipv6_next_hop_global", "ipv6-next-hop global"),
    ("set.ipv6_next_hop_local", "ipv6-next-hop local"),
    ("set.ipv6_next_hop_peer_address", "ipv6-next-hop peer-address"),
    ("set.ipv6_next_hop_prefer_global", "ipv6-next-hop prefer-global"),
    ("set.community", "community replace"),
    ("set.community_add", "community add"),
    ("set.community_delete", "community delete -> policy community-list"),
    ("set.community_none", "community none"),
    ("set.large_community", "large-community replace"),
    ("set.large_community_add", "large-community add"),
    ("set.large_community_delete", "large-community delete -> policy large-community-list"),
    ("set.large_community_none", "large-community none"),
    ("set.extcommunity_rt", "extcommunity rt"),
    ("set.extcommunity_soo", "extcommunity soo"),
    ("set.as_path_prepend", "as-path prepend"),
    ("set.as_path_prepend_last_as", "as-path prepend-last-as"),
    ("set.as_path_exclude", "as-path exclude"),
];

impl RouteMapSet {
    /// Attributes that exclude each other and are both there.
    pub(super) fn conflicts(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let there = [
            ("community", self.community.is_some()),
            ("community_add", self.community_add.is_some()),
            ("community_delete", self.community_delete.is_some()),
            ("community_none", self.community_none),
            ("large_community", self.large_community.is_some()),
            ("large_community_add", self.large_community_add.is_some()),
            ("large_community_delete", self.large_community_delete.is_some()),
            ("large_community_none", self.large_community_none),
            ("as_path_prepend", self.as_path_prepend.is_some()),
            ("as_path_prepend_last_as", self.as_path_prepend_last_as.is_some()),
        ];
        let given = move |name: &str| there.iter().any(|(one, given)| *one == name && *given);
        let excluding = [
            ("community", "community_add"),
            ("community", "community_delete"),
            ("community", "community_none"),
            ("community_add", "community_none"),
            ("community_delete", "community_none"),
            ("large_community", "large_community_add"),
            ("large_community", "large_community_delete"),
            ("large_community", "large_community_none"),
            ("large_community_add", "large_community_none"),
            ("large_community_delete", "large_community_none"),
            ("as_path_prepend", "as_path_prepend_last_as"),
        ];
        excluding.into_iter().filter(move |(one, other)| given(one) && given(other))
    }
}

fn metric(value: &Option<String>) -> Result<(), String> {
    let Some(text) = value else { return Ok(()) };
    let amount = text.strip_prefix(['+', '-']).unwrap_or(text);
    match amount == "rtt" || validators::is_number::<0, { u32::MAX }>(amount) {
        true => Ok(()),
        false => Err(format!("{text:?} must be a number up to 4294967295 or `rtt`, with or without a sign")),
    }
}

fn next_hop(value: &Option<String>) -> Result<(), String> {
    match value.as_deref() {
        None | Some("unchanged" | "peer-address") => Ok(()),
        Some(text) if text.parse::<Ipv4Addr>().is_ok() => Ok(()),
        Some(text) => Err(format!("{text:?} must be an IPv4 address, `unchanged` or `peer-address`")),
    }
}

fn path(value: &Option<String>) -> Result<(), String> {
    let Some(text) = value else { return Ok(()) };
    let numbers: Option<Vec<Asn>> = text.split(' ').map(|word| word.parse().ok()).collect();
    match numbers {
        // VyOS looks at the last of them alone, and FRR at all.
        Some(numbers) if numbers.last().is_some_and(|last| last.get() <= HIGHEST) => Ok(()),
        Some(_) => Err(format!("the last AS number of {text:?} is reserved; VyOS takes 1 to {HIGHEST}")),
        None => Err(format!("{text:?} is not AS numbers with one blank between them")),
    }
}

fn path_or_all(value: &Option<String>) -> Result<(), String> {
    if value.as_deref() == Some("all") { Ok(()) } else { path(value) }
}
