//! What the scripts that look at a machine print: sections, each of which begins with a record separator and
//! its name.

use std::collections::BTreeMap;

/// The sections by name.
pub(crate) fn sections(printed: &str) -> BTreeMap<&str, &str> {
    printed.split('\u{1e}').skip(1).filter_map(|section| section.split_once('\n')).collect()
}

/// The first word of what `sha256sum` prints.
pub(crate) fn digest(section: &str) -> Option<String> {
    section.split_whitespace().next().map(str::to_owned)
}

/// The name that a machine's kubelet has, or will have, in a cluster: its host name, unless `arguments`, the
/// text of `args/kubelet`, give it another.
pub(crate) fn node_name(hostname: &str, arguments: &str) -> String {
    let given = arguments.lines().find_map(|line| line.trim().strip_prefix("--hostname-override="));
    given.unwrap_or(hostname).trim().trim_matches(['"', '\'']).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let sections = sections("noise\n\u{1e}hostname\nCP1\n\u{1e}locks\na\nb\n\u{1e}empty\n");
        assert_eq!(sections.get("hostname"), Some(&"CP1\n"));
        assert_eq!(sections.get("locks"), Some(&"a\nb\n"));
        assert_eq!((sections.get("empty"), sections.len()), (Some(&""), 3));
    }

    #[test]
    fn a_name_given_to_the_kubelet_counts() {
        assert_eq!(node_name("CP1\n", "--v=2\n"), "cp1");
        assert_eq!(node_name("CP1\n", "--v=2\n  --hostname-override=\"Node-1\"\n"), "node-1");
    }
}
