//! Routers that get another name, another address, or another router beside them.

use super::*;
use tfplugin::testing::{Action, UNKNOWN};

/// An entry of the provider's `routers`.
fn entry(edge: &Edge) -> Json {
    json!({"url": edge.url, "api_key": KEY, "ca_certificate": edge.authority})
}

/// The same router under another address.
fn moved(edge: &Edge) -> Json {
    let url = edge.url.replace("127.0.0.1", "localhost");
    json!({"url": url, "api_key": KEY, "insecure_skip_certificate_verification": true})
}

async fn with_routers(routers: &Json) -> Harness<Routing> {
    Harness::new(&json!({"routers": routers})).await.unwrap()
}

fn on(router: Json) -> Json {
    with(bgp(), json!({"router": router}))
}

/// From a router in the provider block and in the resource to others.
struct Case {
    name: &'static str,
    before: (Json, Json),
    after: (Json, Json),
    expected: Action,
    /// What comes of a state that remembers no router.
    of_before: Action,
}

#[tokio::test]
async fn a_router_is_the_one_that_the_state_remembers() {
    let (edge, core) = (Edge::start(Version::V1_4).await, Edge::start(Version::V1_4).await);
    let alone = json!({"edge": entry(&edge)});
    let both = json!({"edge": entry(&edge), "core": entry(&core)});
    let unnamed = (alone.clone(), Json::Null);
    let named = (alone.clone(), json!("edge"));
    let case = |name, before: &(Json, Json), after, expected| Case {
        name,
        before: before.clone(),
        after,
        expected,
        of_before: expected,
    };
    let cases = [
        case("the same", &named, named.clone(), Action::NoOp),
        case("one router gets its name", &unnamed, named.clone(), Action::Update),
        case("one router becomes two", &unnamed, (both.clone(), json!("edge")), Action::Update),
        case("its key is renamed", &named, (json!({"gw": entry(&edge)}), json!("gw")), Action::Update),
        case("its key is left out", &named, (json!({"gw": entry(&edge)}), Json::Null), Action::Update),
        case(
            "its key is doubled",
            &named,
            (json!({"edge": entry(&edge), "gw": entry(&edge)}), json!("gw")),
            Action::Update,
        ),
        case("it moves", &named, (json!({"edge": moved(&edge)}), json!("edge")), Action::NoOp),
        case("it moves and is renamed", &named, (json!({"gw": moved(&edge)}), json!("gw")), Action::Update),
        case(
            "it is not known yet",
            &named,
            (json!({"gw": {"url": UNKNOWN, "api_key": KEY}}), json!("gw")),
            Action::Update,
        ),
        case(
            "another is not known yet",
            &named,
            (json!({"edge": entry(&edge), "core": {"url": UNKNOWN, "api_key": KEY}}), json!("edge")),
            Action::NoOp,
        ),
        case("another is meant", &named, (both.clone(), json!("core")), Action::Replace),
        Case {
            of_before: Action::Update,
            ..case(
                "one becomes two and the other is meant",
                &unnamed,
                (both.clone(), json!("core")),
                Action::Replace,
            )
        },
        case(
            "two change their names",
            &named,
            (json!({"edge": entry(&core), "core": entry(&edge)}), json!("edge")),
            Action::NoOp,
        ),
    ];
    for case in cases {
        let state = with_routers(&case.before.0).await.create(BGP, &on(case.before.1)).await.unwrap();
        let run = with_routers(&case.after.0).await;
        let commits = edge.commits_and_saves().await.0;
        for (state, expected) in [(state.clone(), case.expected), (of_before(&state), case.of_before)] {
            let name = case.name;
            let read = run.read(&state).await.unwrap().0;
            // Of two that changed their names, a state that remembers none is about the other one.
            let Some(read) = read else { continue };
            let planned = run.plan(BGP, Some(&read), &on(case.after.1.clone())).await.unwrap();
            assert_eq!(planned.action, expected, "{name}");
            assert_eq!(
                !planned.diagnostics.is_empty(),
                name == "two change their names",
                "{name}: {planned:?}"
            );
            let known = !case.after.0.to_string().contains(UNKNOWN);
            if known && expected == Action::Update && case.expected == Action::Update {
                let changed = run.apply(&planned).await.unwrap().unwrap();
                let next = run.plan(BGP, Some(&changed), &on(case.after.1.clone())).await.unwrap();
                assert_eq!(next.action, Action::NoOp, "{name}");
            }
        }
        assert_eq!(edge.commits_and_saves().await.0, commits, "nothing is sent: {}", case.name);
        with_routers(&alone).await.destroy(&state).await.unwrap();
    }
    edge.router.stop().await;
    core.router.stop().await;
}

