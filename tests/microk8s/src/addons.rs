//! The add-ons of the core repository, and which of them are enabled.

use crate::args::parse::expand;
use crate::failure::{Result, Tried};
use crate::layout::Layout;
use serde::Deserialize;
use std::path::Path;

const CORE: &str = include_str!("../snap/addons.json");

/// An add-on as its repository describes it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Addon {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    /// A file that exists, or a text that a line of the cluster's objects has, while the add-on is enabled.
    check_status: String,
}

/// All of them, by name.
pub(crate) fn all() -> Result<Vec<Addon>> {
    serde_json::from_str(CORE).tried(|| "Cannot understand the list of add-ons".into())
}

impl Addon {
    /// Whether the add-on shows among the cluster's objects or the node's files.
    pub(crate) fn is_enabled(&self, layout: &Layout, objects: &str) -> bool {
        if self.check_status.starts_with('$') {
            return Path::new(&expand(&self.check_status, &layout.environment())).exists();
        }
        objects.lines().any(|line| line.contains(&self.check_status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_addon_is_enabled_by_its_mark_among_objects_or_files() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let all = all().unwrap();
        let addon = |name: &str| all.iter().find(|addon| addon.name == name).unwrap();
        assert!(addon("dns").is_enabled(&layout, "kube-system   pod/coredns-7d   1/1\n"));
        assert!(!addon("dns").is_enabled(&layout, "kube-system   service/kube-dns\n"));
        assert!(!addon("ha-cluster").is_enabled(&layout, ""));
        layout.set_lock("ha-cluster").unwrap();
        assert!(addon("ha-cluster").is_enabled(&layout, ""));
    }
}
