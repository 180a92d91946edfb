//! What terraform 1.11 lacks: import by identity, lists, generated configurations, actions.

use crate::process::{kill, until};
use crate::workspace::Workspace;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

const FILE: &str = "resource \"sample_file\" \"a\" {\n  name = \"a\"\n  size = 7\n}\n";

/// Puts files where the provider finds them.
fn put(terraform: &Workspace, names: &[&str]) {
    for name in names {
        let file = json!({ "size": 7, "server": null, "signature_length": 0, "revision": 4 }).to_string();
        std::fs::write(terraform.path(format!("files/{name}.json")), file).unwrap();
    }
}

/// What is stored of the only resource beside its attributes.
fn stored_identity(terraform: &Workspace) -> serde_json::Value {
    let state = std::fs::read_to_string(terraform.path("terraform.tfstate")).unwrap();
    let state: serde_json::Value = serde_json::from_str(&state).unwrap();
    state["resources"][0]["instances"][0]["identity"].clone()
}

#[tokio::test]
async fn an_object_is_imported_by_its_identity() {
    let terraform = Workspace::new_1_16();
    put(&terraform, &["a"]);
    let block = "import {\n  to = sample_file.a\n  identity = {\n    name = \"a\"\n  }\n}\n";
    let output = terraform.write(&format!("{FILE}{block}")).apply().await.succeeded();
    assert!(output.contains("1 imported, 0 added, 0 changed"), "{output}");
    assert_eq!(stored_identity(&terraform), json!({ "name": "a" }));
    terraform.plans_nothing().await;

    let output = terraform.write(&FILE.replace("\"a\"\n  size", "\"b\"\n  size")).apply().await.succeeded();
    assert!(output.contains("1 added, 0 changed, 1 destroyed"), "{output}");
    assert_eq!(stored_identity(&terraform), json!({ "name": "b" }));

    let missing = block.replace("name = \"a\"", "title = \"a\"").replace("sample_file.a", "sample_file.c");
    let config = FILE.replace("\"a\"", "\"c\"");
    let output = terraform.write(&format!("{config}{missing}")).run(&["plan"]).await.failed();
    assert!(output.contains("\"name\" is required"), "{output}");
}

#[tokio::test]
async fn a_state_of_a_terraform_without_identities_gets_one_at_the_next_read() {
    let terraform = Workspace::new();
    terraform.write(FILE).apply().await.succeeded();
    assert_eq!(stored_identity(&terraform), json!(null));
    let terraform = terraform.with_1_16();
    terraform.run(&["apply", "-refresh-only", "-auto-approve"]).await.succeeded();
    assert_eq!(stored_identity(&terraform), json!({ "name": "a" }));
    terraform.plans_nothing().await;
}

#[tokio::test]
async fn a_configuration_is_generated_that_plans_nothing_but_imports() {
    let terraform = Workspace::new_1_16();
    put(&terraform, &["a"]);
    terraform
        .write("import {\n  to = sample_file.a\n  provider = sample\n  identity = { name = \"a\" }\n}\n");
    terraform.run(&["plan", "-generate-config-out=generated.tf"]).await.succeeded();
    let generated = std::fs::read_to_string(terraform.path("generated.tf")).unwrap();
    assert!(
        generated.contains("name ") && generated.contains("size ") && generated.contains("= 7"),
        "{generated}"
    );
    for computed in ["id ", "revision ", "signature_length "] {
        assert!(!generated.contains(&format!("  {computed}")), "{generated}");
    }
    // The resource says now which provider it is of.
    terraform.write("import {\n  to = sample_file.a\n  identity = { name = \"a\" }\n}\n");
    let output = terraform.apply().await.succeeded();
    assert!(output.contains("1 imported, 0 added, 0 changed"), "{output}");
    terraform.plans_nothing().await;
}

