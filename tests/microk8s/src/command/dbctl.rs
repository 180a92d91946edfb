//! `microk8s dbctl`: the datastore into a file, and back.

use super::Context;
use super::microk8s::WORKER;
use crate::failure::{Failure, Result, Tried};
use crate::layout::{create, remove};
use crate::outcome::{Outcome, say};
use crate::services::datastore;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::{Path, PathBuf};
use tokio::net::UnixStream;
use tokio::process::Command;

const NOT_READY: &str = "Please ensure the kubernetes apiserver is running and HA is enabled.";

pub(crate) async fn run(context: &Context, arguments: &[String]) -> Result<Outcome> {
    let layout = &context.layout;
    if layout.is_worker() {
        return Ok(Outcome::said(format!("{WORKER}\nPlease use the control plane node.")));
    }
    // dqlite takes its socket away when it stops.
    let answers = UnixStream::connect(layout.backend("kine.sock:12379")).await.is_ok();
    if !answers || !layout.is_locked("ha-cluster") {
        return Ok(Outcome::said_with(10, NOT_READY));
    }
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| *word != "--debug").collect();
    match words.as_slice() {
        ["backup"] => backup(context, &std::env::current_dir().tried(|| "No folder".into())?, DEFAULT).await,
        ["backup", "-o", file] => backup(context, Path::new(""), file).await,
        ["restore", file] => restore(context, file).await,
        _ => Ok(Outcome::complained(2, USAGE)),
    }
}

/// Named after the time, on a real node.
const DEFAULT: &str = "backup-2026-11-30-12-00-00";
const USAGE: &str = "usage: microk8s dbctl [-h] [--debug] {restore,backup} ...";

/// A folder of its own, which goes with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(context: &Context) -> Result<Self> {
        let path = context.layout.under("tmp").join(format!("dbctl-{}", std::process::id()));
        remove(&path)?;
        create(&path)?;
        Ok(Self(path))
    }

    /// Runs tar in it.
    async fn tar(&self, words: &[&str]) -> Result<()> {
        let output = Command::new("tar").args(words).current_dir(&self.0).output().await;
        let output = output.tried(|| "Cannot run tar".into())?;
        match output.status.success() {
            true => Ok(()),
            false => Err(Failure::new(String::from_utf8_lossy(&output.stderr))),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = remove(&self.0);
    }
}

/// The name of the folder inside an archive.
fn base(file: &str) -> Result<&str> {
    let name = Path::new(file.strip_suffix(".tar.gz").unwrap_or(file)).file_name();
    name.and_then(std::ffi::OsStr::to_str).tried(|| format!("{file} names no file"))
}

/// One pair of files for each key, as the migrator writes them; without a majority it waits for ever.
async fn backup(context: &Context, folder: &Path, file: &str) -> Result<Outcome> {
    say("Backing up the datastore\n")?;
    let (scratch, name) = (Scratch::new(context)?, base(file)?);
    let inside = scratch.0.join(name);
    create(&inside)?;
    let pairs = loop {
        match datastore::members(&context.layout).await {
            Ok(members) => break members.everything().await?,
            Err(_) => tokio::time::sleep(std::time::Duration::from_secs(1)).await,
        }
    };
    for (number, (key, value)) in pairs.iter().enumerate() {
        for (ending, text) in [("key", key), ("data", value)] {
            let bytes = STANDARD.decode(text).tried(|| format!("Cannot decode a {ending}"))?;
            let path = inside.join(format!("{number}.{ending}"));
            std::fs::write(&path, bytes).tried(|| format!("Cannot write {}", path.display()))?;
        }
    }
    let archive = folder.join(format!("{}.tar.gz", file.strip_suffix(".tar.gz").unwrap_or(file)));
    let archive = archive.to_string_lossy();
    scratch.tar(&["-czf", &archive, name]).await?;
    Ok(Outcome::said(format!("The backup is: {archive}")))
}

/// Keys that are not in the archive stay.
async fn restore(context: &Context, file: &str) -> Result<Outcome> {
    say(&format!("Restoring from {file}\n"))?;
    let scratch = Scratch::new(context)?;
    let archive = std::fs::canonicalize(file).tried(|| format!("Cannot open {file}"))?;
    scratch.tar(&["-xzf", &archive.to_string_lossy()]).await?;
    let inside = scratch.0.join(base(file)?);
    let members = datastore::members(&context.layout).await?;
    for number in 0.. {
        let Ok(key) = std::fs::read(inside.join(format!("{number}.key"))) else { break };
        let value = std::fs::read(inside.join(format!("{number}.data"))).tried(|| "No value".into())?;
        members.put(&STANDARD.encode(key), &STANDARD.encode(value)).await?;
    }
    Ok(Outcome::silent(0))
}
