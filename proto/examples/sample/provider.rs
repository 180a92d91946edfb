//! The provider's block, and the table of what is served.

use crate::{file, function, key};
use std::path::PathBuf;
use tfplugin::{Diagnostics, Model, Provider, Registry};

/// Keeps objects as files in a directory.
#[derive(Clone, Debug, Model)]
pub(crate) struct Config {
    /// Where the files are. Without it, nothing can be made.
    #[attribute(optional)]
    directory: Option<String>,
}

/// The provider.
pub(crate) struct Sample;

/// What the types work with.
pub(crate) struct Directory(pub(crate) Option<PathBuf>);

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
            .function::<function::SizeOf>()
    }

    async fn configure(config: ConfigDraft) -> Result<Directory, Diagnostics> {
        Ok(Directory(config.directory.given().map(PathBuf::from)))
    }
}
