//! Objects that are released in place of being deleted.

use super::*;

/// A kind, its collection and its object as its maker left it.
struct Case {
    api: &'static str,
    kind: &'static str,
    plural: &'static str,
    namespace: Option<&'static str>,
    name: &'static str,
    maker: &'static str,
}

const NODE: Case =
    Case { api: "/api/v1", kind: "Node", plural: "nodes", namespace: None, name: "cp1", maker: "kubelite" };

impl Case {
    fn id(&self) -> String {
        let api = self.api.trim_start_matches("/apis/").trim_start_matches("/api/");
        let (group, version) = api.split_once('/').map_or(("", api), |(group, version)| (group, version));
        let kind = [self.kind, version, group].into_iter().filter(|part| !part.is_empty());
        let parts = [
            Some(kind.collect::<Vec<_>>().join(".")),
            self.namespace.map(str::to_owned),
            Some(self.name.into()),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("/")
    }

    fn manifest(&self, metadata: Json) -> Json {
        let api_version = self.api.trim_start_matches("/apis/").trim_start_matches("/api/");
        let mut object =
            json!({"apiVersion": api_version, "kind": self.kind, "metadata": {"name": self.name}});
        if let Some(namespace) = self.namespace {
            object["metadata"]["namespace"] = namespace.into();
        }
        object["metadata"].as_object_mut().unwrap().extend(metadata.as_object().unwrap().clone());
        object
    }

    /// Serves the kind, with the object as `maker` made it. Answers its path.
    fn make(&self, server: &ApiServer, metadata: Json) -> String {
        let collection = server.world().serve(self.api, self.kind, self.plural, self.namespace);
        server.world().put_object(&collection, self.name, self.maker, self.manifest(metadata));
        format!("{collection}/{}", self.name)
    }
}

fn labels(labels: Json) -> Json {
    json!({ "labels": labels })
}

#[tokio::test]
async fn an_imported_node_is_released_with_what_it_had() {
    let server = ApiServer::start().await;
    let path = NODE.make(&server, labels(json!({"kubernetes.io/hostname": "cp1", "zone": "old"})));
    let run = run(&server).await;
    let state = run.import(OBJECT, &NODE.id()).await.unwrap();
    let config = |wanted: Json| object(NODE.manifest(labels(wanted)));
    let first = config(json!({"zone": "ours", "disk": "ssd"}));
    let planned = run.plan(OBJECT, Some(&state), &first).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    let before = &shown(&state)["manifest"]["metadata"];
    assert_eq!(*before, json!({"name": "cp1"}), "a plan shows no removal of what others set");
    let state = run.update(&state, &first).await.unwrap();
    let held = |server: &ApiServer| server.world().objects[&path]["metadata"]["labels"].clone();
    assert_eq!(held(&server), json!({"kubernetes.io/hostname": "cp1", "zone": "ours", "disk": "ssd"}));
    // Changed again, and beside it one that the kubelet has: what stood first is what is given back.
    let second = config(json!({"zone": "ours, again", "kubernetes.io/hostname": "cp1"}));
    let state = run.update(&state, &second).await.unwrap();

    // What the kubelet has too cannot go, so a plan does not say that it does.
    let planned = run.plan(OBJECT, Some(&state), &config(json!({"zone": "ours, again"}))).await.unwrap();
    assert_eq!((planned.action, warnings(&planned.diagnostics)), (Action::NoOp, vec![]));
    let planned = run.plan(OBJECT, Some(&state), &config(json!({"zone": "other"}))).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    let told = warnings(&planned.diagnostics).join("\n");
    assert!(told.contains("- metadata.labels.kubernetes.io/hostname"), "{told}");

    let planned = run.plan_destroy(&state).await.unwrap();
    let told = warnings(&planned.diagnostics).join("\n");
    assert!(told.starts_with("Node cp1 is released, not deleted"), "{told}");
    run.destroy(&state).await.unwrap();
    assert_eq!(held(&server), json!({"kubernetes.io/hostname": "cp1", "zone": "old"}));
    assert_eq!(server.world().count("DELETE"), 0);
}

#[tokio::test]
async fn what_the_cluster_makes_by_itself_is_released_and_all_else_deleted() {
    let core = |kind, plural, namespace, name| Case {
        api: "/api/v1",
        kind,
        plural,
        namespace,
        name,
        maker: "kube-controller-manager",
    };
    for (case, is_released) in [
        (NODE, true),
        (core("Namespace", "namespaces", None, "default"), true),
        (core("Namespace", "namespaces", None, "kube-public"), true),
        (core("Namespace", "namespaces", None, "shop"), false),
        (core("Service", "services", Some("default"), "kubernetes"), true),
        (core("Service", "services", Some("shop"), "kubernetes"), false),
        (core("ServiceAccount", "serviceaccounts", Some("shop"), "default"), true),
        (core("ServiceAccount", "serviceaccounts", Some("shop"), "web"), false),
        (core("ConfigMap", "configmaps", Some("shop"), "kube-root-ca.crt"), true),
        (core("ConfigMap", "configmaps", Some("shop"), "settings"), false),
        (
            Case {
                api: "/apis/coordination.k8s.io/v1",
                ..core("Lease", "leases", Some("kube-node-lease"), "cp1")
            },
            true,
        ),
        (
            Case {
                api: "/apis/discovery.k8s.io/v1",
                ..core("EndpointSlice", "endpointslices", Some("shop"), "web-1")
            },
            true,
        ),
    ] {
        let server = ApiServer::start().await;
        let path = case.make(&server, json!({}));
        let run = run(&server).await;
        let state = run.import(OBJECT, &case.id()).await.unwrap();
        let state =
            run.update(&state, &object(case.manifest(labels(json!({"by": "terraform"}))))).await.unwrap();
        let warned = !run.plan_destroy(&state).await.unwrap().diagnostics.is_empty();
        run.destroy(&state).await.unwrap();
        let left = server.world().objects.get(&path).cloned();
        assert_eq!((warned, left.is_some()), (is_released, is_released), "{}", case.id());
        assert!(left.is_none_or(|left| left["metadata"]["labels"] == json!({})), "{}", case.id());
    }
}

#[tokio::test]
async fn what_has_a_controller_is_released() {
    let server = ApiServer::start().await;
    let case = Case {
        api: "/apis/apps/v1",
        kind: "ReplicaSet",
        plural: "replicasets",
        namespace: Some("shop"),
        name: "web-1",
        maker: "kube-controller-manager",
    };
    let owner = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "1", "controller": true}]);
    let path = case.make(&server, json!({ "ownerReferences": owner }));
    let run = run(&server).await;
    let state = run.import(OBJECT, &case.id()).await.unwrap();
    let told = warnings(&run.plan_destroy(&state).await.unwrap().diagnostics).join("\n");
    assert!(told.contains("Deployment web is its controller"), "{told}");
    run.destroy(&state).await.unwrap();
    assert!(server.world().objects.contains_key(&path));
}

#[tokio::test]
async fn what_terraform_made_it_deletes_whatever_its_kind() {
    let server = ApiServer::start().await;
    let collection =
        server.world().serve("/apis/discovery.k8s.io/v1", "EndpointSlice", "endpointslices", Some("shop"));
    let run = run(&server).await;
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": "outside", "namespace": "shop"}, "addressType": "IPv4",
    });
    let mut state = run.create(OBJECT, &object(slice.clone())).await.unwrap();
    assert!(run.plan_destroy(&state).await.unwrap().diagnostics.is_empty());
    run.destroy(&state).await.unwrap();
    assert!(!server.world().objects.contains_key(&format!("{collection}/outside")));

    // Nor does a state of a release that did not note who made an object leave it behind.
    state = run.create(OBJECT, &object(slice)).await.unwrap();
    let mut private: Json = serde_json::from_slice(&state.private).unwrap();
    private.as_object_mut().unwrap().remove("made").unwrap();
    state.private = private.to_string().into_bytes();
    run.destroy(&state).await.unwrap();
    assert!(server.world().objects.is_empty());
}
