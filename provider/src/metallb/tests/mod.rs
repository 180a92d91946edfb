//! MetalLB's types through the rules of Terraform's core, against an API server in this process.

mod observed;
mod references;

use crate::connection::cluster::testing::ApiServer;
use crate::engine::cluster_object::testing::{errors, run, warnings, with};
use serde_json::{Value as Json, json};
use tfplugin::Severity;
use tfplugin::testing::{Action, State, UNKNOWN};

const PEER: &str = "metallb_bgp_peer";
const PEERS: &str = "/apis/metallb.io/v1beta2/namespaces/metallb-system/bgppeers";
const ADVERTISEMENT: &str = "metallb_bgp_advertisement";
const ADVERTISEMENTS: &str = "/apis/metallb.io/v1beta1/namespaces/metallb-system/bgpadvertisements";

fn peer(more: Json) -> Json {
    with(json!({"name": "edge", "my_asn": 4_200_000_001_u32, "peer_address": "2001:db8::1"}), more)
}

#[tokio::test]
async fn a_peer_with_everything_survives_the_way_there_and_back() {
    let server = ApiServer::start().await;
    let run = run(&server).await;
    let config = peer(json!({
        "peer_asn": 4_294_967_295_u32, "peer_port": 1179, "hold_time": "1m30s", "keepalive_time": "30s", "connect_time": "5s",
        "router_id": "10.0.0.11", "source_address": "2001:db8::2", "password_secret": {"name": "edge-password"},
        "bfd_profile": "fast", "ebgp_multi_hop": true, "vrf": "red", "dual_stack_address_family": true,
        "enable_graceful_restart": true,
        "node_selectors": [{"match_expressions": [{"key": "rack", "operator": "In", "values": ["1", "2"]}]}],
    }));
    let state = run.create(PEER, &config).await.unwrap();
    let spec = server.world().objects[&format!("{PEERS}/edge")]["spec"].clone();
    assert_eq!(
        spec,
        json!({
            "myASN": 4_200_000_001_u32, "peerASN": 4_294_967_295_u32, "peerAddress": "2001:db8::1", "peerPort": 1179,
            "holdTime": "1m30s", "keepaliveTime": "30s", "connectTime": "5s", "routerID": "10.0.0.11",
            "sourceAddress": "2001:db8::2", "passwordSecret": {"name": "edge-password"}, "bfdProfile": "fast",
            "ebgpMultiHop": true, "vrf": "red", "dualStackAddressFamily": true, "enableGracefulRestart": true,
            "nodeSelectors": [{"matchExpressions": [{"key": "rack", "operator": "In", "values": ["1", "2"]}]}],
        })
    );
    let imported = run.import(PEER, "edge").await.unwrap();
    let planned = run.plan(PEER, Some(&imported), &config).await.unwrap();
    assert_eq!(planned.action, Action::NoOp);

    let respelled = with(config.clone(), json!({"hold_time": "90s", "peer_address": "2001:DB8::1"}));
    assert_eq!(run.plan(PEER, Some(&state), &respelled).await.unwrap().action, Action::NoOp);
    let changed = with(config, json!({"enable_graceful_restart": false}));
    assert_eq!(run.plan(PEER, Some(&state), &changed).await.unwrap().action, Action::Replace);
}

#[tokio::test]
async fn a_default_of_the_installed_version_is_no_difference_after_an_import() {
    let server = ApiServer::start().await;
    let run = run(&server).await;
    let spec = json!({"myASN": 1, "peerASN": 2, "peerAddress": "10.0.0.1", "dualStackAddressFamily": false});
    server.world().put(PEERS, "edge", "kubectl", spec);
    let state = run.import(PEER, "edge").await.unwrap();
    let config = json!({"name": "edge", "my_asn": 1, "peer_asn": 2, "peer_address": "10.0.0.1"});
    assert_eq!(run.plan(PEER, Some(&state), &config).await.unwrap().action, Action::NoOp);
    let changed = with(config, json!({"dual_stack_address_family": true}));
    run.update(&state, &changed).await.unwrap();
    assert_eq!(server.world().objects[&format!("{PEERS}/edge")]["spec"]["dualStackAddressFamily"], true);
}

