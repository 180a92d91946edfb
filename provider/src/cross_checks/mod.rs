//! What two objects must have in common, and no single one can check: the cluster's side of a BGP session and
//! the router's, a pool and the networks it must keep out of, a pool and the filters its routes pass, two
//! resources about one object, or that own one part of a router's configuration.
//!
//! Terraform plans objects in any order. Each is read once, kept by what the rules look it up by, and
//! compared with those before it by the rules that concern its type. A rule is about objects that are all
//! planned; none is about one that is missing, since it may only come later. Values that are not known yet
//! fit everything.

mod filters;
mod grouped;
mod machines;
mod mismatch;
mod objects;
mod owners;
mod planned;
mod pools;
mod ranges;
mod router_sessions;
mod routes;
mod rules;
mod same_object;
mod sessions;
#[cfg(test)]
mod tests;

use crate::connection::router::Routers;
use crate::session::CrossCheck;
use grouped::Key;
use machines::Machines;
use mismatch::Mismatch;
use objects::{Object, RouterRef};
use owners::Owners;
use planned::PlannedObjects;
use same_object::{Objects, Type};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use tfplugin::{Diagnostic, Diagnostics, ObservedPlan, Path};

/// The rules, and the objects planned in this run.
#[derive(Default)]
pub struct CrossChecks {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Those that two resources may not both be about.
    resources: Objects,
    machines: Machines,
    objects: PlannedObjects,
    owners: Owners,
    /// Details that were reported, each once in a run.
    reported: HashSet<String>,
}

impl CrossCheck for CrossChecks {
    fn planned(&self, routers: &Routers, planned: &ObservedPlan<'_>) -> Diagnostics {
        let ObservedPlan { type_name, object, .. } = *planned;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = Vec::new();
        if let Some(of) = Type::named(type_name).filter(|_| !planned.is_again) {
            found.extend(state.resources.planned(of, object));
            found.extend(state.machines.planned(of, object));
            found.extend(state.machines.installed(of, object).map(|one| one.told_at(type_name)));
        }
        if let Some((name, attributes)) = objects::key_of(type_name) {
            let key = Key::of(object, &attributes);
            let router = RouterRef::of(routers, object);
            found.extend(state.owners.planned(name, &key, &router, object));
            let typed = Object::read(name, planned, &router);
            let mismatches = typed.map(|typed| state.objects.planned(key, typed)).unwrap_or_default();
            found.extend(mismatches.into_iter().map(|one| one.told_at(type_name)));
        }
        let mut new = Diagnostics::new();
        for one in found {
            if state.reported.insert(one.detail.clone()) {
                new.push(one);
            }
        }
        new
    }
}

impl Mismatch {
    /// What is reported of it for an object of a type.
    fn told_at(self, type_name: &str) -> Diagnostic {
        let told = match self.is_error {
            true => Diagnostic::error(self.summary, self.detail),
            false => Diagnostic::warning(self.summary, self.detail),
        };
        match self.attributes.iter().find(|(name, _)| *name == type_name) {
            Some((_, attribute)) => told.at(path(attribute)),
            None => told,
        }
    }
}

/// The path of an attribute in another one, with a dot between them.
fn path(attribute: &str) -> Path {
    attribute.split('.').fold(Path::root(), |path, name| path.attribute(name))
}
