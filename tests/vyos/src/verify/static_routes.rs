//! `protocols static`.

use super::{Check, Proposal, exists};
use crate::tree::Node;

pub(super) fn verify(routes: &Node, proposal: &Proposal<'_>) -> Check {
    exists("route-map", routes.value("route-map"), proposal)?;
    for kind in ["route", "route6"] {
        for (prefix, route) in routes.each(kind) {
            if route.has("blackhole") && route.has("reject") {
                return Err(format!("Can not use both blackhole and reject for prefix \"{prefix}\"!"));
            }
            let ways = ["next-hop", "interface"].into_iter().flat_map(|way| route.each(way));
            for vrf in ways.filter_map(|(_, way)| way.value("vrf")) {
                if !proposal.candidate.has(&format!("vrf name {vrf}")) {
                    return Err(format!("VRF \"{vrf}\" does not exist!"));
                }
            }
        }
    }
    Ok(())
}
