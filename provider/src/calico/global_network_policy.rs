//! `calico_global_network_policy`.

use super::object::{HINTS, cluster_wide};
use super::policy_rule::{self, Direction, PolicyRule, policy_name, some_selector, types};
use super::selector;
use crate::connection::cluster::Kind;
use crate::engine::cluster_object::{ClusterObject, ClusterWideObject};
use serde_json::{Map, Value as Json};
use tfplugin::{Diagnostics, Knowable, Model};

/// Rules for the traffic of pods in all namespaces, and of nodes.
///
/// A `calico_host_endpoint` makes a node's own ports something that a policy can select. Calico keeps the
/// object as `default.<name>`, for the tier `default`, as `calicoctl` expects.
///
/// What a policy selects drops everything that no rule allows: begin with one that selects little.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "calico_global_network_policy")]
pub struct GlobalNetworkPolicy {
    #[attribute(flatten)]
    object: ClusterWideObject,

    /// Order among policies: the lowest number comes first, none is last. Among equals the name decides.
    /// Default: none.
    #[attribute(optional)]
    order: Option<i64>,

    /// What is protected, by Calico's selector language: `role == "web"`. Default: `all()`, pods and host
    /// endpoints.
    #[attribute(default = "all()".to_owned(), validate = selector::check)]
    selector: String,

    /// Namespaces of the pods that are protected, by a selector of namespaces' labels. Default: any.
    #[attribute(optional, validate = some_selector)]
    namespace_selector: Option<String>,

    /// Service accounts of the pods that are protected, by a selector of their labels. Default: any.
    #[attribute(optional, validate = some_selector)]
    service_account_selector: Option<String>,

    /// Directions: `Ingress`, `Egress`. What is protected drops all traffic of these directions that no rule
    /// of any policy allows. Default: `Egress` alone where there are only egress rules, `Ingress` where there
    /// are none, else both.
    #[attribute(optional, validate = types)]
    types: Option<Vec<String>>,

    /// Rules for traffic to what is protected, first to last. Default: none.
    #[attribute(optional, validate = ingress)]
    ingress: Option<Vec<PolicyRule>>,

    /// Rules for traffic from what is protected, first to last. Default: none.
    #[attribute(optional, validate = egress)]
    egress: Option<Vec<PolicyRule>>,

    /// Whether the rules hold before connections are tracked, of host endpoints alone: cheap, but answers
    /// need rules of their own. Requires `apply_on_forward`. Default `false`.
    #[attribute(optional)]
    do_not_track: Option<bool>,

    /// Whether the rules hold before addresses are translated, of host endpoints alone: the way to protect
    /// the ports of NodePort Services. Ingress rules only; requires `apply_on_forward`. Default `false`.
    #[attribute(optional)]
    pre_dnat: Option<bool>,

    /// Whether the rules hold for traffic that a node forwards too, of host endpoints alone. Default `false`.
    #[attribute(optional)]
    apply_on_forward: Option<bool>,
}

impl ClusterObject for GlobalNetworkPolicy {
    const KIND: Kind = cluster_wide("GlobalNetworkPolicy");
    const FIELD_NAMES: &'static [(&'static str, &'static str)] = policy_rule::FIELD_NAMES;
    const HINTS: &'static [(&'static str, &'static str)] = HINTS;
    const NAME_PREFIX: &'static str = "default.";

    fn validate_config(config: &GlobalNetworkPolicyDraft, diagnostics: &mut Diagnostics) {
        policy_name(&config.object.name, diagnostics);
        let is = |flag: &Knowable<Option<bool>>| flag.given() == Some(&true);
        let (untracked, early) = (is(&config.do_not_track), is(&config.pre_dnat));
        if untracked && early {
            let detail = "Rules hold before connections are tracked or before addresses are translated. Set one of the two.";
            diagnostics.error_at("pre_dnat", "do_not_track beside pre_dnat", detail);
        }
        let forwards = config.apply_on_forward.known().is_none_or(|forwards| *forwards == Some(true));
        if (untracked || early) && !forwards {
            let detail = "`do_not_track` and `pre_dnat` require `apply_on_forward = true`.";
            diagnostics.error_at("apply_on_forward", "apply_on_forward is missing", detail);
        }
        let to_outside = config.egress.given().is_some_and(|rules| !rules.is_empty())
            || config.types.given().is_some_and(|types| types.iter().any(|one| one == "Egress"));
        if early && to_outside {
            let detail = "`pre_dnat` is about what arrives: leave out `egress` and the type `Egress`.";
            diagnostics.error_at("egress", "Egress before addresses are translated", detail);
        }
    }

    fn normalize_spec(&self, spec: &mut Map<String, Json>) {
        policy_rule::normalize(spec);
    }
}

fn ingress(rules: &Option<Vec<PolicyRule>>) -> Result<(), String> {
    policy_rule::check(rules.as_deref().unwrap_or_default(), Direction::Ingress, true)
}

fn egress(rules: &Option<Vec<PolicyRule>>) -> Result<(), String> {
    policy_rule::check(rules.as_deref().unwrap_or_default(), Direction::Egress, true)
}
