//! What came back from a cluster's API server, sorted by what it means.

use crate::connection::masking::Mask;
use crate::connection::{ConnectionError, ErrorClass};
use kube::client::AuthError;
use kube::config::KubeconfigError;
use kube::core::Status;

/// What a failed call means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterErrorKind {
    /// Neither the node nor the provider's `kubernetes` block says where the cluster is.
    NotConfigured,
    /// No answer from the node or from its API server; it may come.
    Unreachable,
    /// The node or the API server does not accept our credentials.
    Unauthenticated,
    /// The node's kubeconfig asks for what a node may not have us do.
    KubeconfigRefused,
    /// The API server knows us and does not let us do this.
    Forbidden,
    /// No such kind in this cluster, or not in this version. Says nothing about objects.
    KindNotServed,
    /// The namespace does not exist.
    NamespaceMissing,
    /// The object does not exist.
    NotFound,
    /// An admission or conversion webhook that the API server must ask does not answer; it may.
    WebhookNotServing,
    /// An admission webhook refused the object.
    Denied,
    /// The object does not fit its kind's schema.
    Invalid,
    /// Others own fields that were sent.
    FieldConflict,
    /// Not the object that was meant: another one has its name now, or none has.
    UidMismatch,
    /// The answer is longer than any that makes sense.
    TooMuch,
    /// The API server has forgotten the list of which a next page was asked for.
    ListExpired,
    /// Overloaded, starting, or somebody else was faster; it passes.
    Busy,
    /// Anything else.
    Other,
}

impl ClusterErrorKind {
    fn class(self) -> ErrorClass {
        match self {
            Self::Unreachable => ErrorClass::Unreachable,
            Self::Unauthenticated | Self::KubeconfigRefused | Self::Forbidden => ErrorClass::Unauthorized,
            Self::WebhookNotServing | Self::Busy => ErrorClass::Transient,
            Self::NotConfigured
            | Self::KindNotServed
            | Self::NamespaceMissing
            | Self::NotFound
            | Self::Denied
            | Self::Invalid
            | Self::FieldConflict
            | Self::UidMismatch
            | Self::TooMuch
            | Self::ListExpired
            | Self::Other => ErrorClass::Permanent,
        }
    }

    /// Whether the fault is in the way to the cluster, and not in what was asked there.
    pub fn is_of_the_way(self) -> bool {
        matches!(
            self,
            Self::NotConfigured
                | Self::Unreachable
                | Self::Unauthenticated
                | Self::KubeconfigRefused
                | Self::TooMuch
        )
    }

    /// What a person does about it.
    fn hint(self) -> &'static str {
        match self {
            Self::NotConfigured => {
                "Set `cluster` to the address of a control-plane node, or give the provider a `kubernetes` block."
            }
            Self::Unreachable => {
                "Check the address, that the machine is up and its API server runs (`microk8s status`), and, where the \
                 cluster is reached through a node, that SSH to it works."
            }
            Self::Unauthenticated => {
                "Check the provider's `ssh` or `kubernetes` block, and that the user may run `sudo -n` on the node."
            }
            Self::KubeconfigRefused => {
                "Check what `sudo microk8s config` prints on the node, and who changed it: MicroK8s writes no such \
                 kubeconfig. Name a kubeconfig of your own, with whatever it needs, in the provider's `kubernetes` block."
            }
            Self::Forbidden => "Give the user of the kubeconfig the right to do this.",
            Self::KindNotServed => {
                "Install what brings the kind first (for MetalLB: the add-on or its manifests), or make this resource \
                 depend on what installs it."
            }
            Self::NamespaceMissing => {
                "Create the namespace first, or make this resource depend on what creates it."
            }
            Self::WebhookNotServing => {
                "The controller behind the webhook is not ready. Check its pods; if they are ready and this stays, \
                 the API server cannot reach pod addresses."
            }
            Self::TooMuch => {
                "Check what answers there, and whether it is the API server: it sends more than a cluster has."
            }
            Self::Denied => "Change the configuration, or the object that it collides with.",
            Self::Invalid => "Change the configuration to what the installed version accepts.",
            Self::UidMismatch => "Run `terraform plan` again to see how the object is now.",
            Self::NotFound | Self::FieldConflict | Self::ListExpired | Self::Busy | Self::Other => {
                "Run `terraform apply` again."
            }
        }
    }
}

