//! Communities as VyOS takes them.

use std::net::Ipv4Addr;
use tfplugin::model::Set;

/// Communities that have a name.
const NAMED: [&str; 14] = [
    "local-as",
    "no-advertise",
    "no-export",
    "graceful-shutdown",
    "accept-own",
    "accept-own-nexthop",
    "route-filter-translated-v4",
    "route-filter-v4",
    "route-filter-translated-v6",
    "route-filter-v6",
    "llgr-stale",
    "no-llgr",
    "blackhole",
    "no-peer",
];

/// Communities of RFC 1997.
pub(super) fn standard(value: &Option<Set<String>>) -> Result<(), String> {
    let fine = |word: &str| {
        NAMED.contains(&word) || parts::<2>(word).is_some_and(|parts| parts.iter().all(|part| *part <= 65535))
    };
    each(value, fine, "no community such as 64512:100 (both up to 65535) or no-export")
}

/// Communities of RFC 8092.
pub(super) fn large(value: &Option<Set<String>>) -> Result<(), String> {
    each(value, |word| parts::<3>(word).is_some(), "no large community such as 64512:1:2")
}

/// Communities of RFC 4360.
pub(super) fn extended(value: &Option<Set<String>>) -> Result<(), String> {
    let of_address = |word: &str| {
        word.split_once(':').is_some_and(|(address, number)| {
            address.parse::<Ipv4Addr>().is_ok() && number.parse::<u16>().is_ok()
        })
    };
    let of_system = |word: &str| parts::<2>(word).is_some_and(|[system, _]| system <= 65535);
    let fine = |word: &str| of_system(word) || of_address(word);
    each(
        value,
        fine,
        "no extended community such as 64512:1 (up to 65535:4294967295) or 192.0.2.1:1 (up to 65535)",
    )
}

fn each(value: &Option<Set<String>>, fine: impl Fn(&str) -> bool, problem: &str) -> Result<(), String> {
    let Some(Set(words)) = value else { return Ok(()) };
    if words.is_empty() {
        return Err(
            "an empty set cannot be distinguished from an unset one on the router; omit it".to_owned()
        );
    }
    match words.iter().find(|word| !fine(word)) {
        Some(word) => Err(format!("{word:?} is {problem}")),
        None => Ok(()),
    }
}

/// So many numbers in decimal digits with colons between them.
fn parts<const N: usize>(word: &str) -> Option<[u32; N]> {
    let number = |part: &str| part.chars().all(|c| c.is_ascii_digit()).then(|| part.parse().ok())?;
    let all: Option<Vec<u32>> = word.split(':').map(number).collect();
    all?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_vyos_refuses_is_refused_here() {
        let one = |word: &str| Some(Set(vec![word.to_owned()]));
        for (check, fine, bad) in [
            (
                standard as fn(&_) -> _,
                &["64512:100", "no-export"][..],
                &["65536:1", "1", "1:2:3", "a:b", "+1:2", ":", "internet"][..],
            ),
            (large, &["4200000000:1:2"], &["1:2", "4294967296:1:2"]),
            (
                extended,
                &["64512:1", "65535:4294967295", "192.0.2.1:65535"],
                &["192.0.2.1", "x:1", "65536:1", "4200000000:1", "1:4294967296", "192.0.2.1:65536"],
            ),
        ] {
            fine.iter().for_each(|word| assert_eq!(check(&one(word)), Ok(()), "{word}"));
            bad.iter().for_each(|word| assert!(check(&one(word)).is_err(), "{word}"));
        }
        assert!(standard(&Some(Set(vec![]))).is_err());
        assert!(standard(&None).is_ok());
    }
}
