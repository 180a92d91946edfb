//! `metallb_service_addresses`: which addresses services got, who announces them, and which pods answer.

mod endpoints;

use super::wait::{NAMESPACE, Reading};
use crate::connection::Freshness;
use crate::connection::cluster::{Cluster, ClusterError, ClusterErrorKind, Kind};
use crate::engine::cluster_object::cluster_address;
use crate::engine::wait::Wait;
use crate::session::Session;
use crate::values::{some_namespace, some_object};
use endpoints::{Endpoint, SLICE};
use kube::core::DynamicObject;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use tfplugin::{Computed, Context, DataSource, Diagnostics, Model};

/// Which addresses the cluster's LoadBalancer Services got from MetalLB, from which pool, which nodes
/// announce them, and which pods are behind them.
///
/// That a node announces an address does not mean that a router receives it: `metallb_bgp_sessions` reports
/// whether its sessions are up, `vyos_bgp_summary` and `vyos_routes` what arrived at the router.
#[derive(Clone, Debug, Model)]
#[data_source(type_name = "metallb_service_addresses")]
pub struct ServiceAddresses {
    /// The cluster: address of one of its control-plane nodes, over which its API server is reached through
    /// SSH. Default: the cluster of the provider's `kubernetes` block.
    #[attribute(optional, validate = cluster_address)]
    cluster: Option<String>,

    /// Only Services of this namespace. Default: those of all namespaces.
    #[attribute(optional, validate = some_namespace)]
    namespace: Option<String>,

    /// Only the Service of this name. Default: all.
    #[attribute(optional, validate = some_object)]
    service: Option<String>,

    /// Namespace that MetalLB runs in. Default `metallb-system`.
    #[attribute(optional, validate = some_namespace)]
    metallb_namespace: Option<String>,

    /// Waits until each of the Services has an address that a node announces; with `service`, until that
    /// exists, too. If unset, returns the current state without waiting. After the timeout, reading fails and
    /// reports what is missing and what MetalLB said last.
    #[attribute(optional)]
    wait: Option<Wait>,

    /// The LoadBalancer Services, by `<namespace>/<name>`.
    #[attribute(computed)]
    services: Computed<BTreeMap<String, ServiceAddress>>,
}

/// A LoadBalancer Service.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct ServiceAddress {
    /// Its addresses; none where it did not get any yet.
    #[attribute(computed)]
    addresses: Computed<Vec<String>>,

    /// Pool that they are from.
    #[attribute(computed)]
    pool: Computed<Option<String>>,

    /// Nodes that announce them. Null where MetalLB does not say: before 0.14.4, and for BGP before 0.15.
    #[attribute(computed)]
    announced_by: Computed<Option<Vec<Announcer>>>,

    /// Why it has no address, in MetalLB's words.
    #[attribute(computed)]
    problem: Computed<Option<String>>,

    /// The endpoints that receive its traffic: the pods' own addresses, of the Service's families. None for
    /// IPv6 where the pods have no IPv6 address of their own. While none is ready, no node announces the
    /// Service.
    #[attribute(computed)]
    endpoints: Computed<Vec<Endpoint>>,
}

/// A node that announces a Service's addresses.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct Announcer {
    /// Name of the node.
    #[attribute(computed)]
    node: Computed<String>,

    /// `bgp` or `layer2`.
    #[attribute(computed)]
    protocol: Computed<String>,

    /// Names of the BGP peers that it announces to, or of the interfaces that it answers on; all of them
    /// where this is empty in `layer2`.
    #[attribute(computed)]
    to: Computed<Vec<String>>,
}

// Read over all namespaces, as kinds without any are.
const SERVICE: Kind = Kind::cluster_wide("", "v1", "Service");
const EVENT: Kind = Kind::cluster_wide("", "v1", "Event");

/// What speakers write about what they announce, by protocol: the kind, and where it says to whom.
struct Announcements {
    protocol: &'static str,
    kind: Kind,
    to: &'static str,
}

