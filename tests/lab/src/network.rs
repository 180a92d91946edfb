//! The lab's network: segments with both address families, a network namespace for each that is on them.
//!
//! A segment is a bridge in the holder's own network namespace and has no address there, so that nothing on
//! it can reach the host and the host can reach nothing on it.

use crate::line::{self, Distance, Hardware, Line};
use crate::{LabError, process::run};
use nix::sched::{CloneFlags, setns};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

/// What machines are connected by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Segment {
    /// Nodes, router and operator.
    Nodes,
    /// Between the router and the one upstream.
    Upstream,
    /// Behind the upstream router: the rest of the world.
    Outside,
}

/// A segment's bridge and ranges. What lies beyond the nodes has ranges for documentation and a range of its
/// own.
struct Range {
    bridge: &'static str,
    ipv4: [u8; 3],
    ipv6: [u16; 2],
}

impl Segment {
    const fn range(self) -> Range {
        match self {
            Segment::Nodes => Range { bridge: "nodes", ipv4: [10, 0, 0], ipv6: [0xfd00, 0x10] },
            Segment::Upstream => Range { bridge: "upstream", ipv4: [198, 51, 100], ipv6: [0xfd00, 0x20] },
            Segment::Outside => Range { bridge: "outside", ipv4: [203, 0, 113], ipv6: [0xfd00, 0x30] },
        }
    }

    /// `10.0.0.11` goes with `fd00:10::11`: the digits are the same to the eye, which reads them as decimal
    /// in one and as hexadecimal in the other.
    const fn number(self, last: u8) -> Addresses {
        let (hundreds, tens, ones) = (last as u16 / 100, last as u16 / 10 % 10, last as u16 % 10);
        let digits = hundreds * 0x100 + tens * 0x10 + ones;
        let Range { ipv4: [a, b, c], ipv6: [high, low], .. } = self.range();
        Addresses {
            ipv4: Ipv4Addr::new(a, b, c, last),
            ipv6: Ipv6Addr::new(high, low, 0, 0, 0, 0, 0, digits),
        }
    }
}

/// The two addresses that everything on a segment has, with the same last number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Addresses {
    pub(crate) ipv4: Ipv4Addr,
    pub(crate) ipv6: Ipv6Addr,
}

impl Addresses {
    pub(crate) const ROUTER: Addresses = Segment::Nodes.number(1);
    pub(crate) const OPERATOR: Addresses = Segment::Nodes.number(2);

    /// Whether either is the same.
    pub(crate) fn overlap(self, other: Addresses) -> bool {
        self.ipv4 == other.ipv4 || self.ipv6 == other.ipv6
    }

    /// Of the node at this place, counted from 0.
    pub(crate) fn node(index: usize) -> Addresses {
        const FIRST: u8 = 11;
        // The number of nodes is checked before; a number that does not fit would be the broadcast address.
        Segment::Nodes.number(u8::try_from(index).unwrap_or(u8::MAX).saturating_add(FIRST))
    }
}

/// A place's end on a segment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Link {
    pub(crate) segment: Segment,
    pub(crate) addresses: Addresses,
}

impl Link {
    pub(crate) const UPSTREAM_OF_ROUTER: Link = Link::number(Segment::Upstream, 1);
    pub(crate) const UPSTREAM_OF_ISP: Link = Link::number(Segment::Upstream, 2);
    pub(crate) const OUTSIDE_OF_ISP: Link = Link::number(Segment::Outside, 1);
    pub(crate) const CLIENT: Link = Link::number(Segment::Outside, 2);

    const fn number(segment: Segment, last: u8) -> Link {
        Link { segment, addresses: segment.number(last) }
    }

    pub(crate) fn to_nodes(addresses: Addresses) -> Link {
        Link { segment: Segment::Nodes, addresses }
    }
}

/// A network namespace and what it is connected to, as `eth0`, `eth1` and so on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The network namespace.
    pub(crate) namespace: String,
    pub(crate) links: Vec<Link>,
    /// Whom it sends to what is on none of its segments; one that forwards packets has to learn that.
    pub(crate) gateway: Option<Addresses>,
}

