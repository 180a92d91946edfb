//! `protocols ospf`.

use super::surroundings::has_interface;
use super::{Check, Proposal, common_route_maps, exists};
use crate::config::Version;
use crate::tree::Node;

pub(super) fn verify(ospf: &Node, proposal: &Proposal<'_>, warnings: &mut Vec<String>) -> Check {
    common_route_maps(ospf, proposal)?;
    let mut networks: Vec<&String> = Vec::new();
    for (area, settings) in ospf.each("area") {
        for list in ["import-list", "export-list"] {
            exists("access-list", settings.value(list), proposal)?;
        }
        for network in settings.at("network").into_iter().flat_map(|leaf| &leaf.values) {
            if networks.contains(&network) {
                return Err(format!("Network \"{network}\" already defined in different area!"));
            }
            networks.push(network);
        }
        if proposal.version == Version::V1_5 {
            area_type(area, settings, warnings);
        }
    }
    for (name, interface) in ospf.each("interface") {
        if !has_interface(name, proposal) {
            return Err(format!("Interface \"{name}\" does not exist!"));
        }
        if interface.has("hello-multiplier") && interface.has("dead-interval") {
            return Err(format!("Can not use hello-multiplier and dead-interval concurrently for {name}!"));
        }
        if interface.has("area") && !networks.is_empty() {
            return Err(
                "Can not use OSPF interface area and area network configuration at the same time!".to_owned()
            );
        }
    }
    for (list, _) in ospf.each("access-list") {
        exists("access-list", Some(list), proposal)?;
    }
    Ok(())
}

fn area_type(area: &str, settings: &Node, warnings: &mut Vec<String>) {
    let backbone = area == "0" || area == "0.0.0.0";
    for kind in ["nssa", "stub"] {
        if backbone && settings.has(&format!("area-type {kind}")) {
            warnings.push(format!("You cannot configure {} to backbone!", kind.to_uppercase()));
        }
    }
    if settings.each("area-type").count() > 1 {
        warnings.push(format!("Only one area-type is supported for area \"{area}\"!"));
    }
}
