//! Where an object lives: its router, its component, its key.

use super::changes::visible;
use super::diagnose::{Subject, attribute_at, no_router};
use super::layout::{Layout, layout};
use super::mapping::ValueFormat;
use super::references::References;
use super::translate::{from_config, to_config};
use super::{Field, RouterConfig};
use crate::connection::router::{
    Command, ConfigPath, ConfigTree, Operation, Router, RouterError, Routers, Veto,
};
use crate::engine::read_scope::ReadScope;
use std::sync::Arc;
use tfplugin::{Diagnostic, Diagnostics, Identity, Path, Value};
use tokio_util::sync::CancellationToken;

/// Where one object lives: its router, its component, its key.
#[derive(Clone)]
pub(super) struct NodePath {
    pub(super) router: Arc<Router>,
    /// Canonical; empty where there is only one such object.
    pub(super) key: String,
    /// The container that is read and that commits as one.
    root: ConfigPath,
    /// The object's words below the root.
    relative_path: ConfigPath,
    /// From the top, as typed on the router.
    path: String,
    layout: &'static Layout,
    /// Who names whom.
    pub(super) references: &'static References,
    /// Its attributes; null where only its name is known.
    object: Value,
}

impl NodePath {
    /// Of an object with these attributes, on the router that they name.
    pub(super) fn of<T: RouterConfig>(routers: &Routers, object: &Value) -> Result<Self, Diagnostics> {
        let router = routers
            .get(object.attribute("router").as_str())
            .map_err(|reason| no_router(layout::<T>().noun, &reason))?;
        Ok(Self::on::<T>(router, object))
    }

    /// Of an object with these attributes, on a router.
    pub(super) fn on<T: RouterConfig>(router: Arc<Router>, object: &Value) -> Self {
        let layout = layout::<T>();
        let key = layout.tag.as_ref().and_then(|tag| tag.form.word(object.attribute(tag.attribute)));
        Self { object: object.clone(), ..Self::new::<T>(router, key.unwrap_or_default()) }
    }

    fn new<T: RouterConfig>(router: Arc<Router>, key: String) -> Self {
        let layout = layout::<T>();
        let mut root = owned(layout.component);
        let relative_path = match &layout.tag {
            None => Vec::new(),
            Some(tag) if tag.form == ValueFormat::Path => {
                root.extend(key.split(' ').map(str::to_owned));
                root.pop().into_iter().collect()
            }
            Some(tag) => {
                let node = tag.node_of_ipv6.filter(|_| key.contains(':')).unwrap_or(tag.node);
                [owned(node), vec![key.clone()]].concat()
            }
        };
        let path = [root.as_slice(), &relative_path].concat().join(" ");
        let (references, object) = (T::references(), Value::Null);
        Self { router, key, root, relative_path, path, layout, references, object }
    }

    /// What an import id names: `is_router` says whether there is a router of a name.
    pub(super) fn named<T: RouterConfig>(id: &str, is_router: impl Fn(&str) -> bool) -> Identity {
        let text = |text: &str| Value::String(text.to_owned());
        let Some(tag) = &layout::<T>().tag else {
            return Identity::new([("router".to_owned(), text(id))]);
        };
        // A key may hold a slash itself, so only a router's name ends at one.
        let (router, key) = match id.split_once('/') {
            Some((name, key)) if is_router(name) => (text(name), key),
            _ => (Value::Null, id),
        };
        Identity::new([("router".to_owned(), router), (tag.attribute.to_owned(), tag.form.value(key))])
    }

    /// How many words of a path are there already; nothing where all that could be missing is the last.
    pub(super) async fn stands(&self, cancelled: &CancellationToken) -> Result<Option<usize>, RouterError> {
        let path = [self.root.as_slice(), &self.relative_path].concat();
        let (true, [top, parents @ .., _]) = (self.is_path(), path.as_slice()) else { return Ok(None) };
        if parents.is_empty() {
            return Ok(None);
        }
        let tree = self.router.config(vec![top.clone()], cancelled).await?;
        let there = (1..=parents.len())
            .take_while(|count| parents.get(..*count).is_some_and(|parents| tree.at(parents).is_some()));
        Ok(Some(1 + there.count()))
    }

    /// The same, seen from what stood before it was made.
    pub(super) fn with_parents(self, stood: Option<usize>) -> Self {
        let path = [self.root.as_slice(), &self.relative_path].concat();
        match stood.filter(|stood| *stood < self.root.len()).and_then(|stood| path.split_at_checked(stood)) {
            Some((root, below)) => Self { root: root.to_vec(), relative_path: below.to_vec(), ..self },
            None => self,
        }
    }

    /// The commands, or the one that takes along what is above the object and empty without it.
    pub(super) fn and_emptied_parents(&self, commands: Vec<Command>, tree: &ConfigTree) -> Vec<Command> {
        let mut left = tree.clone();
        commands.iter().for_each(|command| left.remove(&command.path));
        let mut emptied = None;
        let mut path = self.relative_path.as_slice();
        while let (true, [parent @ .., _]) = (self.is_path(), path) {
            if parent.is_empty() || !left.at(parent).is_some_and(ConfigTree::is_empty) {
                break;
            }
            left.remove(parent);
            emptied = Some(parent.to_vec());
            path = parent;
        }
        emptied.map_or(commands, |parent| vec![Command::delete(parent)])
    }

