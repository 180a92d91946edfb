//! How one router is reached.

use super::api::without_userinfo;
use std::fmt;
use tfplugin::types::Secret;

/// How one router is reached.
#[derive(Clone)]
pub struct RouterSettings {
    /// Address of its HTTPS API. Its userinfo is for a proxy in front of it.
    pub url: String,
    /// A key of its HTTP API.
    pub api_key: Secret,
    /// The only authority, or the very certificate, that it may show, as PEM; the system's authorities
    /// otherwise.
    pub ca_certificate: Option<String>,
    /// Trusts whoever answers.
    pub insecure_skip_certificate_verification: bool,
}

/// The userinfo of the address may be a password.
impl fmt::Debug for RouterSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterSettings").field("url", &without_userinfo(&self.url)).finish_non_exhaustive()
    }
}
