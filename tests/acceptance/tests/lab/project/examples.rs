//! Everything that users copy from is a configuration that terraform accepts: every example, and every
//! snippet of the README and the guides.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test's helpers fail as the test does"
)]

use acceptance::{Cli, plugin, proxmox_plugin, snippets};
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;
use tokio::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("unable to read {}: {error}", file.display()))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("unable to read {}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The folders one level below `examples/<group>`.
fn examples(group: &str) -> Vec<PathBuf> {
    let folders = entries(&root().join("examples").join(group));
    assert!(!folders.is_empty(), "there is no example of {group}");
    folders
}

/// Terraform that takes the plugin of this build and asks no registry.
struct Terraform {
    own: TempDir,
    program: PathBuf,
    /// Arguments of `validate` beside `-json`.
    validate: &'static [&'static str],
}

impl Terraform {
    fn new() -> Self {
        let own = tempfile::tempdir().unwrap();
        for built in [plugin().unwrap(), proxmox_plugin().unwrap()] {
            let link = own.path().join(built.file_name().unwrap());
            if std::fs::hard_link(&built, &link).is_err() {
                std::fs::copy(&built, &link).unwrap();
            }
        }
        let settings = format!(
            "disable_checkpoint = true\nprovider_installation {{\n  dev_overrides {{\n    \"baremetal/microk8s\" = {folder:?}\n    \"bpg/proxmox\" = {folder:?}\n  }}\n}}\n",
            folder = own.path()
        );
        std::fs::write(own.path().join("cli.tfrc"), settings).unwrap();
        Self { own, program: "terraform".into(), validate: &[] }
    }

    /// With import by identity and lists.
    async fn new_1_16() -> Self {
        let program = Cli::Terraform116.program().await.unwrap();
        Self { program, validate: &["-query"], ..Self::new() }
    }

    /// What terraform finds wrong with a configuration of these files, which may call the repository's
    /// modules.
    async fn faults(&self, files: &[(&str, &str)]) -> Vec<String> {
        let whole = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(root().join("examples/modules"), whole.path().join("modules")).unwrap();
        let folder = whole.path().join("build-outs/this");
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        // Examples read the router's certificate from a file beside them.
        let router = rcgen::generate_simple_self_signed(["10.0.0.1".to_owned()]).unwrap();
        std::fs::write(folder.join("edge.pem"), router.cert.pem()).unwrap();
        let output = self.command(&["get"], &folder).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let output = self.command(&[&["validate", "-json"], self.validate].concat(), &folder).await;
        let text = String::from_utf8_lossy(&output.stdout);
        let report: serde_json::Value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
        let diagnostics = report["diagnostics"].as_array().unwrap().iter();
        let faults: Vec<_> = diagnostics
            .filter(|one| one["severity"] == "error")
            .map(|one| {
                format!(
                    "{}: {}\n{}\n{}",
                    one["range"]["filename"], one["snippet"]["code"], one["summary"], one["detail"]
                )
            })
            .collect();
        assert_eq!(report["valid"] == true, faults.is_empty(), "{text}");
        faults
    }

    async fn command(&self, arguments: &[&str], folder: &Path) -> Output {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(folder)
            .env("TF_CLI_CONFIG_FILE", self.own.path().join("cli.tfrc"));
        command.output().await.unwrap()
    }

    #[track_caller]
    fn assert_accepted(what: &str, faults: &[String]) {
        assert!(faults.is_empty(), "terraform does not accept {what}:\n{}", faults.join("\n\n"));
    }
}

/// What Terraform takes from 1.12 on.
const BY_IDENTITY: &str = "import-by-identity.tf";

