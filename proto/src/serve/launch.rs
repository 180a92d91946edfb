//! What Terraform passes to the process that it starts, in the environment.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// Tells a start by Terraform from one by hand. No secret and no protection.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// How to serve.
#[derive(Clone, Debug, Default)]
pub(super) struct Launch {
    /// The only certificate that may connect; none when TLS is disabled.
    pub(super) client_certificate: Option<CertificateDer<'static>>,
    /// Where the socket's directory is made.
    pub(super) socket_directory: Option<PathBuf>,
    /// For systems without Unix sockets.
    pub(super) ports: Option<RangeInclusive<u16>>,
}

/// Why not to serve.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LaunchError {
    /// Started by hand.
    #[error(
        "This program is a Terraform provider and is started by Terraform itself.\n\
         Name it in `required_providers` and run `terraform plan`; `-debug` starts it for a debugger."
    )]
    ByHand,
    /// No PEM.
    #[error("PLUGIN_CLIENT_CERT holds no certificate: {0}")]
    ClientCertificate(String),
}

impl Launch {
    /// Reads the environment.
    ///
    /// The versions that core offers do not matter: this is version 6 only, and a core without it has the
    /// better message to say so.
    pub(super) fn read(environment: impl Fn(&str) -> Option<String>) -> Result<Self, LaunchError> {
        if environment(COOKIE.0).as_deref() != Some(COOKIE.1) {
            return Err(LaunchError::ByHand);
        }
        let certificate = |pem: String| {
            CertificateDer::from_pem_slice(pem.as_bytes())
                .map_err(|error| LaunchError::ClientCertificate(error.to_string()))
        };
        let given = |name| environment(name).filter(|value| !value.is_empty());
        let port = |name| given(name)?.parse().ok();
        Ok(Self {
            client_certificate: given("PLUGIN_CLIENT_CERT").map(certificate).transpose()?,
            socket_directory: given("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
            ports: port("PLUGIN_MIN_PORT").zip(port("PLUGIN_MAX_PORT")).map(|(least, most)| least..=most),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Launch, LaunchError> {
        Launch::read(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_person_is_told_what_this_is() {
        assert_eq!(read(&[]).unwrap_err(), LaunchError::ByHand);
        assert_eq!(read(&[(COOKIE.0, "other")]).unwrap_err(), LaunchError::ByHand);
        assert!(LaunchError::ByHand.to_string().contains("started by Terraform"));
    }

    #[test]
    fn ports_and_directory_are_optional() {
        let launch = read(&[COOKIE, ("PLUGIN_MIN_PORT", "10000"), ("PLUGIN_MAX_PORT", "25000")]).unwrap();
        assert_eq!(launch.ports, Some(10000..=25000));
        assert_eq!(launch.client_certificate, None);
        assert_eq!(read(&[COOKIE]).unwrap().ports, None);
        let directory = read(&[COOKIE, ("PLUGIN_UNIX_SOCKET_DIR", "/run/x")]).unwrap().socket_directory;
        assert_eq!(directory, Some(PathBuf::from("/run/x")));
    }

    #[test]
    fn a_damaged_certificate_is_an_error_not_an_open_door() {
        let error = read(&[COOKIE, ("PLUGIN_CLIENT_CERT", "no certificate")]).unwrap_err();
        assert!(matches!(error, LaunchError::ClientCertificate(_)));
    }
}
