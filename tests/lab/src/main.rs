//! The command `lab`. Under other names it is what a lab's machines are made of.

#[cfg(target_os = "linux")]
mod cli;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    cli::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> Result<(), &'static str> {
    Err("Unable to hold a lab on this machine: it takes Linux, for its namespaces and overlay file systems")
}
