//! What takes more than a look at the leaves of a node.

use super::Node;
use crate::connection::router::ConfigTree;
use std::collections::BTreeSet;

pub(super) fn value(leaf: Option<&ConfigTree>) -> Option<&str> {
    leaf.and_then(|leaf| leaf.children().next()).map(|(word, _)| word)
}

pub(super) fn no_remote_as(node: &Node<'_>) -> Option<&'static str> {
    let group = node.group()?;
    let none = node.at("remote-as").is_none() && group.at(&["remote-as"]).is_none();
    (none && node.at("interface").is_none()).then_some("remote-as")
}

pub(super) fn overrides_its_group(node: &Node<'_>) -> Option<&'static str> {
    let both = node.at("remote-as").is_some() && node.group()?.at(&["remote-as"]).is_some();
    both.then_some("remote-as")
}

pub(super) fn mixes_its_group(node: &Node<'_>) -> Option<&'static str> {
    let (group, own) = (node.value("peer-group")?, node.is_inside(node.value("remote-as")?));
    let others = node.bgp(&["neighbor"])?.children().filter_map(|(_, other)| {
        let same = value(other.at(&["peer-group"])) == Some(group);
        value(other.at(&["remote-as"])).filter(|_| same)
    });
    others.map(|other| node.is_inside(other)).any(|other| other != own).then_some("remote-as")
}

pub(super) fn local_as_of_the_router(node: &Node<'_>) -> Option<&'static str> {
    let local = node.value("local-as")?;
    (Some(local) == value(node.bgp(&["system-as"]))).then_some("local-as")
}

pub(super) fn local_as_of_the_neighbor(node: &Node<'_>) -> Option<&'static str> {
    (node.value("local-as")? == node.value("remote-as")?).then_some("local-as")
}

pub(super) fn local_as_inside(node: &Node<'_>) -> Option<&'static str> {
    node.value("local-as")?;
    (node.remote_as() == value(node.bgp(&["system-as"]))).then_some("local-as")
}

pub(super) fn needs_deterministic_med(node: &Node<'_>) -> Option<&'static str> {
    let needed = node.at("addpath-tx-per-as").is_some();
    (needed && node.bgp(&["parameters", "deterministic-med"]).is_none()).then_some("addpath-tx-per-as")
}

/// 1.4 looks at the node itself, 1.5 at the neighbor with its group: both refuse this.
pub(super) fn reflects_to_another_as(node: &Node<'_>) -> Option<&'static str> {
    let outside = node.remote_as().is_some_and(|remote_as| !node.is_inside(remote_as));
    let families = [
        ("ipv4-unicast", "address-family ipv4-unicast route-reflector-client"),
        ("ipv6-unicast", "address-family ipv6-unicast route-reflector-client"),
    ];
    families.into_iter().find(|(_, leaf)| outside && node.at(leaf).is_some()).map(|(_, leaf)| leaf)
}

pub(super) fn network_in_two_areas(node: &Node<'_>) -> Option<&'static str> {
    let mut seen = BTreeSet::new();
    let areas = node.at("area")?.children().filter_map(|(_, area)| area.at(&["network"]));
    let twice = areas.flat_map(ConfigTree::children).any(|(network, _)| !seen.insert(network));
    twice.then_some("area")
}

pub(super) fn area_in_two_ways(node: &Node<'_>) -> Option<&'static str> {
    let by_network = node.at("area")?.children().any(|(_, area)| area.at(&["network"]).is_some());
    let by_interface = node.at("interface")?.children().any(|(_, one)| one.at(&["area"]).is_some());
    (by_network && by_interface).then_some("interface")
}

pub(super) fn no_destination(node: &Node<'_>) -> Option<&'static str> {
    let number: u32 = node.path.get(2)?.parse().ok()?;
    let extended = (100..200).contains(&number) || (2000..2700).contains(&number);
    (extended && node.at("destination").is_none()).then_some("destination")
}

pub(super) fn rule_twice(node: &Node<'_>) -> Option<&'static str> {
    let rules: Vec<_> = node.at("rule")?.children().map(|(_, rule)| rule).collect();
    let twice = rules.iter().enumerate().any(|(at, rule)| rules.iter().take(at).any(|other| other == rule));
    twice.then_some("rule")
}

pub(super) fn denies_and_goes_on(node: &Node<'_>) -> Option<&'static str> {
    let denies = node.value("action") == Some("deny");
    ["continue", "on-match"].into_iter().find(|leaf| denies && node.at(leaf).is_some())
}
