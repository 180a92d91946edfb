//! What a machine is for: a worker is no control plane, and a cluster has one of each software.

use super::mismatch::Mismatch;
use super::same_object::Type;
use crate::values::Host;
use std::collections::HashMap;
use tfplugin::{Diagnostic, Value};

/// Add-ons that install what a chart of this name installs too.
const SAME_SOFTWARE: [(&str, &str); 4] = [
    ("cert-manager", "cert-manager"),
    ("metallb", "metallb"),
    ("metrics-server", "metrics-server"),
    ("rook-ceph", "rook-ceph"),
];

const INSTALLED: &[(&str, &str)] = &[("microk8s_addon", "name"), ("microk8s_helm_release", "chart")];

/// Machines of a run, and what they are used for.
#[derive(Default)]
pub(super) struct Machines {
    /// Members that are workers.
    workers: HashMap<Host, String>,
    /// Resources that need a control plane at an address.
    at_control_planes: HashMap<Host, Vec<String>>,
    /// Software by its add-on's name and where it comes from.
    software: HashMap<(Host, &'static str, Source), String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Source {
    Addon,
    Chart,
}

impl Machines {
    /// Keeps what a resource says of machines; returns what does not go together with another.
    pub(super) fn planned(&mut self, of: &Type, object: &Value) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        if let Some(attribute) = of.control_plane
            && let Some(address) = object.attribute(attribute).as_str()
        {
            let (host, label) = (Host::of(address), of.label(object));
            found
                .extend(self.workers.get(&host).map(|worker| no_control_plane(&label, worker).at(attribute)));
            self.at_control_planes.entry(host).or_default().push(label);
        }
        if of.name == "microk8s_cluster_member"
            && object.attribute("role").as_str() == Some("worker")
            && let Some(address) = object.attribute("host").as_str()
        {
            let (host, label) = (Host::of(address), of.label(object));
            let users = self.at_control_planes.get(&host).into_iter().flatten();
            found.extend(users.map(|user| no_control_plane(user, &label).at("role")));
            self.workers.insert(host, label);
        }
        found
    }

    /// Keeps which software a resource installs; returns what another one installs too.
    pub(super) fn installed(&mut self, of: &Type, object: &Value) -> Option<Mismatch> {
        let text = |attribute: &str| object.attribute(attribute).as_str();
        let host = Host::of(text("host")?);
        let (addon, source, other) = match of.name {
            "microk8s_addon" => (text("name")?, Source::Addon, Source::Chart),
            "microk8s_helm_release" => {
                let chart = text("chart")?.rsplit('/').next()?;
                (SAME_SOFTWARE.iter().find(|(_, same)| *same == chart)?.0, Source::Chart, Source::Addon)
            }
            _ => return None,
        };
        let (software, _) = SAME_SOFTWARE.iter().find(|(name, _)| *name == addon)?;
        let label = of.label(object);
        let beside = self.software.get(&(host.clone(), software, other)).map(|beside| Mismatch {
            summary: "Installed twice in one cluster",
            detail: format!(
                "{label} and {beside} install {software} in one cluster. Both have the same cluster-wide objects, and each \
                 changes those of the other. Keep one of them."
            ),
            attributes: INSTALLED,
            is_error: false,
        });
        self.software.insert((host, software, source), label);
        beside
    }
}

fn no_control_plane(user: &str, worker: &str) -> Diagnostic {
    let detail = format!(
        "{user} is reached at a machine that {worker} makes a worker, and a worker has neither an API server nor add-ons. Give \
         the address of a control plane of the cluster."
    );
    Diagnostic::error("A worker in place of a control plane", detail)
}

#[cfg(test)]
mod tests {
    use crate::cross_checks::tests::{found, places};
    use serde_json::{Value as Json, json};
    use tfplugin::Severity;
    use tfplugin::testing::UNKNOWN;

    #[tokio::test]
    async fn a_worker_is_no_control_plane() {
        const SUMMARY: &str = "A worker in place of a control plane";
        let member = |host: &str, role: Json| {
            ("microk8s_cluster_member", json!({"host": host, "cluster": "cp1", "role": role}))
        };
        let ranges = json!({"host": "W1", "cluster_cidr": "fd01::/64", "service_cidr": "fd98::/108"});
        for (user, at) in [
            (("microk8s_addon", json!({"host": "W1", "name": "dns"})), "host"),
            (("microk8s_helm_release", json!({"host": "W1", "name": "a", "chart": "b"})), "host"),
            (("microk8s_cluster_ipv6", ranges), "host"),
            (("metallb_bfd_profile", json!({"cluster": "W1", "name": "a"})), "cluster"),
            (
                ("microk8s_cluster_member", json!({"host": "w2", "cluster": "W1", "role": "worker"})),
                "cluster",
            ),
        ] {
            let worker = member("w1", json!("worker"));
            let errors = |at: &str| vec![(Severity::Error, at.to_owned())];
            assert_eq!(places(&found(&[&worker, &user], SUMMARY).await), errors(at), "{user:?}");
            assert_eq!(places(&found(&[&user, &worker], SUMMARY).await), errors("role"), "{user:?}");
            for role in [json!("control-plane"), json!(UNKNOWN)] {
                assert_eq!(places(&found(&[&user, &member("w1", role)], SUMMARY).await), [], "{user:?}");
            }
        }
        let repository = ("microk8s_addon_repository", json!({"host": "w1", "name": "a", "url": "/b"}));
        assert_eq!(places(&found(&[&member("w1", json!("worker")), &repository], SUMMARY).await), []);
    }

    #[tokio::test]
    async fn an_add_on_beside_its_chart_is_warned_of() {
        const SUMMARY: &str = "Installed twice in one cluster";
        let addon = (
            "microk8s_addon",
            json!({"host": "cp1", "name": "metallb", "arguments": ["192.0.2.1-192.0.2.9"]}),
        );
        let release = |host: &str, chart: &str| {
            ("microk8s_helm_release", json!({"host": host, "name": "a", "chart": chart}))
        };
        for chart in ["metallb", "oci://registry.example/charts/metallb"] {
            let release = release("CP1", chart);
            let warning = |at: &str| vec![(Severity::Warning, at.to_owned())];
            assert_eq!(places(&found(&[&addon, &release], SUMMARY).await), warning("chart"));
            assert_eq!(places(&found(&[&release, &addon], SUMMARY).await), warning("name"));
        }
        let dns = ("microk8s_addon", json!({"host": "cp1", "name": "dns"}));
        for other in [release("cp1", "longhorn"), release("cp2", "metallb"), dns] {
            assert_eq!(places(&found(&[&addon, &other], SUMMARY).await), [], "{other:?}");
        }
    }
}
