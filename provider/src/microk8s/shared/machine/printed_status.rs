//! What `microk8s status --format yaml` prints, read line by line: it looks like YAML and often is not. Texts
//! stand there without quotes (an add-on's description may hold a colon), `nodes:` has nothing below it where
//! the datastore does not answer, and where the command breaks off it ends after some lines.

use super::datastore::{DatastoreMember, Vote};
use crate::connection::ssh::Output;

/// A whole report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PrintedStatus {
    /// Of a control plane that runs.
    Running {
        /// Of its datastore; none where that did not answer, or is an external one.
        members: Vec<DatastoreMember>,
        /// Of all repositories.
        addons: Vec<PrintedAddon>,
    },
    /// Of one that does not, with the reason.
    NotRunning(String),
}

/// An add-on, as it is printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PrintedAddon {
    pub(crate) name: String,
    pub(crate) repository: String,
    pub(crate) version: Option<String>,
    pub(crate) enabled: bool,
}

/// The report; nothing where it is none, or not a whole one.
pub(crate) fn read(output: &Output) -> Option<PrintedStatus> {
    let mut section = "";
    let (mut running, mut message, mut ends) = (None, None, false);
    let (mut members, mut addons) = (Vec::<(String, Option<Vote>)>::new(), Vec::<PrintedAddon>::new());
    for line in output.stdout.lines() {
        let text = line.trim();
        if let Some(name) = line.strip_suffix(':').filter(|name| !name.starts_with(' ')) {
            section = name;
            ends |= name == "addons";
            continue;
        }
        let Some((key, value)) = text.strip_prefix("- ").unwrap_or(text).split_once(':') else { continue };
        let value = value.trim();
        match (section, key) {
            ("microk8s", "running") => running = Some(value == "True"),
            // It comes last, wherever that is.
            ("microk8s" | "high-availability", "message") => message = Some(value.to_owned()),
            ("high-availability", "address") => members.push((value.to_owned(), None)),
            ("high-availability", "role") => members.last_mut()?.1 = Vote::parse(value),
            ("addons", "name") => {
                addons.push(PrintedAddon { name: value.to_owned(), ..PrintedAddon::default() });
            }
            ("addons", "repository") => addons.last_mut()?.repository = value.to_owned(),
            ("addons", "version") => {
                addons.last_mut()?.version = Some(value.to_owned()).filter(|version| !version.is_empty());
            }
            ("addons", "status") => addons.last_mut()?.enabled = value == "enabled",
            _ => {}
        }
    }
    if !running? {
        let reason = message.unwrap_or_else(|| "microk8s is not running".to_owned());
        return Some(PrintedStatus::NotRunning(reason));
    }
    let members = members.into_iter().map(|(address, vote)| Some(DatastoreMember { address, vote: vote? }));
    let members = members.collect::<Option<Vec<_>>>()?;
    (output.succeeded() && ends).then_some(PrintedStatus::Running { members, addons })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "microk8s:\n  running: True\nhigh-availability:\n  enabled: True\n  nodes:\n    - address: 10.0.0.1:19001\n      \
                          role: voter\n    - address: 10.0.0.4:19001\n      role: standby\naddons:\n  - name: dns\n    repository: core\n    \
                          description: CoreDNS: the cluster's names\n    version: 5.0\n    status: enabled\n  - name: on\n    \
                          repository: other\n    description: # x\n      and: more\n    version: \n    status: disabled\n";

    fn output(code: i32, stdout: &str) -> Output {
        Output { code, stdout: stdout.to_owned(), stderr: String::new() }
    }

    fn member(last: u8, vote: Vote) -> DatastoreMember {
        DatastoreMember { address: format!("10.0.0.{last}:19001"), vote }
    }

    #[test]
    fn texts_need_no_quotes() {
        let Some(PrintedStatus::Running { members, addons }) = read(&output(0, REPORT)) else { panic!() };
        assert_eq!(members, [member(1, Vote::Voter), member(4, Vote::Standby)]);
        let addon = |name: &str, repository: &str, version: Option<&str>, enabled| PrintedAddon {
            name: name.into(),
            repository: repository.into(),
            version: version.map(str::to_owned),
            enabled,
        };
        assert_eq!(addons, [addon("dns", "core", Some("5.0"), true), addon("on", "other", None, false)]);
    }

    #[test]
    fn members_that_did_not_answer_are_none() {
        let (head, _) = REPORT.split_once("    - address").unwrap();
        let (_, tail) = REPORT.split_once("standby\n").unwrap();
        let Some(PrintedStatus::Running { members, addons }) = read(&output(0, &format!("{head}{tail}")))
        else {
            panic!()
        };
        assert_eq!((members, addons.len()), (Vec::new(), 2));
    }

    #[test]
    fn a_report_that_broke_off_is_none() {
        let lines: Vec<&str> = REPORT.split_inclusive('\n').collect();
        for count in 0..=lines.len() {
            let begun = lines.get(..count).unwrap().concat();
            assert_eq!(read(&output(1, &begun)), None, "{begun}");
        }
        let without_addons = REPORT.split_once("addons").unwrap().0;
        assert_eq!(read(&output(0, without_addons)), None);
        assert_eq!(read(&output(0, "microk8s is not running, try microk8s start\n")), None);
    }

    #[test]
    fn the_reason_is_found_behind_the_members() {
        let stopped = "microk8s:\n  running: False\nhigh-availability:\n  enabled: True\n  nodes:\n    - address: 10.0.0.1:19001\n      \
                       role: voter\n  message: microk8s is not running. Use: microk8s inspect\n";
        let reason = "microk8s is not running. Use: microk8s inspect".to_owned();
        assert_eq!(read(&output(1, stopped)), Some(PrintedStatus::NotRunning(reason)));
    }
}
