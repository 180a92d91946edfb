//! The engine against an API server in this process, through the rules of Terraform's core.

mod adoption;
mod dry_run;
mod failures;
mod life;
mod odd;
mod secrets;

use super::testing::{ClusterTypes, errors, run, warnings, with};
use crate::connection::cluster::testing::{ApiServer, POOLS};
use serde_json::{Value as Json, json};

const POOL: &str = "metallb_ip_address_pool";
const RANGE: &str = "2001:db8:f000:2::/64";

fn pool(addresses: &[&str]) -> Json {
    json!({"name": "default-pool", "addresses": addresses, "timeouts": {"create": "2s", "update": "2s", "delete": "2s"}})
}

fn path() -> String {
    format!("{POOLS}/default-pool")
}

fn spec(server: &ApiServer) -> Json {
    server.world().objects[&path()]["spec"].clone()
}