/// Kernel settings of every place. Duplicate address detection would keep an address unusable for a second,
/// and there is no one who could send router advertisements by intention.
const SETTINGS: [(&str, &str); 6] = [
    ("ipv6/conf/all/disable_ipv6", "0"),
    ("ipv6/conf/default/disable_ipv6", "0"),
    ("ipv6/conf/all/accept_dad", "0"),
    ("ipv6/conf/default/accept_dad", "0"),
    ("ipv6/conf/all/accept_ra", "0"),
    ("ipv6/conf/default/accept_ra", "0"),
];

/// What a place that forwards packets has besides.
const FORWARDING: [(&str, &str); 2] = [("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1")];

/// Where the kernel's handle on a named network namespace is.
pub(crate) fn namespace_file(namespace: &str) -> PathBuf {
    PathBuf::from("/run/netns").join(namespace)
}

/// The bridges and their ports.
#[derive(Default)]
pub(crate) struct Network {
    segments: BTreeSet<Segment>,
    /// How many ports were made so far: each has a number of its own.
    ports: usize,
    /// Where distances can be set: the lines, by network namespace and segment.
    lines: Option<BTreeMap<(String, Segment), Line>>,
}

impl Network {
    /// A network without any place yet, whose distances can be set if `lines` says so.
    pub(crate) fn new(lines: bool) -> Network {
        Network { lines: lines.then(BTreeMap::new), ..Network::default() }
    }

    /// Makes a place, with a port for each of its ends, and the bridges that are not there yet.
    pub(crate) async fn add(&mut self, place: &Place) -> Result<(), LabError> {
        open(place).await?;
        for (end, link) in place.links.iter().enumerate() {
            if self.segments.insert(link.segment) {
                let bridge = link.segment.range().bridge;
                ip("add", bridge, "type bridge forward_delay 0 mcast_snooping 0").await?;
                ip("set", bridge, "up").await?;
            }
            let (end, port) = (format!("eth{end}"), format!("port{}", self.ports));
            match &mut self.lines {
                Some(lines) => {
                    let near = inside(place, || line::end(&end))?;
                    let line = Line::between(near, line::end(&port)?);
                    lines.insert((place.namespace.clone(), link.segment), line);
                }
                None => {
                    let words = ["link", "add", &port, "type", "veth", "peer", "name", &end, "netns"];
                    run(&action(place), "ip", &[&words[..], &[&place.namespace]].concat()).await?;
                }
            }
            attach(&port, place, &end, link).await?;
            self.ports += 1;
        }
        match place.gateway {
            Some(gateway) => lead(place, gateway).await,
            None => Ok(()),
        }
    }

    /// Sets how far two places are from each other, which have to be on one segment.
    pub(crate) async fn set_distance(
        &self,
        one: &Place,
        other: &Place,
        distance: Distance,
    ) -> Result<(), LabError> {
        let refuse = |reason: &str| {
            let action = format!("set the distance of {} and {}", one.namespace, other.namespace);
            LabError::failed(action, reason)
        };
        let shared =
            |link: &Link| Some((link.segment, end_on(one, link.segment)?, end_on(other, link.segment)?));
        let (segment, end, other_end) =
            one.links.iter().find_map(shared).ok_or_else(|| refuse("they are not on one segment"))?;
        let lines = self.lines.as_ref().ok_or_else(|| refuse("the lab was started without lines"))?;
        let line = |place: &Place| {
            lines.get(&(place.namespace.clone(), segment)).ok_or_else(|| refuse("there is no line"))
        };
        line(one)?.set(hardware_address(other, other_end).await?, distance);
        // Told the other way round before, it would count twice.
        line(other)?.set(hardware_address(one, end).await?, Distance::default());
        Ok(())
    }
}

/// The number of a place's end on a segment.
fn end_on(place: &Place, segment: Segment) -> Option<usize> {
    place.links.iter().position(|link| link.segment == segment)
}

/// The hardware address of a place's end of that number.
async fn hardware_address(place: &Place, end: usize) -> Result<Hardware, LabError> {
    let arguments = ["-netns", &place.namespace, "-json", "link", "show", &format!("eth{end}")];
    let said = run(&action(place), "ip", &arguments).await?;
    let link: serde_json::Value = serde_json::from_str(&said).unwrap_or_default();
    let digits = link.pointer("/0/address").and_then(serde_json::Value::as_str).unwrap_or_default();
    let bytes: Option<Vec<u8>> = digits.split(':').map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    let unclear = || LabError::failed(action(place), format!("`ip` told no hardware address: {said}"));
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(unclear)
}

