//! The table of parts.

/// Something that the lab does not consist of itself.
pub(crate) struct Part {
    /// What it is known by. For a program, its file name.
    pub(crate) name: &'static str,
    pub(crate) source: Source,
}

/// Where a part comes from, if it is not there.
pub(crate) enum Source {
    /// A package of Debian and Ubuntu of the part's name. It is there when this program is.
    Package { proof: &'static str },
    /// A program that is built from a Go package.
    Program { module: &'static Module, package: &'static str },
    /// Folders in a Go module with manifests, charts or scripts.
    Files { module: &'static Module, folders: &'static [&'static str] },
}

/// A Go module at the version that its group's go.mod pins.
pub(crate) struct Module {
    pub(crate) path: &'static str,
    pub(crate) go_mod: &'static str,
    pub(crate) go_sum: &'static str,
    /// For the linker. `{version}`, `{major}` and `{minor}` are the module's.
    pub(crate) link: &'static str,
}

macro_rules! module {
    ($name:ident, $group:literal, $path:literal, $link:expr) => {
        static $name: Module = Module {
            path: $path,
            go_mod: include_str!(concat!("../../parts/", $group, "/go.mod")),
            go_sum: include_str!(concat!("../../parts/", $group, "/go.sum")),
            link: $link,
        };
    };
}

const SMALL: &str = "-s -w";
/// Without these the programs say that they are v0.0.0-master.
const KUBERNETES_VERSION: &str = "-s -w -X k8s.io/component-base/version.gitVersion={version} \
     -X k8s.io/component-base/version.gitMajor={major} -X k8s.io/component-base/version.gitMinor={minor}";
const HELM_VERSION: &str = "-s -w -X helm.sh/helm/v3/internal/version.version={version}";
/// Without this OpenTofu calls itself a development version, which no version constraint takes.
const TOFU_RELEASE: &str = "-s -w -X github.com/opentofu/opentofu/version.dev=no";
/// Likewise for Terraform.
const TERRAFORM_RELEASE: &str = "-s -w -X github.com/hashicorp/terraform/version.dev=no";

module!(CALICO, "calico", "github.com/projectcalico/calico", SMALL);
module!(FRR_K8S, "frr-k8s", "github.com/metallb/frr-k8s", SMALL);
module!(HELM, "helm", "helm.sh/helm/v3", HELM_VERSION);
module!(ETCD, "etcd", "go.etcd.io/etcd/server/v3", SMALL);
module!(KUBERNETES, "kubernetes", "k8s.io/kubernetes", KUBERNETES_VERSION);
module!(METALLB, "metallb", "go.universe.tf/metallb", SMALL);
module!(TERRAFORM_1_16, "terraform-1.16", "github.com/hashicorp/terraform", TERRAFORM_RELEASE);
module!(TOFU, "tofu", "github.com/opentofu/opentofu", TOFU_RELEASE);

/// Everything, in the order in which it is looked for.
pub(crate) static PARTS: [Part; 31] = [
    package("util-linux", "unshare"),
    package("iproute2", "ip"),
    package("nftables", "nft"),
    package("openssh-client", "ssh-keygen"),
    package("openssh-server", "sshd"),
    package("sudo", "sudo"),
    package("frr", "/usr/lib/frr/bgpd"),
    package("frr-pythontools", "/usr/lib/frr/frr-reload.py"),
    // Releases are made of these, and tests look into one.
    package("gnupg", "gpg"),
    package("jq", "jq"),
    package("unzip", "unzip"),
    package("zip", "zip"),
    program("etcd", &ETCD, "go.etcd.io/etcd/server/v3"),
    program("kube-apiserver", &KUBERNETES, "k8s.io/kubernetes/cmd/kube-apiserver"),
    program("kube-controller-manager", &KUBERNETES, "k8s.io/kubernetes/cmd/kube-controller-manager"),
    program("kube-proxy", &KUBERNETES, "k8s.io/kubernetes/cmd/kube-proxy"),
    program("kube-scheduler", &KUBERNETES, "k8s.io/kubernetes/cmd/kube-scheduler"),
    program("kubectl", &KUBERNETES, "k8s.io/kubernetes/cmd/kubectl"),
    program("helm", &HELM, "helm.sh/helm/v3/cmd/helm"),
    program("metallb-controller", &METALLB, "go.universe.tf/metallb/controller"),
    program("metallb-speaker", &METALLB, "go.universe.tf/metallb/speaker"),
    program("metallb-frr-metrics", &METALLB, "go.universe.tf/metallb/frr-tools/metrics"),
    program("frr-k8s", &FRR_K8S, "github.com/metallb/frr-k8s/cmd/frr-k8s-controller"),
    program("frr-k8s-metrics", &FRR_K8S, "github.com/metallb/frr-k8s/frr-tools/metrics"),
    program("frr-k8s-status", &FRR_K8S, "github.com/metallb/frr-k8s/frr-tools/status"),
    program("frr-k8s-statuscleaner", &FRR_K8S, "github.com/metallb/frr-k8s/cmd/statuscleaner"),
    // Beside the terraform that is on the machine.
    program("terraform-1.16", &TERRAFORM_1_16, "github.com/hashicorp/terraform"),
    program("tofu", &TOFU, "github.com/opentofu/opentofu/cmd/tofu"),
    files("calico-files", &CALICO, &["libcalico-go/config/crd"]),
    files("frr-k8s-files", &FRR_K8S, &["charts/frr-k8s", "frr-tools/reloader"]),
    files(
        "metallb-files",
        &METALLB,
        &["config/crd/bases", "config/manifests", "charts/metallb", "frr-tools/reloader"],
    ),
];

const fn package(name: &'static str, proof: &'static str) -> Part {
    Part { name, source: Source::Package { proof } }
}

const fn program(name: &'static str, module: &'static Module, package: &'static str) -> Part {
    Part { name, source: Source::Program { module, package } }
}

const fn files(name: &'static str, module: &'static Module, folders: &'static [&'static str]) -> Part {
    Part { name, source: Source::Files { module, folders } }
}

impl Module {
    /// The version that the go.mod pins.
    pub(crate) fn version(&self) -> Option<&'static str> {
        let of_this = |line: &'static str| {
            let mut words = line.trim().trim_start_matches("require ").split_whitespace();
            (words.next() == Some(self.path)).then(|| words.next()).flatten()
        };
        self.go_mod.lines().find_map(of_this).filter(|version| version.starts_with('v'))
    }

