//! The behaviour of every [`RouterConfig`] type as a Terraform resource.

use super::RouterConfig;
use super::changes::{Change, changes, creation, removal};
use super::diagnose::{no_router, orphan, sentence};
use super::foresee::{Dangling, conditions};
use super::layout::layout;
use super::leaving;
use super::node_path::{NodePath, import_forms};
use super::seen::{imported, model_in, tell_misfits, tell_uncovered, uncovered};
use super::target::RouterTargetDraft;
use super::translate::to_config;
use crate::connection::ConnectionError;
use crate::connection::router::{
    Changes, Command, ConfigTree, Purpose, Router, RouterError, RouterLookupError, Routers, Veto, Write,
};
use crate::engine::read_scope::ReadScope;
use crate::session::Session;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::Arc;
use tfplugin::{Context, Diagnostic, Diagnostics, Draft, Held, Identity, Plan, Resource, Value};

/// A type `T` as a resource.
pub struct RouterResource<T>(PhantomData<T>);

/// Kept beside the state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Private {
    /// Tells who put the object, see [`Write::claim`].
    #[serde(default)]
    claim: String,
    /// How many words of its path were there before it was made. What it made above itself goes with it.
    #[serde(default)]
    stood: Option<usize>,
    /// The router that it is on, see [`Router::identity`]. None in a state that no read has been stored of
    /// yet.
    #[serde(default)]
    router: Option<String>,
    /// Secrets that the configuration has ever given, see [`Resource::given`].
    #[serde(default)]
    given: BTreeSet<String>,
}

impl Private {
    /// The router of an object in the state.
    fn router_of(&self, routers: &Routers, prior: &Value) -> Result<Arc<Router>, RouterLookupError> {
        routers.remembered(self.router.as_deref(), prior.attribute("router").as_str())
    }
}

impl<T: RouterConfig> Resource for RouterResource<T> {
    type Provider = Session;
    type Model = Held<T>;
    type Private = Private;

    fn given(private: &mut Private) -> Option<&mut BTreeSet<String>> {
        Some(&mut private.given)
    }

    fn validate_config(config: &T::Draft, diagnostics: &mut Diagnostics) {
        T::validate_config(config, diagnostics);
    }

    async fn modify_plan(
        context: &Context<Session>,
        plan: &mut Plan<Held<T>, Private>,
    ) -> Result<(), Diagnostics> {
        let mut found = Diagnostics::new();
        T::check_planned(&plan.planned, &mut found);
        if found.has_errors() {
            return Err(found);
        }
        leaving::planned(context, plan, &plan.private.claim).await;
        plan_router(context, plan)?;
        if let Some(prior) = plan.prior.as_ref().filter(|_| !plan.kept.is_empty())
            && let Ok(router) = plan.private.router_of(&context.provider().routers, prior.object())
        {
            let node_path = NodePath::on::<T>(router, prior.object());
            let told = format!("{} on router {:?}", node_path.subject().name(), node_path.router.name());
            context.provider().kept_secrets.report(context, &plan.kept, &told, plan.replaces()).await;
        }
        Ok(())
    }

    async fn plan_destroy(
        context: &Context<Session>,
        prior: Held<T>,
        private: Private,
    ) -> Result<(), Diagnostics> {
        match private.router_of(&context.provider().routers, prior.object()) {
            Ok(router) => leaving::destroyed(context, &NodePath::on::<T>(router, prior.object())).await,
            Err(RouterLookupError::NotKnownYet) => {}
            Err(reason) => {
                return Err(orphan(layout::<T>().noun, &reason, private.router.as_deref()).into());
            }
        }
        Ok(())
    }

    async fn create(
        context: &Context<Session>,
        planned: Held<T>,
        private: &mut Private,
    ) -> Result<Held<T>, Diagnostics> {
        let node_path = NodePath::of::<T>(&context.provider().routers, planned.object())?;
        node_path.router.plans().begin_creation(T::TYPE_NAME, node_path.subject_path());
        private.claim = format!("{:016x}", rand::rng().random::<u64>());
        private.router = Some(node_path.router.identity());
        private.stood = node_path
            .stands(context.cancelled())
            .await
            .map_err(|error| failed("create", &node_path, &error))?;
        let (model, object) = (model_of("create", &node_path, &planned)?, planned.object().clone());
        let at = node_path.clone();
        let changes = move |tree: &ConfigTree| {
            let wanted = || create_commands(&model, &at, &to_config(layout::<T>().fields, &object), tree);
            let Some((path, node)) = at.find(tree) else { return wanted() };
            let change = Change { planned: &object, prior: &Value::Null, root: &at.root() };
            let different = changes(layout::<T>().fields, node, change, &path).commands;
            if different.is_empty() || at.holds_nothing(&path, node) {
                return Ok(different);
            }
            Err(at.conflict_error::<T>(&different))
        };
        put(context, "create", &node_path, &planned, private, Box::new(changes)).await
    }

