//! Where each attribute of a type is on the router: what its [`Declaration`] says, and for all else its
//! schema. A number is a leaf, a bool a leaf without value, a set a leaf of several, a map a tag node, and
//! each is called like its attribute, with hyphens.

use super::RouterConfig;
use super::declaration::{Declaration, Paths};
use super::mapping::{Field, Kind, ValueFormat};
use super::references::split_refers;
use crate::values::one_line;
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};
use tfplugin::Value;
use tfplugin::model::StringRule;
use tfplugin::schema::{Attribute, AttributeKind, Nesting};
use tfplugin::value::{Type, ValueError};

/// A type on the router.
pub struct Layout {
    /// What it is called in messages.
    pub noun: &'static str,
    /// The component that VyOS commits it with.
    pub component: &'static [&'static str],
    /// Where in it, if it is a tag.
    pub tag: Option<Tag>,
    /// What must be there before it.
    pub requires: Option<Requirement>,
    /// Its attributes.
    pub fields: &'static [Field],
    /// What its declaration says of attributes.
    pub paths: &'static [&'static Paths],
    /// Tags below it that are objects of their own.
    pub children: &'static [&'static str],
}

/// A tag node and the attribute that is its key.
pub struct Tag {
    /// The node's words below the component.
    pub node: &'static [&'static str],
    /// The same for IPv6 keys, where they have a node of their own.
    pub node_of_ipv6: Option<&'static [&'static str]>,
    /// The attribute.
    pub attribute: &'static str,
    /// What the key stands for.
    pub form: ValueFormat,
    /// What a configuration takes as the key.
    pub(super) validate: fn(&Value, StringRule) -> Result<(), ValueError>,
}

impl Tag {
    /// Whether a configuration can name an object with this key: a router has neighbors that are interfaces,
    /// too.
    pub(super) fn takes(&self, key: &str) -> bool {
        (self.validate)(&self.form.value(key), one_line).is_ok()
    }
}

/// Something without which VyOS does not commit an object.
pub struct Requirement {
    /// Its words below the component.
    pub path: &'static [&'static str],
    /// The type that makes it.
    pub type_name: &'static str,
}

/// The layout of a type. There are as many as there are types, and each is worked out once.
pub fn layout<T: RouterConfig>() -> &'static Layout {
    static ALL: RwLock<BTreeMap<&'static str, &'static Layout>> = RwLock::new(BTreeMap::new());
    let known = ALL.read().unwrap_or_else(PoisonError::into_inner).get(T::TYPE_NAME).copied();
    known.unwrap_or_else(|| {
        let made: &Layout = Box::leak(Box::new(Layout::of(&T::DECLARATION, &T::schema().attributes)));
        ALL.write().unwrap_or_else(PoisonError::into_inner).entry(T::TYPE_NAME).or_insert(made)
    })
}

impl Layout {
    /// Whether its objects are wherever their key leads.
    pub fn is_path(&self) -> bool {
        self.tag.as_ref().is_some_and(|tag| tag.form == ValueFormat::Path)
    }

    /// Its nodes from the top, without the key.
    pub(super) fn nodes(&self) -> Vec<Vec<&'static str>> {
        let below = match &self.tag {
            Some(tag) => [Some(tag.node), tag.node_of_ipv6].into_iter().flatten().collect(),
            None => vec![&[][..]],
        };
        below.into_iter().map(|node| [self.component, node].concat()).collect()
    }

    fn of(declaration: &Declaration, attributes: &[Attribute]) -> Self {
        let tag = declaration.node.map(|node| {
            let (node, key) = split(node);
            let name = key.unwrap_or_default();
            let attribute = attributes.iter().find(|one| one.name == name);
            let validate = attribute.map_or(no_rule as _, |one| one.semantics.validate);
            let form = match (node, attribute) {
                ([], _) => ValueFormat::Path,
                (_, Some(attribute)) => format_of(attribute, None),
                (_, None) => ValueFormat::Text,
            };
            let node_of_ipv6 = declaration.node_of_ipv6.map(words);
            Tag { node, node_of_ipv6, attribute: name, form, validate }
        });
        let others = ["router", tag.as_ref().map_or("router", |tag| tag.attribute)];
        let own = attributes.iter().filter(|one| !others.contains(&one.name.as_str()));
        Self {
            noun: declaration.noun,
            component: words(declaration.component),
            fields: fields(declaration, own, ""),
            requires: declaration
                .requires
                .map(|(path, type_name)| Requirement { path: words(path), type_name }),
            paths: declaration.paths,
            children: declaration.children,
            tag,
        }
    }
}

