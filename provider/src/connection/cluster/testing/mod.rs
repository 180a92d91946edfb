//! An API server in this process, for tests: server-side apply with owners of single fields, UIDs as
//! preconditions, finalizers, kinds that are served or not, and answers that are scripted.

mod field_owners;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use field_owners::{fields, owner, owners, place};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// The server. It ends when it is dropped.
pub(crate) struct ApiServer {
    world: Arc<Mutex<World>>,
    directory: TempDir,
    task: JoinHandle<()>,
}

/// What it knows.
#[derive(Default)]
pub(crate) struct World {
    /// UID of `kube-system`.
    pub(crate) cluster_id: String,
    /// Paths of collections that are served, such as
    /// `/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools`.
    pub(crate) served: Vec<String>,
    /// Names of definitions that exist, such as `ipaddresspools.metallb.io`.
    pub(crate) definitions: Vec<String>,
    /// What the API server says that it serves, for kinds that a person names: API path and resource.
    resources: Vec<(&'static str, Json)>,
    /// Objects by path.
    pub(crate) objects: BTreeMap<String, Json>,
    /// Answers to give instead: how often, to requests with all of these words, and what.
    script: Vec<(usize, &'static str, u16, Json)>,
    /// Every request: method, path and query.
    pub(crate) log: Vec<String>,
    /// How long every answer takes.
    pub(crate) delay: Duration,
    count: u32,
}

pub(crate) const POOLS: &str = "/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools";
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/";

impl ApiServer {
    /// Starts one that serves MetalLB's kinds and Calico's.
    pub(crate) async fn start() -> Self {
        let metallb = |kind: &str| format!("/apis/metallb.io/v1beta1/namespaces/metallb-system/{kind}");
        let world = World {
            cluster_id: "cluster-1".into(),
            served: vec![
                POOLS.into(),
                "/apis/metallb.io/v1beta2/namespaces/metallb-system/bgppeers".into(),
                metallb("bgpadvertisements"),
                metallb("l2advertisements"),
                metallb("bfdprofiles"),
                metallb("communities"),
                "/apis/crd.projectcalico.org/v1/ippools".into(),
                "/apis/crd.projectcalico.org/v1/ipamblocks".into(),
                "/apis/crd.projectcalico.org/v1/blockaffinities".into(),
                "/apis/crd.projectcalico.org/v1/felixconfigurations".into(),
                "/apis/crd.projectcalico.org/v1/globalnetworkpolicies".into(),
                "/apis/crd.projectcalico.org/v1/globalnetworksets".into(),
                "/apis/crd.projectcalico.org/v1/hostendpoints".into(),
                "/apis/crd.projectcalico.org/v1/ipreservations".into(),
                "/apis/crd.projectcalico.org/v1/namespaces/default/networkpolicies".into(),
                "/apis/crd.projectcalico.org/v1/namespaces/shop/networkpolicies".into(),
            ],
            definitions: vec!["ipaddresspools.metallb.io".into(), "ippools.crd.projectcalico.org".into()],
            ..World::default()
        };
        let world = Arc::new(Mutex::new(world));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&world));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let directory = tempfile::tempdir().unwrap();
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": format!("http://127.0.0.1:{port}")}}],
            "users": [{"name": "test", "user": {}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        });
        std::fs::write(directory.path().join("kubeconfig"), kubeconfig.to_string()).unwrap();
        Self { world, directory, task }
    }

