//! Commands that change a machine. Each runs on it detached from the connection, as a job with a folder of
//! its own: Ctrl-C, `kill -9` of the provider and a link that breaks end the following, never the command,
//! and the next run of the provider finds it ([ADR
//! 15](../../../../../docs/adr/0015-work-on-a-node-survives-the-link.md)).

mod scripts;
#[cfg(test)]
mod tests;

use super::command::{Command, Output, Script};
use super::error::{SshError, SshErrorKind};
use super::host::Host;
use scripts::{BEGIN, CLEAR, FOLLOW, REPORT};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

/// Where a machine keeps its jobs: what says how they ended, and what must not get onto a disk.
#[derive(Clone, Debug)]
pub struct JobFolders {
    /// Outlives a reboot.
    pub kept: String,
    /// Does not.
    pub volatile: String,
}

impl Default for JobFolders {
    fn default() -> Self {
        Self {
            kept: "/var/lib/terraform-provider-microk8s".to_owned(),
            volatile: "/run/terraform-provider-microk8s".to_owned(),
        }
    }
}

/// How long a job may take at most; then the machine ends it, with all that it started. The longest known
/// work is an add-on or a chart that waits for images on a slow link.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// How long the machine waits for news of a job before it says that there are none.
const NEWS: Duration = Duration::from_secs(20);

/// How long it may take to say so: the turn to begin a job comes within 30 s.
const SAYS_WITHIN: Duration = Duration::from_secs(90);

type Turn = Arc<tokio::sync::Mutex<()>>;

/// What this run of the provider begins on machines.
pub(super) struct Jobs {
    /// Tells its jobs from those of other runs.
    owner: String,
    began: Instant,
    /// One who begins and follows the same job at a time, by host and id.
    turns: Mutex<BTreeMap<(String, String), Turn>>,
}

impl Default for Jobs {
    fn default() -> Self {
        let owner = format!("{:032x}", rand::random::<u128>());
        Self { owner, began: Instant::now(), turns: Mutex::default() }
    }
}

impl Jobs {
    async fn turn(&self, host: &str, id: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry((host.to_owned(), id.to_owned())).or_default())
        };
        turn.lock_owned().await
    }
}

