//! What `snap` tells about the snap.

use super::arguments::Arguments;
use super::state::State;
use super::{NAME, store};
use crate::daemon::Node;
use crate::outcome::Outcome;
use crate::services::Service;
use std::time::SystemTime;

/// Lines up columns with two spaces between them.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

pub(super) fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|&cell| cell.to_owned()).collect()
}

fn notes(state: &State) -> String {
    if state.hold.is_some() { "classic,held".into() } else { "classic".into() }
}

pub(crate) fn list(node: &Node, arguments: &Arguments) -> Outcome {
    node.read(|state| {
        let asked = arguments.names.is_empty() || arguments.names.iter().any(|name| name == NAME);
        let Some(build) = state.installed.as_ref().filter(|_| asked) else {
            return if arguments.names.is_empty() {
                Outcome::complained(0, "No snaps are installed yet. Try 'snap install hello-world'.")
            } else {
                Outcome::complained(1, "error: no matching snaps installed")
            };
        };
        let revision = build.revision.to_string();
        let installed = [NAME, &build.version, &revision, &state.channel, "canonical**", &notes(state)];
        Outcome::said(table(&[
            row(&["Name", "Version", "Rev", "Tracking", "Publisher", "Notes"]),
            row(&installed),
        ]))
    })
}

pub(crate) fn info(node: &Node, arguments: &Arguments) -> Outcome {
    if arguments.names.first().is_none_or(|name| name != NAME) {
        let name = arguments.names.first().map_or("", String::as_str);
        return Outcome::complained(1, format!("error: no snap found for \"{name}\""));
    }
    let store = match store::open(&node.config) {
        Ok(store) => store,
        Err(failure) => return Outcome::complained(1, format!("error: {failure}")),
    };
    let mut text = format!(
        "name:      {NAME}\nsummary:   Kubernetes for workstations and appliances\npublisher: Canonical**\n\
         store-url: https://snapcraft.io/{NAME}\nlicense:   Apache-2.0\ndescription: |\n  \
         A lab's stand-in for the snap of this name.\ncommands:\n  - {NAME}\n  - {NAME}.kubectl\n"
    );
    node.read(|state| {
        if state.installed.is_some() {
            text.push_str("services:\n");
            for service in Service::ALL {
                let enabled = if state.is_enabled(service) { "enabled" } else { "disabled" };
                let active = if node.services.is_active(service) { "active" } else { "inactive" };
                text.push_str(&format!("  {}: simple, {enabled}, {active}\n", service.identifier()));
            }
        }
        text.push_str("snap-id:      EaXqgt1lyCaxKaQCU349mlodBkDCXRcg\n");
        if state.installed.is_some() {
            text.push_str(&format!("tracking:     {}\nrefresh-date: today\n", state.channel));
        }
        if let Some(hold) = &state.hold {
            text.push_str(&format!("hold:         {hold}\n"));
        }
        text.push_str("channels:\n");
        for (track, risks) in tracks(&store) {
            for risk in ["stable", "candidate", "beta", "edge"] {
                let channel = format!("{track}/{risk}:");
                match risks.get(&*format!("{track}/{risk}")) {
                    Some(build) => text.push_str(&format!(
                        "  {channel:<18} {} 2026-02-01 ({}) 180MB classic\n",
                        build.version, build.revision
                    )),
                    None => text.push_str(&format!("  {channel:<18} ^\n")),
                }
            }
        }
        if let Some(build) = &state.installed {
            text.push_str(&format!(
                "installed:          {}            ({}) 180MB {}\n",
                build.version,
                build.revision,
                notes(state)
            ));
        }
    });
    Outcome::said(text)
}

/// The store's channels by track.
fn tracks(store: &store::Store) -> Vec<(String, &store::Store)> {
    let mut tracks: Vec<String> = store
        .keys()
        .filter_map(|channel| channel.split_once('/'))
        .map(|(track, _)| track.to_owned())
        .collect();
    tracks.dedup();
    tracks.into_iter().map(|track| (track, store)).collect()
}

pub(crate) fn changes(node: &Node) -> Outcome {
    let time = |time: SystemTime| humantime::format_rfc3339_seconds(time).to_string();
    node.read(|state| {
        if state.changes.is_empty() {
            return Outcome::complained(0, "error: no changes found");
        }
        let mut rows = vec![row(&["ID", "Status", "Spawn", "Ready", "Summary"])];
        for (number, change) in (1..).zip(&state.changes) {
            let ready = change.ended.map_or_else(|| "-".into(), time);
            rows.push(row(&[
                &format!("{number}"),
                &change.status,
                &time(change.started),
                &ready,
                &change.summary,
            ]));
        }
        Outcome::said(table(&rows))
    })
}

pub(crate) fn get(node: &Node, arguments: &Arguments) -> Outcome {
    let key = arguments.names.get(1).map_or("", String::as_str);
    match node.read(|state| state.config.clone()).filter(|_| key == "config") {
        Some(value) => Outcome::said(value),
        None => {
            Outcome::complained(1, format!("error: snap \"{NAME}\" has no \"{key}\" configuration option"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_with_two_spaces() {
        let rows = [row(&["Name", "Version", "Notes"]), row(&["microk8s", "v1.35.4", "classic"])];
        assert_eq!(table(&rows), "Name      Version  Notes\nmicrok8s  v1.35.4  classic\n");
    }
}
