//! What makes a machine of the lab a node: an Ubuntu server as cloud-init leaves it, with the commands of MicroK8s
//! played by the lab's own program.

use crate::machine::boot::SEARCH_PATH;
use crate::machine::disk::{Content, DiskFile};
use crate::machine::{Machine, Service, Shared};
use crate::network::{Addresses, Place};
use crate::{LabError, NodeDescription, NodeOptions, holder, process};
use std::fs;
use std::path::{Path, PathBuf};

/// Where a machine sees the lab's own program, which plays several commands.
pub(crate) const PROGRAM: &str = "/opt/lab/bin/lab";
const UBUNTU: u32 = 1000;
const SSH_PORT: u16 = 22;
/// Commands of a node that the lab's program plays, by the name that it is called by.
const PLAYED: [&str; 3] = ["usr/bin/cloud-init", "usr/bin/journalctl", "usr/bin/snap"];

/// A node that is about to be made.
pub(crate) struct NewNode {
    pub(crate) machine: Machine,
    pub(crate) files: Vec<DiskFile>,
    pub(crate) description: NodeDescription,
}

/// Puts together the node at this place, counted from 0. `authorized` is the public key that its user accepts.
pub(crate) async fn new(
    index: usize,
    options: &NodeOptions,
    program: &Path,
    authorized: &str,
) -> Result<NewNode, LabError> {
    let addresses = Addresses::node(index);
    let host_key = KeyPair::generate(&format!("root@{}", options.name)).await?;
    let machine = Machine {
        name: options.name.clone(),
        place: Place { namespace: format!("node-{}", options.name), addresses, forwards: false },
        shared: vec![Shared { from: program.to_owned(), to: PathBuf::from(PROGRAM) }],
        services: vec![Service {
            name: "sshd".into(),
            program: "/usr/sbin/sshd".into(),
            arguments: ["-D", "-e"].map(String::from).to_vec(),
        }],
        port: SSH_PORT,
    };
    let description = NodeDescription {
        name: options.name.clone(),
        ipv4: addresses.ipv4,
        ipv6: addresses.ipv6,
        host_public_key: host_key.public.trim_end().to_owned(),
    };
    let files = files(&options.name, &host_key, authorized, &machine_id().await?)?;
    Ok(NewNode { machine, files, description })
}

/// The accounts of a node are the host's system accounts and `ubuntu`: people of the host are not people of a node.
fn files(
    name: &str,
    host_key: &KeyPair,
    authorized: &str,
    machine_id: &str,
) -> Result<Vec<DiskFile>, LabError> {
    let mut files = vec![
        DiskFile::text("etc/hostname", format!("{name}\n")),
        DiskFile::text(
            "etc/hosts",
            format!(
                "127.0.1.1 {name} {name}\n127.0.0.1 localhost\n\n::1 localhost ip6-localhost ip6-loopback\n"
            ),
        ),
        DiskFile::text("etc/machine-id", format!("{machine_id}\n")),
        DiskFile::text("etc/resolv.conf", ""),
        DiskFile::text("etc/environment", format!("PATH=\"{SEARCH_PATH}\"\n")),
        DiskFile::text(
            "etc/passwd",
            system_accounts("/etc/passwd")? + "ubuntu:x:1000:1000:Ubuntu:/home/ubuntu:/bin/bash\n",
        ),
        DiskFile::text("etc/group", system_accounts("/etc/group")? + "ubuntu:x:1000:\n"),
        DiskFile { mode: 0o640, ..DiskFile::text("etc/shadow", SHADOW) },
        DiskFile {
            mode: 0o440,
            ..DiskFile::text("etc/sudoers", SUDOERS.replace("SEARCH_PATH", SEARCH_PATH))
        },
        DiskFile::text("etc/ssh/sshd_config", SSHD_CONFIG.replace("SEARCH_PATH", SEARCH_PATH)),
        DiskFile { mode: 0o600, ..DiskFile::text("etc/ssh/ssh_host_ed25519_key", &host_key.private) },
        DiskFile::text("etc/ssh/ssh_host_ed25519_key.pub", &host_key.public),
        ubuntus("home/ubuntu", 0o750, Content::Folder),
        ubuntus("home/ubuntu/.ssh", 0o700, Content::Folder),
        ubuntus("home/ubuntu/.ssh/authorized_keys", 0o600, Content::Text(authorized.to_owned())),
    ];
    files.extend(PLAYED.map(|command| DiskFile::link(command, PROGRAM)));
    Ok(files)
}

