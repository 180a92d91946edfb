//! The three encodings in which a request may come.

use axum::body::Body;
use axum::extract::{Form, FromRequest, Multipart};
use axum::http::{HeaderMap, Request, header};
use bytes::Bytes;
use serde_json::Value;

/// What a request says, before it is judged.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// Form fields, if any of the two form encodings gave some.
    pub(super) form: Option<Fields>,
    /// The body itself, if it is no form.
    pub(super) raw: Bytes,
}

/// The two fields that count.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) data: Option<String>,
    pub(super) key: Option<String>,
}

/// Takes a body apart. The content type only matters for forms; anything else is taken for JSON.
pub(super) async fn read(headers: &HeaderMap, raw: Bytes) -> Sent {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let pairs = if kind.starts_with("multipart/form-data") {
        multipart(kind, raw.clone()).await
    } else if kind.starts_with("application/x-www-form-urlencoded") {
        let request = request(kind, raw.clone());
        Form::<Vec<(String, String)>>::from_request(request, &())
            .await
            .map(|Form(pairs)| pairs)
            .unwrap_or_default()
    } else {
        Vec::new()
    };
    if pairs.is_empty() {
        return Sent { form: None, raw };
    }
    let field =
        |name: &str| pairs.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    Sent { form: Some(Fields { data: field("data"), key: field("key") }), raw }
}

async fn multipart(kind: &str, raw: Bytes) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let Ok(mut parts) = Multipart::from_request(request(kind, raw), &()).await else { return pairs };
    while let Ok(Some(part)) = parts.next_field().await {
        let name = part.name().unwrap_or_default().to_owned();
        match part.text().await {
            Ok(text) => pairs.push((name, text)),
            Err(_) => break,
        }
    }
    pairs
}

fn request(kind: &str, raw: Bytes) -> Request<Body> {
    let mut request = Request::new(Body::from(raw));
    *request.method_mut() = axum::http::Method::POST;
    if let Ok(kind) = kind.parse() {
        request.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    request
}

/// Reads JSON; the error is worded as Python words it.
pub(super) fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| {
        let lines_before = text.split_inclusive('\n').take(error.line().saturating_sub(1));
        let place = if error.is_eof() {
            text.chars().count()
        } else {
            lines_before.map(|line| line.chars().count()).sum::<usize>() + error.column().saturating_sub(1)
        };
        let before: String = text.chars().take(place).collect();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
        let problem = match before.trim_end().chars().last() {
            Some('{') => "Expecting property name enclosed in double quotes",
            None | Some(',' | '[' | ':') => "Expecting value",
            Some(_) => "Expecting ',' delimiter",
        };
        format!("{problem}: line {line} column {column} (char {place})")
    })
}
