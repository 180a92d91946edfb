//! The plugin process: start-up, nothing else.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
