//! `policy`: lists and route maps.

use super::{Check, Proposal, policy_use};
use crate::tree::Node;

/// Lists in the order in which they are checked, and what their rules must have besides an action.
const LISTS: &[(&str, Option<(&str, &str)>)] = &[
    ("access-list", Some(("source", "A source"))),
    ("access-list6", Some(("source", "A source"))),
    ("as-path-list", Some(("regex", "A regex"))),
    ("community-list", Some(("regex", "A regex"))),
    ("extcommunity-list", Some(("regex", "A regex"))),
    ("large-community-list", Some(("regex", "A regex"))),
    ("prefix-list", Some(("prefix", "A prefix"))),
    ("prefix-list6", Some(("prefix", "A prefix"))),
    ("route-map", None),
];

/// Where a rule of a route map names a list, the list, and what VyOS calls it when it is not there.
const REFERENCES: &[(&str, &str, &str)] = &[
    ("match community community-list", "community-list", "community-list"),
    ("match extcommunity", "extcommunity-list", "extcommunity-list"),
    ("match large-community large-community-list", "large-community-list", "large-community-list"),
    ("match ip address prefix-list", "prefix-list", "prefix-list"),
    ("match ipv6 address prefix-list", "prefix-list6", "prefix-list6"),
    ("match ipv6 nexthop access-list", "access-list6", "access_list6"),
    ("match ipv6 nexthop prefix-list", "prefix-list6", "prefix-list6"),
    ("set community delete", "community-list", "community-list"),
    ("set large-community delete", "large-community-list", "large-community-list"),
];

pub(super) fn verify(policy: Option<&Node>, proposal: &Proposal<'_>) -> Check {
    if let Some(policy) = policy {
        for (kind, needs) in LISTS {
            for (name, list) in policy.each(kind) {
                rules(kind, name, list, *needs)?;
            }
        }
        for (_, map) in policy.each("route-map") {
            for (number, rule) in map.each("rule") {
                route_map_rule(number, rule, policy)?;
            }
        }
    }
    policy_use::verify(policy, proposal)
}

fn rules(kind: &str, name: &str, list: &Node, needs: Option<(&str, &str)>) -> Check {
    let mut seen = Vec::new();
    for (number, rule) in list.each("rule") {
        let must = |what: &str| Err(format!("{what} must be specified for \"{kind} {name} rule {number}\"!"));
        // The script looks for an action last in an access list: there the source is missed first.
        let is_numbered = kind == "access-list";
        if !is_numbered && !rule.has("action") {
            return must("Action");
        }
        if let Some((leaf, what)) = needs
            && !rule.has(leaf)
        {
            return must(what);
        }
        if is_numbered && is_extended(name) && !rule.has("destination") {
            return must("A destination");
        }
        if is_numbered && !rule.has("action") {
            return must("Action");
        }
        if kind.starts_with("prefix-list") {
            // All that the rule has (`policy.py` of 1.4 and 1.5: `rule_config in entries`).
            let definition = ["action", "prefix", "ge", "le", "description"].map(|leaf| rule.value(leaf));
            if seen.contains(&definition) {
                return Err(format!("Rule \"{number}\" contains a duplicate prefix definition!"));
            }
            seen.push(definition);
        }
    }
    Ok(())
}

/// Whether a numbered list compares destinations too.
fn is_extended(name: &str) -> bool {
    name.parse::<u32>().is_ok_and(|number| (100..200).contains(&number) || (2000..2700).contains(&number))
}

