//! What a failure means, in the same words for machines, clusters and routers. Each kind of target tells more
//! by kinds of its own; whoever only has to know whether to wait asks here.

/// What a failure means for whoever waits for it or plans with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Nobody answers, or not yet.
    Unreachable,
    /// The target does not accept us, or is not the one that it should be.
    Unauthorized,
    /// The target answers and cannot do it at this moment.
    Transient,
    /// The same would end the same.
    Permanent,
}

impl ErrorClass {
    /// Whether the same may work a little later.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Unreachable | Self::Transient)
    }
}

/// A failure of a target, or on the way there.
pub trait ConnectionError: std::error::Error {
    /// What it means.
    fn class(&self) -> ErrorClass;

    /// What to do about it; empty where there is nothing.
    fn hint(&self) -> &'static str;

    /// The target, as messages name it.
    fn target(&self) -> &str;

    /// Whether the same may work a little later.
    fn is_transient(&self) -> bool {
        self.class().is_transient()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::cluster::{ClusterError, ClusterErrorKind as Cluster};
    use crate::connection::router::RouterErrorKind as Router;
    use crate::connection::ssh::{SshError, SshErrorKind as Ssh};

    fn ssh(kind: Ssh) -> ErrorClass {
        SshError::new(kind, "10.0.0.11", "connecting", "no").class()
    }

    fn cluster(kind: Cluster) -> ErrorClass {
        ClusterError::new(kind, "Reading", "cluster at 10.0.0.11", "no").class()
    }

    #[test]
    fn the_same_trouble_is_of_one_class_at_every_kind_of_target() {
        let cause = || "no".to_owned();
        let classes = [
            (ErrorClass::Unreachable, ssh(Ssh::NotReachable)),
            (ErrorClass::Unreachable, cluster(Cluster::Unreachable)),
            (ErrorClass::Unreachable, Router::Unreachable { cause: cause() }.class()),
            (ErrorClass::Unauthorized, ssh(Ssh::KeyRefused)),
            (ErrorClass::Unauthorized, ssh(Ssh::HostKeyRefused)),
            (ErrorClass::Unauthorized, cluster(Cluster::Unauthenticated)),
            (ErrorClass::Unauthorized, Router::Unauthenticated.class()),
            (ErrorClass::Unauthorized, Router::Untrusted { cause: cause() }.class()),
            (ErrorClass::Transient, ssh(Ssh::Unanswered)),
            (ErrorClass::Transient, cluster(Cluster::Busy)),
            (ErrorClass::Transient, Router::Internal { message: cause() }.class()),
            (ErrorClass::Permanent, ssh(Ssh::TooLong)),
            (ErrorClass::Permanent, cluster(Cluster::TooMuch)),
            (ErrorClass::Permanent, Router::TooMuch { cause: cause() }.class()),
        ];
        for (at, (expected, class)) in classes.into_iter().enumerate() {
            assert_eq!(class, expected, "row {at}");
        }
        let transient = [ErrorClass::Unreachable, ErrorClass::Transient].map(ErrorClass::is_transient);
        let lasting = [ErrorClass::Unauthorized, ErrorClass::Permanent].map(ErrorClass::is_transient);
        assert_eq!((transient, lasting), ([true; 2], [false; 2]));
    }
}