/// The name of a job's folder: the same for the same command, whichever run begins it. What comes on its
/// input does not count: it may be a token of one use.
fn id(script: &Script, arguments: &[&str]) -> String {
    let words = script.name.split(|one: char| !one.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.take(4).collect();
    let mut hasher = DefaultHasher::new();
    (script.name, arguments).hash(&mut hasher);
    format!("{}-{:016x}", words.join("-"), hasher.finish())
}

/// What a machine says of a job.
#[derive(Debug, PartialEq, Eq)]
enum Report {
    /// It has ended, with this code.
    Ended(i32),
    /// It goes on.
    Runs,
    /// It was broken off, and by what.
    Broken(String),
    /// The job of that name goes on, or has just ended, that another run of the provider began.
    Busy(String),
    /// There is no such job any more.
    Gone,
}

/// The report in what was printed, and what is behind it: what the job printed. A login script may print
/// something before it.
fn report(printed: &str) -> Option<(Report, String)> {
    let (_, rest) = printed.split_once(REPORT)?;
    let (line, said) = rest.split_once('\n')?;
    let (state, more) = line.split_once(' ').unwrap_or((line, ""));
    let report = match state {
        "ended" => Report::Ended(more.trim().parse().unwrap_or(-1)),
        "running" => Report::Runs,
        "broken" => Report::Broken(more.to_owned()),
        "busy" => Report::Busy(more.to_owned()),
        "gone" => Report::Gone,
        _ => return None,
    };
    Some((report, said.to_owned()))
}

impl Host {
    /// Runs a script as root that may change the machine. Whoever waits for it may stop to: it goes on, and
    /// who asks for the same again gets its result. Where another run of the provider began something that
    /// goes on there, this waits for a while and fails with [`SshErrorKind::Busy`]: what was seen of the
    /// machine before is out of date.
    pub(super) async fn change(
        &self,
        script: &Script,
        arguments: &[&str],
        stdin: Option<&[u8]>,
    ) -> Result<Output, SshError> {
        let id = id(script, arguments);
        let _turn = self.jobs().turn(self.address(), &id).await;
        let since = self.jobs().began.elapsed().as_secs().saturating_add(2).to_string();
        let limit = LIMIT.as_secs().to_string();
        let length = stdin.map_or_else(|| "-".to_owned(), |text| text.len().to_string());
        let mut begin = vec![since.as_str(), &limit, script.name, &length, "sh", "-c", script.text, "sh"];
        begin.extend(arguments);
        let mut answer = self.say(&BEGIN_JOB, &id, &begin, stdin).await;
        loop {
            let (report, stdout, stderr) = match answer {
                // Its output is too long, and stays so.
                Err(error) if error.kind() == SshErrorKind::TooLong => {
                    self.clear(&id, &[]).await;
                    return Err(error);
                }
                answer => answer?,
            };
            let failure = |kind, said: &str| {
                Err(SshError::new(kind, self.address(), format!("running {:?}", script.name), said))
            };
            match report {
                Report::Runs => {
                    tracing::debug!(host = self.address(), job = script.name, said = stdout, "still runs");
                    answer = self.say(&FOLLOW_JOB, &id, &[], None).await;
                }
                Report::Ended(code) => {
                    self.clear(&id, &[]).await;
                    return Ok(Output { code, stdout, stderr });
                }
                Report::Broken(by) => {
                    self.clear(&id, &["keep"]).await;
                    let by = if by == "rebooted" { "The machine was rebooted" } else { "It was killed" };
                    return failure(
                        SshErrorKind::BrokenOff,
                        &format!("{stdout}\n{stderr}\n{by} while it ran."),
                    );
                }
                Report::Busy(other) => {
                    let said =
                        format!("`{other}` is still running there; another run of Terraform began it.");
                    return failure(SshErrorKind::Busy, &said);
                }
                Report::Gone => {
                    let said = "It has ended, and another run of Terraform took its result.";
                    return failure(SshErrorKind::Busy, said);
                }
            }
        }
    }

    /// What the machine says of a job.
    async fn say(
        &self,
        script: &Script,
        id: &str,
        arguments: &[&str],
        stdin: Option<&[u8]>,
    ) -> Result<(Report, String, String), SshError> {
        let output = self.attend(script, id, NEWS, arguments, stdin).await?;
        match report(&output.stdout) {
            Some((report, stdout)) => Ok((report, stdout, output.stderr)),
            None => {
                let stage = format!("asking it to {}", script.name);
                let said = format!("It ended with exit code {}.\n{}", output.code, output.last_lines());
                Err(SshError::new(SshErrorKind::CommandNotRun, self.address(), stage, &said))
            }
        }
    }

    /// Takes a job's folder away: its result was read. Where that fails, it goes with the next job like it,
    /// or after a day.
    async fn clear(&self, id: &str, how: &[&str]) {
        if let Err(error) = self.attend(&CLEAR_JOB, id, NEWS, how, None).await {
            tracing::debug!(host = self.address(), id, %error, "not cleared away");
        }
    }

    async fn attend(
        &self,
        script: &Script,
        id: &str,
        wait: Duration,
        arguments: &[&str],
        stdin: Option<&[u8]>,
    ) -> Result<Output, SshError> {
        let folders = self.job_folders();
        let wait = wait.as_secs().to_string();
        let mut words = vec![folders.kept.as_str(), &folders.volatile, id, &self.jobs().owner, &wait];
        words.extend(arguments);
        self.within(Command::Script(script, &words), SAYS_WITHIN, stdin).await
    }
}

const BEGIN_JOB: Script = Script { name: "begin a job", text: BEGIN };
const FOLLOW_JOB: Script = Script { name: "follow a job", text: FOLLOW };
const CLEAR_JOB: Script = Script { name: "clear a job away", text: CLEAR };
