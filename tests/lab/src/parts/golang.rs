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

/// Copies the YAML files of a folder of the module into the cache.
pub(super) async fn copy_definitions(name: &str, module: &Module, folder: &str) -> Result<PathBuf, LabError> {
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
    let unfinished = workshop.folder.path().join("definitions");
    copy_yaml(&dir.join(folder), &unfinished)?;
    let finished = cache::folder_of(name, module)?;
    fs::rename(&unfinished, &finished).map_err(LabError::system("move into place", &finished))?;
    Ok(finished)
}

fn copy_yaml(from: &Path, to: &Path) -> Result<(), LabError> {
    make_folder(to)?;
    for entry in fs::read_dir(from).map_err(LabError::system("read", from))? {
        let path = entry.map_err(LabError::system("read", from))?.path();
        if let (Some("yaml"), Some(name)) = (path.extension().and_then(|end| end.to_str()), path.file_name())
        {
            // Copied as text: files of the module cache are read-only, these should not be.
            let text = fs::read(&path).map_err(LabError::system("read", &path))?;
            fs::write(to.join(name), text).map_err(LabError::system("write", to))?;
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
    fn only_yaml_files_are_copied() {
        let scratch = tempfile::tempdir().unwrap();
        let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
        fs::create_dir(&from).unwrap();
        fs::write(from.join("a.yaml"), "kind: A").unwrap();
        fs::write(from.join("a.go"), "package a").unwrap();
        copy_yaml(&from, &to).unwrap();
        let names: Vec<_> = fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["a.yaml"]);
    }
}
