//! `microk8s enable` and `microk8s disable`.

mod metallb;

use super::microk8s::{STOPPED, WORKER};
use super::{Context, cluster};
use crate::addons::{self, Addon};
use crate::args::edit;
use crate::failure::{Failure, Result};
use crate::layout::{create, read_or_empty};
use crate::outcome::{Outcome, say};

const DNS: &str = include_str!("../../../snap/dns.yaml");

/// An add-on with its arguments.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    name: String,
    arguments: Vec<String>,
}

pub(crate) async fn run(context: &Context, verb: &str, arguments: &[String]) -> Result<Outcome> {
    let known = addons::all(&context.layout)?;
    let bare = arguments.split(|word| word == "--").next().unwrap_or_default();
    if arguments.is_empty() || bare.iter().any(|word| word == "-h" || word == "--help") {
        let usage = format!("Usage: microk8s {verb} ADDON...\n{verb} one or more MicroK8s addons");
        return Ok(Outcome::said_with(u8::from(arguments.is_empty()), usage));
    }
    if context.layout.is_worker() {
        return Ok(Outcome::said_with(1, format!("{WORKER}\nPlease use the master node.")));
    }
    if context.layout.is_locked("stopped.lock") {
        return Ok(Outcome::complained(1, STOPPED));
    }
    let wanted = match parse(arguments, &known) {
        Ok(wanted) => wanted,
        Err(outcome) => return Ok(outcome),
    };
    let mut all = Outcome::default();
    if wanted.len() > 1 {
        all.stderr.push_str("WARNING: Do not enable or disable multiple addons in one command.\n");
    }
    for addon in &wanted {
        let one = single(context, verb, addon, &known).await?;
        all.stdout.push_str(&one.stdout);
        all.stderr.push_str(&one.stderr);
        all.code = one.code;
        if one.code != 0 {
            break;
        }
    }
    Ok(all)
}

/// Several add-ons with arguments after colons, or one with the rest of the words as its arguments.
fn parse(words: &[String], known: &[Addon]) -> std::result::Result<Vec<Wanted>, Outcome> {
    let split = |word: &String| {
        let mut parts = word.split(':').map(str::to_owned);
        Wanted { name: parts.next().unwrap_or_default(), arguments: parts.collect() }
    };
    let is_known = |wanted: &Wanted| {
        known.iter().any(|addon| addon.name == wanted.name || addon.full_name() == wanted.name)
    };
    let several: Vec<Wanted> = words.iter().map(split).collect();
    if several.iter().all(is_known) {
        return Ok(several);
    }
    let mut words = words.iter();
    let Some(mut first) = words.next().map(split) else { return Ok(Vec::new()) };
    let rest: Vec<String> = words.cloned().collect();
    if !first.arguments.is_empty() && !rest.is_empty() {
        let text = "Can not pass string arguments and list arguments to an addon at the same time";
        return Err(Outcome::complained(1, text));
    }
    first.arguments.extend(rest);
    Ok(vec![first])
}

/// The add-on of that name, with what is said where its repository had to be found; or why there is none.
fn find<'a>(name: &str, known: &'a [Addon]) -> std::result::Result<(&'a Addon, String), Outcome> {
    if name.contains('/') {
        let found = known.iter().find(|addon| addon.full_name() == name);
        // As if nothing were wrong.
        return found
            .map(|addon| (addon, String::new()))
            .ok_or_else(|| Outcome::said(format!("Addon {name} not found")));
    }
    let named: Vec<&Addon> = known.iter().filter(|addon| addon.name == name).collect();
    match named.as_slice() {
        [] => Err(Outcome::complained(1, format!("Addon {name} was not found in any repository"))),
        [addon] => Ok((addon, format!("Infer repository {} for addon {name}\n", addon.repository))),
        several => {
            let repositories: String =
                several.iter().map(|addon| format!("\n  {}", addon.repository)).collect();
            let text = format!(
                "Addon {name} exists in more than one repository. Please explicitly specify one of:{repositories}"
            );
            Err(Outcome::complained(1, text))
        }
    }
}