    fn is_path(&self) -> bool {
        self.layout.is_path()
    }

    /// Whether there is nothing at a path but what the router itself puts there.
    pub(super) fn holds_nothing(&self, path: &ConfigPath, node: &ConfigTree) -> bool {
        self.is_path() && visible(self.layout.fields, node, &self.root, path, &Value::Null).is_empty()
    }

    /// The container that is read and that commits as one.
    pub(super) fn root(&self) -> ConfigPath {
        self.root.clone()
    }

    /// The object's words below the root.
    pub(super) fn relative_path(&self) -> ConfigPath {
        self.relative_path.clone()
    }

    /// Its words from the top.
    pub(super) fn subject_path(&self) -> ConfigPath {
        [self.root.as_slice(), &self.relative_path].concat()
    }

    /// The attribute that is its key.
    pub(super) fn key_attribute(&self) -> Option<&'static str> {
        self.layout.tag.as_ref().map(|tag| tag.attribute)
    }

    /// The containers in which others may name it; nothing where none does.
    pub(super) fn named_within(&self) -> Vec<ConfigPath> {
        match self.subject_path().split_last() {
            Some((_, node)) if !self.is_path() => self.references.named_within(node),
            _ => Vec::new(),
        }
    }

    /// Its attributes.
    pub(super) fn object(&self) -> &Value {
        &self.object
    }

    /// Where its attributes are on the router.
    pub(super) fn fields(&self) -> &'static [Field] {
        self.layout.fields
    }

    /// Why it may not go, where anybody names it.
    pub(super) fn check_unreferenced(&self, referrers: &[String]) -> Result<(), Veto> {
        if referrers.is_empty() { Ok(()) } else { Err(self.in_use_error(referrers)) }
    }

    /// Why it may not be as it is planned: what is wrong at a path from the top.
    pub(super) fn faulty(&self, path: &[String], told: &str) -> Veto {
        let below = path.get(self.subject_path().len()..).unwrap_or_default();
        let attribute = attribute_at(self.fields(), &self.object, below, &Path::root());
        Veto { detail: told.to_owned(), attribute }
    }

    /// Why nobody can change what it belongs to.
    pub(super) fn blocked(&self, path: &[String], missing: &str) -> Veto {
        let (component, url) = (self.root.join(" "), self.router.url());
        let detail = format!(
            "The configuration at {url} holds `{}`, which is not part of this object and names what is not there: {missing}. \
             Until that is corrected VyOS refuses every change of `{component}`. Correct it on the router, or where it is \
             managed, and apply again.",
            path.join(" ")
        );
        Veto::new(detail)
    }

    /// For messages.
    pub(super) fn subject(&self) -> Subject<'_> {
        Subject {
            noun: self.layout.noun,
            key: &self.key,
            path: &self.path,
            fields: self.layout.fields,
            object: &self.object,
        }
    }

    /// The object in the configuration below the root, and its words there, which may spell the key in
    /// another way.
    pub(super) fn find<'a>(&self, tree: &'a ConfigTree) -> Option<(ConfigPath, &'a ConfigTree)> {
        match &self.layout.tag {
            None => {
                let fields = self.layout.fields;
                let ours = to_config(fields, &Value::Object(from_config(fields, tree, ReadScope::Full)));
                (!ours.is_empty()).then(|| (Vec::new(), tree))
            }
            Some(tag) => {
                let (own, above) = self.relative_path.split_last()?;
                let (key, node) =
                    tree.at(above)?.children().find(|(key, _)| tag.form.canonical(key) == *own)?;
                Some(([above, &[key.to_owned()]].concat(), node))
            }
        }
    }

    /// Objects of others that are left below `node`, such as `neighbor 10.0.0.11`.
    pub(super) fn children_below(&self, node: &ConfigTree) -> Vec<String> {
        let below = |tag: &&'static str| {
            let keys = node.at(&[*tag]).into_iter().flat_map(ConfigTree::children);
            keys.map(|(key, _)| format!("{tag} {key}")).collect::<Vec<_>>()
        };
        self.layout.children.iter().flat_map(below).collect()
    }

    /// Whether what it needs is there; it may come in the same commit.
    pub(super) fn check_requirement(&self, tree: &ConfigTree) -> Result<(), Veto> {
        let Some(need) = &self.layout.requires else { return Ok(()) };
        if tree.at(need.path).is_some() {
            return Ok(());
        }
        let (missing, name, url) = (need.path.join(" "), need.type_name, self.router.url());
        let component = self.layout.component.join(" ");
        let detail = format!(
            "`{component} {missing}` is not configured at {url}, and VyOS takes no `{}` without it. A `{name}` makes it; \
             where one is in the configuration, refer to it here (`router = {name}.NAME.router`), so that it comes first.",
            self.path
        );
        Err(Veto::new(detail))
    }

    /// Why a create does not touch what is there.
    pub(super) fn conflict_error<T: RouterConfig>(&self, differences: &[Command]) -> Veto {
        let (path, url) = (&self.path, self.router.url());
        let id = if self.key.is_empty() {
            self.router.name().to_owned()
        } else {
            format!("{}/{}", self.router.name(), self.key)
        };
        let name = T::TYPE_NAME;
        let differences = self.in_full(differences);
        let detail = format!(
            "`{path}` is there already at {url}, and differs from this configuration:\n\n    {differences}\n\nTo manage what is \
             there, import it; the next apply then makes these changes:\n\n    import {{\n      to = {name}.NAME\n      \
             id = {id:?}\n    }}\n\nOtherwise remove it on the router first.",
        );
        Veto::new(detail)
    }

    /// Why an update does not touch what others put into a map or set that was not set until now.
    pub(super) fn unplanned_removal_error(&self, unseen: &[Command]) -> Veto {
        let (path, url, unseen_lines) = (&self.path, self.router.url(), self.in_full(unseen));
        let detail = format!(
            "`{path}` at {url} has something that no plan showed, since the attribute that it belongs to was not set until \
             now:\n\n    {unseen_lines}\n\nNothing was changed. Write what is to stay into the configuration, and remove the \
             rest on the router first."
        );
        let attribute = unseen.first().and_then(|one| self.attribute_of(&one.path));
        Veto { detail, attribute }
    }

    /// What to do where the router holds something else than was committed.
    pub(super) fn rewritten(&self, missing: &[Command]) -> Veto {
        let of = |operation| -> Vec<Command> {
            missing.iter().filter(|one| one.operation == operation).cloned().collect()
        };
        let (sent, instead) = (of(Operation::Set), of(Operation::Delete));
        let mut detail =
            format!("{} took this and committed it, and holds something else now.", self.router.url());
        if !sent.is_empty() {
            detail.push_str(&format!(" Sent, and not there:\n\n    {}", self.in_full(&sent)));
        }
        if !instead.is_empty() {
            let there = self.in_full(&instead).replace("delete ", "");
            detail.push_str(&format!("\n\nThere, and not in the configuration:\n\n    {there}"));
        }
        detail.push_str(
            "\n\nVyOS rewrites some leaves while it commits, or another client changed them meanwhile. Write into the \
             configuration what the router holds now, in place of what was sent. The state is as it was before.",
        );
        let attribute = missing.first().and_then(|one| self.attribute_of(&one.path));
        Veto { detail, attribute }
    }

    fn in_full(&self, commands: &[Command]) -> String {
        let line = |one: &Command| {
            Command { path: [self.root.as_slice(), &one.path].concat(), ..one.clone() }.to_string()
        };
        commands.iter().map(line).collect::<Vec<_>>().join("\n    ")
    }

    /// The attribute that a path below the root belongs to.
    fn attribute_of(&self, path: &[String]) -> Option<Path> {
        let below = path.get(self.relative_path.len()..)?;
        let leads = |field: &&Field| {
            field.path.len() <= below.len() && field.path.iter().zip(below).all(|(a, b)| a == b)
        };
        self.layout.fields.iter().find(leads).map(|field| Path::from(field.attribute))
    }

    /// Why a delete leaves what is there.
    pub(super) fn has_children_error(&self, children: &[String]) -> Veto {
        let (path, url) = (&self.path, self.router.url());
        let detail = format!(
            "`{path}` at {url} still holds what is not part of this object: {}. Taking it away would take these along. \
             Remove them first; where Terraform manages them, let them refer to an attribute of this resource (such as \
             `router`), so that they go before it.",
            children.join(", ")
        );
        Veto::new(detail)
    }

    fn in_use_error(&self, referrers: &[String]) -> Veto {
        let (path, url) = (&self.path, self.router.url());
        let detail = format!(
            "`{path}` at {url} is still referred to:\n\n    {}\n\nWithout it these would refer to nothing. Change them first. \
             Where the same apply changes them, Terraform takes this away before it does: put the block back, with \
             `lifecycle {{ create_before_destroy = true }}`, and apply; after that it is removed last. Or change in one apply what \
             refers to it, and remove it in the next.",
            referrers.join("\n    ")
        );
        Veto::new(detail)
    }

    /// Nothing is there to import.
    pub(super) fn absent(&self) -> Diagnostic {
        let detail = format!(
            "Nothing is configured at `{}` of {}. An import id is {}.",
            self.path,
            self.router.url(),
            import_forms(self.layout)
        );
        Diagnostic::error(self.subject().unable("import", &self.router), detail)
    }
}

/// How import ids are written.
pub(super) fn import_forms(layout: &Layout) -> String {
    match &layout.tag {
        None => "the router's name".to_owned(),
        Some(tag) => {
            format!("`<router>/<{0}>`, or `<{0}>` alone where there is only one router", tag.attribute)
        }
    }
}

fn owned(words: &[&str]) -> ConfigPath {
    words.iter().map(|word| (*word).to_owned()).collect()
}
