//! A provider of secrets that Terraform keeps nowhere, and a function.

use std::{fs, path::Path, process::ExitCode};
use tfplugin::ephemeral::{EphemeralResource, Opened};
use tfplugin::function::{Function, FunctionError};
use tfplugin::types::Secret;
use tfplugin::{
    Computed, Context, Diagnostic, Diagnostics, Draft, Model, OrError, Parameters, Provider, Registry,
};

/// Reads secrets from the files of a directory.
#[derive(Clone, Model)]
pub(crate) struct Secrets {
    /// Path of the directory.
    #[attribute(required)]
    directory: String,
}

/// The secret in a file.
#[derive(Clone, Model)]
#[ephemeral_resource(type_name = "secrets_file")]
pub(crate) struct File {
    /// Name of the file.
    #[attribute(required)]
    name: String,
    /// The secret.
    #[attribute(computed)]
    secret: Computed<Secret>,
}

/// Shows how a text begins, and hides the rest.
#[derive(Parameters)]
#[function(name = "hint")]
pub(crate) struct Hint {
    /// The text.
    text: String,
    /// How many letters are shown, at least 1. Null: 3.
    letters: Option<u8>,
}

impl Provider for Secrets {
    type Config = Secrets;
    type Configured = Secrets;
    const NAME: &'static str = "secrets";

    fn registry() -> Registry<Secrets> {
        Registry::default().ephemeral_resource::<File>().function::<Hint>()
    }

    async fn configure(config: SecretsDraft) -> Result<Secrets, Diagnostics> {
        config.known().ok_or_else(|| Diagnostic::error("Unknown directory", "It must be known first.").into())
    }
}

impl EphemeralResource for File {
    type Provider = Secrets;
    type Model = File;
    type Private = ();

    async fn open(
        secrets: &Context<Secrets>,
        config: File,
        (): &mut (),
    ) -> Result<Opened<File>, Diagnostics> {
        let path = Path::new(&secrets.provider().directory).join(&config.name);
        let secret = fs::read_to_string(path).or_error("Unable to read the secret")?;
        Ok(File { secret: Secret::new(secret).into(), ..config }.into())
    }
}

impl Function for Hint {
    type Return = String;

    fn call(self) -> Result<String, FunctionError> {
        match self.letters {
            Some(0) => Err(FunctionError::at(Self::LETTERS, "at least 1 is shown")),
            shown => Ok(self.text.chars().take(shown.unwrap_or(3).into()).chain("...".chars()).collect()),
        }
    }
}

fn main() -> ExitCode {
    tfplugin::serve::<Secrets>()
}
