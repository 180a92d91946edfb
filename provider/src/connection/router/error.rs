//! What can go wrong on the way to a router, told apart by what the person has to do about it.

use super::write::Veto;
use crate::connection::{ConnectionError, ErrorClass};
use std::time::Duration;

/// A failed call to a router.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{kind}")]
pub struct RouterError {
    router: String,
    kind: RouterErrorKind,
}

impl RouterError {
    pub(super) fn new(router: &str, kind: RouterErrorKind) -> Self {
        Self { router: router.to_owned(), kind }
    }

    /// What it means.
    pub fn kind(&self) -> &RouterErrorKind {
        &self.kind
    }
}

impl ConnectionError for RouterError {
    fn class(&self) -> ErrorClass {
        self.kind.class()
    }

    fn hint(&self) -> &'static str {
        self.kind.hint()
    }

    fn target(&self) -> &str {
        &self.router
    }
}

/// Why a call to a router did not do what was asked. One failure may be the answer to many callers.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RouterErrorKind {
    /// Nobody answered; nothing was changed.
    #[error("no response: {cause}")]
    Unreachable {
        /// What the network said.
        cause: String,
    },
    /// Somebody answered whose certificate is not to be trusted.
    #[error("the certificate that it shows is not trusted: {cause}")]
    Untrusted {
        /// What is wrong with the certificate.
        cause: String,
    },
    /// The settings make no client.
    #[error("the router's settings cannot be used: {cause}")]
    Settings {
        /// Which, and what is wrong.
        cause: String,
    },
    /// The API key is not one of the router's.
    #[error("the API key was refused (HTTP 401)")]
    Unauthenticated,
    /// VyOS answered, its HTTP API does not.
    #[error("it answers, but its configuration API does not (HTTP {status})")]
    NotServing {
        /// HTTP status.
        status: u16,
    },
    /// The answer is none that VyOS gives.
    #[error("unexpected response, probably not VyOS (HTTP {status})")]
    NotVyos {
        /// HTTP status.
        status: u16,
    },
    /// More than is read of an answer.
    #[error("{cause}")]
    TooMuch {
        /// Which limit was met.
        cause: String,
    },
    /// More than the router takes in one request.
    #[error("the request was too large (HTTP 413)")]
    TooLarge,
    /// Another session holds the commit lock.
    #[error("another session held the commit lock for {} seconds", .waited.as_secs())]
    Locked {
        /// How long it was waited for.
        waited: Duration,
    },
    /// VyOS will not have it.
    #[error("VyOS refused{}{}", component.as_ref().map(|name| format!(" in {name:?}")).unwrap_or_default(), reason(.message))]
    Rejected {
        /// The part of the configuration that would not commit, such as `protocols bgp`; none before the
        /// commit began.
        component: Option<String>,
        /// In VyOS's words. Empty where it gave no reason, as 1.4 mostly does: its conf scripts run in
        /// vyos-configd, which keeps what they say for itself (T6326, mended in 1.5).
        message: String,
        /// What kind of refusal it is.
        refusal: Refusal,
    },
    /// The API failed inside, as it does on reads while somebody's change is being committed.
    #[error("the API failed (HTTP 500), as it does while a commit runs: {message}")]
    Internal {
        /// In its words.
        message: String,
    },
    /// No answer came to a request that may have been carried out.
    #[error("no answer came: {cause}")]
    UnknownOutcome {
        /// What came instead of an answer.
        cause: String,
    },
    /// The change is active and would be lost at the router's next start.
    #[error("the change is active on the router, but saving its configuration failed: {cause}")]
    NotSaved {
        /// What the save answered.
        cause: String,
    },
    /// The caller itself will not have it, seeing what the router holds.
    #[error("{}", .0.detail)]
    Vetoed(Veto),
    /// Terraform asked to stop before anything was sent.
    #[error("interrupted before anything was changed; the next apply resumes here")]
    Cancelled,
}

/// What follows "VyOS refused".
fn reason(message: &str) -> String {
    match message {
        "" => " and gave no reason".to_owned(),
        message => format!(": {message}"),
    }
}

/// Where a refusal comes from, as its text shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// From FRR, after VyOS itself had found no fault.
    RoutingDaemon,
    /// The API has lost its configuration session.
    ApiSessionLost,
    /// VyOS gave no reason.
    WithoutReason,
    /// From VyOS, which found fault with the configuration.
    Configuration,
}

impl Refusal {
    fn of(message: &str) -> Self {
        // The first three are FRR's, by version.
        let signs = [
            ("vtysh failed", Self::RoutingDaemon),
            ("Failure to communicate", Self::RoutingDaemon),
            ("rendering the new routing daemon configuration", Self::RoutingDaemon),
            ("without config session", Self::ApiSessionLost),
        ];
        match signs.into_iter().find(|(sign, _)| message.contains(sign)) {
            Some((_, refusal)) => refusal,
            None if message.is_empty() => Self::WithoutReason,
            None => Self::Configuration,
        }
    }
}

