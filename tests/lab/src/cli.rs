//! The sub-commands of `lab`.

use clap::{Parser, Subcommand};
use lab::{Lab, LabError, LabOptions, enter, holder, machine};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Rehearses a whole MicroK8s and VyOS build-out on one Linux machine.
#[derive(Parser)]
#[command(name = "lab", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start a lab and run a command on the operator's network; ends with the command's exit code.
    Exec {
        /// How many nodes.
        #[arg(long, default_value_t = 1)]
        nodes: usize,
        /// Program and arguments.
        #[arg(last = true, required = true)]
        program: Vec<String>,
    },
    /// Be the first process of a lab.
    #[command(hide = true)]
    Hold,
    /// Make a lab's network and machines, and serve the process that started it.
    #[command(hide = true)]
    Supervise { pid: i32 },
    /// Be the first process of a machine.
    #[command(hide = true)]
    Boot { description: PathBuf },
    /// Run a program inside a lab that is up.
    #[command(hide = true)]
    Enter {
        #[arg(long)]
        holder: i32,
        #[arg(long)]
        machine: Option<String>,
        #[arg(last = true, required = true)]
        program: Vec<String>,
    },
}

pub(crate) fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            // There is no one to tell when standard error is gone.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode, LabError> {
    match command {
        Command::Exec { nodes, program } => wait(exec(nodes, program))?,
        Command::Hold => holder::enter().map(|()| ExitCode::SUCCESS),
        Command::Supervise { pid } => wait(holder::supervise(pid))?.map(|()| ExitCode::SUCCESS),
        Command::Boot { description } => machine::boot::run(&description).map(|()| ExitCode::SUCCESS),
        Command::Enter { holder, machine, program } => {
            let place = machine.as_deref().map_or(enter::Where::Operator, enter::Where::Machine);
            Err(enter::run(holder, place, &program))
        }
    }
}

fn wait<T>(future: impl Future<Output = T>) -> Result<T, LabError> {
    let runtime = tokio::runtime::Runtime::new().map_err(|source| LabError::System {
        action: "start",
        path: "the async runtime".into(),
        source,
    })?;
    let result = runtime.block_on(future);
    // A read of standard input that has not ended yet must not keep the process.
    runtime.shutdown_background();
    Ok(result)
}

async fn exec(nodes: usize, program: Vec<String>) -> Result<ExitCode, LabError> {
    let lab = Lab::start(LabOptions::with_nodes(nodes, false)).await?;
    let mut command = lab.operator("env");
    let status = command.arg("--").args(program).status().await.map_err(|source| LabError::System {
        action: "run",
        path: "the command".into(),
        source,
    })?;
    lab.stop().await?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
