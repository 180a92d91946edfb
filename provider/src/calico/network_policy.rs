//! `calico_network_policy`.

use super::object::HINTS;
use super::policy_rule::{self, Direction, PolicyRule, policy_name, some_selector, types};
use super::selector;
use crate::connection::cluster::Kind;
use crate::engine::cluster_object::{ClusterObject, cluster_address};
use crate::engine::timeouts::Timeouts;
use crate::values::{namespace_name, object_name};
use serde_json::{Map, Value as Json};
use tfplugin::{Diagnostics, Model};

/// Rules for the traffic of the pods of a namespace.
///
/// It says more than a NetworkPolicy of Kubernetes: an order, actions other than `Allow`, exceptions, service
/// accounts. Calico keeps the object as `default.<name>`, for the tier `default`, as `calicoctl` expects.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "calico_network_policy")]
pub struct NetworkPolicy {
    /// The cluster: address of one of its control-plane nodes, over which its API server is reached through
    /// SSH. Default: the cluster of the provider's `kubernetes` block. It is an address and not the cluster's
    /// identity: another address of the same cluster is a change in place.
    #[attribute(optional, identity(mutable), validate = cluster_address)]
    cluster: Option<String>,

    /// Namespace of the policy and of the pods. Another namespace is another object. Default `default`.
    #[attribute(default = "default".to_owned(), requires_replace, identity, validate = namespace_name)]
    namespace: String,

    /// Name of the policy, without dots. Another name is another object.
    #[attribute(required, requires_replace, identity, validate = object_name)]
    name: String,

    /// How long to wait. Default: 5 minutes each.
    #[attribute(optional)]
    timeouts: Option<Timeouts>,

    /// Order among policies: the lowest number comes first, none is last. Among equals the name decides.
    /// Default: none.
    #[attribute(optional)]
    order: Option<i64>,

    /// What is protected, by Calico's selector language: `role == "web"`. Default: `all()`, all pods of the
    /// namespace.
    #[attribute(default = "all()".to_owned(), validate = selector::check)]
    selector: String,

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
}

impl ClusterObject for NetworkPolicy {
    const KIND: Kind = Kind::namespaced("crd.projectcalico.org", "v1", "NetworkPolicy");
    const FIELD_NAMES: &'static [(&'static str, &'static str)] = policy_rule::FIELD_NAMES;
    const HINTS: &'static [(&'static str, &'static str)] = HINTS;
    const NAME_PREFIX: &'static str = "default.";

    fn validate_config(config: &NetworkPolicyDraft, diagnostics: &mut Diagnostics) {
        policy_name(&config.name, diagnostics);
    }

    fn normalize_spec(&self, spec: &mut Map<String, Json>) {
        policy_rule::normalize(spec);
    }
}

fn ingress(rules: &Option<Vec<PolicyRule>>) -> Result<(), String> {
    policy_rule::check(rules.as_deref().unwrap_or_default(), Direction::Ingress, false)
}

fn egress(rules: &Option<Vec<PolicyRule>>) -> Result<(), String> {
    policy_rule::check(rules.as_deref().unwrap_or_default(), Direction::Egress, false)
}
