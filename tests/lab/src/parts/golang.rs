//! Making parts from Go modules.

use super::cache;
use super::table::Module;
use crate::machine::disk::make_folder;
use crate::{LabError, process};
use nix::sys::statvfs::statvfs;
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::process::Command;

/// Builds a program. What is not finished never has its name.
pub(super) async fn build(name: &str, module: &Module, package: &str) -> Result<PathBuf, LabError> {
    let workshop = Workshop::open(module)?;
    let unfinished = workshop.folder.path().join(name);
    let mut command =
        workshop.go(&["build", "-mod=readonly", "-trimpath", "-ldflags", &module.link_flags(), "-o"]);
    command.arg(&unfinished).arg(package);
    process::output(&format!("build {name}"), command).await.map_err(|error| without_go(name, error))?;
    let folder = cache::folder_of(name, module)?;
    make_folder(&folder)?;
    let finished = folder.join(name);
    fs::rename(&unfinished, &finished).map_err(LabError::system("move into place", &finished))?;
    Ok(finished)
}

/// Copies folders of the module into the cache.
pub(super) async fn copy_files(name: &str, module: &Module, folders: &[&str]) -> Result<PathBuf, LabError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Download {
        dir: PathBuf,
    }
    let action = format!("download the module of {name}");
    let workshop = Workshop::open(module)?;
    let command = workshop.go(&["mod", "download", "-json", module.path]);
    let answer = process::output(&action, command).await.map_err(|error| without_go(name, error))?;
    let Download { dir } =
        serde_json::from_str(&answer).map_err(|error| LabError::failed(&action, error.to_string()))?;
    let unfinished = workshop.folder.path().join("files");
    for folder in folders {
        copy(&dir.join(folder), &unfinished.join(folder))?;
    }
    let finished = cache::folder_of(name, module)?;
    fs::rename(&unfinished, &finished).map_err(LabError::system("move into place", &finished))?;
    Ok(finished)
}

fn copy(from: &Path, to: &Path) -> Result<(), LabError> {
    make_folder(to)?;
    for entry in fs::read_dir(from).map_err(LabError::system("read", from))? {
        let path = entry.map_err(LabError::system("read", from))?.path();
        let Some(target) = path.file_name().map(|name| to.join(name)) else { continue };
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            // Files of the module cache are read-only, these should not be; nor does a module keep what is
            // executable.
            let content = fs::read(&path).map_err(LabError::system("read", &path))?;
            fs::write(&target, content).map_err(LabError::system("write", &target))?;
        }
    }
    Ok(())
}

/// A folder with a group's go.mod, in the cache's file system so that results can be moved into place.
struct Workshop {
    folder: TempDir,
}

impl Workshop {
    fn open(module: &Module) -> Result<Workshop, LabError> {
        let cache = cache::folder()?;
        let folder = tempfile::tempdir_in(&cache).map_err(LabError::system("make a folder in", &cache))?;
        for (name, text) in [("go.mod", module.go_mod), ("go.sum", module.go_sum)] {
            let file = folder.path().join(name);
            fs::write(&file, text).map_err(LabError::system("write", &file))?;
        }
        for (path, place) in module.stubs() {
            stub(path, &folder.path().join(place))?;
        }
        Ok(Workshop { folder })
    }

    /// `go` with nothing of the user's settings that would change what is built.
    fn go(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("go");
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("CGO_ENABLED", "0")
            .env("GOFLAGS", "")
            .env("GOWORK", "off");
        if let Some(memory) = roomy_memory() {
            command.env("GOTMPDIR", memory);
        }
        command
    }
}

/// Writes a module in place of a backend of Terraform's own repository.
fn stub(path: &str, folder: &Path) -> Result<(), LabError> {
    make_folder(folder)?;
    let package = format!(
        "package {}\n\nimport \"github.com/hashicorp/terraform/internal/backend\"\n\n\
         func New() backend.Backend {{ return nil }}\n",
        path.rsplit('/').next().unwrap_or_default()
    );
    for (name, text) in [("go.mod", format!("module {path}\n\ngo 1.21\n")), ("stub.go", package)] {
        let file = folder.join(name);
        fs::write(&file, text).map_err(LabError::system("write", &file))?;
    }
    Ok(())
}

/// The disk is what slows these builds down, so their scratch files go to memory where there is room.
fn roomy_memory() -> Option<&'static str> {
    const MEMORY: &str = "/dev/shm";
    const ROOM: u64 = 4 << 30;
    let about = statvfs(MEMORY).ok()?;
    (about.blocks_available().saturating_mul(about.fragment_size()) > ROOM).then_some(MEMORY)
}

/// Says what to do where it is Go itself that is missing.
fn without_go(name: &str, error: LabError) -> LabError {
    if super::on_search_path("go").is_some() {
        return error;
    }
    let advice = "it is built with Go, which is not on the search path: install Go 1.21 or newer";
    LabError::Unsupported {
        missing: vec![format!("{name} is not here; {advice}, or put it on the search path")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_copied_whole_and_can_be_written() {
        let scratch = tempfile::tempdir().unwrap();
        let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
        fs::create_dir_all(from.join("b")).unwrap();
        fs::write(from.join("b/a.yaml"), "kind: A").unwrap();
        let read_only = std::os::unix::fs::PermissionsExt::from_mode(0o444);
        fs::set_permissions(from.join("b/a.yaml"), read_only).unwrap();
        copy(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("b/a.yaml")).unwrap(), "kind: A");
        assert!(!fs::metadata(to.join("b/a.yaml")).unwrap().permissions().readonly());
    }
}
