//! A whole lab: MicroK8s runs on a node, the router routes, and both come back after their power was cut.

#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

use lab::{Lab, LabOptions, Router, RouterOptions, VyosVersion};
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// Standard output of a program that has to succeed, soon.
async fn succeed(command: &mut Command) -> String {
    let output = timeout(Duration::from_secs(90), command.output()).await;
    let output = output.map_err(|_| format!("{command:?} does not end")).unwrap().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Asks the router's API as the operator would.
async fn api(lab: &Lab, router: &Router, endpoint: &str, data: &str) -> String {
    let mut curl = lab.operator("curl");
    curl.args(["--silent", "--show-error", "--cacert"]).arg(router.ca_certificate_file());
    curl.arg("--form").arg(format!("key={}", router.api_key())).arg("--form").arg(format!("data={data}"));
    succeed(curl.arg(format!("{}/{endpoint}", router.url()))).await
}

async fn commits(router: &Router) -> u64 {
    router.control().unwrap().counters().await.unwrap().commits
}

#[tokio::test]
async fn microk8s_runs_where_it_is_wanted_and_survives_a_power_cut() {
    let mut options = LabOptions::with_nodes(2, false);
    options.nodes[0].running = true;
    let lab = Lab::start(options).await.unwrap();
    let [cp1, cp2] = lab.nodes() else { panic!("two nodes") };
    let bare = succeed(&mut cp2.exec(["sh", "-c", "ls /snap; snap list 2>&1 || true"])).await;
    assert!(!bare.contains("microk8s"), "{bare}");
    let node = |output: &str| {
        let mut words = output.split_whitespace().map(str::to_owned);
        (words.next(), words.next())
    };
    let ready = (Some("cp1".to_owned()), Some("Ready".to_owned()));
    let mut list = cp1.exec(["microk8s", "kubectl", "get", "nodes", "--no-headers"]);
    assert_eq!(node(&succeed(&mut list).await), ready);
    let kinds = succeed(&mut cp1.exec(["microk8s", "kubectl", "get", "crds", "--output", "name"])).await;
    for kind in ["bgppeers.metallb.io", "ippools.crd.projectcalico.org"] {
        assert!(kinds.contains(kind), "{kinds}");
    }

    cp1.stop().await.unwrap();
    cp1.start().await.unwrap();
    succeed(&mut cp1.exec(["microk8s", "status", "--wait-ready", "--timeout", "60"])).await;
    assert_eq!(node(&succeed(&mut list).await), ready);
    lab.stop().await.unwrap();
}

#[tokio::test]
async fn the_router_takes_a_configuration_to_frr_and_keeps_what_was_saved() {
    for version in [VyosVersion::V1_4, VyosVersion::V1_5] {
        let router = Some(RouterOptions { version, ..RouterOptions::default() });
        let lab = Lab::start(LabOptions { router, ..LabOptions::default() }).await.unwrap();
        let router = lab.router().unwrap();
        assert!(router.ca_certificate().starts_with("-----BEGIN CERTIFICATE-----"));
        let before = commits(router).await;
        let set = |path: &str| format!(r#"{{"op": "set", "path": {path}}}"#);
        let answer =
            api(&lab, router, "configure", &set(r#"["protocols", "bgp", "system-as", "4200000001"]"#)).await;
        assert!(answer.contains(r#""success": true"#), "{answer}");
        let running = succeed(&mut router.vtysh(["-c", "show running-config"])).await;
        assert!(running.contains("router bgp 4200000001"), "{running}");
        assert_eq!(commits(router).await, before + 1);

        // Not saved, so lost.
        router.stop().await.unwrap();
        router.start().await.unwrap();
        let running = succeed(&mut router.vtysh(["-c", "show running-config"])).await;
        assert!(!running.contains("router bgp"), "{running}");

        api(&lab, router, "configure", &set(r#"["protocols", "bgp", "system-as", "64512"]"#)).await;
        api(&lab, router, "config-file", r#"{"op": "save"}"#).await;
        router.stop().await.unwrap();
        router.start().await.unwrap();
        let running = succeed(&mut router.vtysh(["-c", "show running-config"])).await;
        assert!(running.contains("router bgp 64512"), "{running}");
        lab.stop().await.unwrap();
    }
}
