//! Objects that a `moved` block hands from one type to another.

use crate::workspace::{Workspace, unwrapped};
use serde_json::json;

const DATA: &str = "resource \"terraform_data\" \"a\" {\n  input = \"a\"\n}\n";
const FILE: &str = "resource \"sample_file\" \"a\" {\n  name = \"a\"\n  size = 7\n}\n";
const MOVED: &str = "moved {\n  from = terraform_data.a\n  to   = sample_file.a\n}\n";

/// A file as others made it.
fn make_file(terraform: &Workspace) {
    let file = json!({ "size": 7, "server": null, "signature_length": 0, "revision": 1 }).to_string();
    std::fs::write(terraform.path("files/a.json"), file).unwrap();
}

#[tokio::test]
async fn an_object_of_another_type_is_taken_over_as_it_is() {
    let terraform = Workspace::new();
    make_file(&terraform);
    terraform.write(DATA).apply().await.succeeded();
    // The control: without the block, it is another object.
    let plan = terraform.write(FILE).run(&["plan"]).await.succeeded();
    assert!(plan.contains("1 to add, 0 to change, 1 to destroy"), "{plan}");

    let shown = terraform.write(&format!("{FILE}{MOVED}")).apply().await.succeeded();
    assert!(shown.contains("terraform_data.a has moved to sample_file.a"), "{shown}");
    assert!(shown.contains("0 added, 0 changed, 0 destroyed"), "{shown}");
    let stored = terraform.stored("sample_file.a").await;
    assert_eq!((&stored["id"], &stored["size"]), (&json!("file-a"), &json!(7)));
    assert_eq!(terraform.stored("terraform_data.a").await, json!(null));
    // What the move kept beside the state counts on.
    terraform.write(&FILE.replace("7", "8")).apply().await.succeeded();
    assert_eq!(terraform.stored("sample_file.a").await["revision"], 2);
}

#[tokio::test]
async fn what_cannot_be_taken_over_is_refused_and_stays() {
    let terraform = Workspace::new();
    make_file(&terraform);
    terraform.write(&DATA.replace("\"a\"\n", "[1]\n")).apply().await.succeeded();
    let output = terraform.write(&format!("{FILE}{MOVED}")).run(&["plan"]).await.failed();
    assert!(unwrapped(&output).contains("its input is not the name of a file"), "{output}");
    assert_ne!(terraform.stored("terraform_data.a").await, json!(null));
}
