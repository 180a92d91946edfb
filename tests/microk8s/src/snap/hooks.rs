//! The snap's hooks: what an installation and a refresh lay out on the node.

use super::store::Build;
use crate::args::defaults;
use crate::failure::Result;
use crate::layout::{Layout, create, link, remove};
use crate::pki::{certificates, names};
use crate::{cni, launch};
use std::path::{Path, PathBuf};

/// Locks of a fresh control plane: what is done, and which services must not run.
const LOCKS: [&str; 6] =
    ["installed.lock", "ha-cluster", "lite.lock", "no-etcd", "no-flanneld", "no-apiserver-proxy"];

/// Directories of `$SNAP_DATA` and `$SNAP_COMMON`.
const DATA: [&str; 7] =
    ["args/cni-network", "certs", "credentials", "var/lock", "var/kubernetes/backend", "opt/cni/bin", "tmp"];
const COMMON: [&str; 9] = [
    "addons/core",
    "hooks/reconcile.d",
    "plugins",
    "etc/launcher",
    "etc/sideload",
    "var/lib/containerd",
    "var/lib/kubelet",
    "var/log",
    "run",
];

/// Paths of the host that lead into the snap's data, where they are free.
fn host_links(layout: &Layout, minor: u32) -> Vec<(PathBuf, PathBuf)> {
    let mut links = vec![
        (layout.common().join("var/lib/kubelet"), layout.under("var/lib/kubelet")),
        (layout.data().join("var/lib/calico"), layout.under("var/lib/calico")),
    ];
    if minor >= 29 {
        links.push((layout.args("cni-network"), layout.under("etc/cni/net.d")));
        links.push((layout.data().join("opt/cni/bin"), layout.under("opt/cni/bin")));
    }
    links
}

/// The minor release of a version such as `v1.35.4`.
pub(crate) fn minor(version: &str) -> u32 {
    version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or_default()
}

/// Mounts the build's files and puts its command on the path.
pub(crate) fn mount(layout: &Layout, build: &Build) -> Result<()> {
    let revision = build.revision.to_string();
    let snap = layout.under("snap/microk8s");
    create(&snap.join(&revision).join("addons/core"))?;
    for wrapper in ["microk8s-helm.wrapper", "microk8s-helm3.wrapper"] {
        crate::layout::write(&snap.join(&revision).join(wrapper), "")?;
    }
    // The snap's own kubectl, beside `microk8s kubectl`: it runs on workers too, with whatever credentials it
    // is given (build-scripts/components/kubernetes, `$SNAP/kubectl` in scripts/wrappers, branch 1.35).
    link(Path::new("/usr/bin/snap"), &snap.join(&revision).join("kubectl"))?;
    link(Path::new(&revision), &snap.join("current"))?;
    for name in ["microk8s", "microk8s.kubectl"] {
        link(Path::new("/usr/bin/snap"), &layout.under("snap/bin").join(name))?;
    }
    link(Path::new(&revision), &layout.data())
}

/// The install hook.
pub(crate) fn install(layout: &Layout, build: &Build) -> Result<()> {
    let revision = layout.revisions().join(build.revision.to_string());
    create(&revision)?;
    mount(layout, build)?;
    for directory in DATA {
        create(&layout.data().join(directory))?;
    }
    for directory in COMMON {
        create(&layout.common().join(directory))?;
    }
    defaults::write_all(layout)?;
    crate::layout::write(&layout.certificate("csr.conf.template"), names::TEMPLATE)?;
    launch::apply::before_start(layout)?;
    certificates::create(layout)?;
    cni::generate(layout, &build.calico)?;
    for lock in LOCKS {
        layout.set_lock(lock)?;
    }
    for (target, path) in host_links(layout, minor(&build.version)) {
        if std::fs::symlink_metadata(&path).is_err() {
            link(&target, &path)?;
        }
    }
    configure(layout, build)
}

/// The configure hook, after an installation, a refresh and `snap set`.
pub(crate) fn configure(layout: &Layout, build: &Build) -> Result<()> {
    defaults::ensure_feature_gates(layout, minor(&build.version))?;
    if names::refresh(layout)? {
        certificates::issue_server(layout)?;
    }
    layout.set_lock("snapdata-mounts-need-reload")
}

/// The remove hook: nothing of the snap stays but what the operator's own files left behind.
pub(crate) fn remove_all(layout: &Layout, build: &Build) -> Result<()> {
    for (target, path) in host_links(layout, minor(&build.version)) {
        if std::fs::read_link(&path).is_ok_and(|aim| aim == target) {
            remove(&path)?;
        }
    }
    for path in ["snap/bin/microk8s", "snap/bin/microk8s.kubectl", "snap/microk8s"] {
        remove(&layout.under(path))?;
    }
    remove(&layout.revisions())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{read_or_empty, write};

    fn build() -> Build {
        Build { version: "v1.35.4".into(), revision: 8739, calico: "v3.29.3".into() }
    }

    #[test]
    fn an_installation_lays_out_the_node_and_removal_takes_it_away() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        install(&layout, &build()).unwrap();
        assert_eq!(std::fs::read_link(layout.data()).unwrap(), Path::new("8739"));
        for lock in LOCKS {
            assert!(layout.is_locked(lock), "{lock}");
        }
        assert!(!layout.is_locked("cni-loaded"));
        for file in
            ["client.config", "kubelet.config", "controller.config", "scheduler.config", "proxy.config"]
        {
            assert!(read_or_empty(&layout.credential(file)).contains("client-certificate-data: "), "{file}");
        }
        assert!(read_or_empty(&layout.args("kube-apiserver")).contains("DetectCacheInconsistency=false"));
        let kubelet = layout.under("var/lib/kubelet");
        assert_eq!(std::fs::read_link(&kubelet).unwrap(), layout.common().join("var/lib/kubelet"));
        remove_all(&layout, &build()).unwrap();
        assert!(!layout.revisions().exists() && std::fs::symlink_metadata(kubelet).is_err());
        assert!(std::fs::symlink_metadata(layout.under("snap/bin/microk8s")).is_err());
    }

    #[test]
    fn a_bad_launch_configuration_fails_the_installation() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        write(&layout.common().join(".microk8s.yaml"), "version: 7\n").unwrap();
        assert!(install(&layout, &build()).unwrap_err().to_string().contains("version"));
    }

    #[test]
    fn what_the_operator_has_there_already_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        create(&layout.under("var/lib/kubelet")).unwrap();
        install(&layout, &build()).unwrap();
        remove_all(&layout, &build()).unwrap();
        assert!(layout.under("var/lib/kubelet").is_dir());
    }
}
