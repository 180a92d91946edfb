//! The world beyond the router: what the router upstream learns by OSPF is where the client can go.
#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

mod support;

use lab::{Lab, LabOptions, RouterOptions, UpstreamOptions};
use std::time::Duration;
use support::{configure, output, until};
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(60);

/// Asks the router's API from the client's place. Any answer will do.
fn ask_router(lab: &Lab) -> Command {
    let mut curl = lab.client("curl");
    curl.args(["--silent", "--insecure", "--max-time", "2", "--output", "/dev/null"]);
    curl.arg(lab.router().unwrap().url());
    curl
}

#[tokio::test]
async fn the_client_goes_where_ospf_leads() {
    let router = Some(RouterOptions::default());
    let upstream = Some(UpstreamOptions { hello_interval: 1, dead_interval: 4 });
    let lab = Lab::start(LabOptions { router, upstream, ..LabOptions::default() }).await.unwrap();
    assert!(!output(ask_router(&lab)).await.0, "nothing leads to the nodes' segment yet");
    configure(
        &lab,
        &[
            "protocols ospf parameters router-id 10.0.0.1",
            "protocols ospf interface eth0 area 0",
            "protocols ospf interface eth0 passive",
            "protocols ospf interface eth1 area 0",
            "protocols ospf interface eth1 hello-interval 1",
            "protocols ospf interface eth1 dead-interval 4",
            "protocols ospfv3 parameters router-id 10.0.0.1",
            "protocols ospfv3 interface eth0 area 0",
            "protocols ospfv3 interface eth0 passive",
            "protocols ospfv3 interface eth1 area 0",
            "protocols ospfv3 interface eth1 hello-interval 1",
            "protocols ospfv3 interface eth1 dead-interval 4",
        ],
    )
    .await;
    let isp = lab.isp().unwrap();
    until("both families to lead to the nodes", PATIENCE, async || {
        let (_, routes) = output(isp.exec(["ip", "-6", "route", "show", "proto", "ospf"])).await;
        routes.contains("fd00:10::/64") && output(ask_router(&lab)).await.0
    })
    .await;
    lab.stop().await.unwrap();
}

#[tokio::test]
async fn without_a_router_there_is_nothing_upstream() {
    let refused =
        Lab::start(LabOptions { upstream: Some(UpstreamOptions::default()), ..LabOptions::default() }).await;
    let error = refused.err().unwrap().to_string();
    assert!(error.contains("reached through a router"), "{error}");
}
