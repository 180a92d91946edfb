//! What a machine's first process does: puts the root file system together, makes it the root, starts the
//! services.
//!
//! It runs in mount, PID, UTS, IPC and network namespaces of its own, which `unshare` made for it.

use super::disk::{Disk, OWN_FOLDERS, make_folder};
use super::init;
use super::{Machine, PID_FILE, Shared};
use crate::LabError;
use crate::error::last_lines;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{pivot_root, sethostname};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Boots the machine that the file describes; returns only when it goes down by itself.
pub fn run(description: &Path) -> Result<(), LabError> {
    let text = fs::read(description).map_err(LabError::system("read", description))?;
    let machine: Machine = serde_json::from_slice(&text)
        .map_err(|error| LabError::failed(format!("read {}", description.display()), error.to_string()))?;
    tell_pid(&machine)?;
    let root = machine.folder().join("root");
    build_root(&machine, &root)?;
    change_root(&root)?;
    sethostname(&machine.name).map_err(LabError::system("name", &machine.name))?;
    make_folder(Path::new("/run/sshd"))?;
    let init::Ended { name, how } = init::run(services(&machine)?)?;
    let log = fs::read_to_string(log_of(&name)).unwrap_or_default();
    let reason = format!("its service {name} {how}{}", last_lines(&log));
    Err(LabError::failed(format!("keep {} running", machine.name), reason))
}

/// `/proc` is still the holder's here, so its `self` is the id that the holder knows this process by.
fn tell_pid(machine: &Machine) -> Result<(), LabError> {
    let pid = fs::read_link("/proc/self").map_err(LabError::system("read", "/proc/self"))?;
    let file = machine.folder().join(PID_FILE);
    fs::write(&file, pid.as_os_str().as_encoded_bytes()).map_err(LabError::system("write", &file))
}

fn build_root(machine: &Machine, root: &Path) -> Result<(), LabError> {
    let disk = Disk::of(machine);
    make_folder(root)?;
    let layers = format!("lowerdir=/,upperdir={},workdir={}", disk.upper().display(), disk.work().display());
    mount_at("overlay", root, "overlay", MsFlags::empty(), &layers)?;
    for (own, _) in OWN_FOLDERS {
        bind(&disk.own(own), &root.join(own))?;
    }
    let harmless = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount_at("proc", &root.join("proc"), "proc", harmless | MsFlags::MS_NOEXEC, "")?;
    mount_at("sysfs", &root.join("sys"), "sysfs", harmless | MsFlags::MS_NOEXEC, "")?;
    mount_at("tmpfs", &root.join("run"), "tmpfs", harmless, "mode=755")?;
    build_devices(&root.join("dev"))?;
    machine.shared.iter().try_for_each(|shared| share(shared, root))
}

/// The devices that every Unix program expects, and terminals of the machine's own.
fn build_devices(dev: &Path) -> Result<(), LabError> {
    mount_at("tmpfs", dev, "tmpfs", MsFlags::MS_NOSUID, "mode=755")?;
    for device in ["null", "zero", "full", "random", "urandom", "tty"] {
        bind(&Path::new("/dev").join(device), &dev.join(device))?;
    }
    let terminals = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    mount_at("devpts", &dev.join("pts"), "devpts", terminals, "newinstance,gid=5,mode=620,ptmxmode=666")?;
    mount_at("tmpfs", &dev.join("shm"), "tmpfs", MsFlags::MS_NOSUID | MsFlags::MS_NODEV, "mode=1777")?;
    let links = [
        ("ptmx", "pts/ptmx"),
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ];
    for (name, target) in links {
        let link = dev.join(name);
        std::os::unix::fs::symlink(target, &link).map_err(LabError::system("link", &link))?;
    }
    Ok(())
}

fn share(shared: &Shared, root: &Path) -> Result<(), LabError> {
    let inside = shared.to.strip_prefix("/").unwrap_or(&shared.to);
    let target = root.join(inside);
    bind(&shared.from, &target)?;
    let read_only = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    mount(None::<&str>, &target, None::<&str>, read_only, None::<&str>)
        .map_err(LabError::system("make read-only", &target))
}

/// Shows a file or folder at another path too, which is made where it does not exist.
fn bind(from: &Path, target: &Path) -> Result<(), LabError> {
    if from.is_dir() {
        make_folder(target)?;
    } else {
        target.parent().map(make_folder).transpose()?;
        File::options().create(true).append(true).open(target).map_err(LabError::system("make", target))?;
    }
    mount(Some(from), target, None::<&str>, MsFlags::MS_BIND, None::<&str>)
        .map_err(LabError::system("bind", from))
}

fn mount_at(source: &str, target: &Path, kind: &str, flags: MsFlags, options: &str) -> Result<(), LabError> {
    make_folder(target)?;
    mount(Some(source), target, Some(kind), flags, Some(options)).map_err(LabError::system("mount", target))
}

/// Makes `root` the root; the old one is stacked on the same place and then let go.
fn change_root(root: &Path) -> Result<(), LabError> {
    std::env::set_current_dir(root).map_err(LabError::system("enter", root))?;
    pivot_root(".", ".").map_err(LabError::system("make the root", root))?;
    umount2(".", MntFlags::MNT_DETACH).map_err(LabError::system("let go of", "the host's root"))?;
    std::env::set_current_dir("/").map_err(LabError::system("enter", "/"))
}

/// As Ubuntu sets it for everyone who logs in.
pub(crate) const SEARCH_PATH: &str =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/usr/local/games:/snap/bin";

fn log_of(service: &str) -> PathBuf {
    PathBuf::from("/var/log").join(format!("{service}.log"))
}

fn services(machine: &Machine) -> Result<Vec<init::Service>, LabError> {
    machine.services.iter().map(service).collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the first process of a machine is no async program; init waits for all"
)]
fn service(service: &super::Service) -> Result<init::Service, LabError> {
    let log = log_of(&service.name);
    let output =
        File::options().create(true).append(true).open(&log).map_err(LabError::system("write", &log))?;
    let errors = output.try_clone().map_err(LabError::system("write", &log))?;
    let mut command = Command::new(&service.program);
    command
        .args(&service.arguments)
        .env_clear()
        .env("PATH", SEARCH_PATH)
        .env("HOME", "/root")
        .env("LANG", "C.UTF-8")
        // Collects garbage more seldom: a tenth less CPU for a whole build-out, where CPU is what labs lack.
        .env("GOGC", "400")
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors);
    Ok(init::Service { name: service.name.clone(), command })
}
