//! `lab parts`: what is made once is found ever after.

#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const PROGRAMS: [&str; 16] = [
    "etcd",
    "frr-k8s",
    "frr-k8s-metrics",
    "frr-k8s-status",
    "frr-k8s-statuscleaner",
    "helm",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubectl",
    "metallb-controller",
    "metallb-frr-metrics",
    "metallb-speaker",
    "terraform-1.16",
    "tofu",
];

/// A folder with programs for `$KUBEBUILDER_ASSETS` that are none, and one for an empty cache.
fn folders() -> (TempDir, PathBuf, PathBuf) {
    let scratch = tempfile::tempdir().unwrap();
    let (assets, cache) = (scratch.path().join("assets"), scratch.path().join("cache"));
    std::fs::create_dir(&assets).unwrap();
    for program in PROGRAMS {
        std::fs::write(assets.join(program), "").unwrap();
        std::fs::set_permissions(assets.join(program), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    (scratch, assets, cache)
}

/// `lab parts` with programs from `assets` and a cache of its own.
#[expect(clippy::disallowed_methods, reason = "the test itself waits, nothing else runs in it")]
fn lab_parts(assets: &Path, cache: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command
        .arg("parts")
        .env("KUBEBUILDER_ASSETS", assets)
        .env("XDG_CACHE_HOME", cache)
        .stdout(Stdio::piped());
    command
}

/// Its lines.
fn lines(mut command: Command) -> Vec<String> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn what_is_made_once_is_found_ever_after() {
    let (_scratch, assets, cache) = folders();
    let first = lines(lab_parts(&assets, &cache));
    let line = |lines: &[String], part: &str, stage: &str| {
        lines.iter().any(|line| line.starts_with(&format!("{part} ")) && line.contains(stage))
    };
    for part in ["calico-files", "frr-k8s-files", "metallb-files"] {
        assert!(line(&first, part, " made "), "{part} cannot be in an empty cache: {first:?}");
    }
    let second = lines(lab_parts(&assets, &cache));
    assert!(second.iter().all(|line| line.contains(" found ")), "{second:?}");
    for program in PROGRAMS {
        let path = assets.join(program).display().to_string();
        assert!(
            second.iter().any(|line| line.ends_with(&path)),
            "{program} is not taken from the assets: {second:?}"
        );
    }
    let kept = std::fs::read_dir(cache.join("terraform-provider-microk8s/parts")).unwrap();
    let mut kept = kept.map(|one| one.unwrap().path());
    let metallb =
        kept.find(|path| path.file_name().unwrap().to_string_lossy().starts_with("metallb-files-v"));
    let definition =
        std::fs::read_to_string(metallb.unwrap().join("config/crd/bases/metallb.io_bgppeers.yaml")).unwrap();
    assert!(definition.contains("kind: CustomResourceDefinition"));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "what does not happen cannot be waited for")]
fn one_lab_at_a_time_makes_parts() {
    let (_scratch, assets, cache) = folders();
    let parts = cache.join("terraform-provider-microk8s/parts");
    std::fs::create_dir_all(&parts).unwrap();
    let lock = std::fs::File::create(parts.join("lock")).unwrap();
    lock.lock().unwrap();
    let mut lab = lab_parts(&assets, &cache).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    assert!(lab.try_wait().unwrap().is_none(), "it does not wait for the lock");
    let entries = || std::fs::read_dir(&parts).unwrap().count();
    assert_eq!(entries(), 1, "it made something without the lock");
    lock.unlock().unwrap();
    let mut text = String::new();
    lab.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(lab.wait().unwrap().success() && text.contains(" made "), "{text}");
    assert_eq!(entries(), 4, "the lock and three folders");
}
