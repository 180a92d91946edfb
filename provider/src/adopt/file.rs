//! Files, replaced as a whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Bytes of the largest file that is read: 10,000 objects take some 20 MB.
const LARGEST: u64 = 64 << 20;

/// A file that was read.
pub(super) struct Source {
    path: PathBuf,
    pub(super) text: String,
}

impl Source {
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let failed = |why: &str| format!("Unable to read {}: {why}.", path.display());
        let length = fs::metadata(path).map_err(|error| failed(&error.to_string()))?.len();
        if length > LARGEST {
            return Err(failed(&format!("it has more than {} MiB", LARGEST >> 20)));
        }
        // Whatever a link leads to is replaced, not the link.
        let path = fs::canonicalize(path).map_err(|error| failed(&error.to_string()))?;
        let text = fs::read_to_string(&path).map_err(|error| failed(&error.to_string()))?;
        Ok(Self { path, text })
    }

    /// Puts `text` in its place, unless somebody changed it meanwhile.
    pub(super) fn replace(&self, text: &str) -> Result<(), String> {
        let replaced = self.try_replace(text);
        replaced
            .map_err(|error| format!("Unable to write {}: {error}. It is as it was.", self.path.display()))
    }

    fn try_replace(&self, text: &str) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().set_permissions(fs::metadata(&self.path)?.permissions())?;
        file.as_file().sync_all()?;
        if fs::read(&self.path)? != self.text.as_bytes() {
            return Err(io::Error::other("it was changed while it was read"));
        }
        file.persist(&self.path).map(drop).map_err(|error| error.error)
    }

    /// The file beside it that Terraform reads variables from.
    pub(super) fn variables(&self) -> PathBuf {
        self.path.with_extension("secret.auto.tfvars")
    }
}

/// Writes a file that its owner alone may read, and that was not there before.
pub(super) fn write_secret(path: &Path, text: &str) -> Result<(), String> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| format!("Unable to write {}: {error}. Nothing was changed.", path.display()))
}
