//! The sub-commands of `lab`.

mod up;

use clap::{Args, Parser, Subcommand, ValueEnum};
use lab::parts::{self, Progress};
use lab::{Lab, LabError, LabOptions, RouterOptions, UpstreamOptions, VyosVersion, enter, holder, machine};
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::io::Write as _;
use std::path::{Path, PathBuf};
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
    /// Start a lab, print what is there and what to try, and give a shell in it.
    Up {
        #[command(flatten)]
        wanted: Wanted,
    },
    /// Start a lab and run a command in it; ends with the command's exit code.
    ///
    /// The command finds the lab described in the environment: LAB_NODES (JSON), LAB_SSH_CONFIG, LAB_SSH_KEY,
    /// LAB_KNOWN_HOSTS, LAB_ROUTER_URL, LAB_ROUTER_API_KEY, LAB_ROUTER_API_KEY_FILE and LAB_ROUTER_CA.
    Exec {
        #[command(flatten)]
        wanted: Wanted,
        /// Program and arguments.
        #[arg(last = true, required = true)]
        program: Vec<String>,
    },
    /// Run a program inside a lab that is up.
    Enter {
        /// Process id that `lab up` names.
        #[arg(long)]
        holder: i32,
        /// On this machine as root, instead of on the operator's network.
        #[arg(long)]
        machine: Option<String>,
        /// On the network of the client beyond the router, instead of on the operator's.
        #[arg(long, conflicts_with = "machine")]
        client: bool,
        /// Program and arguments.
        #[arg(last = true, required = true)]
        program: Vec<String>,
    },
    /// Find every program that a lab needs, or install or build it.
    Parts,
    /// Be the first process of a lab.
    #[command(hide = true)]
    Hold,
    /// Make a lab's network and machines, and serve the process that started it.
    #[command(hide = true)]
    Supervise { pid: i32 },
    /// Be the first process of a machine.
    #[command(hide = true)]
    Boot { description: PathBuf },
    /// Be what plays snapd and MicroK8s on a node.
    #[command(hide = true)]
    Snapd { configuration: PathBuf },
    /// Be the router.
    #[command(hide = true)]
    Vyos { configuration: PathBuf },
}

/// What the lab should have.
#[derive(Args)]
struct Wanted {
    /// How many nodes, called cp1, cp2 and so on.
    #[arg(long, default_value_t = 3)]
    nodes: usize,
    /// Have MicroK8s running on them already.
    #[arg(long)]
    running: bool,
    /// Release of VyOS that the router plays; `none` for a lab without a router.
    #[arg(long, value_enum, default_value = "1.4")]
    vyos: Vyos,
    /// Have a router upstream of the router, and a client behind that.
    #[arg(long)]
    upstream: bool,
    /// Have packets flow to pods: kube-proxy on every node, and pods of MetalLB and nginx that really run.
    #[arg(long)]
    traffic: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Vyos {
    None,
    #[value(name = "1.4")]
    V1_4,
    #[value(name = "1.5")]
    V1_5,
}

impl From<Wanted> for LabOptions {
    fn from(wanted: Wanted) -> LabOptions {
        let version = match wanted.vyos {
            Vyos::None => None,
            Vyos::V1_4 => Some(VyosVersion::V1_4),
            Vyos::V1_5 => Some(VyosVersion::V1_5),
        };
        let router = version.map(|version| RouterOptions { version, ..RouterOptions::default() });
        let nodes = LabOptions::with_nodes(wanted.nodes, wanted.running);
        LabOptions {
            router,
            upstream: wanted.upstream.then(UpstreamOptions::default),
            traffic: wanted.traffic,
            ..nodes
        }
    }
}

/// By other names than its own the program is a command of a node.
pub(crate) fn main() -> ExitCode {
    let mut arguments = std::env::args();
    let called = arguments.next().unwrap_or_default();
    let name = Path::new(&called).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !matches!(name, "" | "lab") {
        return microk8s_stand_in::command::run(name, arguments.collect());
    }
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
        Command::Up { wanted } => wait(up::up(wanted.into()))?,
        Command::Exec { wanted, program } => wait(exec(wanted.into(), program))?,
        Command::Enter { holder, machine, client, program } => {
            let place = match machine.as_deref() {
                Some(machine) => enter::Where::Machine(machine),
                None if client => enter::Where::Client,
                None => enter::Where::Operator,
            };
            enter::run(holder, place, &program)
        }
        Command::Parts => wait(parts::prepare(print_progress))?.map(|_| ExitCode::SUCCESS),
        Command::Hold => holder::enter().map(|()| ExitCode::SUCCESS),
        Command::Supervise { pid } => wait(holder::supervise(pid))?.map(|()| ExitCode::SUCCESS),
        Command::Boot { description } => machine::boot::run(&description).map(|()| ExitCode::SUCCESS),
        Command::Snapd { configuration } => serve(&configuration, microk8s_stand_in::daemon::run),
        Command::Vyos { configuration } => serve(&configuration, vyos_stand_in::run),
    }
}

/// Runs what a machine's service is made of, with its configuration.
fn serve<C, F, E>(configuration: &Path, run: impl FnOnce(C) -> F) -> Result<ExitCode, LabError>
where
    C: DeserializeOwned,
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let failed =
        |reason: String| LabError::Failed { action: format!("serve {}", configuration.display()), reason };
    let text = std::fs::read(configuration).map_err(|error| failed(error.to_string()))?;
    let parsed = serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))?;
    wait(run(parsed))?.map_err(|error| failed(error.to_string()))?;
    Ok(ExitCode::SUCCESS)
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

async fn exec(options: LabOptions, program: Vec<String>) -> Result<ExitCode, LabError> {
    let lab = Lab::start(options).await?;
    let code = up::run(&lab, &program).await;
    lab.stop().await?;
    code
}

fn print_progress(progress: &Progress) {
    // Whoever closed standard output does not want to know.
    let _ = writeln!(std::io::stdout(), "{progress}");
}
