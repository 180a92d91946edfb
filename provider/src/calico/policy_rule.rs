//! The rules of Calico's policies. MicroK8s has no API server of Calico's, so what `calicoctl` refuses is
//! refused here: Felix takes a policy that it cannot read for one that is not there, and lets everything
//! pass.

use super::cidrs::network;
use super::selector;
use ipnet::IpNet;
use serde_json::{Map, Value as Json, json};
use tfplugin::{Diagnostics, DraftValue, Model};

/// What of a policy the rules are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// To what the policy selects.
    Ingress,
    /// From what the policy selects.
    Egress,
}

/// A rule. The first that matches decides; what matches none is dropped.
#[derive(Clone, Debug, Model)]
pub struct PolicyRule {
    /// What happens: `Allow`, `Deny`, `Log` (and go on with the next rule) or `Pass` (skip the other
    /// policies; profiles decide).
    #[attribute(required, validate = action)]
    action: String,

    /// Version of IP: 4 or 6. Default: both.
    #[attribute(optional, validate = ip_version)]
    ip_version: Option<u8>,

    /// Protocol: `TCP`, `UDP`, `ICMP`, `ICMPv6`, `SCTP`, `UDPLite`, or a number from 1 to 255. Default: all.
    #[attribute(optional, validate = some_protocol)]
    protocol: Option<String>,

    /// All protocols but this one, as `protocol` has it. Default: no exception.
    #[attribute(optional, validate = some_protocol)]
    not_protocol: Option<String>,

    /// Messages of ICMP, where `protocol` is `ICMP` or `ICMPv6`. Default: all.
    #[attribute(optional)]
    icmp: Option<IcmpMessage>,

    /// Other messages of ICMP than these. Default: no exception.
    #[attribute(optional)]
    not_icmp: Option<IcmpMessage>,

    /// The source of the traffic. Default: anywhere.
    #[attribute(optional)]
    source: Option<RulePeer>,

    /// The destination of the traffic. Default: anywhere.
    #[attribute(optional)]
    destination: Option<RulePeer>,
}

/// Messages of ICMP.
#[derive(Clone, Debug, Model)]
pub struct IcmpMessage {
    /// Type, 0 to 254: 8 is an echo request, 128 one of ICMPv6. Default: all.
    #[attribute(optional)]
    icmp_type: Option<u8>,

    /// Code, 0 to 255, of that type. Default: all.
    #[attribute(optional)]
    code: Option<u8>,
}

/// One end of the traffic. What is given must all hold.
#[derive(Clone, Debug, Model)]
pub struct RulePeer {
    /// Networks: `["192.0.2.0/24"]`, without host bits; a rule has those of one family. Default: any.
    #[attribute(optional)]
    nets: Option<Vec<String>>,

    /// Networks that are not meant. Default: none.
    #[attribute(optional)]
    not_nets: Option<Vec<String>>,

    /// Pods, host endpoints and network sets, by Calico's selector language: `role == "web"`. Default: any.
    #[attribute(optional, validate = some_selector)]
    selector: Option<String>,

    /// Pods, host endpoints and network sets that are not meant, and so everything else, the Internet too.
    /// Default: none.
    #[attribute(optional, validate = some_selector)]
    not_selector: Option<String>,

    /// Namespaces of the pods, by a selector of namespaces' labels; `all()` is any, `global()` are network
    /// sets and host endpoints alone. Default: in a `calico_network_policy` its own namespace, where another
    /// selector is given; else any.
    #[attribute(optional, validate = namespace_selector)]
    namespace_selector: Option<String>,

    /// Ports, where `protocol` is `TCP`, `UDP` or `SCTP`: a number (`"443"`), a range (`"8000:8010"`) or the
    /// name of one. Default: all.
    #[attribute(optional)]
    ports: Option<Vec<String>>,

    /// Ports that are not meant, as in `ports`. Default: none.
    #[attribute(optional)]
    not_ports: Option<Vec<String>>,

    /// Service accounts that the pods run as. Default: any.
    #[attribute(optional)]
    service_accounts: Option<ServiceAccounts>,

    /// A Service, for the addresses and ports of its endpoints: as the destination of egress rules, or the
    /// source of ingress rules. Not beside selectors, networks, and, of a destination, ports. Default: none.
    #[attribute(optional)]
    services: Option<ServiceMatch>,
}

/// Service accounts.
#[derive(Clone, Debug, Model)]
pub struct ServiceAccounts {
    /// By name: any of these. Default: any.
    #[attribute(optional)]
    names: Option<Vec<String>>,

    /// By a selector of their labels. Default: any.
    #[attribute(optional, validate = some_selector)]
    selector: Option<String>,
}

/// A Service.
#[derive(Clone, Debug, Model)]
pub struct ServiceMatch {
    /// Name.
    #[attribute(required)]
    name: String,

