//! What is done to a router and changes no configuration of it.

mod bgp_reset;
mod save;
#[cfg(test)]
mod tests;

pub use bgp_reset::BgpReset;
pub use save::Save;

use crate::connection::router::{Router, RouterError, RouterLookupError};
use crate::engine::router_config::{Subject, no_router};
use crate::session::Session;
use std::sync::Arc;
use tfplugin::{Context, Diagnostic, Diagnostics, Knowable, Value};

/// The router of that name.
fn router(context: &Context<Session>, noun: &str, name: Option<&str>) -> Result<Arc<Router>, Diagnostics> {
    context.provider().routers.get(name).map_err(|reason| no_router(noun, &reason).into())
}

/// Validates, where the name is known, that there is a router to do it on.
fn check_router(
    context: &Context<Session>,
    noun: &str,
    name: &Knowable<Option<String>>,
) -> Result<(), Diagnostics> {
    let Knowable::Known(name) = name else { return Ok(()) };
    match context.provider().routers.get(name.as_deref()) {
        Ok(_) | Err(RouterLookupError::NotKnownYet) => Ok(()),
        Err(reason) => Err(no_router(noun, &reason).into()),
    }
}

/// The router did not do as asked: `action` the `noun`, by `path`.
fn failed(action: &str, noun: &'static str, path: &str, router: &Router, error: &RouterError) -> Diagnostic {
    let subject = Subject { noun, key: "", path, fields: &[], object: &Value::Null };
    subject.failed(action, router, error)
}
