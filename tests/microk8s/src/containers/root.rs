//! Inside a container: its root file system is put together, and then its program takes this process over.
//!
//! The root is the node's `/usr`, files of the image and the pod's volumes on top, and else what every Linux
//! system has. The process that does this is already in the pod's namespaces and in a mount namespace of its
//! own.

use super::images::{Content, ImageFile};
use crate::failure::{Failure, Result, Tried};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{Gid, Uid, pivot_root, setgid, setgroups, setuid};
use serde::{Deserialize, Serialize};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

/// Everything that a container is made from.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ContainerSpec {
    /// An empty directory to put the root together in.
    pub(crate) root: PathBuf,
    pub(crate) files: Vec<ImageFile>,
    pub(crate) mounts: Vec<VolumeMount>,
    pub(crate) command: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) directory: Option<PathBuf>,
    pub(crate) user: Option<u32>,
    pub(crate) group: Option<u32>,
    /// The content of `/etc/hosts`.
    pub(crate) hosts: String,
}

/// A volume, and where the container sees it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct VolumeMount {
    pub(crate) from: PathBuf,
    pub(crate) at: PathBuf,
    pub(crate) read_only: bool,
}

/// Directories of the container's own, with their modes.
const DIRECTORIES: [(&str, u32); 9] = [
    ("etc", 0o755),
    ("home", 0o755),
    ("proc", 0o555),
    ("root", 0o700),
    ("run", 0o755),
    ("tmp", 0o1777),
    ("var/lib", 0o755),
    ("var/log", 0o755),
    ("var/tmp", 0o1777),
];
/// Parts of the node's `/etc` without which its programs do not run.
const SETTINGS: [&str; 7] =
    ["alternatives", "ld.so.cache", "localtime", "nsswitch.conf", "python3", "resolv.conf", "ssl"];
/// Accounts have the numbers that FRR's own image gives them, which pods count on.
const ACCOUNTS: [(&str, &str); 2] = [
    (
        "passwd",
        "root:x:0:0:root:/root:/bin/sh\nfrr:x:100:101:FRR:/var/run/frr:/bin/sh\n\
         nobody:x:65534:65534:nobody:/:/bin/sh\n",
    ),
    ("group", "root:x:0:\nfrr:x:101:frr\nfrrvty:x:102:frr\nnogroup:x:65534:\n"),
];
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Becomes the program of the container that the file describes; comes back only where that fails.
pub(crate) fn become_container(spec: &Path) -> Failure {
    let prepared = std::fs::read(spec)
        .tried(|| format!("Cannot read {}", spec.display()))
        .and_then(|text| {
            serde_json::from_slice::<ContainerSpec>(&text)
                .tried(|| format!("Cannot understand {}", spec.display()))
        })
        .and_then(|spec| enter(&spec).map(|()| spec));
    match prepared {
        Ok(spec) => execute(&spec),
        Err(failure) => failure,
    }
}

fn enter(spec: &ContainerSpec) -> Result<()> {
    let root = &spec.root;
    mount_at("tmpfs", root, "tmpfs", "mode=755")?;
    for (directory, mode) in DIRECTORIES {
        let path = root.join(directory);
        std::fs::create_dir_all(&path).tried(|| format!("Cannot make {}", path.display()))?;
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&path, mode)
            .tried(|| format!("Cannot set the mode of {}", path.display()))?;
    }
    symlink("/run", root.join("var/run")).tried(|| "Cannot link /var/run".into())?;
    for directory in ["usr", "bin", "sbin", "lib", "lib64", "dev", "sys"] {
        same_as_on_node(directory, root)?;
    }
    mount_at("proc", &root.join("proc"), "proc", "")?;
    for name in SETTINGS {
        same_as_on_node(&format!("etc/{name}"), root)?;
    }
    for (name, text) in ACCOUNTS.into_iter().chain([("hosts", spec.hosts.as_str())]) {
        write(&root.join("etc").join(name), text, 0o644)?;
    }
    for file in &spec.files {
        add(file, root)?;
    }
    let mut mounts: Vec<&VolumeMount> = spec.mounts.iter().collect();
    mounts.sort_by_key(|mount| mount.at.components().count());
    for volume in mounts {
        // The path may lead through links of the new root, such as /var/run.
        let target = resolve(root, &volume.at);
        bind(&volume.from, &target)?;
        if volume.read_only {
            let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
            mount(None::<&str>, &target, None::<&str>, flags, None::<&str>)
                .tried(|| format!("Cannot make {} read-only", target.display()))?;
        }
    }
    std::env::set_current_dir(root).tried(|| "Cannot enter the container's root".into())?;
    pivot_root(".", ".").tried(|| "Cannot change the root".into())?;
    umount2(".", MntFlags::MNT_DETACH).tried(|| "Cannot let go of the node's root".into())?;
    std::env::set_current_dir("/").tried(|| "Cannot enter /".into())
}

