//! Kinds of objects that an API server serves.

use kube::core::{ApiResource, GroupVersionKind};
use std::fmt;

/// A kind in one version, and whether its objects live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    group: &'static str,
    version: &'static str,
    name: &'static str,
    namespaced: bool,
}

impl Kind {
    /// A kind whose objects live in namespaces.
    pub const fn namespaced(group: &'static str, version: &'static str, name: &'static str) -> Self {
        Self { group, version, name, namespaced: true }
    }

    /// A kind whose objects belong to the whole cluster.
    pub const fn cluster_wide(group: &'static str, version: &'static str, name: &'static str) -> Self {
        Self { group, version, name, namespaced: false }
    }

    /// Whether its objects live in namespaces.
    pub const fn is_namespaced(&self) -> bool {
        self.namespaced
    }

    /// Its name, such as `BGPPeer`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its group and version, as objects carry it.
    pub fn api_version(&self) -> String {
        self.resource().api_version
    }

    /// Name of the CustomResourceDefinition that brings it, such as `bgppeers.metallb.io`.
    pub fn definition(&self) -> String {
        format!("{}.{}", self.resource().plural, self.group)
    }

    /// As the `kube` client names it. All kinds here have regular plurals.
    pub(super) fn resource(&self) -> ApiResource {
        ApiResource::from_gvk(&GroupVersionKind::gvk(self.group, self.version, self.name))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group {
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
    /// Its namespace; empty for kinds that have none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind.is_namespaced() {
            true => write!(f, "{} {}/{}", self.kind.name(), self.namespace, self.name),
            false => write!(f, "{} {}", self.kind.name(), self.name),
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
}
