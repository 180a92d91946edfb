//! The add-ons of the repositories that a node has, and which of them are enabled.

use crate::args::parse::expand;
use crate::failure::{Failure, Result, Tried};
use crate::layout::{Layout, read};
use serde::Deserialize;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const CORE: &str = include_str!("../snap/addons.json");
/// The repository that comes with the snap. Its scripts are played.
pub(crate) const CORE_NAME: &str = "core";

/// An add-on as its repository describes it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Addon {
    #[serde(default = "core")]
    pub(crate) repository: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    /// A file that exists, or a text that a line of the cluster's objects has, while the add-on is enabled.
    check_status: String,
}

fn core() -> String {
    CORE_NAME.to_owned()
}

/// `addons.yaml` of a repository.
#[derive(Debug, Deserialize)]
struct File {
    #[serde(rename = "microk8s-addons")]
    addons: Described,
}

/// What a repository says of itself.
#[derive(Debug, Deserialize)]
pub(crate) struct Described {
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) addons: Vec<Addon>,
}

/// All of them, by repository and name.
pub(crate) fn all(layout: &Layout) -> Result<Vec<Addon>> {
    let mut all = core_addons()?;
    for folder in folders(layout)? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Ok(described) = describe(&folder) else { continue };
        all.extend(described.addons.into_iter().map(|addon| Addon { repository: name.clone(), ..addon }));
    }
    all.sort_by(|one, other| (&one.repository, &one.name).cmp(&(&other.repository, &other.name)));
    Ok(all)
}

/// Those that come with the snap.
pub(crate) fn core_addons() -> Result<Vec<Addon>> {
    serde_json::from_str(CORE).tried(|| "Cannot understand the list of add-ons".into())
}

/// Where a repository is.
pub(crate) fn folder(layout: &Layout, name: &str) -> PathBuf {
    layout.common().join("addons").join(name)
}

/// The folders of all repositories but the core one.
pub(crate) fn folders(layout: &Layout) -> Result<Vec<PathBuf>> {
    let Ok(entries) = std::fs::read_dir(layout.common().join("addons")) else { return Ok(Vec::new()) };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut folders =
        paths.collect::<std::io::Result<Vec<PathBuf>>>().tried(|| "Cannot list the repositories".into())?;
    folders.sort();
    Ok(folders)
}

/// What is in a repository.
pub(crate) fn describe(folder: &Path) -> Result<Described> {
    let file = folder.join("addons.yaml");
    let parsed: File = serde_saphyr::from_str(&read(&file)?)
        .map_err(|error| Failure::new(format!("Cannot understand {}: {error}", file.display())))?;
    Ok(parsed.addons)
}

/// Refuses a repository without scripts that can be run.
pub(crate) fn validate(folder: &Path) -> Result<()> {
    for addon in describe(folder)?.addons {
        for hook in ["enable", "disable"] {
            let file = folder.join("addons").join(&addon.name).join(hook);
            let executable =
                std::fs::metadata(&file).is_ok_and(|about| about.permissions().mode() & 0o111 != 0);
            if !executable {
                return Err(Failure::new(format!("{} is missing or cannot be run", file.display())));
            }
        }
    }
    Ok(())
}

impl Addon {
    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.repository, self.name)
    }

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
    use crate::layout::write;

    #[test]
    fn an_addon_is_enabled_by_its_mark_among_objects_or_files() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let all = all(&layout).unwrap();
        let addon = |name: &str| all.iter().find(|addon| addon.name == name).unwrap();
        assert!(addon("dns").is_enabled(&layout, "kube-system   pod/coredns-7d   1/1\n"));
        assert!(!addon("dns").is_enabled(&layout, "kube-system   service/kube-dns\n"));
        assert!(!addon("ha-cluster").is_enabled(&layout, ""));
        layout.set_lock("ha-cluster").unwrap();
        assert!(addon("ha-cluster").is_enabled(&layout, ""));
    }

    #[test]
    fn repositories_add_their_addons_if_these_can_be_run() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        let own = folder(&layout, "own");
        let text = "microk8s-addons:\n  description: Own\n  addons:\n    - name: echo\n      description: Echo\n      \
                    version: \"1.0\"\n      check_status: service/echo\n      supported_architectures: [amd64]\n";
        write(&own.join("addons.yaml"), text).unwrap();
        create_empty(&folder(&layout, "rest"));
        let all = all(&layout).unwrap();
        assert_eq!((all.len(), all.last().unwrap().full_name().as_str()), (25, "own/echo"));
        assert!(validate(&own).unwrap_err().to_string().contains("own/addons/echo/enable is missing"));
    }

    fn create_empty(folder: &Path) {
        std::fs::create_dir_all(folder).unwrap();
    }
}
