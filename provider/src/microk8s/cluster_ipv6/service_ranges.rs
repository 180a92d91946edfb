//! The ranges of services that Kubernetes keeps as an object since 1.33. It takes a second family from the
//! flags when there is one, and never gives it up again by itself.

use crate::connection::retry::Deadline;
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::step::{Step, Steps};
use crate::microk8s::shared::machine::Machine;
use async_trait::async_trait;
use std::time::Duration;

/// How long Kubernetes may take to write the object anew. Seconds, in which no service gets an address.
const RENEWED_WITHIN: Duration = Duration::from_secs(120);

/// Leaves services the IPv4 range alone, once the flags say so on all control planes.
pub(crate) async fn leave_ipv4_alone(control_plane: &Machine, deadline: &Deadline) -> Result<(), NodeError> {
    Steps::new(&[&Renew]).run(control_plane, &deadline.within(RENEWED_WITHIN)).await
}

struct Renew;

#[async_trait]
impl Step<Machine> for Renew {
    fn name(&self) -> &'static str {
        "take the IPv6 range from services"
    }

    async fn check(&self, control_plane: &Machine) -> Result<bool, NodeError> {
        Ok(match control_plane.service_ranges().await? {
            None => true,
            Some(ranges) => !ranges.trim().is_empty() && !ranges.contains(':'),
        })
    }

    async fn run(&self, control_plane: &Machine) -> Result<(), NodeError> {
        let ranges = control_plane.service_ranges().await?.unwrap_or_default();
        if ranges.contains(':') {
            control_plane.renew_service_ranges().await?;
        }
        // Looked at again by the check.
        let attempt = format!("waiting for the ranges of services on {}", control_plane.address());
        Err(NodeError::new(attempt, "Kubernetes has not written them anew yet.").transient())
    }
}
