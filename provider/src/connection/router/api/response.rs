//! What an HTTP answer of the API means. VyOS 1.3, 1.4 and 1.5 differ in details that all end here.

use crate::connection::router::error::RouterErrorKind;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Envelope {
    success: Option<bool>,
    data: Option<Box<RawValue>>,
    error: Option<String>,
    detail: Option<Box<RawValue>>,
}

/// The `data` of a success, or why there is none.
pub(super) fn parse(status: u16, body: &[u8]) -> Result<Box<RawValue>, RouterErrorKind> {
    let envelope: Option<Envelope> = serde_json::from_slice(body).ok();
    match (status, envelope) {
        (200, Some(Envelope { success: Some(true), data, .. })) => {
            Ok(data.unwrap_or_else(|| RawValue::NULL.to_owned()))
        }
        // 1.3 answers so where the API is not configured.
        (200, Some(Envelope { success: None, error: Some(_), .. })) | (503, _) => {
            Err(RouterErrorKind::NotServing { status })
        }
        (404, Some(Envelope { success: None, detail: Some(_), .. })) => {
            Err(RouterErrorKind::NotServing { status })
        }
        (401, Some(_)) => Err(RouterErrorKind::Unauthenticated),
        // 1.3 has no 401.
        (422, Some(Envelope { error: Some(text), .. })) if text.contains("Valid API key is required") => {
            Err(RouterErrorKind::Unauthenticated)
        }
        (413, _) => Err(RouterErrorKind::TooLarge),
        (502 | 504, _) => {
            Err(RouterErrorKind::UnknownOutcome { cause: format!("HTTP {status} from its proxy") })
        }
        (500, Some(Envelope { error: Some(text), .. })) => {
            Err(RouterErrorKind::Internal { message: plain(&text) })
        }
        (400.., Some(Envelope { success: Some(false), error: Some(text), .. })) => {
            Err(RouterErrorKind::rejected(None, plain(&text)))
        }
        (status, _) => Err(RouterErrorKind::NotVyos { status }),
    }
}

/// 1.5 escapes three characters in errors.
fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Whether the commit lock of another session is in the way.
pub(super) fn is_lock(message: &str) -> bool {
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    message.contains("locked due to another commit") || message.contains("locked by another commit")
}

/// A refusal without reason: for about a second after a discarded change, nodes of that change are not
/// settable.
pub(in crate::connection::router) fn is_passing(message: &str) -> bool {
    matches!(message.trim(), "Set failed" | "Delete failed")
}

/// The two ways to say that nothing is at a path; the second where this version knows no such path.
pub(super) fn is_nothing_there(message: &str) -> bool {
    message.contains("Configuration under specified path is empty")
        || message.contains("Specified configuration path is not valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<(), RouterErrorKind> {
        parse(status, body.as_bytes()).map(drop)
    }

    #[test]
    fn success_is_null_empty_or_text() {
        for data in ["null", "\"\"", "\"WARNING: no address-family\""] {
            let body = format!(r#"{{"success": true, "data": {data}, "error": null}}"#);
            assert!(answer(200, &body).is_ok(), "{body}");
        }
    }

    #[test]
    fn tells_the_refusals_apart() {
        let refused = r#"{"success": false, "error": "Valid API key is required", "data": null}"#;
        assert_eq!(answer(401, refused), Err(RouterErrorKind::Unauthenticated));
        assert_eq!(answer(422, refused), Err(RouterErrorKind::Unauthenticated));
        let no_rest = r#"{"detail":"Not Found"}"#;
        assert_eq!(answer(404, no_rest), Err(RouterErrorKind::NotServing { status: 404 }));
        let old = r#"{"error": "Start service in configuration mode: set service https api"}"#;
        assert_eq!(answer(200, old), Err(RouterErrorKind::NotServing { status: 200 }));
        assert_eq!(answer(503, "<html>"), Err(RouterErrorKind::NotServing { status: 503 }));
        assert_eq!(answer(404, "<html>"), Err(RouterErrorKind::NotVyos { status: 404 }));
        assert_eq!(answer(200, "hello"), Err(RouterErrorKind::NotVyos { status: 200 }));
        assert!(matches!(answer(504, "<html>"), Err(RouterErrorKind::UnknownOutcome { .. })));
        assert!(matches!(answer(413, "<html>"), Err(RouterErrorKind::TooLarge)));
    }

    #[test]
    fn escaped_and_plain_errors_read_the_same() {
        let old = r#"{"success": false, "error": "a < b & \"c\" > d", "data": null}"#;
        let new = r#"{"success": false, "error": "a &lt; b &amp; \"c\" &gt; d", "data": null}"#;
        assert_eq!(answer(400, old), answer(400, new));
    }

    #[test]
    fn a_lock_is_known_by_either_backend_and_wrapping() {
        assert!(is_lock("Configuration system temporarily locked due to another commit in progress\n"));
        assert!(is_lock("Configuration system temporarily locked due to another\ncommit in progress\n"));
        assert!(is_lock("Configuration system locked by another commit in progress"));
        assert!(is_passing("Set failed\n"));
        assert!(!is_passing("Configuration path: [x] is not valid\n\nSet failed\n"));
    }
}
