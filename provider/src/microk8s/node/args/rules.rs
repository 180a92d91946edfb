//! Which flags may be given. Any that a service knows, but for those that something else writes, those that
//! would take its data away, and those that the release does not have any more. What a service does not know
//! only its start shows.

use super::Args;
use crate::microk8s::shared::config_files::dual_stack::{Place, SETTINGS};
use crate::microk8s::shared::machine::service::{ARGUMENT_FILES, Service};
use std::collections::BTreeMap;

/// Flags that something else writes, by file, and what.
const OF_OTHERS: [(&str, &str, &str); 4] = [
    ("kube-apiserver", "authorization-mode", "the add-on rbac (`microk8s_addon`) writes it"),
    ("kubelet", "hostname-override", "a node is called as its machine is; change the machine's host name"),
    ("kubelet", "node-labels", "it has no effect on a node that exists; use `labels`"),
    ("kubelet", "register-with-taints", "it has no effect on a node that exists; use `taints`"),
];

/// Where MicroK8s' own parts find each other and their data.
const OF_MICROK8S: [(&str, &[&str]); 7] = [
    ("containerd", &["address", "config", "root", "state"]),
    ("k8s-dqlite", &["listen", "storage-dir"]),
    ("kube-apiserver", &["cert-dir", "client-ca-file", "etcd-servers", "secure-port"]),
    ("kube-controller-manager", &["kubeconfig"]),
    ("kube-proxy", &["kubeconfig", "master"]),
    ("kube-scheduler", &["kubeconfig"]),
    (
        "kubelet",
        &["cert-dir", "client-ca-file", "container-runtime-endpoint", "containerd", "kubeconfig", "root-dir"],
    ),
];

/// Flags that the first of a minor release does not have any more, and the one before had; found by comparing
/// the sources of Kubernetes v1.28.0 to v1.35.0.
const REMOVED: [(&str, &str, u32); 14] = [
    ("kube-apiserver", "cloud-config", 33),
    ("kube-apiserver", "cloud-provider", 33),
    ("kube-apiserver", "cloud-provider-gce-lb-src-cidrs", 31),
    ("kube-controller-manager", "cloud-provider-gce-lb-src-cidrs", 31),
    ("kube-controller-manager", "horizontal-pod-autoscaler-downscale-delay", 31),
    ("kube-controller-manager", "horizontal-pod-autoscaler-upscale-delay", 31),
    ("kube-controller-manager", "volume-host-allow-local-loopback", 31),
    ("kube-controller-manager", "volume-host-cidr-denylist", 31),
    ("kube-proxy", "proxy-port-range", 31),
    ("kubelet", "azure-container-registry-config", 30),
    ("kubelet", "iptables-drop-bit", 31),
    ("kubelet", "iptables-masquerade-bit", 31),
    ("kubelet", "keep-terminated-pod-volumes", 31),
    ("kubelet", "register-schedulable", 34),
];

/// Flags that MicroK8s takes out of the files of kubelite at each of its starts, by how they begin: those of
/// klog of every service, and these. (microk8s-resources/wrappers/run-kubelite-with-args, branches 1.28 to
/// 1.36.)
const DROPPED: [(&str, &[&str]); 5] = [
    ("kube-apiserver", &["address", "insecure-bind-address", "insecure-port", "port", "target-ram-mb"]),
    ("kube-controller-manager", &["address", "port"]),
    ("kube-proxy", &[]),
    ("kube-scheduler", &["address", "port"]),
    (
        "kubelet",
        &[
            "cni-",
            "container-runtime=",
            "experimental-",
            "network-plugin",
            "non-masquerade-cidr",
            "pod-infra-container-image",
        ],
    ),
];

const KLOG: [&str; 9] = [
    "add-dir-header",
    "alsologtostderr",
    "log-dir",
    "log-file",
    "logtostderr",
    "one-output",
    "skip-headers",
    "skip-log-headers",
    "stderrthreshold",
];