    /// Namespace. Default: that of the policy; a `calico_global_network_policy` has none and needs it.
    #[attribute(optional)]
    namespace: Option<String>,
}

/// Finds fault with the rules of a direction.
pub(super) fn check(rules: &[PolicyRule], direction: Direction, is_global: bool) -> Result<(), String> {
    rules.iter().enumerate().try_for_each(|(at, rule)| {
        rule.check(direction, is_global).map_err(|fault| format!("rule {at}: {fault}"))
    })
}

impl PolicyRule {
    fn check(&self, direction: Direction, is_global: bool) -> Result<(), String> {
        let ends = [&self.source, &self.destination].into_iter().flatten();
        let with_ports = ends.clone().any(|end| end.ports.is_some() || end.not_ports.is_some());
        if with_ports && self.protocol.as_deref().is_none_or(|one| transport(one).is_err()) {
            return Err("ports need `protocol` to be TCP, UDP or SCTP".to_owned());
        }
        self.check_icmp()?;
        let mut family = self.ip_version;
        if let Some(of_icmp) = match self.protocol.as_deref() {
            Some("ICMP") => Some(4),
            Some("ICMPv6") => Some(6),
            _ => None,
        } {
            agree(&mut family, of_icmp, "the protocol")?;
        }
        for end in ends {
            for text in end.nets.iter().chain(&end.not_nets).flatten() {
                let of_net = if matches!(network(text)?, IpNet::V4(_)) { 4 } else { 6 };
                agree(&mut family, of_net, text)?;
            }
            end.ports.iter().chain(&end.not_ports).flatten().try_for_each(|one| port(one))?;
        }
        for (end, here) in [(&self.source, Direction::Ingress), (&self.destination, Direction::Egress)] {
            let Some(RulePeer { services: Some(service), .. }) = end else { continue };
            if here != direction {
                return Err(
                    "`services` belong to the source of ingress rules and the destination of egress rules"
                        .to_owned(),
                );
            }
            if is_global && service.namespace.is_none() {
                return Err("`services` of a global policy need `namespace`".to_owned());
            }
            end.iter().try_for_each(|end| end.check_alone(here))?;
        }
        Ok(())
    }

    fn check_icmp(&self) -> Result<(), String> {
        for message in [&self.icmp, &self.not_icmp].into_iter().flatten() {
            if !matches!(self.protocol.as_deref(), Some("ICMP" | "ICMPv6")) {
                return Err("`icmp` and `not_icmp` need `protocol` to be ICMP or ICMPv6".to_owned());
            }
            match (message.icmp_type, message.code) {
                (Some(255), _) => return Err("types of ICMP end at 254".to_owned()),
                (None, Some(_)) => return Err("`code` needs `icmp_type`".to_owned()),
                _ => {}
            }
        }
        Ok(())
    }
}

impl RulePeer {
    /// A Service says all that the other attributes could.
    fn check_alone(&self, direction: Direction) -> Result<(), String> {
        let others = [
            (self.nets.is_some(), "nets"),
            (self.not_nets.is_some(), "not_nets"),
            (self.selector.is_some(), "selector"),
            (self.not_selector.is_some(), "not_selector"),
            (self.namespace_selector.is_some(), "namespace_selector"),
            (self.service_accounts.is_some(), "service_accounts"),
            (direction == Direction::Egress && self.ports.is_some(), "ports"),
            (direction == Direction::Egress && self.not_ports.is_some(), "not_ports"),
        ];
        match others.into_iter().find(|(given, _)| *given) {
            Some((_, name)) => Err(format!("`services` and `{name}` exclude each other")),
            None => Ok(()),
        }
    }
}

/// Fields that are not called like their attributes.
pub(super) const FIELD_NAMES: &[(&str, &str)] =
    &[("icmp_type", "type"), ("not_icmp", "notICMP"), ("pre_dnat", "preDNAT")];

/// A policy as Calico's own clients would have written it.
pub(super) fn normalize(spec: &mut Map<String, Json>) {
    numbers(spec);
    // Felix takes none for both directions.
    let has = |field: &str| spec.get(field).and_then(Json::as_array).is_some_and(|rules| !rules.is_empty());
    let directions = match (has("ingress"), has("egress")) {
        (_, false) => json!(["Ingress"]),
        (false, true) => json!(["Egress"]),
        (true, true) => json!(["Ingress", "Egress"]),
    };
    spec.entry("types").or_insert(directions);
}

/// What is a number, though the field may hold a name too.
fn numbers(spec: &mut Map<String, Json>) {
    for direction in ["ingress", "egress"] {
        let rules = spec.get_mut(direction).and_then(Json::as_array_mut);
        for rule in rules.into_iter().flatten() {
            for field in ["protocol", "notProtocol"] {
                rule.get_mut(field).into_iter().for_each(number);
            }
            for end in ["source", "destination"] {
                for field in ["ports", "notPorts"] {
                    let all = rule.get_mut(end).and_then(|end| end.get_mut(field)?.as_array_mut());
                    all.into_iter().flatten().for_each(number);
                }
            }
        }
    }
}