/// Runs a script of a repository that was added. It prints to whoever reads this command, and dies of SIGPIPE
/// where nobody does.
async fn run_script(context: &Context, verb: &str, addon: &Addon, arguments: &[String]) -> Result<Outcome> {
    let script =
        addons::folder(&context.layout, &addon.repository).join("addons").join(&addon.name).join(verb);
    let status = tokio::process::Command::new(&script)
        .args(arguments)
        .envs(context.layout.environment())
        .stdin(std::process::Stdio::null())
        .status()
        .await
        .map_err(|error| Failure::new(format!("cannot run {}: {error}", script.display())))?;
    Ok(Outcome::silent(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

async fn single(context: &Context, verb: &str, wanted: &Wanted, known: &[Addon]) -> Result<Outcome> {
    let (addon, inferred) = match find(&wanted.name, known) {
        Ok(found) => found,
        Err(outcome) => return Ok(outcome),
    };
    let objects = objects(context).await?;
    if addon.is_enabled(&context.layout, &objects) == (verb == "enable") {
        let mut outcome = Outcome::said(format!("Addon {} is already {verb}d", addon.full_name()));
        outcome.stderr = inferred;
        return Ok(outcome);
    }
    if addon.repository != addons::CORE_NAME {
        let mut outcome = run_script(context, verb, addon, &wanted.arguments).await?;
        outcome.stderr.insert_str(0, &inferred);
        return Ok(outcome);
    }
    let name = addon.name.as_str();
    let done = match (verb, name) {
        ("enable", "dns") => enable_dns(context, &wanted.arguments).await,
        ("disable", "dns") => delete(context, DNS, "CoreDNS").await,
        ("enable", "metallb") => return metallb::enable(context, &wanted.arguments, inferred).await,
        ("disable", "metallb") => metallb::disable(context).await,
        ("enable", "community") => create(&context.layout.common().join("addons/community"))
            .map(|()| "Community repository is now enabled\n".into()),
        ("disable", "ha-cluster") => {
            let text = "Disabling HA will reset your cluster in a clean state. Use the --force flag.";
            return Ok(Outcome::said_with(2, text));
        }
        _ => Err(Failure::new(format!("microk8s {verb} {name} is not in this lab"))),
    };
    Ok(match done {
        Ok(said) => Outcome { stdout: said, stderr: inferred, code: 0 },
        Err(failure) => Outcome { stdout: String::new(), stderr: format!("{inferred}{failure}\n"), code: 1 },
    })
}

async fn objects(context: &Context) -> Result<String> {
    context.kubectl().run(&["get", "all,ingress,ingressclass", "-A", "--request-timeout=30s"], "").await
}

async fn delete(context: &Context, manifest: &str, name: &str) -> Result<String> {
    // Only what identifies the objects matters for deleting them.
    let manifest = manifest.replace("  CLUSTER_IP\n", "").replace("RANGES", "[]");
    context.kubectl().run(&["delete", "--ignore-not-found", "-f", "-"], &manifest).await?;
    Ok(format!("Disabling {name}\n{name} is disabled\n"))
}

/// Arguments: name servers, then the Service's address, then the cluster's domain.
async fn enable_dns(context: &Context, arguments: &[String]) -> Result<String> {
    let kubelet = context.layout.args("kubelet");
    let argument = |position: usize| arguments.get(position).filter(|word| !word.is_empty()).cloned();
    let servers = argument(0)
        .unwrap_or_else(|| edit::get(&kubelet, "--resolv-conf").unwrap_or_else(|| "8.8.8.8 8.8.4.4".into()));
    let domain = argument(2)
        .or_else(|| edit::get(&kubelet, "--cluster-domain"))
        .unwrap_or_else(|| "cluster.local".into());
    let default_range = read_or_empty(&context.layout.args("kube-apiserver")).contains("=10.152.183.0/24");
    let chosen = argument(1).or_else(|| default_range.then(|| "10.152.183.10".into()));
    let address = chosen.map_or(String::new(), |address| format!("  clusterIP: {address}\n"));
    let manifest = DNS
        .replace("  CLUSTER_IP\n", &address)
        .replace("CLUSTER_DOMAIN", &domain)
        .replace("FORWARD", &servers.replace(',', " "));
    let kubectl = context.kubectl();
    // The script's `echo` dies of SIGPIPE where nobody reads it any more.
    say(&format!("Enabling DNS\nUsing host configuration from {servers}\nApplying manifest\n"))?;
    say(&kubectl.apply(&manifest).await?)?;
    let asked = ["get", "service", "kube-dns", "-n", "kube-system", "-o", "jsonpath={.spec.clusterIP}"];
    let address = kubectl.run(&asked, "").await?;
    let flags = [("--cluster-domain", domain.as_str()), ("--cluster-dns", address.trim())];
    let said = cluster::set_everywhere(context, "kubelet", &flags).await?;
    Ok(format!("{said}CoreDNS service deployed with IP address {address}\nCoreDNS is enabled\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(line: &str) -> std::result::Result<Vec<(String, Vec<String>)>, Outcome> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let known = addons::core_addons().unwrap();
        parse(&words, &known).map(|all| all.into_iter().map(|one| (one.name, one.arguments)).collect())
    }

    #[test]
    fn known_names_only_are_several_addons() {
        assert_eq!(wanted("dns:1.1.1.1 metallb").unwrap().len(), 2);
        let one = wanted("metallb fd00::1-fd00::9").unwrap();
        assert_eq!(one, [("metallb".to_owned(), vec!["fd00::1-fd00::9".to_owned()])]);
    }

    #[test]
    fn colons_split_addresses_of_ipv6_and_styles_do_not_mix() {
        assert_eq!(wanted("metallb:fd00::1").unwrap()[0].1, ["fd00", "", "1"]);
        assert_eq!(wanted("dns:1.1.1.1 extra").unwrap_err().code, 1);
    }
}
