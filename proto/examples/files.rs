//! A provider whose resources are text files in a directory.

use std::{fs, io, path::Path, process::ExitCode};
use tfplugin::{Context, Diagnostic, Diagnostics, Draft, Model, OrError, Provider, Registry, Resource};

/// Manages text files in a directory.
#[derive(Clone, Model)]
pub(crate) struct Files {
    /// Path of the directory. It must exist.
    #[attribute(required)]
    directory: String,
}

/// A text file.
#[derive(Clone, Model)]
#[resource(type_name = "files_text")]
pub(crate) struct Text {
    /// Name of the file. Another name is another file.
    #[attribute(required, requires_replace)]
    name: String,
    /// Text of the file.
    #[attribute(required)]
    content: String,
}

impl Provider for Files {
    type Config = Files;
    type Configured = Files;
    const NAME: &'static str = "files";

    fn registry() -> Registry<Files> {
        Registry::default().resource::<Text>()
    }

    async fn configure(config: FilesDraft) -> Result<Files, Diagnostics> {
        config.known().ok_or_else(|| Diagnostic::error("Unknown directory", "It must be known first.").into())
    }
}

impl Resource for Text {
    type Provider = Files;
    type Model = Text;
    type Private = ();

    async fn create(files: &Context<Files>, planned: Text, _: &mut ()) -> Result<Text, Diagnostics> {
        let path = Path::new(&files.provider().directory).join(&planned.name);
        fs::write(path, &planned.content).or_error("Unable to write the file")?;
        Ok(planned)
    }

    async fn read(files: &Context<Files>, prior: Text, _: &mut ()) -> Result<Option<Text>, Diagnostics> {
        match fs::read_to_string(Path::new(&files.provider().directory).join(&prior.name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            content => Ok(Some(Text { content: content.or_error("Unable to read the file")?, ..prior })),
        }
    }

    async fn update(files: &Context<Files>, _: Text, planned: Text, _: &mut ()) -> Result<Text, Diagnostics> {
        Self::create(files, planned, &mut ()).await
    }

    async fn delete(files: &Context<Files>, prior: Text, (): ()) -> Result<(), Diagnostics> {
        match fs::remove_file(Path::new(&files.provider().directory).join(&prior.name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.or_error("Unable to delete the file"),
        }
    }
}

fn main() -> ExitCode {
    tfplugin::serve::<Files>()
}
