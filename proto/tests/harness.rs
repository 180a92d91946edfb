//! The in-process Terraform: it carries a good provider from create to import, and it sees every rule broken
//! that a bad one breaks.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

#[path = "../examples/sample/file.rs"]
mod file;
#[path = "../examples/sample/function.rs"]
mod function;
#[path = "../examples/sample/key.rs"]
mod key;
#[path = "../examples/sample/provider.rs"]
mod provider;
#[path = "../examples/sample/query.rs"]
mod query;

use serde_json::json;
use std::sync::atomic::{AtomicI64, Ordering};
use tfplugin::testing::{Action, Harness, UNKNOWN};
use tfplugin::types::Semantic;
use tfplugin::{
    Computed, Context, Diagnostics, Function, FunctionError, Identity, Model, Number, Parameters, Plan,
    Provider, Registry, Resource, Value,
};

struct Sample {
    terraform: Harness<provider::Sample>,
    directory: tempfile::TempDir,
}

async fn sample() -> Sample {
    let directory = tempfile::tempdir().unwrap();
    let terraform = Harness::new(&json!({ "directory": directory.path() })).await.unwrap();
    Sample { terraform, directory }
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

#[tokio::test]
async fn a_file_from_create_to_import_to_destroy() {
    let Sample { terraform, directory } = sample().await;
    let config = json!({
        "name": "a", "server": "2001:DB8::0:1", "signing_key": "wax", "readers": ["x", "y"],
        "sections": [{ "text": "hello", "source": "::0:1" }], "copies": [{ "folder": "p", "interval": "60s" }],
    });
    let state = terraform.create("sample_file", &config).await.unwrap();
    assert_eq!(state.object.attribute("id"), &text("file-a"));
    assert_eq!(state.object.attribute("size"), &Value::Number(Number::from(10_i64)));
    // The provider wrote another spelling; the author's stays.
    assert_eq!(state.object.attribute("server"), &text("2001:DB8::0:1"));
    // The signing key came through to the provider and into no state.
    assert_eq!(state.object.attribute("signature_length"), &Value::Number(Number::from(3_i64)));
    assert_eq!(state.object.attribute("signing_key"), &Value::Null);

    let respelled = json!({
        "name": "a", "server": "2001:db8::1", "readers": ["y", "x"],
        "sections": [{ "text": "hello", "weight": 1, "source": "::1" }], "copies": [{ "folder": "p", "interval": "1m" }],
    });
    let planned = terraform.plan("sample_file", Some(&state), &respelled).await.unwrap();
    assert_eq!(planned.action, Action::NoOp);

    let state = terraform.update(&state, &json!({ "name": "a", "size": 20 })).await.unwrap();
    assert_eq!(state.object.attribute("revision"), &Value::Number(Number::from(2_i64)));
    assert_eq!(state.object.attribute("id"), &text("file-a"));

    let renamed =
        terraform.plan("sample_file", Some(&state), &json!({ "name": "b", "size": 20 })).await.unwrap();
    assert_eq!((renamed.action, renamed.replace.len()), (Action::Replace, 1));
    let replaced = terraform.apply(&renamed).await.unwrap().unwrap();
    assert_eq!(replaced.object.attribute("id"), &text("file-b"));
    assert!(directory.path().join("b.json").exists() && !directory.path().join("a.json").exists());

    let imported = terraform.import("sample_file", "b").await.unwrap();
    let by_identity = terraform.import_by_identity("sample_file", &json!({ "name": "b" })).await.unwrap();
    assert_eq!((&by_identity.object, &by_identity.identity), (&imported.object, &imported.identity));
    assert_eq!(imported.identity.attribute("name"), &text("b"));
    let generated = terraform.generated(&imported).unwrap();
    assert_eq!(generated, json!({ "name": "b", "size": 20 }));
    let planned = terraform.plan("sample_file", Some(&imported), &generated).await.unwrap();
    assert_eq!(planned.action, Action::NoOp);
    let planned =
        terraform.plan("sample_file", Some(&imported), &json!({ "name": "b", "size": 20 })).await.unwrap();
    assert_eq!(planned.action, Action::NoOp);

    let found = terraform.read_data_source("sample_file", &json!({ "name": "b" })).await.unwrap().0;
    assert_eq!(found.attribute("size"), &Value::Number(Number::from(20_i64)));

    terraform.destroy(&replaced).await.unwrap();
    assert!(!directory.path().join("b.json").exists());
    assert!(terraform.read(&replaced).await.unwrap().0.is_none());
}

#[tokio::test]
async fn drift_is_found_and_mended() {
    let Sample { terraform, directory } = sample().await;
    let config = json!({ "name": "a", "size": 5 });
    let state = terraform.create("sample_file", &config).await.unwrap();
    let changed = json!({ "size": 6, "server": null, "signature_length": 0, "revision": 1 });
    std::fs::write(directory.path().join("a.json"), changed.to_string()).unwrap();
    let read = terraform.read(&state).await.unwrap().0.unwrap();
    let planned = terraform.plan("sample_file", Some(&read), &config).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    let mended = terraform.apply(&planned).await.unwrap().unwrap();
    assert_eq!(mended.object.attribute("size"), &Value::Number(Number::from(5_i64)));
}

#[tokio::test]
async fn what_is_unknown_stays_unknown_in_the_plan() {
    let Sample { terraform, .. } = sample().await;
    let config = json!({ "name": UNKNOWN, "size": UNKNOWN, "readers": ["x", UNKNOWN], "sections": UNKNOWN });
    assert!(terraform.validate("sample_file", &config).unwrap().is_empty());
    let planned = terraform.plan("sample_file", None, &config).await.unwrap();
    for name in ["name", "size", "sections", "id"] {
        assert!(planned.object.attribute(name).is_unknown(), "{name}");
    }
    assert!(!planned.object.attribute("readers").is_wholly_known());
}

#[tokio::test]
async fn configurations_are_read_as_strictly_as_terraform_reads_them() {
    let Sample { terraform, .. } = sample().await;
    let told = |config| match terraform.validate("sample_file", &config) {
        Ok(found) => found
            .iter()
            .map(|one| format!("{:?} {}", one.attribute, one.detail))
            .collect::<Vec<_>>()
            .join("\n"),
        Err(failure) => failure.to_string(),
    };
    assert!(
        told(json!({ "name": "a", "nmae": "a" }))
            .contains("nmae: an argument of this name is not expected here")
    );
    assert!(told(json!({})).contains("name: this argument is required"));
    assert!(told(json!({ "name": "a", "size": "large" })).contains("size: "));
    assert!(told(json!({ "name": "a", "id": "mine" })).contains("id is set by the provider"));
    assert!(told(json!({ "name": "a", "size": -1 })).contains("-1 is not a positive size"));
    assert!(told(json!({ "name": "a", "server": "10.0.0" })).contains("is not an IP address"));
    assert!(
        told(json!({ "name": "a", "copies": [{ "folder": "p", "interval": "often" }] }))
            .contains("is not a duration")
    );
    assert!(
        told(json!({ "name": "a", "size": 1, "sections": [{ "text": "" }, { "text": "" }] }))
            .contains("more sections")
    );
}

#[tokio::test]
async fn a_failed_create_stores_nothing_and_a_failed_update_what_was_there() {
    let Sample { terraform, directory } = sample().await;
    let state = terraform.create("sample_file", &json!({ "name": "a" })).await.unwrap();
    std::fs::remove_dir_all(directory.path()).unwrap();
    let failure = terraform.create("sample_file", &json!({ "name": "b" })).await.unwrap_err();
    assert!(failure.to_string().contains("Unable to write file") && failure.stored.is_none(), "{failure}");
    let failure = terraform.update(&state, &json!({ "name": "a", "size": 3 })).await.unwrap_err();
    assert_eq!(failure.stored.unwrap().object, state.object);
}

#[tokio::test]
async fn what_a_module_says_reaches_the_provider() {
    let Sample { terraform, directory } = sample().await;
    terraform.create("sample_file", &json!({ "name": "a" })).await.unwrap();
    assert!(!directory.path().join("a.note").exists());
    let terraform = terraform.of_module(&json!({ "note": "of a module" })).unwrap();
    terraform.create("sample_file", &json!({ "name": "b" })).await.unwrap();
    assert_eq!(std::fs::read_to_string(directory.path().join("b.note")).unwrap(), "of a module");
    let failure = terraform.of_module(&json!({ "nota": "x" })).map(drop).unwrap_err();
    assert!(failure.to_string().contains("nota: an argument of this name is not expected"), "{failure}");
    let rude = Harness::<Rude>::new(&json!({})).await.unwrap();
    let failure = rude.of_module(&json!({})).map(drop).unwrap_err();
    assert!(failure.to_string().contains("no schema for `provider_meta`"), "{failure}");
}

#[tokio::test]
async fn a_function_is_called_as_terraform_calls_it() {
    let Sample { terraform, .. } = sample().await;
    let call = |arguments: serde_json::Value| terraform.call("size_of", arguments.as_array().unwrap());
    assert_eq!(call(json!([null, "a", "12345"])).unwrap(), Value::Number(Number::from(15_i64)));
    assert!(call(json!([1, UNKNOWN, "x"])).unwrap().is_unknown());
    assert!(call(json!([1, "a", UNKNOWN])).unwrap().is_unknown());
    for (arguments, said) in [
        (json!([1, "a", "b", ""]), "Error in function call: a text must not be empty"),
        (json!([1, null]), "broken rule: purpose: argument cannot be null"),
        (json!([1]), "not enough function arguments"),
        (json!(["many", "a"]), "broken rule: spare: "),
    ] {
        let failure = call(arguments.clone()).unwrap_err();
        assert!(failure.to_string().contains(said), "{arguments}: {failure}");
    }
    let named = call(json!([1, "a", ""])).unwrap_err().diagnostics.into_iter().next().unwrap();
    assert_eq!(named.attribute, Some("texts".into()));
    assert!(terraform.call("size_for", &[]).unwrap_err().to_string().contains("there is no function"));

    let rude = Harness::<Rude>::new(&json!({})).await.unwrap();
    let failure = rude.call("count_up", &[]).unwrap_err();
    assert!(failure.to_string().contains("function returned an inconsistent result"), "{failure}");
}

/// Answers another number each time.
#[derive(Parameters)]
#[function(name = "count_up")]
struct CountUp;

impl Function for CountUp {
    type Return = i64;

    fn call(self) -> Result<i64, FunctionError> {
        static CALLS: AtomicI64 = AtomicI64::new(0);
        Ok(CALLS.fetch_add(1, Ordering::Relaxed))
    }
}

/// A provider that breaks the rule that its configuration names.
struct Rude;

/// Nothing to configure.
#[derive(Clone, Debug, Model)]
pub struct Nothing {
    /// Nothing.
    #[attribute(optional)]
    nothing: Option<String>,
}

/// An object.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "rude_object")]
pub struct Rudeness {
    /// The rule to break.
    #[attribute(required, identity(mutable))]
    breaks: String,
    /// What the author says.
    #[attribute(optional)]
    said: Option<String>,
    /// An address.
    #[attribute(optional)]
    address: Option<Semantic<std::net::IpAddr>>,
    /// What the provider says.
    #[attribute(computed)]
    answer: Computed<String>,
}

impl Provider for Rude {
    type Config = Nothing;
    type Configured = ();
    const NAME: &'static str = "rude";

    fn registry() -> Registry<()> {
        Registry::default().resource::<RudeObject>().function::<CountUp>()
    }

    async fn configure(_: NothingDraft) -> Result<(), Diagnostics> {
        Ok(())
    }
}

/// How often a plan was made that is another one each time.
static ROLLS: AtomicI64 = AtomicI64::new(1);

struct RudeObject;

impl Resource for RudeObject {
    type Provider = ();
    type Model = Rudeness;
    type Private = ();

    async fn modify_plan(_: &Context<()>, plan: &mut Plan<Rudeness, ()>) -> Result<(), Diagnostics> {
        let breaks = plan.planned.breaks.known().map(String::as_str);
        match breaks {
            Some("config") => plan.planned.said.use_prior_state(Some("something else".to_owned())),
            Some("absence") => plan.planned.said.use_prior_state(Some("out of nothing".to_owned())),
            Some("dice") => {
                plan.planned.answer.set(format!("rolled {}", ROLLS.fetch_add(1, Ordering::Relaxed)))
            }
            Some("promise") => plan.planned.answer.set("promised".to_owned()),
            _ => {}
        }
        Ok(())
    }

    async fn create(_: &Context<()>, planned: Rudeness, _: &mut ()) -> Result<Rudeness, Diagnostics> {
        let mut made = planned;
        match made.breaks.as_str() {
            "pending" => return Ok(made),
            "value" => made.said = Some("changed".to_owned()),
            "loss" => made.said = None,
            "birth" => made.said = Some("born".to_owned()),
            _ => {}
        }
        made.answer = "given".to_owned().into();
        Ok(made)
    }

    async fn read(_: &Context<()>, mut prior: Rudeness, _: &mut ()) -> Result<Option<Rudeness>, Diagnostics> {
        match prior.breaks.as_str() {
            "drift" => prior.said = Some("drifted".to_owned()),
            "gone" => return Ok(None),
            _ => {}
        }
        Ok(Some(prior))
    }

    async fn update(
        _: &Context<()>,
        _: Rudeness,
        planned: Rudeness,
        _: &mut (),
    ) -> Result<Rudeness, Diagnostics> {
        Ok(planned)
    }

    async fn delete(_: &Context<()>, _: Rudeness, _: ()) -> Result<(), Diagnostics> {
        Ok(())
    }

    async fn import_state(_: &Context<()>, rule: &Identity, _: &mut ()) -> Result<Rudeness, Diagnostics> {
        Ok(Rudeness { breaks: rule.part("breaks"), said: None, address: None, answer: "x".to_owned().into() })
    }
}

#[tokio::test]
async fn broken_rules_are_seen() {
    let terraform = Harness::<Rude>::new(&json!({})).await.unwrap();
    let polite = json!({ "breaks": "nothing", "said": "yes" });
    terraform.create("rude_object", &polite).await.unwrap();
    for (config, rule) in [
        (json!({ "breaks": "config", "said": "yes" }), "said: planned value does not match config value"),
        (json!({ "breaks": "absence" }), "said: planned value for a non-computed attribute"),
        (json!({ "breaks": "promise" }), "answer: was String(\"promised\"), but now String(\"given\")"),
        (json!({ "breaks": "dice" }), "answer: was String(\"rolled 1\"), but now String(\"rolled 2\")"),
        (json!({ "breaks": "pending" }), "answer"),
        (
            json!({ "breaks": "value", "said": "yes" }),
            "said: was String(\"yes\"), but now String(\"changed\")",
        ),
        (json!({ "breaks": "loss", "said": "yes" }), "said: had a value, but now null"),
        (json!({ "breaks": "birth" }), "said: was null, but now has a value"),
        (json!({ "breaks": "drift" }), "the next plan is not empty but Update"),
        (json!({ "breaks": "gone" }), "what was just made is not there"),
    ] {
        let failure = terraform.create("rude_object", &config).await.unwrap_err();
        assert!(failure.to_string().contains(rule), "{config}: {failure}");
    }
    let failure = terraform.import("rude_object", "gone").await.unwrap_err();
    assert!(failure.to_string().contains("cannot import non-existent remote object"), "{failure}");
}