/// Shows a file or directory of the node in the container, a link as a link; what the node does not have is
/// left out.
fn same_as_on_node(path: &str, root: &Path) -> Result<()> {
    let (from, to) = (Path::new("/").join(path), root.join(path));
    let Ok(metadata) = std::fs::symlink_metadata(&from) else { return Ok(()) };
    if metadata.is_symlink() {
        let aim = std::fs::read_link(&from).tried(|| format!("Cannot read the link {}", from.display()))?;
        symlink(aim, &to).tried(|| format!("Cannot link {}", to.display()))
    } else {
        bind(&from, &to)
    }
}

fn add(file: &ImageFile, root: &Path) -> Result<()> {
    let target = resolve(root, &file.at);
    match &file.content {
        Content::Of(from) => bind(from, &target),
        Content::Text(text) => {
            // `/usr` is the node's, and stays as it is below this.
            let own = root.join("run").join(file.at.to_string_lossy().replace('/', "-"));
            write(&own, text, 0o755)?;
            bind(&own, &target)
        }
    }
}

/// Where a path of the container is before its root is the root. Links lead to where they would lead then.
fn resolve(root: &Path, path: &Path) -> PathBuf {
    let mut resolved = root.to_owned();
    for component in path.components().filter(|part| matches!(part, std::path::Component::Normal(_))) {
        let next = resolved.join(component);
        resolved = match std::fs::read_link(&next) {
            Ok(aim) if aim.is_absolute() => root.join(aim.strip_prefix("/").unwrap_or(&aim)),
            Ok(aim) => resolved.join(aim),
            Err(_) => next,
        };
    }
    resolved
}

/// Shows a file or directory at another path too, which is made where it does not exist.
fn bind(from: &Path, to: &Path) -> Result<()> {
    if !to.exists() {
        let directory = if from.is_dir() { Some(to) } else { to.parent() };
        if let Some(directory) = directory {
            std::fs::create_dir_all(directory).tried(|| format!("Cannot make {}", directory.display()))?;
        }
        if !from.is_dir() {
            write(to, "", 0o644)?;
        }
    }
    mount(Some(from), to, None::<&str>, MsFlags::MS_BIND | MsFlags::MS_REC, None::<&str>)
        .tried(|| format!("Cannot show {} at {}", from.display(), to.display()))
}

fn mount_at(source: &str, target: &Path, kind: &str, options: &str) -> Result<()> {
    mount(Some(source), target, Some(kind), MsFlags::MS_NOSUID, Some(options))
        .tried(|| format!("Cannot mount {}", target.display()))
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    std::fs::write(path, text).tried(|| format!("Cannot write {}", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
        .tried(|| format!("Cannot set the mode of {}", path.display()))
}

#[expect(clippy::disallowed_methods, reason = "the program takes this process over, so nothing waits for it")]
fn execute(spec: &ContainerSpec) -> Failure {
    if let Err(failure) = change_user(spec) {
        return failure;
    }
    let Some((program, arguments)) = spec.command.split_first() else {
        return Failure::new("Cannot run a container without a command");
    };
    let mut command = std::process::Command::new(program);
    command.args(arguments).env_clear().env("PATH", SEARCH_PATH).env("HOME", "/");
    command.envs(spec.environment.iter().map(|(name, value)| (name, value)));
    if let Some(directory) = &spec.directory {
        command.current_dir(directory);
    }
    Failure::new(format!("Cannot run {program}: {}", command.exec()))
}

fn change_user(spec: &ContainerSpec) -> Result<()> {
    if spec.user.is_none() && spec.group.is_none() {
        return Ok(());
    }
    let group = Gid::from_raw(spec.group.unwrap_or(0));
    setgroups(&[group]).tried(|| "Cannot give up groups".into())?;
    setgid(group).tried(|| format!("Cannot become group {group}"))?;
    spec.user
        .map_or(Ok(()), |user| setuid(Uid::from_raw(user)).tried(|| format!("Cannot become user {user}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_through_links_of_the_new_root() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("usr/sbin")).unwrap();
        std::fs::create_dir_all(root.path().join("var")).unwrap();
        symlink("/run", root.path().join("var/run")).unwrap();
        symlink("usr/sbin", root.path().join("sbin")).unwrap();
        let resolved = |path: &str| resolve(root.path(), Path::new(path));
        assert_eq!(resolved("/var/run/frr"), root.path().join("run/frr"));
        assert_eq!(resolved("/sbin/tini"), root.path().join("usr/sbin/tini"));
        assert_eq!(resolved("/../etc"), root.path().join("etc"), "nothing leads out");
    }
}
