//! A plan that takes away what others name. Terraform finishes a delete before it changes what named the
//! object, because it knows only the dependencies of the last apply; so such a delete comes alone, and the
//! router's configuration does not do without it.

use super::RouterConfig;
use super::layout::layout;
use super::node_path::NodePath;
use crate::connection::router::{ConfigPath, ConfigTree};
use crate::session::Session;
use tfplugin::{Context, Diagnostic, Held, Plan};

/// An object is planned to stay or to come. Warns where it gives up a name that others use: these are planned
/// after it; and where another resource has the object too. `claim` tells whose it is, if that is known.
pub(super) async fn planned<T: RouterConfig, P>(
    context: &Context<Session>,
    plan: &Plan<Held<T>, P>,
    claim: &str,
) {
    let (routers, object) = (&context.provider().routers, plan.object());
    let mut words = ["router"].into_iter().chain(layout::<T>().tag.as_ref().map(|tag| tag.attribute));
    if words.any(|attribute| object.attribute(attribute).is_unknown()) {
        return;
    }
    let Ok(node_path) = NodePath::of::<T>(routers, object) else { return };
    node_path.router.plans().note(node_path.subject_path(), false);
    if plan.prior.is_none() && node_path.router.plans().note_creation(T::TYPE_NAME, node_path.subject_path())
    {
        context.warn(twice(&node_path, "create", "The second one to be applied will be refused."));
    }
    let is_held = plan.prior.is_some() && !claim.is_empty();
    if is_held && node_path.router.plans().note_holder(T::TYPE_NAME, node_path.subject_path(), claim) {
        context.warn(twice(&node_path, "manage", "Each of them takes away what the other makes."));
    }
    let before = plan.prior.as_ref().and_then(|prior| NodePath::of::<T>(routers, prior.object()).ok());
    let moved = |before: &NodePath| {
        before.subject_path() != node_path.subject_path()
            || before.router.identity() != node_path.router.identity()
    };
    let Some(before) = before.filter(moved) else { return };
    before.router.plans().note(before.subject_path(), true);
    if let Some(referrers) = referrers_now(context, &before).await.filter(|referrers| !referrers.is_empty()) {
        context.warn(told(&before, &referrers));
    }
}

/// An object is planned to go. Warns where something names it that does not go with it.
pub(super) async fn destroyed(context: &Context<Session>, node_path: &NodePath) {
    node_path.router.plans().note(node_path.subject_path(), true);
    let Some(referrers) = referrers_now(context, node_path).await.filter(|referrers| !referrers.is_empty())
    else {
        return;
    };
    let staying = node_path.router.plans().staying(referrers).await;
    if !staying.is_empty() {
        context.warn(told(node_path, &staying));
    }
}

/// What names it on the router now; nothing where the router cannot be asked.
async fn referrers_now(context: &Context<Session>, node_path: &NodePath) -> Option<Vec<ConfigPath>> {
    let mut held = ConfigTree::default();
    for container in node_path.named_within() {
        let tree = node_path.router.config(container.clone(), context.cancelled()).await.ok()?;
        held.graft(&container, tree.as_ref().clone());
    }
    let found = node_path.references.referrers(&node_path.subject_path(), &held);
    Some(found.iter().map(|path| path.split(' ').map(str::to_owned).collect()).collect())
}

/// Two resources about one object, perhaps by two spellings of its key.
fn twice(node_path: &NodePath, both: &str, follows: &str) -> Diagnostic {
    let (name, url) = (node_path.subject().name(), node_path.router.url());
    let detail = format!(
        "Two resources of this run {both} `{}` at {url}. {follows} Keep one of them, or give one of them another {}.",
        node_path.subject_path().join(" "),
        node_path.key_attribute().unwrap_or("router"),
    );
    let warning = Diagnostic::warning(format!("Two resources for {name}"), detail);
    warning.at(node_path.key_attribute().unwrap_or("router"))
}

fn told(node_path: &NodePath, referrers: &[ConfigPath]) -> Diagnostic {
    let referrers: Vec<_> = referrers.iter().map(|path| path.join(" ")).collect();
    let detail = format!(
        "`{}` at {} is to go, and is named by:\n\n    {}\n\nTerraform takes it away before it changes these, and the router's \
         configuration does not do without it: the apply will fail. Either keep it, with `lifecycle {{ create_before_destroy = \
         true }}` in its block, and apply: from then on it is removed last. Or change in one apply what names it, and remove it in \
         the next. Where it has `create_before_destroy` since an earlier apply, all is well.",
        node_path.subject_path().join(" "),
        node_path.router.url(),
        referrers.join("\n    ")
    );
    let summary =
        format!("Something on router {:?} names {}", node_path.router.name(), node_path.subject().name());
    Diagnostic::warning(summary, detail)
}
