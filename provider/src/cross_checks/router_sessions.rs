//! Neighbors of a router's BGP, beside its `vyos_bgp`, their peer-groups and the addresses that it has
//! itself: what VyOS or FRR refuses, at plan.

use super::mismatch::Mismatch;
use super::objects::{Bgp, Family, FamilySettings, Neighbor, PeerGroup, RouterKey, Setting};
use super::planned::PlannedObjects;
use super::sessions::effective_attribute;
use std::net::IpAddr;

/// A switch of a family, on which side it is of use, and where it is.
struct Switch {
    name: &'static str,
    /// Whether the neighbor has to be in the AS of the router.
    inside: bool,
    is_on: fn(&FamilySettings) -> bool,
    family: Family,
    attributes: &'static [(&'static str, &'static str)],
}

/// Switches by their name in a family and their side, for both families.
macro_rules! switches {
    ($($name:ident: $inside:literal),*) => {
        [$(
            switches!(@ $name, $inside, Ipv4, concat!("ipv4_unicast.", stringify!($name))),
            switches!(@ $name, $inside, Ipv6, concat!("ipv6_unicast.", stringify!($name)))
        ),*]
    };
    (@ $name:ident, $inside:literal, $family:ident, $path:expr) => {
        Switch {
            name: stringify!($name),
            inside: $inside,
            is_on: |family| family.$name,
            family: Family::$family,
            attributes: &[("vyos_bgp_neighbor", $path), ("vyos_bgp_peer_group", $path), ("vyos_bgp", "system_as")],
        }
    };
}

const SWITCHES: [Switch; 6] =
    switches![as_override: false, remove_private_as: false, route_reflector_client: true];

const TWICE: &[(&str, &str)] = &[("vyos_bgp_neighbor", "remote_as"), ("vyos_bgp_peer_group", "remote_as")];
const ITSELF: &[(&str, &str)] = &[("vyos_bgp_neighbor", "address"), ("vyos_config", "config")];

/// What does not fit a neighbor.
pub(super) fn of_neighbor(planned: &PlannedObjects, neighbor: &Neighbor) -> Vec<Mismatch> {
    let bgp = planned.bgp.of(&neighbor.router.key).next();
    let mut found: Vec<_> = bgp.into_iter().flat_map(|bgp| wrong_side(planned, neighbor, bgp)).collect();
    found.extend(planned.group_of(neighbor).and_then(|group| as_given_twice(neighbor, group)));
    let own = neighbor.address.filter(|address| has_address(planned, neighbor, *address));
    found.extend(own.map(|_| itself(neighbor)));
    found
}

/// What does not fit a `vyos_bgp`, or addresses that a router has.
pub(super) fn of_router(planned: &PlannedObjects, router: &RouterKey) -> Vec<Mismatch> {
    planned.neighbors.of(router).flat_map(|neighbor| of_neighbor(planned, neighbor)).collect()
}

/// Switches of a neighbor and its group that are not for its side of the border.
fn wrong_side(planned: &PlannedObjects, neighbor: &Neighbor, bgp: &Bgp) -> Vec<Mismatch> {
    let own = &neighbor.session.remote_as;
    let remote_as = effective_attribute(planned, neighbor, own, |group| &group.session.remote_as);
    let (Some(Setting::Known(remote_as)), Some(system_as)) = (remote_as, bgp.system_as) else {
        return Vec::new();
    };
    let is_inside = match remote_as.as_str() {
        "internal" => true,
        "external" => false,
        number => number.parse() == Ok(system_as),
    };
    let sessions = [Some(&neighbor.session), planned.group_of(neighbor).map(|group| &group.session)];
    let wrong = SWITCHES.iter().filter(|switch| {
        let mut families = sessions.iter().flatten().map(|session| session.family(switch.family));
        switch.inside != is_inside && families.any(switch.is_on)
    });
    wrong.map(|switch| not_for_it(switch, neighbor, remote_as, system_as)).collect()
}

fn not_for_it(switch: &Switch, neighbor: &Neighbor, remote_as: &str, system_as: u64) -> Mismatch {
    let needed = if switch.inside { "in the AS of the router" } else { "in another AS" };
    Mismatch {
        summary: "Not for this neighbor",
        detail: format!(
            "`{}` is only for a neighbor {needed}. `vyos_bgp_neighbor` {} of {} has `remote_as` {remote_as}, and the router's \
             `system_as` is {system_as}. The router refuses it.",
            switch.name, neighbor.text, neighbor.router.text
        ),
        attributes: switch.attributes,
        is_error: true,
    }
}

