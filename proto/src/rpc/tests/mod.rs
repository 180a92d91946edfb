//! The calls as core makes them, with what core rarely or never sends too.

mod identity;
mod stream;

use super::{Service, Shared};
use crate::wire::tfplugin6::provider_server::Provider as _;
use crate::wire::tfplugin6::{self as pb, DynamicValue};
use crate::{
    Computed, Context, Diagnostic, Diagnostics, Identity, Model, ObservedPlan, Plan, Provider, Registry,
    Resource, Value,
};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tonic::Request;

/// The provider block.
#[derive(Clone, Debug, Model)]
struct Block {
    /// A greeting.
    #[attribute(optional)]
    greeting: Option<String>,
}

/// A thing.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "test_thing")]
struct Thing {
    /// What happens to it.
    #[attribute(required, identity(mutable))]
    fate: String,
    /// Never stored.
    #[attribute(optional, write_only)]
    secret: Option<String>,
    /// What the provider says.
    #[attribute(computed)]
    said: Computed<String>,
}

/// A thing whose schema core would refuse.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "test_broken")]
struct Broken {
    /// One of Terraform's own names.
    #[attribute(required)]
    count: i64,
}

struct Good;
struct Bad;

impl Provider for Good {
    type Config = Block;
    type Configured = Option<String>;
    const NAME: &'static str = "test";

    fn registry() -> Registry<Option<String>> {
        Registry::default().resource::<Things>()
    }

    fn observe_plan(_: &Option<String>, planned: &ObservedPlan<'_>) -> Diagnostics {
        let fate = planned.object.attribute("fate").as_str().unwrap_or_default();
        let told = format!("{} {fate}, again {}", planned.type_name, planned.is_again);
        match fate {
            "observed" => Diagnostic::warning("Observed", told).into(),
            _ => Diagnostics::new(),
        }
    }

    async fn configure(config: BlockDraft) -> Result<Option<String>, Diagnostics> {
        Ok(config.greeting.given().cloned())
    }
}

impl Provider for Bad {
    type Config = Block;
    type Configured = Option<String>;
    const NAME: &'static str = "test";

    fn registry() -> Registry<Option<String>> {
        Registry::default().resource::<Breakage>()
    }

    async fn configure(_: BlockDraft) -> Result<Option<String>, Diagnostics> {
        Ok(None)
    }
}

struct Things;
struct Breakage;

impl Resource for Things {
    type Provider = Option<String>;
    type Model = Thing;
    type Private = ();

    async fn modify_plan(_: &Context<Option<String>>, plan: &mut Plan<Thing, ()>) -> Result<(), Diagnostics> {
        match plan.planned.fate.known().map(String::as_str) {
            Some("panic") => panic!("as it was told"),
            _ => Ok(()),
        }
    }

    async fn create(
        context: &Context<Option<String>>,
        mut planned: Thing,
        _: &mut (),
    ) -> Result<Thing, Diagnostics> {
        if planned.fate == "wait" {
            context.cancelled().cancelled().await;
        }
        let cancelled = context.cancelled().is_cancelled();
        let greeting = context.provider().as_deref().unwrap_or_default();
        planned.said = format!("{greeting}, secret {:?}, cancelled {cancelled}", planned.secret).into();
        Ok(planned)
    }

    async fn read(
        _: &Context<Option<String>>,
        prior: Thing,
        _: &mut (),
    ) -> Result<Option<Thing>, Diagnostics> {
        Ok(Some(prior))
    }

    async fn update(
        _: &Context<Option<String>>,
        _: Thing,
        planned: Thing,
        _: &mut (),
    ) -> Result<Thing, Diagnostics> {
        Ok(planned)
    }

    async fn delete(_: &Context<Option<String>>, _: Thing, (): ()) -> Result<(), Diagnostics> {
        Ok(())
    }

    async fn import_state(
        _: &Context<Option<String>>,
        identity: &Identity,
        _: &mut (),
    ) -> Result<Thing, Diagnostics> {
        Ok(Thing {
            fate: identity.part("fate"),
            secret: Some("leaked".to_owned()),
            said: "x".to_owned().into(),
        })
    }
}

impl Resource for Breakage {
    type Provider = Option<String>;
    type Model = Broken;
    type Private = ();

    async fn create(_: &Context<Option<String>>, planned: Broken, _: &mut ()) -> Result<Broken, Diagnostics> {
        Ok(planned)
    }

    async fn read(
        _: &Context<Option<String>>,
        prior: Broken,
        _: &mut (),
    ) -> Result<Option<Broken>, Diagnostics> {
        Ok(Some(prior))
    }

    async fn update(
        _: &Context<Option<String>>,
        _: Broken,
        new: Broken,
        _: &mut (),
    ) -> Result<Broken, Diagnostics> {
        Ok(new)
    }

    async fn delete(_: &Context<Option<String>>, _: Broken, (): ()) -> Result<(), Diagnostics> {
        Ok(())
    }
}