    /// Modules that it requires and that nobody serves, with the folders in which the go.mod looks for them.
    pub(crate) fn stubs(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let replaced = |line: &'static str| line.trim().split_once(" => ./");
        self.go_mod.lines().filter_map(replaced)
    }

    /// What the linker is told, with the version in its places.
    pub(crate) fn link_flags(&self) -> String {
        let version = self.version().unwrap_or_default();
        let mut numbers = version.trim_start_matches('v').split('.');
        let mut number = || numbers.next().unwrap_or_default();
        let (major, minor) = (number(), number());
        self.link.replace("{version}", version).replace("{major}", major).replace("{minor}", minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_is_pinned_by_its_own_go_mod_and_go_sum() {
        for module in [&CALICO, &ETCD, &FRR_K8S, &HELM, &KUBERNETES, &METALLB, &TERRAFORM_1_16, &TOFU] {
            let version = module.version().unwrap_or_else(|| panic!("{} is not pinned", module.path));
            let sum = format!("{} {version} h1:", module.path);
            assert!(module.go_sum.lines().any(|line| line.starts_with(&sum)), "no sum of {}", module.path);
        }
    }

    #[test]
    fn what_nobody_serves_is_a_stub() {
        let stubs: Vec<_> = TERRAFORM_1_16.stubs().collect();
        assert_eq!(stubs.len(), 10, "{stubs:?}");
        let azure = "github.com/hashicorp/terraform/internal/backend/remote-state/azure";
        assert!(stubs.contains(&(azure, "stubs/azure")), "{stubs:?}");
        assert_eq!(TOFU.stubs().count(), 0, "a module that is served is no stub");
    }

    #[test]
    fn every_program_is_a_tool_of_its_group() {
        for part in &PARTS {
            if let Source::Program { module, package } = part.source {
                let words: Vec<_> = module.go_mod.split_whitespace().collect();
                assert!(
                    words.contains(&package),
                    "{package} has no tool line, so go.sum may lack what it needs"
                );
            }
        }
    }

    #[test]
    fn kubernetes_programs_know_their_version() {
        let flags = KUBERNETES.link_flags();
        assert!(flags.contains("gitVersion=v1.") && flags.contains("gitMajor=1 "), "{flags}");
        assert!(!flags.contains('{'), "{flags}");
    }
}
