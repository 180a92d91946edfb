//! What an attribute is the name of, for those who write configurations.

/// An attribute whose value is that of an attribute of another resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeReference {
    /// The type that has it.
    pub of: &'static str,
    /// Names of attributes that lead to it, through maps and lists.
    pub at: Vec<&'static str>,
    /// The type of what it names.
    pub to: &'static str,
    /// The attribute there.
    pub attribute: &'static str,
    /// Attributes that both have in common: what they are on or in.
    pub within: &'static [&'static str],
}