#[tokio::test]
async fn an_import_remembers_its_router() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    run.create(BGP, &bgp()).await.unwrap();
    let imported = run.import(BGP, "edge").await.unwrap();
    let run =
        with_routers(&json!({"edge": {"url": "https://192.0.2.1", "api_key": "x"}, "gw": entry(&edge)}))
            .await;
    let planned = run.plan(BGP, Some(&imported), &on(json!("gw"))).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    run.apply(&planned).await.unwrap();
    edge.router.stop().await;
}

#[tokio::test]
async fn an_orphan_goes_where_its_router_still_is_and_is_told_otherwise() {
    let (edge, core) = (Edge::start(Version::V1_4).await, Edge::start(Version::V1_4).await);
    let both = with_routers(&json!({"edge": entry(&edge), "core": entry(&core)})).await;
    let state = edge.run().await.create(BGP, &bgp()).await.unwrap();
    let unnamed = edge.run().await.update(&state, &on(Json::Null)).await.unwrap();
    let elsewhere = with_routers(&json!({"core": entry(&core), "old": entry(&core)})).await;
    let mut all = Vec::new();
    for (run, state) in [
        (&elsewhere, &state),
        (&elsewhere, &unnamed),
        (&elsewhere, &of_before(&state)),
        (&both, &of_before(&unnamed)),
    ] {
        let (kept, found) = run.read(state).await.unwrap();
        assert_eq!(kept.unwrap().object, state.object);
        assert!(found.is_empty(), "{found:?}");
        let failed = run.plan_destroy(state).await.unwrap_err();
        all.push(told(&failed, &edge));
    }
    insta::assert_snapshot!(all.join("\n===\n"));
    // Its url may be the one that is not known yet.
    let unknown = with_routers(&json!({"core": entry(&core), "old": {"url": UNKNOWN, "api_key": KEY}})).await;
    assert_eq!(unknown.read(&state).await.unwrap().0.unwrap().object, state.object);
    unknown.plan_destroy(&state).await.unwrap();

    let renamed = with_routers(&json!({"core": entry(&core), "gw": entry(&edge)})).await;
    renamed.destroy(&state).await.unwrap();
    assert_eq!(edge.config("protocols bgp").await, Json::Null);
    edge.router.stop().await;
    core.router.stop().await;
}

#[tokio::test]
async fn a_router_that_is_not_known_yet_leaves_the_others_alone() {
    let edge = Edge::start(Version::V1_4).await;
    let run = with_routers(&json!({
        "edge": entry(&edge), "core": {"url": UNKNOWN, "api_key": KEY},
        "locked": {"url": "https://192.0.2.1", "api_key": UNKNOWN},
    }))
    .await;
    run.create(BGP, &bgp()).await.unwrap();
    run.import(BGP, "edge").await.unwrap();
    for unknown in ["core", "locked"] {
        run.plan(BGP, None, &on(json!(unknown))).await.unwrap();
        let failed = run.create(BGP, &on(json!(unknown))).await.unwrap_err();
        assert!(told(&failed, &edge).contains("not known yet"), "{failed}");
    }
    let summary = run.read_data_source("vyos_bgp_summary", &json!({"router": "core"})).await.unwrap_err();
    assert!(told(&summary, &edge).contains("not known yet"), "{summary}");
    edge.router.stop().await;
}