    /// Path of a kubeconfig for it.
    pub(crate) fn kubeconfig(&self) -> String {
        self.directory.path().join("kubeconfig").to_str().unwrap().to_owned()
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Stops answering, for good.
    pub(crate) async fn stop(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl World {
    /// Answers the next `times` requests whose method and address have all of `words` so.
    pub(crate) fn say(&mut self, times: usize, words: &'static str, code: u16, message: &str) {
        self.script.push((times, words, code, failure(code, message, json!({}))));
    }

    /// Requests whose log line begins so.
    pub(crate) fn count(&self, begins: &str) -> usize {
        self.log.iter().filter(|line| line.starts_with(begins)).count()
    }

    /// Serves a kind that a person names, in this namespace where it has them. Answers the path of its
    /// objects.
    pub(crate) fn serve(
        &mut self,
        api: &'static str,
        kind: &str,
        plural: &str,
        namespace: Option<&str>,
    ) -> String {
        let resource = json!({"name": plural, "singularName": "", "namespaced": namespace.is_some(), "kind": kind, "verbs": []});
        self.resources.push((api, resource));
        let collection = match namespace {
            Some(namespace) => format!("{api}/namespaces/{namespace}/{plural}"),
            None => format!("{api}/{plural}"),
        };
        self.served.push(collection.clone());
        collection
    }

    /// Puts an object there as another manager would.
    pub(crate) fn put(&mut self, collection: &str, name: &str, manager: &str, spec: Json) {
        self.put_object(collection, name, manager, json!({ "spec": spec }));
    }

    /// The same for an object that is more than its `spec`.
    pub(crate) fn put_object(&mut self, collection: &str, name: &str, manager: &str, object: Json) {
        self.count += 1;
        let owner = owner(manager, fields(&object).keys());
        let mut object = object;
        object["metadata"]["name"] = name.into();
        object["metadata"]["uid"] = format!("uid-{}", self.count).into();
        object["metadata"]["managedFields"] = json!([owner]);
        self.objects.insert(format!("{collection}/{name}"), object);
    }

    fn respond(&mut self, method: &Method, uri: &Uri, body: &[u8]) -> (u16, Json) {
        let line = format!("{method} {uri}");
        self.log.push(line.clone());
        let meant = |words: &str| words.split(' ').all(|word| line.contains(word));
        if let Some(scripted) = self.script.iter_mut().find(|(times, words, ..)| *times > 0 && meant(words)) {
            scripted.0 -= 1;
            return (scripted.2, scripted.3.clone());
        }
        let path = uri.path();
        if path == "/api/v1/namespaces/kube-system" {
            return (200, json!({"metadata": {"name": "kube-system", "uid": self.cluster_id}}));
        }
        if self.resources.iter().any(|(api, _)| *api == path) {
            let resources = self.resources.iter().filter(|(api, _)| *api == path).map(|(_, one)| one.clone());
            let version = path.trim_start_matches("/apis/").trim_start_matches("/api/");
            return (200, json!({"groupVersion": version, "resources": resources.collect::<Vec<_>>()}));
        }
        if format!("{path}/") == DEFINITIONS {
            return (
                200,
                json!({"metadata": {}, "items": self.definitions.iter().map(|name| self.definition(name)).collect::<Vec<_>>()}),
            );
        }
        if let Some(name) = path.strip_prefix(DEFINITIONS) {
            return match self.definitions.iter().any(|known| known == name) {
                true => (
                    200,
                    json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": {"name": name}}),
                ),
                false => not_found("customresourcedefinitions", name),
            };
        }
        if self.served.iter().any(|served| served == path) {
            let items =
                self.objects.range(format!("{path}/")..format!("{path}0")).map(|(_, one)| one.clone());
            // In pages, as from Kubernetes; its tokens say where the next one begins.
            let number = |key: &str| -> Option<usize> {
                let words = uri.query().unwrap_or_default().split('&');
                words.filter_map(|word| word.strip_prefix(key)).next()?.parse().ok()
            };
            let (from, limit) = (number("continue=").unwrap_or(0), number("limit=").unwrap_or(usize::MAX));
            let all: Vec<_> = items.collect();
            let to = from.saturating_add(limit).min(all.len());
            let next = if to < all.len() { to.to_string() } else { String::new() };
            return (200, json!({"metadata": {"continue": next}, "items": &all[from.min(to)..to]}));
        }
        let Some((collection, name)) =
            path.rsplit_once('/').filter(|(of, _)| self.served.iter().any(|one| one == of))
        else {
            return (404, Json::String("404 page not found".into()));
        };
        let (collection, name) = (collection.to_owned(), name.to_owned());
        let sent = || serde_json::from_slice::<Json>(body).unwrap_or_default();
        let query = uri.query().unwrap_or_default();
        match *method {
            Method::GET => {
                self.objects.get(path).map_or_else(|| not_found(&collection, &name), |one| (200, one.clone()))
            }
            Method::PATCH if query.contains("force") || query.contains("dryRun") => self.apply(
                &collection,
                &name,
                &sent(),
                query.contains("force=true"),
                query.contains("dryRun"),
                query.split('&').find_map(|one| one.strip_prefix("fieldManager=")).unwrap_or_default(),
            ),
            Method::PATCH => self.merge(path, &sent()),
            Method::DELETE => self.delete(path, &name, &sent()),
            _ => (405, json!({})),
        }
    }

    fn apply(
        &mut self,
        collection: &str,
        name: &str,
        sent: &Json,
        force: bool,
        dry_run: bool,
        us: &str,
    ) -> (u16, Json) {
        let path = format!("{collection}/{name}");
        let wanted = fields(sent);
        let uid = sent["metadata"]["uid"].as_str();
        let existing = self.objects.get(&path).cloned();
        match (uid, &existing) {
            (Some(uid), Some(existing)) if existing["metadata"]["uid"] != uid => {
                return (
                    409,
                    failure(
                        409,
                        "Precondition failed: UID in precondition: a, UID in object meta: b",
                        json!({}),
                    ),
                );
            }
            (Some(_), None) => {
                return (409, failure(409, "uid mismatch: no existing object was found", json!({})));
            }
            _ => {}
        }
        let mut object = existing.unwrap_or_else(|| {
            self.count += 1;
            json!({
                "apiVersion": sent["apiVersion"], "kind": sent["kind"],
                "metadata": {"name": name, "uid": format!("uid-{}", self.count), "managedFields": []},
            })
        });
        if sent["metadata"]["namespace"].is_string() {
            object["metadata"]["namespace"] = sent["metadata"]["namespace"].clone();
        }
        let mut owners: BTreeMap<String, Vec<String>> = owners(&object);
        let others = |field: &String| owners.iter().any(|(who, fields)| who != us && fields.contains(field));
        let standing = fields(&object);
        let causes: Vec<Json> = wanted
            .iter()
            .filter(|(field, value)| others(field) && standing.get(*field) != Some(*value))
            .map(|(field, _)| json!({"reason": "FieldManagerConflict", "message": "conflict with \"kubectl-edit\"", "field": format!(".{}", field.replace('/', "."))}))
            .collect();
        if !force && !causes.is_empty() {
            return (409, failure(409, "Apply failed with conflicts", json!({"causes": causes})));
        }
        for field in owners.remove(us).unwrap_or_default() {
            if !owners.values().any(|fields| fields.contains(&field)) {
                let (within, field) = place(&mut object, &field);
                within.as_object_mut().unwrap().remove(&field);
            }
        }
        for (field, value) in &wanted {
            if standing.get(field) != Some(value) {
                owners.values_mut().for_each(|fields| fields.retain(|one| one != field));
            }
            let (within, field) = place(&mut object, field);
            within[field] = value.clone();
        }
        owners.insert(us.into(), wanted.keys().cloned().collect());
        object["metadata"]["managedFields"] =
            owners.iter().map(|(who, fields)| owner(who, fields.iter())).collect();
        if !dry_run {
            self.objects.insert(path, object.clone());
        }
        (200, object)
    }

    fn definition(&self, name: &str) -> Json {
        let (plural, group) = name.split_once('.').unwrap();
        let served = self.resources.iter().find(|(_, one)| one["name"] == plural);
        let kind = served.map_or("Other", |(_, one)| one["kind"].as_str().unwrap());
        json!({
            "metadata": {"name": name},
            "spec": {"group": group, "scope": "Namespaced", "names": {"kind": kind, "plural": plural}, "versions": []},
        })
    }

    fn merge(&mut self, path: &str, sent: &Json) -> (u16, Json) {
        let Some(object) = self.objects.get_mut(path) else { return not_found(path, path) };
        for (field, value) in sent["spec"].as_object().unwrap() {
            let spec = object["spec"].as_object_mut().unwrap();
            match value {
                Json::Null => drop(spec.remove(field)),
                value => drop(spec.insert(field.clone(), value.clone())),
            }
        }
        (200, object.clone())
    }

    fn delete(&mut self, path: &str, name: &str, sent: &Json) -> (u16, Json) {
        let Some(object) = self.objects.get_mut(path) else {
            return not_found(path.trim_end_matches(&format!("/{name}")), name);
        };
        let uid = sent["preconditions"]["uid"].as_str();
        if uid.is_some_and(|uid| object["metadata"]["uid"] != uid) {
            return (
                409,
                failure(409, "Precondition failed: UID in precondition: a, UID in object meta: b", json!({})),
            );
        }
        if object["metadata"]["finalizers"].is_array() {
            object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
            return (200, object.clone());
        }
        self.objects.remove(path);
        (200, json!({"kind": "Status", "status": "Success"}))
    }
}

async fn answer(State(world): State<Arc<Mutex<World>>>, method: Method, uri: Uri, body: Bytes) -> Response {
    let delay = world.lock().unwrap().delay;
    tokio::time::sleep(delay).await;
    let (code, json) = world.lock().unwrap().respond(&method, &uri, &body);
    let text = match json {
        Json::String(text) => text,
        json => json.to_string(),
    };
    (StatusCode::from_u16(code).unwrap(), text).into_response()
}

fn failure(code: u16, message: &str, details: Json) -> Json {
    json!({"kind": "Status", "status": "Failure", "code": code, "message": message, "reason": "", "details": details})
}

fn not_found(collection: &str, name: &str) -> (u16, Json) {
    let plural = collection.rsplit('/').next().unwrap();
    let details = json!({"name": name, "kind": plural});
    (404, failure(404, &format!("{plural} \"{name}\" not found"), details))
}
