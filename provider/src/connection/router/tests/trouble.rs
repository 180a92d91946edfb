//! What the actor makes of refusals, locks and lost answers.

use super::*;
use axum::http::StatusCode;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

const LOCKED: &str = "Configuration system temporarily locked due to another commit in progress\n";

fn faulty(faults: impl IntoIterator<Item = Fault>) -> Peer {
    Peer { faults: VecDeque::from_iter(faults), ..Peer::default() }
}

fn commits_and_saves(peer: &std::sync::Mutex<Peer>) -> (usize, usize) {
    let peer = peer.lock().unwrap();
    (peer.commits, peer.saves)
}

#[tokio::test]
async fn one_bad_neighbor_among_a_hundred_fails_alone() {
    let verify = BTreeMap::from([("protocols bgp", remote_as_required as _)]);
    let (peer, router) = start(Peer { verify, ..Peer::default() }).await;
    let leaf = |number| if number == 50 { "description x" } else { "remote-as 65001" };
    let writes = (1..=100).map(|number| put(&format!("10.0.0.{number}"), leaf(number))).collect();
    let results = all(&router, writes).await;
    let failed: Vec<_> =
        (1..).zip(&results).filter(|(_, result)| result.is_err()).map(|(number, _)| number).collect();
    assert_eq!(failed, [50]);
    let expected = RouterErrorKind::rejected(
        Some("protocols bgp".to_owned()),
        "Neighbor \"10.0.0.50\" remote-as must be set!".to_owned(),
    );
    assert_eq!(results[49], Err(expected));
    let peer = peer.lock().unwrap();
    assert_eq!(neighbors(&peer), 99);
    assert!(peer.commits <= 3 && peer.saves <= 2, "{} commits, {} saves", peer.commits, peer.saves);
}

#[tokio::test]
async fn the_search_for_someone_to_blame_ends() {
    fn nothing_is_right(proposed: &ConfigTree) -> Option<String> {
        proposed.at(&["protocols", "bgp"]).map(|_| "local-as must not be what it is".to_owned())
    }
    let verify = BTreeMap::from([("protocols bgp", nothing_is_right as _)]);
    let (peer, router) = start(Peer { verify, ..Peer::default() }).await;
    let writes = (1..=100).map(|number| put(&format!("10.0.0.{number}"), "remote-as 1")).collect();
    let results = all(&router, writes).await;
    assert!(results.iter().all(|result| matches!(result, Err(RouterErrorKind::Rejected { .. }))));
    let commits = peer.lock().unwrap().commits;
    // Two for each, as where all of them are to blame.
    assert!(commits < 200, "{commits}");
}

#[tokio::test]
async fn what_is_too_large_goes_in_parts() {
    let (peer, router) = start(Peer { most_commands: Some(30), ..Peer::default() }).await;
    let writes = (1..=100).map(|number| put(&format!("10.0.0.{number}"), "remote-as 1")).collect();
    assert!(all(&router, writes).await.iter().all(Result::is_ok));
    assert_eq!(neighbors(&peer.lock().unwrap()), 100);
    assert_eq!(peer.lock().unwrap().saves, 1);
    let (_, router) = start(Peer { most_commands: Some(0), ..Peer::default() }).await;
    let refused = router.write(put("10.0.0.1", "remote-as 1")).await.unwrap_err();
    assert_eq!(refused.kind(), &RouterErrorKind::TooLarge);
}

#[tokio::test]
async fn components_that_did_commit_are_not_done_again() {
    fn broken(_: &ConfigTree) -> Option<String> {
        Some("Neighbor \"10.0.0.1\" remote-as must be set!".to_owned())
    }
    let verify = BTreeMap::from([("protocols bgp", broken as _)]);
    let (peer, router) = start(Peer { verify, ..Peer::default() }).await;
    let list = words("prefix-list PL description x");
    let policy = Write {
        root: words("policy"),
        subject: words("policy prefix-list PL"),
        changes: Box::new(move |tree| match tree.at(&list) {
            Some(_) => Ok(vec![]),
            None => Ok(vec![Command::set(list.clone())]),
        }),
        ..put("PL", "unused")
    };
    let results = all(&router, vec![policy, put("10.0.0.1", "description x")]).await;
    assert!(results[0].is_ok(), "{results:?}");
    assert!(
        matches!(&results[1], Err(RouterErrorKind::Rejected { component: Some(name), .. }) if name == "protocols bgp")
    );
    let peer = peer.lock().unwrap();
    assert_eq!((peer.commits, peer.saves), (1, 1), "{:?}", peer.log);
    assert!(peer.saved.at(&["policy", "prefix-list", "PL"]).is_some());
}

#[tokio::test]
async fn a_lock_is_waited_out() {
    let (peer, router) = start(faulty([Fault::Refuse(LOCKED), Fault::Refuse(LOCKED)])).await;
    router.write(put("10.0.0.1", "remote-as 1")).await.unwrap();
    assert_eq!(commits_and_saves(&peer), (3, 1));
}

#[tokio::test]
async fn a_lock_that_stays_is_told() {
    let (peer, router) = start(faulty(std::iter::repeat_n(Fault::Refuse(LOCKED), 1000))).await;
    let error = router.write(put("10.0.0.1", "remote-as 1")).await.unwrap_err();
    assert!(
        matches!(error.kind(), RouterErrorKind::Locked { waited } if *waited >= Duration::from_millis(300)),
        "{error}"
    );
    assert_eq!(peer.lock().unwrap().saves, 0);
}