/// The `.tf` files of a folder.
fn configuration(folder: &Path) -> Vec<(String, String)> {
    let is_configuration = |file: &PathBuf| {
        file.extension().is_some_and(|ending| ending == "tf") && !file.ends_with(BY_IDENTITY)
    };
    let files = entries(folder).into_iter().filter(is_configuration);
    files.map(|file| (file.file_name().unwrap().to_string_lossy().into_owned(), read(&file))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn terraform_accepts_the_example_of_every_type_and_function() {
    let terraform = Terraform::new();
    let provider = read(&root().join("examples/provider/provider.tf"));
    Terraform::assert_accepted(
        "examples/provider",
        &terraform.faults(&[("provider.tf", provider.as_str())]).await,
    );
    let groups = ["resources", "data-sources", "ephemeral-resources", "functions"];
    for folder in groups.into_iter().flat_map(examples) {
        let files = configuration(&folder);
        assert!(!files.is_empty(), "{} has no configuration", folder.display());
        let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let files: Vec<_> = files.chain([("provider.tf", provider.as_str())]).collect();
        Terraform::assert_accepted(&folder.display().to_string(), &terraform.faults(&files).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn terraform_1_16_accepts_every_import_by_identity_and_every_list() {
    let terraform = Terraform::new_1_16().await;
    let provider = read(&root().join("examples/provider/provider.tf"));
    for folder in examples("resources") {
        let mut files = configuration(&folder);
        files.push((BY_IDENTITY.to_owned(), read(&folder.join(BY_IDENTITY))));
        let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let files: Vec<_> = files.chain([("provider.tf", provider.as_str())]).collect();
        Terraform::assert_accepted(&folder.display().to_string(), &terraform.faults(&files).await);
    }
    for folder in examples("list-resources") {
        let list = read(&folder.join("list-resource.tfquery.hcl"));
        let files = |list| [("list-resource.tfquery.hcl", list), ("provider.tf", provider.as_str())];
        Terraform::assert_accepted(&folder.display().to_string(), &terraform.faults(&files(&list)).await);
        let wrong = list.replacen("  config {\n", "  config {\n    colour = \"red\"\n", 1);
        assert_eq!(terraform.faults(&files(&wrong)).await.len(), 1, "what is wrong is found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn terraform_accepts_every_build_out() {
    let terraform = Terraform::new();
    for folder in examples("build-outs") {
        let files = configuration(&folder);
        let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Terraform::assert_accepted(&folder.display().to_string(), &terraform.faults(&files).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn terraform_accepts_every_snippet_of_the_readme_and_the_guides() {
    let terraform = Terraform::new();
    for page in entries(&root().join("docs/guides")).into_iter().chain([root().join("README.md")]) {
        let found = snippets(&read(&page));
        assert!(!found.is_empty(), "{} shows no configuration", page.display());
        for (number, snippet) in found.iter().enumerate() {
            assert!(
                snippet.starts_with("terraform {"),
                "{}: the first block begins no configuration",
                page.display()
            );
            let what = format!("configuration {} of {}", number + 1, page.display());
            Terraform::assert_accepted(&what, &terraform.faults(&[("main.tf", snippet)]).await);
        }
    }
}

/// The READMEs of the modules show one configuration together: what one gives, the next takes.
#[tokio::test(flavor = "multi_thread")]
async fn terraform_accepts_the_calls_that_the_modules_show() {
    let provider = read(&root().join("examples/provider/provider.tf"));
    let calls: Vec<_> = examples("modules")
        .iter()
        .map(|module| {
            (format!("{}.tf", module.file_name().unwrap().display()), read(&module.join("README.md")))
        })
        .map(|(name, page)| (name, snippets(&page).concat()))
        .collect();
    let calls = calls.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let calls: Vec<_> =
        calls.inspect(|(name, text)| assert!(text.starts_with("module "), "{name}: {text}")).collect();
    let files: Vec<_> = calls.into_iter().chain([("provider.tf", provider.as_str())]).collect();
    Terraform::assert_accepted("the modules' calls", &Terraform::new().faults(&files).await);
}

/// `terraform test` of every module, with mocked providers: what it plans and which inputs it refuses.
#[tokio::test(flavor = "multi_thread")]
async fn the_modules_pass_their_own_tests() {
    let terraform = Terraform::new();
    for module in examples("modules") {
        let copy = tempfile::tempdir().unwrap();
        std::fs::create_dir(copy.path().join("tests")).unwrap();
        let tests = entries(&module.join("tests"));
        for file in entries(&module).iter().filter(|file| file.is_file()).chain(&tests) {
            std::fs::copy(file, copy.path().join(file.strip_prefix(&module).unwrap())).unwrap();
        }
        let output = terraform.command(&["test", "-no-color"], copy.path()).await;
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{}: {text}", module.display());
        let runs = tests.iter().map(|file| read(file).matches("\nrun \"").count()).sum::<usize>();
        assert!(runs > 0 && text.contains(&format!("{runs} passed, 0 failed")), "{runs} runs: {text}");
    }
}

/// The other tests would see what is wrong: a value that its type refuses, and an argument that there is not.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_found() {
    const PAGE: &str = r#"
Text.

```terraform
terraform {
  required_providers {
    microk8s = { source = "baremetal/microk8s" }
  }
}
```

More.

```terraform
resource "microk8s_node" "this" {
  host    = "10.0.0.11"
  channel = "1.35/always"
}
```

```terraform
terraform {
  required_providers {
    microk8s = { source = "baremetal/microk8s" }
  }
}

resource "microk8s_node" "this" {
  host    = "10.0.0.11"
  channel = "1.35/stable"
  node    = "cp1"
}
```
"#;
    let terraform = Terraform::new();
    let found = snippets(PAGE);
    let [value, argument] = found.as_slice() else { panic!("{found:?}") };
    let faults = terraform.faults(&[("main.tf", value)]).await;
    assert!(faults.len() == 1 && faults[0].contains("channel"), "{faults:?}");
    let faults = terraform.faults(&[("main.tf", argument)]).await;
    assert!(faults.len() == 1 && faults[0].contains("Unsupported argument"), "{faults:?}");
}
