//! Asking what runs in a pod, through the API server.

use super::{Cluster, ClusterError};
use http::Request;

impl Cluster {
    /// What a web server in a pod answers to a GET: the API server passes the request on, so that nothing but the API has to
    /// be reached.
    pub async fn ask_pod(
        &self,
        namespace: &str,
        pod: &str,
        port: u16,
        path: &str,
    ) -> Result<String, ClusterError> {
        let address = format!("/api/v1/namespaces/{namespace}/pods/{pod}:{port}/proxy/{path}");
        let attempt = format!("Asking pod {namespace}/{pod} for {path}");
        let ask = |client: kube::Client| {
            let request = Request::get(&address).body(Vec::new());
            async move { client.request_text(request.map_err(kube::Error::HttpError)?).await }
        };
        self.call(&attempt, ask).await
    }
}
