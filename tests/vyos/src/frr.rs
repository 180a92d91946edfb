//! The routing daemons of one router: started, fed through frr-reload.py, and never left behind.
//!
//! They run in a process namespace of their own, whose first process waits on a pipe from this one. When this
//! process ends, however it ends, the pipe closes, that first process ends and the kernel ends the rest.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use crate::render::Section;

const DAEMONS: &[&str] = &["zebra", "staticd", "bgpd", "ospfd", "ospf6d"];
const RELOAD: &str = "/usr/lib/frr/frr-reload.py";
/// Reloads take under a second; this is for a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// `$1` is the name of the instance, the rest are the daemons. It prints `ready` or what went wrong.
const SUPERVISE: &str = r#"
instance=$1; shift
settings=/etc/frr/$instance state=/var/run/frr/$instance
trap 'rm -rf -- "$settings" "$state"' EXIT
rm -rf -- "$settings" "$state"
mkdir -p -- "$settings" "$state" && : >"$settings/vtysh.conf" && : >"$settings/frr.conf" || exit 1
chown -R frr:frr -- "$settings" "$state" || exit 1
for daemon in "$@"; do
    "/usr/lib/frr/$daemon" -d -N "$instance" -P 0 -i "$state/$daemon.pid" </dev/null >"$state/$daemon.log" 2>&1 ||
        { echo "$daemon did not start: $(tail -n 3 "$state/$daemon.log")"; exit 1; }
done
echo ready
exec 1>&-
cat >/dev/null
"#;

/// What went wrong with the daemons.
#[derive(Debug, thiserror::Error)]
pub enum FrrError {
    /// A program could not be started or spoken to.
    #[error("unable to run {program}: {source}")]
    Program {
        /// The program.
        program: &'static str,
        /// What came back.
        source: std::io::Error,
    },
    /// The daemons did not come up.
    #[error("the routing daemons of instance {instance} did not start: {said}")]
    Start {
        /// Name of the instance.
        instance: String,
        /// What the supervisor printed.
        said: String,
    },
    /// An answer did not come in time.
    #[error("{program} did not answer within {} s", PATIENCE.as_secs())]
    Silent {
        /// The program.
        program: &'static str,
    },
}

/// The daemons of one instance.
pub struct Frr {
    instance: String,
    directory: PathBuf,
    supervisor: Child,
    lifeline: Option<ChildStdin>,
}

impl Frr {
    /// Whether FRR and the right to run it are there; the error says what is missing.
    pub fn check() -> Result<(), String> {
        for program in
            DAEMONS.iter().map(|daemon| format!("/usr/lib/frr/{daemon}")).chain([RELOAD.to_owned()])
        {
            if !Path::new(&program).exists() {
                return Err(format!("{program} is not installed (packages frr and frr-pythontools)"));
            }
        }
        if nix::unistd::geteuid().is_root() { Ok(()) } else { Err("not root".to_owned()) }
    }

    /// Starts all daemons in the network namespace of this process.
    pub async fn start(instance: &str, directory: &Path) -> Result<Self, FrrError> {
        let failed = |source| FrrError::Program { program: "unshare", source };
        let mut supervisor = Command::new("unshare")
            .args(["--pid", "--fork", "--kill-child", "/bin/sh", "-c", SUPERVISE, "supervise", instance])
            .args(DAEMONS)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let lifeline = supervisor.stdin.take();
        let mut said = String::new();
        if let Some(stdout) = supervisor.stdout.take() {
            let mut reader = BufReader::new(stdout);
            tokio::time::timeout(PATIENCE, reader.read_line(&mut said))
                .await
                .map_err(|_| FrrError::Silent { program: "unshare" })?
                .map_err(failed)?;
        }
        if said.trim() != "ready" {
            return Err(FrrError::Start { instance: instance.to_owned(), said: said.trim().to_owned() });
        }
        Ok(Self { instance: instance.to_owned(), directory: directory.to_owned(), supervisor, lifeline })
    }

    /// Ends all daemons and takes their folders away.
    pub async fn stop(mut self) {
        drop(self.lifeline.take());
        if tokio::time::timeout(PATIENCE, self.supervisor.wait()).await.is_err() {
            tracing::warn!(instance = self.instance, "the routing daemons did not end; they are killed");
            if let Err(error) = self.supervisor.start_kill() {
                tracing::warn!(%error, "and that failed");
            }
        }
    }

