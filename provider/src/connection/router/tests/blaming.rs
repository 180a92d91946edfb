//! Who is found to be to blame where the router does not say, and what that costs.

use super::*;
use std::collections::BTreeMap;

/// Refuses every neighbor whose address ends in so much or less.
fn bad_below<const LAST: usize>(proposed: &ConfigTree) -> Option<String> {
    let neighbors = proposed.at(&["protocols", "bgp", "neighbor"])?;
    let is_bad = |address: &str| {
        let last = address.rsplit('.').next().and_then(|last| last.parse::<usize>().ok());
        last.is_some_and(|last| last <= LAST)
    };
    neighbors
        .children()
        .any(|(address, _)| is_bad(address))
        .then(|| "something is not what it should be".to_owned())
}

/// Writes neighbors of which those that end in `bad` or less are refused; the commits that it took.
async fn written(
    peer: Peer,
    numbers: impl Iterator<Item = usize>,
    bad: usize,
) -> (usize, Vec<RouterErrorKind>) {
    let (peer, router) = start(peer).await;
    let numbers: Vec<_> = numbers.collect();
    let writes = numbers.iter().map(|number| put(&format!("10.0.0.{number}"), "remote-as 1")).collect();
    let results = all(&router, writes).await;
    let mut errors = Vec::new();
    for (number, result) in numbers.iter().zip(results) {
        assert_eq!(result.is_err(), *number <= bad, "{number}: {result:?}");
        errors.extend(result.err());
    }
    let peer = peer.lock().unwrap();
    let committed = peer.saved.at(&["protocols", "bgp", "neighbor"]).map_or(0, |all| all.children().count());
    assert_eq!(committed, numbers.iter().filter(|number| **number > bad).count(), "every innocent is saved");
    assert_eq!(peer.saves, usize::from(committed > 0));
    (peer.commits, errors)
}

fn peer(verify: fn(&ConfigTree) -> Option<String>, silent: bool) -> Peer {
    Peer { verify: BTreeMap::from([("protocols bgp", verify as _)]), silent, ..Peer::default() }
}

#[tokio::test]
async fn the_culprits_of_a_silent_refusal_are_found_in_few_commits() {
    // Spread over the thirty by a step that shares no factor with it.
    let spread = || (0..30).map(|number| number * 7 % 30 + 1);
    let (commits, errors) = written(peer(bad_below::<1>, true), spread(), 1).await;
    assert!(commits <= 9, "1 of 30: {commits}");
    let reason = RouterErrorKind::rejected(Some("protocols bgp".to_owned()), String::new());
    assert_eq!(errors, std::slice::from_ref(&reason));
    assert_eq!(reason.to_string(), "VyOS refused in \"protocols bgp\" and gave no reason");
    let (commits, _) = written(peer(bad_below::<6>, true), spread(), 6).await;
    assert!(commits <= 27, "6 of 30: {commits}");
    let (commits, _) = written(peer(bad_below::<15>, true), spread(), 15).await;
    assert!(commits <= 46, "15 of 30: {commits}");
    let (commits, _) = written(peer(bad_below::<3>, true), 1..=3, 3).await;
    assert!(commits <= 5, "3 of 3: {commits}");
    // More than are searched together.
    written(peer(bad_below::<2>, true), 1..=100, 2).await;
}

#[tokio::test]
async fn a_reason_that_names_nobody_goes_to_the_culprit() {
    let (commits, errors) = written(peer(bad_below::<1>, false), (1..=8).rev(), 1).await;
    assert!(commits <= 6, "{commits}");
    assert!(errors[0].to_string().ends_with(": something is not what it should be"), "{errors:?}");
}

#[tokio::test]
async fn a_component_that_committed_is_not_searched() {
    let policy = Write {
        root: words("policy"),
        subject: words("policy prefix-list PL"),
        changes: Box::new(|tree| match tree.at(&words("prefix-list PL")) {
            Some(_) => Ok(vec![]),
            None => Ok(vec![Command::set(words("prefix-list PL"))]),
        }),
        ..put("PL", "unused")
    };
    let (peer, router) = start(peer(bad_below::<1>, true)).await;
    let writes = vec![policy, put("10.0.0.1", "remote-as 1"), put("10.0.0.2", "remote-as 1")];
    let results = all(&router, writes).await;
    assert!(results[0].is_ok() && results[1].is_err() && results[2].is_ok(), "{results:?}");
    assert!(peer.lock().unwrap().commits <= 3);
}

#[tokio::test]
async fn who_depends_on_another_is_committed_after_it() {
    let group = "peer-group PG remote-as 1";
    let member = |address: &str| {
        let path = words(&format!("neighbor {address} peer-group PG"));
        Write {
            changes: Box::new(move |tree| match (tree.at(&path), tree.at(&words("peer-group PG"))) {
                (Some(_), _) => Ok(vec![]),
                (None, None) => Err(Veto::new("there is no PG")),
                (None, Some(_)) => Ok(vec![Command::set(path.clone())]),
            }),
            ..put(address, "unused")
        }
    };
    let group = Write {
        subject: words("protocols bgp peer-group PG"),
        changes: Box::new(move |tree| match tree.at(&words(group)) {
            Some(_) => Ok(vec![]),
            None => Ok(vec![Command::set(words(group))]),
        }),
        ..put("PG", "unused")
    };
    let (peer, router) = start(peer(bad_below::<1>, true)).await;
    let writes = vec![group, member("10.0.0.1"), member("10.0.0.2"), member("10.0.0.3")];
    let results = all(&router, writes).await;
    assert!(results[1].is_err(), "{results:?}");
    assert!([0, 2, 3].iter().all(|number| results[*number].is_ok()), "{results:?}");
    assert_eq!(peer.lock().unwrap().saves, 1);
}
