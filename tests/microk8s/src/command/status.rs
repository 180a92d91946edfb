//! `microk8s status`.

use super::Context;
use super::microk8s::{LOW_MEMORY, STOPPED, TOO_LITTLE_MEMORY, WORKER, traceback};
use crate::addons::{self, Addon};
use crate::failure::Result;
use crate::layout::Layout;
use crate::outcome::Outcome;
use crate::services::datastore::{self, Member, Role};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const NOT_READY: &str = "microk8s is not running. Use microk8s inspect for a deeper inspection.";
const POLL: Duration = Duration::from_secs(2);
/// Tries to ask the datastore, and the pause between them.
const TRIES: u32 = 5;

#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    format: String,
    wait: bool,
    timeout: u64,
    addon: Option<String>,
    old_yaml: bool,
}

impl Options {
    fn parse(arguments: &[String]) -> std::result::Result<Self, Outcome> {
        let mut options = Self { format: "pretty".into(), ..Self::default() };
        let split = arguments.iter().flat_map(|argument| match argument.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => vec![flag, value],
            _ => vec![argument.as_str()],
        });
        let mut words = split;
        while let Some(word) = words.next() {
            let mut value =
                || words.next().ok_or_else(|| usage(&format!("argument {word}: expected one argument")));
            match word {
                "--format" => options.format = value()?.to_owned(),
                "-w" | "--wait-ready" => options.wait = true,
                "-t" | "--timeout" => {
                    let text = value()?;
                    let bad = |_| usage(&format!("argument -t/--timeout: invalid int value: '{text}'"));
                    options.timeout = text.parse().map_err(bad)?;
                }
                "-a" | "--addon" => options.addon = Some(value()?.to_owned()),
                "--yaml" => options.old_yaml = true,
                other => return Err(usage(&format!("unrecognized arguments: {other}"))),
            }
        }
        if !["pretty", "yaml", "short"].contains(&options.format.as_str()) {
            let reason = format!(
                "argument --format: invalid choice: '{}' (choose from 'pretty', 'yaml', 'short')",
                options.format
            );
            return Err(usage(&reason));
        }
        Ok(options)
    }
}

fn usage(reason: &str) -> Outcome {
    Outcome::complained(
        2,
        format!(
            "usage: microk8s status [-h] [--format {{pretty,yaml,short}}] [-w] [-t TIMEOUT] [-a ADDON] [--yaml]\n\
             microk8s status: error: {reason}"
        ),
    )
}

pub(crate) async fn run(context: &Context, arguments: &[String]) -> Result<Outcome> {
    let options = match Options::parse(arguments) {
        Ok(options) => options,
        Err(outcome) => return Ok(outcome),
    };
    let layout = &context.layout;
    if layout.is_worker() {
        return Ok(Outcome::said(format!("{WORKER}\nPlease use the control plane node.")));
    }
    if layout.is_locked(LOW_MEMORY) {
        return Ok(Outcome::said_with(1, TOO_LITTLE_MEMORY));
    }
    if layout.is_locked("stopped.lock") {
        return Ok(Outcome::said(STOPPED));
    }
    let deadline = (options.timeout > 0).then(|| Instant::now() + Duration::from_secs(options.timeout));
    let mut objects = ready(context).await;
    while options.wait && objects.is_none() && deadline.is_none_or(|deadline| Instant::now() < deadline) {
        sleep(POLL).await;
        objects = ready(context).await;
    }
    let addons = addons::all(layout)?;
    let code = u8::from(objects.is_none());
    if let Some(name) = &options.addon {
        let addon = addons.iter().find(|addon| addon.name == *name || addon.full_name() == *name);
        let enabled =
            objects.is_some_and(|objects| addon.is_some_and(|addon| addon.is_enabled(layout, &objects)));
        return Ok(Outcome::said_with(code, if enabled { "enabled" } else { "disabled" }));
    }
    if options.format == "short"
        || (options.format == "pretty" && options.old_yaml)
        || (options.format == "pretty" && objects.is_none())
    {
        return Ok(Outcome::said_with(code, short(layout, &options, &addons, objects.as_deref())));
    }
    let begun = begun(&options.format, objects.is_some());
    if layout.is_locked("ha-cluster") && !layout.backend("info.yaml").exists() {
        // What was printed before it died is there.
        let text = traceback(
            "FileNotFoundError: [Errno 2] No such file or directory: '/var/snap/microk8s/current/var/kubernetes/backend/info.yaml'",
        );
        return Ok(Outcome { stdout: begun, ..Outcome::complained(1, text) });
    }
    let members = members(layout).await;
    let text = if options.format == "yaml" {
        yaml(layout, &addons, objects.as_deref(), &members)
    } else {
        pretty(layout, &addons, objects.as_deref().unwrap_or_default(), &members)
    };
    Ok(Outcome::said_with(code, begun + &text))
}

