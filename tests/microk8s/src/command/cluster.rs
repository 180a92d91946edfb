//! Talking to the agents of other nodes.

use super::Context;
use crate::args::edit;
use crate::failure::{Failure, Result, Tried};
use crate::host;
use crate::pki::tokens;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::Duration;

/// What an agent answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    /// The agent's certificate, as DER.
    pub(crate) certificate: Vec<u8>,
}

/// Posts to an agent, whose certificate nobody but the fingerprint vouches for.
pub(crate) async fn post(
    address: &str,
    path: &str,
    body: &Value,
) -> std::result::Result<Answer, reqwest::Error> {
    let client = reqwest::Client::builder()
        .tls_danger_accept_invalid_certs(true)
        .tls_info(true)
        .no_proxy()
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(240))
        .build()?;
    let answer = client.post(format!("https://{address}{path}")).json(body).send().await?;
    let tls = answer.extensions().get::<reqwest::tls::TlsInfo>();
    let certificate = tls.and_then(|tls| tls.peer_certificate()).map(<[u8]>::to_vec).unwrap_or_default();
    Ok(Answer { status: answer.status().as_u16(), text: answer.text().await?, certificate })
}

/// Every node of the cluster: its name and its first internal address.
pub(crate) async fn nodes(context: &Context) -> Result<Vec<(String, IpAddr)>> {
    let text = context.kubectl().run(&["get", "nodes", "-o", "json"], "").await?;
    let list: Value = serde_json::from_str(&text).tried(|| "Cannot understand the list of nodes".into())?;
    let items = list.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let first = |node: &Value| {
        let name = node.pointer("/metadata/name")?.as_str()?.to_owned();
        let addresses = node.pointer("/status/addresses")?.as_array()?;
        let internal =
            addresses.iter().find(|address| address.get("type").is_some_and(|kind| kind == "InternalIP"))?;
        Some((name, internal.get("address")?.as_str()?.parse().ok()?))
    };
    Ok(items.iter().filter_map(first).collect())
}

/// Sets flags of one args file here and on every other node of the cluster; only the local part where there
/// is none. Says what was printed on the way.
pub(crate) async fn set_everywhere(context: &Context, file: &str, flags: &[(&str, &str)]) -> Result<String> {
    let mut changed = false;
    for (flag, value) in flags {
        changed |= edit::set(&context.layout.args(file), flag, Some(value))?;
    }
    let own = host::addresses()?;
    let mut said = String::new();
    if context.layout.credential("callback-token.txt").exists() {
        let callback = tokens::callback(&context.layout)?;
        let update: Vec<Value> = flags.iter().map(|(flag, value)| json!({ *flag: value })).collect();
        let service = json!({"name": file, "arguments_update": update, "restart": "yes"});
        let body = json!({"callback": callback, "service": [service]});
        for (name, address) in nodes(context).await?.into_iter().filter(|(_, address)| !own.contains(address))
        {
            let target = std::net::SocketAddr::from((address, 25000)).to_string();
            match post(&target, "/cluster/api/v1.0/configure", &body).await {
                Ok(answer) if answer.status == 200 => {}
                Ok(answer) => {
                    said.push_str(&format!(
                        "Failed to perform a configure on {name} ({}): {}\n",
                        answer.status, answer.text
                    ));
                }
                Err(error) => return Err(Failure::new(format!("Failed to reach node.\n{name}: {error}"))),
            }
        }
    }
    if changed {
        crate::socket::demand(&["restart", "microk8s.daemon-kubelite"]).await?;
    }
    Ok(said)
}
