//! Two resources that stand for one part of a router's configuration: each takes away what the other makes, for ever.

use super::Board;
use crate::connection::router::{Command, Routers};
use crate::engine::router_config::Owner;
use crate::vyos::layout_of;
use tfplugin::{Diagnostic, Path, Value};

/// What of an object that is planned is another's too.
pub(super) fn faults(board: &Board, routers: &Routers, type_name: &str, object: &Value) -> Vec<Diagnostic> {
    let Some(planned) = Planned::of(routers, type_name, object) else { return Vec::new() };
    let others = board.planned.iter().flat_map(|(name, all)| all.iter().map(move |one| (*name, one)));
    let others = others.filter_map(|(name, one)| Planned::of(routers, name, one));
    others
        .filter(|other| other.router == planned.router)
        .filter_map(|other| planned.against(&other))
        .collect()
}

struct Planned<'a> {
    type_name: &'a str,
    router: String,
    owner: Owner<'a>,
}

impl<'a> Planned<'a> {
    fn of(routers: &Routers, type_name: &'a str, object: &'a Value) -> Option<Self> {
        let layout = layout_of(type_name)?;
        let named = object.attribute("router");
        let router = routers.get(named.as_str()).ok().filter(|_| !named.is_unknown())?;
        Some(Self { type_name, router: router.url().to_owned(), owner: Owner::new(layout, object) })
    }

    fn name(&self) -> String {
        let node = self.owner.node().unwrap_or_default();
        format!("`{}` of `{}`", self.type_name, node.join(" "))
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
        let (inner, outer) = (self.owner.node()?, whole.owner.node()?);
        let is_itself = self.type_name == whole.type_name && inner == outer;
        (inner.starts_with(&outer) && !is_itself).then(|| {
            let detail = format!(
                "{} is inside of what {} stands for as a whole, which takes away all that its `config` does not have. Give \
                 the latter a longer path, or say it there alone.",
                self.name(),
                whole.name()
            );
            Diagnostic::error(SUMMARY, detail)
        })
    }
}

const SUMMARY: &str = "Two resources for one part of the router";
