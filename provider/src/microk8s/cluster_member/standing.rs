//! Where a machine stands with a cluster that it is to be a member of, told from both sides: its own disk, and what the
//! cluster says of it.

use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::datastore::DatastoreMember;
use crate::microk8s::shared::machine::node_list::{ClusterNode, Role};
use crate::microk8s::shared::machine::view::View;
use std::fmt;

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It joined. Whether its services work is another matter.
    Joined,
    /// Neither side knows the other.
    Stranger,
    /// A join was begun there and has not ended.
    Joining,
    /// The cluster remembers the machine from an earlier life, and the machine is not a member of anything.
    Remembered,
    /// The machine thinks that it is a member, and the cluster's datastore does not know it (any more).
    Forgotten,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Joined => "a member",
            Self::Stranger => "not a member, neither by its own files nor by the cluster's lists",
            Self::Joining => "still joining",
            Self::Remembered => "not a member, though the cluster lists it",
            Self::Forgotten => "a member by its own files, though not in the cluster's datastore",
        })
    }
}

/// What the cluster knows, as far as it concerns one machine.
pub(crate) struct Known<'a> {
    /// Its certificate authority.
    pub(crate) authority: Option<&'a str>,
    /// The node of the machine's name.
    pub(crate) node: Option<&'a ClusterNode>,
    /// The members of its datastore.
    pub(crate) datastore: &'a [DatastoreMember],
}

/// Judges; a failure is what only a person can settle. `host` is where the machine is reached.
pub(crate) fn judge(host: &str, view: &View, known: &Known<'_>, role: Role) -> Result<Standing, NodeError> {
    let refused = |answer: String, advice: &str| {
        let attempt = format!("joining {host} to the cluster");
        Err(NodeError::new(attempt, answer).at("host").with_hint(advice))
    };
    let in_datastore = known.datastore.iter().any(|member| member.ipv4().is_some_and(|ipv4| view.has(ipv4)));
    if view.join_broke_off() {
        return Ok(Standing::Joining);
    }
    if view.is_clustered() {
        if known.authority.is_none() || view.authority() != known.authority {
            let answer = "It is a member of another cluster already.".to_owned();
            return refused(
                answer,
                "Run `sudo microk8s leave` there if it should change clusters. Its workloads end.",
            );
        }
        if view.role() != role {
            let answer =
                format!("It is a member of this cluster already, as a {}, not as a {role}.", view.role());
            return refused(answer, "Import it with its present role, or run `sudo microk8s leave` there.");
        }
        let complete = role == Role::Worker || in_datastore;
        return Ok(if complete { Standing::Joined } else { Standing::Forgotten });
    }
    match known.node {
        Some(node) if !node.ipv4().is_some_and(|ipv4| view.has(ipv4)) => {
            let at = node.ipv4().map_or_else(|| "an unknown address".to_owned(), |ipv4| ipv4.to_string());
            let answer =
                format!("The cluster has a node {} already, at {at}, which is another machine.", node.name);
            refused(answer, "A node is called like its machine. Give this machine a host name of its own.")
        }
        None if !in_datastore => Ok(Standing::Stranger),
        _ => Ok(Standing::Remembered),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microk8s::shared::machine::datastore::Vote;

    /// A machine called cp2 at 10.0.0.12 with these locks and this authority.
    fn view(locks: &str, authority: &str) -> View {
        let addresses =
            "[{\"ifname\": \"eth0\", \"addr_info\": [{\"local\": \"10.0.0.12\", \"scope\": \"global\"}]}]";
        let printed = format!(
            "\u{1e}hostname\ncp2\n\u{1e}kubelet\n--v=2\n\u{1e}locks\n{locks}\n\u{1e}ca.crt\n{authority} -\n\u{1e}ca.remote.crt\n\
             {authority} -\n\u{1e}addresses\n{addresses}\n"
        );
        View::parse(&printed).unwrap()
    }

    fn node_at(address: &str) -> ClusterNode {
        let addresses = vec![address.parse().unwrap()];
        ClusterNode {
            name: "cp2".into(),
            addresses,
            role: Role::ControlPlane,
            ready: true,
            minor_release: None,
        }
    }

    fn judged(view: &View, node: Option<&str>, datastore: &[&str], role: Role) -> Result<Standing, String> {
        let node = node.map(node_at);
        let datastore: Vec<_> = datastore
            .iter()
            .map(|address| DatastoreMember { address: format!("{address}:19001"), vote: Vote::Spare })
            .collect();
        let known = Known { authority: Some("ours"), node: node.as_ref(), datastore: &datastore };
        judge("10.0.0.12", view, &known, role).map_err(|failure| failure.answer().to_owned())
    }

    #[test]
    fn both_sides_are_asked() {
        use Role::{ControlPlane, Worker};
        let (fresh, member) = (view("installed.lock", "own"), view("no-cert-reissue", "ours"));
        let worker = view("clustered.lock\nno-cert-reissue", "ours");
        let own = "10.0.0.12";
        let cases = [
            (&fresh, None, vec!["10.0.0.11"], ControlPlane, Standing::Stranger),
            // What every datastore has before the first join, and every machine too.
            (&fresh, None, vec!["127.0.0.1"], ControlPlane, Standing::Stranger),
            (&fresh, Some(own), vec![own], ControlPlane, Standing::Remembered),
            (&fresh, None, vec![own], ControlPlane, Standing::Remembered),
            (&fresh, Some(own), vec![], Worker, Standing::Remembered),
            (&member, Some(own), vec!["10.0.0.11", own], ControlPlane, Standing::Joined),
            (&member, None, vec![own], ControlPlane, Standing::Joined),
            (&member, Some(own), vec!["10.0.0.11"], ControlPlane, Standing::Forgotten),
            (&worker, Some(own), vec![], Worker, Standing::Joined),
            (&worker, None, vec![], Worker, Standing::Joined),
            (&view("join-in-progress", "own"), None, vec![], Worker, Standing::Joining),
            (
                &view("join-in-progress\nno-cert-reissue", "ours"),
                Some(own),
                vec![own],
                ControlPlane,
                Standing::Joining,
            ),
        ];
        for (view, node, datastore, role, standing) in cases {
            assert_eq!(
                judged(view, node, &datastore, role),
                Ok(standing),
                "{view:?} {node:?} {datastore:?} {role}"
            );
        }
    }

    #[test]
    fn what_a_person_has_to_settle_is_refused() {
        let refused =
            |view: &View, node: Option<&str>, role: Role| judged(view, node, &[], role).unwrap_err();
        let other = view("no-cert-reissue", "other");
        assert_eq!(refused(&other, None, Role::ControlPlane), "It is a member of another cluster already.");
        let member = view("no-cert-reissue", "ours");
        assert_eq!(
            refused(&member, Some("10.0.0.12"), Role::Worker),
            "It is a member of this cluster already, as a control-plane, not as a worker."
        );
        let fresh = view("installed.lock", "own");
        assert_eq!(
            refused(&fresh, Some("10.0.0.99"), Role::Worker),
            "The cluster has a node cp2 already, at 10.0.0.99, which is another machine."
        );
    }
}