    async fn read(
        context: &Context<Session>,
        prior: Held<T>,
        private: &mut Private,
    ) -> Result<Option<Held<T>>, Diagnostics> {
        // Where there is none, the next change or destruction that is planned says so; the state stays.
        let Ok(router) = private.router_of(&context.provider().routers, prior.object()) else {
            return Ok(Some(prior));
        };
        let node_path = NodePath::on::<T>(router, prior.object());
        match node_path.router.config(node_path.root(), context.cancelled()).await {
            Ok(tree) => {
                private.router = Some(node_path.router.identity());
                tell_misfits(context, &node_path, &tree);
                Ok(model_in(&node_path, &tree, ReadScope::Owned(prior.object())))
            }
            Err(error) => {
                if node_path.router.warn_once() {
                    context.warn(unread(&node_path, &error));
                }
                Ok(Some(prior))
            }
        }
    }

    async fn update(
        context: &Context<Session>,
        prior: Held<T>,
        planned: Held<T>,
        private: &mut Private,
    ) -> Result<Held<T>, Diagnostics> {
        let routers = &context.provider().routers;
        let node_path = NodePath::of::<T>(routers, planned.object())?;
        if let Ok(before) = private.router_of(routers, prior.object())
            && before.identity() != node_path.router.identity()
        {
            let detail = format!(
                "`router` leads to {:?} at {}, but the object lives on {:?} at {} and cannot move. If the name was unknown \
                 when this was planned, apply again: now that it is known, a new object is planned. Otherwise name the \
                 router that it is on, or make a new one with `-replace`.",
                node_path.router.name(),
                node_path.router.identity(),
                before.name(),
                before.identity()
            );
            return Err(Diagnostic::error(node_path.subject().unable("update", &node_path.router), detail)
                .at("router")
                .into());
        }
        private.router = Some(node_path.router.identity());
        let (model, object) = (model_of("update", &node_path, &planned)?, planned.object().clone());
        let at = node_path.clone();
        let changes = move |tree: &ConfigTree| match at.find(tree) {
            None => create_commands(&model, &at, &to_config(layout::<T>().fields, &object), tree),
            Some((path, node)) => {
                let change = Change { planned: &object, prior: prior.object(), root: &at.root() };
                let different = changes(layout::<T>().fields, node, change, &path);
                match (different.commands, different.unseen) {
                    (same, _) if same.is_empty() => Ok(same),
                    (commands, none) if none.is_empty() => model.fits(tree).map(|()| commands),
                    (_, unseen) => Err(at.unplanned_removal_error(&unseen)),
                }
            }
        };
        put(context, "update", &node_path, &planned, private, Box::new(changes)).await
    }

    async fn delete(context: &Context<Session>, prior: Held<T>, private: Private) -> Result<(), Diagnostics> {
        let router = private
            .router_of(&context.provider().routers, prior.object())
            .map_err(|reason| orphan(layout::<T>().noun, &reason, private.router.as_deref()))?;
        let node_path = NodePath::on::<T>(router, prior.object()).with_parents(private.stood);
        let at = node_path.clone();
        let changes = move |tree: &ConfigTree| {
            let commands = match at.find(tree) {
                Some((path, node)) => match at.children_below(node) {
                    none if none.is_empty() => removal(layout::<T>().fields, node, &at.root(), &path),
                    children => return Err(at.has_children_error(&children)),
                },
                None => Vec::new(),
            };
            Ok(at.and_emptied_parents(commands, tree))
        };
        let none = Dangling::default();
        let write = write(context, &node_path, Purpose::Remove, &private, Box::new(changes), &none);
        node_path.router.write(write).await.map(drop).map_err(|error| failed("delete", &node_path, &error))
    }

    fn identity_of(context: &Context<Session>, id: &str) -> Option<Identity> {
        let routers = &context.provider().routers;
        Some(NodePath::named::<T>(id, |name| routers.get(Some(name)).is_ok()))
    }

    fn import_forms() -> String {
        import_forms(layout::<T>())
    }

    async fn import_state(
        context: &Context<Session>,
        identity: &Identity,
        private: &mut Private,
    ) -> Result<Held<T>, Diagnostics> {
        let named = Value::Object(identity.attributes().clone());
        let node_path = NodePath::of::<T>(&context.provider().routers, &named).map_err(without_attribute)?;
        private.router = Some(node_path.router.identity());
        let tree = node_path.router.config(node_path.root(), context.cancelled()).await;
        let tree = tree.map_err(|error| failed("import", &node_path, &error))?;
        tell_uncovered::<T>(context, &node_path.router, &uncovered::<T>(&node_path, &tree));
        imported(context, &node_path, &tree, identity).ok_or_else(|| node_path.absent().into())
    }
}

/// An import has no configuration whose line could be shown.
fn without_attribute(found: Diagnostics) -> Diagnostics {
    let mut without = Diagnostics::new();
    found.into_iter().for_each(|one| without.push(Diagnostic { attribute: None, ..one }));
    without
}

