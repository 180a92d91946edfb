//! Where the programs and definitions of a control plane are.

use microk8s_stand_in::Programs;
use std::path::{Path, PathBuf};

/// The program in `KUBEBUILDER_ASSETS`, on `PATH` or in the lab's cache.
fn find(name: &str) -> PathBuf {
    let listed = |variable: &str| {
        std::env::var_os(variable)
            .into_iter()
            .flat_map(|value| std::env::split_paths(&value).collect::<Vec<_>>())
    };
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from);
    let parts =
        std::fs::read_dir(cache.join("terraform-provider-microk8s/parts")).into_iter().flatten().flatten();
    let cached = parts.map(|part| part.path()).filter(|part| {
        part.file_name().is_some_and(|folder| folder.to_string_lossy().starts_with(&format!("{name}-")))
    });
    let mut folders = listed("KUBEBUILDER_ASSETS").chain(listed("PATH")).chain(cached);
    let found = folders.find_map(|folder| Some(folder.join(name)).filter(|path| path.is_file()));
    found.unwrap_or_else(|| panic!("{name} is not there; the lab builds it: cargo run -p lab -- parts"))
}

pub(crate) fn all() -> Programs {
    Programs {
        etcd: find("etcd"),
        kube_apiserver: find("kube-apiserver"),
        kube_controller_manager: find("kube-controller-manager"),
        kube_scheduler: find("kube-scheduler"),
        kubectl: find("kubectl"),
        helm: find("helm"),
    }
}

/// The folders of definitions inside the modules that the lab pins.
pub(crate) async fn definitions() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for (group, module, folder) in [
        ("calico", "github.com/projectcalico/calico", "libcalico-go/config/crd"),
        ("metallb", "go.universe.tf/metallb", "config/crd/bases"),
    ] {
        let group = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lab/parts").join(group);
        let mut go = tokio::process::Command::new("go");
        let output =
            go.args(["mod", "download", "-json", module]).current_dir(&group).output().await.unwrap();
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let directory = said["Dir"].as_str().unwrap_or_else(|| panic!("go has no {module}: {output:?}"));
        folders.push(Path::new(directory).join(folder));
    }
    folders
}
