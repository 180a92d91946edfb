//! What is known before anything is asked of the add-ons that come with MicroK8s.

use crate::session::Session;
use tfplugin::{Context, Diagnostic, Diagnostics, DraftValue};

/// All of github.com/canonical/microk8s-core-addons in its branches 1.28 to 1.35.
const CORE: [&str; 24] = [
    "cert-manager",
    "cis-hardening",
    "community",
    "dashboard",
    "dns",
    "gpu",
    "ha-cluster",
    "helm",
    "helm3",
    "host-access",
    "hostpath-storage",
    "ingress",
    "kube-ovn",
    "mayastor",
    "metallb",
    "metrics-server",
    "minio",
    "nvidia",
    "observability",
    "prometheus",
    "rbac",
    "registry",
    "rook-ceph",
    "storage",
];

/// Warns of a name that no add-on of `core` has, and refuses what MicroK8s would ask a question about.
pub(super) fn check(
    context: &Context<Session>,
    name: Option<&str>,
    arguments: &DraftValue<Option<Vec<String>>>,
) -> Result<(), Diagnostics> {
    let Some(name) = name else { return Ok(()) };
    if !CORE.contains(&name) {
        let near = CORE.iter().map(|core| (strsim::damerau_levenshtein(core, name), core)).min();
        let near =
            near.filter(|(distance, _)| *distance <= 2).map(|(_, core)| format!(" Did you mean {core:?}?"));
        let detail = format!(
            "MicroK8s 1.28 to 1.35 come with no add-on of this name in their repository `core`.{} Add-ons of another \
             repository have its name as `repository`; `microk8s status` lists all.",
            near.unwrap_or_default()
        );
        context.warn(Diagnostic::warning(format!("Unknown add-on core/{name}"), detail).at("name"));
    }
    let lacks_range = arguments.known().is_some_and(|given| given.as_ref().is_none_or(Vec::is_empty));
    if name == "metallb" && lacks_range {
        let detail = "The add-on asks for its addresses where it gets none, and fails when no one answers. Give them: \
                      arguments = [\"10.0.0.100-10.0.0.120\"]. An add-on that is enabled already can be imported without.";
        return Err(Diagnostic::error("Missing address range", detail).at("arguments").into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::engine::node_resource::OverSsh;
    use crate::microk8s::addon::Addon;
    use crate::session::Session;
    use crate::session::testing::{Served, TestProvider};
    use serde_json::{Value as Json, json};
    use tfplugin::Registry;
    use tfplugin::testing::{Harness, UNKNOWN};

    struct Addons;

    impl Served for Addons {
        fn registry() -> Registry<Session> {
            Registry::default().resource::<OverSsh<Addon>>()
        }
    }

    /// Severity and text of what a plan says.
    async fn planned(config: Json) -> Vec<(String, String)> {
        let run = Harness::<TestProvider<Addons>>::new(&json!({})).await.unwrap();
        let diagnostics = match run.plan("microk8s_addon", None, &config).await {
            Ok(planned) => planned.diagnostics,
            Err(failure) => failure.diagnostics,
        };
        let told = |one: &tfplugin::Diagnostic| {
            let at = one.attribute.as_ref().map(ToString::to_string).unwrap_or_default();
            (format!("{:?} {at}", one.severity), format!("{}: {}", one.summary, one.detail))
        };
        diagnostics.iter().map(told).collect()
    }

    #[tokio::test]
    async fn a_name_that_core_has_not_is_warned_of() {
        let [(at, text)] = planned(json!({"host": "10.0.0.11", "name": "dsn"})).await.try_into().unwrap();
        assert_eq!(at, "Warning name");
        assert!(text.contains("Unknown add-on core/dsn") && text.contains("Did you mean \"dns\"?"), "{text}");
        let [(_, text)] = planned(json!({"host": "10.0.0.11", "name": "longhorn"})).await.try_into().unwrap();
        assert!(!text.contains("Did you mean"), "{text}");
        for sound in [
            json!({"host": "10.0.0.11", "name": "dns"}),
            json!({"host": "10.0.0.11", "name": "dsn", "repository": "community"}),
            json!({"host": "10.0.0.11", "name": UNKNOWN}),
        ] {
            assert_eq!(planned(sound.clone()).await, [], "{sound}");
        }
    }

    #[tokio::test]
    async fn metallb_needs_its_range() {
        for wrong in [json!(null), json!([])] {
            let config = json!({"host": "10.0.0.11", "name": "metallb", "arguments": wrong});
            let [(at, text)] = planned(config).await.try_into().unwrap();
            assert_eq!(at, "Error arguments");
            assert!(text.contains("Missing address range"), "{text}");
        }
        for sound in [json!(["10.0.0.50-10.0.0.59"]), json!(UNKNOWN)] {
            let config = json!({"host": "10.0.0.11", "name": "metallb", "arguments": sound});
            assert_eq!(planned(config).await, []);
        }
    }
}
