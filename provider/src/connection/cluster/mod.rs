//! Objects in a cluster through its API server.
//!
//! A [`Cluster`] is an address until the first call: then its node is asked for a kubeconfig, which stays in
//! memory, and a tunnel to the API server is opened. Reads of one kind share one LIST, writes of one kind
//! take turns, whatever address they come by.

mod answer;
mod connect;
mod discovery;
mod error;
mod kind;
mod kubeconfig;
mod list_cache;
mod locks;
mod objects;
mod pod_proxy;
mod socket;
#[cfg(test)]
pub(crate) mod testing;

pub use error::{ClusterError, ClusterErrorKind, FieldFault};
pub use kind::{Kind, ObjectName};
pub use kubeconfig::NodeKubeconfig;
pub use list_cache::Objects;
pub use locks::{ChangeGuard, Claim, ClusterLocks, WriteGuard};
pub use objects::{ApplyMode, GIVEN_BACK, MANAGER};

use crate::connection::outage::{RecentFailure, WarnOnce};
use crate::connection::ssh::Ssh;
use discovery::DiscoveryCache;
use kube::config::Kubeconfig;
use list_cache::Lists;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long connecting may take, with a slow login on the node, the kubeconfig read there and the tunnel
/// opened. A node that does not answer at all is given up long before.
const CONNECT_WITHIN: Duration = Duration::from_secs(50);

/// How long one call may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// A cluster that is reached with a kubeconfig.
#[derive(Clone, Debug, Default)]
pub struct KubernetesSettings {
    /// The kubeconfig.
    pub source: KubeconfigSource,
    /// The context in it; where it is not given, its current one.
    pub context: Option<String>,
}

/// Where a kubeconfig is.
#[derive(Clone, Default)]
pub enum KubeconfigSource {
    /// Where `kubectl` looks for it.
    #[default]
    Default,
    /// In a file.
    File(String),
    /// Here.
    Given {
        /// What the cluster is called in messages.
        shown: String,
        /// The kubeconfig.
        kubeconfig: Arc<Kubeconfig>,
    },
}

impl KubeconfigSource {
    /// A kubeconfig that is here already.
    pub fn given(shown: String, kubeconfig: Kubeconfig) -> Self {
        Self::Given { shown, kubeconfig: Arc::new(kubeconfig) }
    }
}

/// Without what is in the kubeconfig.
impl fmt::Debug for KubeconfigSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The cluster that it leads to.
impl fmt::Display for KubeconfigSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("cluster of the default kubeconfig"),
            Self::File(path) => write!(f, "cluster of {path}"),
            Self::Given { shown, .. } => f.write_str(shown),
        }
    }
}

/// Where a cluster is reached.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    /// Through a control-plane node.
    Node(String),
    /// With a kubeconfig.
    Kubeconfig(KubernetesSettings),
    /// Nobody said where.
    Nowhere,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(host) => write!(f, "cluster at {host}"),
            Self::Kubeconfig(settings) => settings.source.fmt(f),
            Self::Nowhere => f.write_str("cluster not given"),
        }
    }
}

/// The kubeconfig of a cluster, as its control plane at this address prints it.
pub async fn kubeconfig_of(ssh: &Ssh, address: &str) -> Result<NodeKubeconfig, ClusterError> {
    connect::of_node(address, &ssh.host(address)).await
}

/// All clusters of a run.
pub struct Clusters {
    ssh: Arc<Ssh>,
    kubernetes: Option<KubernetesSettings>,
    known: Mutex<HashMap<Option<String>, Cluster>>,
    locks: Arc<ClusterLocks>,
}

impl Clusters {
    /// Connects to nothing.
    pub fn new(ssh: Arc<Ssh>, kubernetes: Option<KubernetesSettings>, locks: Arc<ClusterLocks>) -> Self {
        Self { ssh, kubernetes, known: Mutex::default(), locks }
    }

    /// The cluster of a control-plane node, or that of the provider's `kubernetes` block.
    pub fn get(&self, host: Option<&str>) -> Cluster {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let cluster = known.entry(host.map(str::to_owned)).or_insert_with(|| {
            let address = match (host, &self.kubernetes) {
                (Some(host), _) => Address::Node(host.to_owned()),
                (None, Some(settings)) => Address::Kubeconfig(settings.clone()),
                (None, None) => Address::Nowhere,
            };
            Cluster(Arc::new(Inner {
                address,
                ssh: Arc::clone(&self.ssh),
                link: tokio::sync::Mutex::default(),
                asking_for_id: tokio::sync::Mutex::default(),
                lists: Lists::default(),
                discovery: DiscoveryCache::default(),
                locks: Arc::clone(&self.locks),
                unreachable: RecentFailure::default(),
                warning: WarnOnce::default(),
            }))
        });
        cluster.clone()
    }

