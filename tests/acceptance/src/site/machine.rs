//! The machines of a site: how ssh reaches them, and what must not be on them.

use super::file::{Login, Machine, Site};
use super::values::Plain;
use crate::Failure;
use conformance::microk8s::Node;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Prints a line for each thing of MicroK8s' or of ours that is on a machine. All that we write has our name
/// in its own, but for the block in /etc/hosts, which is compared.
const LEFTOVERS: &str = r#"
export LC_ALL=C
! snap list microk8s >/dev/null 2>&1 || echo 'the snap microk8s'
for path in /var/snap/microk8s /snap/microk8s /snap/bin/microk8s /snap/bin/microk8s.* /etc/sysctl.d/10-microk8s.conf; do
    [ ! -e "$path" ] && [ ! -L "$path" ] || echo "$path"
done
find /etc /run /var/lib /usr/local -xdev -name '*terraform-provider-microk8s*' -prune -print 2>/dev/null
ip -oneline link show | sed -n 's/^[0-9]*: \(cali[^:@]*\|vxlan\.calico\)[:@].*/the network link \1/p'
ps -e -o args= | grep -E '^(/snap/microk8s/|[^ ]*(etcd|kubelite|kube-apiserver) )' | sed 's/^/the process /'
exit 0
"#;

/// What has to be as it was before, by name: scripts that print it.
const REMEMBERED: [(&str, &str); 2] = [
    ("/etc/hosts", "cat /etc/hosts"),
    (
        "what storage needs",
        "dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' \
         open-iscsi nfs-common cryptsetup dmsetup 2>/dev/null; exit 0",
    ),
];

/// What was on a machine that has to be so again.
pub(super) type Remembered = BTreeMap<&'static str, String>;

/// A machine, and how to run something on it.
pub(super) struct Reached {
    pub(super) name: String,
    node: Node,
}

impl Reached {
    /// Whether it is the machine that the file says it is.
    pub(super) async fn check_name(&self) -> Result<(), Failure> {
        let own = self.node.prepare("hostname").await?.to_lowercase();
        if own == self.name {
            return Ok(());
        }
        Err(Failure::new(format!("{} calls itself {own:?}, not {:?}", self.node.shown(), self.name)))
    }

    /// What is on it of MicroK8s and of ours.
    pub(super) async fn leftovers(&self) -> Result<Vec<String>, Failure> {
        let found = self.node.prepare(LEFTOVERS).await?;
        Ok(found.lines().map(|line| format!("{} has {line}", self.name)).collect())
    }

    /// What has to be so again.
    pub(super) async fn remember(&self) -> Result<Remembered, Failure> {
        let mut all = Remembered::new();
        for (name, script) in REMEMBERED {
            all.insert(name, self.node.prepare(script).await?);
        }
        Ok(all)
    }

    /// What is not as it was.
    pub(super) async fn changed(&self, before: &Remembered) -> Result<Vec<String>, Failure> {
        let now = self.remember().await?;
        let changed = now.iter().filter(|(name, text)| before.get(*name) != Some(text));
        Ok(changed
            .map(|(name, text)| {
                let was = before.get(name).map(String::as_str).unwrap_or_default();
                format!("{}: {name} was {was:?} and is {text:?}", self.name)
            })
            .collect())
    }
}

/// The machines, as the ssh configuration at this place reaches them.
pub(super) fn reached(site: &Site, ssh_configuration: &Path) -> Vec<Reached> {
    let one = |(name, machine): (&str, &Machine)| Reached {
        name: name.to_owned(),
        node: Node::by_ssh(&machine.address().to_string(), Some(ssh_configuration)),
    };
    site.machines().map(one).collect()
}

/// Writes a configuration of ssh's for the machines into a folder. The user's own holds for all else.
pub(super) fn write_ssh_configuration(site: &Site, folder: &Path) -> Result<PathBuf, Failure> {
    let known = folder.join("known_hosts");
    let mut keys = String::new();
    let mut text = String::new();
    for (_, machine) in site.machines() {
        let _ = writeln!(text, "Host {}", machine.address());
        login(&mut text, machine.user.as_ref(), machine.private_key_file.as_ref());
        if let Some(key) = &machine.host_key {
            let _ = writeln!(keys, "{} {}", machine.address(), key.0);
            let _ = writeln!(text, "    UserKnownHostsFile {}", known.display());
        }
    }
    let Login { user, private_key_file } = &site.ssh;
    text.push_str("Host *\n    StrictHostKeyChecking yes\n");
    login(&mut text, user.as_ref(), private_key_file.as_ref());
    text.push_str("    Include ~/.ssh/config\n");
    let file = folder.join("ssh_config");
    for (file, text) in [(&known, &keys), (&file, &text)] {
        fs::write(file, text).map_err(Failure::system("write", file))?;
    }
    Ok(file)
}

fn login(text: &mut String, user: Option<&Plain>, private_key_file: Option<&Plain>) {
    if let Some(Plain(user)) = user {
        let _ = writeln!(text, "    User {user}");
    }
    if let Some(Plain(file)) = private_key_file {
        let _ = writeln!(text, "    IdentityFile {file}\n    IdentitiesOnly yes");
    }
}
