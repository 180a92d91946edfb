//! A directory with a configuration, in which terraform runs with nothing of the machine's own settings.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;
use tokio::process::{Child, Command};

pub(crate) struct Workspace {
    directory: TempDir,
    /// The provider's name in configurations.
    provider: &'static str,
    /// The terraform that runs.
    program: PathBuf,
}

/// A terraform of 1.16, for what the one on the machine lacks: `$TERRAFORM_1_16`, or the one that the lab
/// built.
fn terraform_1_16() -> PathBuf {
    let given = std::env::var_os("TERRAFORM_1_16").map(PathBuf::from);
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let built = || {
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
        let cache = cache.or(home).unwrap_or_default();
        cache.join("terraform-provider-microk8s/parts/terraform-1.16-v1.16.0/terraform-1.16")
    };
    let program = given.unwrap_or_else(built);
    assert!(
        program.exists(),
        "{} is missing: `make parts` builds it, or TERRAFORM_1_16 names another",
        program.display()
    );
    program
}

/// What a run of terraform came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) text: String,
}

impl Run {
    /// The output, if the run succeeded.
    #[track_caller]
    pub(crate) fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.text);
        self.text
    }

    /// The output, if the run failed.
    #[track_caller]
    pub(crate) fn failed(self) -> String {
        assert_eq!(self.code, Some(1), "{}", self.text);
        self.text
    }
}

/// Output as one line: terraform wraps what it says.
pub(crate) fn unwrapped(text: &str) -> String {
    text.split(['\n', '│']).map(str::trim).collect::<Vec<_>>().join(" ")
}

/// An example that the test's own `cargo test` built.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let example = test.parent().unwrap().with_file_name("examples").join(name);
    assert!(example.exists(), "{} is missing: run `cargo build -p tfplugin --examples`", example.display());
    example
}

impl Workspace {
    /// One for the sample.
    pub(crate) fn new() -> Self {
        Self::of("sample")
    }

    /// One for the sample, with a terraform that has import by identity, lists and actions.
    pub(crate) fn new_1_16() -> Self {
        Self::new().with_1_16()
    }

    /// The same with another terraform from now on.
    pub(crate) fn with_1_16(self) -> Self {
        Self { program: terraform_1_16(), ..self }
    }

    /// One for an example that is a provider of its own name.
    pub(crate) fn of(provider: &'static str) -> Self {
        let directory = tempfile::Builder::new().prefix("tf").tempdir().unwrap();
        let workspace = Self { directory, provider, program: "terraform".into() };
        for name in ["bin", "files", "tmp"] {
            std::fs::create_dir(workspace.path(name)).unwrap();
        }
        let overrides = format!(
            "provider_installation {{\n  dev_overrides {{ \"example/{provider}\" = {:?} }}\n}}\n",
            workspace.path("bin")
        );
        std::fs::write(workspace.path("terraform.rc"), overrides).unwrap();
        workspace.install(provider);
        workspace
    }

    /// Makes an example the plugin from now on: another version of the provider.
    pub(crate) fn install(&self, name: &str) {
        // A script instead of a link, so that a test can find the processes that terraform started.
        let script = format!(
            "#!/bin/sh\necho $$ >> '{}'\nexec '{}' \"$@\"\n",
            self.path("pids").display(),
            example(name).display()
        );
        let plugin = self.path(format!("bin/terraform-provider-{}", self.provider));
        std::fs::write(&plugin, script).unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&plugin, executable).unwrap();
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes the configuration; `directory` is where the sample's files are.
    pub(crate) fn write(&self, body: &str) -> &Self {
        let block = format!("provider \"sample\" {{\n  directory = {:?}\n}}\n", self.path("files"));
        self.write_all(&format!("{block}{body}"))
    }

    /// Writes the configuration with its own provider block.
    pub(crate) fn write_all(&self, body: &str) -> &Self {
        let name = self.provider;
        let head = format!(
            "\nterraform {{\n  required_providers {{\n    {name} = {{ source = \"example/{name}\" }}\n  }}\n}}\n"
        );
        std::fs::write(self.path("main.tf"), format!("{head}{body}")).unwrap();
        self
    }

    /// Writes another file beside the configuration.
    pub(crate) fn write_file(&self, name: &str, text: &str) -> &Self {
        std::fs::write(self.path(name), text).unwrap();
        self
    }

    /// A terraform that is ready to run.
    pub(crate) fn terraform(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            // Options come before what an option does not name.
            .args(&arguments[..1])
            .arg("-no-color")
            .args(&arguments[1..])
            .current_dir(self.directory.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.directory.path())
            .env("TMPDIR", self.path("tmp"))
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_CLI_CONFIG_FILE", self.path("terraform.rc"))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Run {
        finished(self.terraform(arguments)).await
    }

    pub(crate) async fn apply(&self) -> Run {
        self.run(&["apply", "-auto-approve"]).await
    }

    /// Plans and expects nothing to do.
    #[track_caller]
    pub(crate) fn plans_nothing(&self) -> impl Future<Output = ()> {
        let plan = finished(self.terraform(&["plan", "-detailed-exitcode"]));
        async move {
            plan.await.succeeded();
        }
    }

    /// Plans and expects something to do.
    pub(crate) async fn plans_changes(&self) -> String {
        let run = self.run(&["plan", "-detailed-exitcode"]).await;
        assert_eq!(run.code, Some(2), "{}", run.text);
        run.text
    }

    /// Starts terraform as the leader of its own process group, as a terminal does.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.terraform(arguments)
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// The state as `terraform show` tells it; null where nothing is stored.
    pub(crate) async fn stored(&self, address: &str) -> Value {
        let output = self.terraform(&["show", "-json"]).output().await.unwrap();
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        let resources = shown["values"]["root_module"]["resources"].as_array().cloned().unwrap_or_default();
        resources
            .into_iter()
            .find(|one| one["address"] == address)
            .map_or(Value::Null, |one| one["values"].clone())
    }

    /// The processes of the plugin that were started so far.
    pub(crate) fn plugins(&self) -> Vec<u32> {
        let pids = std::fs::read_to_string(self.path("pids")).unwrap_or_default();
        pids.lines().map(|pid| pid.parse().unwrap()).collect()
    }

    /// What was left in the temporary directory.
    pub(crate) fn left_over(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.path("tmp")).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

pub(crate) async fn finished(mut command: Command) -> Run {
    let output = command.output().await.unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Run { code: output.status.code(), text }
}