/// Whether these can be given; for `#[attribute(validate = ...)]`.
pub(crate) fn check(args: &Option<Args>) -> Result<(), String> {
    for (file, flags) in args.iter().flatten() {
        let Some(service) = Service::of(file) else {
            let names = ARGUMENT_FILES.map(|(name, _)| name).join(", ");
            return Err(format!("{file:?} is not a service with flags; those are {names}"));
        };
        for (name, value) in flags {
            check_form(service, name, value).map_err(|problem| format!("{file}: {problem}"))?;
            if let Some(why) = reserved(file, name) {
                return Err(format!("--{name} of {file} cannot be set here: {why}"));
            }
        }
    }
    Ok(())
}

/// A flag that this release of Kubernetes does not have any more, as an error says it.
pub(crate) fn check_release(args: &Args, minor: u32) -> Result<(), String> {
    let has = |file: &str, name: &str| {
        args.get(file).is_some_and(|flags: &BTreeMap<_, _>| flags.contains_key(name))
    };
    match REMOVED.iter().find(|(file, name, since)| minor >= *since && has(file, name)) {
        None => Ok(()),
        Some((file, name, since)) => Err(format!(
            "Kubernetes 1.{minor} has no flag --{name} of {file}; the last release with it is 1.{}. With it {file} does not start, \
             and with {file} nothing of the node. Take it out of `args`.",
            since - 1
        )),
    }
}

fn reserved(file: &str, name: &str) -> Option<String> {
    let dual_stack = SETTINGS.iter().any(|setting| match setting.place {
        Place::Flag(of, flag) => of == file && flag.strip_prefix("--") == Some(name),
        _ => false,
    });
    if dual_stack {
        return Some("it belongs to the ranges and addresses of the cluster, which are those of `microk8s_cluster_ipv6`".to_owned());
    }
    let of_others = OF_OTHERS.iter().find(|(of, flag, _)| *of == file && *flag == name);
    if let Some((.., why)) = of_others {
        return Some((*why).to_owned());
    }
    let of = |table: &[(&str, &'static [&'static str])]| {
        table.iter().find(|(of, _)| *of == file).map_or(&[][..], |(_, flags)| flags)
    };
    if of(&OF_MICROK8S).contains(&name) {
        return Some("MicroK8s' own parts find each other and their data by it".to_owned());
    }
    let begins = |begin: &str| format!("{name}=").starts_with(begin);
    let is_dropped = DROPPED.iter().any(|(of, _)| *of == file)
        && (of(&DROPPED).iter().any(|one| begins(one)) || KLOG.contains(&name));
    is_dropped.then(|| "MicroK8s takes it out of the file at each start".to_owned())
}

