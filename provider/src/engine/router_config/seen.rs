//! An object as the router has it, for reads, imports and lists.

use super::RouterConfig;
use super::changes::visible;
use super::layout::layout;
use super::node_path::NodePath;
use super::translate::{from_config, misfits, preserve_spelling};
use super::uncovered::Uncovered;
use crate::connection::router::{ConfigPath, ConfigTree, Router};
use crate::engine::read_scope::ReadScope;
use crate::session::Session;
use std::collections::BTreeMap;
use tfplugin::{Context, Diagnostic, Held, Identity, Path, Value};

/// The object of an identity as the router has it, all of it; nothing where there is none.
pub(super) fn imported<T: RouterConfig>(
    context: &Context<Session>,
    node_path: &NodePath,
    tree: &ConfigTree,
    identity: &Identity,
) -> Option<Held<T>> {
    tell_misfits(context, node_path, tree);
    let found = model_in::<T>(node_path, tree, ReadScope::Full)?;
    let Value::Object(mut attributes) = found.object().clone() else { return Some(found) };
    attributes.extend(identity.attributes().clone());
    Some(Held::new(Value::Object(attributes)))
}

/// What is below an object's node and none of its attributes.
pub(super) fn uncovered<T: RouterConfig>(node_path: &NodePath, tree: &ConfigTree) -> Vec<ConfigPath> {
    let Some((path, node)) = node_path.find(tree) else { return Vec::new() };
    Uncovered::of_object::<T>(layout::<T>(), node, &[node_path.root(), path].concat())
}

/// So many parts are named in a warning.
const NAMED: usize = 20;

/// Warns of what is below the nodes of objects that are taken over and none of their attributes.
pub(super) fn tell_uncovered<T: RouterConfig>(
    context: &Context<Session>,
    router: &Router,
    paths: &[ConfigPath],
) {
    if paths.is_empty() {
        return;
    }
    let mut lines: Vec<_> = paths.iter().take(NAMED).map(|path| path.join(" ")).collect();
    if let Some(more) = paths.len().checked_sub(NAMED).filter(|more| *more > 0) {
        lines.push(format!("and {more} more"));
    }
    let by = T::layouts().into_iter().find(|(_, layout)| layout.is_path()).map_or("", |(name, _)| name);
    let detail = format!(
        "The router at {} also has:\n\n    {}\n\nNo attribute of `{}` covers that: Terraform does not show it and does not \
         change it, until it destroys the object with all that is below it. To manage it too, add it with `{by}`: `path` is \
         such a line, and a `list` block of `{by}` finds all of them.",
        router.url(),
        lines.join("\n    "),
        T::TYPE_NAME
    );
    let summary = format!("Parts of {} that no attribute covers", layout::<T>().noun);
    context.warn(Diagnostic::warning(summary, detail));
}

/// The object in the configuration below the root, in the words of what it was before where nothing differs.
/// Whatever the router holds is told as it is: the rules of the attributes are for what is written.
pub(super) fn model_in<T: RouterConfig>(
    node_path: &NodePath,
    tree: &ConfigTree,
    scope: ReadScope<'_>,
) -> Option<Held<T>> {
    let (path, node) = node_path.find(tree)?;
    let fields = layout::<T>().fields;
    let before = match scope {
        ReadScope::Owned(before) => before,
        ReadScope::Full => &Value::Null,
    };
    let mut attributes: BTreeMap<String, Value> = match before {
        Value::Object(attributes) => attributes.clone(),
        _ => BTreeMap::new(),
    };
    let node = visible(fields, node, &node_path.root(), &path, before);
    attributes.extend(preserve_spelling(fields, before, from_config(fields, &node, scope)));
    Some(Held::new(Value::Object(attributes)))
}

/// Warns of what the state cannot say.
pub(super) fn tell_misfits(context: &Context<Session>, node_path: &NodePath, tree: &ConfigTree) {
    let Some((_, node)) = node_path.find(tree) else { return };
    let subject = node_path.subject();
    for (attribute, word) in misfits(subject.fields, node, &Path::root()) {
        let detail = format!(
            "`{}` at {} holds {word:?} for {attribute}, which takes a number. The state has null in its place. Where the \
             configuration says another value, the next apply sets that.",
            subject.path,
            node_path.router.url()
        );
        context.warn(Diagnostic::warning("Value that the attribute cannot represent", detail).at(attribute));
    }
}
