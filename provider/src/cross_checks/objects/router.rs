//! Objects of routers, as the rules see them.

use super::{Family, Setting, number, setting, text};
use crate::connection::router::Routers;
use crate::engine::router_config::Owner;
use crate::vyos::layout_of;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::RangeInclusive;
use tfplugin::Value;

/// Where in what is planned a router is meant.
#[derive(Clone, Debug)]
pub(in super::super) struct RouterRef {
    pub(in super::super) key: RouterKey,
    /// Name for messages.
    pub(in super::super) text: String,
    /// Host of its API, where that is an address.
    pub(in super::super) host: Option<IpAddr>,
    /// Whether it is the only one.
    pub(in super::super) is_only: bool,
}

/// A router: one that is in the provider block by its address, any other as it is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum RouterKey {
    Address(String),
    Name(Option<String>),
    Unknown,
}

/// A `vyos_bgp`.
pub(in super::super) struct Bgp {
    pub(in super::super) router: RouterRef,
    pub(in super::super) system_as: Option<u64>,
}

/// A `vyos_bgp_neighbor`.
pub(in super::super) struct Neighbor {
    pub(in super::super) router: RouterRef,
    /// As it is written.
    pub(in super::super) text: String,
    pub(in super::super) address: Option<IpAddr>,
    pub(in super::super) peer_group: Setting<String>,
    pub(in super::super) session: BgpSession,
}

/// A `vyos_bgp_peer_group`.
pub(in super::super) struct PeerGroup {
    pub(in super::super) router: RouterRef,
    pub(in super::super) name: String,
    pub(in super::super) session: BgpSession,
}

/// What neighbors and peer-groups say of a session.
pub(in super::super) struct BgpSession {
    pub(in super::super) remote_as: Setting<String>,
    pub(in super::super) password: Setting<String>,
    pub(in super::super) ipv4_unicast: FamilySettings,
    pub(in super::super) ipv6_unicast: FamilySettings,
}

/// What is said of one family of addresses.
pub(in super::super) struct FamilySettings {
    pub(in super::super) is_on: Setting<()>,
    pub(in super::super) prefix_list_import: Setting<String>,
    pub(in super::super) route_map_import: Setting<String>,
    pub(in super::super) as_override: bool,
    pub(in super::super) remove_private_as: bool,
    pub(in super::super) route_reflector_client: bool,
}

/// A `vyos_prefix_list` or `vyos_prefix_list6`.
pub(in super::super) struct PrefixList {
    pub(in super::super) router: RouterRef,
    pub(in super::super) name: String,
    /// In order; nothing in place of one that is not known well enough.
    pub(in super::super) rules: Option<Vec<Option<PrefixRule>>>,
}

/// A rule of a prefix-list.
pub(in super::super) struct PrefixRule {
    pub(in super::super) prefix: IpNet,
    pub(in super::super) lengths: RangeInclusive<u64>,
    pub(in super::super) permits: bool,
}

/// A `vyos_route_map`.
pub(in super::super) struct RouteMap {
    pub(in super::super) router: RouterRef,
    pub(in super::super) name: String,
    /// In order; nothing in place of one that is not known, or asks for anything but prefix-lists.
    pub(in super::super) rules: Option<Vec<Option<RouteMapRule>>>,
}

/// A rule of a route-map.
pub(in super::super) struct RouteMapRule {
    pub(in super::super) ip_prefix_list: Option<String>,
    pub(in super::super) ipv6_prefix_list: Option<String>,
    pub(in super::super) permits: bool,
    /// Whether other rules or route-maps have a say after it.
    pub(in super::super) goes_on: bool,
}

impl RouterRef {
    /// The router that an object names.
    pub(in super::super) fn of(routers: &Routers, object: &Value) -> Self {
        let named = object.attribute("router");
        let name = named.as_str().map(str::to_owned);
        let text = name.as_ref().map_or_else(|| "the router".to_owned(), |name| format!("router {name:?}"));
        let Some(router) = routers.get(name.as_deref()).ok().filter(|_| !named.is_unknown()) else {
            let key = if named.is_unknown() { RouterKey::Unknown } else { RouterKey::Name(name) };
            return Self { key, text, host: None, is_only: false };
        };
        let host = reqwest::Url::parse(router.url()).ok().and_then(|url| url.host_str().map(str::to_owned));
        Self {
            key: RouterKey::Address(router.identity()),
            text,
            host: host.and_then(|host| host.trim_matches(['[', ']']).parse().ok()),
            is_only: routers.get(None).is_ok(),
        }
    }
}

