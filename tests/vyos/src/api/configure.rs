//! `/configure` and `/configure-section`.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::answer::{Answer, Refusal, page, success};
use super::endpoint::Action;
use super::request::Call;
use super::{Api, field, words};
use crate::config::Version;
use crate::session::{Command, CommitError, Session};

/// Runs the commands as one commit, at once or in the background.
pub(super) async fn answer(
    api: &Arc<Api>,
    action: Action,
    call: Call,
    query: &str,
) -> Result<Answer, Refusal> {
    let session = &api.session;
    let is_new = session.version() == Version::V1_5;
    if is_new && call.commands.iter().any(|command| field(command, "op") == Some("confirm")) {
        return session.confirm().map(|said| success(&said)).map_err(|error| Refusal::bad(error.to_string()));
    }
    let minutes = call.commands.iter().find_map(|command| command.get("confirm_time")?.as_u64());
    let minutes =
        minutes.filter(|minutes| is_new && *minutes > 0).and_then(|minutes| minutes.try_into().ok());
    let is_broken = |command: &Map<String, Value>| {
        words(command)
            .iter()
            .map(String::as_str)
            .chain(field(command, "value"))
            .any(|word| word.contains('\0'))
    };
    if call.commands.iter().any(is_broken) {
        return Err(Refusal::internal());
    }
    let commands: Vec<Command> = match action {
        Action::Configure => call.commands.iter().map(command).collect(),
        _ => call.commands.iter().flat_map(section).collect(),
    };
    if commands.iter().any(touches_api) {
        session.check(&commands).map_err(|error| Refusal::bad(error.to_string()))?;
        let session = Arc::clone(session);
        drop(tokio::spawn(async move {
            if let Err(error) = session.configure(&commands).await {
                tracing::warn!(%error, "a change of the API's own configuration was refused");
            }
        }));
        return Ok(success(
            &"Requested HTTP API server configuration change; commit will be called in the background",
        ));
    }
    if is_new && query.split('&').any(|pair| pair == "in_background=true") {
        let session = Arc::clone(session);
        return Ok(api.operations.start(async move { run(&session, &commands, minutes).await }));
    }
    let said = run(session, &commands, minutes).await.map_err(Refusal::bad)?;
    if session.switches.times_out() {
        return Ok(page(504));
    }
    Ok(match session.version() {
        Version::V1_4 => success(&()),
        Version::V1_5 => success(&said),
    })
}

async fn run(session: &Arc<Session>, commands: &[Command], minutes: Option<u32>) -> Result<String, String> {
    if minutes.is_some() {
        session.check_no_confirm().map_err(|error| error.to_string())?;
    }
    let before = session.running();
    let said = session.configure(commands).await.map_err(|error: CommitError| error.to_string())?;
    Ok(match minutes {
        Some(minutes) => said + &session.await_confirm(minutes, before),
        None => said,
    })
}

/// An empty value is no value.
fn command(sent: &Map<String, Value>) -> Command {
    let mut path = words(sent);
    let value = field(sent, "value").filter(|value| !value.is_empty());
    match field(sent, "op").unwrap_or_default() {
        "comment" => Command::Comment(path, value.unwrap_or_default().to_owned()),
        op => {
            path.extend(value.map(str::to_owned));
            match op {
                "set" => Command::Set(path),
                "delete" => Command::Delete(path),
                op => Command::Unknown(op.to_owned()),
            }
        }
    }
}

/// `set` adds the leaves of a section, `load` puts the section in the place of what was there.
fn section(sent: &Map<String, Value>) -> Vec<Command> {
    let path = words(sent);
    let mut commands = Vec::new();
    match field(sent, "op").unwrap_or_default() {
        "set" => {}
        "load" => match sent.get("mask") {
            Some(mask) => commands.extend(leaves(mask, &path).into_iter().map(Command::Delete)),
            None => commands.push(Command::Delete(path.clone())),
        },
        op => return vec![Command::Unknown(op.to_owned())],
    }
    let added = sent.get("section").or_else(|| sent.get("config")).unwrap_or(&Value::Null);
    commands.extend(leaves(added, &path).into_iter().map(Command::Set));
    commands
}

/// The paths that a nested object spells out.
fn leaves(value: &Value, path: &[String]) -> Vec<Vec<String>> {
    let below = |word: &str| path.iter().cloned().chain([word.to_owned()]).collect::<Vec<_>>();
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().flat_map(|(name, value)| leaves(value, &below(name))).collect()
        }
        Value::Array(values) => values.iter().filter_map(Value::as_str).map(below).collect(),
        Value::String(text) => vec![below(text)],
        _ => vec![path.to_vec()],
    }
}

fn touches_api(command: &Command) -> bool {
    let (Command::Set(path) | Command::Delete(path)) = command else { return false };
    let mut words = path.iter().map(String::as_str);
    words.next() == Some("service") && words.next() == Some("https")
}
