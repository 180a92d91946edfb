//! Installing, refreshing, reverting and removing the snap.

use super::arguments::Arguments;
use super::store::{self, Build};
use super::{NAME, hooks};
use crate::daemon::Node;
use crate::failure::Result;
use crate::faults::Fault;
use crate::layout::{copy_tree, read_or_empty, remove as remove_path, write};
use crate::outcome::Outcome;
use crate::services::Service;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const DEFAULT_CHANNEL: &str = "latest/stable";

fn not_installed() -> Outcome {
    Outcome::complained(1, format!("error: snap \"{NAME}\" is not installed"))
}

/// An error of the daemon's own, in snapd's words.
fn cannot(task: &str, reason: impl std::fmt::Display) -> Outcome {
    Outcome::complained(1, format!("error: cannot perform the following tasks:\n- {task} ({reason})"))
}

fn named(arguments: &Arguments) -> std::result::Result<(), Outcome> {
    match arguments.names.first().map(String::as_str) {
        Some(NAME) => Ok(()),
        Some(other) => Err(Outcome::complained(1, format!("error: snap \"{other}\" not found"))),
        None => Err(Outcome::complained(1, "error: the required argument `<snap>` was not provided")),
    }
}

fn look_up(node: &Node, channel: &str) -> std::result::Result<Build, Outcome> {
    let store = store::open(&node.config).map_err(|failure| cannot("Ask the store", failure))?;
    store::find(&store, channel).cloned().ok_or_else(|| {
        Outcome::complained(
            1,
            format!("error: snap \"{NAME}\" not available on channel \"{channel}\" (see 'snap info {NAME}')"),
        )
    })
}

async fn take_time(node: &Node) {
    let slow = Fault::InstallSlow.is_on(&node.config).and_then(|seconds| seconds.parse().ok());
    let delay = Duration::from_millis(node.config.install_delay_milliseconds);
    tokio::time::sleep(slow.map_or(delay, Duration::from_secs)).await;
}

/// Runs a change's work with its beginning and end on record.
async fn recorded(
    node: &Arc<Node>,
    kind: &str,
    summary: String,
    work: impl Future<Output = Outcome>,
) -> Outcome {
    if let Err(failure) = node.update(|state| state.begin(kind, summary)) {
        return cannot("Record the change", failure);
    }
    take_time(node).await;
    let outcome = work.await;
    let failed = (outcome.code != 0).then(|| outcome.stderr.clone());
    match node.update(|state| state.end(failed)) {
        Ok(()) => outcome,
        Err(failure) => cannot("Record the change", failure),
    }
}

pub(crate) async fn install(node: &Arc<Node>, arguments: &Arguments) -> Outcome {
    if let Err(outcome) = named(arguments) {
        return outcome;
    }
    if node.read(|state| state.installed.is_some()) {
        return Outcome::complained(
            0,
            format!("snap \"{NAME}\" is already installed, see 'snap help refresh'"),
        );
    }
    let channel = arguments.channel().unwrap_or_else(|| DEFAULT_CHANNEL.into());
    let build = match look_up(node, &channel) {
        Ok(build) => build,
        Err(outcome) => return outcome,
    };
    if !arguments.has("classic") {
        return Outcome::complained(
            1,
            format!(
                "error: This revision of snap \"{NAME}\" was published using classic confinement and thus may\n       \
                 perform arbitrary system changes outside of the security sandbox that snaps are usually\n       \
                 confined to, which may put your system at risk.\n\n       \
                 If you understand and want to proceed repeat the command including --classic."
            ),
        );
    }
    let summary = format!("Install \"{NAME}\" snap from \"{channel}\" channel");
    recorded(node, "install-snap", summary, async {
        let failure = match Fault::InstallFails.is_on(&node.config) {
            Some(text) => Some(text),
            None => hooks::install(&node.layout, &build).err().map(|failure| failure.to_string()),
        };
        if let Some(reason) = failure {
            // snapd takes back what a failed change has done; the operator's launch configuration lies
            // outside of it.
            let kept = node.layout.common().join(".microk8s.yaml");
            let text = kept.exists().then(|| read_or_empty(&kept));
            let undone = hooks::remove_all(&node.layout, &build)
                .and_then(|()| text.map_or(Ok(()), |text| write(&kept, &text)));
            let reason = undone.err().map_or(reason, |failure| failure.to_string());
            let task = format!("Run install hook of \"{NAME}\" snap if present");
            return cannot(&task, format!("run hook \"install\": {reason}"));
        }
        let version = build.version.clone();
        let installed = node.update(|state| {
            state.installed = Some(build);
            state.channel.clone_from(&channel);
            state.previous = None;
            state.disabled.clear();
        });
        if let Err(failure) = installed {
            return cannot("Record the installation", failure);
        }
        node.start_services().await;
        Outcome::said(format!("{NAME} ({channel}) {version} from Canonical** installed"))
    })
    .await
}

