//! The provider's block, and the table of what is served.

use crate::{file, function, key, query};
use std::path::PathBuf;
use tfplugin::{Context, Deferral, Diagnostic, Diagnostics, Knowable, Model, Provider, Registry};

/// Keeps objects as files in a directory.
#[derive(Clone, Debug, Model)]
pub(crate) struct Config {
    /// Where the files are. Without it, nothing can be made.
    #[attribute(optional)]
    directory: Option<String>,
}

/// What a module says to the provider.
#[derive(Clone, Debug, Model)]
pub(crate) struct Module {
    /// A note that is written beside each of its files.
    #[attribute(optional)]
    pub(crate) note: Option<String>,
}

/// The provider.
pub(crate) struct Sample;

/// What the types work with: where the files are, as far as the provider block says so.
pub(crate) struct Directory(Knowable<Option<PathBuf>>);

impl Directory {
    /// Where the files are, for an action.
    pub(crate) fn of(context: &Context<Self>, action: &str) -> Result<PathBuf, Diagnostics> {
        match &context.provider().0 {
            Knowable::Known(Some(directory)) => Ok(directory.clone()),
            Knowable::Known(None) => {
                let summary = format!("Unable to {action}");
                Err(Diagnostic::error(summary, "The provider block names no directory. Set `directory`.")
                    .into())
            }
            Knowable::Unknown => Err(context.defer(Deferral::ProviderConfigUnknown, "`directory`")),
        }
    }
}

impl Provider for Sample {
    type Config = Config;
    type Configured = Directory;

    const NAME: &'static str = "sample";
    const SOURCE: &'static str = "example/sample";

    fn registry() -> Registry<Directory> {
        Registry::default()
            .resource::<file::FileResource>()
            .data_source::<file::FileDataSource>()
            .ephemeral_resource::<key::KeyResource>()
            .list_resource::<query::FileList>()
            .action::<query::StampAction>()
            .provider_meta::<Module>()
            .function::<function::SizeOf>()
    }

    async fn configure(config: ConfigDraft) -> Result<Directory, Diagnostics> {
        Ok(Directory(match config.directory.known() {
            Some(directory) => Knowable::Known(directory.as_ref().map(PathBuf::from)),
            None => Knowable::Unknown,
        }))
    }
}
