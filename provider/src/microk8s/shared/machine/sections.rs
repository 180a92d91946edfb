//! What the scripts that look at a machine print: sections, each of which begins with a record separator and
//! its name.

use crate::microk8s::shared::config_files::args_file::ArgsFile;
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
/// text of `args/kubelet`, give it another. It is trimmed and in lower case, as the kubelet makes it.
pub(crate) fn node_name(hostname: &str, arguments: &str) -> String {
    let given = ArgsFile::parse(arguments).get("--hostname-override").filter(|name| !name.is_empty());
    given.as_deref().unwrap_or(hostname).trim().to_lowercase()
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
    fn a_name_given_to_the_kubelet_counts_as_the_kubelet_reads_it() {
        for (arguments, name) in [
            ("--v=2\n", "cp1"),
            ("--v=2\n  --hostname-override=\"Node-1\"\n", "node-1"),
            ("--hostname-override my-node\n", "my-node"),
            ("--v=2 --hostname-override='my-node' --profiling=false\n", "my-node"),
            ("\"--hostname-override=my-node\"\n", "my-node"),
            ("--hostname-override=old\n--hostname-override My-Node\n", "my-node"),
            ("# --hostname-override=my-node\n--hostname-overrides=no\n", "cp1"),
            ("--hostname-override=\n", "cp1"),
        ] {
            assert_eq!(node_name("CP1\n", arguments), name, "{arguments:?}");
        }
    }
}