/// Takes a place away in which nothing runs any more; its ends and their ports go with it.
pub(crate) async fn remove(place: &Place) -> Result<(), LabError> {
    let action = format!("take {} off the lab's network", place.namespace);
    run(&action, "ip", &["netns", "delete", &place.namespace]).await.map(drop)
}

/// Gives the first end of a place a hardware address.
pub(crate) async fn set_hardware_address(place: &Place, address: &str) -> Result<(), LabError> {
    let arguments = ["-netns", &place.namespace, "link", "set", "eth0", "address", address];
    run(&action(place), "ip", &arguments).await.map(drop)
}

/// What a place's interfaces are, in the words of `ip -json address`.
pub(crate) async fn interfaces(place: &Place) -> Result<String, LabError> {
    run(&action(place), "ip", &["-netns", &place.namespace, "-json", "address"]).await
}

/// `ip link <verb> <link> <fixed words>` in the bridges' namespace.
async fn ip(verb: &str, link: &str, words: &str) -> Result<String, LabError> {
    let mut arguments = vec!["link", verb, link];
    arguments.extend(words.split(' '));
    run("make the lab's bridges", "ip", &arguments).await
}

async fn open(place: &Place) -> Result<(), LabError> {
    let (action, namespace) = (action(place), place.namespace.as_str());
    run(&action, "ip", &["netns", "add", namespace]).await?;
    settle(place)?;
    run(&action, "ip", &["-netns", namespace, "link", "set", "lo", "up"]).await.map(drop)
}

fn action(place: &Place) -> String {
    format!("put {} on the lab's network", place.namespace)
}

async fn attach(port: &str, place: &Place, end: &str, link: &Link) -> Result<(), LabError> {
    let (action, namespace) = (action(place), place.namespace.as_str());
    let (ipv4, ipv6) = (format!("{}/24", link.addresses.ipv4), format!("{}/64", link.addresses.ipv6));
    run(&action, "ip", &["link", "set", port, "master", link.segment.range().bridge, "up"]).await?;
    let inside: [&[&str]; 3] = [
        &["link", "set", end, "up"],
        &["address", "add", &ipv4, "dev", end],
        &["address", "add", &ipv6, "dev", end, "nodad"],
    ];
    for arguments in inside {
        run(&action, "ip", &[&["-netns", namespace], arguments].concat()).await?;
    }
    Ok(())
}

async fn lead(place: &Place, gateway: Addresses) -> Result<(), LabError> {
    for gateway in [gateway.ipv4.to_string(), gateway.ipv6.to_string()] {
        let arguments = ["-netns", &place.namespace, "route", "add", "default", "via", &gateway];
        run(&action(place), "ip", &arguments).await?;
    }
    Ok(())
}

/// Writes the kernel settings of a place.
fn settle(place: &Place) -> Result<(), LabError> {
    let forwarding: &[_] = if place.gateway.is_none() { &FORWARDING } else { &[] };
    inside(place, || {
        for (setting, value) in SETTINGS.iter().chain(forwarding) {
            let setting = PathBuf::from("/proc/sys/net").join(setting);
            std::fs::write(&setting, value).map_err(LabError::system("set", &setting))?;
        }
        Ok(())
    })
}

/// Does something in a place's network namespace. It is a thread that is in one, so this is done by a thread
/// that enters the place and ends there.
fn inside<T: Send>(place: &Place, work: impl FnOnce() -> Result<T, LabError> + Send) -> Result<T, LabError> {
    let file = namespace_file(&place.namespace);
    let runtime = tokio::runtime::Handle::current();
    let enter = || {
        let _runtime = runtime.enter();
        let namespace = File::open(&file).map_err(LabError::system("open", &file))?;
        setns(namespace, CloneFlags::CLONE_NEWNET).map_err(LabError::system("enter", &file))?;
        work()
    };
    std::thread::scope(|scope| scope.spawn(enter).join()).unwrap_or_else(|_| {
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
        assert_eq!(Link::CLIENT.addresses.ipv4.to_string(), "203.0.113.2");
    }
}
