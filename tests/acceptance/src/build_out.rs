//! The example build-outs, applied as they stand to the machines of a lab.

use crate::{Cli, Failure, Place, Workspace};
use lab::{Lab, LabOptions, METALLB_CHART, RouterOptions, UpstreamOptions};
use serde_json::json;
use std::path::Path;

/// The only file that is added to an example: where the lab's SSH key and client configuration are, so that a
/// run leaves nothing in the user's.
pub const LAB_OVERRIDE: &str = "lab_override.tf";

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");

/// An example under `examples/build-outs`.
pub struct BuildOut {
    files: Vec<(String, String)>,
}

/// What a whole build-out needs: bare machines, a router, and a world beyond it to which packets flow.
pub fn whole(nodes: usize) -> LabOptions {
    LabOptions {
        router: Some(RouterOptions::default()),
        upstream: Some(UpstreamOptions::default()),
        traffic: true,
        ..LabOptions::with_nodes(nodes, false)
    }
}

impl BuildOut {
    /// Reads an example.
    pub fn read(name: &str) -> Result<Self, Failure> {
        let folder = Path::new(EXAMPLES).join("build-outs").join(name);
        let entries = std::fs::read_dir(&folder).map_err(Failure::system("read", &folder))?;
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(Failure::system("read", &folder))?.path();
            if path.extension().is_some_and(|extension| extension == "tf") {
                let text = std::fs::read_to_string(&path).map_err(Failure::system("read", &path))?;
                let name =
                    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                files.push((name, text));
            }
        }
        Ok(Self { files })
    }

    /// A workspace with the example's files and the lab's machines as its variables.
    pub async fn workspace<'lab>(&self, cli: Cli, lab: &'lab Lab) -> Result<Workspace<'lab>, Failure> {
        self.workspace_with(cli, lab, &variables(lab)?).await
    }

    /// A workspace with the example's files and these variables.
    pub async fn workspace_with<'lab>(
        &self,
        cli: Cli,
        lab: &'lab Lab,
        variables: &serde_json::Value,
    ) -> Result<Workspace<'lab>, Failure> {
        let variables = variables.to_string();
        let settings = format!(
            "provider \"microk8s\" {{\n  ssh = {{\n    user        = \"ubuntu\"\n    private_key = file({key:?})\n    \
             config_file = {config:?}\n  }}\n}}\n",
            key = lab.description().ssh_private_key.display().to_string(),
            config = lab.description().ssh_config.display().to_string(),
        );
        self.workspace_in(cli, lab, &[(LAB_OVERRIDE, &settings), ("lab.auto.tfvars.json", &variables)]).await
    }

    /// A workspace anywhere, with the example's files and these.
    pub(crate) async fn workspace_in<'lab>(
        &self,
        cli: Cli,
        place: impl Into<Place<'lab>>,
        own: &[(&str, &str)],
    ) -> Result<Workspace<'lab>, Failure> {
        let files = self.files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let files: Vec<_> = files.chain(own.iter().copied()).collect();
        let workspace = Workspace::of_files(cli, place, &files).await?;
        workspace.with_modules(&Path::new(EXAMPLES).join("modules"))?;
        Ok(workspace)
    }

    /// Whether a line of the example begins with this.
    pub(crate) fn has(&self, beginning: &str) -> bool {
        self.files.iter().any(|(_, text)| text.lines().any(|line| line.trim_start().starts_with(beginning)))
    }
}

fn variables(lab: &Lab) -> Result<serde_json::Value, Failure> {
    let router = lab.router().ok_or_else(|| Failure::new("this lab has no router"))?;
    let nodes: serde_json::Map<_, _> = lab
        .nodes()
        .iter()
        .map(|node| {
            let role = if node.name().starts_with('w') { "worker" } else { "control-plane" };
            (node.name().to_owned(), json!({ "address": node.ipv4().to_string(), "role": role }))
        })
        .collect();
    Ok(json!({
        "nodes": nodes,
        "router_url": router.url(),
        "router_api_key": router.api_key(),
        "router_ca_certificate": router.ca_certificate(),
        "metallb": { "chart": METALLB_CHART },
        "router_address": lab.description().router.as_ref().map(|router| router.ipv4.to_string()),
    }))
}
