//! The real programs and data that a lab is put together from.
//!
//! Debian packages are installed where they are missing. Programs are taken from `$KUBEBUILDER_ASSETS`, then
//! from the search path, else built once from Go modules into a cache outside the repository; manifests,
//! charts and scripts are read from Go modules into the same cache. All of that happens once, and one lab at
//! a time does it.

mod cache;
mod debian;
mod golang;
mod table;

use crate::LabError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;
use table::{PARTS, Part, Source};

/// Where the parts are on this machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Parts {
    /// Programs by their file names.
    pub programs: BTreeMap<String, PathBuf>,
    /// Folders with manifests, charts and scripts, each below its path in the module that it is of.
    pub files: BTreeMap<String, PathBuf>,
}

impl Parts {
    /// Where a program is.
    pub fn program(&self, name: &str) -> Result<PathBuf, LabError> {
        self.programs
            .get(name)
            .cloned()
            .ok_or_else(|| LabError::failed(format!("find {name}"), "no such part"))
    }

    fn add(&mut self, part: &Part, path: PathBuf) {
        match part.source {
            Source::Package { .. } => return,
            Source::Program { .. } => &mut self.programs,
            Source::Files { .. } => &mut self.files,
        }
        .insert(part.name.to_owned(), path);
    }
}

/// Tells about one part.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The part.
    pub name: &'static str,
    /// What is happening with it.
    pub stage: Stage,
    /// How long that took.
    pub seconds: f64,
}

/// What is happening with a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It was there.
    Found(PathBuf),
    /// It is missing, and its making begins.
    Making,
    /// It was made.
    Made(PathBuf),
}

impl Progress {
    /// Writes a line to standard error about what is not just found.
    pub fn tell_what_is_made(&self) {
        if !matches!(self.stage, Stage::Found(_)) {
            // There is no one to tell when standard error is gone.
            let _ = writeln!(io::stderr(), "{self}");
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Progress { name, stage, seconds } = self;
        match stage {
            Stage::Making => write!(formatter, "{name:<24} is being made"),
            Stage::Found(path) => write!(formatter, "{name:<24} found {seconds:>6.1} s  {}", path.display()),
            Stage::Made(path) => write!(formatter, "{name:<24} made  {seconds:>6.1} s  {}", path.display()),
        }
    }
}

/// Finds or makes every part. `tell` hears of each one, in order.
pub async fn prepare(mut tell: impl FnMut(&Progress)) -> Result<Parts, LabError> {
    let mut parts = Parts::default();
    let mut lock = None;
    for part in &PARTS {
        let begin = Instant::now();
        let mut tell =
            |stage: Stage| tell(&Progress { name: part.name, stage, seconds: begin.elapsed().as_secs_f64() });
        if find(part)?.is_none() && lock.is_none() {
            lock = Some(cache::lock().await?);
        }
        // Another lab may have made it while this one waited for the lock.
        let path = match find(part)? {
            Some(path) => {
                tell(Stage::Found(path.clone()));
                path
            }
            None => {
                tell(Stage::Making);
                let path = make(part).await?;
                tell(Stage::Made(path.clone()));
                path
            }
        };
        parts.add(part, path);
    }
    Ok(parts)
}

fn find(part: &Part) -> Result<Option<PathBuf>, LabError> {
    let existing = |path: PathBuf| path.exists().then_some(path);
    Ok(match &part.source {
        Source::Package { proof } if proof.starts_with('/') => existing(PathBuf::from(proof)),
        Source::Package { proof } => on_search_path(proof),
        Source::Program { module, .. } => match in_assets(part.name).or_else(|| on_search_path(part.name)) {
            Some(path) => Some(path),
            None => existing(cache::folder_of(part.name, module)?.join(part.name)),
        },
        Source::Files { module, .. } => existing(cache::folder_of(part.name, module)?),
    })
}

async fn make(part: &Part) -> Result<PathBuf, LabError> {
    match &part.source {
        Source::Package { proof } => {
            debian::install(&missing_packages()?).await?;
            let reason = || {
                LabError::failed(format!("find {proof}"), format!("package {} did not bring it", part.name))
            };
            find(part)?.ok_or_else(reason)
        }
        Source::Program { module, package } => golang::build(part.name, module, package).await,
        Source::Files { module, folders } => golang::copy_files(part.name, module, folders).await,
    }
}

/// The names of all packages that are missing: one run of apt brings them.
fn missing_packages() -> Result<Vec<&'static str>, LabError> {
    let packages = PARTS.iter().filter(|part| matches!(part.source, Source::Package { .. }));
    let mut missing = Vec::new();
    for part in packages {
        if find(part)?.is_none() {
            missing.push(part.name);
        }
    }
    Ok(missing)
}

/// In the folder in which Kubernetes' own test tools keep these programs.
fn in_assets(program: &str) -> Option<PathBuf> {
    let folder = env::var_os("KUBEBUILDER_ASSETS")?;
    Some(PathBuf::from(folder).join(program)).filter(|path| is_program(path))
}

/// On the search path, or where system programs are, which is not on the path of every user.
fn on_search_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(system).map(|folder| folder.join(program)).find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_an_executable_file() {
        assert!(on_search_path("sh").is_some());
        assert!(on_search_path("no-such-program").is_none());
        assert!(!is_program(Path::new("/etc/passwd")), "a file that cannot be executed");
        assert!(!is_program(Path::new("/usr/bin")), "a folder");
    }
}
