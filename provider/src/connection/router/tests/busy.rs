//! Somebody else changes the router.

use super::*;
use crate::connection::ConnectionError;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A lock is waited for much longer than a router that is away.
fn patient() -> Timing {
    Timing { reach_patience: Duration::from_millis(100), lock_patience: Duration::from_secs(5), ..quick() }
}

fn busy_for(time: Duration) -> Peer {
    Peer { busy_until: Some(Instant::now() + time), ..Peer::default() }
}

#[tokio::test]
async fn who_writes_waits_until_the_others_commit_ends() {
    let (peer, router) = start_with(busy_for(Duration::from_millis(600)), patient()).await;
    router.write(put("10.0.0.1", "remote-as 1")).await.unwrap();
    assert_eq!(peer.lock().unwrap().commits, 1);
}

#[tokio::test]
async fn who_plans_waits_too() {
    let (_, router) = start_with(busy_for(Duration::from_millis(600)), patient()).await;
    router.config(words("protocols bgp"), &CancellationToken::new()).await.unwrap();
}

#[tokio::test]
async fn a_path_that_always_fails_is_waited_for_once() {
    let timing = Timing { refresh: Duration::ZERO, lock_patience: Duration::from_secs(3), ..patient() };
    let (_, router) = start_with(busy_for(Duration::from_secs(600)), timing).await;
    let stop = CancellationToken::new();
    let read = || router.config(words("protocols bgp"), &stop);
    let begun = Instant::now();
    let error = read().await.unwrap_err();
    assert!(matches!(error.kind(), RouterErrorKind::Internal { .. }), "{error}");
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    let again = Instant::now();
    assert!(read().await.is_err());
    assert!(again.elapsed() < Duration::from_millis(700), "{:?}", again.elapsed());
}

#[tokio::test]
async fn an_api_that_fails_while_somebody_commits_is_asked_again() {
    let faults = VecDeque::from_iter(std::iter::repeat_n(Fault::Fail, 4));
    let (peer, router) = start_with(Peer { faults, ..Peer::default() }, patient()).await;
    router.write(put("10.0.0.1", "remote-as 1")).await.unwrap();
    assert_eq!(peer.lock().unwrap().commits, 5);
}

#[tokio::test]
async fn nobody_is_told_to_restart_an_api_that_commits() {
    let faults = VecDeque::from_iter(std::iter::repeat_n(Fault::Fail, 1000));
    let timing = Timing { lock_patience: Duration::from_millis(200), ..patient() };
    let (_, router) = start_with(Peer { faults, ..Peer::default() }, timing).await;
    let error = router.write(put("10.0.0.1", "remote-as 1")).await.unwrap_err();
    assert!(matches!(error.kind(), RouterErrorKind::Internal { .. }), "{error}");
    assert!(!error.hint().contains("restart"), "{}", error.hint());
}

#[tokio::test]
async fn terraforms_stop_ends_the_wait() {
    for writes in [false, true] {
        let timing = Timing { lock_patience: Duration::from_secs(60), ..patient() };
        let (_, router) = start_with(busy_for(Duration::from_secs(600)), timing).await;
        let write = put("10.0.0.1", "remote-as 1");
        let stop = write.cancelled.clone();
        let waiting = tokio::spawn(async move {
            match writes {
                true => router.write(write).await,
                false => router.config(words("protocols bgp"), &write.cancelled).await,
            }
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        let begun = Instant::now();
        stop.cancel();
        assert_eq!(waiting.await.unwrap().unwrap_err().kind(), &RouterErrorKind::Cancelled);
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
}