fn as_given_twice(neighbor: &Neighbor, group: &PeerGroup) -> Option<Mismatch> {
    let both = (&neighbor.session.remote_as, &group.session.remote_as);
    let (Setting::Known(own), Setting::Known(others)) = both else { return None };
    Some(Mismatch {
        summary: "Two AS numbers for one neighbor",
        detail: format!(
            "`vyos_bgp_neighbor` {} of {} has `remote_as` {own}, and its `vyos_bgp_peer_group` {:?} has {others}. VyOS refuses \
             both together, also where they are the same. Remove one of them.",
            neighbor.text, neighbor.router.text, group.name
        ),
        attributes: TWICE,
        is_error: true,
    })
}

/// Whether a router has an address itself, as far as is known: that of its API, or one of its interfaces.
fn has_address(planned: &PlannedObjects, neighbor: &Neighbor, address: IpAddr) -> bool {
    let mut interfaces = planned.interfaces.of(&neighbor.router.key);
    neighbor.router.host == Some(address) || interfaces.any(|addresses| addresses.contains(&address))
}

fn itself(neighbor: &Neighbor) -> Mismatch {
    Mismatch {
        summary: "A router that is its own neighbor",
        detail: format!(
            "`vyos_bgp_neighbor` {} of {} is an address of that router itself: of its API, or of one of its interfaces. VyOS \
             refuses a neighbor at an address of its own.",
            neighbor.text, neighbor.router.text
        ),
        attributes: ITSELF,
        is_error: false,
    }
}

#[cfg(test)]
mod tests {
    use crate::cross_checks::tests::{AllTypes, edge};
    use crate::session::testing::TestProvider;
    use serde_json::{Value as Json, json};
    use tfplugin::Severity;
    use tfplugin::testing::Harness;

