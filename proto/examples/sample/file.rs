//! `sample_file` as a managed resource and as a data source.

use crate::provider::{Directory, Module};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use tfplugin::model::Set;
use tfplugin::types::{Secret, Semantic};
use tfplugin::{
    Computed, Context, DataSource, Diagnostic, Diagnostics, Identity, Model, MovedState, Plan, Resource,
    StateMove, Value,
};

/// A file in the directory of the provider.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "sample_file")]
pub(crate) struct File {
    #[attribute(flatten)]
    common: Common,

    /// Bytes that are reserved for it. Default: 10.
    #[attribute(default = 10, validate = positive)]
    size: i64,
}

/// What a file has in every version of the sample.
#[derive(Clone, Debug, Model)]
pub(crate) struct Common {
    /// `file-` and the name that it was created with.
    #[attribute(computed, use_state_for_unknown)]
    id: Computed<String>,

    /// Name of the file. Another name is another file.
    #[attribute(required, requires_replace, identity)]
    name: String,

    /// IP address of the server that publishes it.
    #[attribute(optional)]
    server: Option<Semantic<IpAddr>>,

    /// Users who may read it.
    #[attribute(optional)]
    readers: Option<Set<String>>,

    /// Labels by name.
    #[attribute(optional)]
    labels: Option<BTreeMap<String, String>>,

    /// Sections, in order.
    #[attribute(optional)]
    sections: Option<Vec<Section>>,

    /// The section at the top.
    #[attribute(optional)]
    header: Option<Section>,

    /// Sections in other languages, by language.
    #[attribute(optional)]
    translations: Option<BTreeMap<String, Section>>,

    /// Copies in other folders.
    #[attribute(optional)]
    copies: Option<Set<Copy>>,

    /// Password that opens it.
    #[attribute(optional)]
    password: Option<Secret>,

    /// Key that signs it. Never in the state.
    #[attribute(optional, write_only)]
    signing_key: Option<String>,

    /// Length of the signature.
    #[attribute(computed)]
    signature_length: Computed<i64>,

    /// How many times it was written.
    #[attribute(computed)]
    revision: Computed<i64>,
}

/// A section of a file.
#[derive(Clone, Debug, Model)]
pub(crate) struct Section {
    /// Its text.
    #[attribute(required)]
    text: String,

    /// Width of its column, relative to the others. Default: 1.
    #[attribute(default = 1)]
    weight: i64,

    /// IP address that it was downloaded from.
    #[attribute(optional)]
    source: Option<Semantic<IpAddr>>,

    /// Length of the text.
    #[attribute(computed)]
    length: Computed<i64>,
}

/// A copy of a file.
#[derive(Clone, Debug, Model)]
pub(crate) struct Copy {
    /// Folder of the copy.
    #[attribute(required)]
    folder: String,

    /// Interval between two updates.
    #[attribute(optional)]
    interval: Option<Semantic<std::time::Duration>>,

    /// URL of the copy.
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
    server: Option<String>,
    signature_length: i64,
    revision: i64,
}

/// The file that the input of a `terraform_data` names.
fn of_data(
    _: &MovedState<'_>,
    data: &mut BTreeMap<String, Value>,
    private: &mut Private,
) -> Result<(), String> {
    let input = data.remove("input").unwrap_or(Value::Null);
    let name = input.attribute("value").as_str().ok_or("its input is not the name of a file")?;
    private.writes = 1;
    *data = BTreeMap::from([
        ("id".to_owned(), Value::String(format!("file-{name}"))),
        ("name".to_owned(), Value::String(name.to_owned())),
        ("signature_length".to_owned(), Value::Number(0_i64.into())),
        ("revision".to_owned(), Value::Number(private.writes.into())),
    ]);
    Ok(())
}

/// How files are made, read, changed and removed.
pub(crate) struct FileResource;

