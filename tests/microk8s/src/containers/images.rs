//! The images whose containers really run, and what each consists of on this node. Containers of every other
//! image are only said to run.

use crate::config::Traffic;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a container of an image consists of, besides the node's own `/usr`.
#[derive(Debug)]
pub(crate) struct Image {
    /// What runs where the pod names no command.
    pub(crate) entrypoint: Vec<String>,
    pub(crate) files: Vec<ImageFile>,
}

/// A file that the image brings.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ImageFile {
    pub(crate) at: PathBuf,
    pub(crate) content: Content,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Content {
    /// A file of the node.
    Of(PathBuf),
    /// A text, which can be executed.
    Text(String),
}

/// MetalLB's tool that puts files of one image where another image's container finds them.
const COPY: &str = "#!/bin/sh\nexec cp --preserve=mode -- \"$1\" \"$2\"\n";
/// Orphans are the sandbox's to bury, so nothing is left to do for the init that this stands for.
const TINI: &str = "#!/bin/sh\n[ \"$1\" != -- ] || shift\nexec \"$@\"\n";
/// Starts the daemons that `/etc/frr/daemons` names, under their watchdog.
const FRR: &str = "#!/bin/bash\nlog_success_msg() { :; }\nlog_warning_msg() { echo \"$@\" >&2; }\n\
                   log_failure_msg() { echo \"$@\" >&2; }\n. /usr/lib/frr/frrcommon.sh\n\
                   exec /usr/lib/frr/watchfrr $(daemon_list)\n";

/// The image's shell of FRR asks nobody who one is; Debian's does.
const PAM: &str = "auth sufficient pam_permit.so\naccount sufficient pam_permit.so\n";

/// The image of this reference, if its containers really run.
pub(crate) fn find(reference: &str, traffic: &Traffic) -> Option<Image> {
    let of = |at: &str, file: &Path| ImageFile { at: at.into(), content: Content::Of(file.to_owned()) };
    let program = |at: &str, name: &str| of(at, &traffic.programs.join(name));
    let text =
        |at: &str, content: &str| ImageFile { at: at.into(), content: Content::Text(content.to_owned()) };
    let (entrypoint, files): (&[&str], _) = match repository(reference).as_str() {
        "quay.io/metallb/controller" => {
            (&["/controller"], vec![program("/controller", "metallb-controller")])
        }
        "quay.io/metallb/speaker" => (
            &["/speaker"],
            vec![
                program("/speaker", "metallb-speaker"),
                program("/frr-metrics", "metallb-frr-metrics"),
                text("/frr-reloader.sh", &reloader(traffic, "metallb-files")),
                text("/cp-tool", COPY),
            ],
        ),
        "quay.io/metallb/frr-k8s" => (
            &["/frr-k8s"],
            vec![
                program("/frr-k8s", "frr-k8s"),
                program("/frr-metrics", "frr-k8s-metrics"),
                program("/frr-status", "frr-k8s-status"),
                program("/statuscleaner", "frr-k8s-statuscleaner"),
                text("/frr-reloader.sh", &reloader(traffic, "frr-k8s-files")),
            ],
        ),
        "quay.io/frrouting/frr" => (
            &["/sbin/tini", "--", "/usr/lib/frr/docker-start"],
            vec![
                // The image's shell knows `[[`.
                of("/usr/bin/sh", Path::new("/usr/bin/bash")),
                text("/usr/sbin/tini", TINI),
                text("/usr/lib/frr/docker-start", FRR),
                text("/etc/pam.d/frr", PAM),
            ],
        ),
        "docker.io/library/nginx" => (&["/nginx"], vec![of("/nginx", &traffic.web_server)]),
        _ => return None,
    };
    Some(Image { entrypoint: entrypoint.iter().map(|word| (*word).to_owned()).collect(), files })
}

/// The script as its module has it. Where it cannot be read, the container says so when it is started.
fn reloader(traffic: &Traffic, module: &str) -> String {
    let path = traffic.files.join(module).join("frr-tools/reloader/frr-reloader.sh");
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        format!("#!/bin/sh\necho 'there is no {}: {error}' >&2\nexit 1\n", path.display())
    })
}

/// The registry and name of a reference, in full, without tag and digest.
fn repository(reference: &str) -> String {
    let undigested = reference.split('@').next().unwrap_or_default();
    let tag =
        undigested.rfind(':').filter(|colon| !undigested.get(*colon..).unwrap_or_default().contains('/'));
    let name = tag.and_then(|colon| undigested.get(..colon)).unwrap_or(undigested);
    match name.split_once('/') {
        None => format!("docker.io/library/{name}"),
        Some((first, _)) if first == "localhost" || first.contains(['.', ':']) => name.to_owned(),
        Some(_) => format!("docker.io/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_digests_and_the_default_registry_make_no_difference() {
        for same in ["nginx", "nginx:1.27", "library/nginx", "docker.io/library/nginx:latest@sha256:00"] {
            assert_eq!(repository(same), "docker.io/library/nginx");
        }
        assert_eq!(repository("localhost:5000/nginx:1"), "localhost:5000/nginx");
        assert_eq!(repository("quay.io/metallb/speaker:v0.15.2"), "quay.io/metallb/speaker");
    }

    #[test]
    fn a_container_of_another_image_does_not_run() {
        let traffic = Traffic::default();
        assert!(find("example.org/nginx", &traffic).is_none());
        assert_eq!(find("nginx:1.27", &traffic).unwrap().entrypoint, ["/nginx"]);
    }
}
