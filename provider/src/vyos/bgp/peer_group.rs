//! `vyos_bgp_peer_group`: what neighbors of a router's BGP have in common.

use super::neighbor_family::PATHS as FAMILY;
use super::remote_as::RemoteAs;
use super::session::{BgpSession, PATHS as SESSION};
use super::session_rules::{self as rules, excluded, word};
use crate::connection::router::{ConfigTree, Veto};
use crate::engine::router_config::{Declaration, RouterConfig, RouterTarget};
use crate::vyos::validators;
use tfplugin::types::Semantic;
use tfplugin::{Diagnostics, Model};

/// What neighbors of a VyOS router's BGP have in common. A `vyos_bgp_neighbor` joins with `peer_group`, and
/// what it says itself comes before what the group says.
///
/// Let neighbors refer to the `name` of the group, so that it is made before and removed after them: a group
/// that has members is not removed. Groups have no timers; the router's own (`timers` of `vyos_bgp`) or each
/// neighbor's count. Refer to an attribute of the router's `vyos_bgp` (`router = vyos_bgp.edge.router`), so
/// that it is made before and removed after its groups. Import id: `<router>/<name>`, or the name where there
/// is only one router. VyOS 1.4 or later.
///
/// Terraform deletes an object before it updates what references it, so removing or renaming one that is
/// still referenced fails. `lifecycle { create_before_destroy = true }`, applied before that, makes it the
/// last to be deleted.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "vyos_bgp_peer_group")]
pub struct BgpPeerGroup {
    #[attribute(flatten)]
    target: RouterTarget,

    /// Name of the group: letters, digits, `-` and `_`. A different one makes a new group.
    #[attribute(required, requires_replace, identity, validate = validators::list_name)]
    name: String,

    /// AS of all members: a number from 1 to 4294967294, `internal` (the router's own AS) or `external` (any
    /// other). Default: each member's own. VyOS 1.4 may lose a member that has its own on the way to FRR, so
    /// one here is safer.
    #[attribute(optional)]
    remote_as: Option<Semantic<RemoteAs>>,

    #[attribute(flatten)]
    session: BgpSession,
}

impl RouterConfig for BgpPeerGroup {
    const DECLARATION: Declaration = Declaration::tag("BGP peer-group", "protocols bgp", "peer-group {name}")
        .requires("system-as", "vyos_bgp")
        .paths(&[SESSION, FAMILY]);

    fn validate_config(config: &BgpPeerGroupDraft, diagnostics: &mut Diagnostics) {
        rules::check(&config.remote_as, &config.session, diagnostics);
    }

    fn fits(&self, bgp: &ConfigTree) -> Result<(), Veto> {
        let neighbors = bgp.at(&["neighbor"]).into_iter().flat_map(ConfigTree::children);
        let mut members = neighbors.filter(|(_, one)| word(one.at(&["peer-group"])) == Some(&self.name));
        let clash = members.find_map(|(address, member)| Some((address, excluded(&self.session, member)?)));
        if let Some((address, (attribute, path))) = clash {
            let detail = format!(
                "Its member {address} has `{path}`, which excludes {attribute}. VyOS does not check this, and FRR refuses \
                 it. Keep one of them."
            );
            return Err(Veto::new(detail).at(attribute));
        }
        rules::fits(self.remote_as.as_ref().map(|text| *text.value()), &self.session, bgp)
    }
}
