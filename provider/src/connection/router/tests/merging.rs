//! What goes into one commit.

use super::*;
use std::time::Duration;

/// Waits until a commit runs.
async fn until_busy(peer: &std::sync::Mutex<Peer>) {
    for _ in 0..5000 {
        if peer.lock().unwrap().busy {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("no commit began");
}

fn hundred(leaf: &str) -> Vec<Write> {
    (1..=100).map(|number| put(&format!("10.0.0.{number}"), leaf)).collect()
}

#[tokio::test]
async fn a_hundred_neighbors_cost_at_most_two_commits_and_a_save_each() {
    let commit_time = Duration::from_millis(50);
    let (peer, router) = start(Peer { commit_time, ..Peer::default() }).await;
    let results = all(&router, hundred("remote-as 65001")).await;
    assert!(results.iter().all(Result::is_ok));
    let peer = peer.lock().unwrap();
    assert_eq!(peer.config.at(&["protocols", "bgp", "neighbor"]).unwrap().children().count(), 100);
    assert!(
        peer.commits <= 2 && peer.saves == peer.commits,
        "{} commits, {} saves",
        peer.commits,
        peer.saves
    );
    assert!(peer.saved == peer.config);
}

#[tokio::test]
async fn one_after_the_other_they_cost_a_commit_each() {
    let (peer, router) = start(Peer::default()).await;
    for write in hundred("remote-as 65001").into_iter().take(3) {
        router.write(write).await.unwrap();
    }
    let peer = peer.lock().unwrap();
    assert_eq!((peer.commits, peer.saves), (3, 3));
}

#[tokio::test]
async fn what_arrives_during_a_commit_is_the_next_one() {
    let commit_time = Duration::from_millis(150);
    let (peer, router) = start(Peer { commit_time, ..Peer::default() }).await;
    let first = tokio::spawn({
        let router = Arc::clone(&router);
        async move { router.write(put("10.0.0.1", "remote-as 1")).await }
    });
    until_busy(&peer).await;
    let mut rest = hundred("remote-as 1");
    rest.remove(0);
    assert!(all(&router, rest).await.iter().all(Result::is_ok));
    first.await.unwrap().unwrap();
    let peer = peer.lock().unwrap();
    assert_eq!((peer.commits, peer.saves), (2, 2));
}

#[tokio::test]
async fn nothing_is_read_while_a_commit_runs() {
    let commit_time = Duration::from_millis(100);
    let (peer, router) = start(Peer { commit_time, ..Peer::default() }).await;
    let writing = tokio::spawn({
        let router = Arc::clone(&router);
        async move { router.write(put("10.0.0.1", "remote-as 1")).await }
    });
    until_busy(&peer).await;
    let read = router.config(words("protocols bgp"), &CancellationToken::new()).await.unwrap();
    assert!(read.at(&["neighbor", "10.0.0.1"]).is_some(), "a read after a write sees it");
    writing.await.unwrap().unwrap();
    assert_eq!(peer.lock().unwrap().dirty_reads, 0);
    // The peer would have seen it.
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let behind_its_back = tokio::spawn({
        let router = Arc::clone(&router);
        async move { router.write(put("10.0.0.2", "remote-as 1")).await }
    });
    until_busy(&peer).await;
    let form = [("data", r#"{"op": "showConfig", "path": ["protocols", "bgp"]}"#), ("key", peer::KEY)];
    client.post(format!("{}/retrieve", router.url())).form(&form).send().await.unwrap();
    behind_its_back.await.unwrap().unwrap();
    assert_eq!(peer.lock().unwrap().dirty_reads, 1);
}

#[tokio::test]
async fn all_reads_of_a_refresh_are_one() {
    let (peer, router) = start(Peer::default()).await;
    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        let router = Arc::clone(&router);
        tasks.spawn(async move {
            router.config(words("protocols bgp"), &CancellationToken::new()).await.map(drop)
        });
    }
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    router.config(words("protocols bgp"), &CancellationToken::new()).await.unwrap();
    assert_eq!(peer.lock().unwrap().reads, 1);
    router.write(put("10.0.0.1", "remote-as 1")).await.unwrap();
    let before = peer.lock().unwrap().reads;
    router.config(words("protocols bgp"), &CancellationToken::new()).await.unwrap();
    assert_eq!(peer.lock().unwrap().reads, before + 1, "a write ends what reads share");
}

#[tokio::test]
async fn where_one_deletes_what_another_sets_the_set_wins() {
    for order in [[0, 1], [1, 0]] {
        let (peer, router) = start(Peer::default()).await;
        router.write(neighbor(Purpose::Put, "10.0.0.1", "description old", "old key")).await.unwrap();
        let one = |which| match which {
            0 => neighbor(Purpose::Remove, "10.0.0.1", "", "old key"),
            _ => neighbor(Purpose::Put, "10.0.0.1", "description new", "new key"),
        };
        let results = all(&router, order.map(one).into()).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        let peer = peer.lock().unwrap();
        let bgp = peer.config.at(&["protocols", "bgp"]).unwrap();
        assert_eq!(bgp.ends(), [words("neighbor 10.0.0.1 description new")]);
        assert_eq!(peer.commits, 2, "the removal and the other's put are one commit: {:?}", peer.log);
    }
}

#[tokio::test]
async fn a_removal_that_comes_late_spares_what_another_has_put() {
    let (peer, router) = start(Peer::default()).await;
    let same = |claim| neighbor(Purpose::Put, "10.0.0.1", "description same", claim);
    router.write(same("old key")).await.unwrap();
    router.write(same("new key")).await.unwrap();
    router.write(neighbor(Purpose::Remove, "10.0.0.1", "", "old key")).await.unwrap();
    let there = |peer: &Peer| peer.config.at(&["protocols", "bgp", "neighbor", "10.0.0.1"]).is_some();
    assert!(there(&peer.lock().unwrap()));
    router.write(neighbor(Purpose::Remove, "10.0.0.1", "", "new key")).await.unwrap();
    assert!(!there(&peer.lock().unwrap()));
}

#[tokio::test]
async fn who_declines_waits_for_the_removal_that_makes_it_possible() {
    let (peer, router) = start(Peer::default()).await;
    router.write(neighbor(Purpose::Put, "10.0.0.1", "description old", "old key")).await.unwrap();
    let waiting = tokio::spawn({
        let router = Arc::clone(&router);
        async move { router.write(neighbor(Purpose::Put, "10.0.0.1", "description new", "new key")).await }
    });
    tokio::time::sleep(Duration::from_millis(60)).await;
    router.write(neighbor(Purpose::Remove, "10.0.0.1", "", "old key")).await.unwrap();
    waiting.await.unwrap().unwrap();
    assert!(
        peer.lock().unwrap().config.at(&words("protocols bgp neighbor 10.0.0.1 description new")).is_some()
    );

    let refused =
        router.write(neighbor(Purpose::Put, "10.0.0.1", "description other", "third")).await.unwrap_err();
    assert!(matches!(refused.kind(), RouterErrorKind::Vetoed(_)), "{refused}");
    assert!(!refused.kind().is_unreachable());
}

#[tokio::test]
async fn what_is_there_already_costs_no_commit() {
    let (peer, router) = start(Peer::default()).await;
    router.write(put("10.0.0.1", "remote-as 1")).await.unwrap();
    router.write(put("10.0.0.1", "remote-as 1")).await.unwrap();
    router.write(remove("10.0.0.9")).await.unwrap();
    assert_eq!(peer.lock().unwrap().commits, 1);
}

/// Core at a parallelism of ten on a machine that is busy: it starts its calls and goes on with the next ones
/// more slowly than an idle one would.
async fn commits_on_a_busy_machine(objects: usize) -> usize {
    let commit_time = Duration::from_secs(1);
    let (peer, router) = start_with(Peer { commit_time, ..Peer::default() }, Timing::default()).await;
    let left = Arc::new(std::sync::Mutex::new(1..=objects));
    let mut workers = JoinSet::new();
    for worker in 0..10_u64 {
        let (router, left) = (Arc::clone(&router), Arc::clone(&left));
        workers.spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(20 * worker)).await;
                let Some(number) = left.lock().unwrap().next() else { return };
                router.write(put(&format!("10.0.0.{number}"), "remote-as 1")).await.unwrap();
            }
        });
    }
    workers.join_all().await;
    let peer = peer.lock().unwrap();
    assert_eq!((neighbors(&peer), peer.saves), (objects, peer.commits));
    peer.commits
}

#[tokio::test]
async fn what_is_asked_for_at_one_time_is_one_commit_on_a_busy_machine_too() {
    let commits = tokio::join!(commits_on_a_busy_machine(30), commits_on_a_busy_machine(53));
    assert_eq!(commits, (3, 6));
}

#[tokio::test]
async fn one_alone_is_not_kept_waiting() {
    let (_, router) = start_with(Peer::default(), Timing::default()).await;
    let mut took = Vec::new();
    for number in 1..=5 {
        let begun = std::time::Instant::now();
        router.write(put(&format!("10.0.0.{number}"), "remote-as 1")).await.unwrap();
        took.push(begun.elapsed());
    }
    // Whoever waits does so each time; a busy machine is slow now and then.
    assert!(took.iter().min().unwrap() < &Duration::from_millis(400), "{took:?}");
}