impl RouterErrorKind {
    /// A refusal of VyOS, in its words.
    pub(super) fn rejected(component: Option<String>, message: String) -> Self {
        let refusal = Refusal::of(&message);
        Self::Rejected { component, message, refusal }
    }

    /// Whether the router could not be asked at all, so that nothing is known about what it holds.
    pub fn is_unreachable(&self) -> bool {
        !matches!(self, Self::Vetoed(_) | Self::Rejected { .. } | Self::Cancelled)
    }

    /// What it means. A router that starts, or commits for another session, answers by and by.
    pub(in crate::connection) fn class(&self) -> ErrorClass {
        match self {
            Self::Unreachable { .. } => ErrorClass::Unreachable,
            Self::Untrusted { .. } | Self::Unauthenticated => ErrorClass::Unauthorized,
            Self::NotServing { .. }
            | Self::Internal { .. }
            | Self::UnknownOutcome { .. }
            | Self::Locked { .. } => ErrorClass::Transient,
            Self::Settings { .. }
            | Self::NotVyos { .. }
            | Self::TooMuch { .. }
            | Self::TooLarge
            | Self::Rejected { .. }
            | Self::NotSaved { .. }
            | Self::Vetoed(_)
            | Self::Cancelled => ErrorClass::Permanent,
        }
    }

    /// Whether any other read would end like this.
    pub(super) fn is_of_the_whole_router(&self) -> bool {
        self.is_unreachable() && !matches!(self, Self::Internal { .. } | Self::TooMuch { .. })
    }

    /// What to do about it.
    fn hint(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => {
                "Check the address in the provider's `routers`, that the router is up, and that `service https` listens \
                 there and lets this machine in (`allow-client`)."
            }
            Self::Untrusted { .. } => {
                "Give the certificate that the router shows, or the authority that signed it, as `ca_certificate` of \
                 the router in the provider block. A name or address in it must match the `url`, unless the \
                 certificate itself is given."
            }
            Self::Settings { .. } => "Correct the router's entry in the provider's `routers`.",
            Self::Unauthenticated => {
                "Compare `api_key` of the router in the provider block with `show service https api keys` on the \
                 router."
            }
            Self::NotServing { .. } => {
                "On the router: `set service https api keys id terraform key ...`, from VyOS 1.5 on also \
                 `set service https api rest`, then commit and save. While the router boots, this is temporary."
            }
            Self::NotVyos { .. } => {
                "Check the router's `url` in the provider block: another program answers there."
            }
            Self::TooMuch { .. } => {
                "Check the router's `url` in the provider block: no router that this provider knows has so much to say. Where \
                 it is right, nothing can be read from it."
            }
            Self::TooLarge => "On the router: `set service https request-body-size-limit 16`, commit, save.",
            Self::Locked { .. } => {
                "Nothing was changed. Let the other session finish (`show configuration sessions` on the router names \
                 it), then apply again."
            }
            Self::Rejected { refusal: Refusal::RoutingDaemon, .. } => {
                "The routing daemon rejected what VyOS itself accepted. The configuration was left as it was, but \
                 the daemon may hold parts of the change until the next commit of the same component. Correct the \
                 configuration and apply again."
            }
            Self::Rejected { refusal: Refusal::ApiSessionLost, .. } => {
                "The router's API has lost its configuration session and does not recover it. While no commit runs \
                 there, `sudo systemctl restart vyos-http-api` on the router helps; then apply again."
            }
            Self::Rejected { refusal: Refusal::WithoutReason, .. } => {
                "The router has it: `sudo journalctl -u vyos-configd` or `show log` there. VyOS left this object as it was, but \
                 the routing daemon (FRR) may hold parts of the change until the next commit of the same component. Correct the \
                 configuration and apply again."
            }
            Self::Rejected { refusal: Refusal::Configuration, .. } => {
                "Correct the configuration; this object was left as it was."
            }
            Self::Internal { .. } => {
                "The router may be changed by another session: another alias of this provider, another tool, or an \
                 operator in configuration mode. Let that end (`show log` on the router says what runs), then apply again: what \
                 is already in place is detected."
            }
            Self::UnknownOutcome { .. } => {
                "The router may or may not have carried it out. Apply again: what is already in place is detected."
            }
            Self::NotSaved { .. } => "Run `save` in configuration mode on the router, or apply again.",
            Self::Vetoed(_) | Self::Cancelled => "",
        }
    }
}
