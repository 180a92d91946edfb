//! A provider whose resources are text files in a directory.

use std::{fs, io, path::PathBuf, process::ExitCode};
use tfplugin::{Computed, Context, Diagnostic, Diagnostics, Model, Provider, Registry, Resource};

/// Manages text files in a directory.
#[derive(Clone, Debug, Model)]
pub(crate) struct Config {
    /// Path of the directory. It must exist.
    #[attribute(required)]
    directory: String,
}

/// A text file.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "files_text")]
pub(crate) struct Text {
    /// Name of the file. Another name is another file.
    #[attribute(required, requires_replace)]
    name: String,
    /// Text of the file.
    #[attribute(required)]
    content: String,
    /// Path of the file.
    #[attribute(computed, use_state_for_unknown)]
    path: Computed<String>,
}

pub(crate) struct Files(PathBuf);

#[async_trait::async_trait]
impl Provider for Files {
    type Config = Config;
    type Configured = Files;
    const NAME: &'static str = "files";

    fn registry() -> Registry<Files> {
        Registry::default().resource::<Text>()
    }

    async fn configure(config: ConfigDraft) -> Result<Files, Diagnostics> {
        let unknown = || Diagnostic::error("Unknown directory", "`directory` must be known at plan.");
        Ok(Files(PathBuf::from(config.directory.known().ok_or_else(unknown)?)))
    }
}

fn failed(error: io::Error) -> Diagnostics {
    Diagnostic::error("Unable to access the file", error.to_string()).into()
}

#[async_trait::async_trait]
impl Resource for Text {
    type Provider = Files;
    type Model = Text;
    type Private = ();

    async fn create(context: &Context<Files>, mut planned: Text, _: &mut ()) -> Result<Text, Diagnostics> {
        let path = context.provider().0.join(&planned.name);
        fs::write(&path, &planned.content).map_err(failed)?;
        planned.path = path.display().to_string().into();
        Ok(planned)
    }

    async fn read(
        context: &Context<Files>,
        mut prior: Text,
        _: &mut (),
    ) -> Result<Option<Text>, Diagnostics> {
        match fs::read_to_string(context.provider().0.join(&prior.name)) {
            Ok(content) => prior.content = content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        }
        Ok(Some(prior))
    }

    async fn update(
        context: &Context<Files>,
        _: Text,
        planned: Text,
        private: &mut (),
    ) -> Result<Text, Diagnostics> {
        Self::create(context, planned, private).await
    }

    async fn delete(context: &Context<Files>, prior: Text, (): ()) -> Result<(), Diagnostics> {
        match fs::remove_file(context.provider().0.join(&prior.name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }

    async fn import_state(context: &Context<Files>, id: &str, _: &mut ()) -> Result<Text, Diagnostics> {
        let path = context.provider().0.join(id);
        let content = fs::read_to_string(&path).map_err(failed)?;
        Ok(Text { name: id.to_owned(), content, path: path.display().to_string().into() })
    }
}

fn main() -> ExitCode {
    tfplugin::serve::<Files>()
}
