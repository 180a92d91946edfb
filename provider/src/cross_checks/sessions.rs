//! Both ends of a BGP session: the AS numbers that each has and expects, and the families that it carries.

use super::{Board, Fault, address, name, number, router};
use crate::connection::router::Routers;
use tfplugin::Value;

const FITTING: &str = "AS numbers of a BGP session do not fit";
const EXPECTED: &[(&str, &str)] = &[
    ("metallb_bgp_peer", "my_asn"),
    ("vyos_bgp_neighbor", "remote_as"),
    ("vyos_bgp_peer_group", "remote_as"),
    ("vyos_bgp", "system_as"),
];
const OWN: &[(&str, &str)] = &[("metallb_bgp_peer", "peer_asn"), ("vyos_bgp", "system_as")];
const FAMILIES: &[(&str, &str)] = &[
    ("metallb_bgp_peer", "dual_stack_address_family"),
    ("vyos_bgp_neighbor", "ipv6_unicast"),
    ("vyos_bgp_peer_group", "ipv6_unicast"),
    ("metallb_ip_address_pool", "addresses"),
];

pub(super) fn faults(board: &Board, routers: &Routers) -> Vec<Fault> {
    let mut found = Vec::new();
    for peer in board.all("metallb_bgp_peer") {
        for bgp in board.all("vyos_bgp").iter().filter(|bgp| peers_with(peer, bgp, routers)) {
            found.extend(another_router(peer, bgp));
        }
        let neighbors = board.all("vyos_bgp_neighbor").iter();
        for neighbor in neighbors.filter(|one| board.is_node(one) && peers_with(peer, one, routers)) {
            let bgp = board.on_router_of("vyos_bgp", neighbor).next().unwrap_or(&Value::Null);
            let remote_as = board.said_of(neighbor, &["remote_as"]).and_then(Value::as_str);
            found.extend(remote_as.and_then(|remote_as| another_cluster(peer, neighbor, remote_as, bgp)));
            if board.said_of(neighbor, &["ipv6_unicast"]).is_some_and(Value::is_null) {
                let pools = board.in_cluster_of("metallb_ip_address_pool", peer);
                found.extend(pools.filter_map(|pool| family_missing(peer, neighbor, pool)));
            }
        }
    }
    found
}

/// Whether speakers peer with the router of `object`. It is known by its API's address, and where there is only one
/// router it is meant in any case.
fn peers_with(peer: &Value, object: &Value, routers: &Routers) -> bool {
    let named = object.attribute("router");
    let Some(router) = routers.get(named.as_str()).ok().filter(|_| !named.is_unknown()) else { return false };
    let host = reqwest::Url::parse(router.url()).ok().and_then(|url| url.host_str().map(str::to_owned));
    let host = host.and_then(|host| host.trim_matches(['[', ']']).parse().ok());
    routers.get(None).is_ok() || (host.is_some() && host == address(peer.attribute("peer_address")))
}

/// The speakers expect another AS than the router has.
fn another_router(peer: &Value, bgp: &Value) -> Option<Fault> {
    let (expected, own) = (number(peer.attribute("peer_asn"))?, number(bgp.attribute("system_as"))?);
    (expected != own).then(|| Fault {
        summary: FITTING,
        detail: format!(
            "`metallb_bgp_peer` {:?} expects AS {expected} (`peer_asn`), and `vyos_bgp` of {} is AS {own} (`system_as`). \
             Sessions between the two will not come up.",
            name(peer),
            router(bgp)
        ),
        attributes: OWN,
    })
}

/// The router expects another AS than the speakers have.
fn another_cluster(peer: &Value, neighbor: &Value, remote_as: &str, bgp: &Value) -> Option<Fault> {
    let own = number(peer.attribute("my_asn"))?;
    let system = number(bgp.attribute("system_as"));
    let (fits, meaning) = match (remote_as, system) {
        ("internal", Some(system)) => (own == system, format!("its own AS {system}")),
        ("external", Some(system)) => (own != system, format!("another AS than its own {system}")),
        (number, _) => (number.parse::<u64>().ok()? == own, format!("AS {number}")),
    };
    (!fits).then(|| Fault {
        summary: FITTING,
        detail: format!(
            "`vyos_bgp_neighbor` {} of {} expects {meaning} (`remote_as`), and `metallb_bgp_peer` {:?} makes the cluster's \
             speakers AS {own} (`my_asn`). The session between the two will not come up.",
            neighbor.attribute("address").as_str().unwrap_or_default(),
            router(neighbor),
            name(peer)
        ),
        attributes: EXPECTED,
    })
}

/// The speakers offer IPv6 routes over a session between IPv4 addresses, and the router does not take them.
fn family_missing(peer: &Value, neighbor: &Value, pool: &Value) -> Option<Fault> {
    let offers = *peer.attribute("dual_stack_address_family") == Value::Bool(true)
        && address(peer.attribute("peer_address"))?.is_ipv4();
    let Value::List(ranges) = pool.attribute("addresses") else { return None };
    let range = ranges.iter().filter_map(Value::as_str).find(|range| range.contains(':'))?;
    (offers && address(neighbor.attribute("address"))?.is_ipv4()).then(|| Fault {
        summary: "A BGP session does not carry IPv6",
        detail: format!(
            "`metallb_ip_address_pool` {:?} has addresses of IPv6 ({range}), which `metallb_bgp_peer` {:?} announces to {}, \
             and `vyos_bgp_neighbor` {} there has no `ipv6_unicast`: the router will not take routes to them. \
             `ipv6_unicast = {{}}` turns it on.",
            name(pool),
            name(peer),
            router(neighbor),
            neighbor.attribute("address").as_str().unwrap_or_default()
        ),
        attributes: FAMILIES,
    })
}
