//! A machine's disk: what the overlay's upper layer holds, and the folders that it has instead of the host's.

use super::Machine;
use crate::LabError;
use serde::Serialize;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};

/// Folders that a machine has empty at first, whatever the host keeps there: people's files, logs, keys,
/// snaps. They are mounted over the overlay, and are part of the disk like everything else.
pub(crate) const OWN_FOLDERS: [(&str, u32); 9] = [
    ("etc/frr", 0o755),
    ("etc/ssh", 0o755),
    ("home", 0o755),
    ("root", 0o700),
    ("snap", 0o755),
    ("tmp", 0o1777),
    ("var/log", 0o755),
    ("var/snap", 0o755),
    ("var/tmp", 0o1777),
];

/// A file that is on the disk from the start.
pub(crate) struct DiskFile {
    /// Its path on the machine, without the leading `/`.
    pub(crate) path: &'static str,
    pub(crate) mode: u32,
    pub(crate) owner: Owner,
    pub(crate) content: Content,
}

/// What is at a path.
pub(crate) enum Content {
    Text(String),
    Folder,
    LinkTo(&'static str),
}

/// Whose a file is: user and group have the same number.
pub(crate) type Owner = u32;

/// The user `root`.
pub(crate) const ROOT: Owner = 0;

impl DiskFile {
    /// A text file of root's that all may read.
    pub(crate) fn text(path: &'static str, content: impl Into<String>) -> DiskFile {
        DiskFile { path, mode: 0o644, owner: ROOT, content: Content::Text(content.into()) }
    }

    /// A file with what a program is told at its start, secrets among it, so that only root may read it.
    pub(crate) fn configuration<T: Serialize>(path: &'static str, content: &T) -> Result<DiskFile, LabError> {
        let text = serde_json::to_string(content)
            .map_err(|error| LabError::failed(format!("write /{path}"), error.to_string()))?;
        Ok(DiskFile { mode: 0o600, ..DiskFile::text(path, text) })
    }

    /// An empty folder of root's.
    pub(crate) fn folder(path: &'static str) -> DiskFile {
        DiskFile { path, mode: 0o755, owner: ROOT, content: Content::Folder }
    }

    /// A symbolic link.
    pub(crate) fn link(path: &'static str, target: &'static str) -> DiskFile {
        DiskFile { path, mode: 0o777, owner: ROOT, content: Content::LinkTo(target) }
    }
}

/// The parts of a machine's disk, below the folder that the holder keeps for the machine.
pub(crate) struct Disk {
    folder: PathBuf,
}

impl Disk {
    pub(crate) fn of(machine: &Machine) -> Disk {
        Disk { folder: machine.folder().join("disk") }
    }

    pub(crate) fn upper(&self) -> PathBuf {
        self.folder.join("upper")
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.folder.join("work")
    }

    /// One of [`OWN_FOLDERS`].
    pub(crate) fn own(&self, path: &str) -> PathBuf {
        self.folder.join("own").join(path)
    }

    /// Where a path of the machine is kept.
    pub(crate) fn place_of(&self, path: &str) -> PathBuf {
        let owned = OWN_FOLDERS.iter().any(|(own, _)| Path::new(path).starts_with(own));
        if owned { self.own(path) } else { self.upper().join(path) }
    }

    /// Lays out an empty disk and puts the files on it.
    pub(crate) fn format(&self, files: &[DiskFile]) -> Result<(), LabError> {
        for folder in [self.upper(), self.work()] {
            make_folder(&folder)?;
        }
        for (own, mode) in OWN_FOLDERS {
            let folder = self.own(own);
            make_folder(&folder)?;
            set_mode(&folder, mode)?;
        }
        files.iter().try_for_each(|file| self.put(file))
    }

    fn put(&self, file: &DiskFile) -> Result<(), LabError> {
        let path = self.place_of(file.path);
        if let Some(parent) = path.parent() {
            make_folder(parent)?;
        }
        match &file.content {
            Content::LinkTo(target) => {
                return symlink(target, &path).map_err(LabError::system("link", &path));
            }
            Content::Folder => make_folder(&path)?,
            Content::Text(text) => fs::write(&path, text).map_err(LabError::system("write", &path))?,
        }
        set_mode(&path, file.mode)?;
        chown(&path, Some(file.owner), Some(file.owner)).map_err(LabError::system("give away", &path))
    }
}

/// Makes a folder and those above it.
pub(crate) fn make_folder(path: &Path) -> Result<(), LabError> {
    fs::create_dir_all(path).map_err(LabError::system("make", path))
}

fn set_mode(path: &Path, mode: u32) -> Result<(), LabError> {
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(LabError::system("set the mode of", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_own_folders_and_others_are_kept_apart() {
        let scratch = tempfile::tempdir().unwrap();
        let disk = Disk { folder: scratch.path().to_owned() };
        let secret = DiskFile { mode: 0o600, ..DiskFile::text("etc/ssh/key", "secret") };
        disk.format(&[
            DiskFile::text("etc/hostname", "cp1\n"),
            secret,
            DiskFile::link("usr/bin/snap", "/opt/lab"),
        ])
        .unwrap();
        assert_eq!(fs::read_to_string(scratch.path().join("upper/etc/hostname")).unwrap(), "cp1\n");
        let key = scratch.path().join("own/etc/ssh/key");
        assert_eq!(fs::metadata(key).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_link(scratch.path().join("upper/usr/bin/snap")).unwrap(), Path::new("/opt/lab"));
        let tmp = fs::metadata(scratch.path().join("own/tmp")).unwrap();
        assert_eq!(tmp.permissions().mode() & 0o7777, 0o1777);
    }
}
