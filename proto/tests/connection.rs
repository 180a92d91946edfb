//! Who may talk to the plugin: the holder of the certificate that core handed over, and nobody else.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers fail as the test does")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::uri::PathAndQuery;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, PKCS_ECDSA_P521_SHA512};
use rustls::client::ResolvesClientCert;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, SignatureScheme};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// A certificate like core's: P-521, self-signed, an authority and a client at once.
struct Client {
    certificate: CertificateDer<'static>,
    pem: String,
    key: KeyPair,
}

fn client() -> Client {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
    let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = parameters.self_signed(&key).unwrap();
    Client { certificate: certificate.der().clone(), pem: certificate.pem(), key }
}

/// A running plugin, and what it said about itself.
struct Plugin {
    process: Child,
    socket: PathBuf,
    certificate: CertificateDer<'static>,
    _directory: tempfile::TempDir,
}

async fn start(client: &Client) -> Plugin {
    let test = std::env::current_exe().unwrap();
    let sample = test.parent().unwrap().with_file_name("examples").join("sample");
    assert!(sample.exists(), "{} is missing: run `cargo build -p tfplugin --examples`", sample.display());
    let directory = tempfile::Builder::new().prefix("tf").tempdir().unwrap();
    // Whoever is kept out is kept out by the plugin and not by this directory.
    std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let mut process = Command::new(sample)
        .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
        .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
        .env("PLUGIN_CLIENT_CERT", &client.pem)
        .env("PLUGIN_UNIX_SOCKET_DIR", directory.path())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = output.next_line().await.unwrap().unwrap();
    let fields: Vec<&str> = line.split('|').collect();
    assert_eq!((fields[0], fields[1], fields[2], fields[4]), ("1", "6", "unix", "grpc"), "{line}");
    // Standard output is at its end: nothing more can be said there.
    assert_eq!(output.next_line().await.unwrap(), None);
    let certificate = CertificateDer::from(STANDARD_NO_PAD.decode(fields[5]).unwrap());
    Plugin { process, socket: PathBuf::from(fields[3]), certificate, _directory: directory }
}

/// Presents any certificate with any key, whether they belong together or not.
#[derive(Debug)]
struct Presents(Option<Arc<CertifiedKey>>);

impl ResolvesClientCert for Presents {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.clone()
    }

    fn has_certs(&self) -> bool {
        self.0.is_some()
    }
}

fn presents(certificate: &CertificateDer<'static>, key: &KeyPair) -> Presents {
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let key = rustls::crypto::aws_lc_rs::sign::any_ecdsa_type(&key).unwrap();
    Presents(Some(Arc::new(CertifiedKey::new(vec![certificate.clone()], key))))
}

/// A channel as core makes it, with whatever the client presents.
async fn connect(plugin: &Plugin, presents: Presents) -> Result<Channel, tonic::transport::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(plugin.certificate.clone()).unwrap();
    let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_client_cert_resolver(Arc::new(presents));
    config.alpn_protocols = vec![b"h2".to_vec()];
    let (connector, socket) = (TlsConnector::from(Arc::new(config)), plugin.socket.clone());
    let dial = tower::service_fn(move |_| {
        let (connector, socket) = (connector.clone(), socket.clone());
        async move {
            let stream = UnixStream::connect(socket).await?;
            let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>(TokioIo::new(connector.connect(name, stream).await?))
        }
    });
    Endpoint::from_static("http://localhost").connect_with_connector(dial).await
}

#[derive(Clone, PartialEq, prost::Message)]
struct Nothing {}

