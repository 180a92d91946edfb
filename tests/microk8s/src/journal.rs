//! The node's journal: one file for each unit, written by the daemon and read by `journalctl`.

use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// One line of the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Microseconds since 1970.
    pub(crate) time: u64,
    /// What the line's author calls itself.
    pub(crate) identifier: String,
    /// The author's process id.
    pub(crate) pid: u32,
    /// The line.
    pub(crate) message: String,
}

/// A file this large is set aside, in place of the one that was set aside before: a node's disk is small.
const LARGEST: u64 = 4 * 1024 * 1024;

/// The journal of one unit.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    file: PathBuf,
}

impl Journal {
    /// `unit` with or without its suffix.
    pub(crate) fn of(unit: &str) -> Self {
        let name = unit.strip_suffix(".service").unwrap_or(unit).replace('/', "-");
        Self { file: PathBuf::from("/var/log/journal").join(format!("{name}.jsonl")) }
    }

    /// Adds a line. A journal that cannot be written stops nothing, as on a real node.
    pub(crate) fn write(&self, identifier: &str, pid: u32, message: &str) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        let entry = Entry { time, identifier: identifier.into(), pid, message: message.into() };
        let Ok(mut line) = serde_json::to_string(&entry) else { return };
        line.push('\n');
        if let Some(directory) = self.file.parent() {
            let _ = std::fs::create_dir_all(directory);
        }
        if std::fs::metadata(&self.file).is_ok_and(|metadata| metadata.len() > LARGEST) {
            let _ = std::fs::rename(&self.file, self.aside());
        }
        let opened = std::fs::OpenOptions::new().create(true).append(true).open(&self.file);
        let _ = opened.and_then(|mut file| file.write_all(line.as_bytes()));
    }

    /// What systemd says about the unit.
    pub(crate) fn systemd(&self, message: &str) {
        self.write("systemd", 1, message);
    }

    fn aside(&self) -> PathBuf {
        self.file.with_extension("old.jsonl")
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        let text = |file| std::fs::read_to_string(file).unwrap_or_default();
        let text = text(self.aside()) + &text(self.file.clone());
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}
