//! One call to an API server, and its answer. Whoever answers is not to be trusted: an answer has a limit in
//! bytes and in what it holds, and all answers that are read at one time share a budget.

use crate::connection::bounds::{Answer, TooLong};
use crate::connection::masking::Mask;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Body as _;
use kube::client::Body;
use kube::core::Status;
use serde::de::DeserializeOwned;
use std::future::poll_fn;
use std::pin::pin;

/// Bytes of one object. etcd keeps none beyond 1.5 MiB, and the API server takes no request beyond 3 MiB.
pub(super) const OBJECT: usize = 4 << 20;
/// Bytes of what the API server says of the kinds in one version, some 30 KiB where there are most.
pub(super) const KINDS: usize = 1 << 20;
/// Bytes of what a pod answers. A speaker's metrics are some 20 KiB and 2 KiB for each of its sessions.
pub(super) const POD: usize = 2 << 20;
/// Bytes of a refusal, which names each field that is wrong.
const REFUSAL: usize = 256 << 10;
/// Values in one object: more take much more memory than their text. Objects of 1.5 MiB as they are met have
/// a third of it.
const VALUES: usize = 150_000;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The client's own error, or the API server's refusal.
    Client(kube::Error),
    /// There is no end to it.
    TooLong(TooLong),
    /// It is not what was asked for.
    Unreadable(String),
}

impl From<TooLong> for NoAnswer {
    fn from(error: TooLong) -> Self {
        Self::TooLong(error)
    }
}

/// The credentials of a request, kept beside the answer to it: whoever refuses may quote them.
#[derive(Clone)]
pub(super) struct Sent(HeaderValue);

impl Sent {
    /// What is to be kept of a request.
    pub(super) fn with<B>(request: &Request<B>) -> Option<Self> {
        request.headers().get(AUTHORIZATION).cloned().map(Self)
    }

    /// What hides the credentials that were sent for this answer.
    fn mask<B>(answer: &Response<B>) -> Mask {
        let value = answer.extensions().get().and_then(|Self(value)| value.to_str().ok());
        // `Bearer` or `Basic` is no secret.
        Mask::of(value.and_then(|value| value.split_once(' ')).map(|(_, secret)| secret))
    }
}

/// Sends a request and reads its answer to the end, or to its limit.
pub(super) async fn ask(
    client: kube::Client,
    request: Request<Vec<u8>>,
    limit: usize,
) -> Result<Vec<u8>, NoAnswer> {
    let response = client.send(request.map(Body::from)).await.map_err(NoAnswer::Client)?;
    let status = response.status();
    let sent = Sent::mask(&response);
    let refused = status.is_client_error() || status.is_server_error();
    let mut answer = Answer::of_at_most(if refused { REFUSAL } else { limit });
    let mut body = pin!(response.into_body());
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        if let Ok(piece) = frame.map_err(NoAnswer::Client)?.into_data() {
            answer.add(&piece).await?;
        }
    }
    match refused {
        true => Err(NoAnswer::Client(refusal(status, &sent.hide(answer.into_text())))),
        false => Ok(answer.into_bytes()),
    }
}

/// What the API server refuses with: a `Status`, or the plain text of whatever stands in front of it.
fn refusal(code: StatusCode, text: &str) -> kube::Error {
    let status = serde_json::from_str::<Status>(text).unwrap_or_else(|_| {
        Status::failure(text.trim(), "Failed to parse error data").with_code(code.as_u16())
    });
    kube::Error::Api(status.boxed())
}

/// Reads an answer's JSON. What is wrong with it is not quoted: it may be a Secret.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, NoAnswer> {
    check_size(bytes)?;
    serde_json::from_slice(bytes).map_err(|error| unreadable(&error))
}

pub(super) fn unreadable(error: &serde_json::Error) -> NoAnswer {
    let what = match error.classify() {
        serde_json::error::Category::Data => "the answer is not what was asked for",
        _ => "the answer is no JSON",
    };
    NoAnswer::Unreadable(format!("{what} (line {}, column {})", error.line(), error.column()))
}

/// Refuses an object of more values than any real one has.
pub(super) fn check_size(json: &[u8]) -> Result<(), NoAnswer> {
    match values(json) {
        ..=VALUES => Ok(()),
        _ => Err(NoAnswer::Unreadable(format!("the object has more than {VALUES} values in it"))),
    }
}

/// How many values a text of JSON holds at least, less the one that it is.
pub(super) fn values(json: &[u8]) -> usize {
    let (mut found, mut quoted, mut escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b'[' | b'{' if !quoted => found += 1,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value as Json;

    #[test]
    fn values_are_counted_outside_of_texts() {
        for (json, count) in [("1", 0), ("[]", 1), ("[1,2]", 2), (r#"{"a,[{":"\",[","b":[{}]}"#, 4)] {
            serde_json::from_str::<Json>(json).unwrap();
            assert_eq!(values(json.as_bytes()), count, "{json}");
        }
        assert!(read::<Json>(format!("[{}0]", "[],".repeat(VALUES)).as_bytes()).is_err());
        assert!(read::<Json>(format!("[{}0]", "0,".repeat(VALUES / 2)).as_bytes()).is_ok());
    }

    #[test]
    fn what_cannot_be_read_is_not_quoted() {
        for bad in [r#"{"spec": {"password": "planted""#, r#"["planted"]"#, "planted"] {
            let Err(NoAnswer::Unreadable(text)) = read::<Status>(bad.as_bytes()) else { panic!("{bad}") };
            assert!(text.contains("line 1") && !text.contains("planted"), "{text}");
        }
    }
}
