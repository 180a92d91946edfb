//! `service https`: the API itself.

use super::{Check, Proposal};
use crate::config::Version;
use crate::tree::Node;

pub(super) fn verify(https: &Node, proposal: &Proposal<'_>, warnings: &mut Vec<String>) -> Check {
    let keys = || https.each("api keys id");
    for (id, key) in keys() {
        if !key.has("key") {
            return Err(format!("Missing HTTPS API key string for key id \"{id}\""));
        }
    }
    let needs_key = match proposal.version {
        Version::V1_4 => https.has("api"),
        Version::V1_5 => https.has("api rest") || https.has("api graphql"),
    };
    if needs_key && keys().count() == 0 {
        return Err("At least one HTTPS API key is required unless GraphQL token authentication is enabled!"
            .to_owned());
    }
    if !https.has("certificates certificate") {
        warnings.push(
            "No certificate specified, using build-in self-signed certificates. Do not use them in a production environment!"
                .to_owned(),
        );
    }
    Ok(())
}
