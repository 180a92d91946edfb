//! What a speaker's metrics say of its sessions. They are numbers only; why a session is down is told from
//! what was exchanged.

use std::collections::{BTreeMap, BTreeSet};

/// A session's counters, by the end of their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counters(BTreeMap<String, f64>);

/// A session of a speaker: peer and VRF.
pub(super) type Peer = (String, String);

/// Reads metrics in Prometheus' text form.
pub(super) fn read(printed: &str) -> BTreeMap<Peer, Counters> {
    let mut sessions: BTreeMap<Peer, Counters> = BTreeMap::new();
    for line in printed.lines() {
        let Some((name, labels, value)) = sample(line) else { continue };
        let label =
            |key: &str| labels.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned());
        if let Some(peer) = label("peer") {
            let vrf = label("vrf").unwrap_or_default();
            sessions.entry((peer, vrf)).or_default().0.insert(name.to_owned(), value);
        }
    }
    // In native mode, 0.15 counts every peer a second time, without port and always down.
    let with_port: BTreeSet<_> =
        sessions.keys().filter_map(|(peer, _)| host(peer)).map(str::to_owned).collect();
    sessions
        .retain(|(peer, _), counters| counters.value("session_up").is_some() && !with_port.contains(peer));
    sessions
}

/// The address of `address:port`, where a port is.
pub(super) fn host(peer: &str) -> Option<&str> {
    let (address, _) = peer.rsplit_once(':')?;
    let bare = address.strip_prefix('[').and_then(|address| address.strip_suffix(']'));
    bare.or_else(|| (!address.contains(':')).then_some(address))
}

/// A line of metrics: what is counted, about what, and how much.
type Sample<'a> = (&'a str, Vec<(&'a str, &'a str)>, f64);

/// `metallb_bgp_session_up{peer="10.0.0.1",vrf="default"} 1`, where it is about BGP.
fn sample(line: &str) -> Option<Sample<'_>> {
    let (name, rest) = line.strip_prefix("metallb_bgp_")?.split_once('{')?;
    let (labels, value) = rest.split_once('}')?;
    let pairs = labels.split(',').filter_map(|pair| pair.split_once('='));
    Some((
        name,
        pairs.map(|(key, value)| (key, value.trim_matches('"'))).collect(),
        value.trim().parse().ok()?,
    ))
}

impl Counters {
    fn value(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }

    pub(super) fn is_up(&self) -> bool {
        self.value("session_up") == Some(1.0)
    }

    #[expect(clippy::cast_possible_truncation, reason = "counts of prefixes are whole and small")]
    pub(super) fn prefixes_sent(&self) -> Option<i64> {
        self.value("announced_prefixes_total").map(|count| count as i64)
    }

    /// What a session that is down got as far as. FRR counts messages since it started; a session that was up
    /// once has exchanged all of them.
    pub(super) fn why_down(&self, peer: &str) -> Option<String> {
        let (sent, received) = (self.value("opens_sent")?, self.value("opens_received")?);
        let refused = self.value("notifications_sent").unwrap_or_default();
        Some(if sent == 0.0 {
            format!(
                "no connection to {peer} came about: nothing answers at that address and port, or the node has no way to it"
            )
        } else if received == 0.0 {
            format!(
                "{peer} takes the connection and does not say anything: it may not know this node as a neighbor, or want a password"
            )
        } else if refused > 0.0 {
            format!(
                "the speaker refuses what {peer} says of itself: compare AS numbers (`my_asn`, `peer_asn`) with the router's"
            )
        } else {
            format!(
                "{peer} ends the session: compare AS numbers (`my_asn`, `peer_asn`) and address families with the router's; `vyos_bgp_summary` reports its side"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRR: &str = "# HELP metallb_bgp_session_up BGP session state (1 is up, 0 is down)\n\
        # TYPE metallb_bgp_session_up gauge\n\
        metallb_bgp_session_up{peer=\"10.0.0.1\",vrf=\"default\"} 1\n\
        metallb_bgp_session_up{peer=\"fd00::1\",vrf=\"red\"} 0\n\
        metallb_bgp_announced_prefixes_total{peer=\"10.0.0.1\",vrf=\"default\"} 2\n\
        metallb_bgp_opens_sent{peer=\"fd00::1\",vrf=\"red\"} 3\n\
        metallb_bgp_opens_received{peer=\"fd00::1\",vrf=\"red\"} 0\n\
        metallb_bfd_session_up{peer=\"10.0.0.9\",vrf=\"default\"} 1\n";

    #[test]
    fn metrics_are_read_session_by_session() {
        let sessions = read(FRR);
        assert_eq!(sessions.len(), 2, "{sessions:?}");
        let up = &sessions[&("10.0.0.1".to_owned(), "default".to_owned())];
        assert_eq!((up.is_up(), up.prefixes_sent()), (true, Some(2)));
        let down = &sessions[&("fd00::1".to_owned(), "red".to_owned())];
        assert!(!down.is_up());
        assert!(down.why_down("fd00::1").unwrap().contains("may not know this node"));
    }

    #[test]
    fn the_second_count_of_native_mode_is_left_out() {
        let native = "metallb_bgp_session_up{peer=\"10.0.0.1:179\"} 1\nmetallb_bgp_session_up{peer=\"10.0.0.1\"} 0\n\
                      metallb_bgp_session_up{peer=\"[fd00::1]:179\"} 1\n";
        let sessions = read(native);
        assert_eq!(
            sessions.keys().map(|(peer, _)| peer.as_str()).collect::<Vec<_>>(),
            ["10.0.0.1:179", "[fd00::1]:179"]
        );
        assert_eq!(
            (host("10.0.0.1:179"), host("[fd00::1]:179"), host("fd00::1"), host("10.0.0.1")),
            (Some("10.0.0.1"), Some("fd00::1"), None, None)
        );
    }

    #[test]
    fn how_far_a_session_got_tells_what_to_look_at() {
        let why = |sent: u8, received: u8, refused: u8| {
            let line =
                |name: &str, value: u8| format!("metallb_bgp_{name}{{peer=\"p\",vrf=\"v\"}} {value}\n");
            let printed = [
                ("session_up", 0),
                ("opens_sent", sent),
                ("opens_received", received),
                ("notifications_sent", refused),
            ];
            let sessions = read(&printed.map(|(name, value)| line(name, value)).concat());
            sessions.values().next().unwrap().why_down("10.0.0.1").unwrap()
        };
        insta::assert_snapshot!([why(0, 0, 0), why(2, 0, 0), why(2, 2, 2), why(2, 2, 0)].join("\n"));
    }
}
