//! `vyos_bgp_summary`: what a router's BGP sessions are doing.

use crate::asn::Asn;
use crate::engine::router_config::{Subject, no_router};
use crate::provider::Microk8s;
use async_trait::async_trait;
use serde::Deserialize;
use std::collections::BTreeMap;
use tfplugin::{Computed, Context, DataSource, Diagnostic, Diagnostics, Object, Value};

/// What the BGP sessions of a VyOS router are doing now, as its routing daemon says (`show bgp neighbors`).
///
/// A router without BGP has no neighbors here; that is no error.
#[derive(Clone, Debug, DataSource)]
#[data_source(type_name = "vyos_bgp_summary")]
pub struct BgpSummary {
    /// Name of the router: a key of the provider's `routers`. Not needed where there is only one.
    #[attribute(optional)]
    router: Option<String>,

    /// The neighbors by address, also those that connect by themselves to a listen range.
    #[attribute(computed)]
    neighbors: Computed<BTreeMap<String, NeighborState>>,
}

/// A session.
#[derive(Clone, Debug, Object)]
pub struct NeighborState {
    /// AS number of the neighbor; none where it is `internal` or `external` and no session was there yet.
    #[attribute(computed)]
    remote_as: Computed<Option<Asn>>,

    /// AS number of the router in this session.
    #[attribute(computed)]
    local_as: Computed<Option<Asn>>,

    /// The neighbor's description.
    #[attribute(computed)]
    description: Computed<Option<String>>,

    /// `Established` where routes flow; `Idle`, `Connect`, `Active`, `OpenSent` or `OpenConfirm` otherwise.
    #[attribute(computed)]
    state: Computed<String>,

    /// Seconds since the session is established; none where it is not.
    #[attribute(computed)]
    uptime: Computed<Option<i64>>,

    /// Why the session ended last, in the words of the routing daemon.
    #[attribute(computed)]
    last_reset: Computed<Option<String>>,

    /// What is exchanged, by address family: `ipv4_unicast`, `ipv6_unicast`, others under the daemon's own name.
    #[attribute(computed)]
    address_families: Computed<BTreeMap<String, FamilyState>>,
}

/// What is exchanged in one address family.
#[derive(Clone, Debug, Object)]
pub struct FamilyState {
    /// Prefixes that the neighbor sent and that filters let in.
    #[attribute(computed)]
    prefixes_received: Computed<i64>,

    /// Prefixes that were sent to the neighbor.
    #[attribute(computed)]
    prefixes_sent: Computed<i64>,
}

#[async_trait]
impl tfplugin::DataSource for BgpSummary {
    type Provider = Microk8s;
    type Model = Self;

    async fn read(context: &Context<Microk8s>, config: Self) -> Result<Self, Diagnostics> {
        let subject = Subject {
            noun: "the BGP sessions",
            key: "",
            path: "show bgp neighbors json",
            fields: &[],
            object: &Value::Null,
        };
        let router = context
            .provider()
            .routers
            .get(config.router.as_deref())
            .map_err(|reason| no_router(subject.noun, &reason))?;
        let printed = router
            .show(&["bgp", "neighbors", "json"])
            .await
            .map_err(|error| subject.failed("read", &router, error))?;
        let neighbors = neighbors(&printed).map_err(|problem| {
            let beginning: String = printed.trim().chars().take(200).collect();
            let detail = format!(
                "`{}` at {} printed something else than neighbors ({problem}): {beginning}\n\nVyOS 1.4 or later is \
                 needed. If its routing daemon is down, `restart bgp` on the router starts it.",
                subject.path,
                router.url()
            );
            Diagnostic::error(subject.unable("read", &router), detail)
        })?;
        Ok(Self { neighbors: neighbors.into(), ..config })
    }
}

