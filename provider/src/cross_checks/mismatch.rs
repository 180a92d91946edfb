//! What a rule finds.

/// Objects that do not go together.
pub(super) struct Mismatch {
    pub(super) summary: &'static str,
    /// Names all of them.
    pub(super) detail: String,
    /// Where to look, by type; a dot leads into an attribute.
    pub(super) attributes: &'static [(&'static str, &'static str)],
    /// Whether it can never be right.
    pub(super) is_error: bool,
}
