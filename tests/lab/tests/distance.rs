//! Lines whose length is set: what two machines notice of it, and what others do not.
#![expect(clippy::unwrap_used, reason = "a step that fails ends the test")]

use lab::{Distance, Lab, LabOptions};
use std::time::{Duration, Instant};

const PATIENCE: &str = "3";

/// How long the operator waits for the first words of a node's sshd, which takes one round trip and half
/// another; nothing where they do not come.
async fn greeting(lab: &Lab, address: &str) -> Option<Duration> {
    let script = format!("exec 3<>/dev/tcp/{address}/22 && read -r -u 3 line && [[ $line == SSH-* ]]");
    let start = Instant::now();
    let status =
        lab.operator("timeout").args([PATIENCE, "bash", "-c", &script]).output().await.unwrap().status;
    status.success().then(|| start.elapsed())
}

#[tokio::test]
async fn is_between_the_two_that_it_is_set_for() {
    let lab = Lab::start(LabOptions { lines: true, ..LabOptions::with_nodes(2, false) }).await.unwrap();
    let [far, near] = lab.nodes() else { panic!("two nodes were asked for") };
    let far_addresses = [far.ipv4().to_string(), far.ipv6().to_string()];
    for address in &far_addresses {
        assert!(greeting(&lab, address).await.is_some(), "{address}");
    }

    let delay = Duration::from_millis(200);
    lab.set_distance("operator", "cp1", Distance { delay, loss: 0.0 }).await.unwrap();
    for address in &far_addresses {
        let took = greeting(&lab, address).await.unwrap();
        assert!(took >= 2 * delay, "{address} took {took:?}");
    }
    let took = greeting(&lab, &near.ipv4().to_string()).await.unwrap();
    assert!(took < 2 * delay, "the other one took {took:?}");

    // Told the other way round, it is the same line, and it does not get longer.
    let lossy = Distance { loss: 1.0, ..Distance::default() };
    lab.set_distance("cp1", "operator", lossy).await.unwrap();
    assert_eq!(greeting(&lab, &far_addresses[0]).await, None);
    assert!(greeting(&lab, &near.ipv4().to_string()).await.is_some());
    lab.set_distance("cp1", "operator", Distance::default()).await.unwrap();
    let took = greeting(&lab, &far_addresses[0]).await.unwrap();
    assert!(took < 2 * delay, "next door again, it took {took:?}");

    let error = lab.set_distance("operator", "client", lossy).await.unwrap_err().to_string();
    assert!(error.contains("not on one segment"), "{error}");
    lab.stop().await.unwrap();
}

#[tokio::test]
async fn takes_lines() {
    let lab = Lab::start(LabOptions::with_nodes(1, false)).await.unwrap();
    let error = lab.set_distance("operator", "cp1", Distance::default()).await.unwrap_err().to_string();
    assert!(error.contains("without lines"), "{error}");
    lab.stop().await.unwrap();
}
