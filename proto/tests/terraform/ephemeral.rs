//! Ephemeral resources: what they feed, and that nothing of them is kept.

use crate::workspace::Workspace;

/// A key that feeds a write-only attribute, and a provider that takes its directory from it.
const BODY: &str = r#"
ephemeral "sample_key" "a" {
  name   = "a"
  length = 20
}
provider "sample" {
  alias     = "inner"
  directory = ephemeral.sample_key.a.directory
}
resource "sample_file" "a" {
  provider    = sample.inner
  name        = "a"
  labels      = { text = "geheimen" }
  signing_key = ephemeral.sample_key.a.key
}
"#;

/// Everything that terraform wrote down.
fn kept(terraform: &Workspace) -> String {
    ["terraform.tfstate", "saved.plan"].iter().fold(String::new(), |kept, file| {
        kept + &String::from_utf8_lossy(&std::fs::read(terraform.path(file)).unwrap_or_default())
    })
}

#[tokio::test]
async fn a_key_feeds_a_provider_and_a_write_only_attribute_and_is_in_no_state() {
    let terraform = Workspace::new();
    let shown = terraform.write(BODY).apply().await.succeeded();
    let key = "geheimgeheimgeheimge";
    // Twenty letters came through, to the directory that came with them.
    assert_eq!(terraform.stored("sample_file.a").await["signature_length"], 20);
    assert!(terraform.path("files/a.json").exists());
    let state = kept(&terraform);
    assert!(!state.contains(key) && !shown.contains(key), "{state}");
    // The control: what is not ephemeral is found there.
    assert!(state.contains("geheimen"), "{state}");
    assert!(!terraform.path("files/a.key").exists(), "it was not closed");
    terraform.plans_nothing().await;

    // An ordinary attribute does not take it, so it cannot get into the state by mistake.
    let stored =
        BODY.replace("labels      = { text = \"geheimen\" }", "password = ephemeral.sample_key.a.key");
    let refused = terraform.write(&stored).run(&["plan"]).await.failed();
    assert!(refused.contains("Ephemeral values are not valid for \"password\""), "{refused}");
    assert!(!terraform.path("files/a.key").exists(), "it was not closed");
}

#[tokio::test]
async fn it_is_renewed_in_time_and_closed_at_the_end() {
    let terraform = Workspace::new();
    let body = |valid: &str| {
        format!(
            r#"
ephemeral "sample_key" "a" {{
  name  = "a"
  valid = "{valid}"
}}
resource "terraform_data" "slow" {{
  provisioner "local-exec" {{
    command     = "sleep 2; test -e files/a.key"
    environment = {{ KEY = ephemeral.sample_key.a.key }}
  }}
}}
"#
        )
    };
    terraform.write(&body("500ms")).apply().await.succeeded();
    let renewals = || std::fs::read_to_string(terraform.path("files/a.renewals")).unwrap_or_default();
    let often: u32 = renewals().parse().unwrap();
    assert!((2..=6).contains(&often), "renewed {often} times in two seconds");
    assert!(!terraform.path("files/a.key").exists());
    // The control: one that lasts is not renewed.
    std::fs::remove_file(terraform.path("files/a.renewals")).unwrap();
    let again = body("1h").replace("resource", "resource \"terraform_data\" \"other\" {}\nresource");
    terraform
        .write(&again)
        .run(&["apply", "-auto-approve", "-replace=terraform_data.slow"])
        .await
        .succeeded();
    assert_eq!(renewals(), "");
}

#[tokio::test]
async fn faults_of_an_ephemeral_resource_point_at_the_attribute() {
    let terraform = Workspace::new();
    for (argument, said) in [
        ("valid = \"often\"", "is not a duration such as"),
        ("length = 256", "256 is not a whole number from 0 to 255"),
        ("directory = \"mine\"", "directory is set by the provider"),
    ] {
        let body = format!("ephemeral \"sample_key\" \"a\" {{\n  name = \"a\"\n  {argument}\n}}\n");
        let output = terraform.write(&body).run(&["validate"]).await.failed();
        assert!(output.contains(said) && output.contains("on main.tf line 12"), "{argument}: {output}");
    }
    // What is known only at apply is opened at apply.
    let later = r#"
resource "terraform_data" "later" {
  input = "later"
}
ephemeral "sample_key" "a" {
  name = terraform_data.later.output
}
resource "sample_file" "a" {
  name        = "a"
  signing_key = ephemeral.sample_key.a.key
}
"#;
    terraform.write(later).apply().await.succeeded();
    assert_eq!(terraform.stored("sample_file.a").await["signature_length"], 8);
}

#[tokio::test]
async fn the_readmes_secrets_work_together_with_its_configuration() {
    let readme = include_str!("../../README.md");
    let configuration =
        readme.split("```terraform\n").nth(2).and_then(|rest| rest.split("```").next()).unwrap();
    assert!(configuration.contains(r#"directory = "/run/secrets""#), "{configuration}");
    let terraform = Workspace::of("secrets");
    let directory = format!("directory = {:?}", terraform.path("files"));
    let configuration = configuration.replace(r#"directory = "/run/secrets""#, &directory);
    std::fs::write(terraform.path("files/token"), "geheimnis").unwrap();
    let shown = terraform.write_all(&configuration).apply().await.succeeded();
    assert!(shown.contains("hint = \"ge...\"\n"), "{shown}");
    let state = kept(&terraform);
    assert!(state.contains("ge...") && !state.contains("geheimnis"), "{state}");
}
