//! `lab parts`: what is made once is found ever after.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

const PROGRAMS: [&str; 5] =
    ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"];

/// Runs `lab parts` with programs from `assets` and an own cache, and returns its lines.
#[expect(clippy::disallowed_methods, reason = "the test itself waits, nothing else runs in it")]
fn lab_parts(assets: &Path, cache: &Path) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_lab"))
        .arg("parts")
        .env("KUBEBUILDER_ASSETS", assets)
        .env("XDG_CACHE_HOME", cache)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn what_is_made_once_is_found_ever_after() {
    let scratch = tempfile::tempdir().unwrap();
    let (assets, cache) = (scratch.path().join("assets"), scratch.path().join("cache"));
    std::fs::create_dir(&assets).unwrap();
    for program in PROGRAMS {
        std::fs::write(assets.join(program), "").unwrap();
        std::fs::set_permissions(assets.join(program), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    let first = lab_parts(&assets, &cache);
    let line = |lines: &[String], part: &str, stage: &str| {
        lines.iter().any(|line| line.starts_with(&format!("{part} ")) && line.contains(stage))
    };
    for part in ["calico", "metallb"] {
        assert!(line(&first, part, " made "), "{part} cannot be in an empty cache: {first:?}");
    }
    let second = lab_parts(&assets, &cache);
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
    let metallb = kept.find(|path| path.file_name().unwrap().to_string_lossy().starts_with("metallb-v"));
    let definition = std::fs::read_to_string(metallb.unwrap().join("metallb.io_bgppeers.yaml")).unwrap();
    assert!(definition.contains("kind: CustomResourceDefinition"));
}
