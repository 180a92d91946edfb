//! What comparing the objects of a plan costs: N nodes, the members that they are and N neighbors of one
//! router, with pools, a peer and filters, so that every rule runs. Fails where an object of a large plan
//! costs much more than one of a small plan.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints what it measures")]

use std::collections::BTreeMap;
use std::time::Duration;
use terraform_provider_microk8s::connection::router::{RouterSettings, Routers};
use terraform_provider_microk8s::cross_checks::CrossChecks;
use terraform_provider_microk8s::session::CrossCheck;
use tfplugin::types::Secret;
use tfplugin::{Number, ObservedPlan, Value};

const SIZES: [usize; 5] = [100, 200, 400, 800, 1600];
/// What the longest plan may cost more for each object than the shortest; maps grow by their logarithm.
const MOST: f64 = 3.0;

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn object(attributes: &[(&str, Value)]) -> Value {
    Value::Object(attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn number(number: u64) -> Value {
    Value::Number(Number::from(number))
}

/// The objects beside nodes, members and neighbors.
fn frame() -> Vec<(&'static str, Value)> {
    let cluster = ("cluster", text("10.1.0.1"));
    let ranges = Value::List(vec![text("2001:db8:f000:2::/64"), text("192.0.2.0/26")]);
    let rule =
        object(&[("action", text("permit")), ("prefix", text("2001:db8:f000:2::/64")), ("le", number(128))]);
    let rules = Value::Map(BTreeMap::from([("10".to_owned(), rule)]));
    vec![
        ("microk8s_cluster_ipv6", object(&[("host", text("10.1.0.1")), ("cluster_cidr", text("fd01::/64"))])),
        ("calico_ippool", object(&[cluster.clone(), ("name", text("pods")), ("cidr", text("fd01::/64"))])),
        ("microk8s_addon", object(&[("host", text("10.1.0.1")), ("name", text("metallb"))])),
        (
            "metallb_bgp_peer",
            object(&[
                cluster.clone(),
                ("name", text("edge")),
                ("my_asn", number(64512)),
                ("peer_asn", number(64512)),
                ("peer_address", text("10.255.0.1")),
                ("dual_stack_address_family", Value::Bool(true)),
            ]),
        ),
        (
            "metallb_ip_address_pool",
            object(&[cluster.clone(), ("name", text("public")), ("addresses", ranges)]),
        ),
        (
            "metallb_bgp_advertisement",
            object(&[cluster, ("name", text("all")), ("aggregation_length_v6", number(128))]),
        ),
        ("vyos_bgp", object(&[("router", text("edge")), ("system_as", number(64512))])),
        ("vyos_prefix_list6", object(&[("router", text("edge")), ("name", text("LB")), ("rules", rules)])),
    ]
}

fn node(number: usize) -> (&'static str, Value) {
    ("microk8s_node", object(&[("host", text(&address(number)))]))
}

fn member(number: usize) -> (&'static str, Value) {
    let of = [("host", text(&address(number))), ("cluster", text("10.1.0.1")), ("role", text("worker"))];
    ("microk8s_cluster_member", object(&of))
}

fn neighbor(number: usize) -> (&'static str, Value) {
    let family = object(&[("prefix_list_import", text("LB"))]);
    let of = [
        ("router", text("edge")),
        ("address", text(&address(number))),
        ("remote_as", text("internal")),
        ("ipv6_unicast", family),
    ];
    ("vyos_bgp_neighbor", object(&of))
}

fn address(number: usize) -> String {
    format!("10.2.{}.{}", number / 250, number % 250 + 1)
}

fn routers() -> Routers {
    let settings = RouterSettings {
        url: "https://10.255.0.1".to_owned(),
        api_key: Secret::new("none"),
        ca_certificate: None,
        insecure_skip_certificate_verification: false,
    };
    Routers::new(BTreeMap::from([("edge".to_owned(), Some(settings))]))
}

/// What this thread has used of a processor, whoever else runs.
fn processor_time() -> Duration {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(times.split(' ').next().unwrap().parse().unwrap())
}

fn plan(size: usize, routers: &Routers) -> Duration {
    let of_each = (0..size).flat_map(|number| [node(number), member(number), neighbor(number)]);
    let objects: Vec<_> = frame().into_iter().chain(of_each).collect();
    let checks = CrossChecks::default();
    let begin = processor_time();
    let found = objects.iter().map(|(type_name, object)| {
        let planned = ObservedPlan { type_name, config: object, object, is_again: false };
        checks.planned(routers, &planned).iter().count()
    });
    let found: usize = found.sum();
    let taken = processor_time() - begin;
    assert_eq!(found, 0, "all of them fit");
    taken
}

fn main() {
    let routers = routers();
    plan(100, &routers);
    let mut of_each = Vec::new();
    for size in SIZES {
        let fastest = (0..3).map(|_| plan(size, &routers)).min().unwrap();
        let each = fastest.as_secs_f64() * 1e6 / (3 * size) as f64;
        println!(
            "{size} nodes + {size} members + {size} neighbors: {:.1} ms, {each:.2} µs an object",
            fastest.as_secs_f64() * 1e3
        );
        of_each.push(each);
    }
    let (least, last) = (of_each.first().unwrap(), of_each.last().unwrap());
    assert!(last / least <= MOST, "an object of the largest plan costs {:.1} times as much", last / least);
}
