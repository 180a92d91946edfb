//! `/show` and `/reset`: commands of the operational mode, most of which go to the routing daemons.

use serde_json::{Map, Value};

use super::answer::{Answer, Refusal, success};
use super::{field, python, unknown_operation, words};
use crate::session::Session;
use crate::tree::{Json, commands};

/// A command and what FRR is asked for it. `*` takes any one word, which `{}` stands for; that is also how
/// `json` gets where it is taken.
type Forward = (&'static str, &'static str);

const SHOW: &[Forward] = &[
    ("bgp", "show bgp"),
    ("bgp summary", "show bgp summary"),
    ("bgp neighbors", "show bgp neighbors"),
    ("bgp neighbors *", "show bgp neighbors {}"),
    ("bgp ipv4", "show bgp ipv4"),
    ("bgp ipv4 *", "show bgp ipv4 {}"),
    ("bgp ipv6", "show bgp ipv6"),
    ("bgp ipv6 *", "show bgp ipv6 {}"),
    ("bgp vrf all summary", "show bgp vrf all summary"),
    ("ip bgp summary", "show bgp ipv4 summary"),
    ("ip ospf", "show ip ospf"),
    ("ip ospf interface", "show ip ospf interface"),
    ("ip ospf neighbor", "show ip ospf neighbor"),
    ("ip ospf neighbor *", "show ip ospf neighbor {}"),
    ("ip route", "show ip route"),
    ("ip route *", "show ip route {}"),
    ("ipv6 ospfv3 interface", "show ipv6 ospf6 interface"),
    ("ipv6 ospfv3 neighbor", "show ipv6 ospf6 neighbor"),
    ("ipv6 ospfv3 neighbor *", "show ipv6 ospf6 neighbor {}"),
    ("ipv6 route", "show ipv6 route"),
    ("ipv6 route *", "show ipv6 route {}"),
];

/// What the router answers itself.
const SHOW_OWN: &[&str] = &["version", "configuration", "configuration commands", "configuration json"];

const RESET: &[Forward] = &[
    ("bgp all", "clear bgp *"),
    ("bgp *", "clear bgp {}"),
    ("bgp * in", "clear bgp {} in"),
    ("bgp * out", "clear bgp {} out"),
    ("bgp * soft", "clear bgp {} soft"),
    ("bgp * soft in", "clear bgp {} soft in"),
    ("bgp * soft out", "clear bgp {} soft out"),
    ("ip bgp *", "clear ip bgp {}"),
    ("ip bgp * in", "clear ip bgp {} in"),
    ("ip bgp * out", "clear ip bgp {} out"),
    ("ip bgp * soft", "clear ip bgp {} soft"),
    ("ip bgp * soft in", "clear ip bgp {} soft in"),
    ("ip bgp * soft out", "clear ip bgp {} soft out"),
];

pub(super) async fn show(session: &Session, command: &Map<String, Value>) -> Result<Answer, Refusal> {
    if field(command, "op") != Some("show") {
        return Err(unknown_operation(command));
    }
    let path = words(command);
    let line = path.join(" ");
    let own = match line.as_str() {
        "version" => version(session),
        "configuration" => session.show_config(&[]).map(|reading| reading.text()).unwrap_or_default(),
        "configuration commands" => commands(&session.running()),
        "configuration json" => {
            let reading = session.show_config(&[]).map_err(|error| Refusal::bad(error.to_string()))?;
            reading
                .candidate
                .as_ref()
                .map(|tree| python::dumps(&Json { node: tree, lists: true }))
                .unwrap_or_default()
        }
        _ => return forward(session, "show", SHOW, &path).await,
    };
    Ok(success(&own))
}

pub(super) async fn reset(session: &Session, command: &Map<String, Value>) -> Result<Answer, Refusal> {
    if field(command, "op") != Some("reset") {
        return Err(unknown_operation(command));
    }
    forward(session, "reset", RESET, &words(command)).await
}

fn version(session: &Session) -> String {
    let release = session.version().release();
    format!(
        "Version:          VyOS {release}\nRelease train:    {}\n\nBuilt by:         stand-in\n",
        if release.starts_with("1.4") { "sagitta" } else { "current" }
    )
}

async fn forward(
    session: &Session,
    verb: &str,
    table: &[Forward],
    path: &[String],
) -> Result<Answer, Refusal> {
    let matching = |pattern: &str| {
        let words: Vec<&str> = pattern.split(' ').collect();
        words.len() == path.len() && words.iter().zip(path).all(|(known, word)| fits(known, word))
    };
    let Some((pattern, command)) = table.iter().find(|(pattern, _)| matching(pattern)) else {
        return Err(Refusal::bad(invalid(verb, table, path)));
    };
    let taken = pattern.split(' ').zip(path).find(|(known, _)| *known == "*").map(|(_, word)| word.as_str());
    let command = command.replace("{}", taken.unwrap_or_default());
    let said = session.vtysh(&command).await;
    Ok(success(&said.unwrap_or_else(|| "bgpd is not running\n".to_owned())))
}

fn fits(known: &str, word: &str) -> bool {
    let harmless =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | ':' | '/' | '-' | '_');
    known == word || (known == "*" && !word.is_empty() && word.chars().all(harmless))
}

/// The words up to the one that leads nowhere, which stands in brackets.
fn invalid(verb: &str, table: &[Forward], path: &[String]) -> String {
    let own = if verb == "show" { SHOW_OWN } else { &[] };
    let patterns = || table.iter().map(|(pattern, _)| *pattern).chain(own.iter().copied());
    for length in 1..=path.len() {
        let starts = |pattern: &str| {
            let words: Vec<&str> = pattern.split(' ').collect();
            words.len() >= length
                && words.iter().zip(path.iter().take(length)).all(|(known, word)| fits(known, word))
        };
        if !patterns().any(starts) {
            let good: String = path.iter().take(length - 1).map(|word| format!(" {word}")).collect();
            let bad = path.get(length - 1).map(String::as_str).unwrap_or_default();
            return format!("\n  Invalid command: {verb}{good} [{bad}]\n\n");
        }
    }
    let good: String = path.iter().map(|word| format!(" {word}")).collect();
    format!("\n  Incomplete command: {verb}{good}\n\n")
}
