//! Kinds of objects that an API server serves.

use kube::core::{ApiResource, GroupVersionKind};
use std::borrow::Cow;
use std::fmt;

/// A kind in one version.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    group: Cow<'static, str>,
    version: Cow<'static, str>,
    name: Cow<'static, str>,
    scope: Scope,
}

/// Where objects of a kind live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Scope {
    /// In namespaces.
    Namespaced,
    /// Nowhere but in the cluster.
    ClusterWide,
    /// The API server knows: a person named the kind.
    Discovered,
}

impl Kind {
    /// A kind whose objects live in namespaces.
    pub const fn namespaced(group: &'static str, version: &'static str, name: &'static str) -> Self {
        Self::declared(group, version, name, Scope::Namespaced)
    }

    /// A kind whose objects belong to the whole cluster.
    pub const fn cluster_wide(group: &'static str, version: &'static str, name: &'static str) -> Self {
        Self::declared(group, version, name, Scope::ClusterWide)
    }

    const fn declared(group: &'static str, version: &'static str, name: &'static str, scope: Scope) -> Self {
        Self {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            name: Cow::Borrowed(name),
            scope,
        }
    }

    /// A kind that a person names, with the `apiVersion` and `kind` of its objects. Where its objects live,
    /// and under which plural, the API server is asked.
    pub fn dynamic(api_version: &str, name: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self {
            group: group.to_owned().into(),
            version: version.to_owned().into(),
            name: name.to_owned().into(),
            scope: Scope::Discovered,
        }
    }

    /// Reads what [`Kind::label`] wrote.
    pub fn from_label(label: &str) -> Option<Self> {
        let mut parts = label.splitn(3, '.');
        let (name, version, group) = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
        let is_version =
            version.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let is_kind = name.starts_with(|c: char| c.is_ascii_uppercase());
        let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        (is_version && is_kind).then(|| Self::dynamic(&api_version, name))
    }

    /// Kind, version and group in one word: `Deployment.v1.apps`, `Secret.v1`.
    pub fn label(&self) -> String {
        let parts = [&self.name, &self.version, &self.group];
        parts.into_iter().filter(|part| !part.is_empty()).map(Cow::as_ref).collect::<Vec<_>>().join(".")
    }

    /// Whether a person named it.
    pub fn is_dynamic(&self) -> bool {
        self.scope == Scope::Discovered
    }

    pub(super) fn scope(&self) -> Scope {
        self.scope
    }

    /// Whether its objects live in namespaces, where that is known without asking.
    pub fn is_namespaced(&self) -> bool {
        self.scope == Scope::Namespaced
    }

    /// Whether it comes with the API server itself and not with a CustomResourceDefinition.
    pub(super) fn is_built_in(&self) -> bool {
        !self.group.contains('.') || self.group.ends_with(".k8s.io")
    }

    /// Its name, such as `BGPPeer`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its group; empty for the core kinds.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Its version.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Its group and version, as objects carry it.
    pub fn api_version(&self) -> String {
        self.resource().api_version
    }

    /// Name of the CustomResourceDefinition that brings it, such as `bgppeers.metallb.io`.
    pub fn definition(&self) -> String {
        format!("{}.{}", self.resource().plural, self.group)
    }

    /// As the `kube` client names it. All declared kinds have regular plurals.
    pub(super) fn resource(&self) -> ApiResource {
        ApiResource::from_gvk(&GroupVersionKind::gvk(&self.group, &self.version, &self.name))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group() {
            "" => write!(f, "{} ({})", self.name, self.version),
            group => write!(f, "{} ({group}/{})", self.name, self.version),
        }
    }
}

/// One object's name in its cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectName {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty for kinds that have none, and for the default one of a kind that a person named.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{} {}", self.kind.name(), self.name),
            namespace => write!(f, "{} {namespace}/{}", self.kind.name(), self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_are_those_of_the_definitions() {
        let definition = |group, name| Kind::namespaced(group, "v1", name).definition();
        assert_eq!(definition("metallb.io", "IPAddressPool"), "ipaddresspools.metallb.io");
        assert_eq!(definition("metallb.io", "BGPPeer"), "bgppeers.metallb.io");
        assert_eq!(definition("metallb.io", "BGPAdvertisement"), "bgpadvertisements.metallb.io");
        assert_eq!(definition("metallb.io", "Community"), "communities.metallb.io");
        assert_eq!(definition("crd.projectcalico.org", "IPPool"), "ippools.crd.projectcalico.org");
        assert_eq!(definition("crd.projectcalico.org", "IPAMBlock"), "ipamblocks.crd.projectcalico.org");
        assert_eq!(
            definition("crd.projectcalico.org", "BlockAffinity"),
            "blockaffinities.crd.projectcalico.org"
        );
    }

    #[test]
    fn labels_lead_back_to_the_kind() {
        for (api_version, name, label) in [
            ("v1", "Secret", "Secret.v1"),
            ("apps/v1", "Deployment", "Deployment.v1.apps"),
            ("metallb.io/v1beta2", "BGPPeer", "BGPPeer.v1beta2.metallb.io"),
        ] {
            let kind = Kind::dynamic(api_version, name);
            assert_eq!((kind.label().as_str(), kind.api_version().as_str()), (label, api_version));
            assert_eq!(Kind::from_label(label), Some(kind));
        }
        for other in ["cp1.v1.example", "Secret", "10.0.0.11", "Cp1.example.org", ""] {
            assert_eq!(Kind::from_label(other), None, "{other}");
        }
    }
}
