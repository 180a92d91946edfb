//! What operators do to a node that runs: restarts, new certificates, a backup.

use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::Machine;
use crate::microk8s::shared::machine::scripts::{
    BACK_UP, CERTIFICATES, REFRESH_CERTIFICATE, RESTART_SERVICES,
};
use crate::microk8s::shared::machine::sections::sections;

/// What is known of a node's certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificates {
    /// When each expires, a sentence each.
    pub(crate) expiry: Vec<String>,
    /// The digest of the one that was asked for; empty where there is none.
    pub(crate) digest: String,
}

/// An archive with the datastore in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Backup {
    /// Where it is on the machine.
    pub(crate) file: String,
    pub(crate) keys: u64,
    pub(crate) bytes: u64,
}

impl Machine {
    /// Restarts services of the snap by name; `microk8s` are all that run.
    pub(crate) async fn restart_services(&self, names: &[&str]) -> Result<(), NodeError> {
        self.done(&RESTART_SERVICES, names, None).await
    }

    /// When its certificates expire, and which one is in `file`.
    pub(crate) async fn certificates(&self, file: &str) -> Result<Certificates, NodeError> {
        let output = self.shell.ask(&CERTIFICATES, &[file]).await?;
        let sections = sections(&output.stdout);
        let section = |name: &str| sections.get(name).copied().unwrap_or_default().trim();
        let lines = section("expiry").lines().filter(|line| line.contains(" will expire in "));
        let expiry = lines.map(str::to_owned).collect();
        let digest = section("digest").to_owned();
        self.readable(&CERTIFICATES, &output, Some(Certificates { expiry, digest }))
    }

    /// Makes the certificate in `file` anew.
    pub(crate) async fn refresh_certificate(&self, file: &str) -> Result<(), NodeError> {
        self.done(&REFRESH_CERTIFICATE, &[file], None).await
    }

    /// Backs the datastore up into a file in `folder` whose name begins with `name`.
    pub(crate) async fn back_up(&self, folder: &str, name: &str) -> Result<Backup, NodeError> {
        let output = self.shell.script(&BACK_UP, &[folder, name], None).await?;
        self.readable(&BACK_UP, &output, backup(&output.stdout))
    }
}

/// The path, the keys and the bytes in the last line.
fn backup(printed: &str) -> Option<Backup> {
    let (rest, bytes) = printed.trim().lines().next_back()?.rsplit_once(' ')?;
    let (file, keys) = rest.rsplit_once(' ')?;
    Some(Backup { file: file.to_owned(), keys: keys.parse().ok()?, bytes: bytes.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_read_whatever_its_folder_is_called() {
        let read = backup("/var/my backups/cp1-20261130T120000Z.tar.gz 412 81234\n").unwrap();
        assert_eq!((read.file.as_str(), read.keys), ("/var/my backups/cp1-20261130T120000Z.tar.gz", 412));
        assert_eq!(read.bytes, 81_234);
        for other in ["", "x", "/a 1", "/a one 2"] {
            assert_eq!(backup(other), None, "{other}");
        }
    }
}
