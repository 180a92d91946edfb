//! `protocols bgp`: what concerns the instance. Neighbors and peer groups are in `peer.rs`.

use super::{Check, Proposal, peer};
use crate::tree::Node;

const DISTANCES: &[&str] = &["external", "internal", "local"];

pub(super) fn verify(bgp: &Node, proposal: &Proposal<'_>, warnings: &mut Vec<String>) -> Check {
    let Some(system_as) = bgp.value("system-as") else {
        return Err("BGP system-as number must be defined!".to_owned());
    };
    peer::verify(bgp, system_as, proposal, warnings)?;
    listen(bgp)?;
    for distance in DISTANCES {
        let global = bgp.at("parameters distance global");
        if global.is_some_and(|global| !global.has(distance)) {
            return Err(format!(
                "Missing mandatory configuration option for global administrative distance {distance}!"
            ));
        }
    }
    if let Some(keepalive) = bgp.at("parameters tcp-keepalive")
        && ["idle", "interval", "probes"].iter().any(|leaf| !keepalive.has(leaf))
    {
        return Err("TCP keepalive incomplete - idle, keepalive and probes must be set".to_owned());
    }
    for (name, family) in bgp.each("address-family") {
        let Some(distances) = family.child("distance") else { continue };
        let set: Vec<_> = DISTANCES.iter().filter(|distance| distances.has(distance)).collect();
        if let Some(missing) = DISTANCES.iter().find(|distance| !distances.has(distance))
            && !set.is_empty()
        {
            let name = name.replace('-', "_");
            return Err(format!(
                "Missing mandatory configuration option for {name} administrative distance {missing}!"
            ));
        }
    }
    Ok(())
}

fn listen(bgp: &Node) -> Check {
    for (prefix, range) in bgp.each("listen range") {
        let Some(group) = range.value("peer-group") else {
            return Err(format!("Listen range for prefix \"{prefix}\" has no peer group configured."));
        };
        if !bgp.has(&format!("peer-group {group}")) {
            return Err(format!("Peer-group \"{group}\" for listen range \"{prefix}\" does not exist!"));
        }
        if peer::remote_as(range, bgp).is_none() {
            return Err(format!("Peer-group \"{group}\" requires remote-as to be set!"));
        }
    }
    Ok(())
}