#[tokio::test]
async fn what_a_peer_must_not_be_is_said_on_the_attribute() {
    let server = ApiServer::start().await;
    let run = run(&server).await;
    let cases = [
        (json!({}), "peer_asn"),
        (json!({"peer_asn": 64512, "dynamic_asn": "internal"}), "dynamic_asn"),
        (json!({"dynamic_asn": "Internal"}), "dynamic_asn"),
        (json!({"peer_asn": 0}), "peer_asn"),
        (json!({"peer_asn": 4_294_967_296_u64}), "peer_asn"),
        (json!({"peer_asn": 64512, "peer_port": 16385}), "peer_port"),
        (json!({"peer_asn": 64512, "peer_port": 0}), "peer_port"),
        (json!({"peer_asn": 64512, "peer_address": "fe80::1"}), "peer_address"),
        (json!({"peer_asn": 64512, "peer_address": "ff02::5"}), "peer_address"),
        (json!({"peer_asn": 64512, "peer_address": "0.0.0.0"}), "peer_address"),
        (json!({"peer_asn": 64512, "hold_time": "2s"}), "hold_time"),
        (json!({"peer_asn": 64512, "hold_time": "90"}), "hold_time"),
        (json!({"peer_asn": 64512, "hold_time": "9s", "keepalive_time": "10s"}), "keepalive_time"),
        (json!({"peer_asn": 64512, "connect_time": "1500ms"}), "connect_time"),
        (json!({"peer_asn": 64512, "router_id": "2001:db8::1"}), "router_id"),
        (json!({"peer_asn": 4_200_000_001_u32, "ebgp_multi_hop": true}), "ebgp_multi_hop"),
        (json!({"peer_asn": 64512, "password": "a", "password_secret": {"name": "b"}}), "password"),
        (
            json!({"peer_asn": 64512, "node_selectors": [{"match_labels": {}}, {"match_labels": {}}]}),
            "node_selectors",
        ),
        (json!({"peer_asn": 64512, "name": "Edge"}), "name"),
        (json!({"peer_asn": 64512, "namespace": "a.b"}), "namespace"),
    ];
    for (more, attribute) in cases {
        let found = run.validate(PEER, &peer(more.clone())).unwrap();
        let at: Vec<String> = found
            .iter()
            .filter(|one| one.severity == Severity::Error)
            .map(|one| one.attribute.as_ref().map(ToString::to_string).unwrap_or_default())
            .collect();
        assert!(at.iter().any(|path| path.starts_with(attribute)), "{more}: {found:?}");
    }
    for sound in [json!({"peer_asn": 64512}), json!({"peer_asn": UNKNOWN}), json!({"dynamic_asn": UNKNOWN})] {
        let found = run.validate(PEER, &peer(sound.clone())).unwrap();
        assert!(found.is_empty(), "{sound}: {found:?}");
    }
}

