//! Both ends of a BGP session: the AS numbers that each has and expects, and the families that it carries.

use super::mismatch::Mismatch;
use super::objects::{Advertisement, Bgp, Family, Neighbor, Peer, PeerGroup, Pool, RouterRef, Setting};
use super::planned::PlannedObjects;

const AS_MISMATCH: &str = "AS numbers of a BGP session do not fit";
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
    ("metallb_bgp_advertisement", "peers"),
];

const PASSWORDS: &[(&str, &str)] = &[
    ("metallb_bgp_peer", "password"),
    ("vyos_bgp_neighbor", "password"),
    ("vyos_bgp_peer_group", "password"),
];
const PORTS: &[(&str, &str)] = &[("metallb_bgp_peer", "peer_port")];
/// VyOS has no setting for the port that its BGP listens on.
const BGP_PORT: u64 = 179;

/// What does not fit a `vyos_bgp`.
pub(super) fn of_bgp(planned: &PlannedObjects, bgp: &Bgp) -> Vec<Mismatch> {
    let peers = planned.peers.all().filter(|peer| peers_with(peer, &bgp.router));
    peers.filter_map(|peer| peer_asn_mismatch(peer, bgp)).collect()
}

/// What does not fit a `metallb_bgp_peer`.
pub(super) fn of_peer(planned: &PlannedObjects, peer: &Peer) -> Vec<Mismatch> {
    let bgp = planned.bgp.all().filter(|bgp| peers_with(peer, &bgp.router));
    let mut found: Vec<_> = bgp.filter_map(|bgp| peer_asn_mismatch(peer, bgp)).collect();
    let neighbors = planned.neighbors.all().filter(|neighbor| planned.is_at_node(neighbor));
    found.extend(neighbors.flat_map(|neighbor| session(planned, peer, neighbor)));
    let advertisements = planned.advertisements.of(&peer.cluster);
    let naming = advertisements.filter(|one| one.peers.iter().flatten().any(|name| *name == peer.name));
    found.extend(naming.flat_map(|advertisement| of_advertisement(planned, advertisement)));
    found
}

/// What an advertisement announces to peers whose sessions do not carry it.
pub(super) fn of_advertisement(planned: &PlannedObjects, advertisement: &Advertisement) -> Vec<Mismatch> {
    let pools = planned.pools.of(&advertisement.cluster);
    pools.flat_map(|pool| announced_in_vain(planned, advertisement, pool)).collect()
}

/// A pool of IPv6 alone whose advertisement names it and peers, none of which is told of it. Where a pool has
/// IPv4 too, or the advertisement names none, another advertisement may be for IPv6.
fn announced_in_vain(planned: &PlannedObjects, advertisement: &Advertisement, pool: &Pool) -> Vec<Mismatch> {
    if !advertisement.names(pool) || !pool.is_ipv6_alone() {
        return Vec::new();
    }
    let named = |name: &String| planned.peers.of(&advertisement.cluster).find(|peer| peer.name == *name);
    let names = advertisement.peers.iter().flatten();
    // A peer that is not planned may carry them.
    let Some(peers) = names.map(named).collect::<Option<Vec<_>>>() else { return Vec::new() };
    let in_vain = peers.iter().all(|peer| peer.lacks_ipv6());
    peers.into_iter().filter(|_| in_vain).filter_map(|peer| family_not_offered(peer, pool)).collect()
}

/// What does not fit a `vyos_bgp_neighbor` that is a node.
pub(super) fn of_neighbor(planned: &PlannedObjects, neighbor: &Neighbor) -> Vec<Mismatch> {
    planned.peers.all().flat_map(|peer| session(planned, peer, neighbor)).collect()
}

/// What does not carry the addresses of a `metallb_ip_address_pool`.
pub(super) fn of_pool(planned: &PlannedObjects, pool: &Pool) -> Vec<Mismatch> {
    let neighbors = || planned.neighbors.all().filter(|one| planned.is_at_node(one));
    let peers = planned.peers.of(&pool.cluster).filter(|_| pool.ipv6().is_some());
    let mut found: Vec<_> = peers
        .flat_map(|peer| neighbors().map(move |neighbor| (peer, neighbor)))
        .filter(|(peer, neighbor)| peers_with(peer, &neighbor.router))
        .filter_map(|(peer, neighbor)| one_side_lacks_ipv6(planned, peer, neighbor, pool))
        .collect();
    let advertisements = planned.advertisements.of(&pool.cluster);
    found.extend(advertisements.flat_map(|one| announced_in_vain(planned, one, pool)));
    found
}

