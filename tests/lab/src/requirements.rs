//! Whether this machine can hold a lab.

use crate::LabError;
use nix::unistd::geteuid;
use std::fs;
use std::os::unix::fs::MetadataExt as _;

/// Bit of CAP_SYS_ADMIN in the capability sets that the kernel shows.
const SYS_ADMIN: u64 = 1 << 21;

/// Says everything that is missing at once.
pub(crate) fn check() -> Result<(), LabError> {
    let mut missing = Vec::new();
    if !geteuid().is_root() {
        missing.push("it takes root, which makes the namespaces and mounts: run it with sudo".to_owned());
    } else if !fs::read_to_string("/proc/self/status").is_ok_and(|status| may_administer(&status)) {
        let advice =
            "root is not allowed to mount here (no CAP_SYS_ADMIN): in a container, run it with --privileged";
        missing.push(advice.to_owned());
    }
    for folder in ["/etc", "/usr", "/var"] {
        if device_of(folder) != device_of("/") {
            missing.push(format!(
                "{folder} is on a file system of its own, and the lab's machines are overlays over the root file \
                 system only: use a machine, or a privileged container, with all in one"
            ));
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(LabError::Unsupported { missing }) }
}

fn device_of(path: &str) -> Option<u64> {
    fs::metadata(path).ok().map(|about| about.dev())
}

fn may_administer(status: &str) -> bool {
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    effective.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).is_some_and(|set| set & SYS_ADMIN != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_that_may_not_mount_is_recognised() {
        assert!(may_administer("Name:\tlab\nCapEff:\t000001fffeffffff\n"));
        assert!(!may_administer("Name:\tlab\nCapEff:\t00000000a80425fb\n"), "docker's default set");
        assert!(!may_administer("Name:\tlab\n"));
    }
}
