//! Types of values: the checks that a value must pass one of, and what VyOS says when it passes none.

use std::net::IpAddr;

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
    Length(usize),
    Words(Vec<String>),
    Number(Vec<(u64, u64)>),
    Regex(Regex),
    Interface,
    Community,
    Address { family: Family, part: Part },
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
    Host,
}

/// Communities that have a name.
const WELL_KNOWN_COMMUNITIES: &[&str] = &[
    "local-as",
    "no-advertise",
    "no-export",
    "internet",
    "graceful-shutdown",
    "accept-own",
    "route-filter-translated-v4",
    "route-filter-v4",
    "route-filter-translated-v6",
    "route-filter-v6",
    "llgr-stale",
    "no-llgr",
    "accept-own-nexthop",
    "blackhole",
    "no-peer",
];

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

impl Check {
    fn parse(text: &str) -> Result<Self, String> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let address = |family, part| Ok(Self::Address { family, part });
        match word {
            "any" => Ok(Self::Any),
            "length" => rest.parse().map(Self::Length).map_err(|_| "length is not a number".to_owned()),
            "words" => Ok(Self::Words(rest.split(' ').map(str::to_owned).collect())),
            "number" => rest.split(' ').map(range).collect::<Result<_, _>>().map(Self::Number),
            "regex" => {
                Regex::new(&format!("^(?:{rest})$")).map(Self::Regex).map_err(|error| error.to_string())
            }
            "interface" => Ok(Self::Interface),
            "community" => Ok(Self::Community),
            "ip" => address(Family::Any, Part::Address),
            "ipv4" => address(Family::V4, Part::Address),
            "ipv6" => address(Family::V6, Part::Address),
            "prefix" => address(Family::Any, Part::Prefix),
            "ipv4-prefix" => address(Family::V4, Part::Prefix),
            "ipv6-prefix" => address(Family::V6, Part::Prefix),
            "ipv4-host" => address(Family::V4, Part::Host),
            "ipv6-host" => address(Family::V6, Part::Host),
            other => Err(format!("no check is called {other:?}")),
        }
    }

    /// The error is what the validator prints, which may be nothing.
    fn accept(&self, value: &str) -> Result<(), String> {
        let silent = |accepted: bool| if accepted { Ok(()) } else { Err(String::new()) };
        match self {
            Self::Any => Ok(()),
            Self::Length(most) => silent(value.chars().count() <= *most),
            Self::Words(words) => silent(words.iter().any(|word| word == value)),
            Self::Number(ranges) => number(value, ranges),
            Self::Regex(regex) => silent(regex.is_match(value)),
            Self::Interface => interface(value),
            Self::Community => {
                let halves = value.split_once(':').map(|(left, right)| (half(left), half(right)));
                let known = WELL_KNOWN_COMMUNITIES.contains(&value);
                if known || halves.is_some_and(|(left, right)| left && right) {
                    Ok(())
                } else {
                    Err("Invalid community format".to_owned())
                }
            }
            Self::Address { family, part } => address(value, *family, *part),
        }
    }
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
        Ok(number) if ranges.iter().any(|(low, high)| (*low..=*high).contains(&number)) => Ok(()),
        _ if digits => Err("Number is not in any of allowed ranges".to_owned()),
        _ => Err(format!("'{value}' is not a valid number")),
    }
}

fn half(text: &str) -> bool {
    text.parse::<u16>().is_ok()
}

/// Interface names as VyOS knows them, or anything that the kernel calls an interface.
fn interface(value: &str) -> Result<(), String> {
    const KINDS: &[&str] = &[
        "bond", "br", "dum", "en", "eth", "geneve", "gnv", "ifb", "ipoe", "l2tp", "l2tpeth", "lan", "lo",
        "macsec", "peth", "ppp", "pppoe", "pptp", "sstp", "sstpc", "tun", "veth", "vti", "vtun", "vxlan",
        "wg", "wlan", "wwan",
    ];
    let kind = value.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let known = KINDS.contains(&kind) && (kind == "lo" || kind.len() < value.len());
    if known || nix::net::if_::if_nametoindex(value).is_ok() {
        Ok(())
    } else {
        Err(format!("Incorrect path /sys/class/net/{value}: no such file or directory"))
    }
}

fn address(value: &str, family: Family, part: Part) -> Result<(), String> {
    let accepted = match part {
        Part::Address => match value.parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) => family != Family::V6,
            Ok(IpAddr::V6(_)) => family != Family::V4,
            Err(_) => false,
        },
        Part::Prefix | Part::Host => value.parse::<IpNet>().is_ok_and(|net| {
            let right_family = match net {
                IpNet::V4(_) => family != Family::V6,
                IpNet::V6(_) => family != Family::V4,
            };
            right_family && (part == Part::Host || net.addr() == net.network())
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
        Part::Host => "host",
    };
    Err(format!("Error: {value} is not a valid IP{version} {thing}"))
}
