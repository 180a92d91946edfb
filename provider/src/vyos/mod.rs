//! Objects of VyOS routers, one file per Terraform type.

mod bgp;
mod bgp_family;
mod bgp_neighbor;
mod bgp_neighbor_family;
mod bgp_neighbor_rules;
mod bgp_summary;
mod bgp_timers;
mod remote_as;
mod words;

pub use bgp::Bgp;
pub use bgp_neighbor::BgpNeighbor;
pub use bgp_summary::BgpSummary;

#[cfg(test)]
mod tests;
