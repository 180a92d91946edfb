//! `args/cni-network/cni.yaml`, Calico's manifest as MicroK8s ships it: the environment of calico-node and
//! the address families in the CNI configuration, edited line by line.
//!
//! Not a YAML round trip: the file is a long generated manifest with comments, dozens of other documents and
//! a JSON text inside, all of which people and MicroK8s' own `sed` edits go on working with. Only the lines
//! that change are touched.

use super::yaml_lines::{Node, object};
use std::fmt;

/// The manifest's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CniManifest {
    lines: Vec<String>,
}

/// The manifest is not built as MicroK8s ships it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreadable(&'static str);

const NO_IPAM: Unreadable = Unreadable("cni_network_config has no ipam section of type calico-ipam");
const IPAM_TYPE: &str = "\"type\": \"calico-ipam\"";

impl CniManifest {
    /// Takes a file's text.
    pub(crate) fn parse(text: &str) -> Self {
        Self { lines: text.lines().map(str::to_owned).collect() }
    }

    /// The value of an environment variable of calico-node; `None` if it is not set or comes from somewhere
    /// else.
    pub(crate) fn environment(&self, name: &str) -> Result<Option<String>, Unreadable> {
        let entries = self.environment_entries()?;
        Ok(entries
            .iter()
            .rev()
            .find(|entry| self.is_named(entry, name))
            .and_then(|entry| entry.value(&self.lines, "value")))
    }

    /// Gives an environment variable of calico-node a value; `None` removes it. A new one goes to the end of
    /// the list.
    pub(crate) fn set_environment(&mut self, name: &str, value: Option<&str>) -> Result<(), Unreadable> {
        let entries = self.environment_entries()?;
        let last = entries.last().ok_or(Unreadable("the environment of calico-node is empty"))?;
        let mut named: Vec<&Node> = entries.iter().filter(|entry| self.is_named(entry, name)).collect();
        // The last of several wins in Kubernetes, so that is the one that stays.
        let kept = named.pop();
        let present = kept.and_then(|entry| entry.value(&self.lines, "value"));
        if named.is_empty() && present.as_deref() == value && (kept.is_some() == value.is_some()) {
            return Ok(());
        }
        let (place, dash) = kept
            .map_or((last.lines.end..last.lines.end, last.dash()), |kept| (kept.lines.clone(), kept.dash()));
        let written = value.map(|value| entry(dash, name, value)).into_iter().flatten();
        // From the bottom up, so that the places further up stay right.
        self.lines.splice(place, written);
        for entry in named.into_iter().rev() {
            self.lines.drain(entry.lines.clone());
        }
        Ok(())
    }

    /// A switch of Calico's address management in the CNI configuration, such as `assign_ipv6`.
    pub(crate) fn address_management(&self, key: &str) -> Result<Option<String>, Unreadable> {
        let (_, text) = self.address_management_text()?;
        let object: serde_json::Value = serde_json::from_str(&text).map_err(|_| NO_IPAM)?;
        Ok(object.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    }

    /// Sets such a switch; `None` removes it.
    pub(crate) fn set_address_management(
        &mut self,
        key: &str,
        value: Option<&str>,
    ) -> Result<(), Unreadable> {
        if self.address_management(key)?.as_deref() == value {
            return Ok(());
        }
        let (configuration, text) = self.address_management_text()?;
        let without = json_without(&text, key);
        let edited = match value {
            None => without,
            // As a string: Calico's plugin refuses a JSON boolean here.
            Some(value) => without.replacen(IPAM_TYPE, &format!("{IPAM_TYPE}, \"{key}\": \"{value}\""), 1),
        };
        let old = self.text(&configuration);
        self.lines.splice(configuration.lines, old.replacen(&text, &edited, 1).lines().map(str::to_owned));
        Ok(())
    }

    /// The JSON text `cni_network_config`, and the `ipam` object in it.
    fn address_management_text(&self) -> Result<(Node, String), Unreadable> {
        let configuration = object(&self.lines, "ConfigMap", "calico-config")
            .and_then(|map| map.key(&self.lines, "data"))
            .and_then(|data| data.key(&self.lines, "cni_network_config"))
            .ok_or(Unreadable("there is no ConfigMap calico-config with a cni_network_config"))?;
        let text = self.text(&configuration);
        let found = text.find("\"ipam\"").and_then(|at| text.get(at..)).and_then(json_object);
        let found = found.filter(|object| object.contains(IPAM_TYPE)).ok_or(NO_IPAM)?.to_owned();
        Ok((configuration, found))
    }

    fn environment_entries(&self) -> Result<Vec<Node>, Unreadable> {
        let daemon_set = object(&self.lines, "DaemonSet", "calico-node")
            .ok_or(Unreadable("there is no DaemonSet calico-node"))?;
        ["spec", "template", "spec", "containers"]
            .iter()
            .try_fold(daemon_set, |node, key| node.key(&self.lines, key))
            .and_then(|containers| {
                containers.entries(&self.lines).into_iter().find(|one| self.is_named(one, "calico-node"))
            })
            .and_then(|container| container.key(&self.lines, "env"))
            .map(|environment| environment.entries(&self.lines))
            .ok_or(Unreadable("the DaemonSet calico-node has no container calico-node with a list env"))
    }

    fn is_named(&self, node: &Node, name: &str) -> bool {
        node.value(&self.lines, "name").as_deref() == Some(name)
    }

    fn text(&self, node: &Node) -> String {
        self.lines.get(node.lines.clone()).unwrap_or_default().join("\n")
    }
}

impl fmt::Display for CniManifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// In double quotes, as in the rest of the manifest: a bare `true` or `2001:db8::1` need not be a string.
fn entry(dash: usize, name: &str, value: &str) -> [String; 2] {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    [format!("{:dash$}- name: {name}", ""), format!("{:dash$}  value: \"{value}\"", "")]
}

/// The first JSON object in a text, with its braces.
fn json_object(text: &str) -> Option<&str> {
    let start = text.find('{')?;
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for (at, character) in text.char_indices().skip_while(|(at, _)| *at < start) {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '{' if !in_string => depth += 1,
            '}' if !in_string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return text.get(start..=at);
                }
            }
            _ => {}
        }
    }
    None
}