static BGP: Announcements = Announcements {
    protocol: "bgp",
    kind: Kind::namespaced("metallb.io", "v1beta1", "ServiceBGPStatus"),
    to: "/status/peers",
};
static LAYER2: Announcements = Announcements {
    protocol: "layer2",
    kind: Kind::namespaced("metallb.io", "v1beta1", "ServiceL2Status"),
    to: "/status/interfaces",
};

/// MetalLB's annotations with the pool: the one since 0.14.9 and the one before.
const POOL: [&str; 2] = ["metallb.io/ip-allocated-from-pool", "metallb.universe.tf/ip-allocated-from-pool"];
/// Reason of the events that say why there is no address.
const ALLOCATION_FAILED: &str = "AllocationFailed";

impl DataSource for ServiceAddresses {
    type Provider = Session;
    type Model = Self;

    async fn read(context: &Context<Session>, config: Self) -> Result<Self, Diagnostics> {
        let cluster = context.provider().clusters.get(config.cluster.as_deref());
        let reading =
            Reading { noun: "the addresses of services", cluster: &cluster, wait: config.wait.as_ref() };
        let services =
            reading.take(context, || config.services(&cluster), |services| config.missing(services)).await?;
        Ok(Self { services: services.into(), ..config })
    }
}

type Services = BTreeMap<String, ServiceAddress>;

impl ServiceAddresses {
    async fn services(&self, cluster: &Cluster) -> Result<Services, ClusterError> {
        let namespace = self.metallb_namespace.as_deref().unwrap_or(NAMESPACE);
        let listed = cluster.list(&SERVICE, "", Freshness::Fresh).await?;
        let wanted = cluster.kept(&listed, "the services", |service| self.asks_for(service))?;
        let (bgp, layer2, slices) = tokio::join!(
            BGP.read(cluster, namespace),
            LAYER2.read(cluster, namespace),
            cluster.list(&SLICE, "", Freshness::Fresh)
        );
        let slices = cluster.kept(&*slices?, "the endpoints", |_| true)?;
        let announcements = match (bgp?, layer2?) {
            (None, None) => None,
            (bgp, layer2) => Some([bgp, layer2].into_iter().flatten().flatten().collect::<Vec<_>>()),
        };
        let lacking = wanted.iter().any(|service| addresses(service).is_empty());
        let events = match lacking {
            true => {
                let all = cluster.list(&EVENT, "", Freshness::Fresh).await?;
                let failed = |event: &DynamicObject| text(&event.data, "/reason") == Some(ALLOCATION_FAILED);
                cluster.kept(&all, "the events", failed)?
            }
            false => Vec::new(),
        };
        let told = wanted.iter().map(|service| {
            let name = full_name(service);
            let announcers = announcements
                .as_ref()
                .map(|all| all.iter().filter(|(of, _)| *of == name).map(|(_, one)| one.clone()).collect());
            let addresses = addresses(service);
            let problem = addresses.is_empty().then(|| problem(&events, service)).flatten();
            let address = ServiceAddress {
                addresses: addresses.into(),
                pool: pool(service).into(),
                announced_by: announcers.into(),
                problem: problem.into(),
                endpoints: endpoints::of(service, &slices).into(),
            };
            (name, address)
        });
        Ok(told.collect())
    }

    fn asks_for(&self, service: &DynamicObject) -> bool {
        let is = |asked: &Option<String>, found: &Option<String>| asked.is_none() || asked == found;
        text(&service.data, "/spec/type") == Some("LoadBalancer")
            && is(&self.namespace, &service.metadata.namespace)
            && is(&self.service, &service.metadata.name)
    }

    fn missing(&self, services: &Services) -> Vec<String> {
        if let (Some(name), true) = (&self.service, services.is_empty()) {
            return vec![format!("There is no LoadBalancer Service of the name {name}.")];
        }
        services.iter().filter_map(|(name, service)| service.missing(name)).collect()
    }
}

