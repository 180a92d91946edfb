//! Which build-outs there are, what each needs, and what it is given of a site.

use super::file::{Chart, Machine, Role, Site};
use crate::BuildOut;
use serde_json::{Map, Value, json};
use std::path::Path;

/// The file that is added to a build-out: how the site's machines are logged in to, and ranges for which a
/// build-out has no variable.
pub(super) const OVERRIDE: &str = "site_override.tf.json";

/// A build-out.
pub(super) struct Case {
    pub(super) name: &'static str,
    needs: &'static [Need],
    nodes: fn(&Site) -> Value,
}

/// What a site has or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Router,
    LoadBalancer,
    Worker,
    Local,
}

/// All but those that make their machines themselves.
pub(super) const CASES: [Case; 4] = [
    Case { name: "single-node", needs: &[Need::Local], nodes: with_roles },
    Case { name: "bare-metal-ipv6", needs: &[Need::Router, Need::LoadBalancer], nodes: with_roles },
    Case {
        name: "control-plane-and-workers",
        needs: &[Need::Router, Need::LoadBalancer, Need::Worker],
        nodes: with_roles,
    },
    Case { name: "storage", needs: &[], nodes: addresses },
];

/// The build-out of this name; the names of all where there is none.
pub(super) fn find(name: &str) -> Result<&'static Case, String> {
    let found = CASES.iter().find(|case| case.name == name);
    found.ok_or_else(|| CASES.iter().map(|case| case.name).collect::<Vec<_>>().join(", "))
}

impl Need {
    fn is_met(self, site: &Site) -> bool {
        match self {
            Self::Router => site.router.is_some(),
            Self::LoadBalancer => !site.ranges.load_balancer.is_empty(),
            Self::Worker => site.machines().any(|(_, machine)| machine.role == Role::Worker),
            Self::Local => {
                [false, true].iter().all(|ipv6| site.ranges.local.iter().any(|range| range.is_ipv6 == *ipv6))
            }
        }
    }

    const fn lacking(self) -> &'static str {
        match self {
            Self::Router => "a [router]",
            Self::LoadBalancer => "`load_balancer` of [ranges]",
            Self::Worker => "a machine whose role is worker",
            Self::Local => "a range of IPv4 and one of IPv6 in `local` of [ranges]",
        }
    }
}

impl Case {
    /// What the site has not and this needs.
    pub(super) fn lacks(&self, site: &Site) -> Option<&'static str> {
        self.needs.iter().find(|need| !need.is_met(site)).map(|need| need.lacking())
    }

    /// Whether it writes to the router.
    pub(super) fn uses_router(&self) -> bool {
        self.needs.contains(&Need::Router)
    }

    /// Those of the site's values for which the build-out has a variable.
    pub(super) fn variables(&self, build_out: &BuildOut, site: &Site) -> Value {
        let mut all = values(site);
        all.insert("nodes".to_owned(), (self.nodes)(site));
        let ranges = &site.ranges;
        // Without a router, they are spare ones of the machines' own network.
        let load_balancer: Vec<_> = match self.uses_router() {
            true => ranges.load_balancer.iter().map(|prefix| prefix.0.to_string()).collect(),
            false => ranges.local.iter().map(|range| range.text.clone()).collect(),
        };
        all.insert("load_balancer_addresses".to_owned(), json!(load_balancer));
        all.retain(|name, value| !value.is_null() && build_out.has(&format!("variable {name:?} ")));
        Value::Object(all)
    }
}

/// What is added to a build-out, for machines that are logged in to as an ssh configuration says.
pub(super) fn overrides(build_out: &BuildOut, site: &Site, ssh_configuration: &Path) -> Value {
    let ssh = json!({ "config_file": ssh_configuration, "host_key_check": "strict" });
    let mut all = json!({ "provider": { "microk8s": { "ssh": ssh } } });
    let ranges = [("cluster_cidr", site.ranges.pods), ("service_cidr", site.ranges.services)];
    let ranges: Map<_, _> = ranges
        .into_iter()
        .filter_map(|(name, range)| Some((name.to_owned(), json!(range?.0.to_string()))))
        .collect();
    if build_out.has("module \"cluster\" ") && !ranges.is_empty() {
        all["module"] = json!({ "cluster": ranges });
    }
    if let Some(prefix) = site.ranges.load_balancer.first().filter(|_| build_out.has("load_balancer_prefix "))
    {
        all["locals"] = json!({ "load_balancer_prefix": prefix.0.to_string() });
    }
    all
}

