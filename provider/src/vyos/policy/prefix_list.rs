//! `vyos_prefix_list`: a list of IPv4 networks on a router.

use super::prefix_rules::{self, Family, PrefixRule, RULES};
use crate::connection::router::ConfigTree;
use crate::engine::router_config::{
    Declaration, Field, Named, RouterConfig, RouterTarget, RouterTargetDraft, Tag, ValueFormat,
};
use crate::vyos::validators;
use std::collections::BTreeMap;
use tfplugin::{Diagnostic, Diagnostics, Resource};

/// A list of IPv4 networks on a VyOS router, by which route-maps and BGP neighbors tell routes apart.
/// `vyos_prefix_list6` is the same for IPv6.
///
/// Rules that are not in `rules`, added by hand on the router, are taken away, unless `rules` is left out. Let what uses the list refer to its
/// `name`, so that it comes before and goes after that: a list that something on the router still names is not taken
/// away. Import id: `<router>/<name>`, or the name where there is only one router. VyOS 1.4 or later.
///
/// Terraform takes an object away before it changes what names it, so removing or renaming one that is still named fails.
/// `lifecycle { create_before_destroy = true }`, applied before that, makes it the last to go.
#[derive(Clone, Debug, Resource)]
#[resource(type_name = "vyos_prefix_list")]
pub struct PrefixList {
    #[attribute(flatten)]
    target: RouterTarget,

    /// Name of the list: letters, digits, `-` and `_`. A different one makes a new list.
    #[attribute(required, requires_replace, validate = validators::list_name)]
    name: String,

    /// Text for people, at most 255 characters, without quotes.
    #[attribute(optional, validate = validators::description)]
    description: Option<String>,

    /// The rules by number, 1 to 65535: the lowest that matches decides. Such as
    /// `{ "10" = { action = "permit", prefix = "192.0.2.0/24", le = 32 } }`. VyOS does not hand a
    /// list without rules on to FRR, which then treats it as one that does not exist.
    #[attribute(optional, validate = validators::rule_numbers)]
    rules: Option<BTreeMap<String, PrefixRule>>,
}

impl RouterConfig for PrefixList {
    const DECLARATION: &'static Declaration = &Declaration {
        noun: "prefix-list",
        component: &["policy"],
        tag: Some(Tag {
            node: &["prefix-list"],
            node_of_ipv6: None,
            attribute: "name",
            form: ValueFormat::Text,
        }),
        requires: None,
        fields: &[Field::leaf("description", &["description"], ValueFormat::Text), RULES],
        children: &[],
        named: Some(Named::PrefixList),
    };

    fn target(draft: &PrefixListDraft) -> &RouterTargetDraft {
        &draft.target
    }

    fn validate_config(config: &PrefixListDraft, diagnostics: &mut Diagnostics) {
        config
            .rules
            .given()
            .into_iter()
            .for_each(|rules| prefix_rules::check(Family::Ipv4, rules, diagnostics));
    }

    fn fits(&self, _: &ConfigTree) -> Result<(), Box<Diagnostic>> {
        prefix_rules::first_fault(Family::Ipv4, self.rules.as_ref())
    }
}
