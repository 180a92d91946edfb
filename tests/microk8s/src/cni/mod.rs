//! Calico's manifest, as the install hook makes it from `args/cni-env`.

use crate::failure::{Failure, Result};
use crate::layout::{Layout, read_or_empty, write};
use std::collections::BTreeMap;

const TEMPLATE: &str = include_str!("../../snap/cni.yaml");

/// What `cni-env` asks for.
#[derive(Debug, PartialEq, Eq)]
struct Families {
    /// Pod and service range of IPv4.
    v4: Option<(String, String)>,
    /// Pod and service range of IPv6.
    v6: Option<(String, String)>,
    mtu: Option<String>,
}

fn families(text: &str) -> Result<Families> {
    let values: BTreeMap<&str, &str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim(), value.trim().trim_matches(['"', '\''])))
        .collect();
    let value = |key: &str| values.get(key).copied().filter(|value| !value.is_empty());
    if value("CNI") != Some("calico") {
        return Err(Failure::new("CNI must be set to 'calico'"));
    }
    let family = |name: &str| -> Result<Option<(String, String)>> {
        if value(&format!("{name}_SUPPORT")) != Some("true") {
            return Ok(None);
        }
        let range = |kind: &str| {
            let key = format!("{name}_{kind}_CIDR");
            value(&key)
                .map(str::to_owned)
                .ok_or_else(|| Failure::new(format!("Failed: {name}_SUPPORT is true, but no {key} was set")))
        };
        Ok(Some((range("CLUSTER")?, range("SERVICE")?)))
    };
    let found = Families {
        v4: family("IPv4")?,
        v6: family("IPv6")?,
        mtu: value("CALICO_VETH_MTU").map(str::to_owned),
    };
    if found.v4.is_none() && found.v6.is_none() {
        return Err(Failure::new("Failed: At least one of IPv4_SUPPORT or IPv6_SUPPORT must be true"));
    }
    Ok(found)
}

/// Writes `cni.yaml` and the ranges in the args files.
pub(crate) fn generate(layout: &Layout, calico: &str) -> Result<()> {
    let families = families(&read_or_empty(&layout.args("cni-env")))?;
    write(&layout.cni_manifest(), &manifest(&families).replace("CALICO_VERSION", calico))?;
    let both = families.v4.iter().chain(&families.v6);
    let (pods, services): (Vec<&str>, Vec<&str>) =
        both.map(|(pods, services)| (pods.as_str(), services.as_str())).unzip();
    let (pods, services) = (pods.join(","), services.join(","));
    let ranges = [
        ("kube-apiserver", "--service-cluster-ip-range", &services),
        ("kube-controller-manager", "--service-cluster-ip-range", &services),
        ("kube-controller-manager", "--cluster-cidr", &pods),
        ("kube-proxy", "--cluster-cidr", &pods),
    ];
    ranges.into_iter().try_for_each(|(file, flag, value)| set_first(layout, file, flag, value))
}

/// The bash helper's way: replace the flag's line, or insert it as the first.
fn set_first(layout: &Layout, file: &str, flag: &str, value: &str) -> Result<()> {
    let path = layout.args(file);
    let text = read_or_empty(&path);
    if text.lines().any(|line| line.starts_with(&format!("{flag}="))) {
        return write(&path, &replaced(&text, flag, value));
    }
    write(&path, &format!("{flag}={value}\n{text}"))
}

