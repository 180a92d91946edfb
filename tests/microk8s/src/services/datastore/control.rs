//! etcd's membership, through the JSON gateway of a member.

use crate::failure::{Failure, Result, Tried};
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

const SECOND: Duration = Duration::from_millis(1100);

/// A member as etcd lists it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Listed {
    #[serde(rename = "ID")]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(rename = "peerURLs", default)]
    pub(crate) peers: Vec<String>,
    #[serde(rename = "isLearner", default)]
    pub(crate) learner: bool,
}

impl Listed {
    /// Where the member's traffic goes, without the scheme.
    pub(crate) fn address(&self) -> String {
        self.peers.first().map_or("", |peer| peer.trim_start_matches("http://")).to_owned()
    }
}

/// The members of a cluster, asked through one of them.
pub(crate) struct Members {
    client: reqwest::Client,
    server: String,
}

impl Members {
    /// Through the member at `host`.
    pub(crate) fn at(host: IpAddr) -> Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(5))
            .build()
            .tried(|| "Cannot make a client of the datastore".into())?;
        Ok(Self { client, server: format!("http://{}", SocketAddr::from((host, super::TOOLS_PORT))) })
    }

    /// Through the first of the members at `addresses` that answers.
    pub(crate) async fn at_any(addresses: &[String]) -> Result<Self> {
        for address in addresses {
            let Some(host) = super::ip_of(address) else { continue };
            let members = Self::at(host)?;
            if members.list().await.is_ok() {
                return Ok(members);
            }
        }
        Err(Failure::new(format!("no member of the datastore answers at {}", addresses.join(", "))))
    }

    async fn call(&self, method: &str, body: &Value) -> Result<Value> {
        let shown = format!("{}/v3/{method}", self.server);
        let answer = self.client.post(&shown).body(body.to_string()).send().await.tried(|| shown.clone())?;
        let status = answer.status();
        let text = answer.text().await.tried(|| shown.clone())?;
        if !status.is_success() {
            return Err(Failure::new(format!("{shown}: {status}: {text}")));
        }
        serde_json::from_str(&text).tried(|| shown)
    }

    /// Every key with its newest value, in base64, confirmed by a majority.
    pub(crate) async fn everything(&self) -> Result<Vec<(String, String)>> {
        // From the smallest key on, without an end.
        let answer = self.call("kv/range", &json!({"key": "AA==", "range_end": "AA=="})).await?;
        let pairs = answer.get("kvs").and_then(Value::as_array).cloned().unwrap_or_default();
        let text = |pair: &Value, name: &str| {
            pair.get(name).and_then(Value::as_str).map(str::to_owned).unwrap_or_default()
        };
        Ok(pairs.iter().map(|pair| (text(pair, "key"), text(pair, "value"))).collect())
    }

    /// Writes a key, both in base64.
    pub(crate) async fn put(&self, key: &str, value: &str) -> Result<()> {
        self.call("kv/put", &json!({"key": key, "value": value})).await.map(drop)
    }

    /// Every member, confirmed by a majority.
    pub(crate) async fn list(&self) -> Result<Vec<Listed>> {
        let answer = self.call("cluster/member/list", &json!({"linearizable": true})).await?;
        let members = answer.get("members").cloned().unwrap_or_default();
        serde_json::from_value(members).tried(|| format!("Cannot understand the members of {}", self.server))
    }

    async fn find(&self, peer: &str) -> Result<Listed> {
        let address = peer.trim_start_matches("http://");
        let members = self.list().await?;
        let found = members.into_iter().find(|member| member.address() == address);
        found.tried(|| format!("{address} is no member of the datastore"))
    }

    /// Adds a member that does not vote yet, and answers the initial cluster that it has to be started with.
    pub(crate) async fn add_learner(&self, peer: &str, name: &str) -> Result<String> {
        if let Ok(stale) = self.find(peer).await {
            // Left from a start that did not get as far as having data, or from handing over a vote.
            self.call("cluster/member/remove", &json!({"ID": stale.id})).await?;
            // A member's number comes from its address and the second of its birth, and no number may come
            // twice.
            tokio::time::sleep(SECOND).await;
        }
        self.call("cluster/member/add", &json!({"peerURLs": [peer], "isLearner": true})).await?;
        let named = |member: &Listed| {
            let name = if member.name.is_empty() { name } else { &member.name };
            format!("{name}=http://{}", member.address())
        };
        Ok(self.list().await?.iter().map(named).collect::<Vec<_>>().join(","))
    }

    /// Gives the member its vote, once it has caught up.
    pub(crate) async fn promote(&self, member: &Listed) -> Result<()> {
        self.call("cluster/member/promote", &json!({"ID": member.id})).await.map(drop)
    }

    /// Whether the member `id`, which has to be the one that is asked, leads the others.
    pub(crate) async fn leads(&self, id: &str) -> Result<bool> {
        let status = self.call("maintenance/status", &json!({})).await?;
        Ok(status.get("leader").and_then(Value::as_str) == Some(id))
    }

    /// Says that the only member is somewhere else now.
    pub(crate) async fn move_to(&self, peer: &str) -> Result<()> {
        let members = self.list().await?;
        let [member] = members.as_slice() else {
            return Err(Failure::new("only a single member can be moved"));
        };
        self.call("cluster/member/update", &json!({"ID": member.id, "peerURLs": [peer]})).await.map(drop)
    }

    /// Removes the member at `address`.
    pub(crate) async fn remove(&self, address: &str) -> Result<()> {
        let member = self.find(address).await?;
        self.call("cluster/member/remove", &json!({"ID": member.id})).await.map(drop)
    }
}
