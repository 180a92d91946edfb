//! The services of the snap that read files of `args/`.

use std::collections::BTreeSet;

/// A service of the snap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    /// All of Kubernetes: API server, controllers, scheduler, kubelet and kube-proxy in one process.
    Kubelite,
    /// What runs the containers, which go on while it restarts.
    Containerd,
    /// The datastore.
    K8sDqlite,
}

/// The files of flags below `args/`, and who reads them when it starts.
pub(crate) const ARGUMENT_FILES: [(&str, Service); 7] = [
    ("containerd", Service::Containerd),
    ("k8s-dqlite", Service::K8sDqlite),
    ("kube-apiserver", Service::Kubelite),
    ("kube-controller-manager", Service::Kubelite),
    ("kube-proxy", Service::Kubelite),
    ("kube-scheduler", Service::Kubelite),
    ("kubelet", Service::Kubelite),
];

impl Service {
    /// The one that reads that file below `args/`; nothing for what is not for any, such as Calico's
    /// manifest.
    pub(crate) fn of(file: &str) -> Option<Self> {
        ARGUMENT_FILES.iter().find(|(name, _)| *name == file).map(|(_, service)| *service)
    }

    /// As `snap services` calls it, behind `microk8s.`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kubelite => "daemon-kubelite",
            Self::Containerd => "daemon-containerd",
            Self::K8sDqlite => "daemon-k8s-dqlite",
        }
    }

    /// Those that are named, a line each.
    pub(crate) fn listed(names: &str) -> BTreeSet<Self> {
        let all = [Self::Kubelite, Self::Containerd, Self::K8sDqlite];
        names.lines().filter_map(|line| all.into_iter().find(|one| one.name() == line.trim())).collect()
    }
}
