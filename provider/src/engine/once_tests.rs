//! One plan of an object reads no value twice and stores none twice, whichever engine plans it.
//!
//! Each engine has a type here whose values count what is done with them.

use super::cluster_object::{ClusterObject, ClusterResource};
use super::node_resource::{DefaultTimeouts, Identity, NoPrivate, NodeError, NodeResource, OverSsh, Work};
use super::router_config::{
    Declaration, FamilyMember, Layout, References, RouterConfig, RouterResource, layout,
};
use super::timeouts::Timeouts;
use crate::connection::cluster::testing::{ApiServer, POOLS};
use crate::connection::cluster::{Kind, MANAGER};
use crate::connection::ssh::Shell;
use crate::session::Session;
use crate::session::testing::{Served, TestProvider};
use async_trait::async_trait;
use serde_json::{Value as Json, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use tfplugin::provider::TypeName;
use tfplugin::schema::AttributeKind;
use tfplugin::testing::{Action, Harness, State};
use tfplugin::value::{Type, ValueError};
use tfplugin::{AttributeValue, Model, Registry, Value};

thread_local! {
    static COUNTS: RefCell<BTreeMap<String, usize>> = const { RefCell::new(BTreeMap::new()) };
}

fn count(what: &str, text: &str) {
    COUNTS.with_borrow_mut(|counts| *counts.entry(format!("{what} {text}")).or_default() += 1);
}

/// What was counted since the last time.
fn counted() -> BTreeMap<String, usize> {
    COUNTS.with_borrow_mut(std::mem::take)
}

/// Text that counts what is done with it.
#[derive(Clone, Debug, PartialEq)]
struct Counted(String);

impl AttributeValue for Counted {
    fn kind() -> AttributeKind {
        AttributeKind::Type(Type::String)
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        let text = value.as_str().ok_or_else(|| ValueError::new("no text"))?;
        count("decoded", text);
        Ok(Self(text.to_owned()))
    }

    fn encode(&self) -> Value {
        count("encoded", &self.0);
        Value::String(self.0.clone())
    }
}

/// What the three types have in common beside their addresses.
#[derive(Clone, Debug, Model)]
struct Values {
    /// Its name.
    #[attribute(required, requires_replace)]
    name: Counted,
    /// Its size.
    #[attribute(default = Counted("default".to_owned()))]
    size: Counted,
    /// Its note.
    #[attribute(optional)]
    note: Option<Counted>,
}

/// An object in a cluster.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "test_cluster_object")]
struct InCluster {
    /// The cluster.
    #[attribute(optional)]
    cluster: Option<Counted>,
    /// Its namespace.
    #[attribute(required)]
    namespace: Counted,
    #[attribute(flatten)]
    values: Values,
}

impl ClusterObject for InCluster {
    const KIND: Kind = Kind::namespaced("metallb.io", "v1beta1", "IPAddressPool");
}

/// An object on a router.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "test_router_object")]
struct OnRouter {
    /// The router.
    #[attribute(optional)]
    router: Option<Counted>,
    #[attribute(flatten)]
    values: Values,
}

impl FamilyMember for OnRouter {
    fn references() -> &'static References {
        static NONE: LazyLock<References> = LazyLock::new(|| References::of(std::iter::empty(), &[], &[]));
        &NONE
    }

    fn layouts() -> Vec<(&'static str, &'static Layout)> {
        vec![(Self::TYPE_NAME, layout::<Self>())]
    }
}

impl RouterConfig for OnRouter {
    const DECLARATION: Declaration = Declaration::tag("test object", "protocols test", "object {name}");
}

/// A resource on a machine.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "test_node_resource")]
struct OnNode {
    /// The machine.
    #[attribute(required)]
    host: Counted,
    #[attribute(flatten)]
    values: Values,
    /// How long to wait.
    #[attribute(optional)]
    timeouts: Option<Timeouts>,
}

/// Whoever answers.
struct Anyone;

#[async_trait]
impl Identity for Anyone {
    const NOUN: &'static str = "machine";

    async fn of(shell: &Arc<dyn Shell>) -> Result<String, NodeError> {
        Ok(shell.address().to_owned())
    }
}

#[async_trait]
impl NodeResource for OnNode {
    const NOUN: &'static str = "test object";
    const TIMEOUTS: DefaultTimeouts = DefaultTimeouts::each(1);

    type Identity = Anyone;
    type Private = NoPrivate;

    fn address(&self) -> &str {
        &self.host.0
    }

