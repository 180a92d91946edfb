//! `sample_key` as an ephemeral resource.

use crate::provider::Directory;
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};
use tfplugin::ephemeral::Opened;
use tfplugin::types::{Secret, Semantic};
use tfplugin::{Computed, Context, Diagnostics, EphemeralResource, Model, OrError};

/// A key that is valid while Terraform runs.
#[derive(Clone, Debug, Model)]
#[ephemeral_resource(type_name = "sample_key")]
pub(crate) struct Key {
    /// Name of the key.
    #[attribute(required)]
    name: String,

    /// Letters of the key. Default: 8.
    #[attribute(default = 8)]
    length: u8,

    /// How long it is valid unless it is renewed. Default: as long as Terraform runs.
    #[attribute(optional)]
    valid: Option<Semantic<Duration>>,

    /// Directory of the provider.
    #[attribute(computed)]
    directory: Computed<String>,

    /// The key.
    #[attribute(computed)]
    key: Computed<Secret>,
}

/// What is kept while a key is open.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Private {
    name: String,
    valid: Option<Duration>,
    renewals: u32,
}

/// How keys are made and taken back.
pub(crate) struct KeyResource;

impl EphemeralResource for KeyResource {
    type Provider = Directory;
    type Model = Key;
    type Private = Private;

    async fn open(
        context: &Context<Directory>,
        mut config: Key,
        private: &mut Private,
    ) -> Result<Opened<Key>, Diagnostics> {
        let directory = Directory::of(context, "open a key")?;
        let key = "geheim".repeat(usize::from(config.length).div_ceil(6));
        let key = &key[..usize::from(config.length)];
        std::fs::write(directory.join(format!("{}.key", config.name)), key)
            .or_error("Unable to open a key")?;
        config.key = Secret::new(key).into();
        config.directory = directory.display().to_string().into();
        private.name = config.name.clone();
        private.valid = config.valid.as_ref().map(|valid| *valid.value());
        let opened = Opened::from(config);
        Ok(match private.valid {
            Some(valid) => opened.renew_at(SystemTime::now() + valid),
            None => opened,
        })
    }

    async fn renew(
        context: &Context<Directory>,
        private: &mut Private,
    ) -> Result<Option<SystemTime>, Diagnostics> {
        private.renewals += 1;
        let file = Directory::of(context, "renew a key")?.join(format!("{}.renewals", private.name));
        std::fs::write(file, private.renewals.to_string()).or_error("Unable to renew a key")?;
        Ok(private.valid.map(|valid| SystemTime::now() + valid))
    }

    async fn close(context: &Context<Directory>, private: Private) -> Result<(), Diagnostics> {
        let file = Directory::of(context, "close a key")?.join(format!("{}.key", private.name));
        std::fs::remove_file(file).or_error("Unable to close a key")
    }
}
