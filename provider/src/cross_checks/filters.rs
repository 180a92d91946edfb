//! What a router lets in from a node, against what the cluster announces: by prefix-lists, and by route-maps
//! that ask for nothing but prefix-lists. Anything else is for the router to report.

use super::mismatch::Mismatch;
use super::objects::{Advertisement, Family, Pool, RouterKey};
use super::planned::PlannedObjects;
use super::routes::{Filter, FilterKind, announced};
use ipnet::IpNet;

const ATTRIBUTES: &[(&str, &str)] = &[
    ("metallb_ip_address_pool", "addresses"),
    ("vyos_prefix_list", "rules"),
    ("vyos_prefix_list6", "rules"),
    ("vyos_route_map", "rules"),
];

/// A pool, and how it is announced.
type Announced<'a> = (&'a Advertisement, &'a Pool);

/// Pools whose routes do not pass a filter.
pub(super) fn of_filter(planned: &mut PlannedObjects, filter: &Filter) -> Vec<Mismatch> {
    let found = {
        let all = planned.advertisements.all();
        let all = all.flat_map(|one| planned.pools.of(&one.cluster).map(move |pool| (one, pool)));
        let all: Vec<_> = all.collect();
        dropped(planned, &[filter], &all)
    };
    show(planned, found)
}

/// Pools whose routes do not pass the filters of a router.
pub(super) fn of_router(planned: &mut PlannedObjects, router: &RouterKey) -> Vec<Mismatch> {
    let filters: Vec<_> = planned.filters.iter().filter(|filter| filter.router == *router).cloned().collect();
    filters.iter().flat_map(|filter| of_filter(planned, filter)).collect()
}

/// Filters that routes of a pool do not pass.
pub(super) fn of_pool(planned: &mut PlannedObjects, pool: &Pool) -> Vec<Mismatch> {
    let found = {
        let announced: Vec<_> =
            planned.advertisements.of(&pool.cluster).map(|advertisement| (advertisement, pool)).collect();
        dropped(planned, &planned.filters.iter().collect::<Vec<_>>(), &announced)
    };
    show(planned, found)
}

/// Filters that routes of an advertisement do not pass.
pub(super) fn of_advertisement(planned: &mut PlannedObjects, advertisement: &Advertisement) -> Vec<Mismatch> {
    let found = {
        let announced: Vec<_> =
            planned.pools.of(&advertisement.cluster).map(|pool| (advertisement, pool)).collect();
        dropped(planned, &planned.filters.iter().collect::<Vec<_>>(), &announced)
    };
    show(planned, found)
}

/// Routes that do not pass, one a filter and pool: that is enough to show what a filter does to a pool.
fn dropped(
    planned: &PlannedObjects,
    filters: &[&Filter],
    announced_pools: &[Announced<'_>],
) -> Vec<(Filter, String, IpNet)> {
    let pairs = filters.iter().flat_map(|filter| announced_pools.iter().map(move |pool| (*filter, *pool)));
    let dropped = pairs.filter_map(|(filter, (advertisement, pool))| {
        let mut routes = announced(advertisement, pool, filter.family).into_iter();
        let route = routes.find(|route| filter.permits(planned, *route) == Some(false))?;
        Some((filter.clone(), pool.name.clone(), route))
    });
    dropped.collect()
}

/// Those of which nothing was shown yet.
fn show(planned: &mut PlannedObjects, dropped: Vec<(Filter, String, IpNet)>) -> Vec<Mismatch> {
    let new =
        dropped.into_iter().filter(|(filter, pool, _)| planned.shown.insert((filter.clone(), pool.clone())));
    new.map(|(filter, pool, route)| Mismatch {
        summary: "A pool's routes do not pass a filter",
        detail: format!(
            "`{}` {:?}, which {} has for what comes from nodes (`{}` of `vyos_bgp_neighbor`), drops {route}: an address of \
             `metallb_ip_address_pool` {pool:?}, as it is announced. Let the filter permit all that the pool has, or the pool \
             have only what the filter permits.",
            filter.type_name(),
            filter.name,
            filter.router_text,
            filter.attribute(),
        ),
        attributes: ATTRIBUTES,
        is_error: false,
    })
    .collect()
}

impl Filter {
    fn type_name(&self) -> &'static str {
        match (self.kind, self.family) {
            (FilterKind::RouteMap, _) => "vyos_route_map",
            (FilterKind::PrefixList, Family::Ipv4) => "vyos_prefix_list",
            (FilterKind::PrefixList, Family::Ipv6) => "vyos_prefix_list6",
        }
    }

    fn attribute(&self) -> &'static str {
        match self.family {
            Family::Ipv4 => "ipv4_unicast",
            Family::Ipv6 => "ipv6_unicast",
        }
    }

    fn permits(&self, planned: &PlannedObjects, route: IpNet) -> Option<bool> {
        match self.kind {
            FilterKind::PrefixList => self.list_permits(planned, &self.name, route),
            FilterKind::RouteMap => self.map_permits(planned, route),
        }
    }

    /// What a prefix-list says of a route; nothing where it is not known well enough.
    fn list_permits(&self, planned: &PlannedObjects, list: &str, route: IpNet) -> Option<bool> {
        let lists = (self.router.clone(), self.family, list.to_owned());
        for rule in planned.prefix_lists.of(&lists).next()?.rules.as_ref()? {
            let rule = rule.as_ref()?;
            if rule.prefix.contains(&route) && rule.lengths.contains(&u64::from(route.prefix_len())) {
                return Some(rule.permits);
            }
        }
        Some(false)
    }

    /// The same of a route-map.
    fn map_permits(&self, planned: &PlannedObjects, route: IpNet) -> Option<bool> {
        let maps = (self.router.clone(), self.name.clone());
        for rule in planned.route_maps.of(&maps).next()?.rules.as_ref()? {
            let rule = rule.as_ref()?;
            let (own, other) = match self.family {
                Family::Ipv4 => (&rule.ip_prefix_list, &rule.ipv6_prefix_list),
                Family::Ipv6 => (&rule.ipv6_prefix_list, &rule.ip_prefix_list),
            };
            let matches = other.is_none()
                && match own {
                    Some(list) => self.list_permits(planned, list, route)?,
                    None => true,
                };
            match (matches, rule.permits) {
                (false, _) => {}
                (true, true) if rule.goes_on => return None,
                (true, permits) => return Some(permits),
            }
        }
        Some(false)
    }
}
