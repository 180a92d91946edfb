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
    /// OpenTofu's.
    Tofu,
}

impl Cli {
    /// The program: terraform from the search path, OpenTofu as it is a part of the lab.
    pub(crate) async fn program(self) -> Result<PathBuf, Failure> {
        match self {
            Self::Terraform => Ok("terraform".into()),
            Self::Tofu => Ok(lab::parts::prepare(Progress::tell_what_is_made).await?.program("tofu")?),
        }
    }
}

/// The full address that a client gives the source `baremetal/microk8s`: its own default registry, then the source. Asked of
/// the client, since it differs between clients, and about nothing but the source, since modules are not there before `init`.
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

/// Writes a CLI configuration into `folder` under which `init` finds the built plugin and nothing else.
pub(crate) async fn configure(program: &Path, folder: &Path, mirror: &Path) -> Result<PathBuf, Failure> {
    let address = provider_address(program).await?;
    let place = mirror.join(address).join(env!("CARGO_PKG_VERSION")).join(platform());
    std::fs::create_dir_all(&place).map_err(Failure::system("make", &place))?;
    let link = place.join(concat!("terraform-provider-microk8s_v", env!("CARGO_PKG_VERSION")));
    // A link to this very build: one that is made meanwhile would not match the lock file's checksum.
    let plugin = plugin()?;
    if std::fs::hard_link(&plugin, &link).is_err() {
        std::fs::copy(&plugin, &link).map_err(Failure::system("copy", &plugin))?;
    }
    let file = folder.join("cli.tfrc");
    let text = format!(
        "disable_checkpoint = true\nprovider_installation {{\n  filesystem_mirror {{\n    path = {mirror:?}\n  }}\n}}\n"
    );
    std::fs::write(&file, text).map_err(Failure::system("write", &file))?;
    Ok(file)
}

/// The built plugin: `$ACCEPTANCE_PLUGIN`, else the one beside the tests.
pub fn plugin() -> Result<PathBuf, Failure> {
    const NAME: &str = "terraform-provider-microk8s";
    if let Some(named) = std::env::var_os("ACCEPTANCE_PLUGIN") {
        return Ok(PathBuf::from(named));
    }
    let own = std::env::current_exe().map_err(Failure::system("find", "this program"))?;
    own.ancestors().skip(1).take(2).map(|folder| folder.join(NAME)).find(|path| path.is_file()).ok_or_else(
        || {
            Failure::new(format!(
                "there is no {NAME} beside {}: run `cargo build --workspace` first",
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
