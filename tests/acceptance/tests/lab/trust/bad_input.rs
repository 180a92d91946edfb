//! What is wrong is said on the attribute at fault, before anything is touched where that can be known.

use acceptance::{Action, Diagnostic, Workspace};
use lab::{Lab, LabOptions, RouterOptions};

/// A configuration that is refused, and what the refusal must say.
struct Refused {
    what: &'static str,
    configuration: &'static str,
    /// The line of the configuration that it points at.
    code: &'static str,
    /// What its summary or detail says.
    says: &'static [&'static str],
}

const AT_PLAN: [Refused; 11] = [
    Refused {
        what: "overlapping ranges",
        configuration: "resource \"microk8s_cluster_ipv6\" \"this\" {\n  host = \"10.0.0.11\"\n  cluster_cidr = \"fd01::/64\"\n  service_cidr = \"fd01::/112\"\n}",
        code: "service_cidr = \"fd01::/112\"",
        says: &["overlap", "fd01::/64", "fd01::/112"],
    },
    Refused {
        what: "an IPv4 range where IPv6 belongs",
        configuration: "resource \"microk8s_cluster_ipv6\" \"this\" {\n  host = \"10.0.0.11\"\n  cluster_cidr = \"10.1.0.0/16\"\n  service_cidr = \"fd98::/108\"\n}",
        code: "cluster_cidr = \"10.1.0.0/16\"",
        says: &["10.1.0.0/16", "IPv6"],
    },
    Refused {
        what: "a range with host bits",
        configuration: "resource \"calico_ippool\" \"this\" {\n  provider = microk8s\n  cluster = \"10.0.0.11\"\n  name = \"a\"\n  cidr = \"fd01::1/64\"\n}",
        code: "cidr = \"fd01::1/64\"",
        says: &["fd01::/64"],
    },
    Refused {
        what: "a channel that is none",
        configuration: "resource \"microk8s_node\" \"this\" {\n  host = \"10.0.0.11\"\n  channel = \"1.35/stabel\"\n}",
        code: "channel = \"1.35/stabel\"",
        says: &["stabel", "1.35/stable"],
    },
    Refused {
        what: "a role that is none",
        configuration: "resource \"microk8s_cluster_member\" \"this\" {\n  host = \"10.0.0.12\"\n  cluster = \"10.0.0.11\"\n  role = \"master\"\n}",
        code: "role = \"master\"",
        says: &["control-plane", "worker"],
    },
    Refused {
        what: "an address range that ends before it begins",
        configuration: "resource \"metallb_ip_address_pool\" \"this\" {\n  provider = microk8s\n  cluster = \"10.0.0.11\"\n  name = \"a\"\n  addresses = [\"192.0.2.20-192.0.2.10\"]\n}",
        code: "addresses = [\"192.0.2.20-192.0.2.10\"]",
        says: &["192.0.2.20-192.0.2.10"],
    },
    Refused {
        what: "an AS number out of range",
        configuration: "resource \"vyos_bgp\" \"this\" {\n  provider = microk8s\n  system_as = 4294967296\n}",
        code: "system_as = 4294967296",
        says: &["4294967296", "4294967295"],
    },
    Refused {
        what: "an AS number that is a fraction",
        configuration: "resource \"metallb_bgp_peer\" \"this\" {\n  provider = microk8s\n  cluster = \"10.0.0.11\"\n  name = \"a\"\n  my_asn = 64512.5\n  peer_asn = 1\n  peer_address = \"10.0.0.1\"\n}",
        code: "my_asn = 64512.5",
        says: &["64512.5"],
    },
    Refused {
        what: "two ways to say the peer's AS",
        configuration: "resource \"metallb_bgp_peer\" \"this\" {\n  provider = microk8s\n  cluster = \"10.0.0.11\"\n  name = \"a\"\n  my_asn = 64512\n  peer_asn = 1\n  dynamic_asn = \"external\"\n  peer_address = \"10.0.0.1\"\n}",
        code: "dynamic_asn = \"external\"",
        says: &["peer_asn", "dynamic_asn"],
    },
    Refused {
        what: "a router that the provider block does not have",
        configuration: "resource \"vyos_bgp\" \"this\" {\n  provider = microk8s\n  router = \"egde\"\n  system_as = 64512\n}",
        code: "router = \"egde\"",
        says: &["egde", "edge"],
    },
    Refused {
        what: "something that only the provider sets",
        configuration: "resource \"microk8s_node\" \"this\" {\n  host = \"10.0.0.11\"\n  channel = \"1.35/stable\"\n  version = \"v1.35.1\"\n}",
        code: "version = \"v1.35.1\"",
        says: &["version"],
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn is_refused_at_plan_on_the_attribute() {
    let lab = Lab::start(LabOptions { router: Some(RouterOptions::default()), ..LabOptions::default() })
        .await
        .unwrap();
    let workspace = Workspace::new(&lab, "").await.unwrap();
    for refused in AT_PLAN {
        workspace.configure(refused.configuration).unwrap();
        let errors = workspace.plan().await.unwrap().failed();
        points_at(refused.what, &errors, refused.code, refused.says);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn that_only_the_target_knows_is_refused_at_apply_and_leaves_nothing() {
    let mut options =
        LabOptions { router: Some(RouterOptions::default()), ..LabOptions::with_nodes(1, false) };
    options.nodes[0].name = "bare".to_owned();
    let lab = Lab::start(options).await.unwrap();
    let node = |host: &str, channel: &str, more: &str| {
        format!(
            "resource \"microk8s_node\" \"this\" {{\n  host = {host:?}\n  channel = {channel:?}\n  timeouts = {{ create = \"8s\" }}\n{more}}}\n"
        )
    };
    let other_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIf0ZBz0DsRzBhLxkhUxDtQLGpBhGZ5sPVvpdmbGJUtN";
    let cases = [
        (
            "a channel that the store does not have",
            node("10.0.0.11", "9.9/stable", ""),
            "channel = \"9.9/stable\"",
            vec!["9.9/stable", "10.0.0.11"],
        ),
        (
            "a host that nobody answers at",
            node("10.0.0.77", "1.35/stable", ""),
            "host = \"10.0.0.77\"",
            vec!["10.0.0.77"],
        ),
        (
            "another host key than the pinned one",
            node("10.0.0.11", "1.35/stable", &format!("  host_key = {other_key:?}\n")),
            "host_key = ",
            vec!["10.0.0.11", "key"],
        ),
    ];
    for (what, configuration, code, says) in cases {
        let workspace = Workspace::new(&lab, &configuration).await.unwrap();
        let errors = workspace.apply().await.unwrap().failed();
        points_at(what, &errors, code, &says);
        workspace.plan().await.unwrap().plans(&[("microk8s_node.this", Action::Create)]);
    }

    // A user whom the machine does not let in never will be.
    let main = acceptance::provider_block(&lab).replace("\"ubuntu\"", "\"daemon\"");
    let workspace = Workspace::new(&lab, "").await.unwrap();
    workspace.write("main.tf", &format!("{main}\n{}", node("10.0.0.11", "1.35/stable", ""))).unwrap();
    let errors = workspace.apply().await.unwrap().failed();
    points_at("a login that is refused", &errors, "host = \"10.0.0.11\"", &["10.0.0.11", "daemon"]);

    // A router that refuses the API key, at the apply and at the refresh.
    let bgp = "resource \"vyos_bgp\" \"this\" {\n  provider = microk8s\n  system_as = 64512\n}\n";
    let workspace = Workspace::new(&lab, bgp).await.unwrap();
    let wrong = acceptance::provider_block(&lab).replace(lab.router().unwrap().api_key(), "not-this-one");
    workspace.write("main.tf", &format!("{wrong}\n{bgp}")).unwrap();
    let errors = workspace.apply().await.unwrap().failed();
    assert!(
        errors.iter().all(|error| error.detail.contains("API key") && error.detail.contains("10.0.0.1")),
        "{errors:?}"
    );
    assert!(errors.iter().all(|error| !error.detail.contains("not-this-one")), "the key is told");
    workspace.configure(bgp).unwrap();
    workspace.apply().await.unwrap().succeeded();
    workspace.write("main.tf", &format!("{wrong}\n{bgp}")).unwrap();
    let plan = workspace.plan().await.unwrap().plans_nothing();
    assert_eq!(plan.warnings().len(), 1, "{plan:?}");
}

#[track_caller]
fn points_at(what: &str, errors: &[Diagnostic], code: &str, says: &[&str]) {
    let fits = |error: &&Diagnostic| {
        let text = format!("{} {}", error.summary, error.detail);
        error.code.starts_with(code) && says.iter().all(|words| text.contains(words))
    };
    assert!(
        errors.iter().any(|error| fits(&error)),
        "{what}: none of these points at `{code}` and says {says:?}: {errors:#?}"
    );
}
