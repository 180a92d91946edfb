//! Action `microk8s_backup_datastore`.

use super::{Node, NodeAction, NodeTarget};
use crate::engine::node_resource::NodeError;
use crate::engine::timeouts::InvokeTimeout;
use crate::microk8s::shared::machine::snapshot::NodeSnapshot;
use async_trait::async_trait;
use std::time::Duration;
use tfplugin::Model;

/// Backs up the datastore of a cluster into a file on a control plane (`microk8s dbctl backup`).
///
/// The file is called `<node>-<time>.tar.gz`, such as `cp1-20261130T120000Z.tar.gz`; the action reports its
/// path, and how many keys are in it. MicroK8s reports success for an archive without any key too, so it is
/// read again: one without the namespace `default` is removed, and the action fails. No restart or join of
/// the same cluster runs meanwhile. All Secrets of the cluster are in the file, which only root can read.
///
/// The file stays where it is: copy it, and with it `ca.crt`, `ca.key` and `serviceaccount.key` of
/// `/var/snap/microk8s/current/certs`, without which it is of no use on other machines. `microk8s dbctl
/// restore <file>` brings the keys back, and removes none that were added since. Terraform 1.14 or later.
#[derive(Clone, Debug, Model)]
#[action(type_name = "microk8s_backup_datastore")]
pub(crate) struct BackupDatastore {
    #[attribute(flatten)]
    target: NodeTarget,

    /// Folder on the machine, an absolute path; it is made where there is none, for root alone. Default:
    /// `/var/backups/microk8s`.
    #[attribute(default = "/var/backups/microk8s".to_owned(), validate = check_directory)]
    directory: String,

    /// How long to wait. Default: 30 minutes. `dbctl` itself is given 25: without a majority of its members
    /// the datastore does not answer.
    #[attribute(optional)]
    timeouts: Option<InvokeTimeout>,
}

/// The longest path that Linux takes is 4096 bytes, and the file's own name is below 320.
const LONGEST: usize = 3700;

fn check_directory(directory: &String) -> Result<(), String> {
    if directory.len() > LONGEST {
        return Err(format!("a path has at most {LONGEST} bytes"));
    }
    let leads_up = directory.split('/').any(|part| part == "..");
    match directory.starts_with('/') && !leads_up {
        true => Ok(()),
        false => {
            Err(format!("{directory:?} is not an absolute path without `..`, such as /var/backups/microk8s"))
        }
    }
}

#[async_trait]
impl NodeAction for BackupDatastore {
    const WHAT: &'static str = "back up the datastore";
    const WITHIN: Duration = Duration::from_secs(30 * 60);
    const DISRUPTS: bool = false;

    fn target(&self) -> &NodeTarget {
        &self.target
    }

    fn timeouts(&self) -> &Option<InvokeTimeout> {
        &self.timeouts
    }

    fn check(&self, node: &NodeSnapshot) -> Result<(), NodeError> {
        node.check_control_plane(&self.target.host)
    }

    async fn run(&self, node: &Node<'_>) -> Result<(), NodeError> {
        node.report("microk8s dbctl backup").await;
        let backup = node.machine.back_up(&self.directory, &node.name).await.map_err(|error| {
            error.with_hint(
                "A backup needs a majority of the datastore's members, and room for it in /tmp and in `directory`.",
            )
        })?;
        let (address, file) = (node.machine.address(), &backup.file);
        node.report(format!(
            "the backup is {file} on {address}, with {} keys in {} bytes",
            backup.keys, backup.bytes
        ))
        .await;
        Ok(())
    }
}
