//! Types of values: the checks that a value must pass one of, and what VyOS says when it passes none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use regex::Regex;

/// A type: alternatives, and the closing line of the refusal.
#[derive(Debug)]
pub(crate) struct Type {
    checks: Vec<Check>,
    refusal: String,
}

/// One alternative.
#[derive(Debug)]
enum Check {
    Any,
    /// What VyOS checks with a validator of its own that is not played; anything passes.
    Unjudged,
    Length(usize),
    Words(Vec<String>),
    Number(Vec<(u64, u64)>),
    /// A number or two with a hyphen between them; with `negated` behind a `!` too.
    NumberRange {
        ranges: Vec<(u64, u64)>,
        negated: bool,
    },
    /// The text as it stands: where alternatives are not in brackets, `^` binds the first of them alone.
    Pattern(Regex),
    VrfName,
    LinkLocal,
    Interface,
    AsPath,
    Community,
    ExtendedCommunity,
    LargeCommunity,
    Address {
        family: Family,
        part: Part,
    },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Family {
    Any,
    V4,
    V6,
}

/// Whether a prefix length belongs to it, and whether host bits may be set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Part {
    Address,
    Prefix,
    /// An address with a length that is not the network's own.
    Host,
    /// Either.
    WithLength,
}

/// Interface names of VyOS' own. The alternatives are not in brackets, so the first is compared with the
/// beginning alone, and the last with the end.
const NAMED_INTERFACE: &str = "^(bond|br|dum|en|ersp|eth|gnv|ifb|ipoe|lan|l2tp|l2tpeth|macsec|peth|ppp|pppoe|pptp|sstp|\
    sstpc|tun|veth|vti|vtun|vxlan|wg|wlan|wwan)[0-9]+(.\\d+)?|lo$";

impl Type {
    /// `CHECK | CHECK ... ; closing line`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (checks, refusal) = text.split_once(" ; ").unwrap_or((text, "Invalid value"));
        let checks = checks.split(" | ").map(Check::parse).collect::<Result<_, _>>()?;
        Ok(Self { checks, refusal: refusal.to_owned() })
    }

    /// Accepts a value, or says what `set` says about it (without the closing `Set failed`).
    pub(crate) fn check(&self, value: &str) -> Result<(), String> {
        let mut output = Vec::new();
        for check in &self.checks {
            match check.accept(value) {
                Ok(()) => return Ok(()),
                Err(said) => output.push(said),
            }
        }
        output.retain(|said| !said.is_empty());
        let said = if output.is_empty() { String::new() } else { output.join("\n\n") + "\n\n" };
        Err(format!("{said}\n\n{}\nValue validation failed\n", self.refusal))
    }
}

impl Type {
    /// Values at its bounds and beside them, and the words that it knows.
    pub(crate) fn samples(&self) -> Vec<String> {
        let mut found = Vec::new();
        for check in &self.checks {
            match check {
                Check::Words(words) => found.extend(words.iter().cloned()),
                Check::Number(ranges) => {
                    let bounds = ranges
                        .iter()
                        .flat_map(|(low, high)| [low.saturating_sub(1), *low, *high, high.saturating_add(1)]);
                    found.extend(bounds.map(|bound| bound.to_string()));
                }
                Check::Length(most) => {
                    found.extend([*most, most.saturating_add(1)].map(|length| "x".repeat(length)));
                }
                _ => {}
            }
        }
        found
    }
}

impl Check {
    fn parse(text: &str) -> Result<Self, String> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let address = |family, part| Ok(Self::Address { family, part });
        match word {
            "any" => Ok(Self::Any),
            "length" => rest.parse().map(Self::Length).map_err(|_| "length is not a number".to_owned()),
            "words" => Ok(Self::Words(rest.split(' ').map(str::to_owned).collect())),
            "number" => numbers(rest).map(Self::Number),
            "unjudged" => Ok(Self::Unjudged),
            "range-of" => numbers(rest).map(|ranges| Self::NumberRange { ranges, negated: false }),
            "maybe-not" => {
                let ranges = numbers(rest.trim_start_matches("range-of "))?;
                Ok(Self::NumberRange { ranges, negated: true })
            }
            "pattern" => Regex::new(rest).map(Self::Pattern).map_err(|error| error.to_string()),
            "vrf-name" => Ok(Self::VrfName),
            "link-local" => Ok(Self::LinkLocal),
            "interface" => Ok(Self::Interface),
            "as-path" => Ok(Self::AsPath),
            "community" => Ok(Self::Community),
            "extended-community" => Ok(Self::ExtendedCommunity),
            "large-community" => Ok(Self::LargeCommunity),
            "ip" => address(Family::Any, Part::Address),
            "ipv4" => address(Family::V4, Part::Address),
            "ipv6" => address(Family::V6, Part::Address),
            "prefix" => address(Family::Any, Part::Prefix),
            "ipv4-prefix" => address(Family::V4, Part::Prefix),
            "ipv6-prefix" => address(Family::V6, Part::Prefix),
            "host" => address(Family::Any, Part::Host),
            "with-length" => address(Family::Any, Part::WithLength),
            "ipv4-host" => address(Family::V4, Part::Host),
            "ipv6-host" => address(Family::V6, Part::Host),
            other => Err(format!("no check is called {other:?}")),
        }
    }

    /// The error is what the validator prints, which may be nothing.
    fn accept(&self, value: &str) -> Result<(), String> {
        let silent = |accepted: bool| if accepted { Ok(()) } else { Err(String::new()) };
        match self {
            Self::Any | Self::Unjudged => Ok(()),
            Self::Length(most) => silent(value.chars().count() <= *most),
            Self::Words(words) => silent(words.iter().any(|word| word == value)),
            Self::Number(ranges) => number(value, ranges),
            Self::NumberRange { ranges, negated } => {
                let value = if *negated { value.strip_prefix('!').unwrap_or(value) } else { value };
                let (low, high) = value.split_once('-').unwrap_or((value, value));
                number(low, ranges).and_then(|()| number(high, ranges))
            }
            Self::Pattern(pattern) => silent(pattern.is_match(value)),
            Self::VrfName => silent(vrf_name(value)),
            Self::LinkLocal => silent(link_local(value)),
            Self::Interface => interface(value),
            // The validator hands all words on at once and only the last of them is looked at.
            Self::AsPath => number(value.rsplit(' ').next().unwrap_or_default(), &[(1, 4_294_967_294)]),
            Self::Community => community(parts::<2>(value).is_some_and(|halves| halves.iter().all(half))),
            Self::ExtendedCommunity => {
                community(value.split_whitespace().all(|one| match one.split_once(':') {
                    Some((left, right)) if left.parse::<Ipv4Addr>().is_ok() => right.parse::<u16>().is_ok(),
                    _ => parts::<2>(one).is_some_and(|[left, _]| half(&left)),
                }))
            }
            Self::LargeCommunity => community(parts::<3>(value).is_some()),
            Self::Address { family, part } => address(value, *family, *part),
        }
    }
}

