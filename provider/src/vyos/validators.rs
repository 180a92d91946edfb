//! What VyOS takes as a value: checks that its own validators, its commit scripts and FRR make, at plan
//! instead of at apply. They are named by `check` words of attributes, so they take the attribute's own type.
//! `tests/values.rs` holds all of them against VyOS' tree.

use crate::engine::router_config::ValueFormat;
pub(super) use crate::values::within;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use tfplugin::types::{Secret, Semantic};

/// The longest name of an object, in bytes: the backend of VyOS keeps each as a folder.
const LONGEST_NAME: usize = 255;
/// The longest password of a session, in bytes (FRR: `PEER_PASSWORD_MAXLEN`).
const LONGEST_PASSWORD: usize = 80;

/// Free text. VyOS refuses quotes and line breaks in every value and drops leading blanks.
pub(super) fn description(value: &Option<String>) -> Result<(), String> {
    let Some(text) = value else { return Ok(()) };
    plain(text)?;
    match text.chars().count() {
        _ if text.trim().is_empty() => {
            Err("a description must not be blank; leave it out instead".to_owned())
        }
        _ if text.starts_with(char::is_whitespace) => {
            Err("VyOS drops leading blanks; remove them".to_owned())
        }
        256.. => Err("a description may have at most 255 characters".to_owned()),
        _ => Ok(()),
    }
}

/// A password of a session; an empty one is none.
pub(super) fn password(value: &Option<Secret>) -> Result<(), String> {
    let Some(secret) = value else { return Ok(()) };
    let text = secret.expose();
    plain(text)?;
    if text.contains(char::is_whitespace) {
        return Err("a password must not contain blanks".to_owned());
    }
    match text.len() {
        length if length > LONGEST_PASSWORD => {
            Err(format!("it has {length} bytes; FRR takes at most {LONGEST_PASSWORD}"))
        }
        _ => Ok(()),
    }
}

/// The name of a route-map.
pub(super) fn route_map(value: &Option<String>) -> Result<(), String> {
    let rest = |c: char| c.is_ascii_alphanumeric() || "_-.+".contains(c);
    let first = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    named(
        value,
        "route-map",
        "letters, digits, `-`, `_`, `.` and `+`, beginning with none of the last two",
        |name| name.chars().next().is_some_and(first) && name.chars().all(rest),
    )
}

/// The name of a route-map, where VyOS looks whether it is there: the scripts of BGP's neighbors, of OSPF and
/// of OSPFv3 find none whose name has a dot.
pub(super) fn route_map_without_dot(value: &Option<String>) -> Result<(), String> {
    match value {
        Some(name) if name.contains('.') => Err(format!(
            "{name:?} has a dot, and VyOS finds no such route-map here, although it may be there. Name it without one"
        )),
        _ => route_map(value),
    }
}

/// The name of a list or a group whose own name may have nothing else: a prefix-list, a large-community-list,
/// an extcommunity-list, a peer-group.
pub(super) fn list(value: &Option<String>) -> Result<(), String> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    named(value, "list or group", "letters, digits, `-` and `_`", |name| {
        !name.is_empty() && name.chars().all(fine)
    })
}

/// The name of such an object itself.
pub(super) fn list_name(value: &str) -> Result<(), String> {
    list(&Some(value.to_owned()))?;
    not_too_long(value)
}

/// The name of a route-map itself.
pub(super) fn route_map_name(value: &str) -> Result<(), String> {
    route_map(&Some(value.to_owned()))?;
    not_too_long(value)
}

/// A map whose keys are numbers of rules.
pub(super) fn rule_numbers<T>(value: &Option<BTreeMap<String, T>>) -> Result<(), String> {
    numbers::<65535, T>(value, "rule")
}

/// A map whose keys are numbers from 1 on.
pub(super) fn numbers<const HIGHEST: u32, T>(
    value: &Option<BTreeMap<String, T>>,
    of: &str,
) -> Result<(), String> {
    match value.iter().flat_map(BTreeMap::keys).find(|key| !is_number::<1, HIGHEST>(key)) {
        Some(key) => Err(format!("{key:?} is not a valid {of} number (1 to {HIGHEST})")),
        None => distinct(value, ValueFormat::Decimal),
    }
}

/// Decimal digits alone, of a number between two bounds.
pub(super) fn is_number<const LOW: u32, const HIGH: u32>(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && text.parse().is_ok_and(|number: u32| (LOW..=HIGH).contains(&number))
}

