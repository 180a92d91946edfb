//! A Helm release, by a node's own Helm and from a repository of charts: made, planned again, changed by
//! somebody, upgraded, imported, uninstalled by somebody, taken away.

use crate::by_hand::shell;
use acceptance::{Action, Workspace};
use lab::{Lab, LabOptions, Node};
use std::process::Stdio;

/// A chart in two versions, in a repository that the node itself serves.
const REPOSITORY: &str = r#"
set -e
mkdir -p /root/shop/templates /usr/share/nginx/html
cd /root/shop
printf 'apiVersion: v2\nname: shop\nversion: 1.0.0\nappVersion: "7"\n' >Chart.yaml
printf '{"properties": {"replicas": {"type": "integer"}}}' >values.schema.json
printf 'message: none\nreplicas: 1\npassword: none\n' >values.yaml
cat >templates/all.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}"}
data: {message: "{{ .Values.message }}"}
---
apiVersion: v1
kind: Secret
metadata: {name: "{{ .Release.Name }}"}
stringData: {password: "{{ .Values.password }}"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}"}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: "{{ .Release.Name }}"}}
  template:
    metadata: {labels: {app: "{{ .Release.Name }}"}}
    spec: {containers: [{name: shop, image: "shop:{{ .Chart.AppVersion }}"}]}
YAML
for version in 1.0.0 1.1.0; do
    sed -i "s/^version: .*/version: $version/" Chart.yaml
    /snap/bin/microk8s helm3 package . --destination /usr/share/nginx/html
done
/snap/bin/microk8s helm3 repo index /usr/share/nginx/html
"#;

const HELM: &str = "/snap/bin/microk8s helm3";
const ADDRESS: &str = "microk8s_helm_release.shop";

fn configuration(version: &str, values: &str) -> String {
    format!(
        r#"
variable "password" {{
  type      = string
  ephemeral = true
  default   = "planted-secret"
}}

resource "microk8s_helm_release" "shop" {{
  host             = "10.0.0.11"
  name             = "shop"
  namespace        = "market"
  create_namespace = true
  repository       = "http://10.0.0.11"
  chart            = "shop"
  version          = "{version}"
  values           = {values}

  secret_values_wo         = {{ password = var.password }}
  secret_values_wo_version = 1

  timeouts = {{ create = "90s", update = "90s", delete = "90s" }}
}}
"#
    )
}

/// The release as the cluster has it: message, password, ready replicas.
async fn state(node: &Node) -> [String; 3] {
    let get = async |what: &str, field: &str| {
        let kubectl = "/snap/bin/microk8s kubectl --namespace market get";
        shell(node, &format!("{kubectl} {what} shop --output=jsonpath={field}")).await
    };
    [
        get("configmap", "{.data.message}").await,
        get("secret", "{.data.password}").await,
        get("deployment", "{.status.readyReplicas}").await,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_from_create_to_destroy() {
    let lab = Lab::start(LabOptions::with_nodes(1, true)).await.unwrap();
    let node = &lab.nodes()[0];
    let made = shell(node, REPOSITORY).await;
    assert!(made.contains("shop-1.1.0.tgz"), "{made}");
    // The lab's own web server, by the name that it has in a container.
    let server = ["bash", "-c", "exec -a nginx $(readlink -f /snap/bin/microk8s)"];
    let _server = node.exec(server).stdin(Stdio::null()).kill_on_drop(true).spawn().unwrap();

    let workspace =
        Workspace::new(&lab, configuration("1.0.0", r#"{ message = "fresh fish", replicas = 2 }"#))
            .await
            .unwrap();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let expected = ["fresh fish", "cGxhbnRlZC1zZWNyZXQ=", "2"];
    assert_eq!(state(node).await, expected);
    let known = workspace.state(ADDRESS).await.unwrap();
    assert_eq!((&known["status"], &known["app_version"]), (&"deployed".into(), &"7".into()));
    let stored = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap();
    assert!(stored.contains("fresh fish") && !stored.contains("planted-secret"), "{stored}");

    // Somebody upgrades it by hand.
    shell(
        node,
        &format!("{HELM} upgrade shop /root/shop --namespace market --reuse-values --set message=stale"),
    )
    .await;
    assert_eq!(state(node).await[0], "stale");
    workspace.plan().await.unwrap().plans(&[(ADDRESS, Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    assert_eq!(state(node).await, expected);

    // The same values as YAML are no change; another version is one, in place.
    let yaml = r#"yamlencode({ message = "fresh fish", replicas = 2 })"#;
    workspace.configure(configuration("1.0.0", yaml)).unwrap();
    workspace.plan().await.unwrap().plans_nothing();
    workspace.configure(configuration("1.1.0", yaml)).unwrap();
    workspace.plan().await.unwrap().plans(&[(ADDRESS, Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    assert!(shell(node, &format!("{HELM} list --namespace market")).await.contains("shop-1.1.0"));

    // What the repository and the chart refuse is told on the attribute, and the release stays.
    for (version, values, code) in [
        ("9.9.9", yaml, "version          = \"9.9.9\""),
        ("1.1.0", r#"{ replicas = "two" }"#, "values           = { replicas = \"two\" }"),
    ] {
        workspace.configure(configuration(version, values)).unwrap();
        let errors = workspace.apply().await.unwrap().failed();
        assert_eq!(
            (errors[0].summary.as_str(), errors[0].code.as_str()),
            ("Unable to upgrade release shop", code),
            "{errors:?}"
        );
        assert!(!format!("{errors:?}").contains("planted-secret"), "{errors:?}");
    }
    workspace.configure(configuration("1.1.0", yaml)).unwrap();
    workspace.apply().await.unwrap().succeeded();
    assert_eq!(state(node).await, expected);

    // Forgotten, it is refused with the import to use, and imported.
    workspace.run(["state", "rm", ADDRESS]).await.unwrap().succeeded();
    workspace.configure(configuration("1.0.0", yaml)).unwrap();
    let errors = workspace.apply().await.unwrap().failed();
    assert!(errors[0].detail.contains("id = \"10.0.0.11/market/shop\""), "{errors:?}");
    workspace.configure(configuration("1.1.0", yaml)).unwrap();
    workspace.import(ADDRESS, "10.0.0.11/market/shop").await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans(&[(ADDRESS, Action::Update)]);
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();

    shell(node, &format!("{HELM} uninstall shop --namespace market --wait")).await;
    workspace.plan().await.unwrap().plans(&[(ADDRESS, Action::Create)]);
    workspace.apply().await.unwrap().succeeded();
    assert_eq!(state(node).await, expected);
    workspace.destroy().await.unwrap().succeeded();
    assert_eq!(shell(node, &format!("{HELM} list --all --all-namespaces --short")).await, "");
    assert!(workspace.resources().await.unwrap().is_empty());
}