fn ubuntus(path: &'static str, mode: u32, content: Content) -> DiskFile {
    DiskFile { path, mode, owner: UBUNTU, content }
}

/// No account of a node has a password: `ubuntu` comes in by its key, `root` through sudo.
const SHADOW: &str = "root:*:20000:0:99999:7:::\nubuntu:*:20000:0:99999:7:::\n";

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

/// The lines of an account file without those of people, whose numbers begin at 1000.
fn system_accounts(file: &str) -> Result<String, LabError> {
    let text = fs::read_to_string(file).map_err(LabError::system("read", file))?;
    Ok(without_people(&text))
}

fn without_people(accounts: &str) -> String {
    const PEOPLE: std::ops::Range<u32> = 1000..60000;
    let is_person = |line: &str| {
        let number = line.split(':').nth(2).and_then(|number| number.parse().ok());
        number.is_some_and(|number| PEOPLE.contains(&number)) || line.starts_with("ubuntu:")
    };
    accounts.lines().filter(|line| !is_person(line)).map(|line| format!("{line}\n")).collect()
}

/// A random one, as the first boot makes it.
async fn machine_id() -> Result<String, LabError> {
    const SOURCE: &str = "/proc/sys/kernel/random/uuid";
    let id = tokio::fs::read_to_string(SOURCE).await.map_err(LabError::system("read", SOURCE))?;
    Ok(id.trim().replace('-', ""))
}

/// An ed25519 key pair in OpenSSH's file formats.
pub(crate) struct KeyPair {
    pub(crate) private: String,
    pub(crate) public: String,
}

impl KeyPair {
    /// Makes one with OpenSSH's own tool, in the holder's memory-backed folder.
    pub(crate) async fn generate(comment: &str) -> Result<KeyPair, LabError> {
        let folder = tempfile::tempdir_in(holder::FOLDER)
            .map_err(LabError::system("make a folder in", holder::FOLDER))?;
        let private = folder.path().join("key");
        let public = folder.path().join("key.pub");
        let file = private.to_string_lossy();
        let arguments = ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", &file];
        process::run("make a key pair", "ssh-keygen", &arguments).await?;
        let read = |file: &Path| fs::read_to_string(file).map_err(LabError::system("read", file));
        Ok(KeyPair { private: read(&private)?, public: read(&public)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::disk::ROOT;

    #[test]
    fn people_of_the_host_are_left_out() {
        let host = "root:x:0:0::/root:/bin/bash\nubuntu:x:500:500::/home/ubuntu:/bin/sh\n\
                    ada:x:1000:1000::/home/ada:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n";
        assert_eq!(without_people(host), "root:x:0:0::/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n");
        assert_eq!(without_people("sudo:x:27:ada\nada:x:1000:\n"), "sudo:x:27:ada\n");
    }

    #[test]
    fn secrets_and_sudo_rules_are_not_readable_by_all() {
        let key = KeyPair { private: "private".into(), public: "public".into() };
        let files = files("cp1", &key, "ssh-ed25519 AAAA", "0123").unwrap();
        let mode = |path: &str| files.iter().find(|file| file.path == path).unwrap().mode;
        assert_eq!(mode("etc/ssh/ssh_host_ed25519_key"), 0o600);
        assert_eq!(mode("etc/sudoers"), 0o440);
        assert_eq!(mode("etc/shadow"), 0o640);
        assert!(files.iter().all(|file| file.owner == ROOT || file.path.starts_with("home/ubuntu")));
    }
}
