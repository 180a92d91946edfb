//! Values beside their schemas.

use super::node::{Member, Node};
use tfplugin::schema::{Attribute, AttributeKind, Nesting};

/// The objects that a nested attribute's value holds.
pub(super) fn objects(value: &mut Node, nesting: Nesting) -> Vec<&mut Vec<Member>> {
    let object = |one| match one {
        &mut Node::Object(ref mut members) => Some(members),
        _ => None,
    };
    match (value, nesting) {
        (one, Nesting::Single) => object(one).into_iter().collect(),
        (Node::Object(all), Nesting::Map) => {
            all.iter_mut().filter_map(|one| object(&mut one.value)).collect()
        }
        (Node::List(all), Nesting::List | Nesting::Set) => all.iter_mut().filter_map(object).collect(),
        _ => Vec::new(),
    }
}

/// The attribute that a member is the value of.
pub(super) fn attribute_of<'a>(member: &Member, attributes: &'a [Attribute]) -> Option<&'a Attribute> {
    let name = member.name.as_ref()?;
    attributes.iter().find(|one| one.name == *name)
}

/// Takes away what is null, which says no more than being left out. In a map that an author writes it may.
pub(super) fn without_nulls(members: &mut Vec<Member>, attributes: &[Attribute]) -> usize {
    let before = members.len();
    members.retain(|one| one.value != Node::Null);
    let mut taken = before - members.len();
    for member in members {
        match attribute_of(member, attributes).map(|one| &one.kind) {
            Some(AttributeKind::Nested(nesting, below)) => {
                let all = objects(&mut member.value, *nesting).into_iter();
                taken += all.map(|one| without_nulls(one, below)).sum::<usize>();
            }
            Some(AttributeKind::Type(_)) | None => {}
        }
    }
    taken
}
