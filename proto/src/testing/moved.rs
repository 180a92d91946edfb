//! Terraform's part where a `moved` block hands an object to another type.

use super::harness::Harness;
use super::outcome::{Failure, State, check_diagnostics, violation};
use super::stored::may_be_stored;
use crate::diagnostics::Diagnostics;
use crate::provider::Provider;
use crate::resource::MovedState;
use serde_json::Value as Json;

impl<P: Provider> Harness<P> {
    /// An object that was stored as another type's and is moved to this one, as `moved` blocks do: its
    /// attributes as JSON.
    pub fn moved(
        &self,
        type_name: &str,
        source: &MovedState<'_>,
        attributes: &Json,
    ) -> Result<State, Failure> {
        let resource = self.resource(type_name)?;
        let stored = resource.move_state(source, attributes.to_string().as_bytes())?;
        let faults = may_be_stored(resource.schema(), &stored.object);
        let state = self.state(type_name, stored).ok_or_else(|| violation("the moved state is null"))?;
        check_diagnostics(Diagnostics::new(), faults, Some(state.clone())).map(|_| state)
    }
}