fn service() -> Service<Good> {
    Service::new(Arc::new(Shared::default()))
}

/// A value in the JSON form, which core never uses but may.
fn value(json: serde_json::Value) -> Option<DynamicValue> {
    Some(DynamicValue { msgpack: Vec::new(), json: json.to_string().into_bytes() })
}

fn text(found: &[pb::Diagnostic]) -> String {
    found.iter().map(|one| format!("{}: {}\n", one.summary, one.detail)).collect()
}

async fn configure(service: &Service<Good>, config: serde_json::Value) {
    let request = pb::configure_provider::Request { config: value(config), ..Default::default() };
    let answer = service.configure_provider(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(text(&answer.diagnostics), "");
}

fn creation(fate: &str, secret: Option<&str>) -> pb::apply_resource_change::Request {
    pb::apply_resource_change::Request {
        type_name: "test_thing".to_owned(),
        planned_state: Some(DynamicValue {
            // {"fate": fate, "said": unknown, "secret": null}
            msgpack: crate::value::msgpack::encode(
                &Value::Object(
                    [
                        ("fate".to_owned(), Value::String(fate.to_owned())),
                        ("said".to_owned(), Value::unknown()),
                    ]
                    .into(),
                ),
                Thing::schema().object_type(),
            )
            .unwrap(),
            json: Vec::new(),
        }),
        config: value(json!({ "fate": fate, "secret": secret })),
        ..Default::default()
    }
}

/// What the thing says after it was created.
async fn created(service: &Service<Good>, fate: &str, secret: Option<&str>) -> String {
    let answer =
        service.apply_resource_change(Request::new(creation(fate, secret))).await.unwrap().into_inner();
    assert_eq!(text(&answer.diagnostics), "");
    let of = Thing::schema().object_type();
    let stored = crate::wire::from_dynamic(answer.new_state.as_ref(), of).unwrap();
    assert!(stored.attribute("secret").is_null());
    stored.attribute("said").as_str().unwrap().to_owned()
}

#[tokio::test]
async fn work_before_configuring_is_an_error_and_configuring_again_replaces() {
    let service = service();
    let answer = service.apply_resource_change(Request::new(creation("x", None))).await.unwrap().into_inner();
    assert!(text(&answer.diagnostics).contains("before it configured the provider"));
    assert!(answer.new_state.is_none());
    configure(&service, json!({ "greeting": "hello" })).await;
    assert!(created(&service, "x", None).await.starts_with("hello,"));
    configure(&service, json!({ "greeting": "good day" })).await;
    assert!(created(&service, "x", None).await.starts_with("good day,"));
}

#[tokio::test]
async fn a_write_only_value_reaches_the_provider_and_no_answer() {
    let service = service();
    configure(&service, json!({})).await;
    assert!(created(&service, "x", Some("wax")).await.contains("secret Some(\"wax\")"));
    let request = pb::import_resource_state::Request {
        type_name: "test_thing".to_owned(),
        id: "x".to_owned(),
        ..Default::default()
    };
    let answer = service.import_resource_state(Request::new(request)).await.unwrap().into_inner();
    let state = answer.imported_resources.first().and_then(|one| one.state.clone()).unwrap();
    assert!(!String::from_utf8_lossy(&state.msgpack).contains("leaked"));

    let told = async |capabilities| {
        let request = pb::validate_resource_config::Request {
            type_name: "test_thing".to_owned(),
            config: value(json!({ "fate": "x", "secret": "wax" })),
            client_capabilities: capabilities,
        };
        let answer = service.validate_resource_config(Request::new(request)).await.unwrap().into_inner();
        assert!(answer.diagnostics.iter().all(|one| one.attribute.is_none()), "its line would show it");
        text(&answer.diagnostics)
    };
    assert!(told(None).await.contains("secret is write-only, which needs Terraform 1.11"));
    let able = pb::ClientCapabilities { write_only_attributes_allowed: true, ..Default::default() };
    assert_eq!(told(Some(able)).await, "");
}

#[tokio::test]
async fn stopping_ends_what_runs_and_what_comes_until_the_next_configuration() {
    let service = Arc::new(service());
    configure(&service, json!({})).await;
    let running = Arc::clone(&service);
    let running = tokio::spawn(async move { created(&running, "wait", None).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!running.is_finished());
    service.stop_provider(Request::new(pb::stop_provider::Request {})).await.unwrap();
    let said = tokio::time::timeout(Duration::from_secs(5), running).await.unwrap().unwrap();
    assert!(said.ends_with("cancelled true"), "{said}");
    // A call that was on its way when core stopped.
    let said = created(&service, "x", None).await;
    assert!(said.ends_with("cancelled true"), "{said}");
    configure(&service, json!({})).await;
    let said = created(&service, "x", None).await;
    assert!(said.ends_with("cancelled false"), "{said}");
}

#[tokio::test]
async fn a_panic_is_an_error_of_that_call_alone() {
    let service = service();
    configure(&service, json!({})).await;
    let request = |fate: &str| pb::plan_resource_change::Request {
        type_name: "test_thing".to_owned(),
        proposed_new_state: value(json!({ "fate": fate })),
        config: value(json!({ "fate": fate })),
        ..Default::default()
    };
    let answer = service.plan_resource_change(Request::new(request("panic"))).await.unwrap().into_inner();
    assert!(text(&answer.diagnostics).contains("panicked in plan_resource_change: as it was told"));
    let answer = service.plan_resource_change(Request::new(request("x"))).await.unwrap().into_inner();
    assert_eq!(text(&answer.diagnostics), "");
    assert!(answer.planned_state.is_some());
}

#[tokio::test]
async fn the_second_plan_of_a_resource_that_is_replaced_is_told_from_the_first() {
    let service = service();
    configure(&service, json!({})).await;
    let plan = async |prior: Option<serde_json::Value>, private: Vec<u8>| {
        let request = pb::plan_resource_change::Request {
            type_name: "test_thing".to_owned(),
            prior_state: prior.and_then(value),
            proposed_new_state: value(json!({ "fate": "observed" })),
            config: value(json!({ "fate": "observed" })),
            prior_private: private,
            ..Default::default()
        };
        let answer = service.plan_resource_change(Request::new(request)).await.unwrap().into_inner();
        (text(&answer.diagnostics), answer.planned_private)
    };
    let (told, _) = plan(None, Vec::new()).await;
    assert!(told.contains("test_thing observed, again false"), "{told}");
    let (told, private) = plan(Some(json!({ "fate": "x", "said": "y" })), Vec::new()).await;
    assert!(told.contains("again false"), "{told}");
    // Core hands on what the first plan answered, with no prior object.
    let (told, _) = plan(None, private).await;
    assert!(told.contains("again true"), "{told}");
}

#[tokio::test]
async fn what_does_not_fit_is_an_error_and_not_a_crash() {
    let service = service();
    configure(&service, json!({})).await;
    let told = async |type_name: &str, state: Option<DynamicValue>| {
        let request = pb::read_resource::Request {
            type_name: type_name.to_owned(),
            current_state: state,
            ..Default::default()
        };
        let answer = service.read_resource(Request::new(request)).await.unwrap().into_inner();
        text(&answer.diagnostics)
    };
    let good = json!({ "fate": "x", "said": "y" });
    assert_eq!(told("test_thing", value(good.clone())).await, "");
    assert!(told("test_other", value(good)).await.contains("no resource type \"test_other\""));
    let garbage = DynamicValue { msgpack: vec![0xdf, 0xff, 0xff, 0xff, 0xff, 0xc1], json: Vec::new() };
    assert!(told("test_thing", Some(garbage)).await.contains("Unable to read the stored state"));
    assert!(told("test_thing", value(json!({ "fate": [] }))).await.contains("does not fit"));
    // All forms of null; reading nothing is core's fault and still no crash.
    for null in
        [None, Some(DynamicValue::default()), Some(DynamicValue { msgpack: vec![0xc0], json: Vec::new() })]
    {
        assert!(told("test_thing", null).await.contains("does not fit"));
    }
}

#[tokio::test]
async fn stored_state_is_read_by_todays_schema() {
    let service = service();
    let upgraded = async |version, json: Option<&str>, flatmap: HashMap<String, String>| {
        let raw = pb::RawState { json: json.unwrap_or_default().as_bytes().to_vec(), flatmap };
        let request = pb::upgrade_resource_state::Request {
            type_name: "test_thing".to_owned(),
            version,
            raw_state: Some(raw),
        };
        let answer = service.upgrade_resource_state(Request::new(request)).await.unwrap().into_inner();
        let of = Thing::schema().object_type();
        let state = crate::wire::from_dynamic(answer.upgraded_state.as_ref(), of).unwrap();
        (state, text(&answer.diagnostics))
    };
    let (state, told) = upgraded(0, Some(r#"{"fate":"x","gone":null}"#), HashMap::new()).await;
    assert_eq!((state.attribute("fate").as_str(), told.as_str()), (Some("x"), ""));
    assert!(state.attribute("said").is_null());
    let (_, told) = upgraded(0, None, HashMap::from([("fate".to_owned(), "x".to_owned())])).await;
    assert!(told.contains("before 0.12"), "{told}");
    let (_, told) = upgraded(0, Some(r#"{"fate":"x","gone":[1]}"#), HashMap::new()).await;
    assert!(told.contains("the attribute \"gone\" is not known"), "{told}");
}

#[tokio::test]
async fn a_schema_that_core_would_refuse_names_its_rule() {
    let service = Service::new(Arc::new(Shared::<Bad>::default()));
    let schema =
        service.get_provider_schema(Request::new(pb::get_provider_schema::Request {})).await.unwrap();
    let told = text(&schema.into_inner().diagnostics);
    assert!(
        told.contains("In the schema of test_broken, count: is one of Terraform's own argument names"),
        "{told}"
    );
}
