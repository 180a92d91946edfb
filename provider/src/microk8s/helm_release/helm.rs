//! What a node's own Helm says of a release, and how it is told to change one.

use super::values::texts;
use crate::connection::masking::Mask;
use crate::connection::ssh::Shell;
use crate::connection::ssh::{Output, Script};
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::describe_output;
use crate::microk8s::shared::machine::refusal::refusal;
use crate::microk8s::shared::machine::sections::sections;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// `$1` is the release's name, `$2` its namespace. `helm status` has no chart, and `helm get metadata` is not
/// in the Helm of MicroK8s 1.28, so this asks the list. Who else is at work is told by the programs that run.
pub(super) const LIST: Script = Script {
    name: "helm list",
    text: r#"
helm() { timeout 60 /snap/bin/microk8s helm3 "$@"; }
section() { printf '\036%s\n' "$1"; }
section releases; helm list --all --namespace "$2" --filter "^$1\$" --output json || exit
section values; helm get values "$1" --namespace "$2" --output json 2>/dev/null
section running; pgrep -a -x helm || true
"#,
};

/// The rest of `helm` is its arguments; values come on stdin.
pub(super) const HELM: Script = Script { name: "helm", text: r#"exec /snap/bin/microk8s helm3 "$@""# };

/// The pods of the namespace `$1`, for the person who wants to know what a release waits for.
const PODS: Script = Script {
    name: "microk8s kubectl get pods",
    text: r#"exec timeout 30 /snap/bin/microk8s kubectl get pods --namespace "$1""#,
};

/// A release in the cluster.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Release {
    pub(super) revision: i64,
    /// Helm's word: `deployed`, `failed`, `pending-install`, `uninstalling` and so on.
    pub(super) status: String,
    pub(super) chart: String,
    pub(super) version: String,
    pub(super) app_version: String,
    /// What its author gave.
    pub(super) values: Map<String, Json>,
}

impl Release {
    /// Somebody began something and has not ended it.
    pub(super) fn is_under_way(&self) -> bool {
        self.status.starts_with("pending-") || self.status == "uninstalling"
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) release: Option<Release>,
    /// A helm that changes this release right now on this node.
    pub(super) at_work: bool,
}

/// The release of that name. Where MicroK8s is not installed, there is none.
pub(super) async fn find(machine: &dyn Shell, namespace: &str, name: &str) -> Result<Seen, NodeError> {
    let output = machine.ask(&LIST, &[name, namespace]).await?;
    match refusal(machine.address(), &LIST, &output) {
        Some(refused) if refused.is_not_installed() => return Ok(Seen { release: None, at_work: false }),
        Some(refused) => return Err(refused),
        None => {}
    }
    read(&output.stdout, name).ok_or_else(|| {
        NodeError::new(format!("`{}` on {}", LIST.name, machine.address()), describe_output(&output))
            .transient()
    })
}

fn read(printed: &str, name: &str) -> Option<Seen> {
    #[derive(Deserialize)]
    struct Listed {
        name: String,
        revision: String,
        status: String,
        chart: String,
        #[serde(default)]
        app_version: String,
    }
    let sections = sections(printed);
    let listed: Vec<Listed> = serde_json::from_str(sections.get("releases")?.trim()).ok()?;
    let running = sections.get("running")?;
    let release = match listed.into_iter().find(|one| one.name == name) {
        Some(one) => {
            let values: Option<Map<String, Json>> =
                serde_json::from_str(sections.get("values")?.trim()).ok()?;
            let (chart, version) = chart_and_version(&one.chart);
            Some(Release {
                revision: one.revision.parse().ok()?,
                status: one.status,
                chart: chart.to_owned(),
                version: version.to_owned(),
                app_version: one.app_version,
                values: values.unwrap_or_default(),
            })
        }
        None => None,
    };
    Some(Seen { release, at_work: running.lines().any(|line| changes(line, name)) })
}

/// Whether a running program is a helm that changes the release.
fn changes(line: &str, name: &str) -> bool {
    const VERBS: [&str; 4] = ["upgrade", "install", "uninstall", "rollback"];
    let mut words = line.split_whitespace();
    words.any(|word| VERBS.contains(&word)) && words.any(|word| word == name)
}

