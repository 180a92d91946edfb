//! A router's BGP sessions, as FRR prints them (`show bgp neighbors json`), and what is wrong with one.

use super::OpCommand;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The command that shows them.
pub(in crate::vyos) const COMMAND: OpCommand =
    OpCommand { noun: "the BGP sessions", command: &["bgp", "neighbors", "json"] };

/// A session.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::vyos) struct PeerSession {
    pub(super) remote_as: Option<u32>,
    pub(super) local_as: Option<u32>,
    #[serde(rename = "nbrDesc")]
    pub(super) description: Option<String>,
    #[serde(rename = "bgpState")]
    pub(in crate::vyos) state: String,
    #[serde(rename = "bgpTimerUpMsec")]
    pub(super) up_milliseconds: Option<i64>,
    pub(super) last_reset_due_to: Option<String>,
    pub(super) last_notification_reason: Option<String>,
    #[serde(rename = "addressFamilyInfo")]
    pub(super) families: BTreeMap<String, Family>,
}

/// What is exchanged in one address family.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Family {
    #[serde(rename = "acceptedPrefixCounter")]
    pub(super) received: i64,
    #[serde(rename = "sentPrefixCounter")]
    pub(super) sent: i64,
}

/// All sessions by the neighbor's address.
pub(in crate::vyos) fn sessions(printed: &str) -> Result<BTreeMap<String, PeerSession>, serde_json::Error> {
    let all: BTreeMap<String, serde_json::Value> = serde_json::from_str(printed)?;
    // Beside the neighbors there may be the VRF's name and the like.
    let sessions = all.into_iter().filter(|(_, one)| one.get("bgpState").is_some());
    sessions.map(|(address, one)| Ok((address, serde_json::from_value(one)?))).collect()
}

impl PeerSession {
    /// Whether routes flow.
    pub(in crate::vyos) fn is_established(&self) -> bool {
        self.state == "Established"
    }

    /// Prefixes that came and passed the filters, in all families.
    pub(super) fn received(&self) -> i64 {
        self.families.values().map(|family| family.received).fold(0, i64::saturating_add)
    }

    /// What it is doing, and whose turn it is.
    pub(super) fn in_words(&self) -> String {
        if self.is_established() {
            let families: Vec<_> = self.families.keys().map(|name| family_name(name)).collect();
            return format!(
                "established for {}, {} prefixes received",
                families.join(" and "),
                self.received()
            );
        }
        let last = match (&self.last_reset_due_to, &self.last_notification_reason) {
            (Some(reset), Some(reason)) => format!(" It ended last because of: {reset} ({reason})."),
            (Some(reset), None) if reset != "Waiting for peer OPEN" => {
                format!(" It ended last because of: {reset}.")
            }
            _ => String::new(),
        };
        let mut turn = self.whose_turn().to_owned();
        // What FRR refuses on a connection that the neighbor began leaves no trace in the neighbor's session.
        if let ("Active" | "Connect", Some(local), Some(remote)) =
            (self.state.as_str(), self.local_as, self.remote_as.filter(|remote| *remote != 0))
        {
            turn.push_str(&format!(
                " Where the neighbor calls and does not listen, as MetalLB's speakers do, compare AS numbers: this router \
                 says that it is AS {local} and expects AS {remote}."
            ));
        }
        format!("{}: {turn}{last}", self.state)
    }

    fn whose_turn(&self) -> &'static str {
        let reset = self.last_reset_due_to.as_deref().unwrap_or_default();
        match self.state.as_str() {
            _ if reset.contains("No AFI/SAFI") => {
                "this router has no address family on for it (`ipv4_unicast` or `ipv6_unicast` of the neighbor)."
            }
            _ if reset.contains("Admin. shutdown") => "it is shut down on this router.",
            "Active" | "Connect" => "the neighbor does not accept connections on TCP port 179.",
            "OpenSent" | "OpenConfirm" => "the neighbor answered and has not agreed yet.",
            _ if reset.contains("Notification send") => "this router refused what the neighbor said.",
            _ if reset.contains("Notification received") => "the neighbor refused what this router said.",
            _ => "this router does not try just now.",
        }
    }
}

/// What users call an address family.
pub(super) fn family_name(name: &str) -> String {
    match name {
        "ipv4Unicast" => "ipv4_unicast".to_owned(),
        "ipv6Unicast" => "ipv6_unicast".to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_router_without_bgp_has_no_sessions() {
        for printed in ["{}", r#"{"warning": "Default BGP instance not found"}"#] {
            assert!(sessions(printed).unwrap().is_empty(), "{printed:?}");
        }
        assert!(sessions("Invalid command").is_err());
    }

    #[test]
    fn counts_that_no_router_has_are_the_most_that_can_be_told() {
        let family = format!(r#"{{"acceptedPrefixCounter": {}}}"#, i64::MAX);
        let printed = format!(
            r#"{{"10.7.0.2": {{"bgpState": "Established", "addressFamilyInfo": {{"ipv4Unicast": {family}, "ipv6Unicast": {family}}}}}}}"#
        );
        assert_eq!(sessions(&printed).unwrap()["10.7.0.2"].received(), i64::MAX);
    }

    #[test]
    fn what_is_wrong_is_told_with_the_side_that_it_is_wrong_on() {
        // As FRR 8.4 printed them.
        let printed = r#"{
          "10.7.0.2": {"bgpState": "Established", "lastResetDueTo": "Waiting for peer OPEN",
            "addressFamilyInfo": {"ipv4Unicast": {"acceptedPrefixCounter": 1}, "ipv6Unicast": {"acceptedPrefixCounter": 3}}},
          "10.7.0.3": {"bgpState": "Active", "lastResetDueTo": "Waiting for peer OPEN", "localAs": 64512, "remoteAs": 64999,
            "addressFamilyInfo": {}},
          "fd07::2": {"bgpState": "Idle", "lastErrorCodeSubcode": "0202", "lastResetDueTo": "BGP Notification send",
            "lastNotificationReason": "OPEN Message Error/Bad Peer AS"},
          "fd07::3": {"bgpState": "Idle", "lastResetDueTo": "No AFI/SAFI activated for peer"}
        }"#;
        let told: Vec<_> = sessions(printed).unwrap().values().map(PeerSession::in_words).collect();
        assert_eq!(
            told,
            [
                "established for ipv4_unicast and ipv6_unicast, 4 prefixes received",
                "Active: the neighbor does not accept connections on TCP port 179. Where the neighbor calls and does not listen, as \
                 MetalLB's speakers do, compare AS numbers: this router says that it is AS 64512 and expects AS 64999.",
                "Idle: this router refused what the neighbor said. It ended last because of: BGP Notification send (OPEN \
                 Message Error/Bad Peer AS).",
                "Idle: this router has no address family on for it (`ipv4_unicast` or `ipv6_unicast` of the neighbor). It \
                 ended last because of: No AFI/SAFI activated for peer.",
            ]
        );
    }
}
