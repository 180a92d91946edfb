//! Routers as others have them: three configurations of our own, each after the shape of an example in VyOS'
//! documentation. All that they say is adopted.

use super::{OF_ROUTERS, adopt, generated, list};
use crate::by_hand::{configure, vtysh};
use lab::{Lab, LabOptions, RouterOptions};
use serde_json::json;

/// "High Availability Walkthrough": a router of a pair, with VLANs, VRRP, NAT, conntrack-sync, WireGuard to
/// another site, OSPF over that with a key, and BGP towards a provider.
const HIGH_AVAILABILITY: &str = "
interfaces ethernet eth7 vif 50 address 198.51.100.21/24
interfaces ethernet eth7 vif 201 address 10.20.1.2/24
interfaces wireguard wg1 address 10.254.1.1/30
interfaces wireguard wg1 port 50001
interfaces wireguard wg1 private-key mFWDUtT0LCqrLZjqvdWPiSCwbA0d5Ng7FBIZ1JAbYEQ=
interfaces wireguard wg1 peer site2 allowed-ips 0.0.0.0/0
interfaces wireguard wg1 peer site2 public-key GEFMOWzAyau42/HwdwfXnrfHdIISQF8YHj35rOgSZ0o=
high-availability vrrp group lan vrid 201
high-availability vrrp group lan interface eth7.201
high-availability vrrp group lan address 10.20.1.1/24
high-availability vrrp group lan no-preempt
high-availability vrrp group lan priority 200
high-availability vrrp sync-group both member lan
nat source rule 10 outbound-interface name eth7.50
nat source rule 10 source address 10.20.1.0/24
nat source rule 10 translation address 198.51.100.1
service conntrack-sync failover-mechanism vrrp sync-group both
service conntrack-sync interface eth7.201
policy prefix-list PROVIDER rule 10 action permit
policy prefix-list PROVIDER rule 10 prefix 203.0.113.0/24
policy access-list 150 rule 10 action permit
policy access-list 150 rule 10 destination any
policy access-list 150 rule 10 source network 10.20.1.0
policy access-list 150 rule 10 source inverse-mask 0.0.0.255
policy route-map OUT rule 10 action permit
policy route-map OUT rule 10 match ip address prefix-list PROVIDER
protocols static route 203.0.113.0/24 blackhole
protocols ospf parameters router-id 10.20.1.2
protocols ospf interface wg1 area 0
protocols ospf interface wg1 authentication md5 key-id 1 md5-key of-the-tunnel
protocols ospf interface wg1 cost 11
protocols ospf interface wg1 network point-to-point
protocols bgp system-as 65551
protocols bgp parameters router-id 10.20.1.2
protocols bgp address-family ipv4-unicast network 203.0.113.0/24
protocols bgp neighbor 198.51.100.11 remote-as 65550
protocols bgp neighbor 198.51.100.11 password of-the-provider
protocols bgp neighbor 198.51.100.11 address-family ipv4-unicast route-map export OUT
protocols bgp neighbor 198.51.100.11 address-family ipv4-unicast soft-reconfiguration inbound
";

/// "BGP IPv6 unnumbered with extended nexthop": neighbors that are interfaces, in a group.
const UNNUMBERED: &str = "
protocols bgp system-as 64496
protocols bgp parameters router-id 192.0.2.1
protocols bgp parameters bestpath as-path multipath-relax
protocols bgp address-family ipv6-unicast redistribute connected
protocols bgp peer-group fabric remote-as external
protocols bgp peer-group fabric capability extended-nexthop
protocols bgp peer-group fabric address-family ipv6-unicast
protocols bgp neighbor eth1 interface v6only peer-group fabric
protocols bgp neighbor 2001:db8:0:1::11 peer-group fabric
protocols bgp neighbor 2001:db8:0:1::11 description first
interfaces loopback lo address 192.0.2.1/32
";

