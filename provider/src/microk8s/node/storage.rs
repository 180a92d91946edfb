//! What a node needs so that storage such as Longhorn's works on it: packages, services, kernel modules, and
//! multipath kept away from its volumes.

use super::scripts::{
    ENABLE_SERVICES, EXCLUDE_FROM_MULTIPATH, INSTALL_PACKAGES, LOAD_MODULES, RELEASE_STORAGE, STORAGE,
};
use crate::connection::ssh::Shell;
use crate::connection::ssh::{Output, Script};
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::describe_output;
use crate::microk8s::shared::machine::scripts::RECORD;
use crate::microk8s::shared::machine::sections::sections;
use serde::{Deserialize, Serialize};
use tfplugin::Model;
use tfplugin::model::Set;

/// What storage needs on the machine. `storage = {}` is what Longhorn checks for.
///
/// A destroy, or taking the attribute away, removes the files written for it and the packages that were not
/// on the machine before, unless others need these by then. Modules stay loaded until the next boot.
#[derive(Clone, Debug, PartialEq, Eq, Model, Serialize, Deserialize)]
pub struct Storage {
    /// Debian packages, installed by apt where they are missing. Default: `open-iscsi`, `nfs-common`,
    /// `cryptsetup` and `dmsetup`, for volumes over iSCSI, volumes that several pods share, and encrypted
    /// ones.
    #[attribute(default = words(&["open-iscsi", "nfs-common", "cryptsetup", "dmsetup"]), validate = check_packages)]
    packages: Set<String>,

    /// systemd services that run, now and after each boot. Default: `iscsid`.
    #[attribute(default = words(&["iscsid"]), validate = check_services)]
    services: Set<String>,

    /// Kernel modules that are loaded, now and at each boot. Default: `iscsi_tcp` and `dm_crypt`.
    #[attribute(default = words(&["iscsi_tcp", "dm_crypt"]), validate = check_modules)]
    kernel_modules: Set<String>,

    /// Whether `/dev/sd*` is excluded from multipathd, which treats volumes as paths to a disk and locks
    /// them. Default `true`. `false` on a machine whose own disks have several paths; exclude the volumes
    /// there yourself.
    #[attribute(default = true)]
    multipath_exclusion: bool,
}

/// Configuration of multipathd. Volumes are SCSI disks.
const EXCLUSION: &str =
    "# microk8s_node (managed by Terraform)\nblacklist {\n    devnode \"^sd[a-z0-9]+\"\n}\n";

fn words(words: &[&str]) -> Set<String> {
    Set(words.iter().map(|word| (*word).to_owned()).collect())
}

impl Storage {
    /// What of it is on the machine.
    pub(crate) async fn seen_on(&self, machine: &dyn Shell) -> Result<Self, NodeError> {
        let wanted = [&self.packages, &self.services, &self.kernel_modules].map(|words| words.0.join(" "));
        let output = machine.ask(&STORAGE, &wanted.each_ref().map(String::as_str)).await?;
        if !output.succeeded() {
            let attempt = format!("`{}` on {}", STORAGE.name, machine.address());
            return Err(NodeError::new(attempt, describe_output(&output)).transient());
        }
        let sections = sections(&output.stdout);
        let section = |name: &str| sections.get(name).copied().unwrap_or_default();
        let there = |name: &str, wanted: &Set<String>| {
            let shown: Vec<&str> = section(name).lines().collect();
            Set(wanted.0.iter().filter(|word| shown.contains(&word.as_str())).cloned().collect())
        };
        Ok(Self {
            packages: there("packages", &self.packages),
            services: there("services", &self.services),
            kernel_modules: there("modules", &self.kernel_modules),
            multipath_exclusion: section("multipath") == EXCLUSION,
        })
    }

