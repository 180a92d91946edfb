//! `protocols ospfv3`.

use super::surroundings::{has_interface, mtu};
use super::{Check, Proposal, common_route_maps};
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

#[cfg(test)]
mod tests {
    use crate::config::Version::V1_4;
    use crate::verify::testing::report;

    /// Lines of OSPFv3, and what is said about them.
    const REFUSED: &[(&[&str], &str)] = &[
        (
            &["area 1 area-type stub", "area 1 area-type nssa"],
            "Can only configure one area-type for OSPFv3 area \"1\"!",
        ),
        (
            &["area 1 range 2001:db8::/32 advertise", "area 1 range 2001:db8::/32 not-advertise"],
            "\"not-advertise\" and \"advertise\" for \"range 2001:db8::/32\" cannot be both configured at the same time!",
        ),
        (&["interface eth9 area 0"], "Interface \"eth9\" does not exist!"),
        (&["redistribute bgp route-map RM"], "Specified route-map \"RM\" does not exist!"),
    ];

    #[test]
    fn lists_of_areas_are_not_looked_for() {
        let lines = ["protocols ospfv3 area 1 import-list NONE"];
        assert_eq!(report(V1_4, "protocols ospfv3", &lines).error, None);
    }

    #[test]
    fn refusals_are_worded_as_the_router_words_them() {
        for (lines, said) in REFUSED {
            let lines: Vec<String> = lines.iter().map(|line| format!("protocols ospfv3 {line}")).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            assert_eq!(report(V1_4, "protocols ospfv3", &lines).error.as_deref(), Some(*said), "{lines:?}");
        }
    }
}
