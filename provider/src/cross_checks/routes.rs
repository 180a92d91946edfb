//! Routes that a cluster announces, and the filters that they meet on a router.

use super::objects::{Advertisement, BgpSession, Family, Neighbor, Pool, RouterKey, Setting};
use super::planned::PlannedObjects;
use super::sessions::effective_attribute;
use ipnet::IpNet;

/// A filter that a router has for what comes from nodes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Filter {
    pub(super) router: RouterKey,
    /// The router's name for messages.
    pub(super) router_text: String,
    /// Of which routes.
    pub(super) family: Family,
    pub(super) kind: FilterKind,
    pub(super) name: String,
}

/// What filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FilterKind {
    PrefixList,
    RouteMap,
}

impl Filter {
    /// Filters of what comes from a neighbor.
    pub(super) fn all_of(planned: &PlannedObjects, neighbor: &Neighbor) -> Vec<Self> {
        let named = |family: Family, kind: FilterKind| {
            let own = import(&neighbor.session, family, kind);
            let Some(Setting::Known(name)) =
                effective_attribute(planned, neighbor, own, |group| import(&group.session, family, kind))
            else {
                return None;
            };
            let (router, router_text) = (neighbor.router.key.clone(), neighbor.router.text.clone());
            Some(Self { router, router_text, family, kind, name: name.clone() })
        };
        let families = [Family::Ipv4, Family::Ipv6].into_iter();
        let all = families.flat_map(|family| {
            [FilterKind::PrefixList, FilterKind::RouteMap].map(|kind| named(family, kind))
        });
        all.flatten().collect()
    }
}

/// The filter of a kind that a session names.
fn import(session: &BgpSession, family: Family, kind: FilterKind) -> &Setting<String> {
    let family = session.family(family);
    match kind {
        FilterKind::PrefixList => &family.prefix_list_import,
        FilterKind::RouteMap => &family.route_map_import,
    }
}

/// Routes to the first and last address of each range of a pool, as an advertisement makes them.
pub(super) fn announced(advertisement: &Advertisement, pool: &Pool, family: Family) -> Vec<IpNet> {
    let length = match family {
        Family::Ipv4 => advertisement.aggregation_length,
        Family::Ipv6 => advertisement.aggregation_length_v6,
    };
    let (Some(length), true) = (length, advertisement.announces(pool)) else { return Vec::new() };
    let ends = pool.ranges.iter().filter_map(|(_, range)| range.as_ref()).flat_map(|range| range.ends());
    ends.filter(|end| end.is_ipv6() == (family == Family::Ipv6))
        .filter_map(|end| Some(IpNet::new(end, length).ok()?.trunc()))
        .collect()
}
