//! The operator: whoever uses the lab from within. What he is given to reach and trust the machines.

use crate::holder::protocol::{LabDescription, NodeDescription, RouterDescription};
use crate::machine::system::KeyPair;
use crate::{LabError, holder};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

/// His network namespace, and his folder below the lab's.
pub(crate) const NAME: &str = "operator";

/// Writes his files and describes the lab to him.
pub(crate) fn equip(
    holder: i32,
    nodes: Vec<NodeDescription>,
    router: Option<RouterDescription>,
    key: &KeyPair,
) -> Result<LabDescription, LabError> {
    let folder = folder();
    fs::create_dir_all(&folder).map_err(LabError::system("make", &folder))?;
    let ssh_private_key = write(&folder, "id_ed25519", &key.private)?;
    let known_hosts = write(&folder, "known_hosts", &known_hosts(&nodes))?;
    let ssh_config = write(&folder, "ssh_config", &ssh_config(&nodes, &ssh_private_key, &known_hosts))?;
    if let Some(router) = &router {
        write(&folder, API_KEY, router.api_key.reveal())?;
    }
    Ok(LabDescription { holder, nodes, router, ssh_private_key, known_hosts, ssh_config })
}

fn folder() -> PathBuf {
    Path::new(holder::FOLDER).join(NAME)
}

/// The file with the API key of the router.
const API_KEY: &str = "router-api-key";

/// Shows him the certificate of the authority that signed the router's: the file is the router's own.
pub(crate) fn show_authority(certificate: &Path) -> Result<PathBuf, LabError> {
    let folder = folder();
    fs::create_dir_all(&folder).map_err(LabError::system("make", &folder))?;
    let link = folder.join("router-ca.pem");
    symlink(certificate, &link).map_err(LabError::system("link", &link))?;
    Ok(link)
}

/// Writes a file that only he can read, as ssh insists on.
fn write(folder: &Path, name: &str, text: &str) -> Result<PathBuf, LabError> {
    let file = folder.join(name);
    fs::write(&file, text).map_err(LabError::system("write", &file))?;
    let mode = Permissions::from_mode(0o600);
    fs::set_permissions(&file, mode).map_err(LabError::system("set the mode of", &file))?;
    Ok(file)
}

fn known_hosts(nodes: &[NodeDescription]) -> String {
    let line = |node: &NodeDescription| {
        format!("{},{},{} {}\n", node.name, node.ipv4, node.ipv6, node.host_public_key)
    };
    nodes.iter().map(line).collect()
}

fn ssh_config(nodes: &[NodeDescription], key: &Path, known_hosts: &Path) -> String {
    let host = |node: &NodeDescription| format!("Host {}\n    HostName {}\n", node.name, node.ipv4);
    let all = format!(
        "Host *\n    User ubuntu\n    IdentityFile {}\n    IdentitiesOnly yes\n    \
         UserKnownHostsFile {}\n    StrictHostKeyChecking yes\n",
        key.display(),
        known_hosts.display()
    );
    nodes.iter().map(host).chain([all]).collect()
}

/// What a program of his that is no Rust program learns about the lab: environment variables.
pub fn environment(lab: &LabDescription) -> Result<Vec<(&'static str, String)>, LabError> {
    let nodes = serde_json::to_string(&lab.nodes)
        .map_err(|error| LabError::failed("describe the nodes of the lab", error.to_string()))?;
    let path = |path: &Path| path.display().to_string();
    let mut variables = vec![
        ("LAB_NODES", nodes),
        ("LAB_SSH_KEY", path(&lab.ssh_private_key)),
        ("LAB_KNOWN_HOSTS", path(&lab.known_hosts)),
        ("LAB_SSH_CONFIG", path(&lab.ssh_config)),
    ];
    if let Some(router) = &lab.router {
        variables.extend([
            ("LAB_ROUTER_URL", router.url.clone()),
            ("LAB_ROUTER_CA", path(&router.ca_certificate_file)),
            ("LAB_ROUTER_API_KEY", router.api_key.reveal().to_owned()),
            ("LAB_ROUTER_API_KEY_FILE", path(&folder().join(API_KEY))),
        ]);
    }
    Ok(variables)
}
