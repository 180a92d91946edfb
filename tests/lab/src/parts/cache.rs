//! The folder outside the repository in which parts are kept that were made once.

use super::table::Module;
use crate::LabError;
use crate::machine::disk::make_folder;
use std::env;
use std::fs::File;
use std::path::PathBuf;

/// `$XDG_CACHE_HOME/terraform-provider-microk8s/parts`, by default below `~/.cache`.
pub(super) fn folder() -> Result<PathBuf, LabError> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base =
        absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache"))).ok_or_else(|| {
            LabError::failed(
                "find a folder for what the lab builds",
                "neither XDG_CACHE_HOME nor HOME is an absolute path",
            )
        })?;
    Ok(base.join("terraform-provider-microk8s/parts"))
}

/// Where a part is, once it is made. A new version is another folder.
pub(super) fn folder_of(part: &str, module: &Module) -> Result<PathBuf, LabError> {
    let version = module.version().ok_or_else(|| {
        LabError::failed(format!("find {part}"), format!("its go.mod does not pin {}", module.path))
    })?;
    Ok(folder()?.join(format!("{part}-{version}")))
}

/// Waits until no other lab makes parts, and keeps others waiting while the value lives.
pub(super) async fn lock() -> Result<File, LabError> {
    let folder = folder()?;
    make_folder(&folder)?;
    let path = folder.join("lock");
    let file = File::create(&path).map_err(LabError::system("make", &path))?;
    let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
    match locked {
        Ok(result) => result.map_err(LabError::system("lock", &path)),
        Err(error) => Err(LabError::failed("wait for other labs that build", error.to_string())),
    }
}
