//! The provider of the README: it runs, and its stored state survives a renamed attribute.

#[path = "../examples/files.rs"]
#[expect(dead_code, reason = "its main is not called here")]
mod files;

use serde_json::json;
use std::collections::BTreeMap;
use tfplugin::testing::{Action, Harness};
use tfplugin::{Context, Diagnostics, Model, Provider, Registry, Resource, Value};

/// The file as a later version of the provider has it: `content` is called `text`.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "files_text", version = 1, upgrade = rename)]
struct Later {
    /// Name of the file.
    #[attribute(required, requires_replace)]
    name: String,
    /// Text of the file.
    #[attribute(required)]
    text: String,
}

fn rename(version: i64, state: &mut BTreeMap<String, Value>) -> Result<(), String> {
    assert_eq!(version, 0);
    let content = state.remove("content").ok_or("it has no `content`")?;
    state.insert("text".to_owned(), content);
    Ok(())
}

/// A provider block without attributes.
#[derive(Clone, Debug, Model)]
struct Config {}

struct LaterFiles;

impl Provider for LaterFiles {
    type Config = Config;
    type Configured = ();
    const NAME: &'static str = "files";

    fn registry() -> Registry<()> {
        Registry::default().resource::<Later>()
    }

    async fn configure(_: ConfigDraft) -> Result<(), Diagnostics> {
        Ok(())
    }
}

impl Resource for Later {
    type Provider = ();
    type Model = Later;
    type Private = ();

    async fn create(_: &Context<()>, planned: Later, (): &mut ()) -> Result<Later, Diagnostics> {
        Ok(planned)
    }

    async fn read(_: &Context<()>, prior: Later, (): &mut ()) -> Result<Option<Later>, Diagnostics> {
        Ok(Some(prior))
    }

    async fn update(_: &Context<()>, _: Later, planned: Later, (): &mut ()) -> Result<Later, Diagnostics> {
        Ok(planned)
    }

    async fn delete(_: &Context<()>, _: Later, (): ()) -> Result<(), Diagnostics> {
        Ok(())
    }
}

const TYPE: &str = "files_text";

#[tokio::test]
async fn the_readmes_provider_creates_reads_changes_and_deletes() {
    let directory = tempfile::tempdir().unwrap();
    let terraform = Harness::<files::Files>::new(&json!({"directory": directory.path()})).await.unwrap();
    let config = |content: &str| json!({"name": "a.txt", "content": content});
    let state = terraform.create(TYPE, &config("one")).await.unwrap();
    let file = directory.path().join("a.txt");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "one");
    let state = terraform.update(&state, &config("two")).await.unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "two");
    let failure = terraform.import(TYPE, "a.txt").await.unwrap_err();
    assert!(failure.to_string().contains("does not support import"), "{failure}");
    std::fs::write(&file, "three").unwrap();
    let (drifted, _) = terraform.read(&state).await.unwrap();
    assert_eq!(drifted.unwrap().object.attribute("content").as_str(), Some("three"));
    terraform.destroy(&state).await.unwrap();
    assert!(!file.exists() && terraform.read(&state).await.unwrap().0.is_none());
}

#[tokio::test]
async fn a_renamed_attribute_upgrades_the_state_that_is_stored() {
    let directory = tempfile::tempdir().unwrap();
    let terraform = Harness::<files::Files>::new(&json!({"directory": directory.path()})).await.unwrap();
    let old = terraform.create(TYPE, &json!({"name": "a.txt", "content": "one"})).await.unwrap();
    let attributes = tfplugin::value::to_plain(&old.object).unwrap();

    let later = Harness::<LaterFiles>::new(&json!({})).await.unwrap();
    let state = later.stored(TYPE, 0, &attributes, &old.private).unwrap();
    assert_eq!(state.object.attribute("text").as_str(), Some("one"));
    assert_eq!(state.object.attribute("name"), old.object.attribute("name"));
    let planned = later.plan(TYPE, Some(&state), &json!({"name": "a.txt", "text": "one"})).await.unwrap();
    assert_eq!(planned.action, Action::NoOp);
    let failure = later.stored(TYPE, 0, &json!({"name": "a.txt"}), &old.private).unwrap_err();
    assert!(failure.to_string().contains("it has no `content`"), "{failure}");
}

#[test]
fn the_readme_shows_the_example() {
    let (readme, example) = (include_str!("../README.md"), include_str!("../examples/files.rs"));
    assert!(readme.contains(example), "copy examples/files.rs into the README");
    let lines = example.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(lines <= 60, "a provider is {lines} lines");
}
