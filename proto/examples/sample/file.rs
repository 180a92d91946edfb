//! `sample_file` as a managed resource and as a data source.

use crate::provider::Directory;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use tfplugin::model::Set;
use tfplugin::types::{Secret, Semantic};
use tfplugin::{Computed, Context, DataSource, Diagnostic, Diagnostics, Object, Plan, Resource};

/// A file.
#[derive(Clone, Debug, Resource)]
#[resource(type_name = "sample_file")]
pub(crate) struct File {
    /// What it was called when it was made.
    #[attribute(computed, use_state_for_unknown)]
    id: Computed<String>,

    /// Name of the file.
    #[attribute(required, requires_replace)]
    name: String,

    /// How large it is thought to be.
    #[attribute(default = 10, validate = positive)]
    size: i64,

    /// Where it is served.
    #[attribute(optional)]
    address: Option<Semantic<IpAddr>>,

    /// Who may read it, in any order.
    #[attribute(optional)]
    readers: Option<Set<String>>,

    /// Words about it.
    #[attribute(optional)]
    labels: Option<BTreeMap<String, String>>,

    /// Its parts.
    #[attribute(optional)]
    parts: Option<Vec<Part>>,

    /// Its cover.
    #[attribute(optional)]
    cover: Option<Part>,

    /// Its chapters by title.
    #[attribute(optional)]
    chapters: Option<BTreeMap<String, Part>>,

    /// Where it is copied to.
    #[attribute(optional)]
    copies: Option<Set<Copy>>,

    /// What opens it.
    #[attribute(optional)]
    password: Option<Secret>,

    /// What seals it; kept nowhere.
    #[attribute(optional, write_only)]
    seal: Option<String>,

    /// Length of the last seal.
    #[attribute(computed)]
    seal_length: Computed<i64>,

    /// How often it was written.
    #[attribute(computed)]
    revision: Computed<i64>,
}

/// A part of a file.
#[derive(Clone, Debug, Object)]
pub(crate) struct Part {
    /// What is in it.
    #[attribute(required)]
    content: String,

    /// Share of the whole.
    #[attribute(default = 1)]
    weight: i64,

    /// Where it comes from.
    #[attribute(optional)]
    origin: Option<Semantic<IpAddr>>,

    /// Length of the content.
    #[attribute(computed)]
    length: Computed<i64>,
}

/// A copy of a file.
#[derive(Clone, Debug, Object)]
pub(crate) struct Copy {
    /// Where it is.
    #[attribute(required)]
    place: String,

    /// How often it is brought up to date.
    #[attribute(optional)]
    every: Option<Semantic<std::time::Duration>>,

    /// Where exactly that is.
    #[attribute(computed)]
    url: Computed<String>,
}

fn positive(size: &i64) -> Result<(), String> {
    if *size > 0 { Ok(()) } else { Err(format!("{size} is not a positive size")) }
}

/// What is kept beside the state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Private {
    writes: i64,
}

/// What is in a file, as far as it is not what the configuration says.
#[derive(Serialize, Deserialize)]
struct Stored {
    size: i64,
    address: Option<String>,
    seal_length: i64,
    revision: i64,
}

/// How files are made, read, changed and removed.
pub(crate) struct FileResource;

fn path(context: &Context<Directory>, name: &str) -> Result<PathBuf, Diagnostics> {
    let directory = context.provider().0.as_ref().ok_or_else(|| {
        Diagnostic::error("Unable to use a file", "The provider block names no directory. Set `directory`.")
    })?;
    Ok(directory.join(format!("{name}.json")))
}

fn failed(action: &str, path: &std::path::Path, error: impl std::fmt::Display) -> Diagnostics {
    Diagnostic::error(format!("Unable to {action} file"), format!("{}: {error}", path.display())).into()
}

fn load(path: &std::path::Path) -> Result<Option<Stored>, Diagnostics> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| failed("read", path, error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, error)),
    }
}

/// For the tests of what a panic does.
#[expect(clippy::panic, reason = "the point of it")]
fn broken() {
    panic!("a label asked for it");
}