/// What is printed before the datastore is asked.
fn begun(format: &str, is_ready: bool) -> String {
    match format {
        "yaml" => format!("microk8s:\n  running: {}\n", if is_ready { "True" } else { "False" }),
        _ => "microk8s is running\n".to_owned(),
    }
}

/// The cluster's objects where the API answers and some node is ready.
async fn ready(context: &Context) -> Option<String> {
    let kubectl = context.kubectl();
    let timeout = "--request-timeout=20s";
    let nodes = kubectl.run(&["get", "nodes", timeout], "").await.ok()?;
    if !nodes.contains(" Ready ") {
        return None;
    }
    let mut objects = kubectl.run(&["get", "all,ingress,ingressclass", "-A", timeout], "").await.ok()?;
    if !objects.contains("service/kubernetes") {
        return None;
    }
    objects.push_str(
        &kubectl.run(&["get", "clusterroles", "--show-kind", "--no-headers", timeout], "").await.ok()?,
    );
    Some(objects)
}

/// Waits until some node is ready.
pub(crate) async fn wait_until_ready(context: &Context) {
    while ready(context).await.is_none() {
        sleep(POLL).await;
    }
}

/// The datastore's members; none where they cannot be asked.
async fn members(layout: &Layout) -> Vec<Member> {
    for _ in 0..TRIES {
        if let Ok(members) = datastore::members(layout).await
            && members.list().await.is_ok()
        {
            return datastore::cluster_members(layout);
        }
        sleep(POLL).await;
    }
    Vec::new()
}

fn listed(members: &[Member], role: Role) -> String {
    let addresses: Vec<&str> =
        members.iter().filter(|member| member.role == role).map(|member| member.address.as_str()).collect();
    if addresses.is_empty() { "none".into() } else { addresses.join(" ") }
}

fn pretty(layout: &Layout, addons: &[Addon], objects: &str, members: &[Member]) -> String {
    let voters = members.iter().filter(|member| member.role == Role::Voter).count();
    let mut text = format!(
        "high-availability: {}\n  datastore master nodes: {}\n  datastore standby nodes: {}\naddons:\n",
        if voters >= 3 { "yes" } else { "no" },
        listed(members, Role::Voter),
        listed(members, Role::Standby),
    );
    for (title, wanted) in [("enabled", true), ("disabled", false)] {
        let rows: String = addons
            .iter()
            .filter(|addon| addon.is_enabled(layout, objects) == wanted)
            .map(|addon| format!("    {:<20} # ({}) {}\n", addon.name, addon.repository, addon.description))
            .collect();
        if !rows.is_empty() {
            text.push_str(&format!("  {title}:\n{rows}"));
        }
    }
    text
}

fn word(enabled: bool) -> &'static str {
    if enabled { "enabled" } else { "disabled" }
}

