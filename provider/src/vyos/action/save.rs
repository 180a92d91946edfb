//! Action `vyos_save`.

use super::{check_router, failed, router};
use crate::session::Session;
use tfplugin::{Action, Context, Diagnostics, Model, Progress};

const NOUN: &str = "the configuration";

/// Saves the running configuration of a VyOS router.
///
/// The resources of this provider save what they commit. This saves what others committed and did not, or
/// puts a copy beside it, such as before an upgrade. It waits for the commits of the same run on the router.
/// Terraform 1.14 or later.
#[derive(Clone, Debug, Model)]
#[action(type_name = "vyos_save")]
pub struct Save {
    /// Name of the router: a key of the provider's `routers`. Not needed where there is only one.
    #[attribute(optional)]
    router: Option<String>,

    /// File on the router, an absolute path; its passwords and keys are in it. What is below `/config`
    /// survives an upgrade of the system. Default: `/config/config.boot`, with which the router starts.
    #[attribute(optional, validate = check_file)]
    file: Option<String>,
}

fn check_file(file: &Option<String>) -> Result<(), String> {
    let Some(file) = file else { return Ok(()) };
    let names_a_file = file.starts_with('/') && !file.ends_with('/');
    // The router hands it to a shell of its own.
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._+-".contains(letter);
    match names_a_file && file.chars().all(is_plain) && file.split('/').all(|part| part != "..") {
        true => Ok(()),
        false => Err(format!(
            "{file:?} is not a path on the router, such as /config/before-upgrade.boot, of letters, digits, `.`, `_`, `+` and `-`"
        )),
    }
}

impl Action for Save {
    type Provider = Session;
    type Config = Self;

    async fn plan(context: &Context<Session>, config: &SaveDraft) -> Result<(), Diagnostics> {
        check_router(context, NOUN, &config.router)
    }

    async fn invoke(
        context: &Context<Session>,
        config: Self,
        progress: &Progress,
    ) -> Result<(), Diagnostics> {
        let router = router(context, NOUN, config.router.as_deref())?;
        let saving = async {
            let saved = router.save(config.file.as_deref()).await;
            saved.map_err(|error| failed("save", NOUN, "save", &router, &error).into())
        };
        context.unless_stopped(saving).await?;
        let file = config.file.as_deref().unwrap_or("/config/config.boot");
        progress.report(format!("{}: saved to {file}", router.name())).await;
        Ok(())
    }
}
