//! The endpoints, in one table.

use crate::config::Version;

/// What an endpoint does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Action {
    Configure,
    ConfigureSection,
    Retrieve,
    BackgroundOperations,
    ConfigFile,
    Show,
    Reset,
    Reboot,
    Info,
}

/// One endpoint.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) path: &'static str,
    pub(super) action: Action,
    /// Whether it is asked with GET and without a key.
    pub(super) is_open: bool,
    /// Whether a list of commands makes sense.
    pub(super) takes_lists: bool,
    /// Whether commands must have a path.
    pub(super) needs_path: bool,
    /// Whether it changes the configuration.
    pub(super) changes: bool,
    /// Whether only 1.5 has it.
    is_new: bool,
}

const fn plain(path: &'static str, action: Action) -> Endpoint {
    Endpoint {
        path,
        action,
        is_open: false,
        takes_lists: false,
        needs_path: true,
        changes: false,
        is_new: false,
    }
}

const ENDPOINTS: &[Endpoint] = &[
    Endpoint { takes_lists: true, changes: true, ..plain("/configure", Action::Configure) },
    Endpoint { takes_lists: true, changes: true, ..plain("/configure-section", Action::ConfigureSection) },
    plain("/retrieve", Action::Retrieve),
    Endpoint { is_new: true, ..plain("/retrieve/background-operations", Action::BackgroundOperations) },
    Endpoint { needs_path: false, ..plain("/config-file", Action::ConfigFile) },
    plain("/show", Action::Show),
    plain("/reset", Action::Reset),
    plain("/reboot", Action::Reboot),
    Endpoint { is_open: true, is_new: true, ..plain("/info", Action::Info) },
];

/// What the proxy passes on; the API has endpoints there that the stand-in does not play.
const PASSED: &[&str] = &[
    "configure",
    "config-file",
    "container-image",
    "docs",
    "generate",
    "graphql",
    "image",
    "openapi.json",
    "poweroff",
    "reboot",
    "redoc",
    "reset",
    "retrieve",
    "show",
];
const PASSED_1_5: &[&str] = &["import-pki", "info", "renew", "traceroute"];

/// The endpoint of a path.
pub(super) fn find(path: &str, version: Version) -> Option<&'static Endpoint> {
    ENDPOINTS.iter().find(|endpoint| endpoint.path == path && (!endpoint.is_new || version == Version::V1_5))
}

/// Whether the proxy passes a path on to the API.
pub(super) fn is_passed(path: &str, version: Version) -> bool {
    let later: &[&str] = if version == Version::V1_5 { PASSED_1_5 } else { &[] };
    let path = path.trim_start_matches('/');
    PASSED.iter().chain(later).any(|prefix| path.starts_with(prefix))
}
