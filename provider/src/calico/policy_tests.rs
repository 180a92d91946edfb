//! Policies, what their selectors match, and Felix, through the rules of Terraform's core, against an API
//! server in this process.

use crate::connection::cluster::testing::ApiServer;
use crate::engine::cluster_object::testing::{run, run as again, warnings, with};
use serde_json::{Value as Json, json};
use tfplugin::Severity;
use tfplugin::testing::Action;

const CALICO: &str = "/apis/crd.projectcalico.org/v1";

fn object(server: &ApiServer, path: &str) -> Json {
    server.world().objects[&format!("{CALICO}/{path}")].clone()
}

/// The attributes at which a configuration is refused.
async fn refused(type_name: &str, config: &Json) -> Vec<String> {
    let server = ApiServer::start().await;
    let found = run(&server).await.validate(type_name, config).unwrap();
    let errors = found.iter().filter(|one| one.severity == Severity::Error);
    errors.map(|one| format!("{}: {}", one.attribute.clone().unwrap(), one.detail)).collect()
}

#[tokio::test]
async fn a_policy_is_kept_where_calicos_own_clients_look_for_it() {
    let server = ApiServer::start().await;
    let run = run(&server).await;
    let config = json!({
        "name": "web", "namespace": "shop", "order": 10, "selector": "app == 'web'",
        "ingress": [{
            "action": "Allow", "protocol": "TCP", "destination": {"ports": ["443", "8000:8010", "http"]},
            "source": {"service_accounts": {"names": ["shop"]}},
        }],
        "egress": [
            {"action": "Allow", "protocol": "58", "not_icmp": null},
            {"action": "Deny", "protocol": "ICMP", "not_icmp": {"icmp_type": 8, "code": 0}},
        ],
    });
    let state = run.create("calico_network_policy", &config).await.unwrap();
    let sent = object(&server, "namespaces/shop/networkpolicies/default.web");
    assert_eq!(sent["metadata"]["name"], "default.web");
    assert_eq!(
        sent["spec"],
        json!({
            "order": 10, "selector": "app == 'web'", "types": ["Ingress", "Egress"],
            "ingress": [{
                "action": "Allow", "protocol": "TCP", "destination": {"ports": [443, "8000:8010", "http"]},
                "source": {"serviceAccounts": {"names": ["shop"]}},
            }],
            "egress": [
                {"action": "Allow", "protocol": 58},
                {"action": "Deny", "protocol": "ICMP", "notICMP": {"type": 8, "code": 0}},
            ],
        })
    );
    let (read, _) = run.read(&state).await.unwrap();
    let read = read.unwrap();
    assert_eq!(run.plan("calico_network_policy", Some(&read), &config).await.unwrap().action, Action::NoOp);
    let found = run.import("calico_network_policy", "shop/web").await.unwrap();
    assert_eq!(found.object.attribute("name").as_str(), Some("web"));

    // One of another tier is none of this type.
    let tier = json!({"tier": "security", "selector": "all()"});
    server.world().put(
        &format!("{CALICO}/namespaces/shop/networkpolicies"),
        "security.all",
        "calicoctl",
        tier,
    );
    let (listed, _) =
        run.list("calico_network_policy", &json!({"namespace": "shop"}), 100, true).await.unwrap();
    let names: Vec<_> = listed.iter().map(|one| one.identity.attribute("name").as_str().unwrap()).collect();
    assert_eq!(names, ["web"]);
    run.destroy(&read).await.unwrap();
    assert_eq!(server.world().objects.len(), 1);
}

#[tokio::test]
async fn a_policy_without_types_is_for_the_directions_of_its_rules() {
    let rule = json!([{"action": "Allow"}]);
    for (rules, types) in [
        (json!({}), json!(["Ingress"])),
        (json!({"ingress": rule}), json!(["Ingress"])),
        (json!({"egress": rule}), json!(["Egress"])),
        (json!({"ingress": rule, "egress": rule}), json!(["Ingress", "Egress"])),
        (json!({"egress": rule, "types": ["Ingress", "Egress"]}), json!(["Ingress", "Egress"])),
    ] {
        let server = ApiServer::start().await;
        let run = run(&server).await;
        run.create("calico_global_network_policy", &with(json!({"name": "a"}), rules.clone())).await.unwrap();
        assert_eq!(object(&server, "globalnetworkpolicies/default.a")["spec"]["types"], types, "{rules}");
    }
}

