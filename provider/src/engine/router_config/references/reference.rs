//! A name in a path, and whether what it names is there.

use crate::connection::router::{ConfigPath, ConfigTree};

/// A name in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The name.
    pub name: String,
    /// Which word of the path it is.
    pub at: usize,
    /// The node whose key it is, from the top; `interfaces` for an interface of any kind.
    pub node: ConfigPath,
    /// Whether the script of what refers refuses a name that is not there.
    pub checked: bool,
    /// Whether the script of `policy` finds it, see [`is_searched`].
    pub searched: bool,
}

/// Before anything of `policy` goes, its script searches `protocols` for names in use, but not VRFs: what is
/// below a word that is called as the node, or as that of the other family. A name that nothing else checks
/// makes it refuse every change of `policy`, as if the name had been taken away while it is in use.
pub(super) fn is_searched(node: &[&str], path: &[String]) -> bool {
    let [_, kind] = node else { return false };
    let is_kind = |word: &String| word == kind || kind.strip_suffix('6') == Some(word);
    node.first() == Some(&"policy")
        && path.first().is_some_and(|first| first == "protocols")
        && path.iter().any(is_kind)
}

impl Reference {
    /// Whether VyOS refuses it where what it names is not there, now or at the next change of `policy`.
    pub fn is_required(&self) -> bool {
        self.checked || self.searched
    }

    /// The container to read for it.
    pub(in super::super) fn container(&self) -> ConfigPath {
        match self.node.split_last() {
            Some((_, above @ [_, ..])) => above.to_vec(),
            _ => self.node.clone(),
        }
    }

    /// Whether what it names is there.
    pub fn is_met(&self, outcome: &ConfigTree) -> bool {
        let node = outcome.at(&self.node);
        match self.is_interface() {
            true => node.is_none_or(|kinds| has_interface(kinds, &self.name)),
            false => node.is_some_and(|all| all.at(&[&self.name]).is_some()) && !self.is_unfindable(),
        }
    }

    /// Whether an interface of any kind is named.
    pub(in super::super) fn is_interface(&self) -> bool {
        self.node == ["interfaces"]
    }

    /// Whether VyOS cannot find it although it is there: outside of `policy` it looks for route-maps word by
    /// word, and takes a dot for the end of one.
    pub(in super::super) fn is_unfindable(&self) -> bool {
        self.node == ["policy", "route-map"] && self.checked && self.name.contains('.')
    }
}

/// How VyOS calls interfaces that it makes or renames itself. Others may be there without its configuration.
const INTERFACES: &[&str] = &[
    "bond", "br", "dum", "eth", "gnv", "l2tpeth", "lan", "macsec", "peth", "pppoe", "sstpc", "tun", "veth",
    "vti", "vtun", "vxlan", "wg", "wlan", "wwan",
];

/// Whether the router has an interface, as far as its configuration says. One that VyOS does not manage is
/// taken for there.
fn has_interface(kinds: &ConfigTree, name: &str) -> bool {
    let (base, vlans) = name.split_once('.').unwrap_or((name, ""));
    let letters = base.trim_end_matches(|c: char| c.is_ascii_digit());
    if letters.len() == base.len() || !INTERFACES.contains(&letters) || kinds.is_empty() {
        return true;
    }
    let mut all = kinds.children().filter_map(|(_, kind)| kind.at(&[base]));
    let vlan = |interface: &ConfigTree| match vlans.split_once('.') {
        _ if vlans.is_empty() => true,
        Some((outer, inner)) => interface.at(&["vif-s", outer, "vif-c", inner]).is_some(),
        None => interface.at(&["vif", vlans]).is_some() || interface.at(&["vif-s", vlans]).is_some(),
    };
    all.any(vlan)
}
