//! `systemctl`, `modprobe` and `lsmod`: a lab node has neither systemd nor a kernel of its own. Which units
//! there are, what is enabled and what each boot loads is read from the files that the real programs read.

use crate::failure::Result;
use crate::layout::{Layout, read_or_empty, remove, write};
use crate::outcome::Outcome;
use std::path::PathBuf;

/// Modules that can be loaded. Those of a real kernel are many; here they only have to be there or not.
const MODULES: [&str; 6] = ["br_netfilter", "dm_crypt", "iscsi_tcp", "nbd", "nvme_tcp", "vfio_pci"];
/// Where packages keep their units.
const UNITS: [&str; 3] = ["etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"];

/// What a boot does: it loads the modules and starts the services that it was told to.
pub(crate) fn boot(layout: &Layout) -> Result<()> {
    for file in files(layout.under("etc/modules-load.d")) {
        for module in read_or_empty(&file).lines().filter(|line| !line.starts_with('#')) {
            write(&layout.under(LOADED).join(module), "")?;
        }
    }
    for link in files(layout.under(WANTS)) {
        let unit = link.file_name().unwrap_or_default().to_string_lossy().into_owned();
        write(&active(layout, &unit), "")?;
    }
    Ok(())
}

/// Units that a boot starts.
const WANTS: &str = "etc/systemd/system/multi-user.target.wants";
/// A file for each module that is loaded.
const LOADED: &str = "run/lab/modules";

fn files(folder: PathBuf) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect()
}

/// The file that says that a unit is active.
fn active(layout: &Layout, unit: &str) -> PathBuf {
    layout.under("run/lab/units").join(unit)
}

/// The unit's full name.
fn unit(word: &str) -> String {
    if word.contains('.') { word.to_owned() } else { format!("{word}.service") }
}

/// The words without the `--` that ends the options, which both programs take (their `getopt_long`).
fn words(arguments: &[String]) -> Vec<&str> {
    let end = arguments.iter().position(|word| word == "--");
    let words = arguments.iter().enumerate().filter(|(at, _)| Some(*at) != end);
    words.map(|(_, word)| word.as_str()).collect()
}

/// What systemd would say of a service of the snap, for `systemctl show`.
pub(crate) fn note_service(layout: &Layout, unit: &str, state: &str, restarts: u32) {
    let text = format!("NRestarts={restarts}\nActiveState={state}\n");
    // A disk that is full or gone stops the service itself.
    let _ = write(&layout.under(SERVICES).join(unit), &text);
}

/// A file for each service of the snap.
const SERVICES: &str = "run/lab/services";

pub(crate) fn systemctl(layout: &Layout, arguments: &[String]) -> Result<Outcome> {
    let words = words(arguments);
    match words.as_slice() {
        ["is-enabled", "--quiet", name] => {
            Ok(Outcome::silent(u8::from(!layout.under(WANTS).join(unit(name)).exists())))
        }
        ["is-active", "--quiet", name] => {
            Ok(Outcome::silent(if active(layout, &unit(name)).exists() { 0 } else { 3 }))
        }
        ["enable", "--now", names @ ..] => {
            for name in names.iter().map(|name| unit(name)) {
                if !UNITS.iter().any(|folder| layout.under(folder).join(&name).exists()) {
                    let text = format!("Failed to enable unit: Unit file {name} does not exist.");
                    return Ok(Outcome::complained(1, text));
                }
                write(&layout.under(WANTS).join(&name), "")?;
                write(&active(layout, &name), "")?;
            }
            Ok(Outcome::silent(0))
        }
        ["disable", "--now", names @ ..] => {
            for name in names.iter().map(|name| unit(name)) {
                remove(&layout.under(WANTS).join(&name))?;
                remove(&active(layout, &name))?;
            }
            Ok(Outcome::silent(0))
        }
        // systemd knows nothing of a unit that never ran, and says it is inactive.
        ["show", "--property=ActiveState,NRestarts", name] => {
            let text = read_or_empty(&layout.under(SERVICES).join(name.trim_end_matches(".service")));
            let never = "NRestarts=0\nActiveState=inactive\n";
            Ok(Outcome::said(if text.is_empty() { never.trim_end() } else { text.trim_end() }))
        }
        // The start limit of a service is counted anew with each start that somebody asks for.
        ["reset-failed", _] => Ok(Outcome::silent(0)),
        ["restart", name] if active(layout, &unit(name)).exists() => Ok(Outcome::silent(0)),
        _ => Ok(Outcome::complained(1, format!("systemctl {} is not in this lab", words.join(" ")))),
    }
}

pub(crate) fn modprobe(layout: &Layout, arguments: &[String]) -> Result<Outcome> {
    for module in words(arguments).into_iter().filter(|word| *word != "--all") {
        if !MODULES.contains(&module) {
            let text = format!("modprobe: FATAL: Module {module} not found in directory /lib/modules/lab");
            return Ok(Outcome::complained(1, text));
        }
        write(&layout.under(LOADED).join(module), "")?;
    }
    Ok(Outcome::silent(0))
}

pub(crate) fn lsmod(layout: &Layout) -> Outcome {
    let rows: String = files(layout.under(LOADED))
        .iter()
        .map(|file| format!("{:<23} 16384  0\n", file.file_name().unwrap_or_default().to_string_lossy()))
        .collect();
    Outcome::said(format!("Module                  Size  Used by\n{rows}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_enabled_comes_back_at_boot_and_what_was_only_started_does_not() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        let call = |words: &str| {
            systemctl(&layout, &words.split(' ').map(str::to_owned).collect::<Vec<_>>()).unwrap()
        };
        assert_eq!(call("enable --now iscsid").code, 1);
        write(&layout.under("usr/lib/systemd/system/iscsid.service"), "").unwrap();
        assert_eq!((call("enable --now -- iscsid").code, call("is-active --quiet iscsid").code), (0, 0));
        modprobe(&layout, &["--all".into(), "--".into(), "nbd".into()]).unwrap();
        write(&layout.under("etc/modules-load.d/own.conf"), "# own\niscsi_tcp\n").unwrap();
        remove(&layout.under("run")).unwrap();
        assert_eq!(call("is-active --quiet iscsid").code, 3);
        boot(&layout).unwrap();
        assert_eq!(call("is-active --quiet iscsid").code, 0);
        let loaded = lsmod(&layout).stdout;
        assert!(
            loaded.contains("iscsi_tcp ") && !loaded.contains("nbd ") && !loaded.contains("own"),
            "{loaded}"
        );
        assert_eq!(modprobe(&layout, &["nothing".into()]).unwrap().code, 1);
        let shown = |unit: &str| call(&format!("show --property=ActiveState,NRestarts {unit}")).stdout;
        assert_eq!(shown("snap.x").trim(), "NRestarts=0\nActiveState=inactive");
        note_service(&layout, "snap.x", "activating", 3);
        assert_eq!(shown("snap.x").trim(), "NRestarts=3\nActiveState=activating");
    }
}
