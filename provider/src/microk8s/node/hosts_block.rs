//! The block in a node's `/etc/hosts` that is ours, between two marks. What else is in the file is left
//! alone.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::IpAddr;
use tfplugin::types::Semantic;

/// Names of machines, each with its addresses in order.
pub(crate) type Hosts = BTreeMap<String, Vec<Semantic<IpAddr>>>;

/// The line before the block.
pub(crate) const BEGIN: &str = "# BEGIN microk8s_node (managed by Terraform)";
/// The line after it.
pub(crate) const END: &str = "# END microk8s_node (managed by Terraform)";

/// The block with its marks, or nothing where there is nothing to say.
pub(crate) fn render(hosts: &Hosts) -> String {
    if hosts.is_empty() {
        return String::new();
    }
    let mut block = format!("{BEGIN}\n");
    for (name, addresses) in hosts {
        for address in addresses {
            // Writing to a string cannot fail.
            let _ = writeln!(block, "{} {name}", address.canonical());
        }
    }
    block + END + "\n"
}

/// The block as it stands in a file, with its marks.
pub(crate) fn find(file: &str) -> Option<String> {
    let lines: Vec<&str> = file.lines().collect();
    let begin = lines.iter().position(|line| *line == BEGIN)?;
    let length = lines.iter().skip(begin).position(|line| *line == END)?;
    lines.get(begin..=begin + length).map(|block| block.join("\n") + "\n")
}

/// What a block says. Lines that say nothing are passed over, so that a block somebody spoilt differs from
/// any that is wanted.
pub(crate) fn read(block: &str) -> Hosts {
    let mut hosts = Hosts::new();
    for line in block.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let Some(Ok(address)) = words.next().map(Semantic::parse) else { continue };
        for name in words {
            hosts.entry(name.to_owned()).or_default().push(Semantic::clone(&address));
        }
    }
    hosts
}

/// Whether these can stand in `/etc/hosts`; for `#[attribute(validate = ...)]`.
pub(crate) fn check(hosts: &Option<Hosts>) -> Result<(), String> {
    let name = |name: &str| {
        let inner = |one: char| one.is_ascii_alphanumeric() || one == '-' || one == '.';
        !name.is_empty() && name.len() <= 253 && name.chars().all(inner) && !name.starts_with(['-', '.'])
    };
    for (host, addresses) in hosts.iter().flatten() {
        if !name(host) {
            return Err(format!("{host:?} is not a host name: letters, digits, \"-\" and \".\" only"));
        }
        if addresses.is_empty() {
            return Err(format!("{host} has no address: list at least one, or leave the name out"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(entries: &[(&str, &[&str])]) -> Hosts {
        let addresses = |texts: &[&str]| texts.iter().map(|text| Semantic::parse(text).unwrap()).collect();
        entries.iter().map(|(name, texts)| ((*name).to_owned(), addresses(texts))).collect()
    }

    #[test]
    fn what_is_written_is_found_and_read_again() {
        let wanted = hosts(&[("cp1", &["10.0.0.11", "FD00:10::11"]), ("w1", &["10.0.0.21"])]);
        let block = render(&wanted);
        assert_eq!(block, format!("{BEGIN}\n10.0.0.11 cp1\nfd00:10::11 cp1\n10.0.0.21 w1\n{END}\n"));
        let file = format!("127.0.0.1 localhost\n{block}# the end\n");
        assert_eq!(find(&file).as_deref(), Some(block.as_str()));
        assert_eq!(read(&block), wanted);
        assert_eq!(render(&Hosts::new()), "");
    }

    #[test]
    fn a_file_without_a_whole_block_has_none() {
        assert_eq!(find("127.0.0.1 localhost\n"), None);
        assert_eq!(find(&format!("{BEGIN}\n10.0.0.11 cp1\n")), None);
    }

    #[test]
    fn a_spoilt_block_is_read_as_far_as_it_makes_sense() {
        let block = format!("{BEGIN}\n10.0.0.11 cp1 # first\nnonsense\n10.0.0.300 cp2\n{END}\n");
        assert_eq!(read(&block), hosts(&[("cp1", &["10.0.0.11"])]));
    }

    #[test]
    fn names_that_would_be_something_else_in_the_file_are_refused() {
        assert!(check(&Some(hosts(&[("cp1", &["10.0.0.11"])]))).is_ok());
        for bad in
            [hosts(&[("cp1 evil", &["10.0.0.11"])]), hosts(&[("#", &["10.0.0.11"])]), hosts(&[("cp1", &[])])]
        {
            assert!(check(&Some(bad)).is_err());
        }
    }
}
