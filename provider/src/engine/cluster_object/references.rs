//! Names in one object that lead to other objects of its cluster. A plan cannot tell whether such an object
//! comes later; an apply can, as Terraform makes what a resource refers to before it.

use super::ServerApplied;
use super::address::Target;
use crate::connection::Freshness;
use crate::connection::cluster::{ClusterError, Kind, ObjectName};
use crate::engine::attribute_reference::AttributeReference;
use kube::core::DynamicObject;
use tfplugin::{Diagnostic, Diagnostics, Path, Value};

/// An attribute with names of other objects of the same cluster.
pub struct Reference {
    /// The attribute, with a text or several.
    pub attribute: &'static str,
    /// What the names are of.
    pub target: ReferenceTarget,
    /// The type that makes such objects, for messages.
    pub type_name: &'static str,
    /// What comes of a name that leads nowhere.
    pub consequence: &'static str,
}

/// What a name leads to.
pub enum ReferenceTarget {
    /// An object of a kind; one with namespaces in the namespace of the object that refers to it.
    Object(Kind),
    /// A part of an object of a kind. The functions say whether a text is a name, and whether an object has
    /// the part of that name.
    Part(Kind, fn(&str) -> bool, fn(&DynamicObject, &str) -> bool),
}

/// The attributes of a type that are names of other objects, for those who write configurations. The name of
/// a part of an object is none of a resource.
pub fn attribute_references<T: ServerApplied>() -> Vec<AttributeReference> {
    let objects = T::references().iter().filter(|one| matches!(one.target, ReferenceTarget::Object(_)));
    let reference = |one: &Reference| AttributeReference {
        of: T::TYPE_NAME,
        at: vec![one.attribute],
        to: one.type_name,
        attribute: "name",
        within: &["cluster", "namespace"],
    };
    objects.map(reference).collect()
}

/// A warning for each name that leads nowhere. What cannot be asked is not known.
pub(super) async fn dangling<T: ServerApplied>(values: &Value, target: &Target) -> Diagnostics {
    let mut found = Diagnostics::new();
    for reference in T::references() {
        for (path, name) in names(reference.attribute, values) {
            if matches!(leads_somewhere(&reference.target, name, target).await, Ok(false)) {
                found.push(nothing_there(reference, name, target).at(path));
            }
        }
    }
    found
}

/// The names that an attribute has, each with its path.
fn names<'a>(attribute: &'static str, values: &'a Value) -> Vec<(Path, &'a str)> {
    let at = Path::from(attribute);
    let named: Vec<_> = match values.attribute(attribute) {
        Value::List(all) => {
            let each = all.iter().enumerate();
            each.filter_map(|(index, one)| Some((at.clone().index(index), one.as_str()?))).collect()
        }
        one => one.as_str().map(|name| (at, name)).into_iter().collect(),
    };
    named.into_iter().filter(|(_, name)| !name.is_empty()).collect()
}

async fn leads_somewhere(to: &ReferenceTarget, name: &str, from: &Target) -> Result<bool, ClusterError> {
    let namespace =
        |kind: &Kind| if kind.is_namespaced() { from.name.namespace.clone() } else { String::new() };
    match to {
        ReferenceTarget::Object(kind) => {
            let object = ObjectName { kind: kind.clone(), namespace: namespace(kind), name: name.to_owned() };
            Ok(from.cluster.find(&object, Freshness::Fresh).await?.is_some())
        }
        ReferenceTarget::Part(_, is_name, _) if !is_name(name) => Ok(true),
        ReferenceTarget::Part(kind, _, has) => {
            let objects = from.cluster.list(kind, &namespace(kind), Freshness::Fresh).await?;
            Ok(objects.iter().any(|object| has(&object, name)))
        }
    }
}

fn nothing_there(reference: &Reference, name: &str, target: &Target) -> Diagnostic {
    let Reference { attribute, type_name, consequence, .. } = reference;
    let (missing, order) = match &reference.target {
        ReferenceTarget::Object(kind) => {
            (format!("no {} of this name", kind.name()), format!("refer to it by `{type_name}.example.name`"))
        }
        ReferenceTarget::Part(kind, ..) => (
            format!("no {} with an entry of this name", kind.name()),
            format!("name it in `depends_on = [{type_name}.example]`"),
        ),
    };
    let detail = format!(
        "`{attribute}` of {} names {name:?}, and there is {missing} in the {}. {consequence} If this configuration has it too, \
         {order}: Terraform makes it first then.",
        target.name, target.cluster
    );
    Diagnostic::warning(format!("{name:?} does not exist"), detail)
}
