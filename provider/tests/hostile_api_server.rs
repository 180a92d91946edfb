//! Every read of every type in a cluster against an API server that is none: it ends in time, with an error,
//! and the process stays small. A new type is in the tables by being served; what it needs to be asked for is
//! beside it here.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail as the test does")]

use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use terraform_provider_microk8s::provider::Microk8s;
use tfplugin::Provider;
use tfplugin::schema::Schema;
use tfplugin::testing::Harness;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The most that the process may ever have held.
const MOST_MEMORY_KIB: u64 = 256 << 10;

/// The longest that one read may take: a list has 60 s.
const LONGEST: Duration = Duration::from_secs(100);

/// What the peer does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    /// Says nothing.
    Silent,
    /// Says a byte a second.
    Slow,
    /// Headers without end.
    EndlessHeaders,
    /// An object, or a list, without end.
    EndlessBody,
    /// The same as a refusal.
    EndlessRefusal,
    /// Pages without end, with an object each.
    EndlessPages,
    /// The same, of some MiB each.
    HugePages,
    /// Every next page is of a list that is forgotten.
    Expired,
    /// A small text that takes much memory as values.
    Dense,
}

const ALL: [Peer; 9] = [
    Peer::Silent,
    Peer::Slow,
    Peer::EndlessHeaders,
    Peer::EndlessBody,
    Peer::EndlessRefusal,
    Peer::EndlessPages,
    Peer::HugePages,
    Peer::Expired,
    Peer::Dense,
];

/// How to ask for a resource: an import id, and a configuration whose plan looks at the cluster.
fn resources() -> Vec<(&'static str, &'static str, Json)> {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "edge"}});
    vec![
        ("calico_ippool", "edge", json!({"name": "edge", "cidr": "10.9.0.0/16"})),
        ("calico_felix_configuration", "default", json!({"name": "default"})),
        ("calico_global_network_policy", "edge", json!({"name": "edge"})),
        ("calico_global_network_set", "edge", json!({"name": "edge"})),
        ("calico_host_endpoint", "edge", json!({"name": "edge", "node": "edge", "interface_name": "*"})),
        ("calico_ip_reservation", "edge", json!({"name": "edge", "reserved_cidrs": ["10.9.0.0/28"]})),
        ("calico_network_policy", "edge", json!({"name": "edge"})),
        ("metallb_bfd_profile", "edge", json!({"name": "edge"})),
        ("metallb_bgp_advertisement", "edge", json!({"name": "edge"})),
        (
            "metallb_bgp_peer",
            "edge",
            json!({"name": "edge", "my_asn": 1, "peer_asn": 2, "peer_address": "10.0.0.1"}),
        ),
        (
            "metallb_community",
            "edge",
            json!({"name": "edge", "communities": [{"name": "a", "value": "1:2"}]}),
        ),
        ("metallb_ip_address_pool", "edge", json!({"name": "edge", "addresses": ["10.9.0.0/24"]})),
        ("metallb_l2_advertisement", "edge", json!({"name": "edge"})),
        ("microk8s_object", "Secret.v1/default/edge", json!({"manifest": secret})),
    ]
}

fn data_sources() -> Vec<(&'static str, Json)> {
    vec![("metallb_bgp_sessions", json!({})), ("metallb_service_addresses", json!({}))]
}

#[test]
fn every_type_in_a_cluster_is_asked_for() {
    fn in_a_cluster<'a>(all: impl Iterator<Item = (&'static str, &'a Schema)>) -> BTreeSet<&'static str> {
        let has = |schema: &Schema, name: &str| schema.attribute(name).is_some();
        all.filter(|(_, schema)| has(schema, "cluster") && !has(schema, "host"))
            .map(|(name, _)| name)
            .collect()
    }
    let table = Microk8s::registry();
    assert_eq!(
        resources().into_iter().map(|(name, ..)| name).collect::<BTreeSet<_>>(),
        in_a_cluster(table.resources())
    );
    assert_eq!(
        data_sources().into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>(),
        in_a_cluster(table.data_sources())
    );
}

/// Serves until the test ends.
async fn serve(peer: Peer) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // The client hangs up in the end.
            tokio::spawn(async move { answer(stream, peer).await.ok() });
        }
    });
    port
}

