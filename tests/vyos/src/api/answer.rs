//! The envelope of answers, and the pages that the proxy in front puts in their place.

use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use serde::Serialize;

use super::python;
use crate::config::Version;

/// What a request is answered with.
pub(super) type Answer = Response<Body>;

/// A refusal: a status and the text of the envelope's `error`.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) text: String,
}

impl Refusal {
    pub(super) fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }

    /// What went wrong with the request, or with what it asked for.
    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self::new(400, text)
    }

    /// The one text of every exception.
    pub(super) fn internal() -> Self {
        Self::new(500, "An internal error occured. Check the logs for details.")
    }

    pub(super) fn answer(self, version: Version) -> Answer {
        #[derive(Serialize)]
        struct Envelope {
            success: bool,
            error: String,
            data: (),
        }
        let error = match version {
            Version::V1_4 => self.text,
            Version::V1_5 => self.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        };
        text(
            self.status,
            "text/html; charset=utf-8",
            python::dumps(&Envelope { success: false, error, data: () }),
        )
    }
}

/// A success with what it brings.
pub(super) fn success(data: &impl Serialize) -> Answer {
    #[derive(Serialize)]
    struct Envelope<'data, Data> {
        success: bool,
        data: &'data Data,
        error: (),
    }
    text(200, "text/html; charset=utf-8", python::dumps(&Envelope { success: true, data, error: () }))
}

/// What the framework answers by itself.
pub(super) fn detail(status: u16, detail: &str) -> Answer {
    text(status, "application/json", format!("{{\"detail\":\"{detail}\"}}"))
}

/// A page of the proxy.
pub(super) fn page(status: u16) -> Answer {
    let reason = match status {
        404 => "Not Found",
        413 => "Request Entity Too Large",
        502 => "Bad Gateway",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        _ => "Internal Server Error",
    };
    let page = format!(
        "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n<center><h1>{status} {reason}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    text(status, "text/html", page)
}

/// To the same path without its last slash.
pub(super) fn redirect(location: &str) -> Answer {
    let mut answer = text(307, "text/plain", String::new());
    if let Ok(location) = location.parse() {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    answer
}

fn text(status: u16, kind: &'static str, body: String) -> Answer {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    answer
}
