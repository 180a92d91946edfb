//! Areas and interfaces of OSPF.

use super::shared::{self, OspfLink};
use crate::engine::router_config::Paths;
use crate::vyos::validators;
use std::collections::BTreeMap;
use tfplugin::Model;
use tfplugin::model::Set;
use tfplugin::types::{Secret, Semantic};

/// An area.
#[derive(Clone, Debug, Model)]
pub struct OspfArea {
    /// Networks whose interfaces take part in the area, such as `["10.0.0.0/24"]`. Not together with the
    /// `area` of any interface.
    #[attribute(optional, validate = networks)]
    pub(super) networks: Option<Set<Semantic<ipnet::Ipv4Net>>>,

    /// A stub: routes from outside OSPF do not come in, a default route does. Not for the backbone.
    #[attribute(optional)]
    pub(super) stub: Option<OspfStub>,

    /// A stub that may announce routes from outside OSPF itself. Not for the backbone.
    #[attribute(optional)]
    pub(super) nssa: Option<OspfStub>,

    /// Networks that other areas see in place of what lies inside, by prefix.
    #[attribute(optional, validate = validators::networks::<ipnet::Ipv4Net, _>)]
    ranges: Option<BTreeMap<String, OspfRange>>,

    /// How routers prove who they are on the interfaces of the area: `plaintext-password` or `md5`; the
    /// secrets are the interfaces'. Default: not at all.
    #[attribute(optional, validate = validators::ospf_authentication)]
    authentication: Option<String>,
}

/// What a stub or an nssa lets in.
#[derive(Clone, Debug, Model)]
pub struct OspfStub {
    /// Keeps routes of other areas out too. Default `false`.
    #[attribute(default = false)]
    no_summary: bool,

    /// Cost of the default route that is announced into it, 0 to 16777215. Default: 1.
    #[attribute(optional, validate = validators::within::<0, 16_777_215, _>)]
    default_cost: Option<u32>,
}

/// A network in place of what lies inside it.
#[derive(Clone, Debug, Model)]
pub struct OspfRange {
    /// Cost that it is announced with, 0 to 16777215. Default: the highest inside.
    #[attribute(optional, validate = validators::within::<0, 16_777_215, _>)]
    cost: Option<u32>,

    /// Announces neither it nor what lies inside. Default `false`.
    #[attribute(default = false)]
    not_advertise: bool,

    /// Network that is announced in its place.
    #[attribute(optional, validate = validators::network)]
    substitute: Option<Semantic<ipnet::Ipv4Net>>,
}

/// An interface.
#[derive(Clone, Debug, Model)]
pub struct OspfInterface {
    /// Area that it takes part in: a number, or the form of an IPv4 address. Default: that of the area whose
    /// `networks` it is in. Not together with `networks` of any area.
    #[attribute(optional, validate = area)]
    pub(super) area: Option<String>,

    #[attribute(flatten)]
    link: OspfLink,

    /// Network type: `broadcast`, `non-broadcast`, `point-to-multipoint` or `point-to-point`. Default: what
    /// the interface is.
    #[attribute(optional, validate = validators::ospf_network)]
    network: Option<String>,

    /// `true` announces the interface's network without forming adjacencies on it; `false` forms them also
    /// where `passive_interface_default` is set. Default: what `passive_interface_default` says.
    #[attribute(optional)]
    passive: Option<bool>,

    /// Password for `plaintext-password` authentication, 1 to 8 characters, without blanks and quotes. VyOS
    /// keeps it in clear text, and so does the state, but for one that is given as `plaintext_password_wo`.
    /// Left out: one that this resource never set, such as after an import, stays, and the plan warns; one
    /// that it set is removed. `""`: none.
    #[attribute(optional, adopt, write_only_form, validate = password)]
    plaintext_password: Option<Secret>,

    /// Keys for `md5` authentication, by number, 1 to 255: 1 to 16 characters each, without blanks and
    /// quotes. VyOS keeps them in clear text, and so does the state. Left out: keys that this resource never
    /// set, such as after an import, stay, and the plan warns; keys that it set are removed, as is one that
    /// the map does not have. `{}`: none.
    #[attribute(optional, adopt, validate = key_numbers)]
    pub(super) md5_keys: Option<BTreeMap<String, OspfKey>>,
}

/// A key.
#[derive(Clone, Debug, Model)]
pub struct OspfKey {
    /// The secret, 1 to 16 characters, without blanks and quotes; in the state, but for one that is given as
    /// `md5_key_wo`. It may be left out only where the router
    /// has one under this number that this resource never set, such as after an import: that one stays, and
    /// the plan warns.
    #[attribute(optional, adopt, write_only_form, validate = md5_key)]
    pub(super) md5_key: Option<Secret>,
}

/// Where attributes are that only OSPF has.
pub(super) const PATHS: &Paths = &[
    ("areas.networks", "network {network}"),
    ("plaintext_password", "authentication plaintext-password"),
    ("md5_keys", "authentication md5 key-id {number}"),
];

fn area(value: &Option<String>) -> Result<(), String> {
    value.as_deref().map_or(Ok(()), shared::area)
}

fn networks(value: &Option<Set<Semantic<ipnet::Ipv4Net>>>) -> Result<(), String> {
    let Some(Set(networks)) = value else { return Ok(()) };
    if networks.is_empty() {
        return Err(
            "an empty set cannot be distinguished from an unset one on the router; omit it".to_owned()
        );
    }
    let with_host_bits = |network: &&Semantic<ipnet::Ipv4Net>| network.value().trunc() != *network.value();
    match networks.iter().find(with_host_bits) {
        Some(network) => {
            Err(format!("{network} has host bits set; the network is {}", network.value().trunc()))
        }
        None => Ok(()),
    }
}

fn password(value: &Option<Secret>) -> Result<(), String> {
    value.as_ref().map_or(Ok(()), |secret| validators::secret_of_at_most(8, secret))
}

fn md5_key(value: &Option<Secret>) -> Result<(), String> {
    match value {
        Some(secret) if secret.expose().is_empty() => {
            Err("a key must not be empty; leave its number out of md5_keys instead".to_owned())
        }
        Some(secret) => validators::secret_of_at_most(16, secret),
        None => Ok(()),
    }
}

fn key_numbers(value: &Option<BTreeMap<String, OspfKey>>) -> Result<(), String> {
    validators::numbers::<255, _>(value, "key")
}
