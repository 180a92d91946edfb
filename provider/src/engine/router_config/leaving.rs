//! A plan that takes away what others name. Terraform finishes a delete before it changes what named the object, because it knows
//! only the dependencies of the last apply; so such a delete comes alone, and the router's configuration does not do without it.

use super::RouterConfig;
use super::node_path::Place;
use super::referrers::users;
use crate::connection::router::{ConfigPath, ConfigTree};
use crate::provider::Microk8s;
use tfplugin::{Context, Diagnostic, Held, Plan};

/// An object is planned to stay or to come. Warns where it gives up a name that others use: these are planned after it.
pub(super) async fn planned<T: RouterConfig, P>(context: &Context<Microk8s>, plan: &Plan<Held<T>, P>) {
    let (routers, object) = (&context.provider().routers, plan.object());
    let mut words = ["router"].into_iter().chain(T::DECLARATION.tag.as_ref().map(|tag| tag.attribute));
    if words.any(|attribute| object.attribute(attribute).is_unknown()) {
        return;
    }
    let Ok(place) = Place::of::<T>(routers, object) else { return };
    place.router.plans().note(place.subject_path(), false);
    let before = plan.prior.as_ref().and_then(|prior| Place::of::<T>(routers, prior.object()).ok());
    let moved = |before: &Place| {
        before.subject_path() != place.subject_path() || before.router.identity() != place.router.identity()
    };
    let Some(before) = before.filter(moved) else { return };
    before.router.plans().note(before.subject_path(), true);
    if let Some(users) = users_now(context, &before).await.filter(|users| !users.is_empty()) {
        context.warn(told(&before, &users));
    }
}

/// An object is planned to go. Warns where something names it that does not go with it.
pub(super) async fn destroyed(context: &Context<Microk8s>, place: &Place) {
    place.router.plans().note(place.subject_path(), true);
    let Some(users) = users_now(context, place).await.filter(|users| !users.is_empty()) else { return };
    let staying = place.router.plans().staying(users).await;
    if !staying.is_empty() {
        context.warn(told(place, &staying));
    }
}

/// What names it on the router now; nothing where the router cannot be asked.
async fn users_now(context: &Context<Microk8s>, place: &Place) -> Option<Vec<ConfigPath>> {
    let names = place.named()?;
    let mut held = ConfigTree::default();
    for container in names.named_within() {
        let tree = place.router.config(container.clone(), context.cancelled()).await.ok()?;
        held.graft(&container, tree.as_ref().clone());
    }
    let found = users(names, &place.subject_path(), &held);
    Some(found.iter().map(|path| path.split(' ').map(str::to_owned).collect()).collect())
}

fn told(place: &Place, users: &[ConfigPath]) -> Diagnostic {
    let users: Vec<_> = users.iter().map(|path| path.join(" ")).collect();
    let detail = format!(
        "`{}` at {} is to go, and is named by:\n\n    {}\n\nTerraform takes it away before it changes these, and the router's \
         configuration does not do without it: the apply will fail. Either keep it, with `lifecycle {{ create_before_destroy = \
         true }}` in its block, and apply: from then on it goes last. Or change in one apply what names it, and remove it in \
         the next. Where it has `create_before_destroy` since an earlier apply, all is well.",
        place.subject_path().join(" "),
        place.router.url(),
        users.join("\n    ")
    );
    let summary = format!("Something on router {:?} names {}", place.router.name(), place.subject().name());
    Diagnostic::warning(summary, detail)
}
