//! What a caller says about the router it wants.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The release of VyOS that is played.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub enum Version {
    /// 1.4 (sagitta).
    #[default]
    #[serde(rename = "1.4")]
    V1_4,
    /// 1.5 (current, rolling).
    #[serde(rename = "1.5")]
    V1_5,
}

impl Version {
    /// The two digits that people use.
    pub fn number(self) -> &'static str {
        match self {
            Self::V1_4 => "1.4",
            Self::V1_5 => "1.5",
        }
    }

    /// What the router itself calls its release.
    pub fn release(self) -> &'static str {
        match self {
            Self::V1_4 => "1.4.0",
            Self::V1_5 => "1.5-rolling-202602130022",
        }
    }
}

/// One router. The process that runs it decides the network namespace, by living in it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouterConfig {
    /// Where the HTTPS API listens. Port 0 takes any free port; [`crate::Router::address`] tells which.
    pub listen: SocketAddr,
    /// Names and addresses that the server certificate is valid for, besides the listen address.
    #[serde(default)]
    pub certificate_names: Vec<String>,
    /// Name of the API key of the factory configuration.
    pub api_key_id: String,
    /// The API key itself.
    pub api_key: String,
    /// `set` commands that the first configuration has in that key's place, as cloud-init puts them there
    /// from `vyos_config_commands`.
    #[serde(default)]
    pub commands: Vec<String>,
    /// The release that is played.
    #[serde(default)]
    pub version: Version,
    /// How long a commit takes besides the work that it really does.
    #[serde(default)]
    pub commit_delay: Duration,
    /// What a "minute" of commit-confirm lasts, so that tests need not wait for real ones.
    #[serde(default = "minute")]
    pub minute: Duration,
    /// Name of the FRR instance: its folders are /etc/frr/NAME and /var/run/frr/NAME.
    pub instance: String,
    /// Folder of the router: certificates (`ca.pem`), and what the router calls /config. A
    /// `config/config.boot` that is already there is the configuration it boots with.
    pub directory: PathBuf,
    /// Unix socket for what VyOS's API has no word for: counters, faults, power.
    pub control: PathBuf,
    /// Whether the configuration is rendered into FRR. Without it nothing is routed.
    #[serde(default = "yes")]
    pub frr: bool,
}

fn minute() -> Duration {
    Duration::from_secs(60)
}

fn yes() -> bool {
    true
}

impl std::fmt::Debug for RouterConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RouterConfig")
            .field("listen", &self.listen)
            .field("version", &self.version)
            .field("instance", &self.instance)
            .field("directory", &self.directory)
            .field("frr", &self.frr)
            .finish_non_exhaustive()
    }
}
