//! A provider whose objects are files in a directory: how one is written, and what the acceptance tests run.

mod file;

use std::path::PathBuf;
use std::process::ExitCode;
use tfplugin::{Diagnostics, Object, Provider, Table};

/// Keeps objects as files in a directory.
#[derive(Clone, Debug, Object)]
pub(crate) struct Config {
    /// Where the files are. Without it, nothing can be made.
    #[attribute(optional)]
    directory: Option<String>,
}

/// The provider.
struct Sample;

/// What the types work with.
pub(crate) struct Directory(Option<PathBuf>);

#[async_trait::async_trait]
impl Provider for Sample {
    type Config = Config;
    type Configured = Directory;

    const NAME: &'static str = "sample";
    const SOURCE: &'static str = "example/sample";

    fn table() -> Table<Directory> {
        Table::default().resource::<file::FileResource>().data_source::<file::FileDataSource>()
    }

    async fn configure(config: ConfigDraft) -> Result<Directory, Diagnostics> {
        Ok(Directory(config.directory.given().map(PathBuf::from)))
    }
}

fn main() -> ExitCode {
    tfplugin::serve::<Sample>()
}