#[derive(Clone, PartialEq, prost::Message)]
struct Service {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Health {
    #[prost(int32, tag = "1")]
    status: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Metadata {
    #[prost(message, repeated, tag = "4")]
    resources: Vec<Service>,
}

async fn call<Q, A>(channel: Channel, method: &'static str, request: Q) -> Result<A, tonic::Status>
where
    Q: prost::Message + Default + Send + Sync + 'static,
    A: prost::Message + Default + Send + Sync + 'static,
{
    let mut grpc = tonic::client::Grpc::new(channel);
    grpc.ready().await.map_err(|error| tonic::Status::unavailable(error.to_string()))?;
    let codec = ProstCodec::<Q, A>::default();
    let request = tonic::Request::new(request);
    Ok(grpc.unary(request, PathAndQuery::from_static(method), codec).await?.into_inner())
}

async fn types(channel: Channel) -> Result<Vec<String>, tonic::Status> {
    let metadata: Metadata = call(channel, "/tfplugin6.Provider/GetMetadata", Nothing {}).await?;
    Ok(metadata.resources.into_iter().map(|one| one.name).collect())
}

/// Whether a client with this certificate can have anything of the plugin.
async fn is_served(plugin: &Plugin, presents: Presents) -> bool {
    match connect(plugin, presents).await {
        Ok(channel) => types(channel).await.is_ok(),
        Err(_) => false,
    }
}

#[tokio::test]
async fn only_cores_certificate_with_its_key_is_served() {
    let core = client();
    let mut plugin = start(&core).await;
    let stranger = client();

    assert!(!is_served(&plugin, Presents(None)).await, "without a certificate");
    assert!(
        !is_served(&plugin, presents(&stranger.certificate, &stranger.key)).await,
        "with another certificate"
    );
    assert!(
        !is_served(&plugin, presents(&core.certificate, &stranger.key)).await,
        "without the certificate's key"
    );
    let socket = plugin.socket.clone();
    let plain = tower::service_fn(move |_| {
        let socket = socket.clone();
        async move { UnixStream::connect(socket).await.map(TokioIo::new) }
    });
    let plain = Endpoint::from_static("http://localhost").connect_with_connector(plain).await;
    let plain = match plain {
        Ok(channel) => types(channel).await.is_ok(),
        Err(_) => false,
    };
    assert!(!plain, "without TLS");

    // The control: the same process, the same way of asking, and one who is silent beside it.
    let _silent = UnixStream::connect(&plugin.socket).await.unwrap();
    let channel = connect(&plugin, presents(&core.certificate, &core.key)).await.unwrap();
    assert_eq!(types(channel.clone()).await.unwrap(), ["sample_file"]);
    let health: Health =
        call(channel.clone(), "/grpc.health.v1.Health/Check", Service { name: "plugin".to_owned() })
            .await
            .unwrap();
    assert_eq!(health.status, 1);
    let unknown: Result<Nothing, _> =
        call(channel.clone(), "/tfplugin6.Provider/GetStates", Nothing {}).await;
    assert_eq!(unknown.unwrap_err().code(), tonic::Code::Unimplemented);

    let _: Nothing = call(channel, "/plugin.GRPCController/Shutdown", Nothing {}).await.unwrap();
    let status = tokio::time::timeout(Duration::from_secs(1), plugin.process.wait()).await;
    assert!(status.expect("an end within a second").unwrap().success());
    assert!(!plugin.socket.parent().unwrap().exists());
}

#[tokio::test]
async fn the_plugin_ends_when_core_hangs_up() {
    let core = client();
    let mut plugin = start(&core).await;
    let channel = connect(&plugin, presents(&core.certificate, &core.key)).await.unwrap();
    types(channel.clone()).await.unwrap();
    assert!(plugin.process.try_wait().unwrap().is_none());
    drop(channel);
    let status = tokio::time::timeout(Duration::from_secs(2), plugin.process.wait()).await;
    assert!(status.expect("an end within two seconds").unwrap().success());
    assert!(!plugin.socket.parent().unwrap().exists());
}

/// Whether a user can see that the socket is there.
async fn sees(socket: &Path, user: Option<u32>) -> bool {
    let mut test = Command::new("test");
    test.arg("-S").arg(socket);
    if let Some(user) = user {
        test.uid(user).gid(user);
    }
    test.status().await.unwrap().success()
}

#[tokio::test]
async fn another_user_cannot_reach_the_socket() {
    let plugin = start(&client()).await;
    let directory = std::fs::metadata(plugin.socket.parent().unwrap()).unwrap();
    assert_eq!(directory.permissions().mode() & 0o777, 0o700);
    assert!(sees(&plugin.socket, None).await);
    // Only root can become another user to see what that one sees.
    if directory.uid() == 0 {
        assert!(!sees(&plugin.socket, Some(65534)).await);
        std::fs::set_permissions(plugin.socket.parent().unwrap(), PermissionsExt::from_mode(0o755)).unwrap();
        assert!(
            sees(&plugin.socket, Some(65534)).await,
            "it was the directory's mode that kept the user out"
        );
    }
}

#[tokio::test]
async fn nothing_is_printed_to_a_person_but_the_hint() {
    let test = std::env::current_exe().unwrap();
    let sample = test.parent().unwrap().with_file_name("examples").join("sample");
    let output = Command::new(sample).env_remove("TF_PLUGIN_MAGIC_COOKIE").output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let hint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(hint.contains("is a Terraform provider and is started by Terraform itself"), "{hint}");
}
