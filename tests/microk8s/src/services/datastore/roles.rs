//! dqlite's names for the members, and the files in which it keeps them.

use super::control::Listed;
use crate::failure::Result;
use crate::layout::{Layout, read_or_empty, write};
use std::time::{SystemTime, UNIX_EPOCH};

/// What a member does for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Voter,
    Standby,
    Spare,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Voter => "voter",
            Self::Standby => "standby",
            Self::Spare => "spare",
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::Voter => 0,
            Self::Standby => 1,
            Self::Spare => 2,
        }
    }
}

/// A member as dqlite's files name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) address: String,
    pub(crate) role: Role,
}

/// How many of so many members vote.
fn voters(members: usize) -> usize {
    if members < 3 { 1 } else { 3 }
}

/// The role of the member at `position` of `count`, those with a vote first and each kind by the time of
/// joining: three voters where there are that many members, one otherwise, then up to three standbys.
///
/// A vote once given stays: of two members that are left of three both vote, though only one is called a
/// voter.
fn role(position: usize, count: usize) -> Role {
    match position {
        voter if voter < voters(count) => Role::Voter,
        standby if count >= 3 && standby < voters(count) + 3 => Role::Standby,
        _ => Role::Spare,
    }
}

/// The member that should get a vote next, if any.
pub(crate) fn next_voter(members: &[Listed]) -> Option<&Listed> {
    let voting = members.iter().filter(|member| !member.learner).count();
    let waiting = members.iter().filter(|member| member.learner && !member.name.is_empty());
    waiting.min_by(|one, other| one.name.cmp(&other.name)).filter(|_| voting < voters(members.len()))
}

/// A new member's name, which sorts by the time of joining.
pub(crate) fn name_of(address: &str) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:015}-{}", since.as_millis(), address.replace([':', '.'], "-"))
}

/// Writes `cluster.yaml`, and `info.yaml` for the member at `own`.
pub(crate) fn write_files(layout: &Layout, members: &[Listed], own: &str) -> Result<()> {
    let mut sorted: Vec<&Listed> = members.iter().collect();
    sorted.sort_by(|one, other| (one.learner, &one.name).cmp(&(other.learner, &other.name)));
    let mut cluster = String::new();
    for (position, member) in sorted.iter().enumerate() {
        let named = role(position, sorted.len());
        // Until it has its vote, a member that is due to get one is a spare.
        let role = if member.learner && named == Role::Voter { Role::Spare } else { named };
        let entry = [
            format!("Address: {}\n", member.address()),
            format!("ID: {}\n", member.id),
            format!("Role: {}\n", role.number()),
        ];
        if member.address() == own {
            write_changed(layout, "info.yaml", &entry.concat())?;
        }
        cluster.push_str(&format!("- {}", entry.join("  ")));
    }
    write_changed(layout, "cluster.yaml", &cluster)
}

fn write_changed(layout: &Layout, file: &str, text: &str) -> Result<()> {
    let path = layout.backend(file);
    if read_or_empty(&path) == text { Ok(()) } else { write(&path, text) }
}

/// The text of `cluster.yaml` for members at `addresses`, before any has been asked.
pub(crate) fn cluster_file(addresses: &[String]) -> String {
    addresses.iter().map(|address| format!("- Address: {address}\n  ID: 0\n  Role: 0\n")).collect()
}

/// The members as `cluster.yaml` has them.
pub(crate) fn cluster_members(layout: &Layout) -> Vec<Member> {
    let text = read_or_empty(&layout.backend("cluster.yaml"));
    text.split("- ")
        .filter_map(|entry| {
            let address = field(entry, "Address")?;
            let role = match field(entry, "Role").as_deref() {
                Some("1") => Role::Standby,
                Some("2") => Role::Spare,
                _ => Role::Voter,
            };
            Some(Member { address, role })
        })
        .collect()
}

/// The value of `name: value` in one of dqlite's files.
pub(crate) fn field(text: &str, name: &str) -> Option<String> {
    let lines = text.lines().map(|line| line.trim().trim_start_matches("- "));
    lines
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(|value| value.trim().to_owned())
        .next()
}

/// The text of an `init.yaml`: whom to join, and as which address.
pub(crate) fn init_file(cluster: &[String], address: &str) -> String {
    let members: String = cluster.iter().map(|member| format!("- {member}\n")).collect();
    format!("Cluster:\n{members}Address: {address}\n")
}

/// The addresses in an `init.yaml`, below `Cluster:`.
pub(crate) fn listed(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("- "));
    lines.map(|address| address.trim().trim_matches(['"', '\'']).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, address: &str) -> Listed {
        Listed { id: "7".into(), name: name.into(), peers: vec![format!("http://{address}")], learner: false }
    }

    fn names(count: usize) -> Vec<&'static str> {
        (0..count).map(|position| role(position, count).name()).collect()
    }

    #[test]
    fn roles_follow_the_number_of_members() {
        assert_eq!(names(1), ["voter"]);
        assert_eq!(names(2), ["voter", "spare"]);
        assert_eq!(names(3), ["voter"; 3]);
        assert_eq!(names(5), ["voter", "voter", "voter", "standby", "standby"]);
        assert_eq!(names(7).last(), Some(&"spare"));
    }

    #[test]
    fn the_files_read_back_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let members = [member("2", "10.0.0.12:19001"), member("1", "10.0.0.11:19001")];
        write_files(&layout, &members, "10.0.0.12:19001").unwrap();
        let found = cluster_members(&layout);
        let expected = [("10.0.0.11:19001", Role::Voter), ("10.0.0.12:19001", Role::Spare)]
            .map(|(address, role)| Member { address: address.into(), role });
        assert_eq!(found, expected);
        let info = read_or_empty(&layout.backend("info.yaml"));
        assert_eq!(field(&info, "Address").as_deref(), Some("10.0.0.12:19001"));
        assert_eq!(field(&info, "Role").as_deref(), Some("2"));
    }

    #[test]
    fn the_member_that_waits_longest_votes_next_where_votes_are_short() {
        let learner = |name: &str| Listed { learner: true, ..member(name, "10.0.0.1:19001") };
        let next = |members: &[Listed]| next_voter(members).map(|member| member.name.clone());
        assert_eq!(next(&[member("1", ""), learner("2")]), None, "one of two votes");
        assert_eq!(next(&[member("1", ""), learner("3"), learner("2")]).as_deref(), Some("2"));
        assert_eq!(next(&[member("1", ""), member("2", ""), member("3", ""), learner("4")]), None);
        assert_eq!(next(&[member("1", ""), learner("2"), learner("")]).as_deref(), Some("2"));
    }

    #[test]
    fn an_init_file_lists_the_voters() {
        let text = init_file(&["10.0.0.11:19001".into(), "10.0.0.12:19001".into()], "10.0.0.13:19001");
        assert_eq!(listed(&text), ["10.0.0.11:19001", "10.0.0.12:19001"]);
        assert_eq!(field(&text, "Address").as_deref(), Some("10.0.0.13:19001"));
    }
}
