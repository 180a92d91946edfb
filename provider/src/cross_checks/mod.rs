//! What two objects of different layers must have in common, and no single one can check: the cluster's side
//! of a BGP session and the router's, a pool and the networks it must keep out of, a pool and the filters its
//! routes pass, two resources that own one part of a router's configuration.
//!
//! Terraform plans objects in any order. Each is read once, kept by what the rules look it up by, and
//! compared with those before it by the rules that concern its type. A rule is about objects that are all
//! planned; none is about one that is missing, since it may only come later. Values that are not known yet
//! fit everything.

mod filters;
mod grouped;
mod mismatch;
mod objects;
mod owners;
mod planned;
mod ranges;
mod router_sessions;
mod routes;
mod rules;
mod sessions;
#[cfg(test)]
mod tests;

use crate::connection::router::Routers;
use crate::session::CrossCheck;
use grouped::Key;
use objects::{Object, RouterRef};
use owners::Owners;
use planned::PlannedObjects;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use tfplugin::{Diagnostic, Diagnostics, Path, Value};

/// The rules, and the objects planned in this run.
#[derive(Default)]
pub struct CrossChecks {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    objects: PlannedObjects,
    owners: Owners,
    /// Details that were reported, each once in a run.
    reported: HashSet<String>,
}

impl CrossCheck for CrossChecks {
    fn planned(&self, routers: &Routers, type_name: &str, object: &Value) -> Diagnostics {
        let mut found = Diagnostics::new();
        let Some((name, attributes)) = objects::key_of(type_name) else { return found };
        let key = Key::of(object, &attributes);
        let router = RouterRef::of(routers, object);
        let typed = Object::read(name, object, &router);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { objects, owners, reported } = &mut *state;
        for conflict in owners.planned(name, &key, &router, object) {
            if reported.insert(conflict.detail.clone()) {
                found.push(conflict);
            }
        }
        let mismatches = typed.map(|typed| objects.planned(key, typed)).unwrap_or_default();
        for mismatch in mismatches {
            if reported.insert(mismatch.detail.clone()) {
                let at = mismatch.attributes.iter().find(|(name, _)| *name == type_name);
                let found_so = match mismatch.is_error {
                    true => Diagnostic::error(mismatch.summary, mismatch.detail),
                    false => Diagnostic::warning(mismatch.summary, mismatch.detail),
                };
                found.push(match at {
                    Some((_, attribute)) => found_so.at(path(attribute)),
                    None => found_so,
                });
            }
        }
        found
    }
}

/// The path of an attribute in another one, with a dot between them.
fn path(attribute: &str) -> Path {
    attribute.split('.').fold(Path::root(), |path, name| path.attribute(name))
}
