//! What cannot be reached is not gone: everything else goes on, one warning says so, and nothing leaves the state.

use acceptance::{BuildOut, Cli};
use lab::{Lab, LabOptions, RouterOptions};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn one_node_of_three_and_then_the_router() {
    let options = LabOptions { router: Some(RouterOptions::default()), ..LabOptions::with_nodes(3, false) };
    let lab = Lab::start(options).await.unwrap();
    let workspace = BuildOut::read("bare-metal-ipv6").unwrap().workspace(Cli::Terraform, &lab).await.unwrap();
    workspace.run(["init", "-no-color"]).await.unwrap().succeeded();
    workspace.apply().await.unwrap().succeeded();
    workspace.plan().await.unwrap().plans_nothing();
    let before = workspace.resources().await.unwrap();

    // The third is switched off. The cluster answers, and so does terraform.
    let third = lab.node("cp3").unwrap();
    third.stop().await.unwrap();
    let begin = Instant::now();
    let plan = workspace.plan().await.unwrap().plans_nothing();
    assert!(begin.elapsed() < Duration::from_secs(60), "the plan took {:?}", begin.elapsed());
    let about = |address: &str| {
        plan.warnings()
            .iter()
            .filter(|one| format!("{} {}", one.summary, one.detail).contains(address))
            .count()
    };
    assert_eq!(about("10.0.0.13"), 1, "{plan:?}");
    workspace.run(["apply", "-json", "-auto-approve", "-refresh-only"]).await.unwrap().succeeded();
    assert_eq!(workspace.resources().await.unwrap(), before, "the state lost something");

    third.start().await.unwrap();
    lab.router().unwrap().stop().await.unwrap();
    let plan = workspace.plan().await.unwrap();
    assert!(plan.changes().is_empty(), "{plan:?}");
    workspace.run(["plan", "-json", "-refresh-only"]).await.unwrap();
    assert_eq!(workspace.resources().await.unwrap(), before, "the state lost something");
}
