//! `vyos_bgp_summary`: what a router's BGP sessions are doing.

use super::bgp_neighbors::{COMMAND, PeerSession, family_name, sessions};
use super::{Unready, look};
use crate::connection::router::Router;
use crate::engine::router_config::no_router;
use crate::engine::wait::timeout;
use crate::session::Session;
use crate::values::Asn;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;
use tfplugin::model::Set;
use tfplugin::types::Semantic;
use tfplugin::{Computed, Context, Diagnostic, Diagnostics, Model};

/// What the BGP sessions of a VyOS router are doing now, as its routing daemon says (`show bgp neighbors`).
///
/// A router without BGP has no neighbors here; that is no error. A router that does not answer is one: inside
/// a `check` block Terraform makes a warning of it and continues.
#[derive(Clone, Debug, Model)]
#[data_source(type_name = "vyos_bgp_summary")]
pub struct BgpSummary {
    /// Name of the router: a key of the provider's `routers`. Not needed where there is only one.
    #[attribute(optional)]
    router: Option<String>,

    /// Waits for sessions. If unset, returns the current state without waiting. When the time is up, reading
    /// fails and reports what each session is missing.
    #[attribute(optional)]
    wait: Option<SessionWait>,

    /// The neighbors by address, also those that connect to a listen range.
    #[attribute(computed)]
    neighbors: Computed<BTreeMap<String, NeighborState>>,
}

/// Which sessions are waited for, and for how long.
#[derive(Clone, Debug, Model)]
pub struct SessionWait {
    /// Addresses of neighbors whose sessions have to be established. Default: all that the router has, and at
    /// least one.
    #[attribute(optional)]
    neighbors: Option<Set<Semantic<IpAddr>>>,

    /// Prefixes that each of them has to have sent at least, in all families together and behind filters.
    /// Default: 0.
    #[attribute(optional)]
    prefixes_received: Option<u32>,

    /// How long to wait, such as `2m`. Default: 1 minute.
    #[attribute(optional)]
    timeout: Option<Semantic<Duration>>,
}

/// A session.
#[derive(Clone, Debug, Model)]
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

    /// What one side said when it refused the other last, such as `OPEN Message Error/Bad Peer AS`.
    #[attribute(computed)]
    last_error: Computed<Option<String>>,

    /// What is exchanged, by address family: `ipv4_unicast`, `ipv6_unicast`, others under the daemon's own
    /// name.
    #[attribute(computed)]
    address_families: Computed<BTreeMap<String, FamilyState>>,
}

/// What is exchanged in one address family.
#[derive(Clone, Debug, Model)]
pub struct FamilyState {
    /// Prefixes that the neighbor sent and that filters let in.
    #[attribute(computed)]
    prefixes_received: Computed<i64>,

    /// Prefixes that were sent to the neighbor.
    #[attribute(computed)]
    prefixes_sent: Computed<i64>,
}

impl tfplugin::DataSource for BgpSummary {
    type Provider = Session;
    type Model = Self;

    async fn read(context: &Context<Session>, config: Self) -> Result<Self, Diagnostics> {
        let router = context
            .provider()
            .routers
            .get(config.router.as_deref())
            .map_err(|reason| no_router(COMMAND.noun, &reason))?;
        let wait = config.wait.as_ref();
        let timeout = wait.map(|wait| timeout(&wait.timeout));
        let seen = look(timeout, context.cancelled(), || async {
            let all = COMMAND.ask(&router, sessions).await?;
            let missing = wait.map(|wait| wait.missing(&all)).unwrap_or_default();
            if missing.is_empty() { Ok(all) } else { Err(Unready::NotYet(missing)) }
        });
        let all = match seen.await {
            Ok(all) => all,
            Err(gave_up) => {
                let missing = COMMAND.not_yet(&router, gave_up)?;
                return Err(not_ready(&router, timeout, &missing).into());
            }
        };
        let neighbors: BTreeMap<_, _> =
            all.into_iter().map(|(address, session)| (address, state(session))).collect();
        Ok(Self { neighbors: neighbors.into(), ..config })
    }
}

