//! Where MicroK8s keeps its files on a node.

use crate::failure::{Result, Tried};
use std::path::{Path, PathBuf};

/// The node's file tree below one root, which is `/` everywhere but in tests of single functions.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub(crate) fn under(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// `$SNAP_DATA`'s parent, with a directory for each revision.
    pub(crate) fn revisions(&self) -> PathBuf {
        self.under("var/snap/microk8s")
    }

    /// `$SNAP_DATA`.
    pub(crate) fn data(&self) -> PathBuf {
        self.revisions().join("current")
    }

    /// `$SNAP_COMMON`.
    pub(crate) fn common(&self) -> PathBuf {
        self.revisions().join("common")
    }

    pub(crate) fn args(&self, file: &str) -> PathBuf {
        self.data().join("args").join(file)
    }

    pub(crate) fn cni_manifest(&self) -> PathBuf {
        self.args("cni-network/cni.yaml")
    }

    pub(crate) fn certificate(&self, file: &str) -> PathBuf {
        self.data().join("certs").join(file)
    }

    pub(crate) fn credential(&self, file: &str) -> PathBuf {
        self.data().join("credentials").join(file)
    }

    pub(crate) fn lock(&self, name: &str) -> PathBuf {
        self.data().join("var/lock").join(name)
    }

    pub(crate) fn backend(&self, file: &str) -> PathBuf {
        self.data().join("var/kubernetes/backend").join(file)
    }

    pub(crate) fn launcher(&self) -> PathBuf {
        self.common().join("etc/launcher")
    }

    pub(crate) fn is_locked(&self, name: &str) -> bool {
        self.lock(name).exists()
    }

    pub(crate) fn set_lock(&self, name: &str) -> Result<()> {
        write(&self.lock(name), "")
    }

    pub(crate) fn drop_lock(&self, name: &str) -> Result<()> {
        remove(&self.lock(name))
    }

    /// A worker: joined without a control plane of its own.
    pub(crate) fn is_worker(&self) -> bool {
        self.is_locked("clustered.lock")
    }

    /// The variables that the snap's services see, in the order that matters to nobody.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        vec![
            ("SNAP".into(), text(self.under("snap/microk8s/current"))),
            ("SNAP_DATA".into(), text(self.data())),
            ("SNAP_COMMON".into(), text(self.common())),
        ]
    }
}

pub(crate) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).tried(|| format!("Cannot read {}", path.display()))
}

/// The file's text, empty where there is no such file.
pub(crate) fn read_or_empty(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// Writes a file, with the directories above it. `SNAP_DATA`'s files are readable by their group only.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if let Some(directory) = path.parent() {
        create(directory)?;
    }
    std::fs::write(path, text).tried(|| format!("Cannot write {}", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))
        .tried(|| format!("Cannot set the mode of {}", path.display()))
}

pub(crate) fn create(directory: &Path) -> Result<()> {
    std::fs::create_dir_all(directory)
        .tried(|| format!("Cannot create the directory {}", directory.display()))
}

/// Removes a file, a link or a whole directory, which may be absent: also where another program removes it at
/// the same time, as `rm -f` does for MicroK8s' own scripts.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return Ok(()) };
    match if metadata.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) } {
        Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.tried(|| format!("Cannot remove {}", path.display())),
    }
}

/// Points the link at `path` to `target`, whatever was there.
pub(crate) fn link(target: &Path, path: &Path) -> Result<()> {
    remove(path)?;
    if let Some(directory) = path.parent() {
        create(directory)?;
    }
    std::os::unix::fs::symlink(target, path).tried(|| format!("Cannot link {}", path.display()))
}

/// Copies a directory with everything below it, links as links.
pub(crate) fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    create(to)?;
    let entries = std::fs::read_dir(from).tried(|| format!("Cannot list {}", from.display()))?;
    for entry in entries {
        let entry = entry.tried(|| format!("Cannot list {}", from.display()))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().tried(|| format!("Cannot look at {}", source.display()))?;
        if kind.is_dir() {
            copy_tree(&source, &target)?;
        } else if kind.is_symlink() {
            let aim =
                std::fs::read_link(&source).tried(|| format!("Cannot read the link {}", source.display()))?;
            link(&aim, &target)?;
        } else if kind.is_file() {
            std::fs::copy(&source, &target).tried(|| format!("Cannot copy {}", source.display()))?;
        }
    }
    Ok(())
}
