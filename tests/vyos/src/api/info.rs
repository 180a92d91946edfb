//! `/info` (1.5): who this is, without a key.

use serde::Serialize;

use super::answer::{Answer, Refusal, success};
use crate::session::Session;

#[derive(Serialize)]
struct Info {
    banner: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hostname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'static str>,
}

/// `version` and `hostname` switch a part off; nothing else may be asked.
pub(super) fn answer(session: &Session, query: &str) -> Result<Answer, Refusal> {
    let mut wanted = [("version", true), ("hostname", true)];
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, "true"));
        let Some((_, shown)) = wanted.iter_mut().find(|(known, _)| *known == name) else {
            return Err(Refusal::bad(format!("Unknown query parameter: {name}")));
        };
        *shown = matches!(value, "true" | "1" | "yes" | "on");
    }
    let [(_, version), (_, hostname)] = wanted;
    let name = session.running().value("system host-name").unwrap_or("vyos").to_owned();
    Ok(success(&Info {
        banner: "Welcome to VyOS",
        hostname: hostname.then_some(name),
        version: version.then(|| session.version().release()),
    }))
}