impl SessionWait {
    /// What each neighbor is missing, in words.
    fn missing(&self, all: &BTreeMap<String, PeerSession>) -> Vec<String> {
        let wanted: Vec<String> = match &self.neighbors {
            Some(Set(addresses)) => addresses.iter().map(Semantic::canonical).collect(),
            None if all.is_empty() => return vec!["The router has no BGP neighbors.".to_owned()],
            None => all.keys().cloned().collect(),
        };
        let least = i64::from(self.prefixes_received.unwrap_or_default());
        let missing = |address: &String| match all.get(address) {
            None => Some(format!("{address}: the router has no such neighbor.")),
            Some(session) if !session.is_established() => {
                Some(format!("{address} is {}", session.in_words()))
            }
            Some(session) if session.received() < least => Some(format!(
                "{address} is {}, {least} are waited for. The neighbor announces too few, or filters on this router drop \
                 them.",
                session.in_words()
            )),
            Some(_) => None,
        };
        wanted.iter().filter_map(missing).collect()
    }
}

fn not_ready(router: &Router, timeout: Option<Duration>, missing: &[String]) -> Diagnostic {
    let waited = timeout.unwrap_or_default().as_secs();
    let asked = format!("`show bgp neighbors` at {} was asked for {waited} s, and says", router.url());
    super::not_ready(router, "BGP sessions", &asked, missing)
}

fn state(session: PeerSession) -> NeighborState {
    let established = session.is_established();
    let uptime = session.up_milliseconds.filter(|_| established).map(|milliseconds| milliseconds / 1000);
    let families = session.families.into_iter().map(|(name, family)| {
        let counted =
            FamilyState { prefixes_received: family.received.into(), prefixes_sent: family.sent.into() };
        (family_name(&name), counted)
    });
    NeighborState {
        remote_as: session.remote_as.and_then(Asn::new).into(),
        local_as: session.local_as.and_then(Asn::new).into(),
        description: session.description.into(),
        uptime: uptime.into(),
        last_reset: session.last_reset_due_to.into(),
        last_error: session.last_notification_reason.into(),
        address_families: families.collect::<BTreeMap<_, _>>().into(),
        state: session.state.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = r#"{
      "10.0.0.11": {"remoteAs": 213127, "localAs": 213127, "nbrInternalLink": true, "nbrDesc": "metallb-cp1",
        "bgpState": "Established", "bgpTimerUpMsec": 61500, "lastResetDueTo": "Peer closed the session",
        "addressFamilyInfo": {"ipv6Unicast": {"acceptedPrefixCounter": 2, "sentPrefixCounter": 5}}},
      "10.0.0.12": {"remoteAs": 0, "localAs": 213127, "bgpState": "Active", "bgpTimerUpMsec": 5}
    }"#;

    #[test]
    fn reads_what_frr_prints() {
        let mut found = sessions(PRINTED).unwrap();
        let up = state(found.remove("10.0.0.11").unwrap());
        assert_eq!(up.remote_as.known(), Some(&Asn::new(213_127)));
        assert_eq!(up.uptime, Computed::Known(Some(61)));
        let families = up.address_families.known().unwrap();
        assert_eq!(families["ipv6_unicast"].prefixes_received, Computed::Known(2));
        assert_eq!(families["ipv6_unicast"].prefixes_sent, Computed::Known(5));
        let down = state(found.remove("10.0.0.12").unwrap());
        assert_eq!((&down.uptime, down.state.known().unwrap().as_str()), (&Computed::Known(None), "Active"));
        assert_eq!(down.remote_as, Computed::Known(None));
    }

    #[test]
    fn what_is_waited_for_is_told_by_neighbor() {
        let found = sessions(PRINTED).unwrap();
        let wait = |neighbors: &[&str], prefixes_received| {
            let addresses: Vec<_> = neighbors.iter().map(|one| Semantic::parse(one).unwrap()).collect();
            let neighbors = Some(Set(addresses)).filter(|_| !neighbors.is_empty());
            SessionWait { neighbors, prefixes_received, timeout: None }.missing(&found)
        };
        assert!(wait(&["10.0.0.11"], None).is_empty());
        assert!(wait(&["10.0.0.11"], Some(2)).is_empty());
        assert_eq!(wait(&["10.0.0.11"], Some(3)).len(), 1);
        assert_eq!(wait(&["10.0.0.13"], None), ["10.0.0.13: the router has no such neighbor."]);
        assert_eq!(
            wait(&[], None),
            ["10.0.0.12 is Active: the neighbor does not accept connections on TCP port 179."]
        );
        let nobody = SessionWait { neighbors: None, prefixes_received: None, timeout: None };
        assert_eq!(nobody.missing(&BTreeMap::new()), ["The router has no BGP neighbors."]);
    }
}