impl ServiceAddress {
    fn missing(&self, name: &str) -> Option<String> {
        let addresses = self.addresses.known().map(|all| all.join(", ")).unwrap_or_default();
        let problem = self.problem.known().and_then(Option::as_deref);
        let announcers = self.announced_by.known().and_then(Option::as_deref);
        match (addresses.is_empty(), announcers) {
            (true, _) => Some(match problem {
                Some(problem) => format!("Service {name} has no address: {problem}."),
                None => format!(
                    "Service {name} has no address, and MetalLB says nothing about it: does its controller run, and is there a pool?"
                ),
            }),
            (false, Some([])) if !self.endpoints.known().into_iter().flatten().any(Endpoint::is_ready) => {
                Some(format!(
                    "Service {name} has {addresses}, and no node announces it, as no pod behind it is ready with an address of \
                     its families: do the labels of a pod fit its selector, and has the pod such an address?"
                ))
            }
            (false, Some([])) => Some(format!(
                "Service {name} has {addresses}, and no node announces it: an advertisement has to select its pool, and nodes \
                 with the label node.kubernetes.io/exclude-from-external-load-balancers announce nothing."
            )),
            _ => None,
        }
    }
}

impl Announcements {
    /// By the Service's name; nothing where this MetalLB has no such kind.
    async fn read(
        &self,
        cluster: &Cluster,
        namespace: &str,
    ) -> Result<Option<Vec<(String, Announcer)>>, ClusterError> {
        match cluster.list(&self.kind, namespace, Freshness::Fresh).await {
            Ok(listed) => {
                let listed = cluster.kept(&listed, "the announcements", |_| true)?;
                Ok(Some(listed.iter().filter_map(|status| self.of(status)).collect()))
            }
            Err(error) if error.kind() == ClusterErrorKind::KindNotServed => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn of(&self, status: &DynamicObject) -> Option<(String, Announcer)> {
        let labels = status.metadata.labels.as_ref()?;
        let label = |key: &str| labels.get(&format!("metallb.io/{key}")).cloned();
        // Peers are names, interfaces are objects with one.
        let name = |one: &Json| one.as_str().or_else(|| one.get("name")?.as_str()).map(str::to_owned);
        let to = status.data.pointer(self.to).and_then(Json::as_array);
        let announcer = Announcer {
            node: label("node")?.into(),
            protocol: self.protocol.to_owned().into(),
            to: to.into_iter().flatten().filter_map(name).collect::<Vec<_>>().into(),
        };
        Some((format!("{}/{}", label("service-namespace")?, label("service-name")?), announcer))
    }
}

fn text<'a>(json: &'a Json, pointer: &str) -> Option<&'a str> {
    json.pointer(pointer).and_then(Json::as_str)
}

fn full_name(service: &DynamicObject) -> String {
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    format!("{}/{}", part(&service.metadata.namespace), part(&service.metadata.name))
}

fn addresses(service: &DynamicObject) -> Vec<String> {
    let ingress = service.data.pointer("/status/loadBalancer/ingress").and_then(Json::as_array);
    ingress.into_iter().flatten().filter_map(|one| one.get("ip")?.as_str()).map(str::to_owned).collect()
}

fn pool(service: &DynamicObject) -> Option<String> {
    let annotations = service.metadata.annotations.as_ref()?;
    POOL.iter().find_map(|key| annotations.get(*key)).cloned()
}

/// What MetalLB's controller said last about a Service without an address.
fn problem(events: &[DynamicObject], service: &DynamicObject) -> Option<String> {
    let about = events.iter().filter(|event| {
        text(&event.data, "/involvedObject/name") == service.metadata.name.as_deref()
            && text(&event.data, "/involvedObject/namespace") == service.metadata.namespace.as_deref()
    });
    let last = about.max_by_key(|event| text(&event.data, "/lastTimestamp").unwrap_or_default());
    last.and_then(|event| text(&event.data, "/message"))
        .map(|message| message.trim_end_matches('.').to_owned())
}
