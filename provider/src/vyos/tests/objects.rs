//! Each type of an object on the router, through its whole life on both releases.

use super::*;
use tfplugin::testing::Action;
use tfplugin::value::to_plain;

/// An object of a type.
pub(super) struct Case {
    pub(super) type_name: &'static str,
    /// Behind `edge/`; the router's name alone where there is only one such object.
    key: &'static str,
    /// What must be there before it, as commands.
    pub(super) before: &'static [&'static str],
    /// Its attributes beside `router`.
    pub(super) config: fn() -> Json,
    /// Where it is on the router.
    pub(super) path: &'static str,
    /// What is there then.
    on_router: fn() -> Json,
    /// Something else instead, behind Terraform's back.
    drift: &'static [&'static str],
}

/// Every type at least once.
pub(super) const CASES: &[Case] = &[
    Case {
        type_name: "vyos_prefix_list",
        key: "LB4",
        before: &[],
        config: || {
            json!({"name": "LB4", "description": "pools", "rules": {
                "10": {"action": "permit", "prefix": "192.0.2.0/24", "ge": 25, "le": 32},
                "20": {"action": "deny", "prefix": "0.0.0.0/0", "le": 32, "description": "rest"},
            }})
        },
        path: "policy prefix-list LB4",
        on_router: || {
            json!({"description": "pools", "rule": {
                "10": {"action": "permit", "prefix": "192.0.2.0/24", "ge": "25", "le": "32"},
                "20": {"action": "deny", "prefix": "0.0.0.0/0", "le": "32", "description": "rest"},
            }})
        },
        drift: &[
            "delete policy prefix-list LB4 rule 20",
            "set policy prefix-list LB4 rule 30 action permit",
            "set policy prefix-list LB4 rule 30 prefix 10.0.0.0/8",
        ],
    },
    Case {
        type_name: "vyos_prefix_list6",
        key: "LB",
        before: &[],
        config: || json!({"name": "LB", "rules": {"10": {"action": "permit", "prefix": "2001:DB8:F000::/48", "le": 128}}}),
        path: "policy prefix-list6 LB",
        on_router: || json!({"rule": {"10": {"action": "permit", "prefix": "2001:db8:f000::/48", "le": "128"}}}),
        drift: &["delete policy prefix-list6 LB rule 10 le"],
    },
    Case {
        type_name: "vyos_route_map",
        key: "LB-IN",
        before: &[
            "set policy prefix-list6 LB rule 10 action permit",
            "set policy prefix-list6 LB rule 10 prefix 2001:db8:f000::/48",
        ],
        config: || {
            json!({"name": "LB-IN", "rules": {
                "10": {
                    "action": "permit", "match": {"ipv6_prefix_list": "LB", "peer": "2001:DB8::11"},
                    "set": {
                        "metric": "+10", "metric_type": "type-1", "tag": 7, "local_preference": 200,
                        "community": ["64512:100", "no-export"], "as_path_prepend": "64512 64512",
                        "ipv6_next_hop_global": "2001:DB8::1",
                    },
                    "continue": 30,
                },
                "20": {"action": "deny"},
                "30": {"action": "permit", "call": "OTHER", "description": "the rest"},
            }})
        },
        path: "policy route-map LB-IN",
        on_router: || {
            json!({"rule": {
                "10": {
                    "action": "permit", "continue": "30",
                    "match": {"ipv6": {"address": {"prefix-list": "LB"}}, "peer": "2001:db8::11"},
                    "set": {
                        "metric": "+10", "metric-type": "type-1", "tag": "7", "local-preference": "200",
                        "community": {"replace": ["64512:100", "no-export"]}, "as-path": {"prepend": "64512 64512"},
                        "ipv6-next-hop": {"global": "2001:db8::1"},
                    },
                },
                "20": {"action": "deny"},
                "30": {"action": "permit", "call": "OTHER", "description": "the rest"},
            }})
        },
        drift: &[
            "set policy route-map LB-IN rule 10 set community replace 64512:200",
            "delete policy route-map LB-IN rule 10 set community replace no-export",
            "delete policy route-map LB-IN rule 20",
        ],
    },
    Case {
        type_name: "vyos_ospf",
        key: "",
        before: &["set interfaces ethernet eth1", "set interfaces ethernet eth2"],
        config: || {
            json!({
                "router_id": "10.0.0.1", "areas": {
                    "0": {"networks": ["10.1.0.0/24", "10.2.0.0/24"], "authentication": "md5"},
                    "1": {"stub": {"no_summary": true}, "ranges": {"10.9.0.0/16": {"cost": 5}}},
                },
                "interfaces": {"eth1": {"cost": 7, "bfd": {}, "md5_keys": {"1": {"md5_key": "hunter2"}}}},
                "redistribute": {"bgp": {"metric": 100, "metric_type": 1}, "static": {}},
                "default_information": {"always": true}, "passive_interface_default": true,
            })
        },
        path: "protocols ospf",
        on_router: || {
            json!({
                "parameters": {"router-id": "10.0.0.1"}, "area": {
                    "0": {"network": ["10.1.0.0/24", "10.2.0.0/24"], "authentication": "md5"},
                    "1": {"area-type": {"stub": {"no-summary": {}}}, "range": {"10.9.0.0/16": {"cost": "5"}}},
                },
                "interface": {"eth1": {
                    "cost": "7", "bfd": {}, "authentication": {"md5": {"key-id": {"1": {"md5-key": "hunter2"}}}},
                }},
                "redistribute": {"bgp": {"metric": "100", "metric-type": "1"}, "static": {}},
                "default-information": {"originate": {"always": {}}}, "passive-interface": "default",
            })
        },
        drift: &[
            "delete protocols ospf area 0 network 10.2.0.0/24",
            "delete protocols ospf redistribute static",
            "set protocols ospf area 1 area-type nssa",
            "set protocols ospf interface eth2 cost 3",
        ],
    },
    Case {
        type_name: "vyos_ospfv3",
        key: "",
        before: &["set interfaces ethernet eth1", "set interfaces ethernet eth2"],
        config: || {
            json!({
                "router_id": "10.0.0.1", "areas": {"1": {"nssa": {}, "ranges": {"2001:db8::/32": {"not_advertise": true}}}},
                "interfaces": {"eth1": {"area": "0", "cost": 7, "network": "point-to-point"}, "eth2": {"area": "1", "passive": true}},
                "redistribute": {"bgp": {"metric": 100, "metric_type": 1}}, "default_information": {},
            })
        },
        path: "protocols ospfv3",
        on_router: || {
            json!({
                "parameters": {"router-id": "10.0.0.1"},
                "area": {"1": {"area-type": {"nssa": {}}, "range": {"2001:db8::/32": {"not-advertise": {}}}}},
                "interface": {
                    "eth1": {"area": "0", "cost": "7", "network": "point-to-point"},
                    "eth2": {"area": "1", "passive": {}},
                },
                "redistribute": {"bgp": {"metric": "100", "metric-type": "1"}}, "default-information": {"originate": {}},
            })
        },
        drift: &["delete protocols ospfv3 interface eth2", "set protocols ospfv3 redistribute connected"],
    },
    Case {
        type_name: "vyos_bgp_peer_group",
        key: "NODES",
        before: &["set protocols bgp system-as 64512"],
        config: || {
            json!({
                "name": "NODES", "remote_as": "internal", "description": "cluster", "update_source": "10.0.0.1",
                "password": "hunter2", "passive": true, "bfd": {"profile": "fast"},
                "ipv6_unicast": {"route_reflector_client": true, "maximum_prefix": 100},
            })
        },
        path: "protocols bgp peer-group NODES",
        on_router: || {
            json!({
                "remote-as": "internal", "description": "cluster", "update-source": "10.0.0.1", "password": "hunter2",
                "passive": {}, "bfd": {"profile": "fast"},
                "address-family": {"ipv6-unicast": {"route-reflector-client": {}, "maximum-prefix": "100"}},
            })
        },
        drift: &[
            "delete protocols bgp peer-group NODES password",
            "set protocols bgp peer-group NODES address-family ipv4-unicast",
            "delete protocols bgp peer-group NODES bfd profile",
        ],
    },
    Case {
        type_name: "vyos_static_route",
        key: "192.0.2.0/24",
        before: &[],
        config: || {
            json!({
                "destination": "192.0.2.0/24", "description": "pool",
                "next_hops": {"10.0.0.254": {"distance": 20}, "10.0.0.253": {}}, "blackhole": {"distance": 250, "tag": 7},
            })
        },
        path: "protocols static route 192.0.2.0/24",
        on_router: || {
            json!({
                "description": "pool", "next-hop": {"10.0.0.254": {"distance": "20"}, "10.0.0.253": {}},
                "blackhole": {"distance": "250", "tag": "7"},
            })
        },
        drift: &[
            "delete protocols static route 192.0.2.0/24 next-hop 10.0.0.253",
            "set protocols static route 192.0.2.0/24 next-hop 10.0.0.252",
        ],
    },
    Case {
        type_name: "vyos_static_route",
        key: "2001:db8::/32",
        before: &[],
        config: || json!({"destination": "2001:DB8::/32", "next_hops": {"fe80::1": {"interface": "eth1"}}}),
        path: "protocols static route6 2001:db8::/32",
        on_router: || json!({"next-hop": {"fe80::1": {"interface": "eth1"}}}),
        drift: &["set protocols static route6 2001:db8::/32 reject"],
    },
    Case {
        type_name: "vyos_config",
        key: "service ntp",
        before: &[],
        config: || {
            json!({"path": "service ntp", "config": {
                "server": {"192.0.2.1": {"prefer": {}, "nts": {}}, "ntp.example.net": {}},
                "allow-client": {"address": ["10.0.0.0/8", "fd00::/8"]}, "listen-address": "10.0.0.1",
            }})
        },
        path: "service ntp",
        on_router: || {
            json!({
                "server": {"192.0.2.1": {"prefer": {}, "nts": {}}, "ntp.example.net": {}},
                "allow-client": {"address": ["10.0.0.0/8", "fd00::/8"]}, "listen-address": "10.0.0.1",
            })
        },
        drift: &[
            "delete service ntp server 192.0.2.1 nts",
            "set service ntp server ntp.example.org pool",
            "delete service ntp listen-address",
            "delete service ntp allow-client address fd00::/8",
        ],
    },
    Case {
        type_name: "vyos_config",
        key: "system domain-name",
        before: &[],
        config: || json!({"path": "system domain-name", "config": "example.net"}),
        path: "system domain-name",
        on_router: || json!({"domain-name": "example.net"}),
        drift: &["set system domain-name example.org"],
    },
    Case {
        type_name: "vyos_bgp",
        key: "",
        before: &["delete protocols bgp"],
        config: || json!({"system_as": 213_127, "router_id": "10.0.0.1"}),
        path: "protocols bgp",
        on_router: || json!({"system-as": "213127", "parameters": {"router-id": "10.0.0.1"}}),
        drift: &["set protocols bgp parameters router-id 10.0.0.2"],
    },
    Case {
        type_name: "vyos_bgp_neighbor",
        key: "2001:db8::11",
        before: &["set protocols bgp system-as 213127"],
        config: || json!({"address": "2001:DB8::11", "remote_as": "213127", "ipv6_unicast": {}}),
        path: "protocols bgp neighbor 2001:db8::11",
        on_router: || json!({"remote-as": "213127", "address-family": {"ipv6-unicast": {}}}),
        drift: &["set protocols bgp neighbor 2001:db8::11 description by-hand"],
    },
];