/// A map in which no key is there twice in different spellings: on the router both would be one.
pub(super) fn distinct<T>(value: &Option<BTreeMap<String, T>>, form: ValueFormat) -> Result<(), String> {
    let mut seen = BTreeMap::new();
    for key in value.iter().flat_map(BTreeMap::keys) {
        if let Some(other) = seen.insert(form.canonical(key), key) {
            return Err(format!("{other:?} and {key:?} are the same. Keep one of them"));
        }
    }
    Ok(())
}

/// An interface. The router has others than those whose names VyOS gives.
pub(super) fn device(value: &Option<String>) -> Result<(), String> {
    named(value, "interface", "neither blanks nor `/`, `:` or quotes", is_device)
}

/// A map whose keys are interfaces.
pub(super) fn devices<T>(value: &Option<BTreeMap<String, T>>) -> Result<(), String> {
    value.iter().flat_map(BTreeMap::keys).try_for_each(|key| device(&Some(key.clone())))
}

/// An address of the router or an interface.
pub(super) fn source(value: &Option<String>) -> Result<(), String> {
    match value.as_deref().map(str::parse) {
        Some(Ok(address)) => not_mapped(address),
        _ => device(value),
    }
}

/// An address.
pub(super) fn address(value: &Semantic<IpAddr>) -> Result<(), String> {
    not_mapped(*value.value())
}

/// An address where none is needed.
pub(super) fn any_address(value: &Option<Semantic<IpAddr>>) -> Result<(), String> {
    value.as_ref().map_or(Ok(()), address)
}

/// An IPv6 address where none is needed.
pub(super) fn ipv6_address(value: &Option<Semantic<Ipv6Addr>>) -> Result<(), String> {
    value.as_ref().map_or(Ok(()), |text| not_mapped(IpAddr::V6(*text.value())))
}

/// VyOS knows IPv6 addresses by hexadecimal digits and colons.
pub(super) fn not_mapped(address: IpAddr) -> Result<(), String> {
    match address {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => {
                Err(format!("{v6} is an IPv4 address in the form of IPv6, which VyOS refuses; write {v4}"))
            }
            None => Ok(()),
        },
        IpAddr::V4(_) => Ok(()),
    }
}

/// A network without host bits, where none is needed.
pub(super) fn network(value: &Option<Semantic<ipnet::Ipv4Net>>) -> Result<(), String> {
    match value.as_ref().map(Semantic::value) {
        Some(network) if network.trunc() != *network => {
            Err(format!("{network} has host bits set; the network is {}", network.trunc()))
        }
        _ => Ok(()),
    }
}

/// A single word, such as a profile, or a list whose name VyOS does not restrict.
pub(super) fn word(value: &Option<String>) -> Result<(), String> {
    named(value, "word", "anything but blanks and quotes", |name| {
        !name.is_empty() && plain(name).is_ok() && !name.contains(char::is_whitespace)
    })
}

/// A map whose keys are some of a few words.
pub(super) fn keys<T>(value: &Option<BTreeMap<String, T>>, known: &[&str]) -> Result<(), String> {
    match value.iter().flat_map(BTreeMap::keys).find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("{key:?} is not one of {}", known.join(", "))),
        None => Ok(()),
    }
}

/// A secret of so many characters at most, without blanks and quotes; an empty one is none.
pub(super) fn secret_of_at_most(most: usize, secret: &Secret) -> Result<(), String> {
    password(&Some(secret.clone()))?;
    match secret.expose().chars().count() {
        count if count > most => Err(format!("it has {count} characters; VyOS takes at most {most}")),
        _ => Ok(()),
    }
}

/// A map whose keys are networks. VyOS takes no host bits.
pub(super) fn networks<Network: NetworkFamily, T>(value: &Option<BTreeMap<String, T>>) -> Result<(), String> {
    value.iter().flat_map(BTreeMap::keys).try_for_each(|key| Network::check(key))?;
    distinct(value, ValueFormat::Network)
}

/// The families that a key of [`networks`] may be of.
pub(super) trait NetworkFamily {
    /// Why the text is no network of this family.
    fn check(text: &str) -> Result<(), String>;
}

macro_rules! network_families {
    ($($network:ty: $expected:literal),*) => {$(
        impl NetworkFamily for $network {
            fn check(text: &str) -> Result<(), String> {
                let network: Self = text.parse().map_err(|_| format!("{text:?} is not {}", $expected))?;
                if network.trunc() != network {
                    return Err(format!("{text:?} has host bits set; the network is {}", network.trunc()));
                }
                Ok(())
            }
        }
    )*};
}

network_families!(
    ipnet::Ipv4Net: "an IPv4 network such as 10.1.0.0/16",
    ipnet::Ipv6Net: "an IPv6 network such as fd01::/64"
);

