//! Carrying out a launch configuration: the pass of the install hook, and the agent's pass later.

use super::schema::{Part, TARGETS, Target, parse, settings, text_of};
use crate::args::edit;
use crate::failure::{Failure, Result};
use crate::layout::{Layout, read_or_empty, write};
use crate::pki::{names, tokens};
use crate::socket;
use std::collections::BTreeSet;

/// Used where the operator supplies no file.
const DEFAULT: &str = "version: 0.1.0\nextraKubeletArgs:\n  --cluster-domain: cluster.local\n  \
                       --cluster-dns: 10.152.183.10\naddons:\n  - name: dns\n";

/// Where the install hook looks, in order.
const PLACES: [&str; 3] = [
    "etc/microk8s.yaml",
    "root/snap/microk8s/common/.microk8s.yaml",
    "var/snap/microk8s/common/.microk8s.yaml",
];

/// The install hook's pass: everything but add-ons, joining and restarts. Leaves the file for the agent.
pub(crate) fn before_start(layout: &Layout) -> Result<()> {
    let supplied = PLACES.iter().map(|place| layout.under(place)).find(|path| path.exists());
    let text = supplied.map_or_else(|| DEFAULT.to_owned(), |path| read_or_empty(&path));
    let parts = parse(&text)?;
    write(&layout.launcher().join("install.yaml"), &text)?;
    parts.iter().try_for_each(|part| write_files(layout, part).map(drop))
}

/// The agent's pass: all of it, ending with restarts and joining.
pub(crate) async fn after_start(layout: &Layout, text: &str) -> Result<()> {
    for part in parse(text)? {
        for addon in &part.addons {
            let verb = if addon.disable { "disable" } else { "enable" };
            run(verb, std::iter::once(&addon.name).chain(&addon.args)).await?;
        }
        let restarts = write_files(layout, &part)?;
        for service in restarts {
            socket::demand(&["restart", &format!("microk8s.{service}")]).await?;
        }
        if let Some(join) = &part.join {
            let worker = "--worker".to_owned();
            run("join", std::iter::once(&join.url).chain(join.worker.then_some(&worker))).await?;
        }
    }
    Ok(())
}

/// Runs a `microk8s` command of this node, as the agent does.
pub(crate) async fn run(verb: &str, arguments: impl Iterator<Item = &String>) -> Result<()> {
    let mut command = tokio::process::Command::new("/snap/bin/microk8s");
    command.arg(verb).args(arguments).stdin(std::process::Stdio::null()).kill_on_drop(true);
    let output = command
        .output()
        .await
        .map_err(|error| Failure::new(format!("cannot run microk8s {verb}: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    Err(Failure::new(format!("microk8s {verb} ended with {}: {}", output.status, said.trim())))
}

/// Writes what the part says and names the services that read what changed.
fn write_files(layout: &Layout, part: &Part) -> Result<BTreeSet<&'static str>> {
    let mut restarts = BTreeSet::new();
    if let Some(token) = &part.persistent_cluster_token {
        tokens::add_persistent(layout, token)?;
    }
    for (name, text) in &part.extra_config_files {
        write(&layout.args(name), text)?;
    }
    for target in &TARGETS {
        let changed = if target.variables {
            write_variables(layout, target, part)?
        } else {
            let mut changed = false;
            for (flag, value) in settings(part, target)? {
                let value = (!value.is_null()).then(|| text_of(&value));
                changed |= edit::set(&layout.args(target.file), &flag, value.as_deref())?;
                // The agent compares a value up to its second `=`, so such a one differs from itself each
                // time.
                changed |= value.is_some_and(|value| value.contains('='));
            }
            changed
        };
        restarts.extend(target.service.filter(|_| changed));
    }
    if let Some(extra) = &part.extra_sans {
        write(&layout.certificate("csr.conf.template"), &names::template_with(extra))?;
    }
    for (registry, text) in &part.containerd_registry_configs {
        write(&layout.args(&format!("certs.d/{registry}/hosts.toml")), text)?;
    }
    Ok(restarts)
}

fn write_variables(layout: &Layout, target: &Target, part: &Part) -> Result<bool> {
    let mut changed = false;
    let path = layout.args(target.file);
    for (name, value) in settings(part, target)? {
        let before = read_or_empty(&path);
        let own = format!("{name}=");
        let mut after: String =
            before.lines().filter(|line| !line.starts_with(&own)).map(|line| format!("{line}\n")).collect();
        if !value.is_null() {
            after.push_str(&format!("{own}{}\n", text_of(&value)));
        }
        if after != before {
            write(&path, &after)?;
            changed = true;
        }
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_file_the_node_gets_dns_and_its_kubelet_arguments() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        crate::args::defaults::write_all(&layout).unwrap();
        before_start(&layout).unwrap();
        assert_eq!(edit::get(&layout.args("kubelet"), "--cluster-dns").as_deref(), Some("10.152.183.10"));
        assert!(layout.launcher().join("install.yaml").exists());
    }

    #[test]
    fn a_supplied_file_replaces_the_default_entirely() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        crate::args::defaults::write_all(&layout).unwrap();
        let file = "version: 0.1.0\nextraCNIEnv:\n  IPv6_SUPPORT: true\n  IPv6_CLUSTER_CIDR: fd02::/64\n\
                    extraKubeAPIServerArgs:\n  --event-ttl: 1m\n  --profiling: null\n\
                    persistentClusterToken: abcdefabcdefabcdefabcdefabcdefab\n";
        write(&layout.common().join(".microk8s.yaml"), file).unwrap();
        before_start(&layout).unwrap();
        assert_eq!(edit::get(&layout.args("kubelet"), "--cluster-dns"), None);
        assert_eq!(edit::get(&layout.args("kube-apiserver"), "--event-ttl").as_deref(), Some("1m"));
        assert_eq!(edit::get(&layout.args("kube-apiserver"), "--profiling"), None);
        let environment = read_or_empty(&layout.args("cni-env"));
        assert!(environment.contains("\nIPv6_SUPPORT=true\n") && !environment.contains("IPv6_SUPPORT=false"));
        tokens::accept(&layout, "abcdefabcdefabcdefabcdefabcdefab").unwrap();
    }
}
