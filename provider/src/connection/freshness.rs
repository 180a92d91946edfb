//! Whether an answer of a moment ago will do.

/// How old an answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// One answer serves all resources of a refresh.
    Cached,
    /// It is asked for now: a change depends on it.
    Fresh,
}
