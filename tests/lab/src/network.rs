//! The lab's network: one segment with both address families, a network namespace for each that is on it.
//!
//! The bridge is in the holder's own network namespace and has no address, so that nothing on the segment can reach
//! the host and the host can reach nothing on it.

use crate::{LabError, process::run};
use nix::sched::{CloneFlags, setns};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

const SWITCH: &str = "switch";

/// The two addresses that everything on the segment has, with the same last number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Addresses {
    pub(crate) ipv4: Ipv4Addr,
    pub(crate) ipv6: Ipv6Addr,
}

impl Addresses {
    pub(crate) const ROUTER: Addresses = Addresses::number(1);
    pub(crate) const OPERATOR: Addresses = Addresses::number(2);

    /// Of the node at this place, counted from 0.
    pub(crate) fn node(index: usize) -> Addresses {
        const FIRST: u8 = 11;
        // The number of nodes is checked before; a number that does not fit would be the broadcast address.
        Addresses::number(u8::try_from(index).unwrap_or(u8::MAX).saturating_add(FIRST))
    }

    /// `10.0.0.11` goes with `fd00:10::11`: the digits are the same to the eye, which reads them as decimal in one
    /// and as hexadecimal in the other.
    const fn number(last: u8) -> Addresses {
        let (hundreds, tens, ones) = (last as u16 / 100, last as u16 / 10 % 10, last as u16 % 10);
        let digits = hundreds * 0x100 + tens * 0x10 + ones;
        Addresses {
            ipv4: Ipv4Addr::new(10, 0, 0, last),
            ipv6: Ipv6Addr::new(0xfd00, 0x10, 0, 0, 0, 0, 0, digits),
        }
    }
}

/// What is on the segment under a network namespace of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The network namespace.
    pub(crate) namespace: String,
    pub(crate) addresses: Addresses,
    /// Whether it forwards packets; all others send what is not for the segment to the router.
    pub(crate) forwards: bool,
}

/// Kernel settings of every place. Duplicate address detection would keep an address unusable for a second, and
/// there is no one who could send router advertisements by intention.
const SETTINGS: [(&str, &str); 6] = [
    ("ipv6/conf/all/disable_ipv6", "0"),
    ("ipv6/conf/default/disable_ipv6", "0"),
    ("ipv6/conf/all/accept_dad", "0"),
    ("ipv6/conf/default/accept_dad", "0"),
    ("ipv6/conf/all/accept_ra", "0"),
    ("ipv6/conf/default/accept_ra", "0"),
];

/// What a place that forwards has besides.
const FORWARDING: [(&str, &str); 2] = [("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1")];

/// Where the kernel's handle on a named network namespace is.
pub(crate) fn namespace_file(namespace: &str) -> PathBuf {
    PathBuf::from("/run/netns").join(namespace)
}

/// Makes the bridge, with a port for each of the places, which are made too.
pub(crate) async fn build(places: &[Place]) -> Result<(), LabError> {
    ip("add", SWITCH, "type bridge forward_delay 0 mcast_snooping 0").await?;
    ip("set", SWITCH, "up").await?;
    for (number, place) in places.iter().enumerate() {
        attach(number, place).await?;
    }
    Ok(())
}

/// `ip link <verb> <link> <fixed words>` in the bridge's namespace.
async fn ip(verb: &str, link: &str, words: &str) -> Result<String, LabError> {
    let mut arguments = vec!["link", verb, link];
    arguments.extend(words.split(' '));
    run("make the lab's bridge", "ip", &arguments).await
}

async fn attach(number: usize, place: &Place) -> Result<(), LabError> {
    let action = format!("put {} on the lab's network", place.namespace);
    let namespace = place.namespace.as_str();
    let port = format!("port{number}");
    let (ipv4, ipv6) = (format!("{}/24", place.addresses.ipv4), format!("{}/64", place.addresses.ipv6));
    run(&action, "ip", &["netns", "add", namespace]).await?;
    settle(place)?;
    run(&action, "ip", &["link", "add", &port, "type", "veth", "peer", "name", "eth0", "netns", namespace])
        .await?;
    run(&action, "ip", &["link", "set", &port, "master", SWITCH, "up"]).await?;
    let inside: [&[&str]; 4] = [
        &["link", "set", "lo", "up"],
        &["link", "set", "eth0", "up"],
        &["address", "add", &ipv4, "dev", "eth0"],
        &["address", "add", &ipv6, "dev", "eth0", "nodad"],
    ];
    let gateways = [Addresses::ROUTER.ipv4.to_string(), Addresses::ROUTER.ipv6.to_string()];
    let routes = gateways.each_ref().map(|gateway| ["route", "add", "default", "via", gateway.as_str()]);
    let routes = if place.forwards { &[][..] } else { &routes[..] };
    for arguments in inside.into_iter().chain(routes.iter().map(|route| &route[..])) {
        run(&action, "ip", &[&["-netns", namespace], arguments].concat()).await?;
    }
    Ok(())
}

/// Writes the kernel settings of a place. They belong to the network namespace of the thread that writes them, so
/// this is done by a thread that enters the place and ends there.
fn settle(place: &Place) -> Result<(), LabError> {
    let file = namespace_file(&place.namespace);
    let forwarding: &[_] = if place.forwards { &FORWARDING } else { &[] };
    let write = || {
        let namespace = File::open(&file).map_err(LabError::system("open", &file))?;
        setns(namespace, CloneFlags::CLONE_NEWNET).map_err(LabError::system("enter", &file))?;
        for (setting, value) in SETTINGS.iter().chain(forwarding) {
            let setting = PathBuf::from("/proc/sys/net").join(setting);
            std::fs::write(&setting, value).map_err(LabError::system("set", &setting))?;
        }
        Ok(())
    };
    std::thread::scope(|scope| scope.spawn(write).join()).unwrap_or_else(|_| {
        Err(LabError::failed("set up the lab's network", "the thread that does it ended early"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_addresses_of_a_place_show_the_same_number() {
        for (index, ipv4, ipv6) in [(0, "10.0.0.11", "fd00:10::11"), (99, "10.0.0.110", "fd00:10::110")] {
            let addresses = Addresses::node(index);
            assert_eq!(
                (addresses.ipv4.to_string().as_str(), addresses.ipv6.to_string().as_str()),
                (ipv4, ipv6)
            );
        }
        assert_eq!(Addresses::ROUTER.ipv6.to_string(), "fd00:10::1");
    }
}
