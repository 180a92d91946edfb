//! The behaviour of every [`RouterConfig`] type as a Terraform resource.

use super::RouterConfig;
use super::diagnose::{no_router, sentence};
use super::foresee::conditions;
use super::leaving;
use super::place::Place;
use super::translate::{changes, creation, from_config, in_words_of, to_config};
use crate::connection::router::{Changes, Command, ConfigTree, NoRouter, Purpose, RouterError, Write};
use crate::provider::Microk8s;
use async_trait::async_trait;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use tfplugin::{Context, Diagnostic, Diagnostics, Knowable, Plan, Resource, Value};

/// A type `T` as a resource.
pub struct RouterObject<T>(PhantomData<T>);

/// Kept beside the state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Private {
    /// Tells who put the object, see [`Write::claim`].
    #[serde(default)]
    claim: String,
}

#[async_trait]
impl<T: RouterConfig> Resource for RouterObject<T> {
    type Provider = Microk8s;
    type Model = T;
    type Private = Private;

    fn check(config: &T::Draft, found: &mut Diagnostics) {
        T::check(config, found);
    }

    async fn plan(context: &Context<Microk8s>, plan: &mut Plan<T, Private>) -> Result<(), Diagnostics> {
        leaving::planned(context, plan).await;
        let Knowable::Known(name) = &T::target(&plan.planned).router else { return Ok(()) };
        let routers = &context.provider().routers;
        let router = match routers.get(name.as_deref()) {
            Ok(router) => router,
            Err(NoRouter::NotKnownYet) => return Ok(()),
            Err(reason) => return Err(no_router(T::DECLARATION.noun, &reason).into()),
        };
        // The only router is the same with and without its name.
        let before =
            plan.prior.as_ref().map(|prior| routers.get(prior.encode().attribute("router").as_str()));
        if before.is_some_and(|before| before.is_ok_and(|before| before.name() != router.name())) {
            plan.replace("router");
        }
        Ok(())
    }

    async fn plan_destroy(context: &Context<Microk8s>, prior: T, _: Private) -> Result<(), Diagnostics> {
        leaving::destroyed(context, &prior).await;
        Ok(())
    }

    async fn create(
        context: &Context<Microk8s>,
        planned: T,
        private: &mut Private,
    ) -> Result<T, Diagnostics> {
        let object = planned.encode();
        let place = Place::of::<T>(&context.provider().routers, &object)?;
        private.claim = format!("{:016x}", rand::rng().random::<u64>());
        let wanted = to_config(T::DECLARATION.fields, &object);
        let here = place.clone();
        let changes = move |tree: &ConfigTree| match here.find(tree) {
            None => made_new(&planned, &here, &wanted, tree),
            Some((path, node)) => match changes(T::DECLARATION.fields, node, &wanted, &path) {
                same if same.is_empty() => Ok(same),
                different => Err(here.taken::<T>(different)),
            },
        };
        put(context, "create", &place, &object, private, Box::new(changes)).await
    }

    async fn read(context: &Context<Microk8s>, prior: T, _: &mut Private) -> Result<Option<T>, Diagnostics> {
        let object = prior.encode();
        // A name that leads nowhere is told on the attribute when the change is planned; the state stays.
        let Ok(place) = Place::of::<T>(&context.provider().routers, &object) else { return Ok(Some(prior)) };
        match place.router.config(place.root(), context.cancelled()).await {
            Ok(tree) => model_in(&place, &tree, &object).transpose(),
            Err(error) => {
                if place.router.first_warning() {
                    context.warn(unread(&place, &error));
                }
                Ok(Some(prior))
            }
        }
    }

    async fn update(
        context: &Context<Microk8s>,
        prior: T,
        planned: T,
        private: &mut Private,
    ) -> Result<T, Diagnostics> {
        let routers = &context.provider().routers;
        let object = planned.encode();
        let place = Place::of::<T>(routers, &object)?;
        let before = Place::of::<T>(routers, &prior.encode())?;
        if before.router.name() != place.router.name() {
            let (old, new) = (before.router.name(), place.router.name());
            let detail = format!(
                "`router` was unknown when this was planned and turns out to be {new:?}, but the object lives on {old:?} \
                 and cannot move. Apply again: now that the name is known, a new object is planned."
            );
            return Err(Diagnostic::error(place.subject().unable("update", &place.router), detail)
                .at("router")
                .into());
        }
        let wanted = to_config(T::DECLARATION.fields, &object);
        let here = place.clone();
        let changes = move |tree: &ConfigTree| match here.find(tree) {
            None => made_new(&planned, &here, &wanted, tree),
            Some((path, node)) => match changes(T::DECLARATION.fields, node, &wanted, &path) {
                same if same.is_empty() => Ok(same),
                different => planned.fits(tree).map(|()| different),
            },
        };
        put(context, "update", &place, &object, private, Box::new(changes)).await
    }