    /// Runs one command of the routers' shell.
    pub async fn vtysh(&self, command: &str) -> Result<String, FrrError> {
        self.run("vtysh", &["-N", &self.instance, "-c", command]).await.map(|(_, said)| said)
    }

    /// Makes the daemons' configuration of these sections what `text` says. The error is what they say.
    ///
    /// One section is compared with what its daemon runs, as VyOS 1.4 does; more are compared with
    /// everything.
    pub async fn apply(&self, sections: &[Section], text: &str) -> Result<(), String> {
        let daemon = match sections {
            [section] => Some(section.daemon()),
            _ => None,
        };
        let show = match daemon {
            Some(daemon) => format!("show running-config {daemon} no-header"),
            None => "show running-config no-header".to_owned(),
        };
        let running = self.vtysh(&show).await.map_err(|error| error.to_string())?;
        let file = self.directory.join("frr.conf");
        let wanted = without(&running, sections) + text + "!\n";
        std::fs::write(&file, wanted).map_err(|error| format!("{}: {error}", file.display()))?;
        let (file, folder) = (file.to_string_lossy(), self.directory.to_string_lossy());
        let mut arguments = vec![
            "--reload",
            "--stdout",
            "--log-level",
            "warning",
            "--rundir",
            &folder,
            "-N",
            &self.instance,
            &file,
        ];
        if let Some(daemon) = daemon {
            arguments.extend(["--daemon", daemon]);
        }
        match self.run(RELOAD, &arguments).await {
            Ok((true, _)) => Ok(()),
            Ok((false, said)) => Err(complaint(&said)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Whether it succeeded, and all that it printed.
    async fn run(&self, program: &'static str, arguments: &[&str]) -> Result<(bool, String), FrrError> {
        let output = Command::new(program).args(arguments).stdin(Stdio::null()).kill_on_drop(true).output();
        let output = tokio::time::timeout(PATIENCE, output)
            .await
            .map_err(|_| FrrError::Silent { program })?
            .map_err(|source| FrrError::Program { program, source })?;
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Ok((output.status.success(), said))
    }
}

/// A running configuration without the statements of these sections.
fn without(running: &str, sections: &[Section]) -> String {
    let starts = || sections.iter().flat_map(|section| section.statements());
    let mut rest = String::new();
    let mut keep = true;
    for line in running.lines() {
        let is_inside = line.starts_with(' ') || line.starts_with("exit") || line.starts_with('!');
        if !is_inside {
            keep = !starts().any(|start| {
                line.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            });
        }
        if keep && !line.trim().is_empty() && line != "end" {
            rest.push_str(line);
            rest.push('\n');
        }
    }
    rest
}

/// What the reload printed, without the marks of its log.
fn complaint(said: &str) -> String {
    let line = |line: &str| {
        let line = line.replace("\u{1b}[91m", "").replace("\u{1b}[0m", "");
        let levels = ["ERROR: ", "WARNING: ", "CRITICAL: "];
        let start = levels.iter().find_map(|level| line.find(level).map(|at| at + level.len()));
        line.get(start.unwrap_or(0)..).unwrap_or_default().trim().to_owned()
    };
    said.lines().map(line).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sections_own_statements_are_cut() {
        let running = "frr defaults traditional\nrouter bgp 1\n neighbor a\n !\n exit\n!\nroute-map A permit 1\n set tag 1\nexit\n!\nrouter bgpx\nend\n";
        assert_eq!(
            without(running, &[Section::Bgp]),
            "frr defaults traditional\nroute-map A permit 1\n set tag 1\nexit\n!\nrouter bgpx\n"
        );
        assert_eq!(
            without(running, &[Section::Bgp, Section::Policy]),
            "frr defaults traditional\nrouter bgpx\n"
        );
    }

    #[test]
    fn a_complaint_has_no_marks() {
        let said = "2026-01-01 10:00:00,000 \u{1b}[91m  ERROR\u{1b}[0m: vtysh failed\nb'line 3'\n";
        assert_eq!(complaint(said), "vtysh failed\nb'line 3'");
    }
}
