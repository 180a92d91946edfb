//! What makes a machine of the lab a node: an Ubuntu server as cloud-init leaves it, with the commands of
//! snapd and MicroK8s played by the lab's own program.

use crate::machine::boot::SEARCH_PATH;
use crate::machine::disk::{Content, DiskFile};
use crate::machine::system::{self, KeyPair, UBUNTU};
use crate::machine::{Answer, FILES, Machine, NewMachine, PROGRAM, PROGRAMS, Service};
use crate::network::{Addresses, Link, Place};
use crate::parts::Parts;
use crate::{LabError, NodeDescription};
use microk8s_stand_in::{DaemonConfig, Programs, Traffic};
use std::path::Path;

/// The commands of a node that the lab's program plays, by the name that it is called by.
const PLAYED: [&str; 6] = [
    "usr/bin/cloud-init",
    "usr/bin/journalctl",
    "usr/bin/lsmod",
    "usr/bin/snap",
    "usr/bin/systemctl",
    "usr/sbin/modprobe",
];
const SSH_PORT: u16 = 22;
/// Where the stand-in for snapd listens when it is ready.
const SNAPD_SOCKET: &str = "/run/snapd-stand-in.socket";
/// What the stand-in for snapd reads at its start.
const CONFIGURATION: &str = "/etc/microk8s-stand-in.json";
/// Definitions of custom resources that every cluster has from its start.
const CALICO: &str = "calico-files/libcalico-go/config/crd";
/// Those that MetalLB brings; a cluster without it has them too where nothing of it runs.
const METALLB: &str = "metallb-files/config/crd/bases";
/// Files in here switch faults of the node on, see the crate `microk8s-stand-in`.
pub(crate) const FAULTS: &str = "/var/lib/lab/faults";

/// What a node has of its own.
pub(crate) struct NewNode<'a> {
    pub(crate) name: &'a str,
    pub(crate) addresses: Addresses,
    pub(crate) gateway: Option<Addresses>,
    pub(crate) host_key: &'a KeyPair,
    /// The public keys that its user accepts, one a line.
    pub(crate) authorized: &'a str,
}

/// Puts a node together, where `traffic` with pods that run.
pub(crate) fn new(
    node: &NewNode<'_>,
    traffic: bool,
    program: &Path,
    parts: &Parts,
) -> Result<(NewMachine, NodeDescription), LabError> {
    let &NewNode { addresses, gateway, host_key, authorized, .. } = node;
    let name = node.name.to_owned();
    let mut files = system::files(&name)?;
    files.extend(login_files(host_key, authorized));
    files.push(DiskFile::configuration("etc/microk8s-stand-in.json", &snapd(&name, addresses, traffic))?);
    files.push(DiskFile::folder("var/lib/lab/faults"));
    files.extend(PLAYED.map(|command| DiskFile::link(command, PROGRAM)));
    let machine = Machine {
        place: Place { namespace: format!("node-{name}"), links: vec![Link::to_nodes(addresses)], gateway },
        shared: super::machine::shared(program, parts),
        services: vec![
            Service::new("snapd", PROGRAM, &["snapd", CONFIGURATION]),
            Service::new("sshd", "/usr/sbin/sshd", &["-D", "-e"]),
        ],
        answers: vec![Answer::Socket(SNAPD_SOCKET.into()), Answer::Port(SSH_PORT)],
        name,
    };
    let description = NodeDescription {
        name: machine.name.clone(),
        ipv4: addresses.ipv4,
        ipv6: addresses.ipv6,
        host_public_key: host_key.public.trim_end().to_owned(),
    };
    Ok((NewMachine { machine, files }, description))
}

/// Where a node has MetalLB's Helm chart: nothing can be fetched from the lab's network.
pub const METALLB_CHART: &str = "/opt/lab/files/metallb-files/charts/metallb";
/// And that of frr-k8s, which runs FRR for MetalLB in its mode of that name.
pub const FRR_K8S_CHART: &str = "/opt/lab/files/frr-k8s-files/charts/frr-k8s";