    async fn delete(context: &Context<Microk8s>, prior: T, private: Private) -> Result<(), Diagnostics> {
        let place = Place::of::<T>(&context.provider().routers, &prior.encode())?;
        let here = place.clone();
        let changes = move |tree: &ConfigTree| {
            let Some((path, node)) = here.find(tree) else { return Ok(Vec::new()) };
            match here.children_below(node) {
                none if none.is_empty() => Ok(vec![Command::delete(path)]),
                children => Err(here.inhabited(&children)),
            }
        };
        let write = write(context, &place, Purpose::Remove, &private, Box::new(changes));
        place.router.write(write).await.map(drop).map_err(|error| failed("delete", &place, error))
    }

    async fn import(context: &Context<Microk8s>, id: &str, _: &mut Private) -> Result<T, Diagnostics> {
        let (place, named) = Place::imported::<T>(&context.provider().routers, id)?;
        let tree = place.router.config(place.root(), context.cancelled()).await;
        let tree = tree.map_err(|error| failed("import", &place, error))?;
        model_in(&place, &tree, &Value::Object(named)).unwrap_or_else(|| Err(place.absent(id).into()))
    }
}

/// The commands that make an object where there is none.
fn made_new<T: RouterConfig>(
    planned: &T,
    place: &Place,
    wanted: &ConfigTree,
    tree: &ConfigTree,
) -> Result<Vec<Command>, Box<Diagnostic>> {
    place.needs_met(tree)?;
    planned.fits(tree)?;
    Ok(creation(wanted, &place.below_root()))
}

/// Puts an object and reads it back.
async fn put<T: RouterConfig>(
    context: &Context<Microk8s>,
    action: &str,
    place: &Place,
    object: &Value,
    private: &Private,
    changes: Box<Changes>,
) -> Result<T, Diagnostics> {
    let write = write(context, place, Purpose::Put, private, changes);
    let tree = place.router.write(write).await.map_err(|error| failed(action, place, error))?;
    model_in(place, &tree, object).unwrap_or_else(|| {
        let vanished =
            "The router accepted it, but does not have it now. Something else is changing its configuration.";
        Err(Diagnostic::error(place.subject().unable(action, &place.router), vanished).into())
    })
}

fn write(
    context: &Context<Microk8s>,
    place: &Place,
    purpose: Purpose,
    private: &Private,
    changes: Box<Changes>,
) -> Write {
    let root = place.root();
    let subject = [root.as_slice(), &place.below_root()].concat();
    let (claim, cancelled) = (private.claim.clone(), context.cancelled().clone());
    let (also_reads, objections) = conditions(place, purpose);
    Write { root, subject, purpose, claim, changes, also_reads, objections, cancelled }
}

/// The object in the configuration below the root, in the words of `before` where nothing differs.
fn model_in<T: RouterConfig>(
    place: &Place,
    tree: &ConfigTree,
    before: &Value,
) -> Option<Result<T, Diagnostics>> {
    let (_, node) = place.find(tree)?;
    let fields = T::DECLARATION.fields;
    let mut attributes: BTreeMap<String, Value> = match before {
        Value::Object(attributes) => attributes.clone(),
        _ => BTreeMap::new(),
    };
    attributes.extend(in_words_of(fields, before, from_config(fields, node)));
    let model = T::decode(&Value::Object(attributes)).map_err(|error| {
        let detail = format!(
            "The router holds something that this resource has no form for, at `{}`: {error}. Change it on the router.",
            error.path
        );
        let summary = place.subject().unable("read", &place.router);
        Diagnostic::error(summary, detail).at(error.path).into()
    });
    Some(model)
}

fn failed(action: &str, place: &Place, error: RouterError) -> Diagnostics {
    place.subject().failed(action, &place.router, error).into()
}

fn unread(place: &Place, error: &RouterError) -> Diagnostic {
    let told = sentence(&format!("Tried at {}: {error}", place.router.url()));
    let detail = format!(
        "{told} What the state says of this router's objects is kept as it was; changes made on the router meanwhile \
         are not seen.\n\n{}",
        error.next_step()
    );
    Diagnostic::warning(format!("Unable to read router {:?}", place.router.name()), detail).at("router")
}
