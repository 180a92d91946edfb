//! Which certificate a router may show.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::sync::Arc;

/// TLS that trusts what `pem` holds and nothing else: a certificate signed by one of them, or one of them
/// itself. The latter is for the certificate that VyOS makes for itself, whose name is never the router's
/// address.
pub(super) fn only(pem: &str) -> Result<ClientConfig, String> {
    let cryptography = Arc::new(aws_lc_rs::default_provider());
    let given = Given::read(pem, &cryptography)?;
    let builder = ClientConfig::builder_with_provider(cryptography)
        .with_safe_default_protocol_versions()
        .map_err(|problem| format!("TLS: {problem}"))?;
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(given)).with_no_client_auth())
}

#[derive(Debug)]
struct Given {
    given: Vec<CertificateDer<'static>>,
    signed: Arc<WebPkiServerVerifier>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Given {
    fn read(pem: &str, cryptography: &Arc<CryptoProvider>) -> Result<Self, String> {
        let given: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pem.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|problem| format!("ca_certificate is not PEM: {problem}"))?;
        if given.is_empty() {
            return Err("ca_certificate holds no `-----BEGIN CERTIFICATE-----`".to_owned());
        }
        let mut roots = RootCertStore::empty();
        for certificate in &given {
            roots.add(certificate.clone()).map_err(|problem| {
                format!("ca_certificate holds something that is no certificate: {problem}")
            })?;
        }
        let signed = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(cryptography))
            .build()
            .map_err(|problem| format!("ca_certificate cannot be an authority: {problem}"))?;
        Ok(Self { given, signed, algorithms: cryptography.signature_verification_algorithms })
    }
}

impl ServerCertVerifier for Given {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.given.iter().any(|one| one == shown) {
            return Ok(ServerCertVerified::assertion());
        }
        self.signed.verify_server_cert(shown, intermediates, name, stapled, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, shown, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, shown, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted(pem: &str, shown: &rcgen::Certificate, address: &str) -> bool {
        let given = Given::read(pem, &Arc::new(aws_lc_rs::default_provider())).unwrap();
        let name = ServerName::try_from(address).unwrap();
        given.verify_server_cert(shown.der(), &[], &name, &[], UnixTime::now()).is_ok()
    }

    fn self_signed(name: &str) -> rcgen::Certificate {
        rcgen::generate_simple_self_signed([name.to_owned()]).unwrap().cert
    }

    #[test]
    fn the_very_certificate_is_trusted_whatever_its_name() {
        let own = self_signed("vyos");
        assert!(trusted(&own.pem(), &own, "10.0.0.1"));
        let other = self_signed("vyos");
        assert!(!trusted(&own.pem(), &other, "vyos"));
    }

    #[test]
    fn what_holds_no_certificate_is_told() {
        for pem in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            let told = only(pem).unwrap_err();
            assert!(told.starts_with("ca_certificate"), "{told}");
        }
    }
}
