//! What a component's script checks at commit, in the order and the words of VyOS: one file a component.

mod bfd;
mod bgp;
mod https;
mod ospf;
mod ospfv3;
mod peer;
mod policy;
mod policy_use;
mod static_routes;
mod surroundings;
mod vrf;

use crate::config::Version;
use crate::tree::Node;

/// What is to be committed.
pub(crate) struct Proposal<'tree> {
    /// What runs.
    pub(crate) running: &'tree Node,
    /// What is proposed, of all components.
    pub(crate) candidate: &'tree Node,
    /// The release that is played.
    pub(crate) version: Version,
    /// Whether the kernel's interfaces and addresses count too. A router without FRR is on no network.
    pub(crate) kernel: bool,
}

/// What a script says.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Report {
    /// Warnings, printed whether it fails or not.
    pub(crate) warnings: Vec<String>,
    /// Why it fails.
    pub(crate) error: Option<String>,
}

/// The message with which a check fails.
type Check = Result<(), String>;

/// Runs the checks of one component.
pub(crate) fn component(path: &[String], proposal: &Proposal<'_>) -> Report {
    let mut warnings = Vec::new();
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    let node = proposal.candidate.get(words.iter().copied());
    let outcome = match (words.as_slice(), node) {
        (["policy"], node) => policy::verify(node, proposal),
        (["vrf"], node) => vrf::verify(node, proposal),
        (["protocols", "bfd"], Some(node)) => bfd::verify(node),
        (["vrf", "name", _, "protocols", "bgp"], Some(node)) => {
            bgp::verify(node, proposal, &mut warnings).and_then(|()| vrf::families(node))
        }
        (["vrf", "name", _, "protocols", "ospf"], Some(node)) => ospf::verify(node, proposal, &mut warnings),
        (["vrf", "name", _, "protocols", "ospfv3"], Some(node)) => ospfv3::verify(node, proposal),
        (["vrf", "name", _, "protocols", "static"], Some(node)) => static_routes::verify(node, proposal),
        (["protocols", "bgp"], Some(node)) => bgp::verify(node, proposal, &mut warnings),
        (["protocols", "ospf"], Some(node)) => ospf::verify(node, proposal, &mut warnings),
        (["protocols", "ospfv3"], Some(node)) => ospfv3::verify(node, proposal),
        (["protocols", "static"], Some(node)) => static_routes::verify(node, proposal),
        (["service", "https"], Some(node)) => https::verify(node, proposal, &mut warnings),
        _ => Ok(()),
    };
    Report { warnings, error: outcome.err() }
}

/// Refuses the name of an object of `policy` that is not there.
fn exists(kind: &str, name: Option<&str>, proposal: &Proposal<'_>) -> Check {
    let Some(name) = name else { return Ok(()) };
    let list = proposal.candidate.child("policy").and_then(|policy| policy.child(kind));
    // `dict_search` takes a dot for a step (vyos.configverify of 1.4 and 1.5).
    let list = list.filter(|_| !name.contains('.'));
    if list.and_then(|list| list.child(name)).is_some() {
        return Ok(());
    }
    Err(format!("Specified {kind} \"{name}\" does not exist!"))
}

/// Route maps that every routing protocol may name: its own, and those of what it redistributes.
fn common_route_maps(node: &Node, proposal: &Proposal<'_>) -> Check {
    exists("route-map", node.value("route-map"), proposal)?;
    for (_, source) in node.each("redistribute") {
        exists("route-map", source.value("route-map"), proposal)?;
    }
    exists("route-map", node.value("default-information originate route-map"), proposal)
}

#[cfg(test)]
pub(crate) mod testing {
    //! Lets the checks of one component speak about a few `set` lines.

    use super::{Proposal, Report, component};
    use crate::config::Version;
    use crate::schema::Schema;
    use crate::session::insert;
    use crate::tree::Node;

    /// The tree that these lines make.
    pub(crate) fn tree(version: Version, lines: &[&str]) -> Node {
        let schema = Schema::new(version).expect("the schema reads");
        let mut root = Node::default();
        for line in lines {
            let path: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            schema.check_set(&path).unwrap_or_else(|said| panic!("{line}: {said}"));
            insert(&mut root, &schema, &path);
        }
        root
    }

    /// What the component says about these lines.
    pub(crate) fn report(version: Version, path: &str, lines: &[&str]) -> Report {
        let path: Vec<String> = path.split(' ').map(str::to_owned).collect();
        let candidate = tree(version, lines);
        component(
            &path,
            &Proposal { running: &Node::default(), candidate: &candidate, version, kernel: false },
        )
    }
}
