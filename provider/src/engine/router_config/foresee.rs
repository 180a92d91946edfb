//! What VyOS would refuse, found before the commit in the configuration that it would leave. A refused commit
//! costs seconds and, on 1.4, says nothing; this costs a read of the parts that are named.

use super::conf_rules::fault;
use super::node_path::NodePath;
use super::references::Reference;
use super::translate::to_config;
use crate::connection::router::{ConfigPath, ConfigTree, PostCheck, Purpose, Veto};
use std::sync::{Arc, Mutex, PoisonError};
use tfplugin::Diagnostic;

/// What a commit would leave that VyOS takes, and that leads nowhere.
#[derive(Clone, Default)]
pub(super) struct Dangling(Arc<Mutex<Vec<Veto>>>);

impl Dangling {
    /// What was found last in the outcome, as warnings.
    pub(super) fn warnings(&self, node_path: &NodePath) -> Vec<Diagnostic> {
        let found = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let summary = format!("{} names what is not there", node_path.subject().name());
        let warning = |Veto { detail, attribute }: Veto| Diagnostic {
            attribute,
            ..Diagnostic::warning(summary.clone(), detail)
        };
        found.into_iter().map(warning).collect()
    }

    fn keep(&self, found: Vec<Veto>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = found;
    }
}

/// What has to be read beside a write's own component, and what its commit must not leave, in the order in
/// which it is asked. What it may leave and had better not is kept in `dangling`.
pub(super) fn conditions(
    node_path: &NodePath,
    purpose: Purpose,
    dangling: &Dangling,
) -> (Vec<ConfigPath>, Vec<Box<PostCheck>>) {
    let subject = node_path.subject_path();
    match (purpose, node_path.named_within()) {
        (Purpose::Remove, none) if none.is_empty() => (Vec::new(), Vec::new()),
        (Purpose::Remove, within) => {
            let at = node_path.clone();
            let unused = move |outcome: &ConfigTree| at.check_unreferenced(&referrers_of(&at, outcome));
            (within, vec![Box::new(unused)])
        }
        (Purpose::Put, _) => {
            let own: Vec<_> = to_config(node_path.fields(), node_path.object())
                .ends()
                .into_iter()
                .map(|end| [subject.as_slice(), &end].concat())
                .collect();
            let names = names_in(node_path, &own);
            let mut reads: Vec<_> = names.iter().map(|(_, one)| one.container()).collect();
            reads.extend(beside(&subject));
            let known = [reads.as_slice(), &[node_path.root()]].concat();
            let (at, there) = (node_path.clone(), node_path.clone());
            let dangling = dangling.clone();
            let met = move |outcome: &ConfigTree| {
                of_itself(&at, &own, &names, outcome)?;
                dangling.keep(unchecked(&at, &names, outcome));
                Ok(())
            };
            let sound = move |outcome: &ConfigTree| of_others(&there, &subject, &known, outcome);
            (reads, vec![Box::new(met), Box::new(sound)])
        }
    }
}

/// What the router's configuration below `node_path` is named by; nothing where it is still there.
fn referrers_of(node_path: &NodePath, outcome: &ConfigTree) -> Vec<String> {
    let root = outcome.at(&node_path.root());
    match root.is_none_or(|root| node_path.find(root).is_none()) {
        true => node_path.references.referrers(&node_path.subject_path(), outcome),
        false => Vec::new(),
    }
}

/// What is read for any change of a component: all of it, and what its conf script looks at beside it.
fn beside(subject: &[String]) -> Vec<ConfigPath> {
    let words: Vec<_> = subject.iter().map(String::as_str).collect();
    let parts: &[&[&str]] = match words.as_slice() {
        ["policy", ..] => &[&["policy"], &["protocols"]],
        ["protocols", "bgp", ..] => &[&["protocols", "bgp"], &["policy"]],
        ["protocols", "ospf", ..] => &[&["protocols", "ospf"], &["policy"], &["interfaces"]],
        ["protocols", "ospfv3", ..] => &[&["protocols", "ospfv3"], &["policy"], &["interfaces"]],
        ["protocols", "static", ..] => &[&["protocols", "static"]],
        _ => &[],
    };
    parts.iter().map(|part| part.iter().map(|word| (*word).to_owned()).collect()).collect()
}

/// All names in an object's paths, each with its path up to it.
fn names_in(node_path: &NodePath, own: &[ConfigPath]) -> Vec<(ConfigPath, Reference)> {
    let in_path = |path: &ConfigPath| {
        let names = node_path.references.names_in(path).into_iter();
        names.map(|one| (path.get(..=one.at).unwrap_or(path).to_vec(), one)).collect::<Vec<_>>()
    };
    own.iter().flat_map(in_path).collect()
}

