//! `sample_file` as a list resource, and `sample_stamp`, an action.

use crate::file::{File, FileResource, found};
use crate::provider::Directory;
use tfplugin::{Action, Context, Diagnostic, Diagnostics, ListResource, Listing, Model, Progress};

/// Which files are listed.
#[derive(Clone, Debug, Model)]
pub(crate) struct Files {
    /// What their names begin with. Default: all files.
    #[attribute(optional)]
    prefix: Option<String>,
}

/// How files are listed.
pub(crate) struct FileList;

impl ListResource for FileList {
    type Provider = Directory;
    type Resource = FileResource;
    type Config = Files;

    async fn list(
        context: &Context<Directory>,
        config: Files,
        listing: &mut Listing<File>,
    ) -> Result<(), Diagnostics> {
        let prefix = config.prefix.unwrap_or_default();
        for name in found(context)?.into_iter().filter(|name| name.starts_with(&prefix)) {
            let (file, _) = crate::file::read(context, &name)?;
            if listing.object(format!("File {name}"), &file).await.is_break() {
                break;
            }
        }
        if prefix == "warned" {
            context.warn(Diagnostic::warning("Old files", "They are listed too."));
        }
        Ok(())
    }
}

/// Stamps a file.
#[derive(Clone, Debug, Model)]
#[action(type_name = "sample_stamp")]
pub(crate) struct Stamp {
    /// Name of the file.
    #[attribute(required)]
    name: String,

    /// How many stamps. Default: 1.
    #[attribute(default = 1)]
    times: i64,
}

/// How files are stamped.
pub(crate) struct StampAction;

impl Action for StampAction {
    type Provider = Directory;
    type Config = Stamp;

    fn validate_config(config: &StampDraft, diagnostics: &mut Diagnostics) {
        if config.times.known().is_some_and(|times| *times < 1) {
            diagnostics.error_at("times", "Too few stamps", "A file is stamped at least once.");
        }
    }

    async fn plan(_: &Context<Directory>, config: &StampDraft) -> Result<(), Diagnostics> {
        match config.name.known().map(String::as_str) {
            Some("refused") => {
                Err(Diagnostic::error("Unable to stamp", "This name is refused.").at("name").into())
            }
            _ => Ok(()),
        }
    }

    async fn invoke(
        context: &Context<Directory>,
        config: Stamp,
        progress: &Progress,
    ) -> Result<(), Diagnostics> {
        let stamp = crate::file::path(context, &config.name)?.with_extension("stamp");
        for number in 1..=config.times {
            progress.report(format!("stamp {number} of {}", config.times)).await;
            std::fs::write(&stamp, number.to_string())
                .map_err(|error| Diagnostic::error("Unable to stamp", error.to_string()))?;
            if config.name == "slow" {
                // Until the user presses Ctrl-C.
                context.cancelled().cancelled().await;
                return Err(Diagnostic::error("Unable to stamp", "It was interrupted.").into());
            }
        }
        Ok(())
    }
}
