//! What a router lets in from a node, against what the cluster announces: by prefix-lists, and by route-maps that ask for
//! nothing but prefix-lists. Anything else is for the router to tell.

use super::{Board, Fault, name, network, number, router};
use crate::values::AddressRange;
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::IpAddr;
use tfplugin::Value;
use tfplugin::types::SemanticValue;

const ATTRIBUTES: &[(&str, &str)] = &[
    ("metallb_ip_address_pool", "addresses"),
    ("vyos_prefix_list", "rules"),
    ("vyos_prefix_list6", "rules"),
    ("vyos_route_map", "rules"),
];
const FAMILIES: [(&str, &str, &str); 2] = [
    ("ipv4_unicast", "vyos_prefix_list", "aggregation_length"),
    ("ipv6_unicast", "vyos_prefix_list6", "aggregation_length_v6"),
];

pub(super) fn faults(board: &Board) -> Vec<Fault> {
    let mut found = Vec::new();
    // One route is enough to show what a filter does to a pool.
    let mut shown = BTreeSet::new();
    for neighbor in board.all("vyos_bgp_neighbor").iter().filter(|one| board.is_node(one)) {
        for (family, list_type, length) in FAMILIES {
            let filters = Filters { board, neighbor, list_type };
            for (pool, route) in announced(board, length) {
                if (family == "ipv6_unicast") != route.addr().is_ipv6() {
                    continue;
                }
                let list = board.said_of(neighbor, &[family, "prefix_list_import"]).and_then(Value::as_str);
                let map = board.said_of(neighbor, &[family, "route_map_import"]).and_then(Value::as_str);
                let dropped = [
                    list.filter(|list| filters.list_permits(list, route) == Some(false))
                        .map(|list| (list_type, list)),
                    map.filter(|map| filters.map_permits(map, route) == Some(false))
                        .map(|map| ("vyos_route_map", map)),
                ];
                let dropped = dropped.into_iter().flatten();
                let first = dropped.filter(|filter| shown.insert((*filter, router(neighbor), name(pool))));
                found.extend(first.map(|(filter, named)| Fault {
                    summary: "A pool's routes do not pass a filter",
                    detail: format!(
                        "`{filter}` {named:?}, which {} has for what comes from nodes (`{family}` of `vyos_bgp_neighbor`), \
                         drops {route}: an address of `metallb_ip_address_pool` {:?}, as it is announced. Let the \
                         filter permit all that the pool has, or the pool have only what the filter permits.",
                        router(neighbor),
                        name(pool)
                    ),
                    attributes: ATTRIBUTES,
                }));
            }
        }
    }
    found
}

/// Routes to the first and last address of each range of each pool, as an advertisement that names the pool, or all of
/// them, makes them.
fn announced<'a>(board: &'a Board, length: &'a str) -> impl Iterator<Item = (&'a Value, IpNet)> {
    let advertisements = board.all("metallb_bgp_advertisement").iter();
    advertisements.flat_map(move |advertisement| {
        let names = advertisement.attribute("ip_address_pools");
        let by_label = !advertisement.attribute("ip_address_pool_selectors").is_null();
        let length = number(advertisement.attribute(length)).and_then(|length| u8::try_from(length).ok());
        let pools = board.in_cluster_of("metallb_ip_address_pool", advertisement);
        let pools = pools.filter(move |pool| match names {
            Value::Null => !by_label,
            Value::List(names) => names.contains(pool.attribute("name")),
            _ => false,
        });
        pools.flat_map(move |pool| {
            let ranges = match pool.attribute("addresses") {
                Value::List(ranges) => ranges.as_slice(),
                _ => &[],
            };
            let ends = ranges.iter().filter_map(|range| AddressRange::parse(range.as_str()?));
            let ends = ends.flat_map(|range| range.ends());
            ends.filter_map(move |end: IpAddr| Some((pool, IpNet::new(end, length?).ok()?.trunc())))
        })
    })
}

struct Filters<'a> {
    board: &'a Board,
    neighbor: &'a Value,
    list_type: &'a str,
}

impl Filters<'_> {
    fn named(&self, type_name: &str, wanted: &str) -> Option<&Value> {
        self.board.on_router_of(type_name, self.neighbor).find(|one| name(one) == wanted)
    }

    /// What a prefix-list says of a route; nothing where it is not known well enough.
    fn list_permits(&self, list: &str, route: IpNet) -> Option<bool> {
        for (_, rule) in rules(self.named(self.list_type, list)?)? {
            if rule.is_unknown() || !rule.is_wholly_known() {
                return None;
            }
            let prefix = network(rule.attribute("prefix"))?;
            let [ge, le] = ["ge", "le"].map(|bound| number(rule.attribute(bound)));
            let own = u64::from(prefix.prefix_len());
            let longest = match (ge, le) {
                (_, Some(le)) => le,
                (Some(_), None) => u64::from(prefix.max_prefix_len()),
                (None, None) => own,
            };
            if prefix.contains(&route)
                && (ge.unwrap_or(own)..=longest).contains(&u64::from(route.prefix_len()))
            {
                return Some(rule.attribute("action").as_str() == Some("permit"));
            }
        }
        Some(false)
    }

    /// The same of a route-map.
    fn map_permits(&self, map: &str, route: IpNet) -> Option<bool> {
        let (own, other) = match route {
            IpNet::V4(_) => ("ip_prefix_list", "ipv6_prefix_list"),
            IpNet::V6(_) => ("ipv6_prefix_list", "ip_prefix_list"),
        };
        for (_, rule) in rules(self.named("vyos_route_map", map)?)? {
            if !rule.is_wholly_known() {
                return None;
            }
            let asked = match rule.attribute("match") {
                Value::Object(asked) => asked.clone(),
                _ => Default::default(),
            };
            let plain = |value: &Value| matches!(value, Value::Null | Value::Bool(false));
            if asked.iter().any(|(word, value)| word != own && word != other && !plain(value)) {
                return None;
            }
            let given = |word: &str| asked.get(word).and_then(Value::as_str);
            let matches = given(other).is_none()
                && match given(own) {
                    Some(list) => self.list_permits(list, route)?,
                    None => true,
                };
            let goes_on =
                ["call", "continue", "on_match_goto", "on_match_next"].map(|way| rule.attribute(way));
            match (matches, rule.attribute("action").as_str()?) {
                (false, _) => {}
                (true, "permit") if goes_on.into_iter().all(plain) => return Some(true),
                (true, "deny") => return Some(false),
                (true, _) => return None,
            }
        }
        Some(false)
    }
}

/// Rules in the order of their numbers.
fn rules(filter: &Value) -> Option<Vec<(u32, &Value)>> {
    let mut all: Vec<_> = match filter.attribute("rules") {
        Value::Map(rules) => rules.iter().map(|(number, rule)| Some((number.parse().ok()?, rule))).collect(),
        Value::Null => Some(Vec::new()),
        _ => None,
    }?;
    all.sort_by_key(|(number, _)| *number);
    Some(all)
}
