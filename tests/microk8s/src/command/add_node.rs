//! `microk8s add-node`.

use super::Context;
use super::microk8s::{STOPPED, WORKER};
use crate::failure::Result;
use crate::host;
use crate::outcome::Outcome;
use crate::pki::{certificates, tokens};
use std::fmt::Write;

const LENGTH: usize = 32;
const PORT: u16 = 25000;
const FORMATS: [&str; 6] = ["pretty", "short", "token", "token-check", "json", "yaml"];

struct Options {
    ttl: i64,
    token: Option<String>,
    format: String,
}

fn usage() -> &'static str {
    "usage: add_token.py [-h] [--token-ttl TOKEN_TTL] [--token TOKEN]\n                    \
     [--format {token,token-check,short,pretty,json,yaml}]"
}

fn complain(reason: &str) -> Outcome {
    Outcome::complained(2, format!("{}\nadd_token.py: error: {reason}", usage()))
}

fn parse(arguments: &[String]) -> std::result::Result<Options, Outcome> {
    if arguments.iter().any(|argument| argument.contains("help")) {
        return Err(Outcome::said(usage()));
    }
    let mut options = Options { ttl: -1, token: None, format: "pretty".into() };
    let mut words = arguments.iter().flat_map(|argument| match argument.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") => vec![flag, value],
        _ => vec![argument.as_str()],
    });
    while let Some(flag) = words.next() {
        let mut value =
            || words.next().ok_or_else(|| complain(&format!("argument {flag}: expected one argument")));
        match flag {
            "-l" | "--token-ttl" => {
                let text = value()?;
                let bad = |_| complain(&format!("argument --token-ttl/-l: invalid int value: '{text}'"));
                options.ttl = text.parse().map_err(bad)?;
            }
            "-t" | "--token" => options.token = Some(value()?.to_owned()),
            "--format" => options.format = value()?.to_owned(),
            other => return Err(complain(&format!("unrecognized arguments: {other}"))),
        }
    }
    if !FORMATS.contains(&options.format.as_str()) {
        return Err(complain(&format!("argument --format: invalid choice: '{}'", options.format)));
    }
    Ok(options)
}

pub(crate) fn run(context: &Context, arguments: &[String]) -> Result<Outcome> {
    let layout = &context.layout;
    if layout.is_worker() {
        return Ok(Outcome::said_with(1, format!("{WORKER}\nPlease use the master node.")));
    }
    if layout.is_locked("stopped.lock") {
        return Ok(Outcome::complained(1, STOPPED));
    }
    let options = match parse(arguments) {
        Ok(options) => options,
        Err(outcome) => return Ok(outcome),
    };
    let token = options.token.unwrap_or_else(|| tokens::random(LENGTH));
    if token.len() < LENGTH {
        return Ok(Outcome::said_with(1, "Invalid token size.  It must be 32 characters long."));
    }
    tokens::add(layout, &token, options.ttl)?;
    let check = certificates::own_fingerprint(layout);
    let addresses = host::addresses()?.into_iter().map(|address| address.to_string());
    let urls: Vec<String> = addresses.map(|address| format!("{address}:{PORT}/{token}/{check}")).collect();
    let head = host::default_address().map_or_else(|| "none".into(), |address| address.to_string());
    let head = format!("{head}:{PORT}/{token}/{check}");
    Ok(Outcome::said(text(&options.format, &token, &check, &head, &urls)))
}

fn text(format: &str, token: &str, check: &str, head: &str, urls: &[String]) -> String {
    match format {
        "token" => token.to_owned(),
        "token-check" => format!("{token}/{check}"),
        "json" => {
            let listed: Vec<String> = urls.iter().map(|url| format!("    \"{url}\"")).collect();
            format!("{{\n  \"token\": \"{token}/{check}\",\n  \"urls\": [\n{}\n  ]\n}}", listed.join(",\n"))
        }
        "yaml" => {
            let listed: String = urls.iter().map(|url| format!("- {url}\n")).collect();
            format!("token: {token}/{check}\nurls:\n{listed}\n")
        }
        format => {
            let lines =
                std::iter::once(head).chain(urls.iter().map(String::as_str).filter(|url| *url != head));
            let others: String = lines.map(|url| format!("microk8s join {url}\n")).collect();
            if format == "short" { others } else { pretty(head, &others) }
        }
    }
}

fn pretty(head: &str, others: &str) -> String {
    let mut text = String::from("From the node you wish to join to this cluster, run the following:\n");
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "microk8s join {head}\n\nUse the '--worker' flag to join a node as a worker not running the control plane, eg:\n\
         microk8s join {head} --worker\n\nIf the node you are adding is not reachable through the default interface \
         you can use one of the following:\n{others}"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "92b2db237428470dc4fcfc4ebbd9dc81";

    fn shown(format: &str) -> String {
        let url = |address: &str| format!("{address}:25000/{TOKEN}/2c0cb3284b05");
        text(format, TOKEN, "2c0cb3284b05", &url("10.0.0.11"), &[url("10.0.0.11"), url("2001:db8::11")])
    }

    #[test]
    fn every_format_is_as_on_a_node() {
        assert_eq!(shown("token-check"), format!("{TOKEN}/2c0cb3284b05"));
        assert_eq!(
            shown("json"),
            format!(
                "{{\n  \"token\": \"{TOKEN}/2c0cb3284b05\",\n  \"urls\": [\n    \"10.0.0.11:25000/{TOKEN}/2c0cb3284b05\",\n    \
                 \"2001:db8::11:25000/{TOKEN}/2c0cb3284b05\"\n  ]\n}}"
            )
        );
        assert_eq!(shown("short").lines().count(), 2);
        assert!(shown("pretty").contains("2c0cb3284b05 --worker\n\nIf the node"));
        assert!(shown("yaml").ends_with("2c0cb3284b05\n\n"));
    }

    #[test]
    fn any_word_with_help_in_it_shows_the_help() {
        let outcome = parse(&["--nohelpx".to_owned()]).err().unwrap();
        assert_eq!((outcome.code, outcome.stdout.starts_with("usage")), (0, true));
        assert_eq!(parse(&["--format=xml".to_owned()]).err().unwrap().code, 2);
    }
}
