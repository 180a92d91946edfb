//! A provider whose objects are files in a directory: how one is written, and what the acceptance tests run.

mod file;
mod provider;

use std::process::ExitCode;

fn main() -> ExitCode {
    tfplugin::serve::<provider::Sample>()
}
