//! What a route-map must not be: what VyOS tells only at the commit, and what FRR refuses after that.

use super::route_map::RouteMapRule;
use crate::connection::router::Veto;
use std::collections::BTreeMap;
use tfplugin::{Diagnostics, Path};

/// What can be told of the rules by themselves.
pub(super) fn check(rules: &BTreeMap<String, RouteMapRule>, diagnostics: &mut Diagnostics) {
    for (number, rule) in rules {
        let at = |attribute: &str| Path::from("rules").key(number).attribute(attribute);
        check_ways_on(number, rule, &at, diagnostics);
        if rule.matches.as_ref().is_some_and(|matches| matches.exact_about_nothing()) {
            diagnostics.error_at(
                at("match").attribute("community_exact_match"),
                "Missing community",
                "community_exact_match is about the list in community, which is not set. Set it too.",
            );
        }
        for (one, other) in rule.set.iter().flat_map(|set| set.conflicts()) {
            let detail = format!("{one} and {other} exclude each other. Keep one of them.");
            diagnostics.error_at(at("set").attribute(other), "Conflicting arguments", detail);
        }
    }
}

/// Where a rule goes on after a match.
fn check_ways_on(
    number: &str,
    rule: &RouteMapRule,
    at: &dyn Fn(&str) -> Path,
    diagnostics: &mut Diagnostics,
) {
    let ways = [
        ("continue", rule.continue_at.is_some()),
        ("on_match_goto", rule.on_match_goto.is_some()),
        ("on_match_next", rule.on_match_next),
    ];
    let given: Vec<_> = ways.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    if let ([first, ..], "deny") = (given.as_slice(), rule.action.as_str()) {
        let detail =
            format!("`{first}` needs `action = \"permit\"`: a denied route is not processed further.");
        diagnostics.error_at(at(first), "Not for a rule that denies", detail);
    }
    if let [first, second, ..] = given.as_slice() {
        let detail = format!("`{first}` and `{second}` are mutually exclusive. Keep one of them.");
        diagnostics.error_at(at(second), "Conflicting arguments", detail);
    }
    let own: u16 = number.parse().unwrap_or_default();
    for (attribute, goal) in [("continue", rule.continue_at), ("on_match_goto", rule.on_match_goto)] {
        if let Some(goal) = goal.filter(|goal| *goal <= own) {
            let detail = format!(
                "Rule {number} cannot go on at {goal}: routes go through the rules in one direction."
            );
            diagnostics.error_at(at(attribute), "Backward step", detail);
        }
    }
}

/// The first of what [`check`] finds.
pub(super) fn first_fault(rules: Option<&BTreeMap<String, RouteMapRule>>) -> Result<(), Veto> {
    let mut found = Diagnostics::default();
    rules.into_iter().for_each(|rules| check(rules, &mut found));
    Veto::first(found)
}