/// `metallb-0.15.2` is two things in one word, and both may have hyphens: the version begins where a number
/// with two dots does.
fn chart_and_version(word: &str) -> (&str, &str) {
    let is_version = |rest: &str| {
        let number = rest.strip_prefix('v').unwrap_or(rest);
        let mut parts = number.splitn(3, '.');
        let numeric = |part: Option<&str>| {
            part.is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        numeric(parts.next())
            && numeric(parts.next())
            && parts.next().is_some_and(|part| part.starts_with(|one: char| one.is_ascii_digit()))
    };
    word.match_indices('-')
        .filter_map(|(at, _)| Some((word.get(..at)?, word.get(at + 1..)?)))
        .find(|(_, rest)| is_version(rest))
        .unwrap_or((word, ""))
}

/// Runs `helm`, with values on its standard input.
pub(super) async fn run(
    machine: &dyn Shell,
    arguments: &[&str],
    values: Option<&Map<String, Json>>,
    secret: &Map<String, Json>,
) -> Result<(), NodeError> {
    let input = values.map(|values| Json::Object(values.clone()).to_string());
    let output = machine.script(&HELM, arguments, input.as_deref().map(str::as_bytes)).await?;
    if output.succeeded() {
        return Ok(());
    }
    let verb = arguments.first().copied().unwrap_or_default();
    Err(judge(machine.address(), verb, &output.without(&Mask::of(texts(secret)))))
}

/// Words of Helm's that mean that the same may work a little later.
const TRANSIENT: [&str; 7] = [
    "Kubernetes cluster unreachable",
    "connection refused",
    "TLS handshake timeout",
    "etcdserver",
    "failed calling webhook",
    "no endpoints available",
    "another operation (install/upgrade/rollback) is in progress",
];

/// Words of Helm's, the attribute that they are about, and what to do.
const MEANINGS: [(&str, &str, &str); 6] = [
    (
        "is not a valid chart repository or cannot be reached",
        "repository",
        "The node fetches the chart: it needs a way to the repository, and the address of one.",
    ),
    (
        "could not find protocol handler",
        "repository",
        "A repository is an http or https address; a chart in a registry is `chart = \"oci://...\"` without repository.",
    ),
    ("\" version \"", "version", "The repository does not have that version."),
    ("not found in http", "chart", "The repository has no chart of that name."),
    (
        "values don't meet the specifications of the schema",
        "values",
        "The chart says what its values have to be; the lines above name those that are not.",
    ),
    (
        "invalid ownership metadata",
        "name",
        "Objects of these names are there and belong to something else. Remove them, or give the release another name.",
    ),
];

fn judge(address: &str, verb: &str, output: &Output) -> NodeError {
    let failure = NodeError::new(format!("`helm {verb}` on {address}"), describe_output(output));
    let said = format!("{}\n{}", output.stdout, output.stderr);
    if let Some((_, attribute, advice)) = MEANINGS.iter().find(|(words, ..)| said.contains(words)) {
        return failure.at(attribute).with_hint(*advice);
    }
    if said.contains("path \"") && said.contains("not found") {
        return failure
            .at("chart")
            .with_hint("Without `repository`, a chart is a path on the node or an `oci://` address.");
    }
    if TRANSIENT.iter().any(|words| said.contains(words)) { failure.transient() } else { failure }
}

/// Whether Helm gave up waiting for the release's objects.
pub(super) fn waited_in_vain(failure: &NodeError) -> bool {
    ["timed out waiting for the condition", "context deadline exceeded"]
        .iter()
        .any(|words| failure.answer().contains(words))
}

/// The pods that a release may wait for, as a person would look at them.
pub(super) async fn pods(machine: &dyn Shell, namespace: &str) -> String {
    match machine.ask(&PODS, &[namespace]).await {
        Ok(output) if output.succeeded() => output.stdout,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_chart_and_its_version_are_told_apart() {
        for (word, chart, version) in [
            ("metallb-0.15.2", "metallb", "0.15.2"),
            ("cert-manager-v1.8.0", "cert-manager", "v1.8.0"),
            ("k8s-at-home-1.0.0-rc.1", "k8s-at-home", "1.0.0-rc.1"),
            ("longhorn-1.12.1+up1", "longhorn", "1.12.1+up1"),
            ("odd", "odd", ""),
        ] {
            assert_eq!(chart_and_version(word), (chart, version), "{word}");
        }
    }

    #[test]
    fn what_helm_prints_is_read() {
        let printed = "\u{1e}releases\n[{\"name\":\"metallb\",\"namespace\":\"metallb-system\",\"revision\":\"3\",\"updated\":\"2026\",\
                       \"status\":\"pending-upgrade\",\"chart\":\"metallb-0.15.2\",\"app_version\":\"v0.15.2\"}]\n\u{1e}values\n\
                       {\"speaker\":{\"frr\":{\"enabled\":true}}}\n\u{1e}running\n4711 helm upgrade --install metallb metallb --namespace x\n";
        let seen = read(printed, "metallb").unwrap();
        assert!(seen.at_work);
        let release = seen.release.unwrap();
        assert!(release.is_under_way());
        assert_eq!((release.revision, release.version.as_str()), (3, "0.15.2"));
        assert_eq!(Json::Object(release.values), json!({ "speaker": { "frr": { "enabled": true } } }));
        assert!(!read(printed, "metal").unwrap().at_work, "another release's helm");
        let none = read("\u{1e}releases\n[]\n\u{1e}values\n\u{1e}running\n", "metallb").unwrap();
        assert_eq!(none, Seen { release: None, at_work: false });
        assert_eq!(read("Error: Kubernetes cluster unreachable\n", "metallb"), None);
    }

    #[test]
    fn what_helm_refuses_is_explained_on_its_attribute_and_shows_no_secret() {
        let refused = |said: &str| {
            let output = Output { code: 1, stdout: String::new(), stderr: format!("Error: {said}\n") };
            let secret = json!({ "password": "hunter2" }).as_object().unwrap().clone();
            judge("10.0.0.11", "upgrade", &output.without(&Mask::of(texts(&secret))))
        };
        let texts: Vec<_> = [
            "looks like \"https://charts.example\" is not a valid chart repository or cannot be reached: Get \"https://charts.example/index.yaml\": dial tcp: lookup charts.example: no such host",
            "chart \"metallb\" version \"9.9.9\" not found in https://charts.example repository",
            "chart \"metalb\" not found in https://charts.example repository",
            "path \"/charts/metallb\" not found",
            "values don't meet the specifications of the schema(s) in the following chart(s):\nmetallb:\n- speaker.frr.enabled: Invalid type. Expected: boolean, given: string",
            "template: x:1:2: executing \"x\" at <hunter2>: no",
            "Secret in version \"v1\" cannot be handled: data: illegal base64 data in {\"password\":\"aHVudGVyMg==\"}",
        ]
        .map(|said| refused(said).into_diagnostic("Unable to install release metallb"))
        .iter()
        .map(|one| format!("[{}] {}", one.attribute.as_ref().map(ToString::to_string).unwrap_or_default(), one.detail))
        .collect();
        insta::assert_snapshot!(texts.join("\n\n"));
        assert!(
            refused("Kubernetes cluster unreachable: Get \"https://127.0.0.1:16443/version\"").is_transient()
        );
    }
}