#[tokio::test]
async fn a_bare_refusal_passes() {
    let (_, router) = start(faulty([Fault::Refuse("Set failed\n"), Fault::Refuse("Set failed\n")])).await;
    router.write(put("10.0.0.1", "remote-as 1")).await.unwrap();
    let (_, router) = start(faulty(std::iter::repeat_n(Fault::Refuse("Set failed\n"), 9))).await;
    let error = router.write(put("10.0.0.1", "remote-as 1")).await.unwrap_err();
    assert!(
        matches!(error.kind(), RouterErrorKind::Rejected { message, .. } if message == "Set failed"),
        "{error}"
    );
}

#[tokio::test]
async fn a_lost_answer_to_a_commit_that_was_made_is_a_success() {
    let (peer, router) = start(faulty([Fault::LoseAnswer])).await;
    router.write(put("10.0.0.1", "remote-as 1")).await.unwrap();
    assert_eq!(commits_and_saves(&peer), (1, 1));
}

#[tokio::test]
async fn a_lost_request_is_made_again_and_then_told() {
    let (peer, router) = start(faulty([Fault::LoseRequest])).await;
    router.write(put("10.0.0.1", "remote-as 1")).await.unwrap();
    assert_eq!(peer.lock().unwrap().commits, 2);
    let (peer, router) = start(faulty(std::iter::repeat_n(Fault::LoseRequest, 9))).await;
    let error = router.write(put("10.0.0.1", "remote-as 1")).await.unwrap_err();
    assert!(matches!(error.kind(), RouterErrorKind::UnknownOutcome { .. }), "{error}");
    assert_eq!(peer.lock().unwrap().saves, 0);
}

#[tokio::test]
async fn a_change_that_is_not_saved_is_no_success() {
    let (peer, router) = start(Peer { save_fails: true, ..Peer::default() }).await;
    let error = router.write(put("10.0.0.1", "remote-as 1")).await.unwrap_err();
    assert!(
        matches!(error.kind(), RouterErrorKind::NotSaved { cause } if cause.contains("No space left")),
        "{error}"
    );
    peer.lock().unwrap().save_fails = false;
    router.write(put("10.0.0.1", "remote-as 1")).await.unwrap();
    let peer = peer.lock().unwrap();
    assert_eq!(peer.commits, 1, "it was active already");
    assert!(peer.saved == peer.config);
}

#[tokio::test]
async fn a_refused_key_is_told_and_shown_nowhere() {
    let (peer, _) = start(Peer::default()).await;
    let url = {
        let (_, router) = start(Peer::default()).await;
        router.url().to_owned()
    };
    let mut wrong = settings(url);
    wrong.api_key = tfplugin::types::Secret::new("another-key");
    assert!(!format!("{wrong:?}").contains("another-key"));
    let router = Router::new("edge".to_owned(), wrong, quick());
    let error = router.config(words("protocols bgp"), &CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error.kind(), RouterErrorKind::Unauthenticated), "{error}");
    let error = router.write(put("10.0.0.1", "remote-as 1")).await.unwrap_err();
    assert!(matches!(error.kind(), RouterErrorKind::Unauthenticated), "{error}");
    assert_eq!(peer.lock().unwrap().commits, 0);
}

#[tokio::test]
async fn a_router_without_its_api_is_told_from_one_that_is_away() {
    let (_, router) = start(Peer { status: Some(StatusCode::SERVICE_UNAVAILABLE), ..Peer::default() }).await;
    let error = router.config(words("protocols bgp"), &CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error.kind(), RouterErrorKind::NotServing { status: 503 }), "{error}");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let away = Router::new("edge".to_owned(), settings(format!("http://{free}")), quick());
    let error = away.config(words("protocols bgp"), &CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error.kind(), RouterErrorKind::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn what_waits_when_terraform_stops_is_not_sent() {
    let (peer, router) = start_with(Peer::default(), quick()).await;
    let write = put("10.0.0.1", "remote-as 1");
    write.cancelled.cancel();
    assert_eq!(router.write(write).await.unwrap_err().kind(), &RouterErrorKind::Cancelled);
    assert_eq!(peer.lock().unwrap().commits, 0);
}

#[tokio::test]
async fn who_waits_for_a_lock_stops_with_terraform() {
    let faults = std::iter::repeat_n(Fault::Refuse(LOCKED), 1000);
    let timing = Timing { lock_patience: Duration::from_secs(60), ..quick() };
    let (peer, router) = start_with(faulty(faults), timing).await;
    let write = put("10.0.0.1", "remote-as 1");
    let stop = write.cancelled.clone();
    let waiting = tokio::spawn(async move { router.write(write).await });
    let refused = async {
        while peer.lock().unwrap().commits == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), refused).await.unwrap();
    stop.cancel();
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), &RouterErrorKind::Cancelled);
}

#[tokio::test]
async fn userinfo_goes_to_the_proxy_and_is_never_shown() {
    let (peer, plain) = start(Peer::default()).await;
    let url = plain.url().replace("http://", "http://proxy:hunter2@");
    let router = Router::new("edge".to_owned(), settings(url.clone()), quick());
    let stop = CancellationToken::new();
    router.config(words("protocols bgp"), &stop).await.unwrap();
    assert_eq!(peer.lock().unwrap().authorization.as_deref(), Some("Basic cHJveHk6aHVudGVyMg=="));
    assert_eq!(router.url(), plain.url());
    assert!(!format!("{:?}", settings(url)).contains("hunter2"));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for url in [format!("http://proxy:hunter2@{free}"), "http://proxy:hunter2@:0".to_owned()] {
        let away = Router::new("edge".to_owned(), settings(url), quick());
        let error = away.config(words("protocols bgp"), &stop).await.unwrap_err();
        assert!(!format!("{error:?} {}", away.url()).contains("hunter2"), "{error:?} {}", away.url());
    }
}
