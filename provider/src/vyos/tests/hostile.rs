//! Who answers in the place of a router and never comes to an end: every type's read and every data source,
//! against each such peer. A type joins by its entry in [`super::objects::CASES`].

use super::objects::{CASES, Case};
use super::*;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tfplugin::Provider;

/// What a peer sends.
#[derive(Clone, Copy, Debug)]
enum Peer {
    /// A body without end, all of it one text.
    EndlessText,
    /// A configuration without end.
    EndlessConfig,
    /// Headers without end.
    EndlessHeaders,
    /// A byte a second.
    Drip,
    /// Nothing.
    Silent,
}

/// The most that a peer gets rid of in one read: the longest answer, and what waits in sockets.
const MOST_SENT: usize = 48 << 20;

/// Listens until the process ends; the address, and how much was sent.
fn start(peer: Peer) -> (String, Arc<AtomicUsize>) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, counter) = (Arc::clone(&config), Arc::clone(&counter));
            std::thread::spawn(move || {
                let stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
                // It ends with the connection.
                drop(answer(stream, peer, &counter));
            });
        }
    });
    (url, sent)
}

fn answer(
    mut stream: StreamOwned<ServerConnection, TcpStream>,
    peer: Peer,
    sent: &AtomicUsize,
) -> std::io::Result<()> {
    let mut request = vec![0; 64 << 10];
    if stream.read(&mut request)? == 0 {
        return Ok(());
    }
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999999999999\r\n\r\n";
    let (begin, piece) = match peer {
        Peer::EndlessText => (format!("{head}{{\"success\": true, \"data\": \""), "y".repeat(16 << 10)),
        Peer::EndlessConfig => {
            (format!("{head}{{\"success\": true, \"data\": {{\"a\": {{"), "\"b\":{},".repeat(2000))
        }
        Peer::EndlessHeaders => ("HTTP/1.1 200 OK\r\n".to_owned(), "X-More: yes\r\n".repeat(1000)),
        Peer::Drip => (format!("{head}{{\"success\": true, \"data\": \""), "y".to_owned()),
        Peer::Silent => (String::new(), String::new()),
    };
    stream.write_all(begin.as_bytes())?;
    stream.flush()?;
    let (_kept, never) = std::sync::mpsc::channel::<()>();
    loop {
        match peer {
            Peer::Silent if stream.read(&mut request)? == 0 => return Ok(()),
            Peer::Drip => drop(never.recv_timeout(Duration::from_secs(1))),
            _ => {}
        }
        stream.write_all(piece.as_bytes())?;
        stream.flush()?;
        sent.fetch_add(piece.len(), Ordering::Relaxed);
    }
}

/// A run with such a peer as its router.
async fn run(peer: Peer) -> (Harness<Routing>, Arc<AtomicUsize>) {
    let (url, sent) = start(peer);
    let edge = json!({"url": url, "api_key": KEY, "insecure_skip_certificate_verification": true});
    (Harness::new(&json!({"routers": {"edge": edge}})).await.unwrap(), sent)
}

/// A state of every type.
async fn states() -> Vec<State> {
    let edge = Edge::start(Version::V1_4).await;
    let mut states = Vec::new();
    for case in CASES {
        states.push(made(&edge, case).await);
    }
    edge.router.stop().await;
    states
}

async fn made(edge: &Edge, case: &Case) -> State {
    if !case.before.is_empty() {
        edge.configure(case.before).await;
    }
    let run = edge.run().await;
    let state = run.create(case.type_name, &with((case.config)(), json!({"router": "edge"}))).await.unwrap();
    run.destroy(&state).await.unwrap();
    state
}

const DATA_SOURCES: [&str; 2] = ["vyos_bgp_summary", "vyos_routes"];

#[test]
fn every_type_is_in_the_table() {
    let served = Routing::registry();
    let resources = served.resources().map(|(name, _)| name).filter(|name| name.starts_with("vyos_"));
    assert_eq!(resources.collect::<BTreeSet<_>>(), CASES.iter().map(|case| case.type_name).collect());
    let sources = served.data_sources().map(|(name, _)| name).filter(|name| name.starts_with("vyos_"));
    assert_eq!(sources.collect::<BTreeSet<_>>(), BTreeSet::from(DATA_SOURCES));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_read_takes_more_than_its_share() {
    let states = states().await;
    for peer in [Peer::EndlessText, Peer::EndlessConfig, Peer::EndlessHeaders] {
        for state in &states {
            let (run, sent) = run(peer).await;
            let begun = Instant::now();
            let (kept, found) = run.read(state).await.unwrap();
            assert_eq!(kept.unwrap().object, state.object, "{peer:?} {}", state.type_name);
            assert_eq!(found.iter().count(), 1, "{peer:?} {}: {found:?}", state.type_name);
            bounded(peer, &state.type_name, begun, &sent);
        }
        for name in DATA_SOURCES {
            let (run, sent) = run(peer).await;
            let begun = Instant::now();
            let failed = run.read_data_source(name, &json!({"router": "edge"})).await.unwrap_err();
            assert_eq!(failed.diagnostics.iter().count(), 1, "{peer:?} {name}: {failed}");
            bounded(peer, name, begun, &sent);
        }
    }
}

fn bounded(peer: Peer, name: &str, begun: Instant, sent: &AtomicUsize) {
    assert!(begun.elapsed() < Duration::from_secs(30), "{peer:?} {name}: {:?}", begun.elapsed());
    let sent = sent.load(Ordering::Relaxed);
    assert!(sent < MOST_SENT, "{peer:?} {name}: {sent} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn terraforms_stop_ends_every_read_at_once() {
    let states = states().await;
    for peer in [Peer::Drip, Peer::Silent] {
        for state in &states {
            let (run, _) = run(peer).await;
            let stopped = async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                run.stop();
                Instant::now()
            };
            let (read, stopped) = tokio::join!(run.read(state), stopped);
            assert_eq!(read.unwrap().0.unwrap().object, state.object);
            assert!(stopped.elapsed() < Duration::from_secs(1), "{peer:?} {}", state.type_name);
        }
        for name in DATA_SOURCES {
            let (run, _) = run(peer).await;
            let stopped = async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                run.stop();
                Instant::now()
            };
            let config = json!({"router": "edge"});
            let (read, stopped) = tokio::join!(run.read_data_source(name, &config), stopped);
            assert!(read.is_err() && stopped.elapsed() < Duration::from_secs(1), "{peer:?} {name}");
        }
    }
}
