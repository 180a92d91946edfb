//! `vyos_route_map`: what happens to routes on their way.

use super::route_map_match::{MATCH, RouteMapMatch};
use super::route_map_rules as rules;
use super::route_map_set::{RouteMapSet, SET};
use crate::connection::router::ConfigTree;
use crate::engine::router_config::{
    Declaration, Field, Named, RouterConfig, RouterTarget, RouterTargetDraft, Tag, ValueFormat,
};
use crate::vyos::validators;
use std::collections::BTreeMap;
use tfplugin::{Diagnostic, Diagnostics, Object, Resource};

/// Rules on a VyOS router that say which routes pass, and what changes on them: between BGP and its neighbors, and from
/// one routing protocol into another.
///
/// Rules that are not in `rules`, added by hand on the router, are taken away, unless `rules` is left out; leaves of a rule that no argument names
/// stay as they are. Let what uses the route-map refer to its `name`, so that it comes before and goes after that: a
/// route-map that something on the router still names is not taken away. Import id: `<router>/<name>`, or the name where
/// there is only one router. VyOS 1.4 or later.
///
/// Terraform takes an object away before it changes what names it, so removing or renaming one that is still named fails.
/// `lifecycle { create_before_destroy = true }`, applied before that, makes it the last to go.
#[derive(Clone, Debug, Resource)]
#[resource(type_name = "vyos_route_map")]
pub struct RouteMap {
    #[attribute(flatten)]
    target: RouterTarget,

    /// Name of the route-map: letters, digits, `-`, `_`, `.` and `+`. A different one makes a new route-map.
    #[attribute(required, requires_replace, validate = validators::route_map_name)]
    name: String,

    /// Text for people, at most 255 characters, without quotes.
    #[attribute(optional, validate = validators::description)]
    description: Option<String>,

    /// The rules by number, 1 to 65535: the lowest that matches decides, and what none matches is denied. Such as
    /// `{ "10" = { action = "permit", match = { ipv6_prefix_list = "LB" }, set = { metric = 100 } } }`. VyOS does not
    /// hand a route-map without rules on to FRR, which then treats it as one that does not exist.
    #[attribute(optional, validate = validators::rule_numbers)]
    rules: Option<BTreeMap<String, RouteMapRule>>,
}

/// A rule of a route-map.
#[derive(Clone, Debug, Object)]
pub struct RouteMapRule {
    /// What happens to a route that matches: `permit` or `deny`.
    #[attribute(required, validate = validators::action)]
    pub(super) action: String,

    /// Text for people, at most 255 characters, without quotes.
    #[attribute(optional, validate = validators::description)]
    description: Option<String>,

    /// What a route must be to match: all of it. Default: every route matches.
    #[attribute(optional, name = "match")]
    pub(super) matches: Option<RouteMapMatch>,

    /// What changes on a route that is permitted.
    #[attribute(optional)]
    pub(super) set: Option<RouteMapSet>,

    /// Route-map that a route which matches must pass as well. VyOS does not check that it exists.
    #[attribute(optional, validate = validators::word)]
    call: Option<String>,

    /// Goes on at this rule, or the next there is, after a match: a number above the rule's own, up to 65535. Only where
    /// `action` is `permit`, and not together with `on_match_goto` or `on_match_next`.
    #[attribute(optional, name = "continue")]
    pub(super) continue_at: Option<u16>,

    /// Goes on at the next rule after a match. Only where `action` is `permit`. Default `false`.
    #[attribute(default = false)]
    pub(super) on_match_next: bool,

    /// As `continue`. Not together with `on_match_next`.
    #[attribute(optional)]
    pub(super) on_match_goto: Option<u16>,
}

impl RouterConfig for RouteMap {
    const DECLARATION: &'static Declaration = &Declaration {
        noun: "route-map",
        component: &["policy"],
        tag: Some(Tag {
            node: &["route-map"],
            node_of_ipv6: None,
            attribute: "name",
            form: ValueFormat::Text,
        }),
        requires: None,
        fields: &[
            Field::leaf("description", &["description"], ValueFormat::Text),
            Field::tag_node(
                "rules",
                &["rule"],
                ValueFormat::Decimal,
                &[
                    Field::leaf("action", &["action"], ValueFormat::Text),
                    Field::leaf("description", &["description"], ValueFormat::Text),
                    Field::node("match", &["match"], MATCH),
                    Field::node("set", &["set"], SET),
                    Field::leaf("call", &["call"], ValueFormat::Text),
                    Field::leaf("continue", &["continue"], ValueFormat::Number),
                    Field::valueless("on_match_next", &["on-match", "next"]),
                    Field::leaf("on_match_goto", &["on-match", "goto"], ValueFormat::Number),
                ],
            ),
        ],
        children: &[],
        named: Some(Named::RouteMap),
    };

    fn target(draft: &RouteMapDraft) -> &RouterTargetDraft {
        &draft.target
    }

    fn validate_config(config: &RouteMapDraft, diagnostics: &mut Diagnostics) {
        config.rules.given().into_iter().for_each(|all| rules::check(all, diagnostics));
    }

    fn fits(&self, _: &ConfigTree) -> Result<(), Box<Diagnostic>> {
        rules::first_fault(self.rules.as_ref())
    }
}