/// What does not fit in the sessions of a peer with a neighbor that is a node.
fn session(planned: &PlannedObjects, peer: &Peer, neighbor: &Neighbor) -> Vec<Mismatch> {
    if !peers_with(peer, &neighbor.router) {
        return Vec::new();
    }
    let bgp = planned.bgp.of(&neighbor.router.key).next();
    let mut found: Vec<_> = remote_as(planned, neighbor)
        .and_then(|expected| remote_as_mismatch(peer, neighbor, expected, bgp))
        .into_iter()
        .collect();
    found.extend(password_mismatch(planned, peer, neighbor));
    found.extend(port_mismatch(peer, neighbor));
    let pools = planned.pools.of(&peer.cluster);
    found.extend(pools.filter_map(|pool| one_side_lacks_ipv6(planned, peer, neighbor, pool)));
    found
}

/// Whether speakers peer with a router. It is known by its API's address, and where there is only one router
/// it is meant in any case.
fn peers_with(peer: &Peer, router: &RouterRef) -> bool {
    router.is_only || (router.host.is_some() && router.host == peer.address)
}

/// What a neighbor says, or else its peer-group, if that is in this configuration.
pub(super) fn effective_attribute<'a, T>(
    planned: &'a PlannedObjects,
    neighbor: &'a Neighbor,
    own: &'a Setting<T>,
    of_group: impl Fn(&'a PeerGroup) -> &'a Setting<T>,
) -> Option<&'a Setting<T>> {
    match (own, &neighbor.peer_group) {
        (Setting::Null, Setting::Known(_) | Setting::Unknown) => planned.group_of(neighbor).map(of_group),
        _ => Some(own),
    }
}

fn remote_as<'a>(planned: &'a PlannedObjects, neighbor: &'a Neighbor) -> Option<&'a str> {
    let own = &neighbor.session.remote_as;
    match effective_attribute(planned, neighbor, own, |group| &group.session.remote_as)? {
        Setting::Known(text) => Some(text),
        Setting::Null | Setting::Unknown => None,
    }
}

/// What either end of a session says of IPv6 that the other does not.
fn one_side_lacks_ipv6(
    planned: &PlannedObjects,
    peer: &Peer,
    neighbor: &Neighbor,
    pool: &Pool,
) -> Option<Mismatch> {
    let own = &neighbor.session.family(Family::Ipv6).is_on;
    let at_router =
        effective_attribute(planned, neighbor, own, |group| &group.session.family(Family::Ipv6).is_on)?;
    match at_router {
        Setting::Null => family_missing(peer, neighbor, pool),
        Setting::Unknown => None,
        Setting::Known(()) => {
            // A peer-group turns on what some of its neighbors need, and another peer may carry IPv6.
            let is_meant = matches!(own, Setting::Known(())) && neighbor.address?.is_ipv4();
            let is_all = planned.peers.of(&peer.cluster).all(Peer::lacks_ipv6);
            family_not_offered(peer, pool).filter(|_| is_meant && is_all)
        }
    }
}

/// The speakers expect another AS than the router has.
fn peer_asn_mismatch(peer: &Peer, bgp: &Bgp) -> Option<Mismatch> {
    let (expected, own) = (peer.peer_asn?, bgp.system_as?);
    (expected != own).then(|| Mismatch {
        summary: AS_MISMATCH,
        detail: format!(
            "`metallb_bgp_peer` {:?} expects AS {expected} (`peer_asn`), and `vyos_bgp` of {} is AS {own} (`system_as`). \
             Sessions between the two will not come up.",
            peer.name, bgp.router.text
        ),
        attributes: OWN,
        is_error: false,
    })
}

