//! Function `cidr_contains`.

use super::addresses::Addresses;
use tfplugin::Parameters;
use tfplugin::function::{Function, FunctionError};
use tfplugin::types::Semantic;

/// Whether all addresses of one network, range or address are in another.
///
/// What is of different families contains nothing of each other. A network with host bits set is the network
/// that it is in.
#[derive(Parameters)]
#[function(name = "cidr_contains")]
pub(super) struct CidrContains {
    /// The network, range or address that is to contain the other, such as `10.0.0.0/16`.
    outer: Semantic<Addresses>,
    /// The network, range or address that is to be in it, such as `10.0.5.0/24`.
    inner: Semantic<Addresses>,
}

impl Function for CidrContains {
    type Return = bool;

    fn call(self) -> Result<bool, FunctionError> {
        Ok(self.outer.value().0.contains(&self.inner.value().0))
    }
}
