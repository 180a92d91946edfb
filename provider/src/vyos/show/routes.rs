//! `vyos_routes`: what reached a router's routing table, and its kernel.

use super::bgp_neighbors::{self, sessions};
use super::route_diagnosis::{BGP_IPV4, BGP_IPV6, Bgp, bgp_table, reason};
use super::routing_table::{Entry, Hop, IPV4, IPV6, Table, table};
use super::{OpCommand, Unready, look, not_ready};
use crate::connection::router::Router;
use crate::engine::router_config::no_router;
use crate::engine::wait::timeout;
use crate::session::Session;
use crate::vyos::validators;
use ipnet::IpNet;
use std::time::Duration;
use tfplugin::model::Set;
use tfplugin::types::Semantic;
use tfplugin::{Computed, Context, Diagnostic, Diagnostics, Model};

/// What reached the routing table of a VyOS router, and what of it the kernel has: where its packets really
/// go.
///
/// All that is given filters together. A router that does not answer is an error: inside a `check` block
/// Terraform makes a warning of it and continues. Every read takes the whole table from the router, so this
/// is not for routers that hold the Internet's.
#[derive(Clone, Debug, Model)]
#[data_source(type_name = "vyos_routes")]
pub struct Routes {
    /// Name of the router: a key of the provider's `routers`. Not needed where there is only one.
    #[attribute(optional)]
    router: Option<String>,

    /// Only routes of `ipv4` or `ipv6`. Default: both.
    #[attribute(optional, validate = validators::family)]
    family: Option<String>,

    /// Only routes of this protocol: `bgp`, `static`, `connected`, `kernel`, `ospf`, `ospfv3` or another that
    /// FRR names. Default: all.
    #[attribute(optional, validate = validators::word)]
    protocol: Option<String>,

    /// Only routes to this network, such as `2001:db8:f000:2::/64`. Default: all.
    #[attribute(optional)]
    prefix: Option<Semantic<IpNet>>,

    /// Routes to networks inside `prefix` as well. Needs `prefix`. Default: only `prefix` itself.
    #[attribute(optional)]
    longer_prefixes: Option<bool>,

    /// Waits for routes. If unset, returns the current state without waiting. When the time is up, reading
    /// fails and reports how far each route came.
    #[attribute(optional)]
    wait: Option<RouteWait>,

    /// The routes, in the order of their networks.
    #[attribute(computed)]
    routes: Computed<Vec<Route>>,
}

/// Which routes are waited for, and for how long.
#[derive(Clone, Debug, Model)]
pub struct RouteWait {
    /// Networks to which the kernel has to have a route, of `protocol` where that is given.
    #[attribute(required, validate = some)]
    prefixes: Set<Semantic<IpNet>>,

    /// How long to wait, such as `2m`. Default: 1 minute.
    #[attribute(optional)]
    timeout: Option<Semantic<Duration>>,
}

/// A route that a protocol offers.
#[derive(Clone, Debug, Model)]
pub struct Route {
    /// Network that it leads to.
    #[attribute(computed)]
    prefix: Computed<String>,

    /// Protocol that offers it, such as `bgp`, `static`, `connected` or `ospfv3`.
    #[attribute(computed)]
    protocol: Computed<String>,

    /// Whether it was chosen among the routes to the same network.
    #[attribute(computed)]
    selected: Computed<bool>,

    /// Whether the kernel has it.
    #[attribute(computed)]
    installed: Computed<bool>,

    /// Administrative distance; the lowest is chosen.
    #[attribute(computed)]
    distance: Computed<i64>,

    /// Metric within its protocol.
    #[attribute(computed)]
    metric: Computed<i64>,

    /// Where it leads.
    #[attribute(computed)]
    next_hops: Computed<Vec<RouteHop>>,
}

/// Where a route leads.
#[derive(Clone, Debug, Model)]
pub struct RouteHop {
    /// Address of the next router; none where the network is on the interface itself, or the route leads
    /// nowhere.
    #[attribute(computed)]
    address: Computed<Option<String>>,

    /// Interface; none where the route leads nowhere, or no interface is known.
    #[attribute(computed)]
    interface: Computed<Option<String>>,

    /// Whether it can be reached.
    #[attribute(computed)]
    active: Computed<bool>,
}

impl tfplugin::DataSource for Routes {
    type Provider = Session;
    type Model = Self;

