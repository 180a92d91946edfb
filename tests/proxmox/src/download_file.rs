//! `proxmox_download_file`: an image. Nothing is downloaded; what it is shows in its name.

use crate::server::{Server, failed};
use tfplugin::Context;
use tfplugin::{Computed, Diagnostics, Plan, Resource};

/// An image that the server downloads.
#[derive(Clone, Debug, tfplugin::Model)]
#[resource(type_name = "proxmox_download_file")]
pub(crate) struct DownloadFile {
    /// The server's node.
    #[attribute(required, requires_replace)]
    node_name: String,

    /// The datastore.
    #[attribute(required, requires_replace)]
    datastore_id: String,

    /// What it is: `iso`, `import` or `vztmpl`.
    #[attribute(required, requires_replace, validate = content_type)]
    content_type: String,

    /// Where it comes from.
    #[attribute(required, requires_replace)]
    url: String,

    /// Its name. Default: the last part of the address.
    #[attribute(optional, computed, use_state_for_unknown, requires_replace)]
    file_name: Computed<String>,

    /// What its content must sum up to.
    #[attribute(optional, requires_replace)]
    checksum: Option<String>,

    /// How it is summed up.
    #[attribute(optional, requires_replace)]
    checksum_algorithm: Option<String>,

    /// Whether one that has changed at its source is downloaded anew.
    #[attribute(default = true)]
    overwrite: bool,

    /// Whether one that others put there is written over.
    #[attribute(default = false)]
    overwrite_unmanaged: bool,

    /// Whether the source's certificate is checked.
    #[attribute(default = true)]
    verify: bool,

    /// Seconds that the download may take.
    #[attribute(default = 600)]
    upload_timeout: i64,

    /// The volume.
    #[attribute(computed, use_state_for_unknown)]
    id: Computed<String>,

    /// Its size.
    #[attribute(computed, use_state_for_unknown)]
    size: Computed<i64>,
}

#[expect(clippy::ptr_arg, reason = "the attribute is checked as what it is")]
fn content_type(given: &String) -> Result<(), String> {
    match given.as_str() {
        "iso" | "import" | "vztmpl" => Ok(()),
        other => Err(format!("{other:?} is none of iso, import and vztmpl")),
    }
}

/// How images come and go.
pub(crate) struct DownloadFileResource;

impl Resource for DownloadFileResource {
    type Provider = Server;
    type Model = DownloadFile;
    type Private = ();

    async fn modify_plan(_: &Context<Server>, plan: &mut Plan<DownloadFile, ()>) -> Result<(), Diagnostics> {
        let draft = &plan.planned;
        if let (Some(_), Some(None)) = (draft.checksum.given(), draft.checksum_algorithm.known()) {
            return Err(failed("plan the download", "`checksum` needs `checksum_algorithm`"));
        }
        Ok(())
    }

    async fn create(
        context: &Context<Server>,
        mut planned: DownloadFile,
        (): &mut (),
    ) -> Result<DownloadFile, Diagnostics> {
        let last = planned.url.rsplit('/').next().unwrap_or_default().to_owned();
        let name = planned.file_name.known().cloned().unwrap_or(last);
        let id = format!("{}:{}/{name}", planned.datastore_id, planned.content_type);
        if !planned.overwrite_unmanaged && context.provider().read_volume(&id)?.is_some() {
            return Err(failed("download the file", format!("the datastore already has {id}")));
        }
        context.provider().write_volume(&id, &planned.url)?;
        planned.size = i64::try_from(planned.url.len()).unwrap_or_default().into();
        planned.file_name = name.into();
        planned.id = id.into();
        Ok(planned)
    }

    async fn read(
        context: &Context<Server>,
        prior: DownloadFile,
        (): &mut (),
    ) -> Result<Option<DownloadFile>, Diagnostics> {
        let id = prior.id.known().cloned().unwrap_or_default();
        Ok(context.provider().read_volume(&id)?.map(|_| prior))
    }

    async fn update(
        _: &Context<Server>,
        _: DownloadFile,
        planned: DownloadFile,
        (): &mut (),
    ) -> Result<DownloadFile, Diagnostics> {
        Ok(planned)
    }

    async fn delete(context: &Context<Server>, prior: DownloadFile, (): ()) -> Result<(), Diagnostics> {
        context.provider().remove_volume(&prior.id.known().cloned().unwrap_or_default())
    }
}
