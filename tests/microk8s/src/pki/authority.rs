//! A certificate authority kept as two PEM files.

use crate::failure::{Result, Tried};
use crate::layout::{read, write};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
pub(crate) const TEN_YEARS: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
pub(crate) const ONE_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Whom a certificate is for, and how long.
pub(crate) struct Subject<'a> {
    pub(crate) name: &'a str,
    pub(crate) group: Option<&'a str>,
    pub(crate) alternatives: Vec<SanType>,
    pub(crate) validity: Duration,
}

/// The CA in `<stem>.crt` and `<stem>.key`.
pub(crate) struct Authority {
    certificate: PathBuf,
    key: PathBuf,
}

impl Authority {
    pub(crate) fn at(directory: &Path, stem: &str) -> Self {
        Self {
            certificate: directory.join(format!("{stem}.crt")),
            key: directory.join(format!("{stem}.key")),
        }
    }

    /// Makes the two files with a new key.
    pub(crate) fn create(&self, name: &str) -> Result<()> {
        let key = KeyPair::generate().tried(|| "Cannot make a key for the CA".into())?;
        let mut parameters = parameters(name, None, TEN_YEARS);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let certificate = parameters.self_signed(&key).tried(|| "Cannot sign the CA".into())?;
        write(&self.certificate, &certificate.pem())?;
        write(&self.key, &key.serialize_pem())
    }

    fn issuer(&self) -> Result<Issuer<'static, KeyPair>> {
        let key =
            KeyPair::from_pem(&read(&self.key)?).tried(|| format!("Cannot read {}", self.key.display()))?;
        Issuer::from_ca_cert_pem(&read(&self.certificate)?, key)
            .tried(|| format!("Cannot read {}", self.certificate.display()))
    }

    /// Makes `<stem>.crt` and `<stem>.key` in `directory`, signed by this CA. A key that is there is kept.
    pub(crate) fn issue(&self, directory: &Path, stem: &str, subject: Subject<'_>) -> Result<()> {
        let key_file = directory.join(format!("{stem}.key"));
        let key = match std::fs::read_to_string(&key_file) {
            Ok(text) => KeyPair::from_pem(&text).tried(|| format!("Cannot read {}", key_file.display()))?,
            Err(_) => KeyPair::generate().tried(|| format!("Cannot make a key for {stem}"))?,
        };
        let mut parameters = parameters(subject.name, subject.group, subject.validity);
        parameters.subject_alt_names = subject.alternatives;
        parameters.use_authority_key_identifier_extension = true;
        parameters.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = parameters
            .signed_by(&key, &self.issuer()?)
            .tried(|| format!("Cannot sign a certificate for {stem}"))?;
        write(&directory.join(format!("{stem}.crt")), &certificate.pem())?;
        write(&key_file, &key.serialize_pem())
    }

    /// Signs another node's request.
    pub(crate) fn sign(&self, request: &str) -> Result<String> {
        let request = CertificateSigningRequestParams::from_pem(request)
            .tried(|| "Cannot read the signing request".into())?;
        let signed = request.signed_by(&self.issuer()?).tried(|| "Cannot sign the request".into())?;
        Ok(signed.pem())
    }
}

/// A key and a request to have it signed, for a node that has no CA key.
pub(crate) fn signing_request(name: &str, group: &str) -> Result<(String, String)> {
    let key = KeyPair::generate().tried(|| format!("Cannot make a key for {name}"))?;
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = distinguished_name(name, Some(group));
    let request =
        parameters.serialize_request(&key).tried(|| format!("Cannot make a signing request for {name}"))?;
    let request = request.pem().tried(|| format!("Cannot write the signing request for {name}"))?;
    Ok((key.serialize_pem(), request))
}

fn distinguished_name(name: &str, group: Option<&str>) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    if let Some(group) = group {
        distinguished.push(DnType::OrganizationName, group);
    }
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn parameters(name: &str, group: Option<&str>, validity: Duration) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    let now = SystemTime::now();
    // A day of grace for clocks that differ between nodes.
    parameters.not_before = (now - DAY).into();
    parameters.not_after = (now + validity).into();
    parameters.distinguished_name = distinguished_name(name, group);
    parameters
}