fn with_roles(site: &Site) -> Value {
    let node = |machine: &Machine| json!({ "address": machine.address(), "role": machine.role.to_string() });
    site.machines().map(|(name, machine)| (name.to_owned(), node(machine))).collect()
}

fn addresses(site: &Site) -> Value {
    site.machines().map(|(name, machine)| (name.to_owned(), json!(machine.address()))).collect()
}

/// All that a site says, by the names of the build-outs' variables.
fn values(site: &Site) -> Map<String, Value> {
    let first = site.machines().find(|(_, machine)| machine.role == Role::ControlPlane);
    let chart = |chart: &Option<Chart>| {
        chart
            .as_ref()
            .map(|one| json!({ "chart": one.chart, "repository": one.repository, "version": one.version }))
    };
    let ranges = &site.ranges;
    let router = site.router.as_ref();
    let all = json!({
        "name": first.map(|(name, _)| name),
        "address": first.map(|(_, machine)| machine.address()),
        "channel": site.channel.as_ref().map(|channel| &channel.0),
        "cluster_cidr": ranges.pods.map(|range| range.0.to_string()),
        "service_cidr": ranges.services.map(|range| range.0.to_string()),
        "metallb": chart(&site.charts.metallb),
        "longhorn": chart(&site.charts.longhorn),
        "router_url": router.map(|router| &router.url.0),
        "router_ca_certificate": router.and_then(|router| router.ca_certificate.as_ref()),
        "router_address": router.map(|router| router.address),
        "as_number": router.and_then(|router| router.as_number),
        "upstream_interface": router.and_then(|router| router.upstream_interface.as_ref()).map(|name| &name.0),
    });
    match all {
        Value::Object(all) => all,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "[machines.b]\nhost = \"192.0.2.12\"\nrole = \"worker\"\n[machines.c]\nhost = \"192.0.2.13\"\n\
        [ranges]\npods = \"fd05::/64\"\nload_balancer = [\"2001:db8:1::/64\"]\nlocal = [\"192.0.2.8/30\", \"fd00::/64\"]\n";

    fn folders() -> Vec<String> {
        let all =
            std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/build-outs")).unwrap();
        let folders = all.map(Result::unwrap).filter(|entry| entry.path().is_dir());
        folders.map(|entry| entry.file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn no_build_out_is_forgotten() {
        for folder in folders() {
            assert!(folder == "proxmox" || find(&folder).is_ok(), "{folder}");
        }
        assert!(CASES.iter().all(|case| folders().iter().any(|folder| folder == case.name)));
    }

    #[test]
    fn each_is_given_what_it_has_variables_for() {
        let site: Site = toml::from_str(SITE).unwrap();
        let given = |name: &str| {
            let (case, build_out) = (find(name).unwrap(), BuildOut::read(name).unwrap());
            (case.variables(&build_out, &site), overrides(&build_out, &site, Path::new("/ssh_config")))
        };
        let (single, own) = given("single-node");
        let expected = json!({
            "name": "c", "address": "192.0.2.13", "load_balancer_addresses": ["192.0.2.8/30", "fd00::/64"],
        });
        assert_eq!(single, expected);
        assert_eq!(own["module"]["cluster"], json!({"cluster_cidr": "fd05::/64"}));
        assert_eq!(own["provider"]["microk8s"]["ssh"]["config_file"], "/ssh_config");
        let (storage, _) = given("storage");
        assert_eq!(storage, json!({"nodes": {"b": "192.0.2.12", "c": "192.0.2.13"}}));
        let (workers, own) = given("control-plane-and-workers");
        assert_eq!(workers["nodes"]["b"], json!({"address": "192.0.2.12", "role": "worker"}));
        assert_eq!(own["locals"]["load_balancer_prefix"], "2001:db8:1::/64");
        let (bare, own) = given("bare-metal-ipv6");
        assert_eq!(bare["cluster_cidr"], "fd05::/64");
        assert_eq!(bare["load_balancer_addresses"], json!(["2001:db8:1::/64"]));
        assert_eq!((own.get("module"), own.get("locals")), (None, None));
    }

    #[test]
    fn what_a_site_lacks_is_named() {
        let site: Site = toml::from_str(SITE).unwrap();
        let lacking: Vec<_> = CASES.iter().map(|case| case.lacks(&site)).collect();
        assert_eq!(lacking, [None, Some("a [router]"), Some("a [router]"), None]);
    }
}