#[tokio::test]
async fn a_policy_that_felix_would_ignore_is_refused() {
    let ingress = |rule: Json| json!({"ingress": [with(json!({"action": "Allow"}), rule)]});
    let egress = |rule: Json| json!({"egress": [with(json!({"action": "Allow"}), rule)]});
    let service = json!({"services": {"name": "web", "namespace": "shop"}});
    for (more, why) in [
        (json!({"name": "default.a"}), "name: The name of a policy has no dots"),
        (json!({"selector": "app == web"}), "selector: "),
        (json!({"selector": "global()"}), "selector: "),
        (json!({"types": ["Both"]}), "types: "),
        (json!({"types": ["Ingress", "Ingress"]}), "types: a direction is given twice"),
        (json!({"types": []}), "types: "),
        (ingress(json!({"action": "Accept"})), "ingress[0].action: "),
        (ingress(json!({"protocol": "tcp"})), "ingress[0].protocol: "),
        (ingress(json!({"protocol": "0"})), "ingress[0].protocol: "),
        (ingress(json!({"ip_version": 5})), "ingress[0].ip_version: "),
        (ingress(json!({"destination": {"ports": ["80"]}})), "ingress: rule 0: ports need `protocol`"),
        (ingress(json!({"protocol": "ICMP", "destination": {"ports": ["80"]}})), "ports need `protocol`"),
        (ingress(json!({"protocol": "TCP", "source": {"ports": ["0"]}})), "is no port"),
        (ingress(json!({"protocol": "TCP", "source": {"not_ports": ["90:80"]}})), "is no port"),
        (ingress(json!({"source": {"nets": ["10.0.0.1/8"]}})), "has host bits; the network is 10.0.0.0/8"),
        (ingress(json!({"source": {"nets": ["10.0.0.0/8", "fd00::/8"]}})), "fd00::/8 is of IPv6"),
        (ingress(json!({"ip_version": 4, "destination": {"not_nets": ["fd00::/8"]}})), "of IPv6"),
        (ingress(json!({"protocol": "ICMPv6", "source": {"nets": ["10.0.0.0/8"]}})), "of IPv4"),
        (ingress(json!({"icmp": {"icmp_type": 8}})), "need `protocol` to be ICMP"),
        (ingress(json!({"protocol": "ICMP", "icmp": {"code": 1}})), "`code` needs `icmp_type`"),
        (ingress(json!({"protocol": "ICMP", "icmp": {"icmp_type": 255}})), "end at 254"),
        (ingress(json!({"source": {"namespace_selector": "global() || all()"}})), "namespace_selector: "),
        (ingress(json!({"destination": service})), "`services` belong to the source of ingress"),
        (egress(json!({"source": service})), "`services` belong to the source of ingress"),
        (egress(json!({"destination": {"services": {"name": "web"}}})), "need `namespace`"),
        (
            egress(json!({"destination": with(service.clone(), json!({"selector": "all()"}))})),
            "exclude each other",
        ),
        (json!({"do_not_track": true, "pre_dnat": true, "apply_on_forward": true}), "pre_dnat: "),
        (json!({"pre_dnat": true}), "apply_on_forward: "),
        (
            with(egress(json!({})), json!({"pre_dnat": true, "apply_on_forward": true})),
            "egress: `pre_dnat` is about what arrives",
        ),
    ] {
        let config = with(json!({"name": "a"}), more.clone());
        let found = refused("calico_global_network_policy", &config).await;
        assert!(found.iter().any(|one| one.contains(why)), "{more}: {found:?} has not {why}");
    }
    for good in [
        ingress(json!({"protocol": "TCP", "destination": {"ports": ["1", "65535", "80:90", "http"]}})),
        ingress(json!({"source": {"namespace_selector": "global()", "selector": "role == 'office'"}})),
        ingress(json!({"source": service})),
        egress(json!({"destination": service})),
        ingress(json!({"protocol": "ICMPv6", "icmp": {"icmp_type": 128, "code": 0}})),
        json!({"order": -5, "types": ["Egress"], "selector": ""}),
    ] {
        let config = with(json!({"name": "a"}), good);
        assert_eq!(refused("calico_global_network_policy", &config).await, [""; 0], "{config}");
    }
}

#[tokio::test]
async fn what_no_node_would_read_is_refused() {
    for (type_name, more, why) in [
        ("calico_felix_configuration", json!({"name": "all"}), "name: Felix reads"),
        ("calico_felix_configuration", json!({"name": "node."}), "name: "),
        (
            "calico_felix_configuration",
            json!({"name": "default", "reporting_interval": "1.5s"}),
            "reporting_interval: ",
        ),
        (
            "calico_felix_configuration",
            json!({"name": "default", "kube_node_port_ranges": ["http"]}),
            "ranges",
        ),
        ("calico_host_endpoint", json!({"name": "a", "node": "a"}), "interface_name: "),
        ("calico_host_endpoint", json!({"name": "a", "node": "a", "expected_ips": []}), "interface_name: "),
        (
            "calico_host_endpoint",
            json!({"name": "a", "node": "a", "interface_name": "a/b"}),
            "interface_name",
        ),
        (
            "calico_host_endpoint",
            json!({"name": "a", "node": "a", "expected_ips": ["10.0.0.0/8"]}),
            "expected_ips",
        ),
        ("calico_global_network_set", json!({"name": "a", "nets": ["office"]}), "nets"),
        ("calico_ip_reservation", json!({"name": "a", "reserved_cidrs": []}), "reserved_cidrs"),
    ] {
        let found = refused(type_name, &more).await;
        assert!(found.iter().any(|one| one.contains(why)), "{more}: {found:?} has not {why}");
    }
}

