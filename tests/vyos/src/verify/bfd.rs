//! `protocols bfd` (`protocols_bfd.py` of vyos-1x, sagitta c3f688653511 of 2024-10-17).

use std::net::Ipv6Addr;

use super::Check;
use crate::tree::Node;

pub(super) fn verify(bfd: &Node) -> Check {
    for (address, peer) in bfd.each("peer") {
        let (source, interface) = (peer.has("source address"), peer.has("source interface"));
        let refused = |said: &str| Err(said.to_owned());
        if let Ok(address) = address.parse::<Ipv6Addr>() {
            if address.is_unicast_link_local() && !(source && interface) {
                return refused(
                    "BFD IPv6 link-local peers require explicit local address and interface setting",
                );
            }
            if !source {
                return refused("BFD IPv6 peers require explicit local address setting");
            }
        }
        if peer.has("multihop") {
            if !source {
                return refused("BFD multihop require source address");
            }
            if peer.has("echo-mode") {
                return refused("BFD multihop and echo-mode cannot be used together");
            }
            if interface {
                return refused("BFD multihop and source interface cannot be used together");
            }
        } else if peer.has("minimum-ttl") {
            return refused("Minimum TTL is only available for multihop BFD sessions!");
        }
        if let Some(profile) = peer.value("profile")
            && !bfd.has(&format!("profile {profile}"))
        {
            return Err(format!("BFD profile \"{profile}\" does not exist!"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Version::V1_5;
    use crate::verify::testing::report;

    #[test]
    fn what_the_script_refuses_is_refused_in_its_words() {
        let peer = "protocols bfd peer";
        for (lines, said) in [
            (
                vec![format!("{peer} 2001:db8::1")],
                Some("BFD IPv6 peers require explicit local address setting"),
            ),
            (
                vec![format!("{peer} fe80::1 source address fe80::2")],
                Some("BFD IPv6 link-local peers require explicit local address and interface setting"),
            ),
            (vec![format!("{peer} 192.0.2.1 multihop")], Some("BFD multihop require source address")),
            (
                vec![format!("{peer} 192.0.2.1 minimum-ttl 9")],
                Some("Minimum TTL is only available for multihop BFD sessions!"),
            ),
            (vec![format!("{peer} 192.0.2.1 profile P")], Some("BFD profile \"P\" does not exist!")),
            (
                vec![
                    format!("{peer} 192.0.2.1 profile P"),
                    "protocols bfd profile P interval multiplier 3".to_owned(),
                    format!("{peer} 192.0.2.2 multihop"),
                    format!("{peer} 192.0.2.2 source address 192.0.2.9"),
                ],
                None,
            ),
        ] {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            assert_eq!(report(V1_5, "protocols bfd", &lines).error.as_deref(), said, "{lines:?}");
        }
    }
}