    type Object = (&'static str, Json);

    const BGP: &str = "vyos_bgp";
    const NEIGHBOR: &str = "vyos_bgp_neighbor";
    const GROUP: &str = "vyos_bgp_peer_group";

    /// What is found of one of these summaries while objects are planned one after the other, with its
    /// attribute.
    async fn found(objects: &[Object], summary: &str) -> Vec<(Severity, String)> {
        let run = Harness::<TestProvider<AllTypes>>::new(&json!({"routers": edge()})).await.unwrap();
        let mut found = Vec::new();
        for (type_name, config) in objects {
            let diagnostics = match run.plan(type_name, None, config).await {
                Ok(planned) => planned.diagnostics,
                Err(failure) => failure.diagnostics,
            };
            let ours = diagnostics.iter().filter(|one| one.summary == summary);
            let attribute = |one: &tfplugin::Diagnostic| one.attribute.as_ref().map(ToString::to_string);
            found.extend(ours.map(|one| (one.severity, attribute(one).unwrap_or_default())));
        }
        found
    }

    fn neighbor(members: Json) -> Object {
        let mut config = json!({"address": "198.51.100.2"});
        config.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        (NEIGHBOR, config)
    }

    fn family(switch: &str) -> Json {
        json!({switch: true})
    }

    #[tokio::test]
    async fn what_a_router_refuses_is_found_once_whoever_is_planned_last() {
        let own = || (BGP, json!({"system_as": 64512}));
        let eth1 = json!({"path": "interfaces ethernet eth1", "config": {"address": ["198.51.100.2/24"]}});
        let side = "Not for this neighbor";
        for (one, other, summary, severity, first, last) in [
            (
                neighbor(json!({"remote_as": "64512", "ipv6_unicast": family("as_override")})),
                own(),
                side,
                Severity::Error,
                "ipv6_unicast.as_override",
                "system_as",
            ),
            (
                neighbor(json!({"remote_as": "64512", "ipv4_unicast": family("remove_private_as")})),
                own(),
                side,
                Severity::Error,
                "ipv4_unicast.remove_private_as",
                "system_as",
            ),
            (
                neighbor(json!({"remote_as": "64513", "ipv4_unicast": family("route_reflector_client")})),
                own(),
                side,
                Severity::Error,
                "ipv4_unicast.route_reflector_client",
                "system_as",
            ),
            (
                neighbor(json!({"remote_as": "64513", "peer_group": "NODES", "ipv6_unicast": {}})),
                (GROUP, json!({"name": "NODES", "remote_as": "64513"})),
                "Two AS numbers for one neighbor",
                Severity::Error,
                "remote_as",
                "remote_as",
            ),
            (
                neighbor(json!({"remote_as": "64513", "ipv6_unicast": {}})),
                ("vyos_config", eth1),
                "A router that is its own neighbor",
                Severity::Warning,
                "address",
                "config",
            ),
        ] {
            let objects = [one, other];
            let back: Vec<_> = objects.iter().rev().cloned().collect();
            assert_eq!(found(&objects, summary).await, [(severity, last.to_owned())], "{objects:?}");
            assert_eq!(found(&back, summary).await, [(severity, first.to_owned())], "{back:?}");
        }
        let api = [(NEIGHBOR, json!({"address": "127.0.0.1", "remote_as": "64513", "ipv6_unicast": {}}))];
        let itself = found(&api, "A router that is its own neighbor").await;
        assert_eq!(itself, [(Severity::Warning, "address".to_owned())]);
    }

    #[tokio::test]
    async fn what_a_group_says_counts_for_its_members() {
        let objects = [
            (
                GROUP,
                json!({"name": "NODES", "remote_as": "64513", "ipv6_unicast": family("route_reflector_client")}),
            ),
            neighbor(json!({"peer_group": "NODES"})),
            (BGP, json!({"system_as": 64512})),
        ];
        for last in 0..objects.len() {
            let mut order = objects.to_vec();
            order.rotate_left(last);
            assert_eq!(found(&order, "Not for this neighbor").await.len(), 1, "{order:?}");
        }
    }

    #[tokio::test]
    async fn what_fits_and_what_is_of_another_router_is_not_reported() {
        let all = [
            (BGP, json!({"system_as": 64512})),
            neighbor(json!({"remote_as": "64512", "ipv6_unicast": family("route_reflector_client")})),
            (
                NEIGHBOR,
                json!({"address": "198.51.100.3", "remote_as": "64513", "ipv4_unicast": family("as_override")}),
            ),
            (NEIGHBOR, json!({"address": "198.51.100.4", "peer_group": "NODES"})),
            (GROUP, json!({"name": "NODES", "remote_as": "64513"})),
            (
                "vyos_config",
                json!({"path": "interfaces dummy dum0", "config": {"address": "198.51.100.9/32"}}),
            ),
            (
                NEIGHBOR,
                json!({"router": "other", "address": "198.51.100.9", "remote_as": "1", "ipv4_unicast": {}}),
            ),
        ];
        for summary in
            ["Not for this neighbor", "Two AS numbers for one neighbor", "A router that is its own neighbor"]
        {
            assert_eq!(found(&all, summary).await, [], "{summary}");
        }
    }

    #[tokio::test]
    async fn both_ends_of_a_session_have_one_password_and_one_port() {
        let node = ("microk8s_node", json!({"host": "127.0.0.11", "channel": "1.35/stable"}));
        let peer = |members: Json| {
            let mut config = json!({
                "cluster": "127.0.0.11", "name": "edge", "my_asn": 64512, "peer_asn": 64512, "peer_address": "127.0.0.1",
            });
            config.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            ("metallb_bgp_peer", config)
        };
        let at_node = |members: Json| {
            let (name, mut config) = neighbor(json!({"remote_as": "internal", "ipv6_unicast": {}}));
            config["address"] = "127.0.0.11".into();
            config.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            (name, config)
        };
        let group =
            |password: &str| (GROUP, json!({"name": "NODES", "remote_as": "internal", "password": password}));
        let member = || at_node(json!({"remote_as": null, "peer_group": "NODES"}));
        let (passwords, ports) = ("Passwords of a BGP session differ", "Ports of a BGP session differ");
        for (objects, summary, count) in [
            (vec![peer(json!({"password": "a"})), at_node(json!({"password": "b"}))], passwords, 1),
            (vec![peer(json!({"password": "a"})), at_node(json!({}))], passwords, 1),
            (vec![peer(json!({})), at_node(json!({"password": "b"}))], passwords, 1),
            (vec![group("b"), peer(json!({"password": "a"})), member()], passwords, 1),
            (vec![group("a"), peer(json!({"password": "a"})), member()], passwords, 0),
            (vec![peer(json!({"password": "a"})), at_node(json!({"password": "a"}))], passwords, 0),
            (
                vec![peer(json!({"password_secret": {"name": "s"}})), at_node(json!({"password": "b"}))],
                passwords,
                0,
            ),
            (vec![peer(json!({"peer_port": 1179})), at_node(json!({}))], ports, 1),
            (vec![peer(json!({})), at_node(json!({}))], ports, 0),
        ] {
            let objects = [vec![node.clone()], objects].concat();
            let back: Vec<_> = objects.iter().rev().cloned().collect();
            assert_eq!(found(&objects, summary).await.len(), count, "{objects:?}");
            assert_eq!(found(&back, summary).await.len(), count, "{back:?}");
        }
    }
}
