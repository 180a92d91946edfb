//! The private directory of this process: control sockets, forwarded ports, pinned host keys, and a key while
//! it is used.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// A directory that only this user can enter and that goes away with the process, however it ends.
pub(crate) struct PrivateDirectory {
    directory: TempDir,
    used: u32,
    /// Holds the other end of a pipe: it removes the directory when this process is gone, also after
    /// `kill -9`.
    _janitor: Child,
}

/// `ssh` binds its control socket under a name that is longer by some 30 bytes, and a Unix socket's path has
/// 104 bytes on some systems, so the directory's own path must stay short.
const LONGEST: usize = 72;

impl PrivateDirectory {
    pub(crate) fn new() -> io::Result<Self> {
        let directory = tfplugin::temporary::private_directory("microk8s", LONGEST)?;
        let janitor = Command::new("sh")
            .args(["-c", "trap '' INT TERM HUP; read -r _; rm -rf -- \"$1\"", "sh"])
            .arg(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Self { directory, used: 0, _janitor: janitor })
    }

    /// A new directory in it, with a short name.
    pub(crate) fn next(&mut self) -> io::Result<PathBuf> {
        self.used += 1;
        let path = self.directory.path().join(self.used.to_string());
        std::fs::create_dir(&path)?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[tokio::test]
    async fn nobody_else_can_enter_and_nothing_is_left() {
        let directory = PrivateDirectory::new().unwrap();
        let path = directory.directory.path().to_owned();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        drop(directory);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn the_janitor_removes_it_when_nobody_else_can() {
        let PrivateDirectory { directory, _janitor: mut janitor, .. } = PrivateDirectory::new().unwrap();
        let path = directory.keep();
        std::fs::write(path.join("key"), "secret").unwrap();
        drop(janitor.stdin.take());
        janitor.wait().await.unwrap();
        assert!(!path.exists());
    }
}
