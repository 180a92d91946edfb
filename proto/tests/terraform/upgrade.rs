//! What stays where the provider changes: the README's text is what is built, and a stored state survives a
//! renamed attribute.

use crate::life::WHOLE;
use crate::workspace::Workspace;
use serde_json::json;

#[tokio::test]
async fn the_readmes_provider_and_configuration_work_together() {
    let readme = include_str!("../../README.md");
    let configuration =
        readme.split("```terraform\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert!(configuration.contains(r#"directory = "/tmp""#), "{configuration}");
    let terraform = Workspace::of("files");
    let directory = format!("directory = {:?}", terraform.path("files"));
    let configuration = configuration.replace(r#"directory = "/tmp""#, &directory);
    terraform.write_all(&configuration).apply().await.succeeded();
    let file = terraform.path("files/greeting.txt");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "Hello\n");
    terraform.plans_nothing().await;

    std::fs::write(&file, "Hell\n").unwrap();
    let plan = terraform.plans_changes().await;
    assert!(plan.contains("updated in-place"), "{plan}");
    let output = terraform.apply().await.succeeded();
    assert!(output.contains("0 added, 1 changed, 0 destroyed"), "{output}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "Hello\n");

    let output = terraform.run(&["import", "files_text.greeting", "greeting.txt"]).await.failed();
    assert!(output.contains("does not support import"), "{output}");

    terraform.apply().await.succeeded();
    std::fs::remove_file(&file).unwrap();
    terraform.apply().await.succeeded();
    assert!(file.exists());
    terraform.run(&["destroy", "-auto-approve"]).await.succeeded();
    assert!(!file.exists());
}

#[tokio::test]
async fn a_state_of_the_sample_survives_a_renamed_attribute() {
    let terraform = Workspace::new();
    let sized = WHOLE.replace("  labels ", "  size = 20\n  labels ");
    terraform.write(&sized).apply().await.succeeded();
    let mut stored = terraform.stored("sample_file.a").await;
    assert_eq!(stored["size"], 20);

    terraform.install("sample_later");
    let output = terraform.run(&["plan"]).await.failed();
    assert!(
        output.contains("Unsupported argument"),
        "the old configuration is not the later one's: {output}"
    );
    terraform.write(&sized.replace("size = 20", "bytes = 20")).plans_nothing().await;
    let changed = terraform.write(&sized.replace("size = 20", "bytes = 21")).apply().await.succeeded();
    assert!(changed.contains("0 added, 1 changed, 0 destroyed"), "{changed}");
    // Everything else is as the earlier version stored it.
    stored.as_object_mut().unwrap().remove("size");
    stored["bytes"] = json!(21);
    assert_eq!(terraform.stored("sample_file.a").await, stored);

    terraform.install("sample");
    let output = terraform.write(&sized).run(&["plan"]).await.failed();
    assert!(output.contains("newer provider version"), "{output}");
}
