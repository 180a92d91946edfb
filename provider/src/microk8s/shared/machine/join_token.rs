//! The token that lets one machine into a cluster: asked for when it is used, valid for minutes, and never
//! shown.

use serde::Deserialize;
use std::net::Ipv4Addr;
use tfplugin::types::Secret;

/// Port of the cluster agent; MicroK8s refuses to join over any other.
const AGENT_PORT: u16 = 25000;

/// How long a token lives. It can be used again until then, so that a join that fails at one control plane
/// can be tried at the next.
pub(crate) const SECONDS_TO_LIVE: &str = "600";

/// A token with the fingerprint of the control plane that made it.
#[derive(Clone, Debug)]
pub(crate) struct JoinToken(Secret);

impl JoinToken {
    /// Reads what `microk8s add-node --format json` prints. Nothing of it is repeated in a refusal.
    pub(crate) fn parse(json: &str) -> Option<Self> {
        let printed: Printed = serde_json::from_str(json).ok()?;
        let (token, fingerprint) = printed.token.split_once('/')?;
        let hexadecimal = |text: &str| text.chars().all(|character| character.is_ascii_hexdigit());
        // Without server.crt the fingerprint is that of nothing, and no machine would ever show it.
        let whole = token.len() >= 32
            && fingerprint.len() >= 12
            && hexadecimal(fingerprint)
            && fingerprint != NO_CERTIFICATE;
        whole.then(|| Self(Secret::new(printed.token)))
    }

    /// What `microk8s join` takes: IPv4 alone, since MicroK8s splits it at every colon.
    pub(crate) fn endpoint(&self, control_plane: Ipv4Addr) -> Secret {
        Secret::new(format!("{control_plane}:{AGENT_PORT}/{}", self.0.expose()))
    }
}

/// SHA-256 of an empty text, which add-node prints while the server has no certificate.
const NO_CERTIFICATE: &str = "e3b0c44298fc";

#[derive(Deserialize)]
struct Printed {
    token: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "92b2db237428470dc4fcfc4ebbd9dc81";

    fn printed(token: &str) -> String {
        format!("{{\n  \"token\": \"{token}\",\n  \"urls\": [\n    \"2001:db8::11:25000/{token}\"\n  ]\n}}\n")
    }

    #[test]
    fn the_endpoint_is_built_from_the_token_and_an_ipv4_address() {
        let token = JoinToken::parse(&printed(&format!("{TOKEN}/2c0cb3284b05"))).unwrap();
        let endpoint = token.endpoint(Ipv4Addr::new(10, 0, 0, 11));
        assert_eq!(endpoint.expose(), format!("10.0.0.11:25000/{TOKEN}/2c0cb3284b05"));
        assert!(!format!("{token:?} {endpoint:?}").contains(TOKEN));
    }

    #[test]
    fn a_token_that_cannot_work_is_refused() {
        for token in [TOKEN, "short/2c0cb3284b05", &format!("{TOKEN}/e3b0c44298fc"), &format!("{TOKEN}/none")]
        {
            assert!(JoinToken::parse(&printed(token)).is_none(), "{token}");
        }
        assert!(JoinToken::parse("Traceback (most recent call last):\n").is_none());
    }
}
