//! The args files of a fresh installation.

use crate::failure::Result;
use crate::layout::{Layout, write};

macro_rules! file {
    ($name:literal) => {
        ($name, include_str!(concat!("../../snap/args/", $name)))
    };
}

/// What the snap copies into `args`, by name.
pub(crate) const FILES: [(&str, &str); 20] = [
    file!("admission-control-config-file.yaml"),
    file!("apiserver-proxy"),
    file!("cluster-agent"),
    file!("cni-env"),
    file!("containerd"),
    file!("etcd"),
    file!("eventconfig.yaml"),
    file!("flanneld"),
    file!("ha-conf"),
    file!("k8s-dqlite"),
    file!("k8s-dqlite-env"),
    file!("kube-apiserver"),
    file!("kube-controller-manager"),
    file!("kube-proxy"),
    file!("kube-scheduler"),
    file!("kubectl"),
    file!("kubectl-env"),
    file!("kubelet"),
    file!("kubelite"),
    ("traefik/provider.yaml", ""),
];

/// Feature gates that a minor release's API server starts with.
fn feature_gates(minor: u32) -> Option<&'static str> {
    match minor {
        32 => Some("WatchList=false"),
        34.. => {
            Some("ListFromCacheSnapshot=false,SizeBasedListCostEstimate=false,DetectCacheInconsistency=false")
        }
        _ => None,
    }
}

/// Appends the feature gates that the datastore needs, as the configure hook does; an operator's own are left
/// alone.
pub(crate) fn ensure_feature_gates(layout: &Layout, minor: u32) -> Result<()> {
    let path = layout.args("kube-apiserver");
    match feature_gates(minor) {
        Some(gates) if super::edit::get(&path, "--feature-gates").is_none() => {
            super::edit::set(&path, "--feature-gates", Some(gates)).map(drop)
        }
        _ => Ok(()),
    }
}

/// Writes every args file as the snap brings it.
pub(crate) fn write_all(layout: &Layout) -> Result<()> {
    FILES.iter().try_for_each(|(name, text)| write(&layout.args(name), text))
}

/// The text that the snap brings for one file.
pub(crate) fn text_of(name: &str) -> &'static str {
    FILES.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::edit::get;

    #[test]
    fn the_feature_gates_follow_the_release_and_spare_the_operators_own() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        write_all(&layout).unwrap();
        let path = layout.args("kube-apiserver");
        ensure_feature_gates(&layout, 33).unwrap();
        assert_eq!(get(&path, "--feature-gates"), None);
        ensure_feature_gates(&layout, 32).unwrap();
        assert_eq!(get(&path, "--feature-gates").as_deref(), Some("WatchList=false"));
        ensure_feature_gates(&layout, 34).unwrap();
        assert_eq!(get(&path, "--feature-gates").as_deref(), Some("WatchList=false"));
    }
}
