//! Which programs are tested: terraform or tofu, and the plugin that was built beside the tests.

use crate::Failure;
use lab::parts::Progress;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// A command line client of the plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cli {
    /// HashiCorp's.
    Terraform,
    /// The same with import by identity, lists and actions.
    Terraform116,
    /// OpenTofu's.
    Tofu,
}

impl Cli {
    /// The program: terraform from the search path, the others as they are parts of the lab.
    pub async fn program(self) -> Result<PathBuf, Failure> {
        match self {
            Self::Terraform => Ok("terraform".into()),
            Self::Terraform116 => part("terraform-1.16").await,
            Self::Tofu => part("tofu").await,
        }
    }
}

/// A program that is a part of the lab.
async fn part(name: &str) -> Result<PathBuf, Failure> {
    Ok(lab::parts::prepare(Progress::tell_what_is_made).await?.program(name)?)
}

/// The full address that a client gives the source `baremetal/microk8s`: its own default registry, then the
/// source. Asked of the client, since it differs between clients, and about nothing but the source, since
/// modules are not there before `init`.
async fn provider_address(program: &Path) -> Result<String, Failure> {
    const SOURCE: &str =
        "terraform {\n  required_providers {\n    microk8s = { source = \"baremetal/microk8s\" }\n  }\n}\n";
    let folder = tempfile::tempdir().map_err(Failure::system("make", "a folder"))?;
    let file = folder.path().join("main.tf");
    std::fs::write(&file, SOURCE).map_err(Failure::system("write", &file))?;
    let output = Command::new(program)
        .arg("providers")
        .current_dir(folder.path())
        .env("TF_CLI_CONFIG_FILE", folder.path().join("absent.tfrc"))
        .output()
        .await
        .map_err(Failure::system("ask for the provider's address", program))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let address =
        text.split("provider[").skip(1).find_map(|rest| rest.split_once(']')).map(|(address, _)| address);
    match address {
        Some(address) if address.ends_with("/baremetal/microk8s") => Ok(address.to_owned()),
        _ => Err(Failure::new(format!("`{} providers` names no provider: {text}", program.display()))),
    }
}

/// Writes a CLI configuration into `folder` under which `init` finds the built plugins and nothing else.
pub(crate) async fn configure(program: &Path, folder: &Path, mirror: &Path) -> Result<PathBuf, Failure> {
    let address = provider_address(program).await?;
    let registry = address.trim_end_matches("baremetal/microk8s");
    put_into(mirror, &address, env!("CARGO_PKG_VERSION"), &plugin()?)?;
    if proxmox_plugin().is_ok() {
        put_proxmox_into(mirror, registry.trim_end_matches('/'))?;
    }
    let file = folder.join("cli.tfrc");
    let text = format!(
        "disable_checkpoint = true\nprovider_installation {{\n  filesystem_mirror {{\n    path = {mirror:?}\n  }}\n}}\n"
    );
    std::fs::write(&file, text).map_err(Failure::system("write", &file))?;
    Ok(file)
}

/// The release of the Proxmox provider that its stand-in plays.
const PROXMOX_VERSION: &str = "0.111.1";

/// Puts the stand-in for the Proxmox provider into a folder that is laid out as a mirror, below a registry's
/// name.
pub fn put_proxmox_into(mirror: &Path, registry: &str) -> Result<(), Failure> {
    put_into(mirror, &format!("{registry}/bpg/proxmox"), PROXMOX_VERSION, &proxmox_plugin()?)
}

/// Puts a plugin where `init` looks for it.
fn put_into(mirror: &Path, address: &str, version: &str, plugin: &Path) -> Result<(), Failure> {
    let place = mirror.join(address).join(version).join(platform());
    std::fs::create_dir_all(&place).map_err(Failure::system("make", &place))?;
    let name = address.rsplit('/').next().unwrap_or_default();
    let link = place.join(format!("terraform-provider-{name}_v{version}"));
    // A link to this very build: one that is made meanwhile would not match the lock file's checksum.
    if std::fs::hard_link(plugin, &link).is_err() {
        std::fs::copy(plugin, &link).map_err(Failure::system("copy", plugin))?;
    }
    Ok(())
}

/// The built plugin: `$ACCEPTANCE_PLUGIN`, else the one beside the tests.
pub fn plugin() -> Result<PathBuf, Failure> {
    match std::env::var_os("ACCEPTANCE_PLUGIN") {
        Some(named) => Ok(PathBuf::from(named)),
        None => beside_the_tests("terraform-provider-microk8s"),
    }
}

/// The built stand-in for the Proxmox provider.
pub fn proxmox_plugin() -> Result<PathBuf, Failure> {
    beside_the_tests("terraform-provider-proxmox")
}

fn beside_the_tests(name: &str) -> Result<PathBuf, Failure> {
    let own = std::env::current_exe().map_err(Failure::system("find", "this program"))?;
    own.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file()).ok_or_else(
        || {
            Failure::new(format!(
                "there is no {name} beside {}: run `cargo build --workspace` first",
                own.display()
            ))
        },
    )
}

/// The platform in Go's words, as mirrors are laid out.
fn platform() -> String {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{}_{architecture}", std::env::consts::OS)
}
