//! Action `microk8s_refresh_certificates`.

use super::{Node, NodeAction, NodeTarget};
use crate::engine::node_resource::NodeError;
use crate::engine::timeouts::InvokeTimeout;
use crate::microk8s::shared::machine::snapshot::NodeSnapshot;
use async_trait::async_trait;
use std::time::Duration;
use tfplugin::Model;

/// Makes a certificate of a control plane anew, which is valid for another year (`microk8s refresh-certs
/// -e`).
///
/// MicroK8s lets the certificate of the API server expire after 365 days, unless the machine's addresses
/// change before; `microk8s refresh-certs -c` on the node says when. The new one names what
/// `certs/csr.conf.template` and the machine's addresses say now. kubelite restarts, containers run on; the
/// commands of `microk8s add-node` that were printed before are void. One node of a cluster is restarted at a
/// time, and the action ends when the certificate is another one and the node has been ready for some
/// seconds.
///
/// It does not renew the authority (`ca.crt`, valid for 10 years): every other node would have to leave the
/// cluster and join it again. Terraform 1.14 or later.
#[derive(Clone, Debug, Model)]
#[action(type_name = "microk8s_refresh_certificates")]
pub(crate) struct RefreshCertificates {
    #[attribute(flatten)]
    target: NodeTarget,

    /// Which one: `server.crt`, that of the API server, or `front-proxy-client.crt`, with which the API
    /// server reaches extensions such as the metrics server. Default: `server.crt`.
    #[attribute(default = "server.crt".to_owned(), validate = check_certificate)]
    certificate: String,

    /// How long to wait. Default: 15 minutes.
    #[attribute(optional)]
    timeouts: Option<InvokeTimeout>,
}

/// The files that can be made anew without a new authority, and what the line of each about its end begins
/// with.
const CERTIFICATES: [(&str, &str); 2] = [
    ("server.crt", "The server certificate"),
    ("front-proxy-client.crt", "The front proxy client certificate"),
];

fn check_certificate(certificate: &String) -> Result<(), String> {
    match CERTIFICATES.iter().any(|(file, _)| file == certificate) {
        true => Ok(()),
        false if certificate == "ca.crt" => Err(
            "a new authority makes every other node leave the cluster and join again: run `microk8s refresh-certs -e ca.crt` \
             on the node where that is wanted"
                .to_owned(),
        ),
        false => {
            let files: Vec<_> = CERTIFICATES.iter().map(|(file, _)| *file).collect();
            Err(format!("{certificate:?} is not one of {}", files.join(", ")))
        }
    }
}

#[async_trait]
impl NodeAction for RefreshCertificates {
    const WHAT: &'static str = "refresh certificates";
    const WITHIN: Duration = Duration::from_secs(15 * 60);
    const DISRUPTS: bool = true;

    fn target(&self) -> &NodeTarget {
        &self.target
    }

    fn timeouts(&self) -> &Option<InvokeTimeout> {
        &self.timeouts
    }

    fn check(&self, node: &NodeSnapshot) -> Result<(), NodeError> {
        node.check_control_plane(&self.target.host)
    }

    async fn run(&self, node: &Node<'_>) -> Result<(), NodeError> {
        let (machine, file) = (&node.machine, self.certificate.as_str());
        let before = machine.certificates(file).await?;
        let what = CERTIFICATES.iter().find(|(own, _)| *own == file).map_or("", |(_, what)| what);
        let line = |lines: &[String]| lines.iter().find(|line| line.starts_with(what)).cloned();
        if let Some(expires) = line(&before.expiry) {
            node.report(format!("before: {expires}")).await;
        }
        node.report(format!("microk8s refresh-certs -e {file}")).await;
        machine.refresh_certificate(file).await?;
        // Its exit code alone is no proof.
        let after = machine.certificates(file).await?;
        if after.digest == before.digest {
            let attempt = format!("`microk8s refresh-certs -e {file}` on {}", machine.address());
            let answer =
                format!("It ended with exit code 0, and certs/{file} is the one that was there before.");
            return Err(NodeError::new(attempt, answer));
        }
        node.ready().await?;
        if let Some(expires) = line(&after.expiry) {
            node.report(expires).await;
        }
        Ok(())
    }
}
