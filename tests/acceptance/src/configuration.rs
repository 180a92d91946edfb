//! The configuration that every test begins with.

use lab::Lab;

/// `terraform` and `provider` blocks for this lab: its SSH client configuration and key, and its router as
/// `edge`.
pub fn provider_block(lab: &Lab) -> String {
    let description = lab.description();
    let routers = match lab.router() {
        Some(router) => format!(
            "  routers = {{\n    edge = {{ url = {url:?}, api_key = {key:?}, ca_certificate = file({ca:?}) }}\n  }}\n",
            url = router.url(),
            key = router.api_key(),
            ca = router.ca_certificate_file().display().to_string(),
        ),
        None => String::new(),
    };
    format!(
        "terraform {{\n  required_providers {{\n    microk8s = {{ source = \"baremetal/microk8s\" }}\n  }}\n}}\n\n\
         provider \"microk8s\" {{\n  ssh = {{\n    user             = \"ubuntu\"\n    private_key_file = {key:?}\n    \
         config_file      = {config:?}\n  }}\n{routers}}}\n",
        key = description.ssh_private_key.display().to_string(),
        config = description.ssh_config.display().to_string(),
    )
}