/// "Inter-VRF Routing over VRF Lite": networks that are kept apart, each with routes of its own, and what the
/// router itself needs.
const VRF_LITE: &str = "
vrf bind-to-all
vrf name blue table 101
vrf name blue description customers
vrf name blue protocols static route 0.0.0.0/0 next-hop 10.10.0.254
vrf name blue protocols bgp system-as 64501
vrf name blue protocols bgp address-family ipv4-unicast redistribute connected
vrf name green table 102
vrf name green protocols static route 10.10.0.0/16 blackhole
interfaces dummy dum1 vrf blue
interfaces dummy dum1 address 10.10.0.1/24
policy prefix-list6 ANY rule 10 action permit
policy prefix-list6 ANY rule 10 prefix ::/0
policy prefix-list6 ANY rule 10 le 128
policy community-list 150 rule 10 action permit
policy community-list 150 rule 10 regex 64501:.*
protocols static route6 2001:db8:ffff::/48 blackhole distance 250
protocols bgp system-as 64500
protocols bgp parameters log-neighbor-changes
service snmp v3 user monitor auth encrypted-password 0123456789abcdef0123456789abcdef
service snmp v3 user monitor auth type sha
service ntp allow-client address 10.10.0.0/16
";

#[tokio::test(flavor = "multi_thread")]
async fn published_configurations_are_adopted() {
    // In how many parts of the router's configuration a value becomes a sensitive one. Terraform calls that a
    // change, also where the value is the same.
    for (name, text, sensitive, reference) in [
        ("high availability", HIGH_AVAILABILITY, 1, "route_map_export = vyos_route_map.out.name"),
        ("unnumbered", UNNUMBERED, 0, "peer-group = vyos_bgp_peer_group.fabric.name"),
        ("VRF lite", VRF_LITE, 1, "description = \"customers\""),
    ] {
        adopted_as_it_is(name, text, sensitive, reference).await;
    }
}

async fn adopted_as_it_is(name: &str, text: &str, sensitive: usize, reference: &str) {
    let options = LabOptions { router: Some(RouterOptions::default()), ..LabOptions::default() };
    let lab = Lab::start(options).await.unwrap();
    let command = |line: &str| json!({"op": "set", "path": line.split(' ').collect::<Vec<_>>()});
    let commands: Vec<_> = text.lines().filter(|line| !line.is_empty()).map(command).collect();
    configure(&lab, &json!(commands).to_string()).await;
    let before = (configuration(&lab).await, vtysh(lab.router().unwrap(), "show running-config").await);

    let lists = OF_ROUTERS.map(|name| list(name, "router = \"edge\"")).concat();
    let (workspace, _) = generated(&lab, &lists).await;
    let (file, said) = adopt(&workspace).await;
    let on_a_line = file.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(on_a_line.contains(reference), "{name}: {reference} is not in\n{file}");
    assert!(!file.contains(" = null # sensitive"), "{name}: {file}");
    for secret in ["of-the-tunnel", "of-the-provider", "mFWDUtT0", "0123456789abcdef"] {
        assert!(!file.contains(secret) && !said.contains(secret), "{name}: {secret} is in\n{file}");
    }
    assert!(!said.contains("Left as it is"), "{name}: {said}");
    // Each command is in one resource: what is taken away below shows it.
    let imports = file.matches("\nimport {").count();
    let applied = workspace.run(["apply", "-no-color", "-auto-approve"]).await.unwrap().succeeded().text;
    let all = format!("{imports} imported, 0 added, {sensitive} changed, 0 destroyed");
    assert!(applied.contains(&all), "{name}: {all} is not in {applied}");
    workspace.plan().await.unwrap().plans_nothing();
    let after = (configuration(&lab).await, vtysh(lab.router().unwrap(), "show running-config").await);
    assert_eq!(after, before, "{name}");

    // All that was configured is Terraform's now, but for what the router brought along.
    workspace.destroy().await.unwrap().succeeded();
    let left = configuration(&lab).await;
    for line in text.lines().filter(|line| !line.is_empty()) {
        let words: Vec<_> = line.split(' ').collect();
        let is_there = words.iter().try_fold(&left, |node, word| match node {
            serde_json::Value::Object(_) => node.get(word),
            serde_json::Value::String(value) => (value == word).then_some(node),
            serde_json::Value::Array(values) => values.iter().find(|one| *one == word),
            _ => None,
        });
        assert!(is_there.is_none(), "{name}: `{line}` is left");
    }
}

/// All that the router has.
async fn configuration(lab: &Lab) -> serde_json::Value {
    let router = lab.router().unwrap();
    let mut curl = lab.operator("curl");
    curl.args(["--silent", "--show-error", "--fail-with-body", "--cacert"]).arg(router.ca_certificate_file());
    curl.arg("--form-string").arg(r#"data={"op": "showConfig", "path": []}"#);
    curl.arg("--form-string").arg(format!("key={}", router.api_key()));
    let output = curl.arg(format!("{}/retrieve", router.url())).output().await.unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    answer.get("data").unwrap().clone()
}
