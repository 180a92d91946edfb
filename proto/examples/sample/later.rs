//! The sample as a later version of it would be: `size` of a file is called `bytes`.

mod file;
mod function;
mod key;
mod provider;
mod query;

use std::collections::BTreeMap;
use std::process::ExitCode;
use tfplugin::{Context, Diagnostics, Model, Provider, Registry, Resource, Value};

/// A file in the directory of the provider.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "sample_file", version = 1, upgrade = rename)]
struct File {
    #[attribute(flatten)]
    common: file::Common,

    /// Bytes that are reserved for it. Default: 10.
    #[attribute(default = 10)]
    bytes: i64,
}

/// `size` became `bytes` with version 1.
fn rename(_version: i64, state: &mut BTreeMap<String, Value>) -> Result<(), String> {
    let bytes = state.remove("size").ok_or("it has no `size`")?;
    state.insert("bytes".to_owned(), bytes);
    Ok(())
}

/// What is shown of it is its state: nothing here writes files.
impl Resource for File {
    type Provider = provider::Directory;
    type Model = File;
    type Private = file::Private;

    async fn create(
        _: &Context<provider::Directory>,
        planned: File,
        _: &mut file::Private,
    ) -> Result<File, Diagnostics> {
        Ok(planned)
    }

    async fn read(
        _: &Context<provider::Directory>,
        prior: File,
        _: &mut file::Private,
    ) -> Result<Option<File>, Diagnostics> {
        Ok(Some(prior))
    }

    async fn update(
        _: &Context<provider::Directory>,
        prior: File,
        planned: File,
        _: &mut file::Private,
    ) -> Result<File, Diagnostics> {
        Ok(File { bytes: planned.bytes, ..prior })
    }

    async fn delete(_: &Context<provider::Directory>, _: File, _: file::Private) -> Result<(), Diagnostics> {
        Ok(())
    }
}

struct Sample;

impl Provider for Sample {
    type Config = provider::Config;
    type Configured = provider::Directory;

    const NAME: &'static str = "sample";
    const SOURCE: &'static str = "example/sample";

    fn registry() -> Registry<provider::Directory> {
        Registry::default().resource::<File>()
    }

    async fn configure(config: provider::ConfigDraft) -> Result<provider::Directory, Diagnostics> {
        provider::Sample::configure(config).await
    }
}

fn main() -> ExitCode {
    tfplugin::serve::<Sample>()
}
