//! The router, alone and beside the cluster.

mod broken_links;
mod life;
mod query;
mod router_objects;