pub(crate) fn path(context: &Context<Directory>, name: &str) -> Result<PathBuf, Diagnostics> {
    Ok(Directory::of(context, "use a file")?.join(format!("{name}.json")))
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
    let common = &mut file.common;
    let path = path(context, &common.name)?;
    private.writes += 1;
    let signature_length = common.signing_key.as_ref().map_or(0, |signing_key| signing_key.len() as i64);
    let stored = Stored {
        size: file.size,
        // A provider may answer another spelling than the configuration has.
        server: common.server.as_ref().map(Semantic::canonical),
        signature_length,
        revision: private.writes,
    };
    if common.labels.as_ref().is_some_and(|labels| labels.contains_key("panic")) {
        broken();
    }
    let json = serde_json::to_vec(&stored).map_err(|error| failed("write", &path, error))?;
    std::fs::write(&path, json).map_err(|error| failed("write", &path, error))?;
    if let Some(note) = context.meta::<Module>()?.and_then(|module| module.note) {
        let path = path.with_extension("note");
        std::fs::write(&path, note).map_err(|error| failed("write", &path, error))?;
    }
    common.id = common.id.known().cloned().unwrap_or_else(|| format!("file-{}", common.name)).into();
    common.server = stored
        .server
        .as_deref()
        .map(Semantic::parse)
        .transpose()
        .map_err(|error| failed("write", &path, error))?;
    common.signature_length = signature_length.into();
    common.revision = stored.revision.into();
    let translations = common.translations.iter_mut().flat_map(BTreeMap::values_mut);
    for section in common.sections.iter_mut().flatten().chain(&mut common.header).chain(translations) {
        section.length = (section.text.len() as i64).into();
        // A provider may answer another spelling than the configuration has.
        section.source = section.source.as_ref().map(|source| Semantic::from(*source.value()));
    }
    for copy in common.copies.iter_mut().flat_map(|copies| &mut copies.0) {
        copy.url = format!("sample://{}", copy.folder).into();
        copy.interval = copy.interval.as_ref().map(|interval| Semantic::from(*interval.value()));
    }
    Ok(file)
}

impl Resource for FileResource {
    type Provider = Directory;
    type Model = File;
    type Private = Private;

    const STATE_MOVES: &'static [StateMove<Private>] =
        &[StateMove { provider: "builtin/terraform", type_name: "terraform_data", rewrite: of_data }];

    fn validate_config(config: &FileDraft, diagnostics: &mut Diagnostics) {
        if let (Some(size), Some(sections)) = (config.size.known(), config.common.sections.given())
            && (*size as usize) < sections.len()
        {
            diagnostics.error_at(
                "sections",
                "Too many sections",
                "There are more sections than the size allows.",
            );
        }
    }

    async fn modify_plan(_: &Context<Directory>, plan: &mut Plan<File, Private>) -> Result<(), Diagnostics> {
        if plan.planned.common.name.known().is_some_and(|name| name == "refused") {
            return Err(Diagnostic::error("Unable to plan file", "This name is refused.").at("name").into());
        }
        Ok(())
    }

    async fn create(
        context: &Context<Directory>,
        planned: File,
        private: &mut Private,
    ) -> Result<File, Diagnostics> {
        if planned.common.name == "slow" {
            // Until the user presses Ctrl-C. Whoever watches sees by this file that the work has begun.
            let begun = path(context, "slow-begun")?;
            std::fs::write(&begun, "").map_err(|error| failed("write", &begun, error))?;
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
        let path = path(context, &prior.common.name)?;
        let Some(stored) = load(&path)? else { return Ok(None) };
        prior.size = stored.size;
        prior.common.server = stored
            .server
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
        let path = path(context, &prior.common.name)?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed("delete", &path, error)),
            _ => Ok(()),
        }
    }

    async fn import_state(
        context: &Context<Directory>,
        identity: &Identity,
        private: &mut Private,
    ) -> Result<File, Diagnostics> {
        let (file, writes) = read(context, &identity.part("name"))?;
        private.writes = writes;
        Ok(file)
    }
}

/// The file of a name, and how many times it was written.
pub(crate) fn read(context: &Context<Directory>, name: &str) -> Result<(File, i64), Diagnostics> {
    let path = path(context, name)?;
    let stored = load(&path)?.ok_or_else(|| failed("import", &path, "there is no such file"))?;
    let server = stored.server.as_deref().map(Semantic::parse).transpose();
    let common = Common {
        id: format!("file-{name}").into(),
        name: name.to_owned(),
        server: server.map_err(|error| failed("import", &path, error))?,
        readers: None,
        labels: None,
        sections: None,
        header: None,
        translations: None,
        copies: None,
        password: None,
        signing_key: None,
        signature_length: stored.signature_length.into(),
        revision: stored.revision.into(),
    };
    Ok((File { common, size: stored.size }, stored.revision))
}

/// The names of all files, in order.
pub(crate) fn found(context: &Context<Directory>) -> Result<Vec<String>, Diagnostics> {
    let directory = path(context, "any")?.with_file_name("");
    let entries = std::fs::read_dir(&directory).map_err(|error| failed("list", &directory, error))?;
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        name.strip_suffix(".json").map(str::to_owned)
    };
    let mut names: Vec<String> = entries.filter_map(name).collect();
    names.sort();
    Ok(names)
}

/// A file that others created.
#[derive(Clone, Debug, tfplugin::Model)]
#[data_source(type_name = "sample_file")]
pub(crate) struct Found {
    /// Name of the file.
    #[attribute(required)]
    name: String,

    /// Bytes that are reserved for it.
    #[attribute(computed)]
    size: Computed<i64>,
}

/// How files are looked up.
pub(crate) struct FileDataSource;

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
