//! `make acceptance TARGETS=site.toml`: the example build-outs on machines and a router of yours.
#![expect(clippy::print_stderr, reason = "it is a program for people at a terminal")]

use acceptance::site::{Site, rehearse};
use acceptance::terminal::{say, title};
use std::path::PathBuf;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let Some(file) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: site FILE   (examples/site.toml is a sample)");
        return ExitCode::from(2);
    };
    let site = match Site::read(&file) {
        Ok(site) => site,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    match rehearse(&site).await {
        Ok(summary) => {
            title("Summary");
            say(summary.to_string().trim_end());
            if summary.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}
