//! Leaves without which VyOS refuses a node (`verify()` of `vyos/vyos-1x: src/conf_mode/policy.py, protocols_bgp.py @ sagitta`).

use super::referrers::fits;
use crate::connection::router::{ConfigPath, ConfigTree};

/// A node, and leaves of which it needs one.
const REQUIRED: &[(&str, &[&str])] = &[
    ("protocols bgp", &["system-as"]),
    ("protocols bgp neighbor *", &["remote-as", "peer-group", "interface"]),
    ("protocols bgp listen range *", &["peer-group"]),
    ("policy access-list * rule *", &["action"]),
    ("policy access-list * rule *", &["source"]),
    ("policy access-list6 * rule *", &["action"]),
    ("policy access-list6 * rule *", &["source"]),
    ("policy as-path-list * rule *", &["action"]),
    ("policy as-path-list * rule *", &["regex"]),
    ("policy community-list * rule *", &["action"]),
    ("policy community-list * rule *", &["regex"]),
    ("policy extcommunity-list * rule *", &["action"]),
    ("policy extcommunity-list * rule *", &["regex"]),
    ("policy large-community-list * rule *", &["action"]),
    ("policy large-community-list * rule *", &["regex"]),
    ("policy prefix-list * rule *", &["action"]),
    ("policy prefix-list * rule *", &["prefix"]),
    ("policy prefix-list6 * rule *", &["action"]),
    ("policy prefix-list6 * rule *", &["prefix"]),
    ("policy route-map * rule *", &["action"]),
];

/// The first leaf that one of these paths, or a node on the way to it, needs and has not; and what to say of it.
pub(super) fn missing_leaf(own: &[ConfigPath], outcome: &ConfigTree) -> Option<(ConfigPath, String)> {
    own.iter().find_map(|path| {
        (1..=path.len()).find_map(|length| {
            let node = path.get(..length)?;
            missing_at(node, outcome).or_else(|| neighbor_as(node, outcome))
        })
    })
}

fn missing_at(path: &[String], outcome: &ConfigTree) -> Option<(ConfigPath, String)> {
    let node = outcome.at(path)?;
    let (_, leaves) = REQUIRED
        .iter()
        .filter(|(pattern, _)| fits(pattern, path))
        .find(|(_, leaves)| leaves.iter().all(|leaf| node.at(&[leaf]).is_none()))?;
    let told = format!("`{}` has no {}, and VyOS refuses it without.", path.join(" "), leaves.join(" or "));
    Some((with(path, leaves.first()?), told))
}

/// A neighbor's AS is its own or that of its group, and not both.
fn neighbor_as(path: &[String], outcome: &ConfigTree) -> Option<(ConfigPath, String)> {
    if !fits("protocols bgp neighbor *", path) {
        return None;
    }
    let neighbor = outcome.at(path)?;
    let (name, _) = neighbor.at(&["peer-group"])?.children().next()?;
    let group = outcome.at(&["protocols", "bgp", "peer-group", name])?;
    let has = |node: &ConfigTree| node.at(&["remote-as"]).is_some();
    let told = match (has(neighbor), has(group)) {
        (false, false) => format!(
            "Neither `{}` nor its peer-group {name} has a remote-as, and VyOS refuses a neighbor without. Set it at one of them.",
            path.join(" ")
        ),
        (true, true) => format!(
            "`{}` has a remote-as, and so has its peer-group {name}. VyOS refuses a member that overrides its group. Leave out \
             one of them.",
            path.join(" ")
        ),
        _ => return None,
    };
    Some((with(path, "remote-as"), told))
}

fn with(path: &[String], leaf: &str) -> ConfigPath {
    path.iter().cloned().chain([leaf.to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(path: &str) -> ConfigPath {
        path.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_node_without_what_it_needs_is_told() {
        let outcome = ConfigTree::from_json(&serde_json::json!({
            "policy": {
                "route-map": {"RM": {"rule": {"10": {"action": "permit"}, "20": {"set": {"metric": "1"}}}}},
                "prefix-list": {"PL": {"rule": {"10": {"action": "permit"}}}},
            },
            "protocols": {"bgp": {
                "system-as": "65001",
                "peer-group": {"WITH": {"remote-as": "1"}, "WITHOUT": {}},
                "neighbor": {
                    "10.0.0.1": {"description": "x"}, "10.0.0.2": {"peer-group": "WITH"}, "10.0.0.3": {"peer-group": "WITHOUT"},
                    "10.0.0.4": {"peer-group": "WITH", "remote-as": "2"}, "10.0.0.5": {"remote-as": "2"},
                },
            }},
        }));
        for (path, leaf) in [
            ("policy route-map RM rule 10 action permit", None),
            ("policy route-map RM rule 20 set metric 1", Some("policy route-map RM rule 20 action")),
            ("policy prefix-list PL rule 10 action permit", Some("policy prefix-list PL rule 10 prefix")),
            (
                "protocols bgp neighbor 10.0.0.1 description x",
                Some("protocols bgp neighbor 10.0.0.1 remote-as"),
            ),
            ("protocols bgp neighbor 10.0.0.2 peer-group WITH", None),
            (
                "protocols bgp neighbor 10.0.0.3 peer-group WITHOUT",
                Some("protocols bgp neighbor 10.0.0.3 remote-as"),
            ),
            (
                "protocols bgp neighbor 10.0.0.4 peer-group WITH",
                Some("protocols bgp neighbor 10.0.0.4 remote-as"),
            ),
            ("protocols bgp neighbor 10.0.0.5 remote-as 2", None),
        ] {
            let found = missing_leaf(&[words(path)], &outcome).map(|(path, _)| path.join(" "));
            assert_eq!(found.as_deref(), leaf, "{path}");
        }
    }
}
