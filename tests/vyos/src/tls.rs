//! The certificate of the API: a certificate authority of the router's own, and a server certificate by it.

use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Name of the authority's certificate in the router's folder.
pub const CA_FILE: &str = "ca.pem";
/// Name of the server's certificate and key there.
const SERVER_FILE: &str = "server.pem";

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// It could not be made.
    #[error("unable to make the router's certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// It could not be used.
    #[error("unable to use the router's certificate: {0}")]
    Server(#[from] rustls::Error),
    /// It could not be written down.
    #[error("unable to write the router's certificate: {0}")]
    File(#[from] std::io::Error),
    /// What was written down does not read.
    #[error("unable to read the router's certificate: {0}")]
    Pem(#[from] pem::Error),
}

/// A certificate that is part of the configuration, as `pki certificate` has it: base64 without PEM's first
/// and last line.
pub(crate) struct Configured<'tree> {
    pub(crate) certificate: &'tree str,
    pub(crate) key: &'tree str,
}

/// The certificate of the router that lives in the folder: what is configured, else one that is made at its
/// first start and kept from then on.
pub(crate) fn server(
    address: IpAddr,
    names: &[String],
    folder: &Path,
    configured: Option<Configured<'_>>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let file = folder.join(SERVER_FILE);
    let (chain, key) = match configured {
        Some(configured) => (
            vec![CertificateDer::from_pem_slice(&armoured("CERTIFICATE", configured.certificate))?],
            PrivateKeyDer::from_pem_slice(&armoured("PRIVATE KEY", configured.key))?,
        ),
        None => {
            if !file.exists() {
                make(address, names, folder)?;
            }
            let chain = CertificateDer::pem_file_iter(&file)?.collect::<Result<Vec<_>, _>>()?;
            (chain, PrivateKeyDer::from_pem_file(&file)?)
        }
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(Arc::new(config))
}

fn armoured(label: &str, base64: &str) -> Vec<u8> {
    format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n").into_bytes()
}

/// Makes both certificates, valid for an address and some names.
fn make(address: IpAddr, names: &[String], folder: &Path) -> Result<(), TlsError> {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "VyOS stand-in");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let names: Vec<String> = std::iter::once(address.to_string()).chain(names.iter().cloned()).collect();
    let key = KeyPair::generate()?;
    let mut server = CertificateParams::new(names)?;
    server.distinguished_name.push(DnType::CommonName, "vyos");
    let certificate = server.signed_by(&key, &authority)?;
    std::fs::write(folder.join(CA_FILE), authority.pem())?;
    let mut options = std::fs::OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).open(folder.join(SERVER_FILE))?;
    file.write_all(certificate.pem().as_bytes())?;
    file.write_all(key.serialize_pem().as_bytes())?;
    Ok(())
}