/// A fault that the API server found in one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// Path in the object, such as `spec.myASN`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// A failed call.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{attempt} ({cluster}): {answer}")]
pub struct ClusterError {
    kind: ClusterErrorKind,
    attempt: String,
    cluster: String,
    answer: String,
    faults: Vec<FieldFault>,
}

impl ClusterError {
    /// An error of a kind: while doing `attempt` in `cluster`, `answer` came back.
    pub(crate) fn new(
        kind: ClusterErrorKind,
        attempt: impl Into<String>,
        cluster: impl Into<String>,
        answer: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            attempt: attempt.into(),
            cluster: cluster.into(),
            answer: answer.into(),
            faults: Vec::new(),
        }
    }

    /// Sorts what the client says.
    pub(super) fn from_client(error: &kube::Error, attempt: &str, cluster: &str) -> Self {
        match error {
            kube::Error::Api(status) => Self {
                kind: kind_of(status),
                attempt: attempt.to_owned(),
                cluster: cluster.to_owned(),
                answer: answer(status),
                faults: faults(status),
            },
            kube::Error::Service(_) | kube::Error::HyperError(_) => {
                Self::new(ClusterErrorKind::Unreachable, attempt, cluster, chain(error))
            }
            kube::Error::Auth(_) => {
                Self::new(ClusterErrorKind::Unauthenticated, attempt, cluster, chain(error))
            }
            _ => Self::new(ClusterErrorKind::Other, attempt, cluster, chain(error)),
        }
    }

    /// The error without secrets in what the API server said.
    #[must_use]
    pub fn without(self, mask: &Mask) -> Self {
        let hidden = |fault: FieldFault| FieldFault {
            field: mask.hide(fault.field),
            message: mask.hide(fault.message),
        };
        Self { answer: mask.hide(self.answer), faults: self.faults.into_iter().map(hidden).collect(), ..self }
    }

    /// What it means.
    pub fn kind(&self) -> ClusterErrorKind {
        self.kind
    }

    /// What came back.
    pub fn answer(&self) -> &str {
        &self.answer
    }

    /// Faults in single fields, if the API server named some.
    pub fn faults(&self) -> &[FieldFault] {
        &self.faults
    }

    /// Whether a create may wait for it: what is missing may come in the same apply.
    pub fn is_transient_on_create(&self) -> bool {
        let may_come = [ClusterErrorKind::KindNotServed, ClusterErrorKind::NamespaceMissing];
        self.is_transient() || may_come.contains(&self.kind)
    }

    /// The text for a diagnostic: what was tried, where, what came back, and what to do next.
    pub fn detail(&self) -> String {
        format!("{self}.\n\n{}", self.hint())
    }
}

impl ConnectionError for ClusterError {
    fn class(&self) -> ErrorClass {
        self.kind.class()
    }

    fn hint(&self) -> &'static str {
        self.kind.hint()
    }

    fn target(&self) -> &str {
        &self.cluster
    }
}

fn kind_of(status: &Status) -> ClusterErrorKind {
    use ClusterErrorKind as Kind;
    let says = |text: &str| status.message.contains(text);
    let caused_by = |reason: &str| causes(status).any(|cause| cause.reason == reason);
    if says("denied the request:") || says("denied the request without explanation") {
        return Kind::Denied;
    }
    if says("field not declared in schema") || says("failed to create typed patch object") {
        return Kind::Invalid;
    }
    match status.code {
        400 | 422 => Kind::Invalid,
        401 => Kind::Unauthenticated,
        // Passes in that the namespace will be gone, or there again.
        403 if caused_by("NamespaceTerminating") || says("because it is being terminated") => Kind::Busy,
        403 => Kind::Forbidden,
        404 => missing(status),
        410 => Kind::ListExpired,
        409 if caused_by("FieldManagerConflict") => Kind::FieldConflict,
        409 if says("in precondition:") || says("uid mismatch") => Kind::UidMismatch,
        409 | 429 | 503 | 504 => Kind::Busy,
        500 if says("failed calling webhook") || says("conversion webhook for") => Kind::WebhookNotServing,
        500..=599 => Kind::Busy,
        _ => Kind::Other,
    }
}