fn number(json: &mut Json) {
    if let Some(number) = json.as_str().and_then(|text| text.parse::<u16>().ok()) {
        *json = number.into();
    }
}

fn agree(family: &mut Option<u8>, of: u8, what: &str) -> Result<(), String> {
    match family {
        Some(known) if *known != of => {
            Err(format!("{what} is of IPv{of}, and the rest of the rule of IPv{known}"))
        }
        _ => {
            *family = Some(of);
            Ok(())
        }
    }
}

/// Whether these are directions; for `#[attribute(validate = ...)]`.
pub(super) fn types(types: &Option<Vec<String>>) -> Result<(), String> {
    let Some(types) = types else { return Ok(()) };
    types.iter().try_for_each(|one| one_of(one, &["Ingress", "Egress"]))?;
    match types.as_slice() {
        [] => Err("leave `types` out, or name a direction".to_owned()),
        [one, other, ..] if types.len() > 2 || one == other => Err("a direction is given twice".to_owned()),
        _ => Ok(()),
    }
}

/// The dot is between a tier and the name of a policy.
pub(super) fn policy_name(name: &DraftValue<String>, diagnostics: &mut Diagnostics) {
    if name.known().is_some_and(|name| name.contains('.')) {
        let detail = "The name of a policy has no dots: what precedes one would be its tier. Objects are kept as \
                      `default.<name>`; leave out `default.`.";
        diagnostics.error_at("name", "A dot in the name of a policy", detail);
    }
}

fn action(action: &str) -> Result<(), String> {
    one_of(action, &["Allow", "Deny", "Log", "Pass"])
}

fn ip_version(version: &Option<u8>) -> Result<(), String> {
    match version {
        None | Some(4 | 6) => Ok(()),
        Some(other) => Err(format!("IP has the versions 4 and 6, not {other}")),
    }
}

fn some_protocol(protocol: &Option<String>) -> Result<(), String> {
    let Some(protocol) = protocol else { return Ok(()) };
    match protocol.parse::<u8>() {
        Ok(1..) => Ok(()),
        _ => one_of(protocol, &["TCP", "UDP", "ICMP", "ICMPv6", "SCTP", "UDPLite"])
            .map_err(|fault| format!("{fault}, or a number from 1 to 255")),
    }
}

/// Whether it is a protocol with ports; for `#[attribute(validate = ...)]`.
pub(super) fn transport(protocol: &str) -> Result<(), String> {
    one_of(protocol, &["TCP", "UDP", "SCTP"])
}

fn port(text: &str) -> Result<(), String> {
    let number = |text: &str| text.parse::<u16>().ok().filter(|number| *number > 0);
    let sound = match text.split_once(':') {
        Some((low, high)) => number(low).zip(number(high)).is_some_and(|(low, high)| low <= high),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => number(text).is_some(),
        None => port_name(text).is_ok(),
    };
    match sound {
        true => Ok(()),
        false => Err(format!(
            "{text:?} is no port: use a number from 1 to 65535, a range such as 8000:8010, or a name"
        )),
    }
}

/// Whether it is the number of a port; for `#[attribute(validate = ...)]`.
pub(super) fn port_number(port: &u32) -> Result<(), String> {
    match port {
        1..=65535 => Ok(()),
        _ => Err(format!("{port} is no port: they have the numbers 1 to 65535")),
    }
}

/// Whether it can be the name of a port; for `#[attribute(validate = ...)]`.
pub(super) fn port_name(name: &str) -> Result<(), String> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    match (1..=128).contains(&name.len()) && name.bytes().all(is_part) {
        true => Ok(()),
        false => {
            Err(format!("{name:?} is no name of a port: it has 1 to 128 letters, digits, `_`, `.` and `-`"))
        }
    }
}

/// Whether a selector, where it is given, can be read; for `#[attribute(validate = ...)]`.
pub(super) fn some_selector(text: &Option<String>) -> Result<(), String> {
    text.as_deref().map_or(Ok(()), selector::check)
}

/// The only place where `global()` means something, and it stands there alone.
fn namespace_selector(text: &Option<String>) -> Result<(), String> {
    match text.as_deref().map(str::trim) {
        None | Some("global()") => Ok(()),
        Some(text) => selector::check(text),
    }
}

/// Whether a word is one of these.
pub(super) fn one_of(word: &str, words: &[&str]) -> Result<(), String> {
    match words.contains(&word) {
        true => Ok(()),
        false => Err(format!("{word:?} must be one of `{}`", words.join("`, `"))),
    }
}
