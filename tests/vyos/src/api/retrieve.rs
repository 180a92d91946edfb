//! `/retrieve`.

use serde_json::{Map, Value};

use super::answer::{Answer, Refusal, page, success};
use super::{field, unknown_operation, words};
use crate::config::Version;
use crate::session::{ReadError, Session};
use crate::tree::{Ast, Json, Node};

pub(super) fn answer(session: &Session, command: &Map<String, Value>) -> Result<Answer, Refusal> {
    let path = words(command);
    match field(command, "op").unwrap_or_default() {
        // The process dies of it; until it is started again the proxy has nobody to ask.
        "exists" if path.is_empty() && session.version() == Version::V1_4 => Ok(page(502)),
        "exists" => Ok(success(&session.exists(&path))),
        "returnValue" => Ok(success(&session.values(&path).first())),
        "returnValues" => Ok(success(&session.values(&path))),
        "showConfig" => show(session, &path, field(command, "configFormat").unwrap_or("json")),
        _ => Err(unknown_operation(command)),
    }
}

fn show(session: &Session, path: &[String], format: &str) -> Result<Answer, Refusal> {
    let reading = match (session.show_config(path), format) {
        (Ok(reading), _) => reading,
        (Err(ReadError::Internal | ReadError::OneOfSeveral), "raw") => return Ok(success(&"  \"\"\n")),
        (Err(ReadError::OneOfSeveral), _) => {
            return Ok(success(&Json { node: &Node::default(), lists: false }));
        }
        (Err(ReadError::Internal), _) => return Err(Refusal::internal()),
        (Err(error), _) => return Err(Refusal::bad(error.to_string())),
    };
    if format == "raw" {
        return Ok(success(&reading.text()));
    }
    // The converter chokes on the marks of what is not committed yet.
    let Some(shown) = reading.running.as_ref().filter(|_| reading.is_clean()) else {
        return Err(Refusal::internal());
    };
    match format {
        "json" => Ok(success(&Json { node: shown, lists: false })),
        "json_ast" => Ok(success(&Ast { name: "", node: shown })),
        other => Err(Refusal::bad(format!("'{other}' is not a valid config format"))),
    }
}
