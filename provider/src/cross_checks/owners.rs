//! Two resources that own one part of a router's configuration: each takes away what the other makes, for
//! ever.

use super::grouped::Key;
use super::objects::{RouterKey, RouterRef};
use crate::connection::router::{Command, ConfigPath};
use crate::engine::router_config::Owner;
use crate::vyos::layout_of;
use std::collections::{BTreeMap, HashMap};
use tfplugin::{Diagnostic, Path, Value};

const SUMMARY: &str = "Two resources for one part of the router";

/// The nodes of routers that are planned, by router and path.
#[derive(Default)]
pub(super) struct Owners {
    /// Those that own all that is below their node.
    whole: Nodes,
    /// Those that own what their attributes say.
    typed: Nodes,
    places: HashMap<Id, Place>,
}

type Id = (&'static str, Key);
type Place = (RouterKey, ConfigPath);

#[derive(Default)]
struct Nodes(BTreeMap<Place, BTreeMap<Id, Planned>>);

struct Planned {
    type_name: &'static str,
    node: ConfigPath,
    owner: Owner,
}

impl Nodes {
    /// Objects whose node is at, above or below a path.
    fn around(&self, router: &RouterKey, path: &[String]) -> impl Iterator<Item = &Planned> {
        let above = (0..path.len()).filter_map(|length| {
            let above = (router.clone(), path.get(..length)?.to_vec());
            self.0.get(&above)
        });
        let start = (router.clone(), path.to_vec());
        let below = self.0.range(start..).take_while({
            let (router, path) = (router.clone(), path.to_vec());
            move |((other, node), _)| *other == router && node.starts_with(&path)
        });
        above.chain(below.map(|(_, all)| all)).flat_map(BTreeMap::values)
    }

    fn remove(&mut self, place: &Place, id: &Id) {
        if let Some(all) = self.0.get_mut(place) {
            all.remove(id);
            if all.is_empty() {
                self.0.remove(place);
            }
        }
    }
}

impl Owners {
    /// Keeps an object in place of what it was; returns what of it is another's too.
    pub(super) fn planned(
        &mut self,
        type_name: &'static str,
        key: &Key,
        router: &RouterRef,
        object: &Value,
    ) -> Vec<Diagnostic> {
        let Some((_, layout)) = layout_of(type_name) else { return Vec::new() };
        let id = (type_name, key.clone());
        if let Some(before) = self.places.remove(&id) {
            self.whole.remove(&before, &id);
            self.typed.remove(&before, &id);
        }
        let owner = Owner::new(layout, object.clone());
        let (RouterKey::Address(_), Some(node)) = (&router.key, owner.node().cloned()) else {
            return Vec::new();
        };
        let planned = Planned { type_name, node, owner };
        let is_whole = planned.owner.whole_part().is_some();
        let mut others: Vec<_> = self.whole.around(&router.key, &planned.node).collect();
        if is_whole {
            others.extend(self.typed.around(&router.key, &planned.node));
        }
        let found = others.into_iter().filter_map(|other| planned.against(other)).collect();
        let place = (router.key.clone(), planned.node.clone());
        self.places.insert(id.clone(), place.clone());
        let nodes = if is_whole { &mut self.whole } else { &mut self.typed };
        nodes.0.entry(place).or_default().insert(id, planned);
        found
    }
}

impl Planned {
    fn name(&self) -> String {
        format!("`{}` of `{}`", self.type_name, self.node.join(" "))
    }

    fn against(&self, other: &Self) -> Option<Diagnostic> {
        let (part, typed) = match (self.owner.whole_part(), other.owner.whole_part()) {
            (Some(_), Some(_)) => {
                return self.within(other).or_else(|| other.within(self)).map(|found| found.at("path"));
            }
            (Some(part), None) => (part, other),
            (None, Some(part)) => (part, self),
            (None, None) => return None,
        };
        let whole = if typed.is(self) { other } else { self };
        if let Some(found) = typed.within(whole) {
            return Some(if whole.is(self) { found.at("path") } else { found });
        }
        let (path, attribute) = part.iter().find_map(|path| Some((path, typed.owner.claims(path)?)))?;
        let detail = format!(
            "{} has `{}`, which {} has in its `{attribute}`: each of them takes away what the other makes. Say it in one of \
             them only. A map or set that the configuration leaves out is not that resource's business.",
            whole.name(),
            Command::set(path.clone()),
            typed.name(),
        );
        let at = if typed.is(self) { attribute } else { Path::from("config") };
        Some(Diagnostic::error(SUMMARY, detail).at(at))
    }

    fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }

    /// Why what lies in a part that is another's as a whole is too much.
    fn within(&self, whole: &Self) -> Option<Diagnostic> {
        let is_itself = self.type_name == whole.type_name && self.node == whole.node;
        (self.node.starts_with(&whole.node) && !is_itself).then(|| {
            let detail = format!(
                "{} is inside of what {} manages as a whole, which removes all that its `config` does not have. Give \
                 the latter a longer path, or say it there alone.",
                self.name(),
                whole.name()
            );
            Diagnostic::error(SUMMARY, detail)
        })
    }
}
