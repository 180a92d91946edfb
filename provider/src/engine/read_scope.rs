//! What an object of a target is read for, the same for clusters and routers.

use tfplugin::Value;

/// What an object is read for.
#[derive(Clone, Copy)]
pub(super) enum ReadScope<'a> {
    /// To see whether what is ours is still as it was. What was null is not ours, whoever fills it.
    Owned(&'a Value),
    /// To take it over as it is.
    Full,
}

impl<'a> ReadScope<'a> {
    /// The reading of one attribute.
    pub(super) fn attribute(self, name: &str) -> Self {
        match self {
            Self::Owned(before) => Self::Owned(before.attribute(name)),
            Self::Full => Self::Full,
        }
    }

    /// Whether it was null.
    pub(super) fn is_not_ours(self) -> bool {
        matches!(self, Self::Owned(Value::Null))
    }
}
