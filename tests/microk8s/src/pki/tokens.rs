//! The files of join tokens in `credentials`.

use crate::failure::{Failure, Result};
use crate::layout::{Layout, read_or_empty, write};
use std::time::{SystemTime, UNIX_EPOCH};

const CLUSTER: &str = "cluster-tokens.txt";
const PERSISTENT: &str = "persistent-cluster-tokens.txt";
const SIGNING: &str = "certs-request-tokens.txt";
const CALLBACK: &str = "callback-token.txt";

/// A token of `length` hexadecimal digits.
pub(crate) fn random(length: usize) -> String {
    (0..length).map(|_| format!("{:x}", rand::random_range(0..16_u8))).collect()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn append(layout: &Layout, file: &str, line: &str) -> Result<()> {
    let path = layout.credential(file);
    write(&path, &format!("{}{line}\n", read_or_empty(&path)))
}

/// Removes one line and says whether it was there.
fn take(layout: &Layout, file: &str, unwanted: &str) -> Result<bool> {
    let path = layout.credential(file);
    let text = read_or_empty(&path);
    let kept: String =
        text.lines().filter(|line| *line != unwanted).map(|line| format!("{line}\n")).collect();
    if kept.lines().count() == text.lines().count() {
        return Ok(false);
    }
    write(&path, &kept)?;
    Ok(true)
}

/// Adds a join token: for one use, or for any number of uses during `ttl` seconds.
pub(crate) fn add(layout: &Layout, token: &str, ttl: i64) -> Result<()> {
    let line = if ttl == -1 { token.to_owned() } else { format!("{token}|{}", now().saturating_add(ttl)) };
    append(layout, CLUSTER, &line)
}

/// Adds a token that never expires.
pub(crate) fn add_persistent(layout: &Layout, token: &str) -> Result<()> {
    append(layout, PERSISTENT, token)
}

/// Accepts a join token, using it up where it is for one use.
pub(crate) fn accept(layout: &Layout, token: &str) -> Result<()> {
    let persistent = read_or_empty(&layout.credential(PERSISTENT));
    if !token.is_empty() && persistent.lines().any(|line| line == token) {
        return Ok(());
    }
    let timed = read_or_empty(&layout.credential(CLUSTER));
    let expiries = timed.lines().filter_map(|line| line.split_once('|')).filter(|(known, _)| *known == token);
    if expiries.filter_map(|(_, expiry)| expiry.parse::<i64>().ok()).any(|expiry| now() <= expiry) {
        return Ok(());
    }
    // A bare line is for one use; one with an expiry is never taken out, only refused.
    let usable = !token.is_empty() && !token.contains('|') && take(layout, CLUSTER, token)?;
    if usable { Ok(()) } else { Err(Failure::new("Invalid token")) }
}

/// Allows a worker to have one certificate signed.
pub(crate) fn allow_signing(layout: &Layout, token: &str) -> Result<()> {
    append(layout, SIGNING, token)
}

/// Uses up the permission to have one certificate signed.
pub(crate) fn accept_signing(layout: &Layout, token: &str) -> Result<()> {
    if take(layout, SIGNING, token)? { Ok(()) } else { Err(Failure::new("Invalid token")) }
}

/// The token by which the cluster's agents know each other, made at first use.
pub(crate) fn callback(layout: &Layout) -> Result<String> {
    let path = layout.credential(CALLBACK);
    let known = read_or_empty(&path);
    if !known.trim().is_empty() {
        return Ok(known.trim().to_owned());
    }
    let token = random(64);
    write(&path, &format!("{token}\n"))?;
    Ok(token)
}

/// Takes over the cluster's callback token.
pub(crate) fn set_callback(layout: &Layout, token: &str) -> Result<()> {
    write(&layout.credential(CALLBACK), &format!("{token}\n"))
}

/// Whether `token` is this cluster's callback token; never where there is none.
pub(crate) fn is_callback(layout: &Layout, token: &str) -> bool {
    let known = read_or_empty(&layout.credential(CALLBACK));
    !known.trim().is_empty() && known.trim() == token
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> (tempfile::TempDir, Layout) {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        (folder, layout)
    }

    #[test]
    fn a_token_without_a_lifetime_serves_once() {
        let (_folder, layout) = node();
        add(&layout, "once", -1).unwrap();
        accept(&layout, "once").unwrap();
        assert_eq!(accept(&layout, "once").unwrap_err().to_string(), "Invalid token");
    }

    #[test]
    fn a_token_with_a_lifetime_serves_until_it_is_over() {
        let (_folder, layout) = node();
        add(&layout, "long", 60).unwrap();
        add(&layout, "gone", -60).unwrap();
        accept(&layout, "long").unwrap();
        accept(&layout, "long").unwrap();
        accept(&layout, "gone").unwrap_err();
        let kept = read_or_empty(&layout.credential(CLUSTER));
        assert_eq!(kept.lines().count(), 2, "expired tokens are refused, not purged");
    }

    #[test]
    fn persistent_tokens_serve_for_ever_and_signing_once() {
        let (_folder, layout) = node();
        add_persistent(&layout, "always").unwrap();
        accept(&layout, "always").unwrap();
        accept(&layout, "always").unwrap();
        allow_signing(&layout, "t-kubelet").unwrap();
        accept_signing(&layout, "t-kubelet").unwrap();
        accept_signing(&layout, "t-kubelet").unwrap_err();
        accept(&layout, "").unwrap_err();
    }
}
