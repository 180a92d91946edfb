//! Installing packages of Debian and Ubuntu.

use crate::{LabError, process};
use nix::unistd::geteuid;
use tokio::process::Command;

/// Installs packages by apt, if this machine has apt and the user may.
pub(super) async fn install(packages: &[&str]) -> Result<(), LabError> {
    let missing = |how: &str| {
        let line = format!("these are not installed: {} ({how})", packages.join(", "));
        Err(LabError::Unsupported { missing: vec![line] })
    };
    if super::on_search_path("apt-get").is_none() {
        return missing("names of Debian packages; without apt-get here, the lab cannot install them itself");
    }
    if !geteuid().is_root() {
        return missing("run this as root and they will be, or use `sudo apt-get install`");
    }
    apt(&["update"]).await?;
    apt(&[&["install", "--yes", "--no-install-recommends"], packages].concat()).await
}

async fn apt(arguments: &[&str]) -> Result<(), LabError> {
    let mut command = Command::new("apt-get");
    command
        .arg("--quiet")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        // The lab wants the programs. The services that come with them should not start on this machine.
        .env("SYSTEMD_OFFLINE", "1");
    process::output("install packages", command).await.map(|_| ())
}