/// Finds fault with what an object itself would be.
fn of_itself(
    node_path: &NodePath,
    own: &[ConfigPath],
    names: &[(ConfigPath, Reference)],
    outcome: &ConfigTree,
) -> Result<(), Veto> {
    let unmet = names.iter().find(|(_, one)| one.is_required() && !one.is_met(outcome));
    if let Some((path, reference)) = unmet {
        return Err(node_path.faulty(path, &unmet_reason(node_path, path, reference, outcome)));
    }
    match fault(own, outcome) {
        Some((path, told)) => Err(node_path.faulty(&path, &told)),
        None => Ok(()),
    }
}

/// Names in an object that lead nowhere, and that VyOS does not look for.
fn unchecked(node_path: &NodePath, names: &[(ConfigPath, Reference)], outcome: &ConfigTree) -> Vec<Veto> {
    let unmet = names.iter().filter(|(_, one)| !one.is_required() && !one.is_met(outcome));
    unmet
        .map(|(path, one)| {
            let detail = format!(
                "`{}` names what is not there: {} at {}, and nothing that is applied at the same time makes it. VyOS \
                 accepts it; it has no effect then, or matches no route. Create it, or correct the name.{}",
                path.join(" "),
                what(one),
                node_path.router.url(),
                maker(node_path, one)
            );
            node_path.faulty(path, &detail)
        })
        .collect()
}

/// Finds what makes VyOS refuse every change of a component, whoever makes it. `known` is what was read.
fn of_others(
    node_path: &NodePath,
    subject: &[String],
    known: &[ConfigPath],
    outcome: &ConfigTree,
) -> Result<(), Veto> {
    let component: ConfigPath = match subject {
        [policy, ..] if policy == "policy" => vec!["protocols".to_owned()],
        [protocols, daemon, ..] if protocols == "protocols" => vec![protocols.clone(), daemon.clone()],
        _ => return Ok(()),
    };
    let of_policy = subject.first().is_some_and(|first| first == "policy");
    let refuses = |one: &Reference| {
        let read = known.iter().any(|root| one.container().starts_with(root));
        let looked_at = match of_policy {
            // Its script looks for names that are in use and not there, among kinds of which any is left.
            true => one.searched && outcome.at(&one.node).is_some_and(|all| !all.is_empty()),
            false => one.checked,
        };
        read && looked_at && !one.is_unfindable() && !one.is_met(outcome)
    };
    let ends = outcome.at(&component).map(ConfigTree::ends).unwrap_or_default();
    let dangling = ends.into_iter().map(|end| [component.as_slice(), &end].concat()).find_map(|path| {
        let reference = node_path.references.names_in(&path).into_iter().find(|one| refuses(one))?;
        Some((path, reference))
    });
    match dangling {
        Some((path, reference)) => Err(node_path.blocked(&path, &what(&reference))),
        None => Ok(()),
    }
}

fn what(reference: &Reference) -> String {
    let Reference { node, name, .. } = reference;
    match reference.is_interface() {
        true => format!("no interface {name} below `interfaces`"),
        false => format!("no `{} {name}`", node.join(" ")),
    }
}

/// How to have Terraform make it first.
fn maker(node_path: &NodePath, reference: &Reference) -> String {
    match node_path.references.maker(&reference.node) {
        Some(attribute) => format!(
            " Where Terraform manages it, refer to its attribute (`{attribute}`), so that it comes first."
        ),
        None => String::new(),
    }
}

/// That the other family of addresses has one of that name.
fn of_other_family(reference: &Reference, outcome: &ConfigTree) -> String {
    let [policy, kind] = reference.node.as_slice() else { return String::new() };
    let (other, family) = match kind.strip_suffix('6') {
        Some(other) => (other.to_owned(), "IPv4"),
        None => (format!("{kind}6"), "IPv6"),
    };
    match outcome.at(&[policy.as_str(), &other, &reference.name]) {
        Some(_) => format!(" There is a `{policy} {other} {}`, which is of {family}.", reference.name),
        None => String::new(),
    }
}

fn unmet_reason(
    node_path: &NodePath,
    path: &[String],
    reference: &Reference,
    outcome: &ConfigTree,
) -> String {
    let (path, url) = (path.join(" "), node_path.router.url());
    if reference.is_unfindable() {
        return format!(
            "`{path}` names a route-map with a dot. VyOS takes such a name for a route-map, but outside of `policy` it does not \
             find it, and refuses the commit. Give the route-map another name."
        );
    }
    format!(
        "`{path}` names what is not there: {} at {url}, and nothing that is applied at the same time makes it. VyOS refuses \
         that.{} Create it first, or correct the name.{}",
        what(reference),
        of_other_family(reference, outcome),
        maker(node_path, reference)
    )
}
