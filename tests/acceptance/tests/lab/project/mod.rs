//! Examples, installation and releases.

mod examples;
mod install;
mod release;
pub(crate) mod user;
