//! `protocols ospfv3`.

use super::surroundings::{has_interface, mtu};
use super::{Check, Proposal, common_route_maps, exists};
use crate::tree::Node;

pub(super) fn verify(ospfv3: &Node, proposal: &Proposal<'_>) -> Check {
    common_route_maps(ospfv3, proposal)?;
    for (area, settings) in ospfv3.each("area") {
        if settings.each("area-type").count() > 1 {
            return Err(format!("Can only configure one area-type for OSPFv3 area \"{area}\"!"));
        }
        for (range, options) in settings.each("range") {
            if options.has("advertise") && options.has("not-advertise") {
                return Err(format!(
                    "\"not-advertise\" and \"advertise\" for \"range {range}\" cannot be both configured at the same time!"
                ));
            }
        }
        for list in ["import-list", "export-list"] {
            exists("access-list6", settings.value(list), proposal)?;
        }
    }
    for (name, interface) in ospfv3.each("interface") {
        if !has_interface(name, proposal) {
            return Err(format!("Interface \"{name}\" does not exist!"));
        }
        let asked = interface.value("ifmtu").and_then(|value| value.parse::<u32>().ok());
        if let (Some(asked), Some(mtu)) = (asked, mtu(name, proposal))
            && asked > mtu
        {
            return Err(format!("OSPFv3 ifmtu can not exceed physical MTU of \"{mtu}\""));
        }
    }
    Ok(())
}