/// "No such object" carries the object's name. The answer for a kind that is not served does not: it is plain
/// text, or a status without details.
fn missing(status: &Status) -> ClusterErrorKind {
    let details = status.details.as_ref().filter(|details| !details.name.is_empty());
    match details {
        Some(details) if details.kind == "namespaces" => ClusterErrorKind::NamespaceMissing,
        Some(details) if status.message.contains(&format!("{:?} not found", details.name)) => {
            ClusterErrorKind::NotFound
        }
        _ => ClusterErrorKind::KindNotServed,
    }
}

fn causes(status: &Status) -> impl Iterator<Item = &kube::core::response::StatusCause> {
    status.details.iter().flat_map(|details| &details.causes)
}

fn faults(status: &Status) -> Vec<FieldFault> {
    const UNDECLARED: &str = "field not declared in schema";
    if let Some((before, _)) = status.message.split_once(&format!(": {UNDECLARED}"))
        && let Some(field) = before.split_whitespace().last()
    {
        return vec![FieldFault {
            field: field.trim_start_matches('.').to_owned(),
            message: UNDECLARED.to_owned(),
        }];
    }
    causes(status)
        .filter(|cause| !cause.field.is_empty())
        .map(|cause| FieldFault {
            field: cause.field.trim_start_matches('.').to_owned(),
            message: cause.message.clone(),
        })
        .collect()
}

fn answer(status: &Status) -> String {
    /// Bytes of it that a message repeats.
    const SHOWN: usize = 8 << 10;
    let (text, more) = match status.message.trim() {
        message if message.len() > SHOWN => {
            (message.get(..message.floor_char_boundary(SHOWN)).unwrap_or_default(), "...")
        }
        message => (message, ""),
    };
    match text {
        "" => format!("HTTP {} {}", status.code, status.reason),
        text => format!("HTTP {}: {text}{more}", status.code),
    }
}

/// An error and what it comes from: the client's own texts name only the outermost layer.
///
/// What a program printed that a kubeconfig names is left out: it may be half of a token.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(said) = of_program(error) {
        return said;
    }
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        source = inner.source();
    }
    text.replace("ServiceError: ", "").replace("HyperError: ", "")
}

/// [`chain`] for errors that are not sorted further.
pub(super) fn whole(error: &(impl std::error::Error + 'static)) -> String {
    if let Some(said) = of_program(error) {
        return said;
    }
    let mut text = error.to_string();
    if let Some(source) = error.source() {
        let inner = chain(source);
        if !text.contains(&inner) {
            text = format!("{text}: {inner}");
        }
    }
    text
}

/// What is said of a failed program of a kubeconfig, or of a kubeconfig that cannot be read, whose own texts
/// quote what was printed or written there.
fn of_program(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    const BY_HAND: &str =
        "what it printed is not shown here, as it may be a credential: run it by hand to see it";
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(KubeconfigError::Parse(fault)) = error.downcast_ref() {
            let place = fault.location().map(|at| format!(", line {}, column {}", at.line(), at.column()));
            return Some(format!("it is no kubeconfig{}", place.unwrap_or_default()));
        }
        // Also inside of the client's own error, which does not name it as its source.
        let auth = match error.downcast_ref::<kube::Error>() {
            Some(kube::Error::Auth(auth)) => Some(auth),
            _ => error.downcast_ref::<AuthError>(),
        };
        match auth {
            Some(AuthError::AuthExecRun { out, .. }) => {
                return Some(format!(
                    "the kubeconfig's program for credentials ended with {}; {BY_HAND}",
                    out.status
                ));
            }
            Some(
                AuthError::AuthExecParse(_)
                | AuthError::ParseTokenKey(_)
                | AuthError::MalformedTokenExpirationDate(_)
                | AuthError::InvalidBearerToken(_),
            ) => {
                return Some(format!("the kubeconfig's program printed no credentials; {BY_HAND}"));
            }
            _ => next = error.source(),
        }
    }
    None
}

#[cfg(test)]
mod tests;
