//! Objects of VyOS routers, one file per Terraform type.

mod bgp;
mod bgp_family;
mod bgp_neighbor;
mod bgp_neighbor_family;
mod remote_as;
mod words;

pub use bgp::Bgp;
pub use bgp_neighbor::BgpNeighbor;