#[tokio::test]
async fn labels_are_ours_one_by_one() {
    const SETS: &str = "/apis/crd.projectcalico.org/v1/globalnetworksets";
    let server = ApiServer::start().await;
    let run = run(&server).await;
    let config = |labels: Json| json!({"name": "office", "labels": labels, "nets": ["192.0.2.0/24"]});
    let labels = || server.world().objects[&format!("{SETS}/office")]["metadata"]["labels"].clone();
    let mut planned = config(json!({"role": "office", "floor": "2"}));
    let state = run.create("calico_global_network_set", &planned).await.unwrap();
    assert_eq!(labels(), json!({"role": "office", "floor": "2"}));

    // Another's label stays and is no drift; one of ours that was changed is.
    server.world().objects.get_mut(&format!("{SETS}/office")).unwrap()["metadata"]["labels"] =
        json!({"role": "other", "floor": "2", "owner": "another"});
    let run = again(&server).await;
    let (read, _) = run.read(&state).await.unwrap();
    let read = read.unwrap();
    assert_eq!(
        run.plan("calico_global_network_set", Some(&read), &planned).await.unwrap().action,
        Action::Update
    );
    planned = config(json!({"role": "office"}));
    let state = run.update(&read, &planned).await.unwrap();
    assert_eq!(labels(), json!({"role": "office", "owner": "another"}));
    assert_eq!(
        run.plan("calico_global_network_set", Some(&state), &planned).await.unwrap().action,
        Action::NoOp
    );

    let imported = run.import("calico_global_network_set", "office").await.unwrap();
    let all = config(json!({"role": "office", "owner": "another"}));
    assert_eq!(
        run.plan("calico_global_network_set", Some(&imported), &all).await.unwrap().action,
        Action::NoOp
    );
}

#[tokio::test]
async fn the_configuration_of_all_nodes_is_taken_over_and_given_back() {
    const FELIX: &str = "/apis/crd.projectcalico.org/v1/felixconfigurations";
    let server = ApiServer::start().await;
    let made = json!({"reportingInterval": "0s", "logSeverityScreen": "Info"});
    server.world().put(FELIX, "default", "calico-node", made.clone());
    let run = run(&server).await;
    let config = json!({"name": "default", "log_severity_screen": "Debug", "wireguard_enabled": true});
    let state = run.create("calico_felix_configuration", &config).await.unwrap();
    let spec = || server.world().objects[&format!("{FELIX}/default")]["spec"].clone();
    assert_eq!(
        spec(),
        json!({"reportingInterval": "0s", "logSeverityScreen": "Debug", "wireguardEnabled": true})
    );
    let run = again(&server).await;
    run.destroy(&state).await.unwrap();
    assert_eq!(spec(), made, "what was there is there again, and the object is not deleted");

    // One of a node is nobody's but ours.
    let config = json!({"name": "node.cp1", "health_port": 9199});
    let state = run.create("calico_felix_configuration", &config).await.unwrap();
    run.destroy(&state).await.unwrap();
    assert_eq!(server.world().objects.keys().collect::<Vec<_>>(), [&format!("{FELIX}/default")]);
}

#[tokio::test]
async fn a_field_that_the_environment_overrules_is_a_warning() {
    let sets = "/apis/apps/v1/namespaces/kube-system/daemonsets";
    let server = ApiServer::start().await;
    server.world().served.push(sets.into());
    let env = json!([{"name": "FELIX_DEFAULTENDPOINTTOHOSTACTION", "value": "ACCEPT"}, {"name": "FELIX_HEALTHPORT"}]);
    let daemon_set = json!({"template": {"spec": {"containers": [{"name": "calico-node", "env": env}]}}});
    server.world().put(sets, "calico-node", "kubectl", daemon_set);
    let run = run(&server).await;
    let config =
        json!({"name": "node.a", "default_endpoint_to_host_action": "Drop", "chain_insert_mode": "Append"});
    let planned = run.plan("calico_felix_configuration", None, &config).await.unwrap();
    let told = warnings(&planned.diagnostics);
    assert!(told.len() == 1 && told[0].contains("FELIX_DEFAULTENDPOINTTOHOSTACTION"), "{told:?}");
}
