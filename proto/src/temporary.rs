//! Private directories for sockets and keys: short, of this user alone, and gone with the process.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// How old a directory must be before it can be taken for a dead process's. The process of another container
/// may share the directory and not be seen from here; it has connected by then, and needs its socket no more.
#[cfg(unix)]
const SURELY_LEFT: Duration = Duration::from_secs(10 * 60);

/// Makes a directory that only this user can enter, and whose path has at most `longest` bytes. It is below
/// `$TMPDIR` if that is an absolute path that is short enough and without any character that means something
/// to a shell, to `ssh`, or to Terraform's handshake; otherwise below `/tmp`. Removes what dead processes of
/// this user left there under the same `prefix`.
pub fn private_directory(prefix: &str, longest: usize) -> io::Result<TempDir> {
    private_directory_in(&std::env::temp_dir(), prefix, longest)
}

/// The same in another directory than `$TMPDIR`.
pub(crate) fn private_directory_in(parent: &Path, prefix: &str, longest: usize) -> io::Result<TempDir> {
    let own = format!("{prefix}-{}-", std::process::id());
    let short = longest.saturating_sub("/XXXXXX".len() + own.len());
    let parent = if is_plain(parent, short) { parent.to_owned() } else { PathBuf::from("/tmp") };
    let mut builder = tempfile::Builder::new();
    builder.prefix(&own);
    #[cfg(unix)]
    {
        remove_leftovers(&parent, prefix);
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o700));
    }
    builder.tempdir_in(parent)
}

/// Whether a path can be said everywhere as it is.
fn is_plain(path: &Path, longest: usize) -> bool {
    let plain = |one: char| one.is_ascii_alphanumeric() || "/._-+,=@".contains(one);
    path.is_absolute() && path.to_str().is_some_and(|text| text.len() <= longest && text.chars().all(plain))
}

/// Removes what processes that were killed left. What cannot be removed stays.
#[cfg(unix)]
fn remove_leftovers(parent: &Path, prefix: &str) {
    use std::os::unix::fs::MetadataExt;
    let user = rustix::process::getuid().as_raw();
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let of = name.to_str().and_then(|name| process_of(name, prefix));
        let Some(process) = of.and_then(rustix::process::Pid::from_raw) else { continue };
        let Ok(metadata) = std::fs::symlink_metadata(entry.path()) else { continue };
        let old = metadata.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age > SURELY_LEFT));
        let dead = rustix::process::test_kill_process(process) == Err(rustix::io::Errno::SRCH);
        if metadata.is_dir() && metadata.uid() == user && old && dead {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The process whose directory has that name.
#[cfg(unix)]
fn process_of(name: &str, prefix: &str) -> Option<i32> {
    let (process, random) = name.strip_prefix(prefix)?.strip_prefix('-')?.split_once('-')?;
    let is_ours = random.len() == 6 && random.chars().all(|one| one.is_ascii_alphanumeric());
    process.parse().ok().filter(|process| is_ours && *process > 1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs::File;
    use std::time::SystemTime;

    #[test]
    fn a_directory_for_temporary_files_that_cannot_be_said_everywhere_is_passed_over() {
        let long = format!("/{}", "x".repeat(120));
        for odd in ["", "relative", "./x", "/tmp/a|b", "/tmp/a b", "/tmp/a%h", "/tmp/a'b", "/tmp/a\nb", &long]
        {
            let made = private_directory_in(Path::new(odd), "odd", 60).unwrap();
            assert_eq!(made.path().parent(), Some(Path::new("/tmp")), "{odd:?}");
        }
        let plain = tempfile::tempdir().unwrap();
        let made = private_directory_in(plain.path(), "plain", 100).unwrap();
        assert_eq!(made.path().parent(), Some(plain.path()));
        assert!(made.path().as_os_str().len() <= 100);
    }

    #[test]
    fn what_a_dead_process_left_is_removed_and_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        let dead = {
            #[expect(clippy::disallowed_methods, reason = "a process that has ended is needed here")]
            let mut child = std::process::Command::new("true").spawn().unwrap();
            let id = child.id();
            child.wait().unwrap();
            id
        };
        let aged = |name: &str| {
            let path = parent.path().join(name);
            std::fs::create_dir(&path).unwrap();
            std::fs::write(path.join("key"), "secret").unwrap();
            let then = SystemTime::now() - 2 * SURELY_LEFT;
            File::open(&path).unwrap().set_modified(then).unwrap();
            path
        };
        let left = aged(&format!("tf-{dead}-abcDEF"));
        let kept = [
            aged(&format!("tf-{}-abcDEF", std::process::id())),
            aged(&format!("other-{dead}-abcDEF")),
            aged(&format!("tf-{dead}-abc")),
            aged("tf-abcDEF"),
            parent.path().join(format!("tf-{dead}-abcDEG")),
        ];
        std::fs::create_dir(&kept[4]).unwrap();
        let outside = aged("outside");
        let link = parent.path().join(format!("tf-{dead}-abcDEH"));
        std::os::unix::fs::symlink(&outside, &link).unwrap();
        let made = private_directory_in(parent.path(), "tf", 200).unwrap();
        assert!(!left.exists());
        for path in kept.iter().chain([&outside, &outside.join("key"), &link]) {
            assert!(path.exists(), "{}", path.display());
        }
        let path = made.path().to_owned();
        drop(made);
        assert!(!path.exists());
    }
}
