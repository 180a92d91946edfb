//! A router's routing table, as FRR prints it (`show ip route json`): what each protocol offers, what was
//! chosen of it, and what the kernel has.

use super::OpCommand;
use ipnet::IpNet;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The command that shows the table of IPv4.
pub(super) const IPV4: OpCommand = OpCommand { noun: "the routes", command: &["ip", "route", "json"] };
/// The command that shows the table of IPv6.
pub(super) const IPV6: OpCommand = OpCommand { noun: "the routes", command: &["ipv6", "route", "json"] };

/// What a protocol offers for a network.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Entry {
    pub(super) protocol: String,
    pub(super) selected: bool,
    pub(super) installed: bool,
    pub(super) failed: bool,
    pub(super) distance: i64,
    pub(super) metric: i64,
    #[serde(rename = "nexthops")]
    pub(super) next_hops: Vec<Hop>,
}

/// Where it leads.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Hop {
    #[serde(rename = "ip")]
    pub(super) address: Option<String>,
    #[serde(rename = "interfaceName")]
    pub(super) interface: Option<String>,
    pub(super) active: bool,
}

/// What is offered, by network.
pub(super) type Table = BTreeMap<IpNet, Vec<Entry>>;

/// Reads a table. Beside the networks there is nothing in it.
pub(super) fn table(printed: &str) -> Result<Table, serde_json::Error> {
    let mut table: Table = serde_json::from_str(printed)?;
    for entry in table.values_mut().flatten() {
        // FRR's name of it is that of its daemon; VyOS's is that of the protocol.
        if entry.protocol == "ospf6" {
            entry.protocol = "ospfv3".to_owned();
        }
    }
    Ok(table)
}

impl Entry {
    /// Whether packets go this way.
    pub(super) fn is_in_the_kernel(&self) -> bool {
        self.selected && self.installed
    }

    /// Where it leads, for messages.
    pub(super) fn way(&self) -> String {
        let hop = |hop: &Hop| match (&hop.address, &hop.interface) {
            (Some(address), Some(interface)) => format!("{address} on {interface}"),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => "nowhere".to_owned(),
        };
        self.next_hops.iter().map(hop).collect::<Vec<_>>().join(", ")
    }
}
