//! The AS of a neighbor, as VyOS takes it: a number, or which side of the border it is on.

use crate::values::Asn;
use tfplugin::types::SemanticValue;

/// The highest AS number that VyOS takes.
pub(in crate::vyos) const HIGHEST: u32 = u32::MAX - 1;

/// What `remote_as` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RemoteAs {
    /// This AS.
    Number(Asn),
    /// The router's own, whichever it is.
    Internal,
    /// Any other.
    External,
}

impl SemanticValue for RemoteAs {
    const EXPECTED: &'static str = "an AS number from 1 to 4294967294, `internal` or `external`";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "internal" => Some(Self::Internal),
            "external" => Some(Self::External),
            number => number.parse().ok().filter(|asn: &Asn| asn.get() <= HIGHEST).map(Self::Number),
        }
    }

    fn canonical(&self) -> String {
        match self {
            Self::Number(asn) => asn.to_string(),
            Self::Internal => "internal".to_owned(),
            Self::External => "external".to_owned(),
        }
    }
}
