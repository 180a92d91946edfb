//! Serving to a Terraform that did not start the process: for a debugger.

use super::listener::Place;
use crate::provider::Provider;
use serde_json::json;
use std::io::{self, Write};

/// Prints the variable to set for Terraform to find this process.
pub(super) fn hint<P: Provider>(place: &Place) -> io::Result<()> {
    let reattach = json!({ P::SOURCE: {
        "Protocol": "grpc",
        "ProtocolVersion": 6,
        "Pid": std::process::id(),
        "Test": true,
        "Addr": { "Network": place.network, "String": place.address },
    }});
    let mut output = io::stdout().lock();
    writeln!(
        output,
        "Provider started. For Terraform to use it, set:\n\n\tTF_REATTACH_PROVIDERS='{reattach}'\n\nCtrl-C ends it."
    )?;
    output.flush()
}

/// Waits for Ctrl-C.
pub(super) async fn interrupted() {
    let _ = tokio::signal::ctrl_c().await;
}