    fn title(&self) -> String {
        self.values.name.0.clone()
    }

    fn timeouts(&self) -> &Option<Timeouts> {
        &self.timeouts
    }

    async fn read(self, _: &Work<'_>, _: &mut NoPrivate) -> Result<Option<Self>, NodeError> {
        Ok(Some(self))
    }

    async fn ensure(self, _: Option<&Self>, _: &Work<'_>, _: &mut NoPrivate) -> Result<Self, NodeError> {
        Ok(self)
    }

    async fn remove(self, _: &Work<'_>, _: NoPrivate) -> Result<(), NodeError> {
        Ok(())
    }

    async fn import(_: &tfplugin::Identity, _: &Work<'_>, _: &mut NoPrivate) -> Result<Self, NodeError> {
        Err(NodeError::new("importing", "there is nothing"))
    }
}

struct CountedTypes;

impl Served for CountedTypes {
    fn registry() -> Registry<Session> {
        Registry::default()
            .resource::<ClusterResource<InCluster>>()
            .resource::<RouterResource<OnRouter>>()
            .resource::<OverSsh<OnNode>>()
    }
}

/// Plans an update, and counts what that did without what `validate` does.
async fn planned(server: &ApiServer, type_name: &str, address: Json) -> BTreeMap<String, usize> {
    let router = json!({"url": "https://127.0.0.1:1", "api_key": "k"});
    let provider = json!({
        "kubernetes": {"config_path": server.kubeconfig()}, "routers": {"edge": router}
    });
    let harness: Harness<TestProvider<CountedTypes>> = Harness::new(&provider).await.unwrap();
    let with = |mut values: Json| {
        values.as_object_mut().unwrap().extend(address.as_object().unwrap().clone());
        values
    };
    let prior = with(json!({"name": "pool", "size": "old size", "note": "old note"}));
    let text = |value: &Json| value.as_str().map_or(Value::Null, |text| Value::String(text.to_owned()));
    let prior = prior.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value)));
    let prior = State {
        type_name: type_name.to_owned(),
        object: Value::Object(prior.collect()),
        identity: Value::Null,
        private: Vec::new(),
    };
    let config = with(json!({"name": "pool", "note": "new note"}));
    counted();
    harness.validate(type_name, &config).unwrap();
    let validated = counted();
    assert!(validated.contains_key("decoded new note"), "{validated:?}");
    let planned = harness.plan(type_name, Some(&prior), &config).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    let mut counts = counted();
    for (what, times) in validated {
        let count = counts.entry(what).or_default();
        *count = count.saturating_sub(times);
    }
    counts
}

/// What is in state and plan alike may be read in both.
fn assert_once(counts: &BTreeMap<String, usize>, in_both: &[&str]) {
    assert_eq!(counts.get("decoded new note"), Some(&1), "{counts:?}");
    for (what, times) in counts {
        let text = what.split_once(' ').map(|(_, text)| text).unwrap_or_default();
        let most = if in_both.contains(&text) { 2 } else { 1 };
        assert!(*times <= most, "{what}: {times} times, of {counts:#?}");
    }
}

#[tokio::test]
async fn of_an_object_in_a_cluster() {
    let server = ApiServer::start().await;
    server.world().put(POOLS, "pool", MANAGER, json!({"size": "old size", "note": "old note"}));
    let address = json!({"cluster": null, "namespace": "metallb-system"});
    let counts = planned(&server, "test_cluster_object", address).await;
    assert_eq!(server.world().count("PATCH"), 1, "the plan was tried: {:?}", server.world().log);
    assert_once(&counts, &["pool", "metallb-system"]);
    assert_eq!(counts.get("encoded new note"), Some(&1), "what is tried is made of what is planned");
}

#[tokio::test]
async fn of_an_object_on_a_router() {
    let server = ApiServer::start().await;
    let counts = planned(&server, "test_router_object", json!({"router": "edge"})).await;
    assert_once(&counts, &[]);
    assert!(!counts.keys().any(|what| what.contains("old") || what.contains("encoded")), "{counts:?}");
}

#[tokio::test]
async fn of_a_resource_on_a_node() {
    let server = ApiServer::start().await;
    let address = json!({"host": "10.0.0.11", "timeouts": null});
    let counts = planned(&server, "test_node_resource", address).await;
    assert_once(&counts, &["pool", "10.0.0.11"]);
    assert!(!counts.keys().any(|what| what.contains("encoded")), "{counts:?}");
}
