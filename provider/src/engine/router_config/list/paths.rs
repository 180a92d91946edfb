//! The parts of a router's configuration that no type with attributes of its own is, for `terraform query`.

use super::super::RouterConfig;
use super::super::diagnose::no_router;
use super::super::layout::{Tag, layout};
use super::super::node_path::NodePath;
use super::super::resource::{RouterResource, failed};
use super::super::seen::imported;
use super::super::uncovered::Uncovered;
use crate::connection::router::ConfigTree;
use crate::session::Session;
use crate::values::one_line;
use std::marker::PhantomData;
use std::sync::Arc;
use tfplugin::{Context, Diagnostic, Diagnostics, Held, Identity, ListResource, Listing, Model, Value};

/// Every part of a router's configuration that no other type covers, whoever configured it: a whole service,
/// an interface, a VRF, and whatever an object of another type has beside its attributes. All types' lists
/// together find all that a router has, but for `service https`, over which the provider talks to it.
#[derive(Clone, Debug, Model)]
pub struct PathList {
    /// Name of the router: a key of the provider's `routers`. Not needed where there is only one.
    #[attribute(optional)]
    router: Option<String>,

    /// Words from the top to a node, as they are typed after `set`. Only what is below it is listed, and each
    /// node directly below is a part: `system login user` finds one part for each user. Default: all, divided
    /// into parts such as `service ntp`, `system login`, `interfaces ethernet eth1` and `firewall ipv4`.
    #[attribute(optional)]
    path: Option<String>,
}

/// So many words has a part below each node at the top, where it is not [`USUAL`].
const WORDS: &[(&str, usize)] = &[("container", 3), ("interfaces", 3), ("policy", 3), ("vrf", 3)];

/// A node at the top holds what has nothing to do with each other: `service`, `system`.
const USUAL: usize = 2;

/// The parts that objects of type `T` could be, as a list.
pub struct RouterPaths<T>(PhantomData<T>);

impl<T: RouterConfig> ListResource for RouterPaths<T> {
    type Provider = Session;
    type Resource = RouterResource<T>;
    type Config = PathList;

    async fn list(
        context: &Context<Session>,
        config: PathList,
        listing: &mut Listing<Held<T>>,
    ) -> Result<(), Diagnostics> {
        let router = context.provider().routers.get(config.router.as_deref());
        let router = router.map_err(|reason| no_router(layout::<T>().noun, &reason))?;
        let Some(tag) = &layout::<T>().tag else { return Ok(()) };
        let any = NodePath::on::<T>(Arc::clone(&router), &Value::Null);
        let tree = router.config(Vec::new(), context.cancelled()).await;
        let tree = tree.map_err(|error| failed("list", &any, &error))?;
        let mut misfits = Vec::new();
        for path in parts::<T>(&tree, config.path.as_deref()) {
            let text = |text: &str| Value::String(text.to_owned());
            let identity = Identity::new([
                ("router".to_owned(), text(router.name())),
                (tag.attribute.to_owned(), text(&path)),
            ]);
            let named = Value::Object(identity.attributes().clone());
            let node_path = NodePath::on::<T>(Arc::clone(&router), &named);
            let Some(below) = tree.at(&node_path.root()) else { continue };
            // Nothing but what VyOS itself puts there, which nobody has to manage.
            let is_left_alone = |(path, node): (Vec<String>, &ConfigTree)| {
                !node.is_empty() && node_path.holds_nothing(&path, node)
            };
            if node_path.find(below).is_some_and(is_left_alone) {
                continue;
            }
            let Some(object) = imported::<T>(context, &node_path, below, &identity) else { continue };
            match can_be_written::<T>(object.object(), tag) {
                Written::Yes => {}
                Written::NoKey => continue,
                Written::No(why) => {
                    misfits.push(format!("`{path}`: {why}"));
                    continue;
                }
            }
            if listing.object(format!("{path} on router {:?}", router.name()), &object).await.is_break() {
                break;
            }
        }
        if !misfits.is_empty() {
            let detail = format!(
                "These parts of the configuration at {} cannot be said in a `{}`:\n\n    {}\n\nThe others are listed. List a \
                 longer `path` to have what is beside that.",
                router.url(),
                T::TYPE_NAME,
                misfits.join("\n    ")
            );
            context.warn(Diagnostic::warning("Parts that are not listed", detail));
        }
        Ok(())
    }
}

/// The paths of all parts, or of those below `within`.
fn parts<T: RouterConfig>(tree: &ConfigTree, within: Option<&str>) -> Vec<String> {
    let within: Vec<_> = within.into_iter().flat_map(str::split_whitespace).collect();
    let is_whole = |path: &[String]| {
        let words = match within.as_slice() {
            [] => WORDS.iter().find(|(top, _)| path.first().is_some_and(|word| word == top)),
            within => return path.len() > within.len(),
        };
        path.len() >= words.map_or(USUAL, |(_, words)| *words)
    };
    let all = Uncovered::of_all::<T>(tree, &is_whole).into_iter();
    let all = all.filter(|path| path.len() >= within.len() && path.iter().zip(&within).all(|(a, b)| a == b));
    all.map(|path| path.join(" ")).collect()
}

/// Whether a configuration can say what was found.
enum Written {
    Yes,
    /// Its key is none that the type takes.
    NoKey,
    /// What else is wrong.
    No(String),
}

fn can_be_written<T: RouterConfig>(object: &Value, tag: &Tag) -> Written {
    for attribute in &T::schema().attributes {
        let value = object.attribute(&attribute.name);
        match (attribute.semantics.validate)(value, one_line) {
            Err(_) if attribute.name == tag.attribute => return Written::NoKey,
            Err(why) => return Written::No(why.message),
            Ok(()) => {}
        }
    }
    match T::decode(object) {
        Ok(_) => Written::Yes,
        Err(why) => Written::No(why.message),
    }
}