fn route_map_rule(number: &str, rule: &Node, policy: &Node) -> Check {
    if rule.value("action") == Some("deny") && (rule.has("continue") || rule.has("on-match")) {
        return Err(format!("rule {number} \"continue\" or \"on-match\" cannot be used with action deny!"));
    }
    for (path, kind, shown) in REFERENCES {
        if let Some(name) = rule.value(path)
            && policy.child(kind).and_then(|list| list.child(name)).is_none()
        {
            return Err(format!("{shown} {name} does not exist!"));
        }
    }
    for kind in ["community", "large-community"] {
        let Some(set) = rule.at("set").and_then(|set| set.child(kind)) else { continue };
        let [add, replace, none, delete] = ["add", "replace", "none", "delete"].map(|leaf| set.has(leaf));
        if (add && replace) || (none && (add || replace)) || (delete && (none || replace)) {
            return Err(format!(
                "Unexpected combination between action replace, add, delete or none in {kind}"
            ));
        }
    }
    if let Some(set) = rule.at("set extcommunity") {
        let others = ["rt", "soo", "bandwidth", "bandwidth-non-transitive"];
        let without_bandwidth = set.has("bandwidth-non-transitive") && !set.has("bandwidth");
        if without_bandwidth || (set.has("none") && others.iter().any(|leaf| set.has(leaf))) {
            return Err(
                "Unexpected combination between none, rt, soo, bandwidth, bandwidth-non-transitive in extended-community"
                    .to_owned(),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Version::V1_4;
    use crate::verify::testing::report;

    /// Lines of the policy, and what is said about them.
    const REFUSED: &[(&[&str], &str)] = &[
        (
            &["prefix-list A rule 10 prefix 192.0.2.0/24"],
            "Action must be specified for \"prefix-list A rule 10\"!",
        ),
        (
            &["prefix-list A rule 10 action permit"],
            "A prefix must be specified for \"prefix-list A rule 10\"!",
        ),
        (
            &["as-path-list A rule 10 action permit"],
            "A regex must be specified for \"as-path-list A rule 10\"!",
        ),
        (&["access-list 0 rule 10"], "A source must be specified for \"access-list 0 rule 10\"!"),
        (
            &["access-list 100 rule 5 source any", "access-list 100 rule 5 action permit"],
            "A destination must be specified for \"access-list 100 rule 5\"!",
        ),
        (
            &[
                "prefix-list A rule 10 action permit",
                "prefix-list A rule 10 prefix 192.0.2.0/24",
                "prefix-list A rule 20 action permit",
                "prefix-list A rule 20 prefix 192.0.2.0/24",
            ],
            "Rule \"20\" contains a duplicate prefix definition!",
        ),
        (
            &["route-map A rule 10 action deny", "route-map A rule 10 continue 20"],
            "rule 10 \"continue\" or \"on-match\" cannot be used with action deny!",
        ),
        (
            &["route-map A rule 10 action permit", "route-map A rule 10 match ipv6 address prefix-list B"],
            "prefix-list6 B does not exist!",
        ),
        (
            &["route-map A rule 10 action permit", "route-map A rule 10 match ipv6 nexthop access-list B"],
            "access_list6 B does not exist!",
        ),
        (
            &["route-map A rule 10 action permit", "route-map A rule 10 set community delete B"],
            "community-list B does not exist!",
        ),
        (
            &[
                "route-map A rule 10 action permit",
                "route-map A rule 10 set community add 1:1",
                "route-map A rule 10 set community replace 1:2",
            ],
            "Unexpected combination between action replace, add, delete or none in community",
        ),
        (
            &[
                "route-map A rule 10 action permit",
                "route-map A rule 10 set extcommunity none",
                "route-map A rule 10 set extcommunity rt 1:2",
            ],
            "Unexpected combination between none, rt, soo, bandwidth, bandwidth-non-transitive in extended-community",
        ),
    ];

    #[test]
    fn refusals_are_worded_as_the_router_words_them() {
        for (lines, said) in REFUSED {
            let lines: Vec<String> = lines.iter().map(|line| format!("policy {line}")).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            assert_eq!(report(V1_4, "policy", &lines).error.as_deref(), Some(*said), "{lines:?}");
        }
    }

    #[test]
    fn what_the_router_does_not_check_passes() {
        let lines = [
            "policy prefix-list A rule 10 action permit",
            "policy prefix-list A rule 10 prefix 10.0.0.0/16",
            "policy prefix-list A rule 10 ge 24",
            "policy prefix-list A rule 10 le 20",
            "policy prefix-list A rule 20 action permit",
            "policy prefix-list A rule 20 prefix 10.0.0.0/16",
            "policy prefix-list A rule 20 ge 24",
            "policy prefix-list A rule 20 le 20",
            "policy prefix-list A rule 20 description again",
            "policy route-map A",
            "policy community-list A.B rule 10 action permit",
            "policy community-list A.B rule 10 regex 65001:1",
            "policy as-path-list A.B rule 10 action permit",
            "policy as-path-list A.B rule 10 regex ^65001",
            "policy route-map B rule 10 action permit",
            "policy route-map B rule 10 match community community-list A.B",
            "policy route-map B rule 10 match as-path A.B",
            "policy route-map C rule 10 action permit",
            "policy route-map B rule 10 call NONE",
            "policy route-map C rule 10 match as-path NONE",
        ];
        assert_eq!(report(V1_4, "policy", &lines).error, None);
    }
}