fn no_rule(_: &Value, _: StringRule) -> Result<(), ValueError> {
    Ok(())
}

fn fields<'a>(
    declaration: &Declaration,
    attributes: impl Iterator<Item = &'a Attribute>,
    within: &str,
) -> &'static [Field] {
    let own = attributes.filter(|attribute| attribute.form_of.is_none());
    own.filter_map(|one| field(declaration, one, within)).collect::<Vec<_>>().leak()
}

/// Where an attribute is; nothing for a type that no node has.
fn field(declaration: &Declaration, attribute: &Attribute, within: &str) -> Option<Field> {
    let names = format!("{within}{}", attribute.name);
    let (written, refers) = declaration.path_of(&names).map(split_refers).unwrap_or_default();
    let (path, last) = match written {
        "" => (words(leaked(&attribute.name.replace('_', "-"))), None),
        written => split(written),
    };
    let below = |members: &[Attribute]| fields(declaration, members.iter(), &format!("{names}."));
    let format = || format_of(attribute, last);
    let kind = match &attribute.kind {
        AttributeKind::Type(Type::Number | Type::String) => Kind::Leaf(format()),
        AttributeKind::Type(Type::Bool) if attribute.nullable => Kind::TriState,
        AttributeKind::Type(Type::Bool) => Kind::Valueless,
        AttributeKind::Type(Type::Set(_)) => Kind::MultiLeaf(format()),
        AttributeKind::Type(Type::Dynamic) => Kind::Subtree(declaration.left_alone),
        AttributeKind::Nested(Nesting::Single, members) if last == Some("") => {
            Kind::PresenceNode(below(members))
        }
        AttributeKind::Nested(Nesting::Single, members) => Kind::Node(below(members)),
        AttributeKind::Nested(Nesting::Map, members) => {
            Kind::TagNode(last.map_or(ValueFormat::Text, written_format), below(members))
        }
        _ => return None,
    };
    let path = if matches!(kind, Kind::Subtree(_)) { &[] } else { path };
    Some(Field { attribute: leaked(&attribute.name), path, kind, refers })
}

/// What a last word in braces says of values and keys.
fn written_format(word: &str) -> ValueFormat {
    match word {
        "address" => ValueFormat::Address,
        "network" => ValueFormat::Network,
        "number" => ValueFormat::Decimal,
        "area" => ValueFormat::Area,
        _ => ValueFormat::Text,
    }
}

/// How the values of an attribute are spelled: as is written, else as its type says by what it takes for the
/// same.
fn format_of(attribute: &Attribute, written: Option<&str>) -> ValueFormat {
    let text = |text: &str| Value::String(text.to_owned());
    let same = |one: &str, other: &str| match &attribute.kind {
        AttributeKind::Type(Type::Set(_)) => {
            (attribute.semantics.semantic_eq)(&Value::Set(vec![text(one)]), &Value::Set(vec![text(other)]))
        }
        _ => (attribute.semantics.semantic_eq)(&text(one), &text(other)),
    };
    match (written, &attribute.kind) {
        (Some(word), _) => written_format(word),
        (_, AttributeKind::Type(Type::Number)) => ValueFormat::Number,
        _ if attribute.sensitive => ValueFormat::Secret,
        _ if same("2001:DB8::1", "2001:db8::1") => ValueFormat::Address,
        _ if same("2001:DB8::/32", "2001:db8::/32") || same("10.0.0.0/8", "10.0.0.0/08") => {
            ValueFormat::Network
        }
        _ if same("7", "007") => ValueFormat::Decimal,
        _ => ValueFormat::Text,
    }
}

/// The words of a path, and the last one if it is in braces.
fn split(written: &'static str) -> (&'static [&'static str], Option<&'static str>) {
    let in_braces = |word: &'static str| word.strip_prefix('{').and_then(|word| word.strip_suffix('}'));
    match written.rsplit_once(' ').unwrap_or(("", written)) {
        (path, last) if in_braces(last).is_some() => (words(path), in_braces(last)),
        _ => (words(written), None),
    }
}

pub(super) fn words(path: &'static str) -> &'static [&'static str] {
    path.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().leak()
}

fn leaked(text: &str) -> &'static str {
    text.to_owned().leak()
}
