//! The rules of a prefix-list, of either family.

use crate::connection::router::Veto;
use crate::engine::router_config::Paths;
use crate::vyos::validators;
use ipnet::IpNet;
use std::collections::BTreeMap;
use tfplugin::types::Semantic;
use tfplugin::{Diagnostics, Model, Path};

/// A rule of a prefix-list.
#[derive(Clone, Debug, Model)]
pub struct PrefixRule {
    /// What happens to a prefix that matches: `permit` or `deny`. What no rule matches is denied.
    #[attribute(required, validate = validators::action)]
    action: String,

    /// Network, of the family of the list, without host bits. Without `ge` and `le` it matches itself alone.
    #[attribute(required)]
    prefix: Semantic<IpNet>,

    /// Matches networks inside `prefix` from this length on: from that of `prefix` up to 32 in IPv4 and 128
    /// in IPv6. Default, with `le`: that of `prefix`.
    #[attribute(optional)]
    ge: Option<u8>,

    /// Matches networks inside `prefix` up to this length: from `ge`, or that of `prefix`, up to 32 in IPv4
    /// and 128 in IPv6. Default, with `ge`: any length.
    #[attribute(optional)]
    le: Option<u8>,

    /// Free-text description, at most 255 characters, without quotes.
    #[attribute(optional, validate = validators::description)]
    description: Option<String>,
}

/// Where the rules are.
pub(super) const PATHS: &Paths = &[("rules", "rule {number}")];

/// The families that a list may be of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// `prefix-list`.
    Ipv4,
    /// `prefix-list6`.
    Ipv6,
}

/// What VyOS refuses, and what FRR drops without a word, together with the rules beside it.
pub(super) fn check(family: Family, rules: &BTreeMap<String, PrefixRule>, diagnostics: &mut Diagnostics) {
    let mut seen = BTreeMap::new();
    for (number, rule) in rules {
        let at = |attribute: &str| Path::from("rules").key(number).attribute(attribute);
        let network = *rule.prefix.value();
        if let Err(reason) = of_family(family, network) {
            diagnostics.error_at(at("prefix"), "Unusable prefix", reason);
            continue;
        }
        let (length, longest) = (network.prefix_len(), network.max_prefix_len());
        for (attribute, value, low) in
            [("ge", rule.ge, length), ("le", rule.le, rule.ge.unwrap_or(length).max(length))]
        {
            if let Some(value) = value.filter(|value| !(low..=longest).contains(value)) {
                let detail = format!(
                    "{value} is not from {low} to {longest}: a rule needs length of prefix <= ge <= le. VyOS does not \
                     check this, and FRR silently drops the rule."
                );
                diagnostics.error_at(at(attribute), "Impossible length", detail);
            }
        }
        // The commit script compares all that a rule has, so another description makes another rule.
        let definition = (rule.action.as_str(), network, rule.ge, rule.le, &rule.description);
        if let Some(other) = seen.insert(definition, number) {
            let detail = format!("Rule {other} says the same. VyOS refuses one definition twice in a list.");
            diagnostics.error_at(at("prefix"), "Rule given twice", detail);
        }
    }
}

/// The first of what [`check`] finds.
pub(super) fn first_fault(family: Family, rules: Option<&BTreeMap<String, PrefixRule>>) -> Result<(), Veto> {
    let mut found = Diagnostics::default();
    rules.into_iter().for_each(|rules| check(family, rules, &mut found));
    Veto::first(found)
}

fn of_family(family: Family, network: IpNet) -> Result<(), String> {
    match (family, network) {
        (Family::Ipv4, IpNet::V6(_)) => {
            Err(format!("{network} is a network of IPv6. Its list is a `vyos_prefix_list6`."))
        }
        (Family::Ipv6, IpNet::V4(_)) => {
            Err(format!("{network} is a network of IPv4. Its list is a `vyos_prefix_list`."))
        }
        _ if network.trunc() != network => {
            Err(format!("{network} has host bits set; the network is {}.", network.trunc()))
        }
        _ => Ok(()),
    }
}