    fn validate_config(config: &RoutesDraft, diagnostics: &mut Diagnostics) {
        let longer = config.longer_prefixes.given() == Some(&true);
        if longer && matches!(*config.prefix, tfplugin::Knowable::Known(None)) {
            diagnostics.error_at(
                "longer_prefixes",
                "Missing prefix",
                "longer_prefixes widens prefix, which is not set. Set it too.",
            );
        }
    }

    async fn read(context: &Context<Session>, config: Self) -> Result<Self, Diagnostics> {
        let router = context
            .provider()
            .routers
            .get(config.router.as_deref())
            .map_err(|reason| no_router(IPV4.noun, &reason))?;
        let timeout = config.wait.as_ref().map(|wait| timeout(&wait.timeout));
        let seen = look(timeout, context.cancelled(), || async {
            let [ipv4, ipv6] = config.questions();
            let ask = async |question: Option<&OpCommand>| match question {
                Some(question) => question.ask(&router, table).await,
                None => Ok(Table::new()),
            };
            let (mut all, ipv6) = tokio::try_join!(ask(ipv4), ask(ipv6))?;
            all.extend(ipv6);
            if config.missing(&all).is_empty() { Ok(all) } else { Err(Unready::NotYet(all)) }
        });
        let all = match seen.await {
            Ok(all) => all,
            Err(gave_up) => {
                let seen = IPV4.not_yet(&router, gave_up)?;
                return Err(config.not_ready(&router, timeout, &seen).await.into());
            }
        };
        let routes: Vec<_> = all
            .into_iter()
            .filter(|(network, _)| config.takes(network))
            .flat_map(|(network, entries)| entries.into_iter().map(move |entry| (network, entry)))
            .filter(|(_, entry)| config.is_of_protocol(entry))
            .map(|(network, entry)| route(network, entry))
            .collect();
        Ok(Self { routes: routes.into(), ..config })
    }
}

impl Routes {
    /// The tables that hold what is asked for or waited for, IPv4 and IPv6.
    fn questions(&self) -> [Option<&'static OpCommand>; 2] {
        let of_family = |is_ipv6: bool| match (&self.family, &self.prefix) {
            (Some(family), _) => (family == "ipv6") == is_ipv6,
            (None, Some(prefix)) => prefix.value().addr().is_ipv6() == is_ipv6,
            (None, None) => true,
        };
        let waited = |is_ipv6: bool| self.waited().any(|network| network.addr().is_ipv6() == is_ipv6);
        [(&IPV4, false), (&IPV6, true)]
            .map(|(question, is_ipv6)| (of_family(is_ipv6) || waited(is_ipv6)).then_some(question))
    }

    fn waited(&self) -> impl Iterator<Item = IpNet> {
        self.wait.iter().flat_map(|wait| &wait.prefixes.0).map(|network| network.value().trunc())
    }

    fn takes(&self, network: &IpNet) -> bool {
        let of_family =
            self.family.as_ref().is_none_or(|family| (family == "ipv6") == network.addr().is_ipv6());
        of_family
            && self.prefix.as_ref().is_none_or(|prefix| {
                let prefix = prefix.value().trunc();
                prefix == *network || (self.longer_prefixes == Some(true) && prefix.contains(network))
            })
    }

    fn is_of_protocol(&self, entry: &Entry) -> bool {
        self.protocol.as_ref().is_none_or(|protocol| entry.protocol == *protocol)
    }

    /// Networks that are waited for and that the kernel has no such route to.
    fn missing(&self, all: &Table) -> Vec<IpNet> {
        let is_there = |network: &IpNet| {
            let mut entries = all.get(network).into_iter().flatten();
            entries.any(|entry| entry.is_in_the_kernel() && self.is_of_protocol(entry))
        };
        self.waited().filter(|network| !is_there(network)).collect()
    }

