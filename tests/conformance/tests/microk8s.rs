//! Facts about MicroK8s, against machines of the lab, or against the machines that the environment names:
//!
//! ```text
//! CONFORMANCE_NODES=ubuntu@192.0.2.11,ubuntu@192.0.2.12 CONFORMANCE_NODES_ERASE=yes make conformance
//! ```
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a step that fails ends the test")]

use conformance::microk8s::{Case, Node, facts, from_environment, run};
use lab::{Lab, LabOptions};

#[expect(clippy::print_stderr, reason = "a test tells what it found")]
fn say(text: &str) {
    eprintln!("{text}");
}

/// The machines of a lab.
fn nodes(lab: &Lab) -> Vec<Node> {
    let node = |node: &lab::Node| {
        let own = node.clone();
        Node::new(node.name(), move || own.exec(["sh", "-s"]))
    };
    lab.nodes().iter().map(node).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_hold() {
    let facts = facts().expect("the facts read");
    if let Some(real) = from_environment().expect("machines that may be used") {
        let report = run(&real, &facts, say).await.expect("the machines answer");
        say(&report.to_string());
        assert_eq!(report.differences, Vec::<String>::new());
        return;
    }
    let lab = Lab::start(LabOptions::with_nodes(2, false)).await.expect("the lab starts");
    let played = nodes(&lab);
    let report = run(&played, &facts, say).await.expect("the machines answer");
    say(&report.to_string());
    assert_eq!(report.differences, Vec::<String>::new());
    assert_eq!(report.held, facts.len(), "{report}");
    for node in &played {
        let left = node.run("ls -d /var/snap/microk8s /snap/bin/microk8s").await.expect("an answer");
        assert!(left.code != 0 && left.stdout.is_empty(), "left on {}: {left:?}", node.shown());
    }
    what_differs_is_listed(&lab, &facts).await;
    lab.stop().await.expect("the lab ends");
}

/// A fact of which the outcome is another one is a difference; a machine that is in use is left alone.
async fn what_differs_is_listed(lab: &Lab, facts: &[Case]) {
    let one: Vec<_> = nodes(lab).into_iter().take(1).collect();
    let mut wrong: Vec<Case> =
        facts.iter().filter(|case| case.name.contains("add-on") && !case.second).cloned().collect();
    wrong.iter_mut().flat_map(|case| &mut case.steps).for_each(|step| step.code = 99);
    assert!(!wrong.is_empty());
    let together: Vec<Case> = facts.iter().filter(|case| case.second).cloned().collect();
    let report =
        run(&one, &[wrong.clone(), together.clone()].concat(), say).await.expect("the machine answers");
    assert_eq!(report.differences.len(), wrong.len(), "{report}");
    assert_eq!(report.left_out.len(), together.len(), "{report}");
    one[0].run("snap install microk8s --classic").await.expect("an answer");
    let refused = run(&one, facts, say).await.expect_err("it is in use");
    assert!(refused.to_string().contains("has MicroK8s already"), "{refused}");
}