/// A check for each name, of an optional attribute.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident: $($word:literal)|+;)*) => {$(
        $(#[$doc])*
        pub(super) fn $name(value: &Option<String>) -> Result<(), String> {
            one_of(value.as_deref(), &[$($word),+])
        }
    )*};
}

choices! {
    /// What BGP does when either side restarts.
    graceful_restart: "enable" | "disable" | "restart-helper";
    /// How a BGP route came to be.
    origin: "egp" | "igp" | "incomplete";
    /// What the registry says of a route's origin.
    rpki: "invalid" | "notfound" | "valid";
    /// The type of an external OSPF metric, as route-maps say it.
    metric_type: "type-1" | "type-2";
    /// Where a route comes from.
    protocol: "babel" | "bgp" | "connected" | "isis" | "kernel" | "ospf" | "ospfv3" | "rip" | "ripng" | "static" | "table"
        | "vnc";
    /// A family of addresses.
    family: "ipv4" | "ipv6";
    /// What OSPF takes a network for.
    ospf_network: "broadcast" | "non-broadcast" | "point-to-multipoint" | "point-to-point";
    /// What OSPFv3 takes a network for.
    ospfv3_network: "broadcast" | "point-to-point";
    /// How routers prove who they are.
    ospf_authentication: "plaintext-password" | "md5";
}

/// What a rule does with what it matches.
pub(super) fn action(value: &str) -> Result<(), String> {
    one_of(Some(value), &["permit", "deny"])
}

fn one_of(value: Option<&str>, known: &[&str]) -> Result<(), String> {
    match value {
        Some(word) if !known.contains(&word) => {
            let known: Vec<_> = known.iter().map(|word| format!("`{word}`")).collect();
            Err(format!("{word:?} must be one of {}", known.join(", ")))
        }
        _ => Ok(()),
    }
}

fn named(value: &Option<String>, what: &str, of: &str, fine: impl Fn(&str) -> bool) -> Result<(), String> {
    match value {
        Some(name) if !fine(name) => Err(format!("{name:?} is no {what} name, which has {of}")),
        _ => Ok(()),
    }
}

fn not_too_long(name: &str) -> Result<(), String> {
    match name.len() {
        length if length > LONGEST_NAME => {
            Err(format!("it has {length} characters; VyOS takes at most {LONGEST_NAME}"))
        }
        _ => Ok(()),
    }
}

fn is_device(name: &str) -> bool {
    let not_in_one = |c: char| c.is_whitespace() || c == '/' || c == ':';
    !name.is_empty() && plain(name).is_ok() && !name.contains(not_in_one)
}

fn plain(text: &str) -> Result<(), String> {
    match text.contains(|one: char| "'\"".contains(one) || one.is_control()) {
        true => {
            Err("VyOS accepts no quotes, no line breaks and no other control characters in a value"
                .to_owned())
        }
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_vyos_refuses_is_refused_here() {
        let some = |text: &str| Some(text.to_owned());
        for bad in ["it's", "a \"b\"", "a\nb", " leading", " ", "", &"x".repeat(256)] {
            assert!(description(&some(bad)).is_err(), "{bad:?}");
        }
        assert!(description(&some(&"ü".repeat(255))).is_ok());
        assert!(list(&some("PL.1")).is_err());
        assert!(route_map(&some("RM.1")).is_ok());
        assert!(route_map(&some(".RM")).is_err());
        for (key, fine) in [
            ("10", true),
            ("65535", true),
            ("010", true),
            ("0", false),
            ("+1", false),
            ("65536", false),
            ("x", false),
        ] {
            assert_eq!(rule_numbers(&Some(BTreeMap::from([(key.to_owned(), ())]))).is_ok(), fine, "{key}");
        }
        for (bad, length) in [("two words", 1), ("x", 81)] {
            assert!(password(&Some(Secret::new(bad.repeat(length)))).is_err(), "{bad}");
        }
        assert!(password(&Some(Secret::new("x".repeat(80)))).is_ok());
        assert!(within::<1, 255, u16>(&Some(256)).is_err());
        assert!(within::<1, 255, u16>(&Some(255)).is_ok());
        let map = |key: &str| Some(BTreeMap::from([(key.to_owned(), ())]));
        assert_eq!(
            networks::<ipnet::Ipv4Net, ()>(&map("10.9.0.5/16")),
            Err("\"10.9.0.5/16\" has host bits set; the network is 10.9.0.0/16".to_owned())
        );
        assert!(networks::<ipnet::Ipv4Net, ()>(&map("fd01::/64")).is_err());
        assert!(networks::<ipnet::Ipv6Net, ()>(&map("FD01::/64")).is_ok());
    }
}