#[tokio::test]
async fn addresses_that_no_service_can_have_are_refused_each_on_its_own() {
    let server = ApiServer::start().await;
    let run = run(&server).await;
    let addresses = ["192.0.2.0/24", "fe80::/64", "192.0.2.9-192.0.2.10", "0.0.0.0/0"];
    let found =
        run.validate("metallb_ip_address_pool", &json!({"name": "a", "addresses": addresses})).unwrap();
    let at: Vec<_> =
        found.iter().map(|one| (one.attribute.clone().unwrap().to_string(), one.summary.as_str())).collect();
    let expected = [
        ("addresses[1]", "Addresses that no Service can have"),
        ("addresses[2]", "Overlapping addresses"),
        ("addresses[3]", "Addresses that no Service can have"),
        ("addresses[3]", "Overlapping addresses"),
    ];
    assert_eq!(at.iter().map(|(path, summary)| (path.as_str(), *summary)).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_password_is_sent_and_never_told() {
    let server = ApiServer::start().await;
    server.world().put(PEERS, "edge", "kubectl", json!({"password": "old-secret"}));
    let state = run(&server).await.import(PEER, "edge").await.unwrap();
    assert!(state.object.attribute("my_asn").is_null(), "what is not there is read as that");
    let run = run(&server).await;
    server.world().put(
        PEERS,
        "edge",
        "kubectl",
        json!({"myASN": 1, "peerASN": 2, "peerAddress": "10.0.0.1", "password": "old-secret"}),
    );
    let state = run.import(PEER, "edge").await.unwrap();
    let config = json!({"name": "edge", "my_asn": 1, "peer_asn": 2, "peer_address": "10.0.0.1", "password": "new-secret"});
    let planned = run.plan(PEER, Some(&state), &config).await.unwrap();
    let told = format!("{:?}", planned.diagnostics);
    assert!(told.contains("spec.password") && told.contains("(sensitive)"), "{told}");
    assert!(!told.contains("old-secret") && !told.contains("new-secret"), "{told}");
    run.apply(&planned).await.unwrap();
    assert_eq!(server.world().objects[&format!("{PEERS}/edge")]["spec"]["password"], "new-secret");
}

#[tokio::test]
async fn a_password_that_nobody_gave_stays_and_one_that_was_given_goes() {
    let server = ApiServer::start().await;
    let object = format!("{PEERS}/edge");
    let password = || server.world().objects[&object]["spec"]["password"].clone();
    let spec = json!({"myASN": 1, "peerASN": 2, "peerAddress": "10.0.0.1", "password": "by-hand"});
    server.world().put(PEERS, "edge", "kubectl", spec);
    let without = json!({"name": "edge", "my_asn": 1, "peer_asn": 2, "peer_address": "10.0.0.1"});
    let state = run(&server).await.import(PEER, "edge").await.unwrap();
    let planned = run(&server).await.plan(PEER, Some(&state), &without).await.unwrap();
    assert_eq!(planned.action, Action::NoOp);
    assert!(
        format!("{:?}", planned.diagnostics).contains("`password` of BGPPeer"),
        "{:?}",
        planned.diagnostics
    );
    let other = with(without.clone(), json!({"peer_port": 1179}));
    let state = run(&server).await.update(&state, &other).await.unwrap();
    assert_eq!(password(), "by-hand");

    let given = with(without.clone(), json!({"password": "given"}));
    let state = run(&server).await.update(&state, &given).await.unwrap();
    assert_eq!(password(), "given");
    // A state that has no word of it is asked of the field manager.
    let mut private: Json = serde_json::from_slice(&state.private).unwrap();
    private.as_object_mut().unwrap().remove("given").unwrap();
    let of_before = State { private: private.to_string().into_bytes(), ..state };
    let (read, _) = run(&server).await.read(&of_before).await.unwrap();
    let state = run(&server).await.update(&read.unwrap(), &without).await.unwrap();
    assert_eq!(password(), Json::Null);

    let none = with(without.clone(), json!({"password": "", "password_secret": {"name": "edge"}}));
    let state = run(&server).await.update(&state, &none).await.unwrap();
    server.world().objects.get_mut(&object).unwrap()["spec"]["password"] = "by-hand".into();
    let (read, _) = run(&server).await.read(&state).await.unwrap();
    run(&server).await.update(&read.unwrap(), &none).await.unwrap();
    assert_eq!(password(), "");
}

#[tokio::test]
async fn a_source_address_without_effect_is_told() {
    let server = ApiServer::start().await;
    let sets = "/apis/apps/v1/namespaces/metallb-system/daemonsets";
    server.world().served.push(sets.into());
    let env = json!([{"name": "METALLB_BGP_TYPE", "value": "frr-k8s"}]);
    let pod = json!({"template": {"spec": {"containers": [{"name": "speaker", "env": env}]}}});
    server.world().put(sets, "speaker", "kubectl", pod);
    let run = run(&server).await;
    let config = peer(json!({"peer_asn": 64512, "source_address": "2001:db8::2"}));
    let planned = run.plan(PEER, None, &config).await.unwrap();
    assert!(
        planned.diagnostics.iter().any(|one| one.summary == "Source address without effect"),
        "{:?}",
        planned.diagnostics
    );
}

#[tokio::test]
async fn an_advertisement_from_create_to_destroy() {
    let server = ApiServer::start().await;
    let run = run(&server).await;
    let config = json!({"name": "default", "ip_address_pools": ["default-pool"]});
    let state = run.create(ADVERTISEMENT, &config).await.unwrap();
    let spec =
        |server: &ApiServer| server.world().objects[&format!("{ADVERTISEMENTS}/default")]["spec"].clone();
    assert_eq!(
        spec(&server),
        json!({"ipAddressPools": ["default-pool"], "aggregationLength": 32, "aggregationLengthV6": 128})
    );
    let more = json!({
        "peers": ["edge"], "local_pref": 200, "communities": ["64512:100", "no-export"], "aggregation_length_v6": 64,
        "ip_address_pool_selectors": [{"match_labels": {"public": "yes"}}], "node_selectors": [],
    });
    let config = with(config, more);
    let state = run.update(&state, &config).await.unwrap();
    assert_eq!(spec(&server)["ipAddressPoolSelectors"], json!([{"matchLabels": {"public": "yes"}}]));
    assert_eq!(spec(&server)["nodeSelectors"], json!([]));
    let imported = run.import(ADVERTISEMENT, "default").await.unwrap();
    let without_empty_list = with(config, json!({"node_selectors": null}));
    assert_eq!(
        run.plan(ADVERTISEMENT, Some(&imported), &without_empty_list).await.unwrap().action,
        Action::NoOp
    );
    run.destroy(&state).await.unwrap();
    assert!(server.world().objects.is_empty());

    for (more, attribute) in [
        (json!({"aggregation_length": 33}), "aggregation_length"),
        (json!({"aggregation_length_v6": 0}), "aggregation_length_v6"),
        (json!({"communities": ["65536:1"]}), "communities"),
        (json!({"peers": ["a", "a"]}), "peers"),
        (json!({"service_selectors": [{}], "aggregation_length_v6": 64}), "service_selectors"),
    ] {
        let found = run.validate(ADVERTISEMENT, &with(json!({"name": "default"}), more)).unwrap();
        assert_eq!(found.iter().next().unwrap().attribute, Some(attribute.into()), "{found:?}");
    }
}

/// What a type sends and what it refuses, for types that bring no behaviour of their own.
struct Case {
    type_name: &'static str,
    collection: &'static str,
    config: Json,
    spec: Json,
    /// Changes that are refused, and the attribute that is told.
    refused: Vec<(Json, &'static str)>,
}

fn cases() -> Vec<Case> {
    vec![
        Case {
            type_name: "metallb_l2_advertisement",
            collection: "/apis/metallb.io/v1beta1/namespaces/metallb-system/l2advertisements",
            config: json!({
                "ip_address_pools": ["local"], "ip_address_pool_selectors": [{"match_labels": {"public": "yes"}}],
                "service_selectors": [{}], "node_selectors": [{"match_labels": {"rack": "1"}}], "interfaces": ["eth0"],
            }),
            spec: json!({
                "ipAddressPools": ["local"], "ipAddressPoolSelectors": [{"matchLabels": {"public": "yes"}}],
                "serviceSelectors": [{}], "nodeSelectors": [{"matchLabels": {"rack": "1"}}], "interfaces": ["eth0"],
            }),
            refused: vec![
                (json!({"interfaces": ["eth0", "eth0"]}), "interfaces"),
                (json!({"ip_address_pools": ["a", "a"]}), "ip_address_pools"),
                (json!({"node_selectors": [{}, {}]}), "node_selectors"),
            ],
        },
        Case {
            type_name: "metallb_bfd_profile",
            collection: "/apis/metallb.io/v1beta1/namespaces/metallb-system/bfdprofiles",
            config: json!({
                "receive_interval": 10, "transmit_interval": 60000, "detect_multiplier": 2, "echo_mode": false,
                "echo_interval": 50, "passive_mode": true, "minimum_ttl": 254,
            }),
            spec: json!({
                "receiveInterval": 10, "transmitInterval": 60000, "detectMultiplier": 2, "echoMode": false,
                "echoInterval": 50, "passiveMode": true, "minimumTtl": 254,
            }),
            refused: vec![
                (json!({"receive_interval": 9}), "receive_interval"),
                (json!({"transmit_interval": 60001}), "transmit_interval"),
                (json!({"detect_multiplier": 1}), "detect_multiplier"),
                (json!({"echo_interval": 0}), "echo_interval"),
                (json!({"minimum_ttl": 255}), "minimum_ttl"),
            ],
        },
        Case {
            type_name: "metallb_community",
            collection: "/apis/metallb.io/v1beta1/namespaces/metallb-system/communities",
            config: json!({"communities": [
                {"name": "no-export", "value": "65535:65281"}, {"name": "a", "value": "large:1:2:3"},
            ]}),
            spec: json!({"communities": [
                {"name": "no-export", "value": "65535:65281"}, {"name": "a", "value": "large:1:2:3"},
            ]}),
            refused: vec![
                (json!({"communities": [{"name": "a", "value": "1"}]}), "communities[0].value"),
                (json!({"communities": [{"name": "1:2", "value": "1:2"}]}), "communities[0].name"),
                (
                    json!({"communities": [{"name": "a", "value": "1:2"}, {"name": "a", "value": "1:3"}]}),
                    "communities",
                ),
            ],
        },
    ]
}

#[tokio::test]
async fn declarations_say_what_is_sent_and_what_is_refused() {
    for Case { type_name, collection, config, spec, refused } in cases() {
        let server = ApiServer::start().await;
        let run = run(&server).await;
        let config = with(json!({"name": "one"}), config);
        let state = run.create(type_name, &config).await.unwrap();
        assert_eq!(server.world().objects[&format!("{collection}/one")]["spec"], spec);
        let imported = run.import(type_name, "one").await.unwrap();
        assert_eq!(imported.identity, state.identity, "{type_name}");
        let by_identity = run.import_by_identity(type_name, &json!({"name": "one"})).await.unwrap();
        assert_eq!(
            (by_identity.object, by_identity.identity),
            (imported.object.clone(), state.identity.clone())
        );
        let (listed, _) = run.list(type_name, &json!({}), 100, true).await.unwrap();
        let [listed] = listed.as_slice() else { panic!("{type_name}: {listed:?}") };
        assert_eq!((&listed.identity, listed.object.as_ref()), (&imported.identity, Some(&imported.object)));
        let generated = run.generated(&imported).unwrap();
        assert!(generated.get("namespace").is_none(), "it is the default: {generated}");
        for config in [&config, &generated] {
            let planned = run.plan(type_name, Some(&imported), config).await.unwrap();
            assert_eq!(planned.action, Action::NoOp, "{type_name}: {config}");
        }
        run.destroy(&state).await.unwrap();
        assert!(server.world().objects.is_empty(), "{type_name}");
        assert!(run.validate(type_name, &config).unwrap().is_empty(), "{type_name}");
        for (more, attribute) in refused {
            let found = run.validate(type_name, &with(config.clone(), more.clone())).unwrap();
            let at = found.iter().next().and_then(|one| one.attribute.as_ref()).map(ToString::to_string);
            assert_eq!(at.as_deref(), Some(attribute), "{type_name} {more}: {found:?}");
        }
    }
}

#[tokio::test]
async fn native_mode_never_gets_a_bfd_profile() {
    let server = ApiServer::start().await;
    let sets = "/apis/apps/v1/namespaces/metallb-system/daemonsets";
    server.world().served.push(sets.into());
    let speaker =
        |env: Json| json!({"template": {"spec": {"containers": [{"name": "speaker", "env": env}]}}});
    server.world().put(sets, "speaker", "kubectl", speaker(json!([])));
    let native = run(&server).await;
    let config = json!({"name": "fast"});
    let planned = native.plan("metallb_bfd_profile", None, &config).await.unwrap();
    let told = warnings(&planned.diagnostics);
    assert!(
        matches!(told.as_slice(), [one] if one.starts_with("BFD profile in native mode (name)")),
        "the mode may change in the same apply, so a plan only warns: {told:?}"
    );
    let refused = native.create("metallb_bfd_profile", &config).await.unwrap_err();
    insta::assert_snapshot!(errors(&refused));
    let stored = |server: &ApiServer| {
        server.world().log.iter().any(|line| line.starts_with("PATCH") && line.contains("force=true"))
    };
    assert!(!stored(&server));

    let frr = speaker(json!([{"name": "METALLB_BGP_TYPE", "value": "frr"}]));
    server.world().put(sets, "speaker", "kubectl", frr);
    run(&server).await.create("metallb_bfd_profile", &config).await.unwrap();
    assert!(stored(&server), "{:?}", server.world().log);
}