pub(crate) async fn refresh(node: &Arc<Node>, arguments: &Arguments) -> Outcome {
    if arguments.names.is_empty() {
        return Outcome::complained(0, "All snaps up to date.");
    }
    if let Err(outcome) = named(arguments) {
        return outcome;
    }
    let Some(current) = node.read(|state| state.installed.clone()) else { return not_installed() };
    if arguments.has("hold") || arguments.has("unhold") {
        return hold(node, arguments);
    }
    let channel = arguments.channel().unwrap_or_else(|| node.read(|state| state.channel.clone()));
    let build = match look_up(node, &channel) {
        Ok(build) => build,
        Err(outcome) => return outcome,
    };
    if build == current {
        return match node.update(|state| state.channel = channel) {
            Ok(()) => Outcome::complained(0, format!("snap \"{NAME}\" has no updates available")),
            Err(failure) => cannot("Switch the channel", failure),
        };
    }
    let running = running_commands();
    if !running.is_empty() && !arguments.has("ignore-running") {
        let reason = format!("snap \"{NAME}\" has running apps ({NAME}), pids: {}", running.join(","));
        return Outcome::complained(1, format!("error: cannot refresh \"{NAME}\": {reason}"));
    }
    let summary = format!("Refresh \"{NAME}\" snap from \"{channel}\" channel");
    recorded(node, "refresh-snap", summary, async {
        match replace(node, &current, &build).await {
            Ok(()) => {}
            Err(failure) => return cannot(&format!("Refresh \"{NAME}\" snap"), failure),
        }
        let version = build.version.clone();
        let recorded = node.update(|state| {
            state.previous = Some(current);
            state.installed = Some(build);
            state.channel.clone_from(&channel);
        });
        if let Err(failure) = recorded {
            return cannot("Record the refresh", failure);
        }
        node.start_services().await;
        Outcome::said(format!("{NAME} ({channel}) {version} from Canonical** refreshed"))
    })
    .await
}

/// The process ids of `microk8s` commands that run on this node; its services do not count.
fn running_commands() -> Vec<String> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().filter_map(std::result::Result::ok);
    let is_command = |path: &std::path::Path| {
        let line = std::fs::read_to_string(path.join("cmdline")).unwrap_or_default();
        let program = line.split('\0').next().unwrap_or_default();
        program.rsplit('/').next() == Some(NAME)
    };
    processes
        .filter(|process| is_command(&process.path()))
        .map(|process| process.file_name().to_string_lossy().into_owned())
        .collect()
}

/// Stops everything, copies the data to the new revision and runs the hooks there.
async fn replace(node: &Arc<Node>, current: &Build, build: &Build) -> Result<()> {
    node.stop_services().await;
    let layout = &node.layout;
    let revision = |build: &Build| layout.revisions().join(build.revision.to_string());
    remove_path(&revision(build))?;
    copy_tree(&revision(current), &revision(build))?;
    hooks::mount(layout, build)?;
    hooks::configure(layout, build)
}