    /// Brings what is missing to the machine. `there` is what was seen.
    pub(crate) async fn bring(&self, machine: &dyn Shell, there: &Self) -> Result<(), NodeError> {
        // First, so that it is known what to take away again, wherever this stops.
        write(machine, &RECORD, &["storage"], &self.record()).await?;
        // Packages that are there are not named: apt would upgrade them.
        let missing = |wanted: &Set<String>, there: &Set<String>| {
            Set(wanted.0.iter().filter(|word| !there.0.contains(word)).cloned().collect())
        };
        let tasks = [
            (&INSTALL_PACKAGES, missing(&self.packages, &there.packages)),
            // All of them, which are the whole of what each boot loads.
            (&LOAD_MODULES, self.kernel_modules.clone()),
            (&ENABLE_SERVICES, missing(&self.services, &there.services)),
        ];
        for (script, words) in &tasks {
            if !words.0.is_empty() || script.name == LOAD_MODULES.name {
                run(machine, script, &words.0.iter().map(String::as_str).collect::<Vec<_>>(), None).await?;
            }
        }
        if self.multipath_exclusion != there.multipath_exclusion {
            let text = if self.multipath_exclusion { EXCLUSION } else { "" };
            write(machine, &EXCLUDE_FROM_MULTIPATH, &[], text).await?;
        }
        Ok(())
    }

    /// What a machine's note says.
    pub(crate) fn recorded(record: &str) -> Option<Self> {
        serde_json::from_str(record).ok()
    }

