//! The plugin process: start-up, nothing else.

use terraform_provider_microk8s::provider::Microk8s;

fn main() -> std::process::ExitCode {
    tfplugin::serve::<Microk8s>()
}