impl BgpSession {
    pub(super) fn read(object: &Value) -> Self {
        Self {
            remote_as: setting(object, "remote_as"),
            password: setting(object, "password"),
            ipv4_unicast: FamilySettings::read(object.attribute("ipv4_unicast")),
            ipv6_unicast: FamilySettings::read(object.attribute("ipv6_unicast")),
        }
    }

    pub(in super::super) fn family(&self, family: Family) -> &FamilySettings {
        match family {
            Family::Ipv4 => &self.ipv4_unicast,
            Family::Ipv6 => &self.ipv6_unicast,
        }
    }
}

impl FamilySettings {
    pub(super) fn read(family: &Value) -> Self {
        let is_on = |name: &str| *family.attribute(name) == Value::Bool(true);
        let named = |name: &str| if family.is_unknown() { Setting::Unknown } else { setting(family, name) };
        Self {
            is_on: match family {
                Value::Null => Setting::Null,
                Value::Unknown(_) => Setting::Unknown,
                _ => Setting::Known(()),
            },
            prefix_list_import: named("prefix_list_import"),
            route_map_import: named("route_map_import"),
            as_override: is_on("as_override"),
            remove_private_as: is_on("remove_private_as"),
            route_reflector_client: is_on("route_reflector_client"),
        }
    }
}

impl PrefixList {
    pub(super) fn read(object: &Value, router: RouterRef) -> Self {
        Self { router, name: text(object, "name"), rules: rules(object, PrefixRule::read) }
    }
}

impl PrefixRule {
    pub(super) fn read(rule: &Value) -> Option<Self> {
        let prefix: IpNet = rule.attribute("prefix").as_str()?.parse().ok()?;
        let [ge, le] = ["ge", "le"].map(|bound| number(rule.attribute(bound)));
        let own = u64::from(prefix.prefix_len());
        let longest = match (ge, le) {
            (_, Some(le)) => le,
            (Some(_), None) => u64::from(prefix.max_prefix_len()),
            (None, None) => own,
        };
        Some(Self {
            prefix,
            lengths: ge.unwrap_or(own)..=longest,
            permits: rule.attribute("action").as_str() == Some("permit"),
        })
    }
}

impl RouteMapRule {
    pub(super) fn read(rule: &Value) -> Option<Self> {
        const LISTS: [&str; 2] = ["ip_prefix_list", "ipv6_prefix_list"];
        let plain = |value: &Value| matches!(value, Value::Null | Value::Bool(false));
        let asked = rule.attribute("match");
        if let Value::Object(asked) = asked
            && asked.iter().any(|(word, value)| !LISTS.contains(&word.as_str()) && !plain(value))
        {
            return None;
        }
        let [ip_prefix_list, ipv6_prefix_list] =
            LISTS.map(|list| asked.attribute(list).as_str().map(str::to_owned));
        let ways = ["call", "continue", "on_match_goto", "on_match_next"];
        Some(Self {
            ip_prefix_list,
            ipv6_prefix_list,
            permits: match rule.attribute("action").as_str()? {
                "permit" => true,
                "deny" => false,
                _ => return None,
            },
            goes_on: !ways.into_iter().all(|way| plain(rule.attribute(way))),
        })
    }
}

/// Addresses that a `vyos_config` gives to interfaces.
pub(super) fn addresses(object: &Value) -> BTreeSet<IpAddr> {
    let Some((_, layout)) = layout_of("vyos_config") else { return BTreeSet::new() };
    let owner = Owner::new(layout, object.clone());
    let ends = owner.whole_part().unwrap_or_default().iter();
    let given = ends.filter_map(|end| match end.as_slice() {
        [first, .., leaf, value] if first == "interfaces" && leaf == "address" => value.parse::<IpNet>().ok(),
        _ => None,
    });
    given.map(|address| address.addr()).collect()
}

/// Rules in the order of their numbers, as far as they are known.
pub(super) fn rules<T>(filter: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<Option<T>>> {
    let all: BTreeMap<u32, &Value> = match filter.attribute("rules") {
        Value::Map(rules) => {
            rules.iter().map(|(number, rule)| Some((number.parse().ok()?, rule))).collect::<Option<_>>()?
        }
        Value::Null => BTreeMap::new(),
        _ => return None,
    };
    let known = |rule: &&Value| rule.is_wholly_known();
    Some(all.into_values().map(|rule| Some(rule).filter(known).and_then(&read)).collect())
}