/// Writes the file and fills in what is computed.
fn write(context: &Context<Directory>, mut file: File, private: &mut Private) -> Result<File, Diagnostics> {
    let path = path(context, &file.name)?;
    private.writes += 1;
    let seal_length = file.seal.as_ref().map_or(0, |seal| seal.len() as i64);
    let stored = Stored {
        size: file.size,
        // Another spelling than the author's may be.
        address: file.address.as_ref().map(Semantic::canonical),
        seal_length,
        revision: private.writes,
    };
    if file.labels.as_ref().is_some_and(|labels| labels.contains_key("panic")) {
        broken();
    }
    let json = serde_json::to_vec(&stored).map_err(|error| failed("write", &path, error))?;
    std::fs::write(&path, json).map_err(|error| failed("write", &path, error))?;
    file.id = file.id.known().cloned().unwrap_or_else(|| format!("file-{}", file.name)).into();
    file.address = stored
        .address
        .as_deref()
        .map(Semantic::parse)
        .transpose()
        .map_err(|error| failed("write", &path, error))?;
    file.seal_length = seal_length.into();
    file.revision = stored.revision.into();
    let chapters = file.chapters.iter_mut().flat_map(BTreeMap::values_mut);
    for part in file.parts.iter_mut().flatten().chain(&mut file.cover).chain(chapters) {
        part.length = (part.content.len() as i64).into();
        // Another spelling than the author's may be.
        part.origin = part.origin.as_ref().map(|origin| Semantic::from(*origin.value()));
    }
    for copy in file.copies.iter_mut().flat_map(|copies| &mut copies.0) {
        copy.url = format!("sample://{}", copy.place).into();
        copy.every = copy.every.as_ref().map(|every| Semantic::from(*every.value()));
    }
    Ok(file)
}

#[async_trait::async_trait]
impl Resource for FileResource {
    type Provider = Directory;
    type Model = File;
    type Private = Private;

    fn validate_config(config: &FileDraft, diagnostics: &mut Diagnostics) {
        if let (Some(size), Some(parts)) = (config.size.known(), config.parts.given())
            && (*size as usize) < parts.len()
        {
            diagnostics.error_at("parts", "Too many parts", "There are more parts than the size allows.");
        }
    }

    async fn modify_plan(_: &Context<Directory>, plan: &mut Plan<File, Private>) -> Result<(), Diagnostics> {
        if plan.planned.name.known().is_some_and(|name| name == "refused") {
            return Err(Diagnostic::error("Unable to plan file", "This name is refused.").at("name").into());
        }
        Ok(())
    }

    async fn create(
        context: &Context<Directory>,
        planned: File,
        private: &mut Private,
    ) -> Result<File, Diagnostics> {
        if planned.name == "slow" {
            // Until the person gives up.
            context.cancelled().cancelled().await;
            return Err(Diagnostic::error("Unable to create file", "It was interrupted.").into());
        }
        write(context, planned, private)
    }

    async fn read(
        context: &Context<Directory>,
        mut prior: File,
        _: &mut Private,
    ) -> Result<Option<File>, Diagnostics> {
        let path = path(context, &prior.name)?;
        let Some(stored) = load(&path)? else { return Ok(None) };
        prior.size = stored.size;
        prior.address = stored
            .address
            .as_deref()
            .map(Semantic::parse)
            .transpose()
            .map_err(|error| failed("read", &path, error))?;
        Ok(Some(prior))
    }

    async fn update(
        context: &Context<Directory>,
        _: File,
        planned: File,
        private: &mut Private,
    ) -> Result<File, Diagnostics> {
        write(context, planned, private)
    }

    async fn delete(context: &Context<Directory>, prior: File, _: Private) -> Result<(), Diagnostics> {
        let path = path(context, &prior.name)?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed("delete", &path, error)),
            _ => Ok(()),
        }
    }

    async fn import_state(
        context: &Context<Directory>,
        id: &str,
        private: &mut Private,
    ) -> Result<File, Diagnostics> {
        let path = path(context, id)?;
        let stored = load(&path)?.ok_or_else(|| failed("import", &path, "there is no such file"))?;
        private.writes = stored.revision;
        let address = stored.address.as_deref().map(Semantic::parse).transpose();
        Ok(File {
            id: format!("file-{id}").into(),
            name: id.to_owned(),
            size: stored.size,
            address: address.map_err(|error| failed("import", &path, error))?,
            readers: None,
            labels: None,
            parts: None,
            cover: None,
            chapters: None,
            copies: None,
            password: None,
            seal: None,
            seal_length: stored.seal_length.into(),
            revision: stored.revision.into(),
        })
    }
}

/// What is known of a file that others made.
#[derive(Clone, Debug, tfplugin::DataSource)]
#[data_source(type_name = "sample_file")]
pub(crate) struct Found {
    /// Name of the file.
    #[attribute(required)]
    name: String,

    /// How large it is thought to be.
    #[attribute(computed)]
    size: Computed<i64>,
}

/// How files are looked up.
pub(crate) struct FileDataSource;

#[async_trait::async_trait]
impl DataSource for FileDataSource {
    type Provider = Directory;
    type Model = Found;

    async fn read(context: &Context<Directory>, mut config: Found) -> Result<Found, Diagnostics> {
        let path = path(context, &config.name)?;
        let stored = load(&path)?.ok_or_else(|| failed("find", &path, "there is no such file"))?;
        config.size = stored.size.into();
        Ok(config)
    }
}
