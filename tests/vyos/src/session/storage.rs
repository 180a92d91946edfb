//! What outlives a reboot: the saved configuration.

use std::path::{Component, Path, PathBuf};

use super::{CommitError, Session};
use crate::config::Version;
use crate::tree::{Node, boot_file, parse};

const BOOT_FILE: &str = "/config/config.boot";

/// Why a configuration could not be saved or loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    /// The file is not there, or is no place for one.
    #[error("Unable to use the file {0}: {1}\n")]
    File(String, std::io::Error),
    /// The file is no configuration.
    #[error("Unable to load the configuration: {0}\n")]
    Text(#[from] crate::tree::ParseError),
    /// What it says was refused.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl Session {
    /// Writes what runs to a file of the router.
    pub(crate) fn save(&self, file: Option<&str>) -> Result<(), StorageError> {
        let name = file.unwrap_or(BOOT_FILE);
        let path = self.path(name)?;
        let failed = |error| StorageError::File(name.to_owned(), error);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        // A reader, or a reboot, sees the old file or the new one.
        let draft = path.with_extension("draft");
        std::fs::write(&draft, boot_file(&self.running(), self.version())).map_err(failed)?;
        std::fs::rename(&draft, &path).map_err(failed)?;
        self.switches.count_save();
        Ok(())
    }

    /// Puts the configuration of a file in the place of what runs.
    pub(crate) async fn load(&self, file: &str) -> Result<String, StorageError> {
        let text = self.read(file)?;
        self.load_text(&text).await
    }

    /// Puts a configuration in the place of what runs.
    pub(crate) async fn load_text(&self, text: &str) -> Result<String, StorageError> {
        let tree = parse(text, &self.schema)?;
        let _writer = self.writer.lock().await;
        Ok(self.replace(tree).await?)
    }

    /// Adds a configuration to what runs.
    pub(crate) async fn merge_text(&self, text: &str, destructive: bool) -> Result<String, StorageError> {
        let added = parse(text, &self.schema)?;
        let _writer = self.writer.lock().await;
        let mut merged = self.running();
        merge(&mut merged, &added, destructive);
        Ok(self.replace(merged).await?)
    }

    /// Reads a file of the router.
    pub(crate) fn read(&self, file: &str) -> Result<String, StorageError> {
        std::fs::read_to_string(self.path(file)?).map_err(|error| StorageError::File(file.to_owned(), error))
    }

    /// Forgets what runs and starts again with what was saved, or with the factory's configuration.
    pub(crate) async fn boot(&self) -> Result<(), StorageError> {
        let _writer = self.writer.lock().await;
        let tree = match std::fs::read_to_string(self.path(BOOT_FILE)?) {
            Ok(text) => parse(&text, &self.schema)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => self.factory(),
            Err(error) => return Err(StorageError::File(BOOT_FILE.to_owned(), error)),
        };
        self.forget_confirm();
        *self.trees() = super::Trees::default();
        if let Err(error) = self.replace(tree).await {
            tracing::warn!(%error, "parts of the saved configuration were refused at boot");
        }
        Ok(())
    }

    /// Takes back what runs now for what ran before.
    pub(super) async fn roll_back(&self, tree: Node) {
        let _writer = self.writer.lock().await;
        if let Err(error) = self.replace(tree).await {
            tracing::warn!(%error, "the rollback was refused in parts");
        }
    }

    fn factory(&self) -> Node {
        let mut root = Node::default();
        if !self.config.commands.is_empty() {
            return self.seeded();
        }
        let key = [&self.config.api_key_id, "key", &self.config.api_key];
        let mut settings: Vec<Vec<&str>> =
            vec![[&["service", "https", "api", "keys", "id"][..], &key].concat()];
        settings.push(vec!["system", "host-name", "vyos"]);
        if self.version() == Version::V1_5 {
            settings.push(vec!["service", "https", "api", "rest"]);
        }
        for path in settings {
            let path: Vec<String> = path.into_iter().map(str::to_owned).collect();
            super::insert(&mut root, &self.schema, &path);
        }
        root
    }

    /// A file name of the router inside the router's folder.
    fn path(&self, name: &str) -> Result<PathBuf, StorageError> {
        let relative = Path::new(name.trim_start_matches('/'));
        if relative.components().all(|part| matches!(part, Component::Normal(_))) {
            return Ok(self.config.directory.join(relative));
        }
        let error = std::io::Error::new(std::io::ErrorKind::InvalidInput, "leads out of the router");
        Err(StorageError::File(name.to_owned(), error))
    }
}

fn merge(into: &mut Node, added: &Node, destructive: bool) {
    for (name, child) in added.children() {
        let target = into.make(name);
        target.shape = child.shape;
        if destructive && !child.values.is_empty() {
            target.values.clear();
        }
        for value in &child.values {
            if !target.values.contains(value) {
                target.values.push(value.clone());
            }
        }
        merge(target, child, destructive);
    }
}