async fn answer(mut stream: TcpStream, peer: Peer) -> std::io::Result<()> {
    let mut asked = Vec::new();
    while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut piece = [0; 1024];
        match stream.read(&mut piece).await? {
            0 => return Ok(()),
            length => asked.extend_from_slice(piece.get(..length).unwrap_or_default()),
        }
    }
    let whole = |body: String| {
        let length = body.len();
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    };
    let asked = String::from_utf8_lossy(&asked).into_owned();
    let next = |items: &str| {
        whole(format!(
            r#"{{"metadata": {{"continue": "more", "name": "edge", "uid": "1"}}, "items": [{items}]}}"#
        ))
    };
    match peer {
        Peer::Silent => tokio::time::sleep(Duration::from_secs(600)).await,
        Peer::Slow => {
            for byte in whole(" ".repeat(1 << 20)).bytes() {
                stream.write_all(&[byte]).await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Peer::EndlessHeaders => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            loop {
                stream.write_all(format!("X-More: {}\r\n", "x".repeat(1000)).as_bytes()).await?;
            }
        }
        Peer::EndlessBody | Peer::EndlessRefusal => {
            let code = if peer == Peer::EndlessBody { "200 OK" } else { "422 Unprocessable Entity" };
            let head =
                format!("HTTP/1.1 {code}\r\nConnection: close\r\n\r\n{{\"metadata\": {{}}, \"items\": [");
            stream.write_all(head.as_bytes()).await?;
            let more = r#"{"metadata": {"name": "edge"}},"#.repeat(1 << 10);
            loop {
                stream.write_all(more.as_bytes()).await?;
            }
        }
        Peer::EndlessPages => stream.write_all(next(r#"{"metadata": {"name": "edge"}}"#).as_bytes()).await?,
        Peer::HugePages => {
            let item =
                format!(r#"{{"metadata": {{"name": "edge"}}, "spec": {{"x": "{}"}}}}"#, "y".repeat(1 << 20));
            stream.write_all(next(&vec![item; 6].join(",")).as_bytes()).await?;
        }
        Peer::Expired if asked.contains("continue=") => {
            let body = r#"{"kind": "Status", "status": "Failure", "code": 410, "reason": "Expired", "message": "too old"}"#;
            let head = format!(
                "HTTP/1.1 410 Gone\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(head.as_bytes()).await?;
        }
        Peer::Expired => stream.write_all(next("").as_bytes()).await?,
        Peer::Dense => {
            let dense =
                format!(r#"{{"metadata": {{"name": "edge"}}, "spec": [{}0]}}"#, "[],".repeat(1 << 20));
            stream
                .write_all(
                    whole(format!(
                        r#"{{"metadata": {{}}, "spec": [{}0], "items": [{dense}]}}"#,
                        "[],".repeat(1 << 18)
                    ))
                    .as_bytes(),
                )
                .await?;
        }
    }
    stream.shutdown().await
}

/// The most that this process ever held.
fn most_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Whether every read of an object fails against this peer; pages are asked for by lists alone.
fn fails_for_objects(peer: Peer) -> bool {
    !matches!(peer, Peer::EndlessPages | Peer::HugePages | Peer::Expired)
}

async fn run(port: u16) -> (Harness<Microk8s>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("kubeconfig");
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": format!("http://127.0.0.1:{port}")}}],
        "users": [{"name": "test", "user": {}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
    });
    std::fs::write(&path, kubeconfig.to_string()).unwrap();
    (Harness::new(&json!({"kubernetes": {"config_path": path}})).await.unwrap(), directory)
}

/// All reads of all types against one peer, each with a run of its own.
async fn against(peer: Peer) {
    let port = serve(peer).await;
    let mut reads = Vec::new();
    for (name, id, config) in resources() {
        reads.push((name, Some(id), config));
    }
    reads.extend(data_sources().into_iter().map(|(name, config)| (name, None, config)));
    let read = |(name, id, config): (&'static str, Option<&'static str>, Json)| async move {
        let (run, _directory) = run(port).await;
        let began = Instant::now();
        let told = match id {
            Some(id) => {
                let imported = run.import(name, id).await;
                let told = imported.as_ref().err().map(ToString::to_string);
                assert!(told.is_some() || !fails_for_objects(peer), "{name} was imported from {peer:?}");
                // A plan is complete without a cluster; it only has to end, and not to grow.
                let _ = run.plan(name, None, &config).await;
                told
            }
            None => {
                let read = run.read_data_source(name, &config).await;
                Some(read.err().unwrap_or_else(|| panic!("{name} was read from {peer:?}")).to_string())
            }
        };
        assert!(began.elapsed() < LONGEST, "{name} took {:?} with {peer:?}", began.elapsed());
        let told = told.unwrap_or_default();
        assert!(told.len() < 16 << 10, "{name}, {peer:?}: {} bytes", told.len());
        if peer == Peer::EndlessBody {
            assert!(told.contains("is longer than"), "{name}: {told}");
        }
        if matches!(peer, Peer::Silent | Peer::Slow) {
            assert!(told.contains("no whole answer within 30 s"), "{name}: {told}");
        }
    };
    // All at once where most of it is waiting.
    if matches!(peer, Peer::Silent | Peer::Slow | Peer::EndlessHeaders) {
        let mut all = tokio::task::JoinSet::new();
        for one in reads {
            all.spawn_local(read(one));
        }
        all.join_all().await;
    } else {
        for one in reads {
            read(one).await;
        }
    }
    let most = most_memory_kib();
    assert!(most < MOST_MEMORY_KIB, "{peer:?}: {} MiB", most >> 10);
}

#[test]
fn no_answer_of_an_api_server_fills_the_memory_or_takes_for_ever() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        // Those that only wait, wait together.
        let (waiting, busy): (Vec<_>, Vec<_>) = ALL
            .into_iter()
            .partition(|peer| matches!(peer, Peer::Silent | Peer::Slow | Peer::EndlessHeaders));
        let mut together = tokio::task::JoinSet::new();
        for peer in waiting {
            together.spawn_local(against(peer));
        }
        together.join_all().await;
        for peer in busy {
            let began = Instant::now();
            against(peer).await;
            eprintln!("{peer:?}: {:?}, most memory so far {} MiB", began.elapsed(), most_memory_kib() >> 10);
        }
    });
}
