//! Lists and actions of the sample, in-process.

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
use std::time::Duration;
use tfplugin::testing::{Action, Harness};
use tfplugin::value::to_plain;

const FILE: &str = "sample_file";
const STAMP: &str = "sample_stamp";

async fn sample() -> (Harness<provider::Sample>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    (Harness::new(&json!({ "directory": directory.path() })).await.unwrap(), directory)
}

#[tokio::test]
async fn what_is_listed_is_imported_and_generated_without_a_change() {
    let (terraform, _directory) = sample().await;
    for name in ["a", "b", "c"] {
        terraform.create(FILE, &json!({ "name": name, "size": 7 })).await.unwrap();
    }
    let (all, found) = terraform.list(FILE, &json!({}), 100, true).await.unwrap();
    assert!(found.is_empty(), "{found:?}");
    let shown: Vec<_> = all.iter().map(|one| one.display_name.as_str()).collect();
    assert_eq!(shown, ["File a", "File b", "File c"]);
    for listed in &all {
        let identity = to_plain(&listed.identity).unwrap();
        let imported = terraform.import_by_identity(FILE, &identity).await.unwrap();
        assert_eq!(Some(&imported.object), listed.object.as_ref());
        let state = terraform.state_of(FILE, listed).unwrap();
        let generated = terraform.generated(&state).unwrap();
        assert_eq!(generated, json!({ "name": identity["name"], "size": 7 }));
        let planned = terraform.plan(FILE, Some(&imported), &generated).await.unwrap();
        assert_eq!(planned.action, Action::NoOp);
    }

    let (two, _) = terraform.list(FILE, &json!({}), 2, false).await.unwrap();
    assert_eq!(two.len(), 2);
    assert!(two.iter().all(|one| one.object.is_none()), "only identities are asked for");
    assert!(terraform.list(FILE, &json!({}), 0, false).await.unwrap().0.is_empty());
    let (some, found) = terraform.list(FILE, &json!({ "prefix": "warned" }), 100, false).await.unwrap();
    assert_eq!((some.len(), found.iter().count()), (0, 1));
    let failure = terraform.list(FILE, &json!({ "suffix": "x" }), 100, false).await.unwrap_err();
    assert!(failure.to_string().contains("an argument of this name is not expected here"), "{failure}");
}

#[tokio::test]
async fn an_action_is_validated_planned_and_invoked() {
    let (terraform, directory) = sample().await;
    let (messages, found) = terraform.invoke(STAMP, &json!({ "name": "a", "times": 2 })).await.unwrap();
    assert_eq!(messages, ["stamp 1 of 2", "stamp 2 of 2"]);
    assert!(found.is_empty());
    assert_eq!(std::fs::read_to_string(directory.path().join("a.stamp")).unwrap(), "2");
    for (config, expected) in [
        (json!({ "name": "a", "times": 0 }), "A file is stamped at least once"),
        (json!({ "name": "refused" }), "This name is refused"),
        (json!({}), "this argument is required"),
        (json!({ "name": "no/such/folder" }), "Unable to stamp"),
    ] {
        let failure = terraform.invoke(STAMP, &config).await.unwrap_err();
        assert!(failure.to_string().contains(expected), "{failure}");
    }
    let unknown = json!({ "name": tfplugin::testing::UNKNOWN });
    assert!(terraform.plan_action(STAMP, &unknown).await.unwrap().is_empty());
}

#[tokio::test]
async fn ctrl_c_ends_an_action() {
    let (terraform, _directory) = sample().await;
    let config = json!({ "name": "slow", "times": 3 });
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        terraform.stop();
    };
    let (failed, ()) = tokio::join!(terraform.invoke(STAMP, &config), stopping);
    assert!(failed.unwrap_err().to_string().contains("It was interrupted"));
}
