//! `vyos_route_map`: what happens to routes on their way.

use super::route_map_match::{MATCH, RouteMapMatch};
use super::route_map_rules as rules;
use super::route_map_set::{RouteMapSet, SET};
use crate::connection::router::{ConfigTree, Veto};
use crate::engine::router_config::{Declaration, Paths, RouterConfig, RouterTarget};
use crate::vyos::validators;
use std::collections::BTreeMap;
use tfplugin::{Diagnostics, Model};

/// Rules on a VyOS router that say which routes pass, and what changes on them: between BGP and its
/// neighbors, and from one routing protocol into another.
///
/// Rules added on the router that are not in `rules` are removed, unless `rules` is unset; leaves of a rule
/// that no argument names stay as they are. Let what uses the route-map refer to its `name`, so that it is
/// created before and destroyed after its users: a route-map that is still referenced on the router is not
/// removed. Import id: `<router>/<name>`, or the name where there is only one router. VyOS 1.4 or later.
///
/// Terraform deletes an object before it updates what references it, so removing or renaming one that is
/// still referenced fails. `lifecycle { create_before_destroy = true }`, applied before that, makes it the
/// last to be deleted.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "vyos_route_map")]
pub struct RouteMap {
    #[attribute(flatten)]
    target: RouterTarget,

    /// Name of the route-map: letters, digits, `-`, `_`, `.` and `+`. A different one makes a new route-map.
    #[attribute(required, requires_replace, identity, validate = validators::route_map_name)]
    name: String,

    /// Free-text description, at most 255 characters, without quotes.
    #[attribute(optional, validate = validators::description)]
    description: Option<String>,

    /// The rules by number, 1 to 65535: the lowest that matches decides, and what none matches is denied.
    /// Such as `{ "10" = { action = "permit", match = { ipv6_prefix_list = "LB" }, set = { metric = 100 } }
    /// }`. VyOS does not hand a route-map without rules on to FRR, which then treats it as one that does not
    /// exist.
    #[attribute(optional, validate = validators::rule_numbers)]
    rules: Option<BTreeMap<String, RouteMapRule>>,
}

/// A rule of a route-map.
#[derive(Clone, Debug, Model)]
pub struct RouteMapRule {
    /// What happens to a route that matches: `permit` or `deny`.
    #[attribute(required, validate = validators::action)]
    pub(super) action: String,

    /// Free-text description, at most 255 characters, without quotes.
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

    /// Continues at this rule, or the next there is, after a match: a number above the rule's own, up
    /// to 65535. Only where `action` is `permit`, and not together with `on_match_goto` or `on_match_next`.
    #[attribute(optional, name = "continue")]
    pub(super) continue_at: Option<u16>,

    /// Continues at the next rule after a match. Only where `action` is `permit`. Default `false`.
    #[attribute(default = false)]
    pub(super) on_match_next: bool,

    /// As `continue`. Not together with `on_match_next`.
    #[attribute(optional)]
    pub(super) on_match_goto: Option<u16>,
}

const PATHS: &Paths = &[
    ("rules", "rule {number}"),
    ("call", "call ~> policy route-map"),
    ("on_match_next", "on-match next"),
    ("on_match_goto", "on-match goto"),
];

impl RouterConfig for RouteMap {
    const DECLARATION: Declaration =
        Declaration::tag("route-map", "policy", "route-map {name}").paths(&[PATHS, MATCH, SET]);

    fn validate_config(config: &RouteMapDraft, diagnostics: &mut Diagnostics) {
        config.rules.given().into_iter().for_each(|all| rules::check(all, diagnostics));
    }

    fn fits(&self, _: &ConfigTree) -> Result<(), Veto> {
        rules::first_fault(self.rules.as_ref())
    }
}
