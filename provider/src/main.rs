//! The plugin process: start-up, nothing else.

use std::process::ExitCode;
use terraform_provider_microk8s::adopt;
use terraform_provider_microk8s::provider::Microk8s;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next() {
        Some(command) if command == "adopt" => adopt::run::<Microk8s>(arguments),
        _ => tfplugin::serve::<Microk8s>(),
    }
}