fn numbers(text: &str) -> Result<Vec<(u64, u64)>, String> {
    text.split(' ').map(range).collect()
}

fn range(text: &str) -> Result<(u64, u64), String> {
    text.split_once('-')
        .and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)))
        .ok_or_else(|| format!("{text:?} is no range"))
}

fn number(value: &str, ranges: &[(u64, u64)]) -> Result<(), String> {
    if value.len() > 1 && value.starts_with('-') {
        return Err(format!(
            "/usr/libexec/vyos/validators/numeric: unknown option '{value}'.\nUsage: numeric [OPTIONS] <number>|<range>..."
        ));
    }
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse::<u64>() {
        Ok(number) if digits && ranges.iter().any(|(low, high)| (*low..=*high).contains(&number)) => Ok(()),
        _ if digits => Err("Number is not in any of allowed ranges".to_owned()),
        _ => Err(format!("'{value}' is not a valid number")),
    }
}

fn half(number: &u32) -> bool {
    *number <= 65535
}

/// So many numbers of 32 bits with colons between them.
fn parts<const N: usize>(text: &str) -> Option<[u32; N]> {
    let all: Option<Vec<u32>> = text.split(':').map(|part| part.parse().ok()).collect();
    all?.try_into().ok()
}

fn community(accepted: bool) -> Result<(), String> {
    if accepted { Ok(()) } else { Err("Invalid community format".to_owned()) }
}

fn named(names: &str, value: &str) -> bool {
    Regex::new(names).is_ok_and(|names| names.is_match(value))
}

/// What a VRF must not be called like: interfaces (`vtun` passes by a slip of the template).
const RESERVED: &[&str] = &[
    "bond", "br", "dum", "eth", "lan", "eno", "ens", "enp", "enx", "gnv", "ipoe", "l2tp", "l2tpeth", "ppp",
    "pppoe", "peth", "tun", "vti", "vxlan", "wg", "wlan", "wwan",
];

fn vrf_name(value: &str) -> bool {
    let reserved = RESERVED.iter().any(|word| value.starts_with(word));
    (1..=15).contains(&value.len())
        && value != "lo"
        && !reserved
        && !value.starts_with(|letter: char| letter.is_ascii_digit())
}

fn link_local(value: &str) -> bool {
    let address = value.split_once('%').map_or(value, |(address, _)| address);
    address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_unicast_link_local())
}

/// Interface names as VyOS knows them, or anything that the kernel calls an interface.
fn interface(value: &str) -> Result<(), String> {
    if named(NAMED_INTERFACE, value) || nix::net::if_::if_nametoindex(value).is_ok() {
        Ok(())
    } else {
        Err(format!("Incorrect path /sys/class/net/{value}: no such file or directory"))
    }
}

fn address(value: &str, family: Family, part: Part) -> Result<(), String> {
    // ipaddrcheck knows IPv6 by hexadecimal digits and colons, so not with an IPv4 address at its end
    // (`::ffff:192.0.2.1`).
    let accepted = !(value.contains(':') && value.contains('.'))
        && match part {
            Part::Address => match value.parse::<IpAddr>() {
                Ok(IpAddr::V4(_)) => family != Family::V6,
                Ok(IpAddr::V6(_)) => family != Family::V4,
                Err(_) => false,
            },
            Part::Prefix | Part::Host | Part::WithLength => value.parse::<IpNet>().is_ok_and(|net| {
                let right_family = match net {
                    IpNet::V4(_) => family != Family::V6,
                    IpNet::V6(_) => family != Family::V4,
                };
                let is_network = net.addr() == net.network();
                let is_short = net.prefix_len() + 1 < net.max_prefix_len();
                right_family
                    && match part {
                        Part::Prefix => is_network,
                        Part::Host => !(is_network && is_short),
                        Part::Address | Part::WithLength => true,
                    }
            }),
        };
    if accepted {
        return Ok(());
    }
    let version = match family {
        Family::Any => "",
        Family::V4 => "v4",
        Family::V6 => "v6",
    };
    let thing = match part {
        Part::Address => "address",
        Part::Prefix => "prefix",
        Part::Host | Part::WithLength => "host",
    };
    Err(format!("Error: {value} is not a valid IP{version} {thing}"))
}