#[tokio::test]
async fn a_query_lists_what_is_there_and_adopts_it() {
    let terraform = Workspace::new_1_16();
    put(&terraform, &["a", "b", "other"]);
    terraform.write("");
    let list = |more: &str| {
        format!(
            "list \"sample_file\" \"all\" {{\n  provider = sample\n{more}  config {{\n    prefix = \"\"\n  }}\n}}\n"
        )
    };
    let output = terraform.write_file("main.tfquery.hcl", &list("")).run(&["query"]).await.succeeded();
    for (name, shown) in [("a", "File a"), ("b", "File b"), ("other", "File other")] {
        assert!(output.contains(&format!("name={name}")) && output.contains(shown), "{output}");
    }
    let limited =
        terraform.write_file("main.tfquery.hcl", &list("  limit = 1\n")).run(&["query"]).await.succeeded();
    assert!(limited.contains("File a") && !limited.contains("File b"), "{limited}");
    let none = list("").replace("prefix = \"\"", "prefix = \"warned\"");
    let output = terraform.write_file("main.tfquery.hcl", &none).run(&["query"]).await.succeeded();
    assert!(output.contains("They are listed too"), "{output}");
    let bad = list("").replace("prefix = \"\"", "suffix = \"\"");
    terraform.write_file("main.tfquery.hcl", &bad).run(&["query"]).await.failed();

    terraform.write_file("main.tfquery.hcl", &list(""));
    terraform.run(&["query", "-generate-config-out=adopted.tf"]).await.succeeded();
    let adopted = std::fs::read_to_string(terraform.path("adopted.tf")).unwrap();
    assert_eq!(adopted.matches("resource \"sample_file\"").count(), 3, "{adopted}");
    assert_eq!(adopted.matches("identity = {").count(), 3, "{adopted}");
    let output = terraform.apply().await.succeeded();
    assert!(output.contains("3 imported, 0 added, 0 changed"), "{output}");
    terraform.plans_nothing().await;
}

const ACTION: &str =
    "action \"sample_stamp\" \"it\" {\n  config {\n    name  = \"a\"\n    times = 2\n  }\n}\n";

#[tokio::test]
async fn an_action_runs_when_it_is_asked_for_and_when_a_resource_changes() {
    let terraform = Workspace::new_1_16();
    let trigger = "  lifecycle {\n    action_trigger {\n      events  = [after_create, after_update]\n      actions = [action.sample_stamp.it]\n    }\n  }\n";
    let with_trigger = FILE.replace("  size", &format!("{trigger}  size"));
    let output = terraform.write(&format!("{with_trigger}{ACTION}")).apply().await.succeeded();
    assert!(output.contains("stamp 1 of 2") && output.contains("stamp 2 of 2"), "{output}");
    let stamp = terraform.path("files/a.stamp");
    assert_eq!(std::fs::read_to_string(&stamp).unwrap(), "2");
    terraform.plans_nothing().await;

    std::fs::remove_file(&stamp).unwrap();
    let output =
        terraform.run(&["apply", "-auto-approve", "-invoke=action.sample_stamp.it"]).await.succeeded();
    assert!(output.contains("stamp 2 of 2") && stamp.exists(), "{output}");

    let refused = ACTION.replace("\"a\"", "\"refused\"");
    let output = terraform.write(&format!("{FILE}{refused}"));
    let output = output.run(&["apply", "-auto-approve", "-invoke=action.sample_stamp.it"]).await.failed();
    assert!(output.contains("This name is refused"), "{output}");
    let never = ACTION.replace("= 2", "= 0");
    let output = terraform.write(&format!("{FILE}{never}")).run(&["validate"]).await.failed();
    assert!(output.contains("A file is stamped at least once"), "{output}");
}

#[tokio::test]
async fn ctrl_c_ends_an_action() {
    let terraform = Workspace::new_1_16();
    let slow = ACTION.replace("\"a\"", "\"slow\"");
    terraform.write(&slow);
    let child = terraform.start(&["apply", "-auto-approve", "-invoke=action.sample_stamp.it"]);
    let begun: PathBuf = terraform.path("files/slow.stamp");
    until("the action's work", || begun.exists()).await;
    kill("-INT", format!("-{}", child.id().unwrap())).await;
    let output =
        tokio::time::timeout(Duration::from_secs(30), child.wait_with_output()).await.unwrap().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("It was interrupted"), "{text}");
    assert!(!output.status.success());
}