    /// What became of each route that is missing.
    async fn not_ready(&self, router: &Router, timeout: Option<Duration>, all: &Table) -> Diagnostic {
        let missing = self.missing(all);
        let mut bgp = Bgp::default();
        for (question, is_ipv6) in [(BGP_IPV4, false), (BGP_IPV6, true)] {
            if missing.iter().any(|network| network.addr().is_ipv6() == is_ipv6) {
                // What cannot be found out is left out: that the routes are missing is known.
                bgp.paths.extend(question.ask::<_, ()>(router, bgp_table).await.unwrap_or_default());
            }
        }
        bgp.sessions = bgp_neighbors::COMMAND.ask::<_, ()>(router, sessions).await.unwrap_or_default();
        let protocol = self.protocol.as_deref();
        let reasons: Vec<_> = missing.iter().map(|network| reason(*network, protocol, all, &bgp)).collect();
        let asked = format!(
            "The routing table at {} was asked for {} s for what the kernel has, and lacks",
            router.url(),
            timeout.unwrap_or_default().as_secs()
        );
        not_ready(router, "Routes", &asked, &reasons)
    }
}

fn route(network: IpNet, entry: Entry) -> Route {
    let hop = |hop: Hop| RouteHop {
        address: hop.address.into(),
        interface: hop.interface.into(),
        active: hop.active.into(),
    };
    Route {
        prefix: network.to_string().into(),
        protocol: entry.protocol.into(),
        selected: entry.selected.into(),
        installed: entry.installed.into(),
        distance: entry.distance.into(),
        metric: entry.metric.into(),
        next_hops: entry.next_hops.into_iter().map(hop).collect::<Vec<_>>().into(),
    }
}

fn some(prefixes: &Set<Semantic<IpNet>>) -> Result<(), String> {
    match prefixes.0.is_empty() {
        true => Err("nothing is waited for; name at least one network, or leave `wait` out".to_owned()),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(members: serde_json::Value) -> Routes {
        let text = |name: &str| members[name].as_str().map(str::to_owned);
        let waited = members["wait"].as_array().map(|all| {
            let prefixes = all.iter().map(|one| Semantic::parse(one.as_str().unwrap()).unwrap()).collect();
            RouteWait { prefixes: Set(prefixes), timeout: None }
        });
        Routes {
            router: None,
            family: text("family"),
            protocol: text("protocol"),
            prefix: text("prefix").map(|prefix| Semantic::parse(&prefix).unwrap()),
            longer_prefixes: members["longer_prefixes"].as_bool(),
            wait: waited,
            routes: Computed::Pending,
        }
    }

    #[test]
    fn filters_hold_together() {
        let taken = |members| {
            let asked = routes(members);
            let networks = ["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32", "2001:db8:1::/48"];
            let networks = networks.map(|network| network.parse::<IpNet>().unwrap());
            networks.iter().filter(|network| asked.takes(network)).count()
        };
        assert_eq!(taken(serde_json::json!({})), 4);
        assert_eq!(taken(serde_json::json!({"family": "ipv6"})), 2);
        assert_eq!(taken(serde_json::json!({"prefix": "10.0.0.0/8"})), 1);
        assert_eq!(taken(serde_json::json!({"prefix": "2001:DB8::/32", "longer_prefixes": true})), 2);
        assert_eq!(taken(serde_json::json!({"family": "ipv4", "prefix": "2001:db8::/32"})), 0);
    }

    #[test]
    fn only_the_tables_that_are_needed_are_asked_for() {
        let asked = |members| {
            routes(members).questions().map(|question| question.map(|question| question.command[0]))
        };
        assert_eq!(asked(serde_json::json!({})), [Some("ip"), Some("ipv6")]);
        assert_eq!(asked(serde_json::json!({"family": "ipv4"})), [Some("ip"), None]);
        assert_eq!(asked(serde_json::json!({"prefix": "2001:db8::/32"})), [None, Some("ipv6")]);
        let both = serde_json::json!({"family": "ipv4", "wait": ["fd00::/64"]});
        assert_eq!(asked(both), [Some("ip"), Some("ipv6")]);
    }

    #[test]
    fn a_route_that_the_kernel_lacks_is_missing() {
        let all = table(
            r#"{"10.0.0.0/8": [{"protocol": "bgp", "selected": true}],
                "10.1.0.0/16": [{"protocol": "bgp"}, {"protocol": "static", "selected": true, "installed": true}]}"#,
        )
        .unwrap();
        let missing = |members| routes(members).missing(&all).len();
        assert_eq!(missing(serde_json::json!({"wait": ["10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16"]})), 2);
        assert_eq!(missing(serde_json::json!({"protocol": "bgp", "wait": ["10.1.0.0/16"]})), 1);
        assert_eq!(missing(serde_json::json!({"protocol": "static", "wait": ["10.1.0.0/16"]})), 0);
    }
}
