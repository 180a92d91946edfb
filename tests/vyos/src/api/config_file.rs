//! `/config-file`.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::answer::{Answer, Refusal, success};
use super::{field, unknown_operation};
use crate::config::Version;
use crate::session::{Session, StorageError};

pub(super) async fn answer(session: &Arc<Session>, command: &Map<String, Value>) -> Result<Answer, Refusal> {
    let is_new = session.version() == Version::V1_5;
    let refused = |error: StorageError| Refusal::bad(error.to_string());
    let file = field(command, "file");
    let text = field(command, "string").filter(|_| is_new);
    let minutes = command.get("confirm_time").and_then(Value::as_u64).filter(|_| is_new);
    if minutes.is_some() {
        session.check_no_confirm().map_err(|error| Refusal::bad(error.to_string()))?;
    }
    let before = session.running();
    let said = match field(command, "op").unwrap_or_default() {
        "save" => {
            session.save(file).map_err(refused)?;
            return Ok(success(&""));
        }
        "confirm" if is_new => {
            return session
                .confirm()
                .map(|said| success(&said))
                .map_err(|error| Refusal::bad(error.to_string()));
        }
        "load" => match (file, text) {
            (Some(file), _) => session.load(file).await.map_err(refused)?,
            (None, Some(text)) => session.load_text(text).await.map_err(refused)?,
            (None, None) => return Err(Refusal::bad("Missing required field \"file\"")),
        },
        "merge" if is_new => {
            let destructive = command.get("destructive").and_then(Value::as_bool).unwrap_or(false);
            let text = match (file, text) {
                (Some(file), _) => session.read(file).map_err(refused)?,
                (None, text) => text.unwrap_or_default().to_owned(),
            };
            session.merge_text(&text, destructive).await.map_err(refused)?
        }
        _ => return Err(unknown_operation(command)),
    };
    match minutes.and_then(|minutes| u32::try_from(minutes).ok()) {
        Some(minutes) => Ok(success(&(said + &session.await_confirm(minutes, before)))),
        None if is_new => Ok(success(&said)),
        None => Ok(success(&())),
    }
}