fn hold(node: &Node, arguments: &Arguments) -> Outcome {
    let (hold, said) = match (arguments.has("unhold"), arguments.value("hold")) {
        (true, _) => (None, format!("Removed general refresh hold of \"{NAME}\"")),
        (false, None | Some("forever")) => {
            (Some("forever".into()), format!("General refreshes of \"{NAME}\" held indefinitely"))
        }
        (false, Some(text)) => match humantime::parse_duration(text) {
            Ok(duration) => {
                let until = humantime::format_rfc3339_seconds(SystemTime::now() + duration).to_string();
                let said = format!("General refreshes of \"{NAME}\" held until {until}");
                (Some(until), said)
            }
            Err(_) => {
                let reason = format!(
                    "error: hold value must be a number of hours, minutes or seconds, or \"forever\", not \"{text}\""
                );
                return Outcome::complained(1, reason);
            }
        },
    };
    match node.update(|state| state.hold = hold) {
        Ok(()) => Outcome::said(said),
        Err(failure) => cannot("Hold refreshes", failure),
    }
}

pub(crate) async fn revert(node: &Arc<Node>) -> Outcome {
    if node.read(|state| state.installed.is_none()) {
        return not_installed();
    }
    let Some(previous) = node.read(|state| state.previous.clone()) else {
        return Outcome::complained(1, "error: no revision to revert to");
    };
    let summary = format!("Revert \"{NAME}\" snap");
    recorded(node, "revert-snap", summary, async {
        node.stop_services().await;
        let version = previous.version.clone();
        let done = hooks::mount(&node.layout, &previous).and_then(|()| {
            node.update(|state| {
                state.previous = None;
                state.installed = Some(previous);
            })
        });
        if let Err(failure) = done {
            return cannot("Revert the snap", failure);
        }
        node.start_services().await;
        Outcome::said(format!("{NAME} reverted to {version}"))
    })
    .await
}

pub(crate) async fn remove(node: &Arc<Node>, arguments: &Arguments) -> Outcome {
    if let Err(outcome) = named(arguments) {
        return outcome;
    }
    let Some(build) = node.read(|state| state.installed.clone()) else {
        return Outcome::complained(0, format!("snap \"{NAME}\" is not installed"));
    };
    let purge = arguments.has("purge");
    recorded(node, "remove-snap", format!("Remove \"{NAME}\" snap"), async {
        node.stop_services().await;
        let removed = hooks::remove_all(&node.layout, &build).and_then(|()| {
            node.update(|state| {
                state.installed = None;
                state.previous = None;
                state.hold = None;
                state.config = None;
            })
        });
        match removed {
            Ok(()) if purge => Outcome::said(format!("{NAME} removed")),
            Ok(()) => Outcome::said(format!("{NAME} removed (snap data snapshot saved)")),
            Err(failure) => cannot(&format!("Remove \"{NAME}\" snap"), failure),
        }
    })
    .await
}

/// `snap set microk8s key=value...` and `snap unset microk8s key...`: the configure hook runs again, and
/// `config` becomes a launch configuration.
pub(crate) async fn set(node: &Arc<Node>, arguments: &Arguments) -> Outcome {
    if let Err(outcome) = named(arguments) {
        return outcome;
    }
    let Some(build) = node.read(|state| state.installed.clone()) else { return not_installed() };
    recorded(node, "configure-snap", format!("Change configuration of \"{NAME}\" snap"), async {
        match configure(node, &build, arguments).await {
            Ok(()) => Outcome::silent(0),
            Err(failure) => cannot(&format!("Run configure hook of \"{NAME}\" snap"), failure),
        }
    })
    .await
}

async fn configure(node: &Arc<Node>, build: &Build, arguments: &Arguments) -> Result<()> {
    let layout = &node.layout;
    let config = arguments.names.iter().find_map(|name| name.strip_prefix("config="));
    if let Some(config) = config {
        node.update(|state| state.config = Some(config.to_owned()))?;
        let applied = layout.launcher().join("snap-set.yaml.applied");
        if read_or_empty(&applied) != config {
            write(&layout.launcher().join("snap-set.yaml"), config)?;
        }
    }
    if arguments.verb == "unset" && arguments.names.iter().any(|name| name == "config") {
        node.update(|state| state.config = None)?;
    }
    hooks::configure(layout, build)?;
    if hooks::minor(&build.version) >= 34 && layout.is_locked("ha-cluster") {
        node.services.restart(node, Service::Kubelite).await;
    }
    Ok(())
}
