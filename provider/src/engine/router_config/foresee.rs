//! What VyOS would refuse, found before the commit in the configuration that it would leave. A refused commit
//! costs seconds and, on 1.4, says nothing; this costs a read of the parts that are named.

use super::conf_rules::fault;
use super::node_path::NodePath;
use super::referrers::{Check, Named, Reference, names_in, referrers};
use super::translate::to_config;
use crate::connection::router::{ConfigPath, ConfigTree, PostCheck, Purpose};
use tfplugin::Diagnostic;

/// What has to be read beside a write's own component, and what its commit must not leave, in the order in
/// which it is asked.
pub(super) fn conditions(node_path: &NodePath, purpose: Purpose) -> (Vec<ConfigPath>, Vec<Box<PostCheck>>) {
    let subject = node_path.subject_path();
    match (purpose, node_path.named()) {
        (Purpose::Remove, None) => (Vec::new(), Vec::new()),
        (Purpose::Remove, Some(names)) => {
            let at = node_path.clone();
            let unused =
                move |outcome: &ConfigTree| at.check_unreferenced(&referrers_of(&at, names, outcome));
            (names.named_within(), vec![Box::new(unused)])
        }
        (Purpose::Put, _) => {
            let own: Vec<_> = to_config(node_path.fields(), node_path.object())
                .ends()
                .into_iter()
                .map(|end| [subject.as_slice(), &end].concat())
                .collect();
            let mut reads: Vec<_> =
                own.iter().flat_map(|path| names_in(path)).map(|one| one.container()).collect();
            reads.extend(beside(&subject));
            let known = [reads.as_slice(), &[node_path.root()]].concat();
            let (at, there) = (node_path.clone(), node_path.clone());
            let met = move |outcome: &ConfigTree| of_itself(&at, &own, outcome);
            let sound = move |outcome: &ConfigTree| of_others(&there, &subject, &known, outcome);
            (reads, vec![Box::new(met), Box::new(sound)])
        }
    }
}

/// What the router's configuration below `node_path` is named by; nothing where it is still there.
fn referrers_of(node_path: &NodePath, names: Named, outcome: &ConfigTree) -> Vec<String> {
    let root = outcome.at(&node_path.root());
    match root.is_none_or(|root| node_path.find(root).is_none()) {
        true => referrers(names, &node_path.subject_path(), outcome),
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

/// Finds fault with what an object itself would be.
fn of_itself(node_path: &NodePath, own: &[ConfigPath], outcome: &ConfigTree) -> Result<(), Box<Diagnostic>> {
    for path in own {
        let unmet = names_in(path).into_iter().find(|one| one.check != Check::Never && !one.is_met(outcome));
        if let Some(reference) = unmet {
            let path = path.get(..=reference.at).unwrap_or(path);
            return Err(node_path.faulty(path, &unmet_reason(node_path, path, &reference)));
        }
    }
    match fault(own, outcome) {
        Some((path, told)) => Err(node_path.faulty(&path, &told)),
        None => Ok(()),
    }
}

/// Finds what makes VyOS refuse every change of a component, whoever makes it. `known` is what was read.
fn of_others(
    node_path: &NodePath,
    subject: &[String],
    known: &[ConfigPath],
    outcome: &ConfigTree,
) -> Result<(), Box<Diagnostic>> {
    let component: ConfigPath = match subject {
        [policy, ..] if policy == "policy" => vec!["protocols".to_owned()],
        [protocols, daemon, ..] if protocols == "protocols" => vec![protocols.clone(), daemon.clone()],
        _ => return Ok(()),
    };
    let of_policy = subject.first().is_some_and(|first| first == "policy");
    let refuses = |one: &Reference| {
        let read = known.iter().any(|root| one.container().starts_with(root));
        let looked_at = match (of_policy, one.names) {
            // Its script looks for names that are in use and not there, among kinds of which any is left.
            (true, Named::RouteMap | Named::PrefixList | Named::PrefixList6) => {
                one.check != Check::Never && outcome.at(&one.node).is_some_and(|all| !all.is_empty())
            }
            (true, _) => false,
            (false, _) => one.check == Check::Always,
        };
        read && looked_at && !one.is_unfindable() && !one.is_met(outcome)
    };
    let ends = outcome.at(&component).map(ConfigTree::ends).unwrap_or_default();
    let dangling = ends.into_iter().map(|end| [component.as_slice(), &end].concat()).find_map(|path| {
        let reference = names_in(&path).into_iter().find(|one| refuses(one))?;
        Some((path, reference))
    });
    match dangling {
        Some((path, reference)) => Err(node_path.blocked(&path, &what(&reference))),
        None => Ok(()),
    }
}

fn what(reference: &Reference) -> String {
    let Reference { names, node, name, .. } = reference;
    match names {
        Named::Interface => format!("no interface {name} below `interfaces`"),
        _ => format!("no `{} {name}`", node.join(" ")),
    }
}

fn unmet_reason(node_path: &NodePath, path: &[String], reference: &Reference) -> String {
    let (path, url) = (path.join(" "), node_path.router.url());
    if reference.is_unfindable() {
        return format!(
            "`{path}` names a route-map with a dot. VyOS takes such a name for a route-map, but outside of `policy` it does not \
             find it, and refuses the commit. Give the route-map another name."
        );
    }
    let maker = match reference.names.made_by() {
        Some(attribute) => format!(
            " Where Terraform manages it, refer to its attribute (`{attribute}`), so that it comes first."
        ),
        None => String::new(),
    };
    format!(
        "`{path}` names what is not there: {} at {url}, and nothing that is applied at the same time makes it. VyOS refuses \
         that. Create it first, or correct the name.{maker}",
        what(reference)
    )
}
