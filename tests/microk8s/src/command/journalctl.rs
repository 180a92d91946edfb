//! `journalctl`, for the units of the snap.

use crate::host;
use crate::journal::{Entry, Journal};
use crate::outcome::Outcome;
use crate::services::Service;
use std::time::{Duration, UNIX_EPOCH};

#[derive(Debug, Default)]
struct Options {
    units: Vec<String>,
    lines: Option<usize>,
    format: String,
    reverse: bool,
    since: Option<u64>,
    patterns: Vec<String>,
}

fn parse(arguments: &[String]) -> Result<Options, Outcome> {
    let mut options = Options { format: "short".into(), ..Options::default() };
    let mut words = arguments.iter().flat_map(|argument| match argument.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") => vec![flag.to_owned(), value.to_owned()],
        _ => match argument.split_at_checked(2) {
            // `-n20` and `-ucat` are as good as two words.
            Some((flag @ ("-n" | "-u" | "-o"), value)) if !value.is_empty() => {
                vec![flag.to_owned(), value.to_owned()]
            }
            _ => vec![argument.clone()],
        },
    });
    while let Some(word) = words.next() {
        let mut value =
            || words.next().ok_or_else(|| complain(&format!("option '{word}' requires an argument")));
        match word.as_str() {
            "-u" | "--unit" => options.units.push(value()?),
            "-n" | "--lines" => {
                let text = value()?;
                options.lines = match text.as_str() {
                    "all" => None,
                    number => Some(
                        number.parse().map_err(|_| complain(&format!("Failed to parse lines '{text}'")))?,
                    ),
                };
            }
            "-o" | "--output" => options.format = value()?,
            "-r" | "--reverse" => options.reverse = true,
            "-g" | "--grep" => options.patterns.push(value()?),
            "-S" | "--since" => options.since = since(&value()?),
            "--no-pager" | "-q" | "--quiet" | "-a" | "--all" | "-x" | "-e" | "--no-hostname" | "-b"
            | "--boot" => {}
            other => return Err(complain(&format!("unrecognized option '{other}'"))),
        }
    }
    Ok(options)
}

fn complain(reason: &str) -> Outcome {
    Outcome::complained(1, format!("journalctl: {reason}"))
}

/// The forms of a time that matter here: seconds since 1970, a span before now, a date with its time in UTC.
fn since(text: &str) -> Option<u64> {
    let micros = |time: Duration| u64::try_from(time.as_micros()).ok();
    if let Some(seconds) = text.strip_prefix('@') {
        return seconds.parse().ok().map(Duration::from_secs_f64).and_then(micros);
    }
    let ago = text.strip_prefix('-').or_else(|| text.strip_suffix(" ago"));
    let time = match ago {
        Some(span) => {
            std::time::SystemTime::now().checked_sub(humantime::parse_duration(span.trim()).ok()?)?
        }
        None => humantime::parse_rfc3339_weak(text).ok()?,
    };
    time.duration_since(UNIX_EPOCH).ok().and_then(micros)
}

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let options = match parse(arguments) {
        Ok(options) => options,
        Err(outcome) => return outcome,
    };
    let units = if options.units.is_empty() {
        Service::ALL.map(Service::unit).to_vec()
    } else {
        options.units.clone()
    };
    let mut entries: Vec<Entry> = units.iter().flat_map(|unit| Journal::of(unit).entries()).collect();
    entries.sort_by_key(|entry| entry.time);
    entries.retain(|entry| options.since.is_none_or(|since| entry.time >= since));
    entries.retain(|entry| options.patterns.iter().all(|pattern| entry.message.contains(pattern)));
    if let Some(lines) = options.lines {
        entries.drain(..entries.len().saturating_sub(lines));
    }
    if options.reverse {
        entries.reverse();
    }
    if entries.is_empty() {
        return Outcome::said("-- No entries --");
    }
    let host = host::hostname().unwrap_or_default();
    Outcome::said(entries.iter().map(|entry| line(entry, &options.format, &host)).collect::<String>())
}

fn line(entry: &Entry, format: &str, host: &str) -> String {
    let Entry { identifier, pid, message, .. } = entry;
    let time = UNIX_EPOCH + Duration::from_micros(entry.time);
    let exact = humantime::format_rfc3339_seconds(time).to_string();
    match format {
        "cat" => format!("{message}\n"),
        "json" => {
            let fields = serde_json::json!({
                "__REALTIME_TIMESTAMP": entry.time.to_string(),
                "SYSLOG_IDENTIFIER": identifier,
                "_PID": pid.to_string(),
                "MESSAGE": message,
            });
            format!("{fields}\n")
        }
        "short-iso" => {
            format!("{}+00:00 {host} {identifier}[{pid}]: {message}\n", exact.trim_end_matches('Z'))
        }
        _ => format!("{} {host} {identifier}[{pid}]: {message}\n", syslog(&exact)),
    }
}

/// `Nov 25 18:50:01` for `2026-11-25T18:50:01Z`.
fn syslog(exact: &str) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (date, time) = exact.split_once('T').unwrap_or((exact, ""));
    let mut parts = date.split('-').skip(1);
    let month = parts.next().and_then(|month| month.parse::<usize>().ok()).unwrap_or(1);
    let name = MONTHS.get(month.saturating_sub(1)).copied().unwrap_or_default();
    format!("{name} {} {}", parts.next().unwrap_or_default(), time.trim_end_matches('Z'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_journals_forms() {
        let entry = Entry {
            time: 1_795_632_601_000_000,
            identifier: "systemd".into(),
            pid: 1,
            message: "Started".into(),
        };
        assert_eq!(line(&entry, "short", "cp1"), "Nov 25 18:50:01 cp1 systemd[1]: Started\n");
        assert_eq!(line(&entry, "short-iso", "cp1"), "2026-11-25T18:50:01+00:00 cp1 systemd[1]: Started\n");
        assert_eq!(line(&entry, "cat", "cp1"), "Started\n");
    }

    #[test]
    fn options_are_read_in_every_form() {
        let words =
            ["-u", "snap.microk8s.daemon-kubelite", "-n20", "--no-pager", "--output=cat"].map(str::to_owned);
        let options = parse(&words).unwrap();
        assert_eq!((options.lines, options.format.as_str()), (Some(20), "cat"));
        assert_eq!(options.units, ["snap.microk8s.daemon-kubelite"]);
        assert_eq!(parse(&["--nope".to_owned()]).unwrap_err().code, 1);
        assert_eq!(since("@1.5"), Some(1_500_000));
    }
}
