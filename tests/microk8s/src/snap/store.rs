//! What the snap store has.

use crate::config::DaemonConfig;
use crate::failure::{Result, Tried};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const BUILT_IN: &str = include_str!("../../snap/store.json");

/// A build of the snap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Build {
    pub(crate) version: String,
    pub(crate) revision: u32,
    /// The release of Calico that it brings.
    pub(crate) calico: String,
}

/// Builds by channel.
pub(crate) type Store = BTreeMap<String, Build>;

/// The store that the node sees.
pub(crate) fn open(config: &DaemonConfig) -> Result<Store> {
    let text = match &config.store {
        Some(path) => {
            std::fs::read_to_string(path).tried(|| format!("Cannot read the store {}", path.display()))?
        }
        None => BUILT_IN.to_owned(),
    };
    serde_json::from_str(&text).tried(|| "Cannot understand the store".into())
}

/// What a channel serves: its own build, else that of the next safer risk of its track.
pub(crate) fn find<'a>(store: &'a Store, channel: &str) -> Option<&'a Build> {
    const RISKS: [&str; 4] = ["stable", "candidate", "beta", "edge"];
    let (track, risk) = channel.split_once('/')?;
    let position = RISKS.iter().position(|known| *known == risk)?;
    RISKS.iter().take(position + 1).rev().find_map(|risk| store.get(&format!("{track}/{risk}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_without_a_build_serves_that_of_the_safer_risk() {
        let store: Store = serde_json::from_str(BUILT_IN).unwrap();
        let stable = find(&store, "1.35/stable").unwrap();
        assert_ne!(find(&store, "1.35/candidate").unwrap(), stable);
        assert_eq!(find(&store, "1.35/edge"), find(&store, "1.35/candidate"));
        assert_eq!(find(&store, "1.34/edge"), find(&store, "1.34/stable"));
        assert_eq!(find(&store, "9.9/stable"), None);
        assert_eq!(find(&store, "1.35/wild"), None);
    }
}
