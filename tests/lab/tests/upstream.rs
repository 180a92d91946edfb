//! The world beyond the router: what the router upstream learns by OSPF is where the client can go.
#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

use lab::{Lab, LabOptions, RouterOptions, UpstreamOptions};
use std::time::Duration;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(60);

async fn output(mut command: Command) -> (bool, String) {
    let output = command.output().await.unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

/// Asks the router's API from the client's place. Any answer will do.
fn ask_router(lab: &Lab) -> Command {
    let mut curl = lab.client("curl");
    curl.args(["--silent", "--insecure", "--max-time", "2", "--output", "/dev/null"]);
    curl.arg(lab.router().unwrap().url());
    curl
}

async fn configure(lab: &Lab, lines: &[&str]) {
    let router = lab.router().unwrap();
    let set = |line: &&str| {
        let words: Vec<_> = line.split(' ').map(|word| format!("{word:?}")).collect();
        format!(r#"{{"op": "set", "path": [{}]}}"#, words.join(", "))
    };
    let operations: Vec<_> = lines.iter().map(set).collect();
    let mut curl = lab.operator("curl");
    curl.args(["--silent", "--show-error", "--cacert"]).arg(router.ca_certificate_file());
    curl.arg("--form").arg(format!("key={}", router.api_key()));
    curl.arg("--form").arg(format!("data=[{}]", operations.join(", ")));
    curl.arg(format!("{}/configure", router.url()));
    let (_, answer) = output(curl).await;
    assert!(answer.contains(r#""success": true"#), "{answer}");
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
    let both = async {
        loop {
            let (_, routes) = output(isp.exec(["ip", "-6", "route", "show", "proto", "ospf"])).await;
            if routes.contains("fd00:10::/64") && output(ask_router(&lab)).await.0 {
                break;
            }
            sleep(Duration::from_millis(500)).await;
        }
    };
    let reached = timeout(PATIENCE, both).await;
    let neighbors =
        output(isp.exec(["vtysh", "-c", "show ip ospf neighbor", "-c", "show ipv6 ospf6 neighbor"])).await;
    assert!(reached.is_ok(), "{neighbors:?}");
    lab.stop().await.unwrap();
}

#[tokio::test]
async fn without_a_router_there_is_nothing_upstream() {
    let refused =
        Lab::start(LabOptions { upstream: Some(UpstreamOptions::default()), ..LabOptions::default() }).await;
    let error = refused.err().unwrap().to_string();
    assert!(error.contains("reached through a router"), "{error}");
}
