//! A provider with every kind of attribute, for the tests: its resources are files in a directory. `files.rs`
//! is the one to learn from.

mod file;
mod function;
mod key;
mod provider;
mod query;

use std::process::ExitCode;

fn main() -> ExitCode {
    tfplugin::serve::<provider::Sample>()
}
