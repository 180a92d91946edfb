//! What a Proxmox server keeps: volumes in datastores, and virtual machines by their numbers.

use lab::hypervisor::Hypervisor;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tfplugin::{Diagnostic, Diagnostics};

/// The server that the lab is.
pub(crate) struct Server {
    pub(crate) hypervisor: Hypervisor,
    folder: PathBuf,
}

/// What the server has to know about a virtual machine besides what the lab does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The machine of the lab.
    pub(crate) guest: String,
    /// Whether the guest runs a QEMU guest agent.
    pub(crate) has_agent: bool,
}

/// The first number of a virtual machine.
const FIRST: i64 = 100;
const LAST: i64 = 999_999_999;

impl Default for Server {
    fn default() -> Server {
        Server::at(Path::new(lab::holder::FOLDER).join("proxmox"))
    }
}

/// An error about something that the server has.
pub(crate) fn failed(action: &str, error: impl std::fmt::Display) -> Diagnostics {
    Diagnostic::error(format!("Unable to {action}"), format!("The lab's Proxmox server: {error}")).into()
}

impl Server {
    /// A server that keeps what it has in this folder.
    pub(crate) fn at(folder: PathBuf) -> Server {
        Server { hypervisor: Hypervisor::default(), folder }
    }

    /// Where a volume such as `local:snippets/cp1.yaml` is; nothing where that is no volume's id.
    fn volume(&self, id: &str) -> Option<PathBuf> {
        let (datastore, path) = id.split_once(':')?;
        let (kind, name) = path.split_once('/')?;
        let is_plain = |part: &str| !part.is_empty() && !part.contains(['/', ':']) && part != "..";
        [datastore, kind, name]
            .into_iter()
            .all(is_plain)
            .then(|| self.folder.join("volumes").join(datastore).join(kind).join(name))
    }

    /// Writes a volume.
    pub(crate) fn write_volume(&self, id: &str, content: &str) -> Result<(), Diagnostics> {
        let action = format!("write the volume {id}");
        let path = self.volume(id).ok_or_else(|| failed(&action, "that is no volume's id"))?;
        write(&path, content.as_bytes()).map_err(|error| failed(&action, error))
    }

    /// A volume's content; nothing where there is none.
    pub(crate) fn read_volume(&self, id: &str) -> Result<Option<String>, Diagnostics> {
        let Some(path) = self.volume(id) else { return Ok(None) };
        found(fs::read_to_string(path)).map_err(|error| failed(&format!("read the volume {id}"), error))
    }

    /// Removes a volume; nothing to do where there is none.
    pub(crate) fn remove_volume(&self, id: &str) -> Result<(), Diagnostics> {
        let Some(path) = self.volume(id) else { return Ok(()) };
        found(fs::remove_file(path))
            .map(drop)
            .map_err(|error| failed(&format!("remove the volume {id}"), error))
    }

    /// Takes a number for a virtual machine: this one, else the next that is free.
    pub(crate) fn take_number(&self, wanted: Option<i64>) -> Result<i64, Diagnostics> {
        let candidates = wanted.map_or(FIRST..=LAST, |number| number..=number);
        for number in candidates {
            let path = self.record(number);
            let taken =
                path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create_new(&path));
            match taken {
                Ok(_) => return Ok(number),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&format!("take the number {number}"), error)),
            }
        }
        Err(failed(
            "create the VM",
            format!("unable to create VM {}: it already exists", wanted.unwrap_or(LAST)),
        ))
    }

    fn record(&self, number: i64) -> PathBuf {
        self.folder.join("vms").join(number.to_string())
    }

    /// Notes what virtual machine has a number.
    pub(crate) fn note(&self, number: i64, record: &Record) -> Result<(), Diagnostics> {
        let action = format!("note VM {number}");
        let json = serde_json::to_vec(record).map_err(|error| failed(&action, error))?;
        write(&self.record(number), &json).map_err(|error| failed(&action, error))
    }

    /// What virtual machine has a number; nothing where there is none.
    pub(crate) fn noted(&self, number: i64) -> Result<Option<Record>, Diagnostics> {
        let action = format!("find VM {number}");
        let text = found(fs::read(self.record(number))).map_err(|error| failed(&action, error))?;
        // A number that was just taken has no record yet.
        let record = text.filter(|text| !text.is_empty()).map(|text| serde_json::from_slice(&text));
        record.transpose().map_err(|error| failed(&action, error))
    }

    /// Gives a number back.
    pub(crate) fn forget(&self, number: i64) -> Result<(), Diagnostics> {
        found(fs::remove_file(self.record(number)))
            .map(drop)
            .map_err(|error| failed(&format!("forget VM {number}"), error))
    }
}

/// Nobody else on this machine may read it: snippets have keys in them.
fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?.write_all(content)
}

fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_volumes_come_and_go() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::at(folder.path().to_owned());
        assert_eq!(server.take_number(None).unwrap(), 100);
        assert_eq!(server.take_number(None).unwrap(), 101);
        assert!(server.take_number(Some(101)).is_err());
        assert_eq!(server.noted(101).unwrap(), None);
        let record = Record { guest: "cp1".into(), has_agent: true };
        server.note(101, &record).unwrap();
        assert_eq!(server.noted(101).unwrap(), Some(record));
        server.forget(100).unwrap();
        assert_eq!(server.take_number(None).unwrap(), 100);

        let id = "local:snippets/cp1.yaml";
        assert_eq!(server.read_volume(id).unwrap(), None);
        server.write_volume(id, "text").unwrap();
        assert_eq!(server.read_volume(id).unwrap().as_deref(), Some("text"));
        server.remove_volume(id).unwrap();
        server.remove_volume(id).unwrap();
        assert_eq!(server.read_volume(id).unwrap(), None);
        assert!(server.write_volume("local:snippets/../x", "").is_err());
    }
}
