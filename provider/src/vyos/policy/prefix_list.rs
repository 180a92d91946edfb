//! `vyos_prefix_list` and `vyos_prefix_list6`: lists of networks on a router.

use super::prefix_rules::{self, Family, PATHS, PrefixRule};
use crate::connection::router::{ConfigTree, Veto};
use crate::engine::router_config::{Declaration, RouterConfig, RouterTarget};
use crate::vyos::validators;
use std::collections::BTreeMap;
use tfplugin::{Diagnostics, Model};

/// What lists of both families are.
#[derive(Clone, Debug, Model)]
pub struct List {
    #[attribute(flatten)]
    target: RouterTarget,

    /// Name of the list: letters, digits, `-` and `_`. A different one makes a new list.
    #[attribute(required, requires_replace, identity, validate = validators::list_name)]
    name: String,

    /// Free-text description, at most 255 characters, without quotes.
    #[attribute(optional, validate = validators::description)]
    description: Option<String>,

    /// The rules by number, 1 to 65535: the lowest that matches decides. Such as
    /// `{ "10" = { action = "permit", prefix = "192.0.2.0/24", le = 32 } }`, or with `"2001:db8:f000::/48"`
    /// and `le = 64` in a list of IPv6. VyOS does not hand a list without rules on to FRR, which then treats
    /// it as one that does not exist.
    #[attribute(optional, validate = validators::rule_numbers)]
    rules: Option<BTreeMap<String, PrefixRule>>,
}

/// A list of IPv4 networks on a VyOS router, by which route-maps and BGP neighbors select routes.
/// `vyos_prefix_list6` is the same for IPv6.
///
/// Rules added on the router that are not in `rules` are removed, unless `rules` is unset. Let what uses the
/// list refer to its `name`, so that it is created before and destroyed after its users: a list that is still
/// referenced on the router is not removed. Import id: `<router>/<name>`, or the name where there is only one
/// router. VyOS 1.4 or later.
///
/// Terraform deletes an object before it updates what references it, so removing or renaming one that is
/// still referenced fails. `lifecycle { create_before_destroy = true }`, applied before that, makes it the
/// last to be deleted.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "vyos_prefix_list")]
pub struct PrefixList {
    #[attribute(flatten)]
    list: List,
}

impl RouterConfig for PrefixList {
    const DECLARATION: Declaration =
        Declaration::tag("prefix-list", "policy", "prefix-list {name}").paths(&[PATHS]);

    fn validate_config(config: &PrefixListDraft, diagnostics: &mut Diagnostics) {
        let rules = config.list.rules.given();
        rules.into_iter().for_each(|rules| prefix_rules::check(Family::Ipv4, rules, diagnostics));
    }

    fn fits(&self, _: &ConfigTree) -> Result<(), Veto> {
        prefix_rules::first_fault(Family::Ipv4, self.list.rules.as_ref())
    }
}

/// A list of IPv6 networks on a VyOS router, by which route-maps and BGP neighbors select routes.
/// `vyos_prefix_list` is the same for IPv4.
///
/// Rules added on the router that are not in `rules` are removed, unless `rules` is unset. Let what uses the
/// list refer to its `name`, so that it is created before and destroyed after its users: a list that is still
/// referenced on the router is not removed. Import id: `<router>/<name>`, or the name where there is only one
/// router. VyOS 1.4 or later.
///
/// Terraform deletes an object before it updates what references it, so removing or renaming one that is
/// still referenced fails. `lifecycle { create_before_destroy = true }`, applied before that, makes it the
/// last to be deleted.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "vyos_prefix_list6")]
pub struct PrefixList6 {
    #[attribute(flatten)]
    list: List,
}

impl RouterConfig for PrefixList6 {
    const DECLARATION: Declaration =
        Declaration::tag("prefix-list6", "policy", "prefix-list6 {name}").paths(&[PATHS]);

    fn validate_config(config: &PrefixList6Draft, diagnostics: &mut Diagnostics) {
        let rules = config.list.rules.given();
        rules.into_iter().for_each(|rules| prefix_rules::check(Family::Ipv6, rules, diagnostics));
    }

    fn fits(&self, _: &ConfigTree) -> Result<(), Veto> {
        prefix_rules::first_fault(Family::Ipv6, self.list.rules.as_ref())
    }
}
