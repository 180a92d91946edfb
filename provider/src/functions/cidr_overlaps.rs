//! Function `cidr_overlaps`.

use super::addresses::Addresses;
use tfplugin::Parameters;
use tfplugin::function::{Function, FunctionError};
use tfplugin::types::Semantic;

/// Whether two networks, ranges or addresses have an address in common.
///
/// What is of different families never does. A network with host bits set is the network that it is in.
#[derive(Parameters)]
#[function(name = "cidr_overlaps")]
pub(super) struct CidrOverlaps {
    /// A network, range or address, such as `10.0.0.0/16`.
    first: Semantic<Addresses>,
    /// Another, such as `10.0.0.240-10.0.1.10`.
    second: Semantic<Addresses>,
}

impl Function for CidrOverlaps {
    type Return = bool;

    fn call(self) -> Result<bool, FunctionError> {
        Ok(self.first.value().0.overlaps(&self.second.value().0))
    }
}