async fn whole_life(edge: &Edge, case: &Case) {
    let name = case.type_name;
    if !case.before.is_empty() {
        edge.configure(case.before).await;
    }
    let config = with((case.config)(), json!({"router": "edge"}));
    let run = edge.run().await;
    let made = run.create(name, &config).await.unwrap_or_else(|failure| panic!("{name}: {failure}"));
    let on_router = edge.config(case.path).await;
    assert_eq!(without_empty(&on_router), (case.on_router)(), "{name}");
    assert_eq!(run.plan(name, Some(&made), &config).await.unwrap().action, Action::NoOp, "{name}");

    edge.configure(case.drift).await;
    // What reads share is one refresh; this is the next run's.
    let run = edge.run().await;
    let found = run.read(&made).await.unwrap().0.unwrap();
    assert_eq!(
        run.plan(name, Some(&found), &config).await.unwrap().action,
        Action::Update,
        "{name}: no drift"
    );
    let mended = run.update(&found, &config).await.unwrap();
    assert_eq!(without_empty(&edge.config(case.path).await), (case.on_router)(), "{name}");
    assert_eq!(mended.object, made.object, "{name}");

    let id = if case.key.is_empty() { "edge".to_owned() } else { format!("edge/{}", case.key) };
    let imported = run.import(name, &id).await.unwrap();
    assert_eq!(imported.identity, made.identity, "{name}");
    let identity = to_plain(&made.identity).unwrap();
    let by_identity = run.import_by_identity(name, &identity).await.unwrap();
    assert_eq!((by_identity.object, by_identity.identity), (imported.object.clone(), made.identity.clone()));
    if run.lists(name) {
        let (listed, _) = run.list(name, &json!({"router": "edge"}), 100, true).await.unwrap();
        let same = listed.iter().find(|one| one.identity == made.identity);
        let same = same.unwrap_or_else(|| panic!("{name} is not among {listed:?}"));
        assert_eq!(same.object.as_ref(), Some(&imported.object), "{name}");
        assert!(same.display_name.ends_with("on router \"edge\""), "{}", same.display_name);
    }
    let generated = run.generated(&imported).unwrap();
    for config in [&config, &generated] {
        let planned = run.plan(name, Some(&imported), config).await.unwrap();
        assert_eq!(planned.action, Action::NoOp, "{name}: {config}: {planned:?}");
    }

    edge.configure(&[&format!("delete {}", case.path)]).await;
    let run = edge.run().await;
    assert!(run.read(&made).await.unwrap().0.is_none(), "{name}: found although it is gone");
    let again = run.create(name, &config).await.unwrap();
    run.destroy(&again).await.unwrap();
    assert_eq!(edge.config(case.path).await, Json::Null, "{name}: something is left");
    run.destroy(&again).await.unwrap();
}

/// Empty containers that deletes left behind are nothing; those that mean something have a value beside them.
fn without_empty(config: &Json) -> Json {
    let Json::Object(members) = config else { return config.clone() };
    let left_behind = ["set", "match", "community", "capability", "area-type"];
    let kept =
        members.iter().filter(|(word, below)| **below != json!({}) || !left_behind.contains(&word.as_str()));
    Json::Object(kept.map(|(word, below)| (word.clone(), without_empty(below))).collect())
}

async fn all_on(version: Version) {
    let edge = Edge::start(version).await;
    for case in CASES {
        whole_life(&edge, case).await;
    }
    edge.router.stop().await;
}

#[tokio::test]
async fn each_type_from_create_to_destroy_on_vyos_1_4() {
    all_on(Version::V1_4).await;
}

#[tokio::test]
async fn each_type_from_create_to_destroy_on_vyos_1_5() {
    all_on(Version::V1_5).await;
}