    /// Whether resources without a `cluster` have one.
    pub fn has_kubeconfig(&self) -> bool {
        self.kubernetes.is_some()
    }
}

/// A cluster by its address.
#[derive(Clone)]
pub struct Cluster(Arc<Inner>);

struct Inner {
    address: Address,
    ssh: Arc<Ssh>,
    link: tokio::sync::Mutex<Link>,
    asking_for_id: tokio::sync::Mutex<()>,
    lists: Lists,
    discovery: DiscoveryCache,
    locks: Arc<ClusterLocks>,
    /// The last failure on the way, which stands for what is only read there.
    unreachable: RecentFailure<ClusterError>,
    warning: WarnOnce,
}

/// The connection, as far as there is one.
#[derive(Default)]
struct Link {
    client: Option<kube::Client>,
    id: Option<String>,
    /// The last attempt that failed, which stands for all who were waiting for it.
    failed: Option<(Instant, ClusterError)>,
}

/// When a connection was made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    Now,
    Earlier,
}

impl Cluster {
    /// A client for the API server; connects where that was not done yet.
    async fn connected(&self) -> Result<(kube::Client, Age), ClusterError> {
        let asked = Instant::now();
        let mut link = self.0.link.lock().await;
        if let Some(client) = &link.client {
            return Ok((client.clone(), Age::Earlier));
        }
        if let Some((_, error)) = link.failed.as_ref().filter(|(at, _)| *at > asked) {
            return Err(error.clone());
        }
        let connecting = connect::connect(&self.0.address, &self.0.ssh);
        let result = tokio::time::timeout(CONNECT_WITHIN, connecting).await.unwrap_or_else(|_| {
            let answer = format!("no connection within {} s", CONNECT_WITHIN.as_secs());
            Err(ClusterError::new(
                ClusterErrorKind::Unreachable,
                "Connecting to the API server",
                self.to_string(),
                answer,
            ))
        });
        match result {
            Ok(client) => {
                link.client = Some(client.clone());
                Ok((client, Age::Now))
            }
            Err(error) => {
                self.0.unreachable.record(&error);
                link.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// The cluster's identity: the UID of its namespace `kube-system`.
    pub async fn id(&self) -> Result<String, ClusterError> {
        // All resources of a refresh want it at the same time; one asks.
        let _asking = self.0.asking_for_id.lock().await;
        if let Some(id) = &self.0.link.lock().await.id {
            return Ok(id.clone());
        }
        let id = self.namespace_uid("kube-system").await?;
        self.0.link.lock().await.id = Some(id.clone());
        Ok(id)
    }

    /// The error of a moment ago, for those who would rather not wait for it again.
    fn recent_failure(&self) -> Option<ClusterError> {
        self.0.unreachable.get()
    }

    /// Whether that failure is one to reach the cluster, or the machine that leads to it.
    pub fn is_out_of_reach(&self, error: &ClusterError) -> bool {
        match &self.0.address {
            // A machine that answers may have no cluster yet.
            Address::Node(host) => self.0.ssh.host(host).is_out_of_reach(),
            Address::Kubeconfig(_) => error.kind() == ClusterErrorKind::Unreachable,
            Address::Nowhere => false,
        }
    }

    /// Whether the warning that this cluster cannot be read is still due; true once a run.
    pub fn warn_once(&self) -> bool {
        self.0.warning.is_due()
    }

    /// Waits until no other write of the kind is under way in this cluster: admission webhooks look at the
    /// other objects without locking them.
    pub async fn write_lock(&self, kind: &Kind) -> Result<WriteGuard, ClusterError> {
        Ok(self.0.locks.write(&self.id().await?, kind).await)
    }

    fn discovery(&self) -> &DiscoveryCache {
        &self.0.discovery
    }

    /// A tunnel may have died, a certificate may be another one: the next call connects anew.
    async fn lost(&self, error: &ClusterError) {
        let mut link = self.0.link.lock().await;
        link.client = None;
        link.id = None;
        self.0.unreachable.record(error);
    }
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.address.fmt(f)
    }
}
