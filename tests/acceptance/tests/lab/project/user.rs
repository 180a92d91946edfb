//! A user without any setting, for tests of what users install.
#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

use acceptance::plugin;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;
use tokio::process::Command;

pub(crate) const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];
pub(crate) const BUILD_OUTS: [&str; 5] =
    ["bare-metal-ipv6", "control-plane-and-workers", "proxmox", "single-node", "storage"];

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A user without any setting, and what is installed for them.
pub(crate) struct User {
    home: TempDir,
}

impl User {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn plugins(&self) -> PathBuf {
        self.home.path().join(".terraform.d/plugins")
    }

    /// The versions of the plugin below a registry's name, in order.
    pub(crate) fn installed(&self, registry: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.plugins().join(registry).join("baremetal/microk8s")) else {
            return Vec::new();
        };
        let mut versions: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        versions.sort();
        versions
    }

    fn command(&self, program: &Path, arguments: &[&str], folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).env("HOME", self.home.path());
        for setting in ["TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            command.env_remove(setting);
        }
        command.env("CHECKPOINT_DISABLE", "1").env("TF_IN_AUTOMATION", "1").env("TF_INPUT", "0");
        command
    }

    pub(crate) async fn runs(&self, program: &Path, arguments: &[&str], folder: &Path) -> String {
        let output = self.command(program, arguments, folder).output().await.unwrap();
        let text = text(&output);
        assert!(
            output.status.success(),
            "{} {arguments:?} in {}: {text}",
            program.display(),
            folder.display()
        );
        text
    }

    /// What `make install` does with a build.
    pub(crate) async fn install(&self, argument: &str) -> String {
        self.runs(&root().join(".ci/install"), &[argument], &root()).await
    }
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A build-out's folder as a user has it, without what an earlier `init` left in the repository.
pub(crate) fn copy_of(build_out: &str) -> (TempDir, PathBuf) {
    let whole = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("examples/modules"), whole.path().join("modules")).unwrap();
    let folder = whole.path().join("build-outs").join(build_out);
    fs::create_dir_all(&folder).unwrap();
    for entry in fs::read_dir(root().join("examples/build-outs").join(build_out)).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|ending| ending == "tf") {
            fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
        }
    }
    (whole, folder)
}

pub(crate) fn lock_of(folder: &Path) -> String {
    fs::read_to_string(folder.join(".terraform.lock.hcl")).unwrap()
}

/// The plugin without its debug information: as quick to copy and to sum up as a release, whose layout is
/// tested here.
pub(crate) async fn stripped_plugin(folder: &Path) -> PathBuf {
    let stripped = folder.join("terraform-provider-microk8s");
    let mut strip = Command::new("strip");
    let output = strip.arg("-o").arg(&stripped).arg(plugin().unwrap()).output().await.unwrap();
    assert!(output.status.success(), "{}", text(&output));
    stripped
}
