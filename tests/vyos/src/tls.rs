//! The certificate of the API: a certificate authority of the router's own, and a server certificate by it.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Name of the authority's certificate in the router's folder.
pub const CA_FILE: &str = "ca.pem";

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// It could not be made.
    #[error("unable to make the router's certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// It could not be used.
    #[error("unable to use the router's certificate: {0}")]
    Server(#[from] rustls::Error),
    /// The authority could not be written down.
    #[error("unable to write the router's certificate authority: {0}")]
    File(#[from] std::io::Error),
}

/// Makes both certificates, valid for an address and some names, and writes the authority's to the folder.
pub(crate) fn server(
    address: IpAddr,
    names: &[String],
    folder: &Path,
) -> Result<Arc<ServerConfig>, TlsError> {
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
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(Arc::new(config))
}