/// A neighbor as FRR prints it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Printed {
    remote_as: Option<u32>,
    local_as: Option<u32>,
    nbr_desc: Option<String>,
    bgp_state: Option<String>,
    bgp_timer_up_msec: Option<i64>,
    last_reset_due_to: Option<String>,
    #[serde(default)]
    address_family_info: BTreeMap<String, PrintedFamily>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PrintedFamily {
    #[serde(default)]
    accepted_prefix_counter: i64,
    #[serde(default)]
    sent_prefix_counter: i64,
}

fn neighbors(printed: &str) -> Result<BTreeMap<String, NeighborState>, serde_json::Error> {
    // Where no BGP runs FRR prints nothing, a sentence or a warning.
    if printed.trim().is_empty() || printed.trim_start().starts_with('%') {
        return Ok(BTreeMap::new());
    }
    let all: BTreeMap<String, serde_json::Value> = serde_json::from_str(printed)?;
    // Beside the neighbors there may be the VRF's name and the like.
    let sessions = all.into_iter().filter(|(_, one)| one.get("bgpState").is_some());
    sessions.map(|(address, one)| Ok((address, state(serde_json::from_value(one)?)))).collect()
}

fn state(printed: Printed) -> NeighborState {
    let state = printed.bgp_state.unwrap_or_default();
    let uptime =
        printed.bgp_timer_up_msec.filter(|_| state == "Established").map(|milliseconds| milliseconds / 1000);
    let families = printed.address_family_info.into_iter().map(|(name, family)| {
        let counted = FamilyState {
            prefixes_received: family.accepted_prefix_counter.into(),
            prefixes_sent: family.sent_prefix_counter.into(),
        };
        (family_name(name), counted)
    });
    NeighborState {
        remote_as: printed.remote_as.and_then(Asn::new).into(),
        local_as: printed.local_as.and_then(Asn::new).into(),
        description: printed.nbr_desc.into(),
        uptime: uptime.into(),
        last_reset: printed.last_reset_due_to.into(),
        address_families: families.collect::<BTreeMap<_, _>>().into(),
        state: state.into(),
    }
}

fn family_name(name: String) -> String {
    match name.as_str() {
        "ipv4Unicast" => "ipv4_unicast".to_owned(),
        "ipv6Unicast" => "ipv6_unicast".to_owned(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_frr_prints() {
        let printed = r#"{
          "10.0.0.11": {"remoteAs": 213127, "localAs": 213127, "nbrInternalLink": true, "nbrDesc": "metallb-cp1",
            "bgpState": "Established", "bgpTimerUpMsec": 61500, "lastResetDueTo": "Peer closed the session",
            "addressFamilyInfo": {"ipv6Unicast": {"acceptedPrefixCounter": 2, "sentPrefixCounter": 5}}},
          "10.0.0.12": {"remoteAs": 0, "localAs": 213127, "bgpState": "Active", "bgpTimerUpMsec": 5}
        }"#;
        let found = neighbors(printed).unwrap();
        let up = &found["10.0.0.11"];
        assert_eq!(up.remote_as.known(), Some(&Asn::new(213_127)));
        assert_eq!(up.uptime, Computed::Known(Some(61)));
        let families = up.address_families.known().unwrap();
        assert_eq!(families["ipv6_unicast"].prefixes_received, Computed::Known(2));
        assert_eq!(families["ipv6_unicast"].prefixes_sent, Computed::Known(5));
        let down = &found["10.0.0.12"];
        assert_eq!((&down.uptime, down.state.known().unwrap().as_str()), (&Computed::Known(None), "Active"));
        assert_eq!(down.remote_as, Computed::Known(None));
    }

    #[test]
    fn a_router_without_bgp_has_no_neighbors() {
        for printed in
            ["", "{}\n", "% BGP instance not found\n", r#"{"warning": "Default BGP instance not found"}"#]
        {
            assert!(neighbors(printed).unwrap().is_empty(), "{printed:?}");
        }
        assert!(neighbors("Invalid command").is_err());
    }
}
