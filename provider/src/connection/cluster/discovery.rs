//! Where the API server keeps objects of a kind.

use super::answer::KINDS;
use super::kind::Scope;
use super::{Cluster, ClusterError, ClusterErrorKind, Kind};
use crate::connection::Freshness;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::APIResourceList;
use kube::core::{DynamicObject, Request};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Where definitions of kinds are.
pub(super) const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const DEFINITION: Kind = Kind::cluster_wide("apiextensions.k8s.io", "v1", "CustomResourceDefinition");

/// Namespace of objects that name none.
const DEFAULT_NAMESPACE: &str = "default";

/// What the API server said of kinds that persons named.
#[derive(Default)]
pub(super) struct DiscoveryCache(Mutex<HashMap<Kind, ResolvedKind>>);

/// Where objects of one kind are.
#[derive(Clone)]
pub(super) struct ResolvedKind {
    version: String,
    plural: String,
    namespaced: bool,
}

impl ResolvedKind {
    /// Requests about objects of the kind in a namespace.
    pub(super) fn request(&self, namespace: &str) -> Request {
        let Self { version, plural, namespaced } = self;
        let plural = segment(plural);
        Request::new(match (namespaced, namespace) {
            (true, "") => format!("{version}/namespaces/{DEFAULT_NAMESPACE}/{plural}"),
            (true, namespace) => format!("{version}/namespaces/{}/{plural}", segment(namespace)),
            (false, _) => format!("{version}/{plural}"),
        })
    }
}

/// The path of a version of a group.
fn version_path(kind: &Kind) -> String {
    match kind.group() {
        "" => format!("/api/{}", segment(kind.version())),
        group => format!("/apis/{}/{}", segment(group), segment(kind.version())),
    }
}

/// A name as one segment of an address, whatever it is: nothing in it leads elsewhere.
pub(super) fn segment(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
    // Where these stand alone they are steps.
    let is_step = matches!(name, "." | "..");
    let encoded = name.bytes().map(|byte| match plain(byte) && !is_step {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    encoded.collect()
}

impl Cluster {
    /// Where objects of the kind are; asks once where a person named it.
    pub(super) async fn resolve(&self, kind: &Kind, attempt: &str) -> Result<ResolvedKind, ClusterError> {
        if kind.scope() != Scope::Discovered {
            let plural = kind.resource().plural;
            return Ok(ResolvedKind {
                version: version_path(kind),
                plural,
                namespaced: kind.is_namespaced(),
            });
        }
        let known = || self.discovery().0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(resolved) = known().get(kind) {
            return Ok(resolved.clone());
        }
        let resolved = self.discover(kind, attempt).await?;
        known().insert(kind.clone(), resolved.clone());
        Ok(resolved)
    }

    async fn discover(&self, kind: &Kind, attempt: &str) -> Result<ResolvedKind, ClusterError> {
        let api_version = kind.api_version();
        let unserved = |what: String| {
            let answer = format!("the API server serves no {what}");
            ClusterError::new(ClusterErrorKind::KindNotServed, attempt, self.to_string(), answer)
        };
        let get = http::Request::get(version_path(kind)).body(Vec::new());
        let get = get.map_err(kube::core::request::Error::BuildRequest);
        let listed = match self.ask_for::<APIResourceList>(attempt, KINDS, get).await {
            Err(error) if error.kind() == ClusterErrorKind::KindNotServed => {
                return Err(unserved(api_version));
            }
            listed => listed?,
        };
        let kinds: Vec<_> = listed.resources.iter().map(|one| one.kind.clone()).collect();
        // Subresources, such as `deployments/scale`, carry kinds too.
        let served =
            listed.resources.into_iter().find(|one| one.kind == kind.name() && !one.name.contains('/'));
        let served = served.ok_or_else(|| {
            let near = kinds.iter().find(|one| one.eq_ignore_ascii_case(kind.name()));
            let meant = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            unserved(format!("{} in {api_version}{meant}", kind.name()))
        })?;
        Ok(ResolvedKind { version: version_path(kind), plural: served.name, namespaced: served.namespaced })
    }

    /// Whether no definition brings a kind that a person named, which is known only of kinds that are not
    /// built in.
    pub(super) async fn crd_absent_of(&self, kind: &Kind) -> Result<bool, ClusterError> {
        if kind.is_built_in() {
            return Ok(false);
        }
        let definitions = self.list(&DEFINITION, "", Freshness::Fresh).await?;
        let text = |one: &DynamicObject, pointer: &str| {
            one.data.pointer(pointer).and_then(|text| text.as_str()).map(str::to_owned)
        };
        let brings = |one: DynamicObject| {
            text(&one, "/spec/group").as_deref() == Some(kind.group())
                && text(&one, "/spec/names/kind").as_deref() == Some(kind.name())
        };
        Ok(!definitions.iter().any(brings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_segment_of_an_address() {
        for (name, address) in [
            ("default-pool", "default-pool"),
            ("system:node", "system:node"),
            ("../../x?y=1#z", "..%2F..%2Fx%3Fy%3D1%23z"),
            (".", "%2E"),
            ("..", "%2E%2E"),
            ("a b%2f\r\n", "a%20b%252f%0D%0A"),
            ("größe", "gr%C3%B6%C3%9Fe"),
        ] {
            assert_eq!(segment(name), address);
        }
        let resolved = ResolvedKind { version: "/api/v1".into(), plural: "../x".into(), namespaced: true };
        let get = resolved.request("../y?").get(&segment("../z"), &Default::default()).unwrap();
        assert_eq!(get.uri(), "/api/v1/namespaces/..%2Fy%3F/..%2Fx/..%2Fz");
    }
}
