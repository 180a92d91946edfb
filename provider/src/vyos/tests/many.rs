//! Many objects at once.

use super::*;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Creates all at once; answers by number.
async fn create(run: &Arc<Harness<Routing>>, configs: Vec<Json>) -> Vec<Result<State, Failure>> {
    let mut tasks = JoinSet::new();
    for (number, config) in configs.into_iter().enumerate() {
        let run = Arc::clone(run);
        tasks.spawn(async move {
            let planned = run.plan(NEIGHBOR, None, &config).await;
            let made = match planned {
                Ok(planned) => run.apply(&planned).await.map(Option::unwrap),
                Err(failure) => Err(failure),
            };
            (number, made)
        });
    }
    let mut done = tasks.join_all().await;
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, made)| made).collect()
}

#[tokio::test]
async fn a_hundred_neighbors_come_and_go_in_two_commits_each() {
    let edge = Edge::start(Version::V1_4).await;
    let run = Arc::new(edge.run().await);
    run.create(BGP, &bgp()).await.unwrap();
    let before = edge.commits_and_saves().await;
    let made = create(&run, (1..=100).map(|number| neighbor(&format!("10.0.0.{number}"))).collect()).await;
    let after = edge.commits_and_saves().await;
    let made: Vec<_> = made.into_iter().map(Result::unwrap).collect();
    assert!(after.0 - before.0 <= 2 && after.1 - before.1 <= 2, "{before:?} {after:?}");
    assert_eq!(edge.config("protocols bgp neighbor").await["neighbor"].as_object().unwrap().len(), 100);

    let mut tasks = JoinSet::new();
    for state in made {
        let run = Arc::clone(&run);
        tasks.spawn(async move { run.destroy(&state).await });
    }
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    let gone = edge.commits_and_saves().await;
    assert!(gone.0 - after.0 <= 2 && gone.1 - after.1 <= 2, "{after:?} {gone:?}");
    assert!(edge.config("protocols bgp").await["neighbor"].as_object().is_none_or(serde_json::Map::is_empty));
    edge.router.stop().await;
}

#[tokio::test]
async fn one_that_vyos_refuses_fails_alone() {
    let edge = Edge::start(Version::V1_5).await;
    let run = Arc::new(edge.run().await);
    run.create(BGP, &bgp()).await.unwrap();
    let mut configs: Vec<_> = (1..=20).map(|number| neighbor(&format!("10.0.0.{number}"))).collect();
    configs[6] = with(configs[6].clone(), json!({"ipv4_unicast": {"route_map_export": "NOPE"}}));
    let made = create(&run, configs).await;
    for (number, made) in made.iter().enumerate() {
        assert_eq!(made.is_err(), number == 6, "{number}: {made:?}");
    }
    insta::assert_snapshot!(told(made[6].as_ref().unwrap_err(), &edge));
    assert_eq!(edge.config("protocols bgp neighbor").await["neighbor"].as_object().unwrap().len(), 19);
    edge.router.stop().await;
}

/// Neighbors of which the first so many have an address of the router itself, which a router refuses and
/// nobody foresees. Gives how many commits it took and the errors.
async fn refused(bad: u64, of: u64) -> (u64, Vec<String>) {
    let edge = Edge::start(Version::V1_4).await;
    let run = Arc::new(edge.run().await);
    run.create(BGP, &bgp()).await.unwrap();
    let own: Vec<_> =
        (1..=bad).map(|number| format!("set interfaces dummy dum0 address 10.0.0.{number}/32")).collect();
    edge.configure(&own.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let before = edge.commits_and_saves().await;
    // Spread by a step that shares no factor with it.
    let numbers: Vec<_> = (0..of).map(|number| number * 7 % of + 1).collect();
    let configs = numbers.iter().map(|number| neighbor(&format!("10.0.0.{number}"))).collect();
    let mut errors = Vec::new();
    for (number, made) in numbers.iter().zip(create(&run, configs).await) {
        assert_eq!(made.is_err(), *number <= bad, "{number}: {made:?}");
        errors.extend(made.err().map(|failure| told(&failure, &edge)));
    }
    let after = edge.commits_and_saves().await;
    let left = edge.config("protocols bgp neighbor").await["neighbor"].as_object().unwrap().len();
    assert_eq!((left as u64, after.1 - before.1), (of - bad, 1), "every innocent is there and saved");
    edge.router.stop().await;
    (after.0 - before.0, errors)
}

#[tokio::test]
async fn a_refusal_without_a_reason_costs_few_commits_and_no_innocent() {
    let (six, fifteen) = tokio::join!(refused(6, 30), refused(15, 30));
    // k * (log2(n / k) + 2), with the first commit of all.
    assert!(six.0 <= 27, "6 of 30: {} commits", six.0);
    assert!(fifteen.0 <= 46, "15 of 30: {} commits", fifteen.0);
    insta::assert_snapshot!(six.1[0]);
}

#[tokio::test]
async fn a_renamed_key_is_one_commit_and_never_a_gap() {
    let edge = Edge::start(Version::V1_4).await;
    let run = Arc::new(edge.run().await);
    run.create(BGP, &bgp()).await.unwrap();
    let old = run.create(NEIGHBOR, &neighbor("10.0.0.11")).await.unwrap();
    let run = Arc::new(edge.run().await);
    let (before, _) = edge.commits_and_saves().await;
    let renamed = with(neighbor("10.0.0.11"), json!({"description": "another key"}));
    let planned = run.plan(NEIGHBOR, None, &renamed).await.unwrap();
    let (made, destroyed) = tokio::join!(run.apply(&planned), run.destroy(&old));
    destroyed.unwrap();
    assert_eq!(text(&made.unwrap().unwrap(), "description"), Some("another key"));
    assert_eq!(edge.config("protocols bgp neighbor 10.0.0.11").await["description"], "another key");
    assert_eq!(edge.commits_and_saves().await.0, before + 1);
    edge.router.stop().await;
}

#[tokio::test]
async fn bgp_and_its_neighbors_are_one_commit_although_nothing_orders_them() {
    let edge = Edge::start(Version::V1_4).await;
    let run = Arc::new(edge.run().await);
    let (before, _) = edge.commits_and_saves().await;
    let whole = run.plan(BGP, None, &bgp()).await.unwrap();
    let (neighbors, whole) =
        tokio::join!(create(&run, vec![neighbor("10.0.0.1"), neighbor("10.0.0.2")]), run.apply(&whole));
    let whole = whole.unwrap().unwrap();
    assert_eq!(edge.commits_and_saves().await.0, before + 1);
    // The other way round too.
    let neighbors: Vec<_> = neighbors.into_iter().map(Result::unwrap).collect();
    let (first, second, third) =
        tokio::join!(run.destroy(&whole), run.destroy(&neighbors[0]), run.destroy(&neighbors[1]));
    assert!(first.is_ok() && second.is_ok() && third.is_ok());
    assert_eq!(edge.commits_and_saves().await.0, before + 2);
    assert_eq!(edge.config("protocols bgp").await, Json::Null);
    edge.router.stop().await;
}

#[tokio::test]
async fn a_neighbor_without_bgp_is_told_what_is_missing() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    let (before, _) = edge.commits_and_saves().await;
    let failed = run.create(NEIGHBOR, &neighbor("10.0.0.1")).await.unwrap_err();
    insta::assert_snapshot!(told(&failed, &edge));
    assert_eq!(edge.commits_and_saves().await.0, before);
    edge.router.stop().await;
}
