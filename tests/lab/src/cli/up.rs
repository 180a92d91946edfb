//! `lab up`: a lab to try things in.

use lab::{Lab, LabDescription, LabError, LabOptions, operator};
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use tokio::io::AsyncReadExt as _;
use tokio::signal::unix::{SignalKind, signal};

/// Starts a lab and keeps it up: as long as its shell runs where there is a terminal, else until it is told
/// to end by SIGINT, SIGTERM or the end of standard input.
pub(super) async fn up(options: LabOptions) -> Result<ExitCode, LabError> {
    let lab = Lab::start(options).await?;
    let _ = writeln!(std::io::stdout(), "{}", welcome(lab.description()));
    let code = if std::io::stdin().is_terminal() {
        let shell = std::env::var("SHELL").unwrap_or_else(|_| "/bin/sh".to_owned());
        run(&lab, &[shell]).await?
    } else {
        told_to_end().await?;
        ExitCode::SUCCESS
    };
    lab.stop().await?;
    Ok(code)
}

/// Runs a program on the operator's network, with the lab described in its environment.
pub(super) async fn run(lab: &Lab, program: &[String]) -> Result<ExitCode, LabError> {
    let mut command = lab.operator("env");
    for (name, value) in operator::environment(lab.description())? {
        command.env(name, value);
    }
    let status = command.arg("--").args(program).status().await.map_err(|source| LabError::System {
        action: "run",
        path: program.iter().collect(),
        source,
    })?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

async fn told_to_end() -> Result<(), LabError> {
    let listen = |kind| {
        signal(kind).map_err(|source| LabError::System {
            action: "listen for",
            path: "signals".into(),
            source,
        })
    };
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let end_of_input = async {
        let (mut input, mut buffer) = (tokio::io::stdin(), [0; 512]);
        while input.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = end_of_input => {}
    }
    Ok(())
}

const TO_TRY: &str = "
To try in the lab's shell:
  ssh -F $LAB_SSH_CONFIG cp1
  ssh -F $LAB_SSH_CONFIG cp1 sudo snap install microk8s --classic --channel=1.35/stable
  ssh -F $LAB_SSH_CONFIG cp1 sudo microk8s status --wait-ready
  curl --cacert $LAB_ROUTER_CA -F \"key=<$LAB_ROUTER_API_KEY_FILE\" \\
       -F 'data={\"op\": \"showConfig\", \"path\": []}' $LAB_ROUTER_URL/retrieve
";

fn welcome(lab: &LabDescription) -> String {
    let mut text = String::from("The lab is up. All of it ends with this command.\n\n");
    let mut line = |name: &str, ipv4: &str, ipv6: &str, more: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:<10} {ipv4:<12} {ipv6:<14} {more}");
    };
    for node in &lab.nodes {
        line(&node.name, &node.ipv4.to_string(), &node.ipv6.to_string(), "user ubuntu");
    }
    if let Some(router) = &lab.router {
        line("router", &router.ipv4.to_string(), &router.ipv6.to_string(), &router.url);
    }
    text.push_str(TO_TRY);
    let _ = writeln!(
        text,
        "\nFrom another terminal, as root:\n  lab enter --holder {holder} -- bash\n  \
         lab enter --holder {holder} --machine cp1 -- bash",
        holder = lab.holder
    );
    text
}