/// What plays snapd and the snap's services is told.
fn snapd(name: &str, addresses: Addresses, traffic: bool) -> DaemonConfig {
    let program = |name: &str| Path::new(PROGRAMS).join(name);
    let definitions: &[&str] = if traffic { &[CALICO] } else { &[CALICO, METALLB] };
    DaemonConfig {
        name: name.to_owned(),
        addresses: vec![addresses.ipv4.into(), addresses.ipv6.into()],
        programs: Programs {
            etcd: program("etcd"),
            kube_apiserver: program("kube-apiserver"),
            kube_controller_manager: program("kube-controller-manager"),
            kube_scheduler: program("kube-scheduler"),
            kubectl: program("kubectl"),
            helm: program("helm"),
        },
        crds: definitions.iter().map(|folder| Path::new(FILES).join(folder)).collect(),
        traffic: traffic.then(|| Traffic {
            programs: PROGRAMS.into(),
            files: FILES.into(),
            web_server: PROGRAM.into(),
        }),
        store: None,
        faults: Some(FAULTS.into()),
        install_delay_milliseconds: 0,
    }
}

/// What sshd and sudo read.
fn login_files(host_key: &KeyPair, authorized: &str) -> Vec<DiskFile> {
    let with_path = |text: &str| text.replace("SEARCH_PATH", SEARCH_PATH);
    vec![
        DiskFile::text("etc/environment", with_path("PATH=\"SEARCH_PATH\"\n")),
        DiskFile { mode: 0o440, ..DiskFile::text("etc/sudoers", with_path(SUDOERS)) },
        DiskFile::text("etc/ssh/sshd_config", with_path(SSHD_CONFIG)),
        DiskFile { mode: 0o600, ..DiskFile::text("etc/ssh/ssh_host_ed25519_key", &host_key.private) },
        DiskFile::text("etc/ssh/ssh_host_ed25519_key.pub", &host_key.public),
        ubuntus("home/ubuntu", 0o750, Content::Folder),
        ubuntus("home/ubuntu/.ssh", 0o700, Content::Folder),
        ubuntus("home/ubuntu/.ssh/authorized_keys", 0o600, Content::Text(authorized.to_owned())),
    ]
}

fn ubuntus(path: &'static str, mode: u32, content: Content) -> DiskFile {
    DiskFile { path, mode, owner: UBUNTU, content }
}

/// As on Ubuntu's cloud images, where sudo finds what snaps install.
const SUDOERS: &str = "Defaults env_reset\n\
    Defaults secure_path=\"SEARCH_PATH\"\n\
    root ALL=(ALL:ALL) ALL\n\
    ubuntu ALL=(ALL) NOPASSWD:ALL\n";

/// Without PAM, whose modules differ from host to host, sshd itself has to set the search path.
const SSHD_CONFIG: &str = "HostKey /etc/ssh/ssh_host_ed25519_key\n\
    UsePAM no\n\
    PasswordAuthentication no\n\
    KbdInteractiveAuthentication no\n\
    AcceptEnv LANG LC_*\n\
    SetEnv PATH=SEARCH_PATH\n\
    Subsystem sftp internal-sftp\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::disk::ROOT;

    #[test]
    fn secrets_and_sudo_rules_are_not_readable_by_all() {
        let key = KeyPair { private: "private".into(), public: "public".into() };
        let files = login_files(&key, "ssh-ed25519 AAAA");
        let mode = |path: &str| files.iter().find(|file| file.path == path).unwrap().mode;
        assert_eq!(mode("etc/ssh/ssh_host_ed25519_key"), 0o600);
        assert_eq!(mode("etc/sudoers"), 0o440);
        assert!(files.iter().all(|file| file.owner == ROOT || file.path.starts_with("home/ubuntu")));
    }
}
