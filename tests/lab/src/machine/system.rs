//! What the disk of every machine has: a name, accounts, no one's passwords.

use super::disk::{DiskFile, Owner};
use crate::{LabError, process};
use std::fs;
use std::path::Path;
use tempfile::tempdir_in;

/// The user whom Ubuntu's cloud images have.
pub(crate) const UBUNTU: Owner = 1000;

/// A machine's accounts are the host's system accounts and `ubuntu`: people of the host are not people of a
/// machine.
pub(crate) fn files(name: &str) -> Result<Vec<DiskFile>, LabError> {
    let hosts =
        format!("127.0.1.1 {name} {name}\n127.0.0.1 localhost\n\n::1 localhost ip6-localhost ip6-loopback\n");
    Ok(vec![
        DiskFile::text("etc/hostname", format!("{name}\n")),
        DiskFile::text("etc/hosts", hosts),
        DiskFile::text("etc/machine-id", format!("{}\n", random_id()?)),
        DiskFile::text("etc/resolv.conf", ""),
        DiskFile::text("etc/passwd", system_accounts("/etc/passwd")? + UBUNTU_USER),
        DiskFile::text("etc/group", system_accounts("/etc/group")? + UBUNTU_GROUP),
        DiskFile { mode: 0o640, ..DiskFile::text("etc/shadow", SHADOW) },
        DiskFile::text("etc/bash.bashrc", SHELL_START),
        DiskFile::text("etc/profile", SHELL_START),
    ])
}

const UBUNTU_USER: &str = "ubuntu:x:1000:1000:Ubuntu:/home/ubuntu:/bin/bash\n";
const UBUNTU_GROUP: &str = "ubuntu:x:1000:\n";
/// No account has a password: `ubuntu` comes in by its key, `root` through sudo.
const SHADOW: &str = "root:*:20000:0:99999:7:::\nubuntu:*:20000:0:99999:7:::\n";
/// What the host's shells print or set at their start is nothing to a machine's, whose homes are empty as
/// well.
const SHELL_START: &str = "# Nothing is set here.\n";

/// The lines of an account file of the host without those of people.
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

/// 32 random hexadecimal digits.
pub(crate) fn random_id() -> Result<String, LabError> {
    const SOURCE: &str = "/proc/sys/kernel/random/uuid";
    let id = fs::read_to_string(SOURCE).map_err(LabError::system("read", SOURCE))?;
    Ok(id.trim().replace('-', ""))
}

/// An ed25519 key pair in OpenSSH's file formats.
pub(crate) struct KeyPair {
    pub(crate) private: String,
    pub(crate) public: String,
}

impl KeyPair {
    /// The pair that a private key is a half of.
    pub(crate) async fn of_private(private: &str, scratch: &Path) -> Result<KeyPair, LabError> {
        let folder = tempdir_in(scratch).map_err(LabError::system("make a folder in", scratch))?;
        let file = folder.path().join("key");
        fs::write(&file, private).map_err(LabError::system("write", &file))?;
        let only_owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&file, only_owner).map_err(LabError::system("set the mode of", &file))?;
        let public = process::run(
            "read a private key",
            "ssh-keygen",
            &["-y", "-P", "", "-f", &file.to_string_lossy()],
        )
        .await?;
        Ok(KeyPair { private: private.to_owned(), public })
    }

    /// Makes one with OpenSSH's own tool, whose files are gone again afterwards.
    pub(crate) async fn generate(comment: &str, scratch: &Path) -> Result<KeyPair, LabError> {
        let folder = tempdir_in(scratch).map_err(LabError::system("make a folder in", scratch))?;
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
    use crate::machine::disk::OWN_FOLDERS;

    #[test]
    fn shells_start_with_files_of_the_machines_own() {
        let files = files("cp1").unwrap();
        for shell_start in ["etc/bash.bashrc", "etc/profile"] {
            assert!(files.iter().any(|file| file.path == shell_start), "{shell_start}");
        }
        for home in ["home", "root", "etc/ssh"] {
            assert!(OWN_FOLDERS.iter().any(|(own, _)| *own == home), "{home}");
        }
    }

    #[test]
    fn people_of_the_host_are_left_out() {
        let host = "root:x:0:0::/root:/bin/bash\nubuntu:x:500:500::/home/ubuntu:/bin/sh\n\
                    ada:x:1000:1000::/home/ada:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n";
        assert_eq!(without_people(host), "root:x:0:0::/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n");
        assert_eq!(without_people("sudo:x:27:ada\nada:x:1000:\n"), "sudo:x:27:ada\n");
    }

    #[tokio::test]
    async fn key_pairs_differ_and_leave_no_files() {
        let scratch = tempfile::tempdir().unwrap();
        let one = KeyPair::generate("one", scratch.path()).await.unwrap();
        let two = KeyPair::generate("two", scratch.path()).await.unwrap();
        assert!(one.private.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----"));
        assert!(one.public.starts_with("ssh-ed25519 ") && one.public.ends_with(" one\n"));
        assert_ne!(one.private, two.private);
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    }
}
