//! The snap's services and what keeps them running, as systemd would.

mod apiserver_proxy;
pub(crate) mod cluster_agent;
mod containerd;
pub(crate) mod datastore;
pub(crate) mod kicker;
mod kubelite;
mod program;
mod supervisor;

pub(crate) use apiserver_proxy::write_control_planes;
pub(crate) use supervisor::Services;

/// A service of the snap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    ApiserverKicker,
    ApiserverProxy,
    ClusterAgent,
    Containerd,
    Etcd,
    Flanneld,
    K8sDqlite,
    Kubelite,
}

impl Service {
    /// In the order in which `snap services` lists them, which is by name.
    pub(crate) const ALL: [Self; 8] = [
        Self::ApiserverKicker,
        Self::ApiserverProxy,
        Self::ClusterAgent,
        Self::Containerd,
        Self::Etcd,
        Self::Flanneld,
        Self::K8sDqlite,
        Self::Kubelite,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ApiserverKicker => "daemon-apiserver-kicker",
            Self::ApiserverProxy => "daemon-apiserver-proxy",
            Self::ClusterAgent => "daemon-cluster-agent",
            Self::Containerd => "daemon-containerd",
            Self::Etcd => "daemon-etcd",
            Self::Flanneld => "daemon-flanneld",
            Self::K8sDqlite => "daemon-k8s-dqlite",
            Self::Kubelite => "daemon-kubelite",
        }
    }

    /// The name that the journal's lines carry.
    pub(crate) fn identifier(self) -> String {
        format!("microk8s.{}", self.name())
    }

    pub(crate) fn unit(self) -> String {
        format!("snap.microk8s.{}", self.name())
    }

    /// The service that `daemon-x` or `microk8s.daemon-x` names.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let bare = name.strip_prefix("microk8s.").unwrap_or(name);
        Self::ALL.into_iter().find(|service| service.name() == bare)
    }
}
