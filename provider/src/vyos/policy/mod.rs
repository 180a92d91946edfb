//! Lists and maps of a router's `policy`, which decide what passes.

mod communities;
mod prefix_list;
mod prefix_rules;
mod route_map;
mod route_map_match;
mod route_map_rules;
mod route_map_set;

pub use prefix_list::{PrefixList, PrefixList6};
pub use route_map::RouteMap;