/// The router expects another AS than the speakers have.
fn remote_as_mismatch(
    peer: &Peer,
    neighbor: &Neighbor,
    remote_as: &str,
    bgp: Option<&Bgp>,
) -> Option<Mismatch> {
    let own = peer.my_asn?;
    let system = bgp.and_then(|bgp| bgp.system_as);
    let fits = match (remote_as, system) {
        ("internal", Some(system)) => own == system,
        ("external", Some(system)) => own != system,
        (number, _) => number.parse::<u64>().ok()? == own,
    };
    let meaning = || match (remote_as, system) {
        ("internal", Some(system)) => format!("its own AS {system}"),
        ("external", Some(system)) => format!("another AS than its own {system}"),
        (number, _) => format!("AS {number}"),
    };
    (!fits).then(|| Mismatch {
        summary: AS_MISMATCH,
        detail: format!(
            "`vyos_bgp_neighbor` {} of {} expects {} (`remote_as`), and `metallb_bgp_peer` {:?} makes the cluster's \
             speakers AS {own} (`my_asn`). The session between the two will not come up.",
            neighbor.text,
            neighbor.router.text,
            meaning(),
            peer.name
        ),
        attributes: EXPECTED,
        is_error: false,
    })
}

/// One end has a password that the other has not. Neither is shown.
fn password_mismatch(planned: &PlannedObjects, peer: &Peer, neighbor: &Neighbor) -> Option<Mismatch> {
    let own = &neighbor.session.password;
    let at_router = effective_attribute(planned, neighbor, own, |group| &group.session.password)?;
    let text = |setting: &Setting<String>| match setting {
        Setting::Known(text) => Some(text.clone()),
        Setting::Null => Some(String::new()),
        Setting::Unknown => None,
    };
    let (at_router, at_peer) = (text(at_router)?, text(&peer.password)?);
    let what = match (at_router.is_empty(), at_peer.is_empty()) {
        _ if at_router == at_peer => return None,
        (false, false) => "each has a password, and these differ",
        (true, _) => "the speakers have a password, and the router has none in this configuration",
        (_, true) => "the router has a password, and the speakers have none in this configuration",
    };
    Some(Mismatch {
        summary: "Passwords of a BGP session differ",
        detail: format!(
            "`metallb_bgp_peer` {:?} and `vyos_bgp_neighbor` {} of {} are two ends of one session: {what}. The session between \
             the two will not come up.",
            peer.name, neighbor.text, neighbor.router.text
        ),
        attributes: PASSWORDS,
        is_error: false,
    })
}

/// The speakers connect to a port on which VyOS does not listen.
fn port_mismatch(peer: &Peer, neighbor: &Neighbor) -> Option<Mismatch> {
    let port = peer.port.filter(|port| *port != BGP_PORT)?;
    Some(Mismatch {
        summary: "Ports of a BGP session differ",
        detail: format!(
            "`metallb_bgp_peer` {:?} connects to port {port} of {} (`peer_port`), whose BGP listens on port {BGP_PORT} alone. \
             `port` of a `vyos_bgp_neighbor` is a port of the neighbor.",
            peer.name, neighbor.router.text
        ),
        attributes: PORTS,
        is_error: false,
    })
}

/// The speakers offer IPv6 routes over a session between IPv4 addresses, and the router does not take them.
fn family_missing(peer: &Peer, neighbor: &Neighbor, pool: &Pool) -> Option<Mismatch> {
    let offers = peer.is_dual_stack && peer.address?.is_ipv4();
    let range = pool.ipv6()?;
    (offers && neighbor.address?.is_ipv4()).then(|| Mismatch {
        summary: "A BGP session does not carry IPv6",
        detail: format!(
            "`metallb_ip_address_pool` {:?} has addresses of IPv6 ({range}), which `metallb_bgp_peer` {:?} announces to {}, \
             and `vyos_bgp_neighbor` {} there has no `ipv6_unicast`: the router will not take routes to them. \
             `ipv6_unicast = {{}}` turns it on.",
            pool.name, peer.name, neighbor.router.text, neighbor.text
        ),
        attributes: FAMILIES,
        is_error: false,
    })
}

/// The speakers offer no IPv6 routes over their session between IPv4 addresses.
fn family_not_offered(peer: &Peer, pool: &Pool) -> Option<Mismatch> {
    let range = pool.ipv6().filter(|_| peer.lacks_ipv6())?;
    Some(Mismatch {
        summary: "A BGP session does not carry IPv6",
        detail: format!(
            "`metallb_ip_address_pool` {:?} has addresses of IPv6 ({range}), and the session of `metallb_bgp_peer` {:?} is between \
             IPv4 addresses: from 0.15 on MetalLB announces IPv4 alone over it. `dual_stack_address_family = true` announces \
             both over the one session. A second peer at an IPv6 address announces IPv6 too.",
            pool.name, peer.name
        ),
        attributes: FAMILIES,
        is_error: false,
    })
}
