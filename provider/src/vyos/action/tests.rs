use crate::vyos::tests::{Edge, told};
use serde_json::json;
use std::fs;
use tfplugin::Severity;
use vyos_stand_in::Version;

#[tokio::test]
async fn what_others_committed_is_saved() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    edge.configure(&["set system host-name edge-of-others"]).await;
    let boot = edge.folder.path().join("config/config.boot");
    let saved = || fs::read_to_string(&boot).unwrap_or_default().contains("edge-of-others");
    assert!(!saved(), "nobody has saved it yet");
    let (reports, warnings) = run.invoke("vyos_save", &json!({})).await.unwrap();
    assert_eq!(reports, ["edge: saved to /config/config.boot"]);
    assert!(warnings.is_empty() && saved(), "{warnings:?}");
    assert_eq!(edge.commits_and_saves().await.1, 1);

    let copy = json!({"router": "edge", "file": "/config/before-upgrade.boot"});
    let (reports, _) = run.invoke("vyos_save", &copy).await.unwrap();
    assert_eq!(reports, ["edge: saved to /config/before-upgrade.boot"]);
    let copied = fs::read_to_string(edge.folder.path().join("config/before-upgrade.boot")).unwrap();
    assert!(copied.contains("edge-of-others"), "{copied}");
    edge.router.stop().await;
}

#[tokio::test]
async fn a_router_that_cannot_do_it_is_named() {
    let edge = Edge::start(Version::V1_5).await;
    let run = edge.run().await;
    // This one has no routing daemons.
    let failed = run.invoke("vyos_bgp_reset", &json!({})).await.unwrap_err();
    let text = told(&failed, &edge);
    assert!(text.contains("`show bgp neighbors json` at https://router printed something else"), "{text}");
    for action in ["vyos_bgp_reset", "vyos_save"] {
        let unknown = run.plan_action(action, &json!({"router": "core"})).await.unwrap_err();
        let text = told(&unknown, &edge);
        assert!(text.starts_with("Unable to find the router of "), "{text}");
    }
    let away = edge.run_with(json!({"url": "https://127.0.0.1:1", "api_key": "key"})).await;
    let gone = away.invoke("vyos_save", &json!({})).await.unwrap_err();
    let text = told(&gone, &edge);
    assert!(text.starts_with("Unable to save the configuration on router \"edge\""), "{text}");
    assert!(text.contains("Check the address in the provider's `routers`"), "{text}");
    edge.router.stop().await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_on_its_attribute() {
    let edge = Edge::start(Version::V1_4).await;
    let run = edge.run().await;
    let refused = [
        ("vyos_save", json!({"file": "before.boot"}), "file"),
        ("vyos_save", json!({"file": "/config/"}), "file"),
        ("vyos_save", json!({"file": "/config/../etc/shadow"}), "file"),
        ("vyos_save", json!({"file": "scp://user:secret@192.0.2.1/x"}), "file"),
        ("vyos_save", json!({"file": "/config/$(id)"}), "file"),
        ("vyos_bgp_reset", json!({"direction": "both"}), "direction"),
        ("vyos_bgp_reset", json!({"neighbors": []}), "neighbors"),
        ("vyos_bgp_reset", json!({"neighbors": ["eth1"]}), "neighbors"),
    ];
    for (action, config, attribute) in refused {
        let found = run.validate(action, &config).unwrap();
        let at = |one: &&tfplugin::Diagnostic| {
            one.attribute.as_ref().is_some_and(|path| path.to_string().starts_with(attribute))
        };
        let errors: Vec<_> = found.iter().filter(|one| one.severity == Severity::Error).collect();
        assert!(errors.len() == 1 && errors.iter().all(at), "{action} {config}: {found:?}");
    }
    edge.router.stop().await;
}