/// A flat JSON object's text without a member whose value is a string or a word, and without the comma beside
/// it.
fn json_without(object: &str, key: &str) -> String {
    let Some((before, rest)) = object.split_once(&format!("\"{key}\"")) else { return object.to_owned() };
    let (_, after) = rest.split_at(rest.find([',', '}', '\n']).unwrap_or(rest.len()));
    match (before.trim_end().strip_suffix(','), after.strip_prefix(',')) {
        (Some(before), _) => format!("{before}{after}"),
        (None, Some(after)) => format!("{before}{}", after.trim_start_matches(' ')),
        (None, None) => format!("{before}{after}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of the shipped manifest that matter, with what stands around them.
    const MANIFEST: &str = include_str!("testdata/cni.yaml");

    /// All documents as a YAML parser sees them.
    fn documents(text: &str) -> Vec<serde_json::Value> {
        serde_saphyr::from_multiple(text).unwrap()
    }

    fn environment(text: &str) -> Vec<(String, String)> {
        let documents = documents(text);
        let daemon_set = documents.iter().find(|one| one["kind"] == "DaemonSet").unwrap();
        let container = &daemon_set["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["name"], "calico-node");
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("(from elsewhere)").to_owned();
        container["env"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (text(&one["name"]), text(&one["value"])))
            .collect()
    }

    #[test]
    fn the_environment_of_calico_node_is_read() {
        let manifest = CniManifest::parse(MANIFEST);
        let cases = [
            ("IP", Some("autodetect")),
            ("FELIX_IPV6SUPPORT", Some("false")),
            ("CALICO_IPV6POOL_VXLAN", Some("Never")),
            ("NODENAME", None),
            ("IP6", None),
            // Of the init container, which has an env of its own.
            ("CNI_NET_DIR", None),
        ];
        for (name, value) in cases {
            assert_eq!(manifest.environment(name).unwrap().as_deref(), value, "{name}");
        }
    }

    #[test]
    fn environment_is_set_and_everything_else_stays() {
        let mut manifest = CniManifest::parse(MANIFEST);
        let wanted = [
            ("FELIX_IPV6SUPPORT", "true"),
            ("IP6", "autodetect"),
            ("CALICO_IPV6POOL_CIDR", "fd01::/64"),
            ("IP", "x\"y\\"),
        ];
        let mut expected = environment(MANIFEST);
        for (name, value) in wanted {
            manifest.set_environment(name, Some(value)).unwrap();
            match expected.iter_mut().find(|(present, _)| present == name) {
                Some((_, present)) => *present = value.to_owned(),
                None => expected.push((name.to_owned(), value.to_owned())),
            }
        }
        let edited = manifest.to_string();
        assert_eq!(environment(&edited), expected);
        let comments = |text: &str| {
            text.lines().filter(|line| line.trim().starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(comments(&edited), comments(MANIFEST));
        let (mut before, mut after) = (documents(MANIFEST), documents(&edited));
        for documents in [&mut before, &mut after] {
            let daemon_set = documents.iter_mut().find(|one| one["kind"] == "DaemonSet").unwrap();
            daemon_set["spec"]["template"]["spec"]["containers"][0]["env"].take();
        }
        assert_eq!(before, after);
        for (name, value) in wanted {
            manifest.set_environment(name, Some(value)).unwrap();
        }
        assert_eq!(manifest.to_string(), edited, "a second edit changed something");
    }

    #[test]
    fn a_removed_variable_leaves_the_file_as_it_was() {
        let mut manifest = CniManifest::parse(MANIFEST);
        manifest.set_environment("IP6", Some("autodetect")).unwrap();
        manifest.set_environment("FELIX_IPV6SUPPORT", Some("true")).unwrap();
        manifest.set_environment("FELIX_IPV6SUPPORT", Some("false")).unwrap();
        manifest.set_environment("IP6", None).unwrap();
        manifest.set_environment("NOT_THERE", None).unwrap();
        assert_eq!(manifest.to_string(), MANIFEST);
    }

    #[test]
    fn of_several_the_last_stays() {
        let twice = MANIFEST.replacen(
            "            - name: IP\n",
            "            - name: FELIX_IPV6SUPPORT\n              value: \"maybe\"\n            - name: IP\n",
            1,
        );
        let mut manifest = CniManifest::parse(&twice);
        assert_eq!(manifest.environment("FELIX_IPV6SUPPORT").unwrap().as_deref(), Some("false"));
        manifest.set_environment("FELIX_IPV6SUPPORT", Some("false")).unwrap();
        assert_eq!(manifest.to_string(), MANIFEST);
    }

    #[test]
    fn a_variable_from_elsewhere_becomes_a_value() {
        let mut manifest = CniManifest::parse(MANIFEST);
        manifest.set_environment("NODENAME", Some("cp1")).unwrap();
        let all = environment(&manifest.to_string());
        assert_eq!(
            all.iter().filter(|(name, _)| name == "NODENAME").collect::<Vec<_>>(),
            [&("NODENAME".to_owned(), "cp1".to_owned())]
        );
    }

    fn ipam(text: &str) -> serde_json::Value {
        let documents = documents(text);
        let map = documents.iter().find(|one| one["kind"] == "ConfigMap").unwrap();
        let network: serde_json::Value =
            serde_json::from_str(map["data"]["cni_network_config"].as_str().unwrap()).unwrap();
        assert_eq!(network["plugins"][1]["type"], "portmap");
        network["plugins"][0]["ipam"].clone()
    }

    #[test]
    fn address_families_are_set_in_the_json_inside() {
        let mut manifest = CniManifest::parse(MANIFEST);
        assert_eq!(manifest.address_management("assign_ipv6").unwrap(), None);
        for key in ["assign_ipv4", "assign_ipv6", "assign_ipv6"] {
            manifest.set_address_management(key, Some("true")).unwrap();
        }
        let expected =
            serde_json::json!({"type": "calico-ipam", "assign_ipv4": "true", "assign_ipv6": "true"});
        assert_eq!(ipam(&manifest.to_string()), expected);
        assert_eq!(manifest.address_management("assign_ipv6").unwrap().as_deref(), Some("true"));
        manifest.set_address_management("assign_ipv6", Some("false")).unwrap();
        assert_eq!(ipam(&manifest.to_string())["assign_ipv6"], "false");
        for key in ["assign_ipv4", "assign_ipv6"] {
            manifest.set_address_management(key, None).unwrap();
        }
        assert_eq!(manifest.to_string(), MANIFEST);
    }

    #[test]
    fn every_spelling_of_a_json_member_is_removed_with_one_comma() {
        let cases = [
            (r#"{"type": "calico-ipam", "k": "true"}"#, r#"{"type": "calico-ipam"}"#),
            (r#"{"k":true,"type":"x"}"#, r#"{"type":"x"}"#),
            ("{\n  \"type\": \"x\",\n  \"k\": \"true\"\n}", "{\n  \"type\": \"x\"\n}"),
            (r#"{"a": 1, "k": "true", "b": 2}"#, r#"{"a": 1, "b": 2}"#),
            (r#"{"k": "true"}"#, "{}"),
            (r#"{"a": 1}"#, r#"{"a": 1}"#),
        ];
        for (before, after) in cases {
            assert_eq!(json_without(before, "k"), after, "{before}");
        }
    }

    #[test]
    fn another_manifest_is_refused_with_the_reason() {
        let text = |manifest: &str| CniManifest::parse(manifest).environment("IP").unwrap_err().to_string();
        assert_eq!(text("kind: ConfigMap\n"), "there is no DaemonSet calico-node");
        let renamed = MANIFEST.replace("- name: calico-node\n", "- name: cilium\n");
        assert_eq!(text(&renamed), "the DaemonSet calico-node has no container calico-node with a list env");
        let other = CniManifest::parse(&MANIFEST.replace("calico-ipam", "host-local"));
        assert_eq!(other.address_management("assign_ipv6").unwrap_err(), NO_IPAM);
    }
}
