//! From create to destroy, and all that comes between.

use crate::workspace::{Workspace, unwrapped};
use serde_json::json;

/// A file with everything that it can have.
pub(crate) const WHOLE: &str = r#"
resource "sample_file" "a" {
  name         = "a"
  server       = "2001:DB8::0:1"
  readers      = ["x", "y"]
  labels       = { purpose = "test" }
  sections     = [{ text = "hello", source = "::0:1" }, { text = "world", weight = 3 }]
  header       = { text = "blue", weight = 2 }
  translations = { one = { text = "x" }, two = { text = "yy" } }
  copies       = [{ folder = "p", interval = "60s" }, { folder = "q" }]
  password     = "geheimnis"
  signing_key  = "wax"
}
"#;

#[tokio::test]
async fn a_resource_with_everything_from_create_to_destroy() {
    let terraform = Workspace::new();
    let output = terraform.write(WHOLE).apply().await.succeeded();
    assert!(output.contains("(sensitive value)") && !output.contains("geheimnis"), "{output}");
    let stored = terraform.stored("sample_file.a").await;
    assert_eq!(stored["id"], "file-a");
    assert_eq!(
        (&stored["size"], &stored["revision"], &stored["signature_length"]),
        (&json!(10), &json!(1), &json!(3))
    );
    assert_eq!(
        stored["sections"][0],
        json!({ "text": "hello", "weight": 1, "source": "::0:1", "length": 5 })
    );
    assert_eq!(stored["header"], json!({ "text": "blue", "weight": 2, "source": null, "length": 4 }));
    assert_eq!(stored["translations"]["two"]["length"], 2);
    assert_eq!(stored["copies"].as_array().unwrap().len(), 2);
    assert_eq!(stored["signing_key"], json!(null));
    terraform.plans_nothing().await;

    // The same in other words.
    let respelled = WHOLE
        .replace("2001:DB8::0:1", "2001:db8::1")
        .replace("60s", "1m")
        .replace(r#""x", "y""#, r#""y", "x""#);
    terraform.write(&respelled).plans_nothing().await;

    let larger = WHOLE.replace("  labels ", "  size = 20\n  labels ");
    let output = terraform.write(&larger).apply().await.succeeded();
    assert!(output.contains("0 added, 1 changed, 0 destroyed"), "{output}");
    terraform.plans_nothing().await;

    let output = terraform.write(&larger.replace(r#"= "a""#, r#"= "b""#)).apply().await.succeeded();
    assert!(
        output.contains("forces replacement") && output.contains("1 added, 0 changed, 1 destroyed"),
        "{output}"
    );
    assert!(terraform.path("files/b.json").exists() && !terraform.path("files/a.json").exists());
    terraform.plans_nothing().await;

    let output = terraform.run(&["destroy", "-auto-approve"]).await.succeeded();
    assert!(output.contains("1 destroyed"), "{output}");
    assert!(!terraform.path("files/b.json").exists());
    assert!(!terraform.plugins().is_empty());
    assert_eq!(terraform.left_over(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn nested_objects_come_change_and_go() {
    let terraform = Workspace::new();
    let config =
        |arguments: &str| format!("resource \"sample_file\" \"a\" {{\n  name = \"a\"\n{arguments}}}\n");
    for arguments in [
        "  header = { text = \"blue\" }\n  translations = { one = { text = \"x\" } }\n",
        "  header = { text = \"green\", weight = 4 }\n  translations = { one = { text = \"x\" }, two = { text = \"y\" } }\n",
        "  header = { text = \"green\" }\n  translations = { two = { text = \"y\", weight = 9 } }\n",
        "  translations = {}\n  sections = []\n",
        "",
    ] {
        terraform.write(&config(arguments)).apply().await.succeeded();
        terraform.plans_nothing().await;
    }
    assert_eq!(terraform.stored("sample_file.a").await["revision"], 5);
}

#[tokio::test]
async fn a_set_of_objects_changes_by_element() {
    let terraform = Workspace::new();
    let config = |copies: &str| {
        format!("resource \"sample_file\" \"a\" {{\n  name = \"a\"\n  copies = {copies}\n}}\n")
    };
    terraform
        .write(&config(r#"[{ folder = "p" }, { folder = "q", interval = "90s" }]"#))
        .apply()
        .await
        .succeeded();
    terraform.plans_nothing().await;
    terraform.write(&config(r#"[{ folder = "r" }, { folder = "p" }]"#)).apply().await.succeeded();
    terraform.plans_nothing().await;
    assert_eq!(terraform.stored("sample_file.a").await["copies"].as_array().unwrap().len(), 2);
    let copies = terraform.stored("sample_file.a").await["copies"].clone();
    assert!(copies.as_array().unwrap().iter().all(|copy| copy["url"].is_string()), "{copies}");
    terraform.write(&config("[]")).apply().await.succeeded();
    terraform.plans_nothing().await;
    terraform.write(&config("null")).apply().await.succeeded();
    terraform.plans_nothing().await;
}

#[tokio::test]
async fn drift_is_found_and_mended() {
    let terraform = Workspace::new();
    terraform.write("resource \"sample_file\" \"a\" {\n  name = \"a\"\n}\n").apply().await.succeeded();
    let file = terraform.path("files/a.json");
    std::fs::write(
        &file,
        json!({ "size": 11, "server": "::1", "signature_length": 0, "revision": 1 }).to_string(),
    )
    .unwrap();
    let plan = terraform.plans_changes().await;
    assert!(plan.contains("11 -> 10") && plan.contains("updated in-place"), "{plan}");
    terraform.apply().await.succeeded();
    terraform.plans_nothing().await;

    std::fs::remove_file(&file).unwrap();
    let plan = terraform.plans_changes().await;
    assert!(plan.contains("will be created"), "{plan}");
    terraform.apply().await.succeeded();
    assert!(file.exists());
}

#[tokio::test]
async fn an_imported_object_plans_nothing() {
    let terraform = Workspace::new();
    let config = "resource \"sample_file\" \"a\" {\n  name = \"a\"\n  size = 7\n}\n";
    let file = json!({ "size": 7, "server": null, "signature_length": 0, "revision": 4 }).to_string();
    std::fs::write(terraform.path("files/a.json"), file).unwrap();
    terraform.write(config).run(&["import", "sample_file.a", "a"]).await.succeeded();
    terraform.plans_nothing().await;
    std::fs::remove_file(terraform.path("terraform.tfstate")).unwrap();
    let block = "import {\n  to = sample_file.a\n  id = \"a\"\n}\n";
    let output = terraform.write(&format!("{config}{block}")).apply().await.succeeded();
    assert!(output.contains("1 imported, 0 added, 0 changed"), "{output}");
    terraform.plans_nothing().await;
    assert_eq!(terraform.stored("sample_file.a").await["revision"], 4);

    let missing = block.replace("\"a\"", "\"none\"").replace("sample_file.a", "sample_file.none");
    let config = "resource \"sample_file\" \"none\" {\n  name = \"none\"\n}\n";
    let output = terraform.write(&format!("{config}{missing}")).run(&["plan"]).await.failed();
    assert!(output.contains("there is no such file"), "{output}");
}

#[tokio::test]
async fn unknown_values_are_planned_and_filled_in() {
    let terraform = Workspace::new();
    let body = format!(
        r#"
resource "terraform_data" "later" {{
  input = {{ directory = {:?}, name = "n", size = 4, word = "hi" }}
}}
provider "sample" {{
  directory = terraform_data.later.output.directory
}}
resource "sample_file" "a" {{
  name     = terraform_data.later.output.name
  size     = terraform_data.later.output.size
  readers  = ["x", terraform_data.later.output.word]
  sections = [for word in [terraform_data.later.output.word] : {{ text = word }}]
}}
data "sample_file" "a" {{
  name = sample_file.a.name
}}
output "size" {{
  value = data.sample_file.a.size
}}
"#,
        terraform.path("files")
    );
    let output = terraform.write_all(&body).apply().await.succeeded();
    assert!(output.contains("size = 4"), "{output}");
    assert_eq!(terraform.stored("sample_file.a").await["sections"][0]["length"], 2);
    terraform.plans_nothing().await;
}

#[tokio::test]
async fn what_cannot_wait_for_a_later_run_is_named() {
    let terraform = Workspace::new();
    let file = json!({ "size": 7, "server": null, "signature_length": 0, "revision": 1 }).to_string();
    std::fs::write(terraform.path("files/a.json"), file).unwrap();
    let body = |directory: &str| {
        format!(
            "resource \"terraform_data\" \"later\" {{\n  input = {:?}\n}}\nprovider \"sample\" {{\n  directory = {directory}\n}}\n\
             data \"sample_file\" \"a\" {{\n  name = \"a\"\n}}\n",
            terraform.path("files")
        )
    };
    // Its own configuration is known, so that it is read at plan; this terraform has no later runs.
    let unknown = body("terraform_data.later.output");
    let output = terraform.write_all(&unknown).run(&["plan"]).await.failed();
    let said = unwrapped(&output);
    assert!(said.contains("`directory` in the provider block is known only after apply"), "{output}");
    assert!(said.contains("with `-target`"), "{output}");
    // What it says to do helps.
    terraform.run(&["apply", "-auto-approve", "-target=terraform_data.later"]).await.succeeded();
    terraform.run(&["plan"]).await.succeeded();
}

#[tokio::test]
async fn a_module_says_something_to_the_provider() {
    let terraform = Workspace::new();
    let file = |name: &str| format!("resource \"sample_file\" \"{name}\" {{\n  name = \"{name}\"\n}}\n");
    terraform.write(&file("a")).apply().await.succeeded();
    assert!(!terraform.path("files/a.note").exists());
    let meta = "terraform {\n  provider_meta \"sample\" {\n    note = \"of the root\"\n  }\n}\n";
    terraform.write(&format!("{meta}{}{}", file("a"), file("b"))).apply().await.succeeded();
    assert!(!terraform.path("files/a.note").exists());
    assert_eq!(std::fs::read_to_string(terraform.path("files/b.note")).unwrap(), "of the root");
    let wrong = format!("{}{}", meta.replace("note", "nota"), file("a"));
    let wrong = terraform.write(&wrong).run(&["plan"]).await.failed();
    assert!(wrong.contains("Unsupported argument"), "{wrong}");
}

#[tokio::test]
async fn faults_point_at_the_attribute() {
    let terraform = Workspace::new();
    for (argument, text, place) in [
        ("size = -1", "-1 is not a positive size", "on main.tf line 12"),
        ("server = \"10.0.0\"", "is not an IP address such as", "on main.tf line 12"),
        ("id = \"mine\"", "id is set by the provider", "on main.tf line 12"),
        (
            "sections = [{ text = \"x\" }, { text = \"y\", length = 3 }]",
            "sections[1].length is set by the provider",
            "on main.tf line 12",
        ),
        ("colour = \"red\"", "Unsupported argument", "on main.tf line 12"),
    ] {
        let body = format!("resource \"sample_file\" \"a\" {{\n  name = \"a\"\n  {argument}\n}}\n");
        let output = terraform.write(&body).run(&["validate"]).await.failed();
        assert!(output.contains(text) && output.contains(place), "{argument}: {output}");
    }
    let body = "resource \"sample_file\" \"a\" {\n  name = \"refused\"\n}\n";
    let output = terraform.write(body).run(&["plan"]).await.failed();
    assert!(output.contains("This name is refused") && output.contains("line 11"), "{output}");
}

#[tokio::test]
async fn without_a_directory_only_the_resource_fails() {
    let terraform = Workspace::new();
    let body = "provider \"sample\" {}\nresource \"sample_file\" \"a\" {\n  name = \"a\"\n}\n";
    let output = terraform.write_all(body).apply().await.failed();
    assert!(output.contains("The provider block names no directory"), "{output}");
    assert_eq!(terraform.stored("sample_file.a").await, json!(null));
}

#[tokio::test]
async fn a_large_state_travels_in_one_message() {
    let terraform = Workspace::new();
    let word = "0123456789abcdef".repeat(512);
    let body = format!(
        "resource \"sample_file\" \"a\" {{\n  name = \"a\"\n  labels = {{ big = join(\"\", [for i in range(1000) : \"{word}\"]) }}\n}}\n"
    );
    // Eight megabytes, of which neither plan nor state may be printed here.
    let applied = terraform.write(&body).apply().await;
    assert_eq!(applied.code, Some(0));
    let plan = terraform.run(&["plan", "-detailed-exitcode"]).await;
    assert_eq!(plan.code, Some(0));
    let stored = terraform.stored("sample_file.a").await;
    assert_eq!(stored["labels"]["big"].as_str().map(str::len), Some(8_192_000));
}
