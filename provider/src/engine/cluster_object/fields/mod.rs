//! Attributes as the fields of an object, and back.

pub(super) mod metadata;
mod spec;

pub(super) use spec::Fields;
