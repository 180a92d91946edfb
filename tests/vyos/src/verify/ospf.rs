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

#[cfg(test)]
mod tests {
    use crate::config::Version::{V1_4, V1_5};
    use crate::verify::testing::report;

    /// Lines of OSPF, and what is said about them.
    const REFUSED: &[(&[&str], &str)] = &[
        (&["redistribute bgp route-map RM"], "Specified route-map \"RM\" does not exist!"),
        (&["default-information originate route-map RM"], "Specified route-map \"RM\" does not exist!"),
        (&["redistribute bgp route-map R.M"], "Specified route-map \"R.M\" does not exist!"),
        (&["area 0 import-list 10"], "Specified access-list \"10\" does not exist!"),
        (
            &["area 0 network 192.0.2.0/24", "area 1 network 192.0.2.0/24"],
            "Network \"192.0.2.0/24\" already defined in different area!",
        ),
        (&["interface eth9 area 0"], "Interface \"eth9\" does not exist!"),
        (
            &["interface eth0 hello-multiplier 5", "interface eth0 dead-interval 40"],
            "Can not use hello-multiplier and dead-interval concurrently for eth0!",
        ),
        (
            &["interface eth0 area 0", "area 0 network 192.0.2.0/24"],
            "Can not use OSPF interface area and area network configuration at the same time!",
        ),
    ];

    #[test]
    fn refusals_are_worded_as_the_router_words_them() {
        for (lines, said) in REFUSED {
            let mut all = vec!["interfaces ethernet eth0".to_owned(), "policy route-map R.M".to_owned()];
            all.extend(lines.iter().map(|line| format!("protocols ospf {line}")));
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            assert_eq!(report(V1_4, "protocols ospf", &all).error.as_deref(), Some(*said), "{lines:?}");
        }
    }

    #[test]
    fn lists_of_what_is_redistributed_are_not_looked_for() {
        let lines = ["protocols ospf access-list 10 export connected"];
        assert_eq!(report(V1_4, "protocols ospf", &lines).error, None);
    }

    #[test]
    fn only_1_5_warns_of_a_stubby_backbone() {
        let lines = ["protocols ospf area 0 area-type stub"];
        assert_eq!(report(V1_4, "protocols ospf", &lines).warnings, Vec::<String>::new());
        assert_eq!(
            report(V1_5, "protocols ospf", &lines).warnings,
            ["You cannot configure STUB to backbone!"]
        );
    }
}
