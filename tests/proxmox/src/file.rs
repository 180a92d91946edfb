//! `proxmox_virtual_environment_file`: a snippet, or another file whose text the configuration has.

use crate::server::{Server, failed};
use tfplugin::Context;
use tfplugin::types::Lines;
use tfplugin::{Computed, Diagnostics, Model, Resource};

/// A file in a datastore.
#[derive(Clone, Debug, tfplugin::Model)]
#[resource(type_name = "proxmox_virtual_environment_file")]
pub(crate) struct StoredFile {
    /// The server's node.
    #[attribute(required, requires_replace)]
    node_name: String,

    /// The datastore.
    #[attribute(required, requires_replace)]
    datastore_id: String,

    /// What is in it.
    #[attribute(optional, computed, use_state_for_unknown, requires_replace)]
    content_type: Computed<String>,

    /// Whether one that is there is written over.
    #[attribute(default = true)]
    overwrite: bool,

    /// The text.
    #[attribute(block(max_items = 1))]
    source_raw: Vec<Raw>,

    /// The volume: `<datastore>:<content type>/<file name>`.
    #[attribute(computed, use_state_for_unknown)]
    id: Computed<String>,

    /// Its name.
    #[attribute(computed, use_state_for_unknown)]
    file_name: Computed<String>,
}

/// A text and its name.
#[derive(Clone, Debug, Model)]
pub(crate) struct Raw {
    /// The text.
    #[attribute(required, requires_replace)]
    data: Lines,

    /// Its name.
    #[attribute(required, requires_replace)]
    file_name: String,

    /// Not used for text.
    #[attribute(default = 0, requires_replace)]
    resize: i64,
}

/// How files are written, looked for and removed.
pub(crate) struct FileResource;

/// What a file is by the end of its name.
fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("iso") => "iso",
        Some("qcow2" | "raw" | "vmdk") => "import",
        _ => "snippets",
    }
}

impl Resource for FileResource {
    type Provider = Server;
    type Model = StoredFile;
    type Private = ();

    async fn create(
        context: &Context<Server>,
        mut planned: StoredFile,
        (): &mut (),
    ) -> Result<StoredFile, Diagnostics> {
        let Some(raw) = planned.source_raw.first() else {
            return Err(failed("create the file", "this stand-in takes `source_raw` only"));
        };
        let kind =
            planned.content_type.known().cloned().unwrap_or_else(|| content_type(&raw.file_name).to_owned());
        let id = format!("{}:{kind}/{}", planned.datastore_id, raw.file_name);
        if !planned.overwrite && context.provider().read_volume(&id)?.is_some() {
            return Err(failed("create the file", format!("the datastore already has {id}")));
        }
        context.provider().write_volume(&id, &raw.data.0)?;
        planned.file_name = raw.file_name.clone().into();
        planned.content_type = kind.into();
        planned.id = id.into();
        Ok(planned)
    }

    /// Only looks whether it is there: what others wrote into it is not seen.
    async fn read(
        context: &Context<Server>,
        prior: StoredFile,
        (): &mut (),
    ) -> Result<Option<StoredFile>, Diagnostics> {
        let id = prior.id.known().cloned().unwrap_or_default();
        Ok(context.provider().read_volume(&id)?.map(|_| prior))
    }

    async fn update(
        _: &Context<Server>,
        _: StoredFile,
        planned: StoredFile,
        (): &mut (),
    ) -> Result<StoredFile, Diagnostics> {
        Ok(planned)
    }

    async fn delete(context: &Context<Server>, prior: StoredFile, (): ()) -> Result<(), Diagnostics> {
        context.provider().remove_volume(&prior.id.known().cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_what_is_in_it() {
        assert_eq!(
            ["a.yaml", "b.iso", "c.qcow2", "d"].map(content_type),
            ["snippets", "iso", "import", "snippets"]
        );
    }
}
