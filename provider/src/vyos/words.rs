//! What VyOS takes as a value: checks that its own validators make, at plan instead of at apply. They are named by
//! `check` words of attributes, so they take the attribute's own type.

use std::collections::BTreeMap;
use std::fmt::Display;
use tfplugin::types::Secret;

/// A number between two bounds.
pub(super) fn within<const LOW: i64, const HIGH: i64, N: Copy + Display + Into<i64>>(
    value: &Option<N>,
) -> Result<(), String> {
    match value {
        Some(number) if !(LOW..=HIGH).contains(&(*number).into()) => {
            Err(format!("{number} is not from {LOW} to {HIGH}"))
        }
        _ => Ok(()),
    }
}

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

/// A password of a session.
pub(super) fn password(value: &Option<Secret>) -> Result<(), String> {
    let Some(secret) = value else { return Ok(()) };
    let text = secret.expose();
    plain(text)?;
    if text.is_empty() || text.contains(char::is_whitespace) {
        return Err("a password must not be empty and must not contain blanks".to_owned());
    }
    Ok(())
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

/// The name of a prefix-list, an as-path-list or a peer-group.
pub(super) fn list(value: &Option<String>) -> Result<(), String> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    named(value, "list or group", "letters, digits, `-` and `_`", |name| {
        !name.is_empty() && name.chars().all(fine)
    })
}

/// The same where one is required.
pub(super) fn list_name(value: &str) -> Result<(), String> {
    list(&Some(value.to_owned()))
}

/// The name of a route-map, where one is required.
pub(super) fn route_map_name(value: &str) -> Result<(), String> {
    route_map(&Some(value.to_owned()))
}

/// A map whose keys are numbers of rules.
pub(super) fn rule_numbers<T>(value: &Option<BTreeMap<String, T>>) -> Result<(), String> {
    let number = |key: &str| key.parse().ok().filter(|number: &u16| *number > 0 && number.to_string() == key);
    match value.iter().flat_map(BTreeMap::keys).find(|key| number(key).is_none()) {
        Some(key) => {
            Err(format!("{key:?} is no number of a rule, which is 1 to 65535 without leading zeros"))
        }
        None => Ok(()),
    }
}

/// A single word, such as an interface or a profile.
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

/// A secret of so many characters at most, without blanks and quotes.
pub(super) fn secret_of_at_most(most: usize, secret: &Secret) -> Result<(), String> {
    password(&Some(secret.clone()))?;
    match secret.expose().chars().count() {
        count if count > most => Err(format!("it has {count} characters; VyOS takes at most {most}")),
        _ => Ok(()),
    }
}

/// A map whose keys are networks. VyOS takes no host bits.
pub(super) fn networks<Network: NetworkFamily, T>(value: &Option<BTreeMap<String, T>>) -> Result<(), String> {
    for key in value.iter().flat_map(BTreeMap::keys) {
        Network::check(key)?;
    }
    Ok(())
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

fn named(value: &Option<String>, what: &str, of: &str, fine: impl Fn(&str) -> bool) -> Result<(), String> {
    match value {
        Some(name) if !fine(name) => Err(format!("{name:?} is no {what} name, which has {of}")),
        _ => Ok(()),
    }
}

fn plain(text: &str) -> Result<(), String> {
    match text.contains(['\'', '"', '\n', '\r', '\0']) {
        true => Err("VyOS takes no quotes and no line breaks in a value".to_owned()),
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
        for (key, fine) in
            [("10", true), ("65535", true), ("0", false), ("010", false), ("65536", false), ("x", false)]
        {
            assert_eq!(rule_numbers(&Some(BTreeMap::from([(key.to_owned(), ())]))).is_ok(), fine, "{key}");
        }
        assert!(password(&Some(Secret::new("two words"))).is_err());
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