    /// The note on the machine, which an import reads.
    fn record(&self) -> String {
        // Texts and a bool are always JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Takes away what was brought.
pub(crate) async fn release(machine: &dyn Shell) -> Result<(), NodeError> {
    run(machine, &RELEASE_STORAGE, &[], None).await
}

/// Gives a script a text, with its length, so that a connection that breaks in the middle changes nothing.
async fn write(machine: &dyn Shell, script: &Script, words: &[&str], text: &str) -> Result<(), NodeError> {
    let length = text.len().to_string();
    run(machine, script, &[words, &[&length]].concat(), Some(text.as_bytes())).await
}

async fn run(
    machine: &dyn Shell,
    script: &Script,
    words: &[&str],
    stdin: Option<&[u8]>,
) -> Result<(), NodeError> {
    let output = machine.script(script, words, stdin).await;
    machine.invalidate_probes();
    let output = output?;
    if output.succeeded() { Ok(()) } else { Err(judge(machine.address(), script, words, &output)) }
}

/// Words of apt that mean "later".
const TRANSIENT: [&str; 5] = [
    "Could not get lock",
    "Unable to acquire",
    "Temporary failure resolving",
    "Failed to fetch",
    "Could not connect",
];

fn judge(address: &str, script: &Script, words: &[&str], output: &Output) -> NodeError {
    let attempt = format!("`{}` on {address} for {}", script.name, words.join(" "));
    let failure = NodeError::new(attempt, describe_output(output)).at("storage");
    let said = format!("{}\n{}", output.stdout, output.stderr);
    if said.contains("Unable to locate package") {
        return failure.with_hint(
            "apt does not know the package: check its name, and the machine's sources in /etc/apt.",
        );
    }
    if TRANSIENT.iter().any(|words| said.contains(words)) {
        return failure.transient();
    }
    match script.name == LOAD_MODULES.name {
        true => failure.with_hint(
            "Small kernels come without it: install linux-modules-extra for the machine's kernel, or leave the module out of \
             `kernel_modules`.",
        ),
        false => failure,
    }
}

/// Debian's policy, 5.6.1. apt reads more into a word: `sudo-` removes, `sudo=1.9` and `sudo/stable` choose a
/// version.
fn check_packages(packages: &Set<String>) -> Result<(), String> {
    check_words(packages, "a Debian package", "+-.")?;
    let is_name = |name: &&String| {
        let has_upper_case = name.chars().any(|one| one.is_ascii_uppercase());
        name.len() >= 2 && !has_upper_case && !name.ends_with('-')
    };
    match packages.0.iter().find(|name| !is_name(name)) {
        Some(name) => Err(format!(
            "{name:?} is not the name of a Debian package: two or more lower-case letters, digits, `+`, `-` and `.`, without a \
             `-` at the end, which apt takes for an order to remove the package"
        )),
        None => Ok(()),
    }
}

/// Kinds of systemd's units that run nothing by themselves: to start one is to change what the whole machine
/// does.
const NO_SERVICES: [&str; 7] = [".target", ".mount", ".automount", ".swap", ".device", ".slice", ".scope"];

fn check_services(services: &Set<String>) -> Result<(), String> {
    check_words(services, "a systemd service", "-_.@:")?;
    let is_other = |name: &&String| NO_SERVICES.iter().any(|kind| name.ends_with(kind));
    match services.0.iter().find(is_other) {
        Some(name) => Err(format!("{name:?} is a systemd unit of another kind than a service")),
        None => Ok(()),
    }
}

fn check_modules(modules: &Set<String>) -> Result<(), String> {
    match modules.0.iter().find(|module| module.contains('-')) {
        Some(module) => {
            Err(format!("{module:?} is {:?} to the kernel; write it so", module.replace('-', "_")))
        }
        None => check_words(modules, "a kernel module", "_"),
    }
}

fn check_words(words: &Set<String>, noun: &str, more: &str) -> Result<(), String> {
    // The longest that the kernel takes as the name of a file, which each of them is.
    const LONGEST: usize = 255;
    let is_one = |word: &String| {
        let allowed = |one: char| one.is_ascii_alphanumeric() || more.contains(one);
        word.starts_with(|one: char| one.is_ascii_alphanumeric())
            && word.len() <= LONGEST
            && word.chars().all(allowed)
    };
    match words.0.iter().find(|word| !is_one(word)) {
        Some(word) => Err(format!("{word:?} is not the name of {noun}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage() -> Storage {
        Storage {
            packages: words(&["open-iscsi"]),
            services: words(&["iscsid"]),
            kernel_modules: words(&["iscsi_tcp"]),
            multipath_exclusion: true,
        }
    }

    #[test]
    fn the_note_on_a_machine_says_it_all() {
        assert_eq!(Storage::recorded(&storage().record()), Some(storage()));
        assert_eq!(Storage::recorded("{}"), None);
    }

    #[test]
    fn words_that_would_be_options_or_patterns_are_refused() {
        assert!(check_packages(&words(&["libc++1", "open-iscsi"])).is_ok());
        for bad in ["-y", "a b", "*", "a;b", ""] {
            assert!(check_packages(&words(&[bad])).is_err(), "{bad}");
            assert!(check_services(&words(&[bad])).is_err(), "{bad}");
            assert!(check_modules(&words(&[bad])).is_err(), "{bad}");
        }
        assert!(check_modules(&words(&["dm-crypt"])).unwrap_err().contains("dm_crypt"));
    }

    #[test]
    fn what_apt_or_systemd_read_as_something_else_is_refused() {
        for good in ["libc++1", "g++", "open-iscsi", "libstdc++-12-dev", "0ad", "python3.12"] {
            assert!(check_packages(&words(&[good])).is_ok(), "{good}");
        }
        let packages = [
            "sudo-",
            "Sudo",
            "a",
            "sudo=1.9",
            "sudo/stable",
            "sudo:i386",
            "standard^",
            "lib.*",
            "^a",
            "sudo\n",
            "é",
        ];
        for bad in packages {
            assert!(check_packages(&words(&["open-iscsi", bad])).is_err(), "{bad}");
        }
        for good in ["iscsid", "iscsid.service", "iscsid.socket", "wg-quick@wg0"] {
            assert!(check_services(&words(&[good])).is_ok(), "{good}");
        }
        for bad in ["poweroff.target", "-.mount", "etc.mount", "--now", "a/b", "\u{1b}[2J"] {
            assert!(check_services(&words(&[bad])).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_apt_says_is_told_apart() {
        let failure = |script, stderr: &str| {
            let output = Output { code: 100, stdout: String::new(), stderr: stderr.to_owned() };
            judge("10.0.0.11", script, &["open-iscsi"], &output)
        };
        let busy = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (apt-get)";
        assert!(failure(&INSTALL_PACKAGES, busy).is_transient());
        let unknown = failure(&INSTALL_PACKAGES, "E: Unable to locate package open-iscsi");
        assert!(!unknown.is_transient());
        let module = failure(&LOAD_MODULES, "modprobe: FATAL: Module iscsi_tcp not found in directory");
        let detail = module.into_diagnostic("Unable").detail;
        assert!(detail.contains("linux-modules-extra"), "{detail}");
    }
}
