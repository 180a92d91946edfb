//! A folder with a configuration, and terraform in it.

use crate::{Cli, Place, Run, cli};
use lab::Lab;
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// Why a test cannot go on; not a fault of what is tested.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    /// A failure that says so.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// What to do with an error of the operating system that came of `action` on `name`.
    pub fn system<N: AsRef<OsStr> + ?Sized>(action: &str, name: &N) -> impl FnOnce(std::io::Error) -> Self {
        let what = format!("{action} {}", Path::new(name).display());
        move |error| Self(format!("unable to {what}: {error}"))
    }
}

impl From<lab::LabError> for Failure {
    fn from(error: lab::LabError) -> Self {
        Self(error.to_string())
    }
}

impl From<conformance::microk8s::NodesError> for Failure {
    fn from(error: conformance::microk8s::NodesError) -> Self {
        Self(error.to_string())
    }
}

impl From<conformance::vyos::TargetError> for Failure {
    fn from(error: conformance::vyos::TargetError) -> Self {
        Self(error.to_string())
    }
}

/// A working directory of terraform's, two levels down in a folder of its own: so a build-out finds the
/// modules where the repository has them.
pub struct Workspace<'lab> {
    place: Place<'lab>,
    program: PathBuf,
    path: PathBuf,
    folder: tempfile::TempDir,
    environment: Vec<(String, OsString)>,
}

impl<'lab> Workspace<'lab> {
    /// A workspace whose `main.tf` is the lab's provider block and then `configuration`, initialised.
    pub async fn new(lab: &'lab Lab, configuration: impl Display) -> Result<Self, Failure> {
        Self::with(Cli::Terraform, lab, &format!("{}\n{configuration}", crate::provider_block(lab))).await
    }

    /// A workspace with exactly this `main.tf`, for `cli`, initialised.
    pub async fn with(cli: Cli, lab: &'lab Lab, main: &str) -> Result<Self, Failure> {
        let workspace = Self::of_files(cli, lab, &[("main.tf", main)]).await?;
        workspace.init().await?;
        Ok(workspace)
    }

    /// A workspace with exactly these files, for `cli`, in which `terraform init` was not run yet.
    pub async fn of_files(
        cli: Cli,
        place: impl Into<Place<'lab>>,
        files: &[(&str, &str)],
    ) -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(Failure::system("make", "a folder"))?;
        let path = folder.path().join("build-outs/this");
        std::fs::create_dir_all(&path).map_err(Failure::system("make", &path))?;
        let program = cli.program().await?;
        let mut workspace = Self { place: place.into(), program, path, folder, environment: Vec::new() };
        for (name, text) in files {
            workspace.write(name, text)?;
        }
        let found =
            cli::configure(&workspace.program, workspace.path(), &workspace.path().join("mirror")).await?;
        workspace.set("TF_CLI_CONFIG_FILE", found);
        Ok(workspace)
    }

    /// Sets a variable of the environment for all commands of this workspace.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.environment.push((name.to_owned(), value.into()));
    }

    /// Leaves the folder where it is, with the state in it.
    pub fn keep(self) -> PathBuf {
        let _ = self.folder.keep();
        self.path
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the modules of the repository's examples where a build-out looks for them.
    pub(crate) fn with_modules(&self, modules: &Path) -> Result<(), Failure> {
        let link = self.folder.path().join("modules");
        std::os::unix::fs::symlink(modules, &link).map_err(Failure::system("make", &link))
    }

    /// Writes a file of the configuration.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let file = self.path().join(name);
        std::fs::write(&file, text).map_err(Failure::system("write", &file))
    }

    /// Replaces the configuration behind the provider block.
    pub fn configure(&self, configuration: impl Display) -> Result<(), Failure> {
        self.write("main.tf", &format!("{}\n{configuration}", self.place.provider_block()))
    }

    async fn init(&self) -> Result<(), Failure> {
        let run = self.run(["init", "-no-color"]).await?;
        if run.success { Ok(()) } else { Err(Failure::new(format!("terraform init failed: {}", run.text))) }
    }

    /// The command, in this folder and where the targets are reached, without anything of the user's.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = self.place.command(&self.program);
        command
            .args(arguments)
            .current_dir(self.path())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_INPUT", "0")
            .env("CHECKPOINT_DISABLE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Another program beside terraform.
    pub fn operator(&self, program: &str) -> Command {
        self.place.command(program)
    }

    /// Runs a command to its end.
    pub async fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Result<Run, Failure> {
        let output = self.command(arguments).output().await.map_err(Failure::system("run", &self.program))?;
        Ok(Run::new(output.status.success(), &output.stdout, &output.stderr))
    }

    /// `terraform plan`.
    pub async fn plan(&self) -> Result<Run, Failure> {
        self.run(["plan", "-json"]).await
    }

    /// `terraform apply`, answered yes.
    pub async fn apply(&self) -> Result<Run, Failure> {
        self.run(["apply", "-json", "-auto-approve"]).await
    }

    /// `terraform destroy`, answered yes.
    pub async fn destroy(&self) -> Result<Run, Failure> {
        self.run(["destroy", "-json", "-auto-approve"]).await
    }

    /// `terraform import`.
    pub async fn import(&self, address: &str, id: &str) -> Result<Run, Failure> {
        self.run(["import", "-no-color", address, id]).await
    }

    /// Addresses of all resources in the state, in order.
    pub async fn resources(&self) -> Result<Vec<String>, Failure> {
        let run = self.run(["state", "list"]).await?;
        let mut addresses: Vec<_> =
            run.text.lines().filter(|line| !line.starts_with("data.")).map(str::to_owned).collect();
        addresses.sort();
        Ok(addresses)
    }

    /// The attributes in the state of the resource at `address`.
    pub async fn state(&self, address: &str) -> Result<serde_json::Value, Failure> {
        let run = self.run(["show", "-json"]).await?;
        let state: serde_json::Value = serde_json::from_str(run.text.trim())
            .map_err(|error| Failure::new(format!("{error}: {}", run.text)))?;
        let resources = state["values"]["root_module"]["resources"].as_array().cloned().unwrap_or_default();
        let found = resources.into_iter().find(|resource| resource["address"] == address);
        Ok(found.map(|resource| resource["values"].clone()).unwrap_or_default())
    }
}
