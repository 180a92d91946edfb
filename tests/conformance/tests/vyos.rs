//! Facts about VyOS, against the stand-in of each release, or against the router that the environment names:
//!
//! ```text
//! CONFORMANCE_VYOS=https://192.0.2.1 CONFORMANCE_VYOS_KEY=... make conformance
//! ```

use conformance::vyos::{Case, Target, facts, run};
use vyos_stand_in::Version;

#[expect(clippy::print_stderr, reason = "a test tells what it found")]
fn say(text: &str) {
    eprintln!("{text}");
}

#[tokio::test]
async fn facts_hold() {
    let facts = facts().expect("the facts read");
    let targets = match Target::from_environment().await.expect("the router answers") {
        Some(router) => vec![router],
        None => {
            let mut all = Vec::new();
            for version in [Version::V1_4, Version::V1_5] {
                all.push(Target::stand_in(version).await.expect("the stand-in starts"));
            }
            all
        }
    };
    for target in targets {
        let report = run(&target, &facts, say).await.expect("the router answers");
        say(&report.to_string());
        assert_eq!(report.differences, Vec::<String>::new(), "VyOS {}", target.release());
        let complete = !target.is_stand_in() || report.left_out.is_empty();
        assert!(complete, "not tried on the stand-in: {:?}", report.left_out);
        for path in facts.iter().flat_map(|case| &case.below) {
            let left = report.left_out.iter().any(|one| one.contains(&format!("`{path}`")));
            assert!(left || !target.has(path).await.expect("an answer"), "{path} is left");
        }
        target.stop().await;
    }
}

/// A fact of which the answer is another one.
fn wrong(mut fact: Case) -> Case {
    fact.steps.iter_mut().for_each(|step| step.status = 418);
    fact
}

#[tokio::test]
async fn what_differs_is_listed_and_what_is_anothers_is_left_alone() {
    let target = Target::stand_in(Version::V1_4).await.expect("the stand-in starts");
    let writing = |case: &Case| !case.below.is_empty() && case.is_about("1.4.0");
    let all: Vec<Case> = facts().expect("the facts read").into_iter().filter(writing).map(wrong).collect();
    let report = run(&target, &all, |_| ()).await.expect("answers");
    assert_eq!(report.differences.len(), all.len(), "{report}");
    let below = &all[0].below[0];
    assert!(!target.has(below).await.expect("an answer"), "{below} is left");
    // Another one's configuration is where a fact would write.
    assert!(target.put(&["set policy prefix-list CONFORMANCE description x"]).await.expect("an answer"));
    let report = run(&target, &all, |_| ()).await.expect("answers");
    let theirs =
        all.iter().filter(|case| case.below.iter().any(|path| path == "policy prefix-list CONFORMANCE"));
    assert_eq!(report.left_out.len(), theirs.count(), "{report}");
    assert!(!report.left_out.is_empty());
    assert!(target.has("policy prefix-list CONFORMANCE description").await.expect("an answer"));
    target.stop().await;
}