fn replaced(text: &str, flag: &str, value: &str) -> String {
    let new = |line: &str| match line.strip_prefix(flag) {
        Some(rest) if rest.starts_with('=') => format!("{flag}={value}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(new).collect()
}

fn manifest(families: &Families) -> String {
    let assign = families.v4.iter().map(|_| "\"assign_ipv4\": \"true\"");
    let assign: Vec<&str> = assign.chain(families.v6.iter().map(|_| "\"assign_ipv6\": \"true\"")).collect();
    let ipam = format!("\"type\": \"calico-ipam\",\n              {}", assign.join(",\n              "));
    let mut text = TEMPLATE.replace("\"type\": \"calico-ipam\"", &ipam);
    if let Some((pods, _)) = &families.v4 {
        text = text.replace("10.1.0.0/16", pods);
    }
    if let Some((pods, _)) = &families.v6 {
        text = set_variable(&text, "FELIX_IPV6SUPPORT", "true");
        text = set_variable(&text, "CALICO_IPV6POOL_VXLAN", "Always");
        let added = [
            ("IP6_AUTODETECTION_METHOD", "first-found"),
            ("CALICO_IPV6POOL_CIDR", pods),
            ("IP6", "autodetect"),
        ]
        .map(|(name, value)| variable(name, value));
        let before = "            - name: CALICO_IPV6POOL_VXLAN\n";
        text = text.replace(before, &format!("{}{before}", added.concat()));
    }
    if let Some(mtu) = &families.mtu {
        text = text.replace("veth_mtu: \"0\"", &format!("veth_mtu: \"{mtu}\""));
    }
    text
}

fn variable(name: &str, value: &str) -> String {
    format!("            - name: {name}\n              value: \"{value}\"\n")
}

/// Replaces the value on the line after `- name: <name>`.
fn set_variable(text: &str, name: &str, value: &str) -> String {
    let marker = format!("- name: {name}");
    let mut previous = "";
    let mut changed = String::with_capacity(text.len());
    for line in text.lines() {
        if previous.trim() == marker {
            changed.push_str(&format!("              value: \"{value}\"\n"));
        } else {
            changed.push_str(line);
            changed.push('\n');
        }
        previous = line;
    }
    changed
}

/// Replaces `first-found` by `can-reach=<address>`: a joining node does so everywhere, the contacted control
/// plane only for the family of the joining address. Says whether anything changed.
pub(crate) fn detect_by_reaching(layout: &Layout, address: &str, only: Option<&str>) -> Result<bool> {
    let path = layout.cni_manifest();
    let before = read_or_empty(&path);
    let after = match only {
        None => before.replace("first-found", &format!("can-reach={address}")),
        Some(name) if value_of(&before, name) == Some("first-found") => {
            set_variable(&before, name, &format!("can-reach={address}"))
        }
        Some(_) => before.clone(),
    };
    let changed = after != before;
    if changed {
        write(&path, &after)?;
    }
    Ok(changed)
}

fn value_of<'a>(manifest: &'a str, name: &str) -> Option<&'a str> {
    let marker = format!("- name: {name}");
    let mut lines = manifest.lines().skip_while(|line| line.trim() != marker).skip(1);
    Some(lines.next()?.trim().strip_prefix("value:")?.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::edit;

    const DUAL: &str = "CNI=calico\nIPv4_SUPPORT=true\nIPv4_CLUSTER_CIDR=10.3.0.0/16\n\
                        IPv4_SERVICE_CIDR=10.153.183.0/24\nIPv6_SUPPORT=true\nIPv6_CLUSTER_CIDR=fd02::/64\n\
                        IPv6_SERVICE_CIDR=fd99::/108\n# CALICO_VETH_MTU=1450\n";

    #[test]
    fn dual_stack_sets_the_ranges_and_the_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        crate::args::defaults::write_all(&layout).unwrap();
        write(&layout.args("cni-env"), DUAL).unwrap();
        generate(&layout, "v3.29.3").unwrap();
        let flag = |file, flag| edit::get(&layout.args(file), flag).unwrap();
        assert_eq!(flag("kube-apiserver", "--service-cluster-ip-range"), "10.153.183.0/24,fd99::/108");
        assert_eq!(flag("kube-controller-manager", "--cluster-cidr"), "10.3.0.0/16,fd02::/64");
        assert_eq!(flag("kube-proxy", "--cluster-cidr"), "10.3.0.0/16,fd02::/64");
        let manifest = read_or_empty(&layout.cni_manifest());
        for (name, value) in [
            ("IP6", "autodetect"),
            ("IP6_AUTODETECTION_METHOD", "first-found"),
            ("CALICO_IPV6POOL_CIDR", "fd02::/64"),
            ("CALICO_IPV6POOL_VXLAN", "Always"),
            ("CALICO_IPV4POOL_CIDR", "10.3.0.0/16"),
            ("FELIX_IPV6SUPPORT", "true"),
        ] {
            assert_eq!(value_of(&manifest, name), Some(value), "{name}");
        }
        assert!(manifest.contains("\"assign_ipv4\": \"true\",\n              \"assign_ipv6\": \"true\""));
        assert_eq!(value_of(&manifest, "CALICO_IPV6POOL_NAT_OUTGOING"), None);
        assert!(manifest.contains("calico/node:v3.29.3"));
    }

    #[test]
    fn ipv4_only_leaves_calicos_ipv6_off() {
        let manifest = manifest(&families(crate::args::defaults::text_of("cni-env")).unwrap());
        assert_eq!(value_of(&manifest, "FELIX_IPV6SUPPORT"), Some("false"));
        assert_eq!(value_of(&manifest, "IP6"), None);
        assert!(!manifest.contains("assign_ipv6"));
    }

    #[test]
    fn missing_ranges_and_families_are_errors() {
        let text = "CNI=calico\nIPv6_SUPPORT=true\n";
        let error = families(text).unwrap_err().to_string();
        assert_eq!(error, "Failed: IPv6_SUPPORT is true, but no IPv6_CLUSTER_CIDR was set");
        let error = families("CNI=calico\nIPv4_SUPPORT=True\n").unwrap_err().to_string();
        assert_eq!(error, "Failed: At least one of IPv4_SUPPORT or IPv6_SUPPORT must be true");
        assert_eq!(families("CNI=flannel\n").unwrap_err().to_string(), "CNI must be set to 'calico'");
    }

    #[test]
    fn a_joining_node_breaks_ipv6_detection_and_the_contacted_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let text = manifest(&families(DUAL).unwrap());
        write(&layout.cni_manifest(), &text).unwrap();
        assert!(detect_by_reaching(&layout, "10.0.0.12", Some("IP_AUTODETECTION_METHOD")).unwrap());
        assert!(!detect_by_reaching(&layout, "10.0.0.13", Some("IP_AUTODETECTION_METHOD")).unwrap());
        let contacted = read_or_empty(&layout.cni_manifest());
        assert_eq!(value_of(&contacted, "IP_AUTODETECTION_METHOD"), Some("can-reach=10.0.0.12"));
        assert_eq!(value_of(&contacted, "IP6_AUTODETECTION_METHOD"), Some("first-found"));
        assert!(detect_by_reaching(&layout, "10.0.0.11", None).unwrap());
        let joined = read_or_empty(&layout.cni_manifest());
        assert_eq!(value_of(&joined, "IP6_AUTODETECTION_METHOD"), Some("can-reach=10.0.0.11"));
    }
}