/// Plans a new object where the configuration leads to another router than the one that the object is on.
fn plan_router<T: RouterConfig>(
    context: &Context<Session>,
    plan: &mut Plan<Held<T>, Private>,
) -> Result<(), Diagnostics> {
    let target = plan.object().attribute("router").clone();
    if target.is_unknown() {
        return Ok(());
    }
    let name = target.as_str();
    let routers = &context.provider().routers;
    let router = match routers.get(name) {
        Ok(router) => router,
        Err(RouterLookupError::NotKnownYet) => return Ok(()),
        Err(reason) => return Err(no_router(layout::<T>().noun, &reason).into()),
    };
    let Some(prior) = &plan.prior else { return Ok(()) };
    // One that is nowhere in the provider block any more may have moved: nobody can tell.
    let Ok(before) = plan.private.router_of(routers, prior.object()) else { return Ok(()) };
    if before.identity() == router.identity() {
        return Ok(());
    }
    if prior.object().attribute("router").as_str() == name {
        context.warn(renamed(layout::<T>().noun, &before, &router));
    }
    if let Ok(target) = RouterTargetDraft::decode(plan.object()) {
        plan.require_replace(target.router.name());
    }
    Ok(())
}

/// The commands that make an object where there is none.
fn create_commands<T: RouterConfig>(
    planned: &T,
    node_path: &NodePath,
    wanted: &ConfigTree,
    tree: &ConfigTree,
) -> Result<Vec<Command>, Veto> {
    node_path.check_requirement(tree)?;
    planned.fits(tree)?;
    Ok(creation(wanted, &node_path.relative_path()))
}

/// What is planned, as the type's own rules want it. Only what was unknown until now can be at fault.
fn model_of<T: RouterConfig>(
    action: &str,
    node_path: &NodePath,
    planned: &Held<T>,
) -> Result<T, Diagnostics> {
    planned.model().cloned().map_err(|error| {
        let summary = node_path.subject().unable(action, &node_path.router);
        Diagnostic::error(summary, format!("{}: {error}.", error.path)).at(error.path.clone()).into()
    })
}

/// Puts an object and reads it back.
async fn put<T: RouterConfig>(
    context: &Context<Session>,
    action: &str,
    node_path: &NodePath,
    planned: &Held<T>,
    private: &Private,
    changes: Box<Changes>,
) -> Result<Held<T>, Diagnostics> {
    let dangling = Dangling::default();
    let write = write(context, node_path, Purpose::Put, private, changes, &dangling);
    let tree = node_path.router.write(write).await.map_err(|error| failed(action, node_path, &error))?;
    dangling.warnings(node_path).into_iter().for_each(|warning| context.warn(warning));
    let unable = || node_path.subject().unable(action, &node_path.router);
    let Some((path, node)) = node_path.find(&tree) else {
        let vanished =
            "The router accepted it, but does not have it now. Something else is changing its configuration.";
        return Err(Diagnostic::error(unable(), vanished).into());
    };
    let object = planned.object();
    let change = Change { planned: object, prior: object, root: &node_path.root() };
    let missing = super::changes::changes(layout::<T>().fields, node, change, &path).commands;
    if !missing.is_empty() {
        return Err(node_path.rewritten(&missing).into_diagnostic(unable()).into());
    }
    Ok(model_in(node_path, &tree, ReadScope::Owned(object)).unwrap_or_else(|| planned.clone()))
}

fn write(
    context: &Context<Session>,
    node_path: &NodePath,
    purpose: Purpose,
    private: &Private,
    changes: Box<Changes>,
    dangling: &Dangling,
) -> Write {
    let (root, subject) = (node_path.root(), node_path.subject_path());
    let (claim, cancelled) = (private.claim.clone(), context.cancelled().clone());
    let (also_reads, post_checks) = conditions(node_path, purpose, dangling);
    Write { root, subject, purpose, claim, changes, also_reads, post_checks, cancelled }
}

pub(super) fn failed(action: &str, node_path: &NodePath, error: &RouterError) -> Diagnostics {
    node_path.subject().failed(action, &node_path.router, error).into()
}

/// The name stayed and is another router's now, which is no change that Terraform could plan.
fn renamed(noun: &str, before: &Router, now: &Router) -> Diagnostic {
    let detail = format!(
        "The object is on the router at {}, which the provider block now calls {:?}; `router` still says {:?}, which is \
         at {} now. It stays where it is. To follow the router, write `router = {:?}`; to have a new object on the other \
         one, replace it with `-replace`.",
        before.identity(),
        before.name(),
        now.name(),
        now.identity(),
        before.name()
    );
    Diagnostic::warning(format!("The router of {noun} has another name"), detail).at("router")
}

fn unread(node_path: &NodePath, error: &RouterError) -> Diagnostic {
    let told = sentence(&format!("Tried at {}: {error}", error.target()));
    let detail = format!(
        "{told} What the state says of this router's objects is kept as it was; changes made on the router meanwhile \
         are not seen.\n\n{}",
        error.hint()
    );
    Diagnostic::warning(format!("Unable to read router {:?}", node_path.router.name()), detail).at("router")
}