fn short(layout: &Layout, options: &Options, addons: &[Addon], objects: Option<&str>) -> String {
    let Some(objects) = objects else { return NOT_READY.into() };
    let old = options.old_yaml && options.format == "pretty";
    let (head, indent) = if old { ("microk8s:\n  running: True", "  ") } else { ("microk8s is running", "") };
    let mut rows: Vec<(bool, String)> =
        addons.iter().map(|addon| (addon.is_enabled(layout, objects), addon.full_name())).collect();
    rows.sort_by_key(|(enabled, _)| !enabled);
    let rows: String =
        rows.iter().map(|(enabled, name)| format!("{indent}{name}: {}\n", word(*enabled))).collect();
    format!("{head}\naddons:\n{rows}")
}

fn yaml(layout: &Layout, addons: &[Addon], objects: Option<&str>, members: &[Member]) -> String {
    let is_enabled = layout.is_locked("ha-cluster");
    let mut text = format!("high-availability:\n  enabled: {}\n", if is_enabled { "True" } else { "False" });
    if is_enabled {
        text.push_str("  nodes:\n");
    }
    for member in members.iter().filter(|_| is_enabled) {
        text.push_str(&format!("    - address: {}\n      role: {}\n", member.address, member.role.name()));
    }
    let Some(objects) = objects else {
        text.push_str(&format!("  message: {NOT_READY}\n"));
        return text;
    };
    text.push_str("addons:\n");
    let mut sorted: Vec<&Addon> = addons.iter().collect();
    sorted.sort_by_key(|addon| !addon.is_enabled(layout, objects));
    for addon in sorted {
        text.push_str(&format!(
            "  - name: {}\n    repository: {}\n    description: {}\n    version: {}\n    status: {}\n",
            addon.name,
            addon.repository,
            addon.description,
            addon.version,
            word(addon.is_enabled(layout, objects)),
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> std::result::Result<Options, Outcome> {
        Options::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    fn cluster() -> Vec<Member> {
        let role = |number| if number < 4 { Role::Voter } else { Role::Standby };
        (1..6)
            .map(|number| Member { address: format!("10.0.0.{number}:19001"), role: role(number) })
            .collect()
    }

    #[test]
    fn options_are_read_in_every_form() {
        let options = parse("--format yaml --wait-ready -t 5").unwrap();
        assert_eq!((options.format.as_str(), options.wait, options.timeout), ("yaml", true, 5));
        assert_eq!(parse("--timeout=7").unwrap().timeout, 7);
        assert_eq!(parse("--nope").unwrap_err().code, 2);
        assert_eq!(parse("--format json").unwrap_err().code, 2);
    }

    #[test]
    fn the_pretty_form_is_as_on_a_node() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        layout.set_lock("ha-cluster").unwrap();
        let text = pretty(&layout, &addons::all(&layout).unwrap(), "x pod/coredns-1", &cluster());
        let expected = "high-availability: yes\n  \
            datastore master nodes: 10.0.0.1:19001 10.0.0.2:19001 10.0.0.3:19001\n  \
            datastore standby nodes: 10.0.0.4:19001 10.0.0.5:19001\naddons:\n  enabled:\n    \
            dns                  # (core) CoreDNS\n    \
            ha-cluster           # (core) Configure high availability on the current node\n  disabled:\n    \
            cert-manager         # (core) Cloud native certificate management\n";
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn the_yaml_form_lists_the_members_and_says_when_nothing_runs() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        layout.set_lock("ha-cluster").unwrap();
        let text = yaml(&layout, &addons::all(&layout).unwrap(), None, &cluster());
        assert!(text.starts_with(
            "high-availability:\n  enabled: True\n  nodes:\n    - address: 10.0.0.1:19001\n      role: voter\n"
        ));
        assert!(text.ends_with("      role: standby\n  message: microk8s is not running. Use microk8s inspect for a deeper inspection.\n"));
    }

    #[test]
    fn without_dqlite_no_members_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let text = yaml(&layout, &[], None, &cluster());
        assert!(text.starts_with("high-availability:\n  enabled: False\n  message: "), "{text}");
    }
}
