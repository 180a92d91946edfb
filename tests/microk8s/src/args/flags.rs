//! Flags of the parts that are stood in for (kubelet, kube-proxy), and those that kubelite drops before it
//! starts.

use crate::failure::{Failure, Result};
use crate::layout::{Layout, read_or_empty, write};

const KUBELET: &str = include_str!("../../snap/kubelet-flags");
const KUBE_PROXY: &str = include_str!("../../snap/kube-proxy-flags");

/// Ends as the component's own parser would: the first flag it does not know, or any bare word.
pub(crate) fn check(component: &str, arguments: &[String]) -> Result<()> {
    let known = if component == "kubelet" { KUBELET } else { KUBE_PROXY };
    let mut words = arguments.iter().peekable();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix("--") else {
            return Err(Failure::new(format!("unknown command [{word}]")));
        };
        let (name, has_value) = flag.split_once('=').map_or((flag, false), |(name, _)| (name, true));
        if !known.lines().any(|line| line == name) {
            return Err(Failure::new(format!("failed to parse {component} flag: unknown flag: --{name}")));
        }
        if !has_value {
            words.next_if(|next| !next.starts_with("--"));
        }
    }
    Ok(())
}

/// Flags that older releases had; kubelite deletes their lines at each start, with these prefixes in these
/// files.
const REMOVED: [(&str, &[&str]); 5] = [
    (
        "kubelet",
        &[
            "--container-runtime=",
            "--pod-infra-container-image",
            "--non-masquerade-cidr",
            "--experimental-",
            "--network-plugin",
            "--cni-",
        ],
    ),
    (
        "kube-apiserver",
        &["--insecure-port", "--insecure-bind-address", "--address", "--port", "--target-ram-mb"],
    ),
    ("kube-controller-manager", &["--address", "--port"]),
    ("kube-scheduler", &["--address", "--port"]),
    ("kube-proxy", &["--proxy-mode=userspace"]),
];

/// klog's flags, removed from every component.
const KLOG: [&str; 9] = [
    "--log-dir",
    "--log-file",
    "--logtostderr",
    "--alsologtostderr",
    "--one-output",
    "--skip-headers",
    "--skip-log-headers",
    "--stderrthreshold",
    "--add-dir-header",
];

/// Deletes flags that are known to be gone, as kubelite's wrapper does unless `no-arg-sanitisation` is set.
pub(crate) fn sanitise(layout: &Layout) -> Result<()> {
    if layout.is_locked("no-arg-sanitisation") {
        return Ok(());
    }
    for (file, removed) in REMOVED {
        let path = layout.args(file);
        let before = read_or_empty(&path);
        let gone = |line: &&str| removed.iter().chain(&KLOG).any(|prefix| line.starts_with(prefix));
        let after: String =
            before.lines().filter(|line| !gone(line)).map(|line| format!("{line}\n")).collect();
        if after.lines().count() != before.lines().count() {
            write(&path, &after)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{defaults, parse};

    #[test]
    fn the_snaps_own_flags_are_known() {
        for component in ["kubelet", "kube-proxy"] {
            check(component, &parse::kubelite(defaults::text_of(component), &[])).unwrap();
        }
    }

    #[test]
    fn an_unknown_flag_and_a_bare_word_end_the_component() {
        let unknown =
            check("kubelet", &["--node-ip=1.2.3.4".into(), "--node-ipp=1.2.3.4".into()]).unwrap_err();
        assert_eq!(unknown.to_string(), "failed to parse kubelet flag: unknown flag: --node-ipp");
        check("kubelet", &["".into()]).unwrap_err();
    }

    #[test]
    fn removed_flags_are_deleted_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let path = layout.args("kubelet");
        write(&path, "--pod-infra-container-image=x\n--container-runtime-endpoint=y\n--logtostderr=true\n")
            .unwrap();
        sanitise(&layout).unwrap();
        assert_eq!(read_or_empty(&path), "--container-runtime-endpoint=y\n");
        write(&path, "--logtostderr=true\n").unwrap();
        layout.set_lock("no-arg-sanitisation").unwrap();
        sanitise(&layout).unwrap();
        assert_eq!(read_or_empty(&path), "--logtostderr=true\n");
    }
}
