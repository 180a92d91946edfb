//! Asking what runs in a pod, through the API server.

use super::answer::POD;
use super::discovery::segment;
use super::{Cluster, ClusterError};
use http::Request;

impl Cluster {
    /// What a web server in a pod answers to a GET: the API server passes the request on, so that nothing but
    /// the API has to be reached.
    pub async fn get_from_pod(
        &self,
        namespace: &str,
        pod: &str,
        port: u16,
        path: &str,
    ) -> Result<String, ClusterError> {
        let (in_namespace, name) = (segment(namespace), segment(pod));
        let address = format!("/api/v1/namespaces/{in_namespace}/pods/{name}:{port}/proxy/{path}");
        let attempt = format!("Asking pod {namespace}/{pod} for {path}");
        let get = Request::get(address).body(Vec::new()).map_err(kube::core::request::Error::BuildRequest);
        let answer = self.ask(&attempt, POD, get).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}