/// Whether the file can hold it. The files of kubelite know no quotes: a blank or a quote in a value would be
/// lost. Those of the others are read by a shell, as root.
fn check_form(service: Service, name: &str, value: &str) -> Result<(), String> {
    let inner = |one: char| one.is_ascii_alphanumeric() || one == '-' || one == '_' || one == '.';
    if name.starts_with('-') {
        return Err(format!(
            "write the flag {name:?} without hyphens before it: {:?}",
            name.trim_start_matches('-')
        ));
    }
    if !name.starts_with(|one: char| one.is_ascii_alphanumeric()) || !name.chars().all(inner) {
        return Err(format!("{name:?} is not the name of a flag: letters, digits, `-`, `_` and `.` only"));
    }
    let rest = ["${SNAP_DATA}", "${SNAP_COMMON}", "${SNAP}"]
        .iter()
        .fold(value.to_owned(), |rest, variable| rest.replace(variable, ""));
    let kubelites = |one: char| one.is_ascii_graphic() && !"\"'$".contains(one);
    let by_a_shell = |one: char| one.is_ascii_alphanumeric() || "_./:,=+@%-".contains(one);
    match service {
        Service::Kubelite if !rest.chars().all(kubelites) => Err(format!(
            "the value {value:?} of --{name} cannot stand in the file: it knows no blanks, quotes, `$` or letters beyond ASCII; \
             of variables ${{SNAP}}, ${{SNAP_DATA}} and ${{SNAP_COMMON}} alone are taken"
        )),
        Service::Containerd | Service::K8sDqlite if !rest.chars().all(by_a_shell) => Err(format!(
            "the value {value:?} of --{name} cannot stand in the file, which a shell reads: use letters, digits, \
             `_ . / : , = + @ % -`, ${{SNAP}}, ${{SNAP_DATA}} and ${{SNAP_COMMON}}"
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(file: &str, name: &str, value: &str) -> Args {
        Args::from([(file.to_owned(), BTreeMap::from([(name.to_owned(), value.to_owned())]))])
    }

    fn given(file: &str, name: &str, value: &str) -> Result<(), String> {
        check(&Some(args(file, name, value)))
    }

    #[test]
    fn any_flag_that_the_file_can_hold_may_be_given() {
        for (file, name, value) in [
            ("kubelet", "max-pods", "250"),
            ("kubelet", "eviction-hard", "memory.available<200Mi,nodefs.available<5%"),
            ("kube-apiserver", "audit-log-path", "${SNAP_COMMON}/var/log/audit.log"),
            ("kube-apiserver", "goaway-chance", ""),
            ("kube-apiserver", "audit-log-maxage", "7"),
            ("containerd", "log-level", "debug"),
            ("k8s-dqlite", "watch-query-timeout", "20s"),
        ] {
            assert_eq!(given(file, name, value), Ok(()), "{file} {name}");
        }
    }

    #[test]
    fn what_the_file_would_lose_or_run_is_refused() {
        for value in ["a b", "\"a\"", "it's", "$(id)", "$HOME", "a\nb", "\u{1b}[2J", "é"] {
            assert!(given("kubelet", "x", value).is_err(), "{value:?}");
            assert!(given("containerd", "x", value).is_err(), "{value:?}");
        }
        for value in ["a;b", "`id`", "a&b", "*", "a<b", "#"] {
            assert!(given("k8s-dqlite", "x", value).is_err(), "{value:?}");
        }
        for name in ["", "--max-pods", "-v", "max pods", "a=b", "é"] {
            assert!(given("kubelet", name, "1").is_err(), "{name:?}");
        }
        assert!(given("kubelets", "v", "1").unwrap_err().contains("kube-apiserver, kube-controller-manager"));
    }

    #[test]
    fn flags_of_others_are_refused_with_their_name() {
        for (file, name, owner) in [
            ("kubelet", "node-ip", "`microk8s_cluster_ipv6`"),
            ("kube-apiserver", "service-cluster-ip-range", "`microk8s_cluster_ipv6`"),
            ("kube-controller-manager", "cluster-cidr", "`microk8s_cluster_ipv6`"),
            ("kubelet", "node-labels", "`labels`"),
            ("kubelet", "register-with-taints", "`taints`"),
            ("kube-apiserver", "authorization-mode", "`microk8s_addon`"),
            ("k8s-dqlite", "storage-dir", "their data"),
            ("kubelet", "logtostderr", "at each start"),
            ("kubelet", "container-runtime", "at each start"),
            ("kubelet", "cni-bin-dir", "at each start"),
            ("kube-scheduler", "port", "at each start"),
        ] {
            let refused = given(file, name, "x").unwrap_err();
            assert!(refused.contains(owner), "{refused}");
        }
        assert_eq!(given("kubelet", "container-runtime-endpoints", "x"), Ok(()));
    }

    #[test]
    fn a_flag_is_refused_from_the_release_on_that_does_not_have_it() {
        let spare = args("kubelet", "register-schedulable", "false");
        assert_eq!(check_release(&spare, 33), Ok(()));
        let refused = check_release(&spare, 35).unwrap_err();
        assert!(
            refused.contains("Kubernetes 1.35 has no flag --register-schedulable of kubelet"),
            "{refused}"
        );
        assert!(refused.contains("the last release with it is 1.33"), "{refused}");
        assert_eq!(check_release(&args("kubelet", "max-pods", "1"), 35), Ok(()));
    }
}
