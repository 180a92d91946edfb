//! A snap channel, equal by meaning: `1.35` is `1.35/stable`.

use crate::microk8s::shared::machine::minor_release::minor_release;
use tfplugin::types::{Semantic, SemanticValue};

const RISKS: [&str; 4] = ["stable", "candidate", "beta", "edge"];

/// `<track>/<risk>[/<branch>]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    track: String,
    risk: &'static str,
    branch: Option<String>,
}

impl Channel {
    /// The minor release of Kubernetes that the track stands for; none for `latest`.
    pub(crate) fn minor(&self) -> Option<u32> {
        minor_release(&self.track)
    }

    /// Whether its minor release is whichever is the newest.
    pub(crate) fn is_of_latest(&self) -> bool {
        self.track == "latest"
    }

    /// Compares the channel with the version that is installed.
    pub(crate) fn move_from(&self, version: &str) -> Move {
        match (minor_release(version), self.minor()) {
            (Some(from), Some(to)) if to < from => Move::Down,
            (Some(from), Some(to)) if to > from.saturating_add(1) => Move::Leap,
            _ => Move::Fine,
        }
    }
}

/// What a change of channel does to the minor release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// Stays or takes one step up, as far as the names tell.
    Fine,
    /// Passes over a release.
    Leap,
    /// Goes back.
    Down,
}

impl SemanticValue for Channel {
    const EXPECTED: &'static str =
        "a snap channel such as 1.35/stable: a track, and a risk of stable, candidate, beta or edge";

    fn parse(text: &str) -> Option<Self> {
        let named = |part: &str| {
            part.starts_with(|first: char| first.is_ascii_alphanumeric())
                && part.chars().all(|one| one.is_ascii_alphanumeric() || "._-".contains(one))
        };
        let risk = |part: &str| RISKS.into_iter().find(|risk| *risk == part);
        let parts: Vec<&str> = text.split('/').collect();
        if !parts.iter().all(|part| named(part)) {
            return None;
        }
        let (track, risk, branch) = match *parts.as_slice() {
            [only] => risk(only).map_or((only, "stable", None), |risk| ("latest", risk, None)),
            [first, second] => match (risk(first), risk(second)) {
                (_, Some(second)) => (first, second, None),
                (Some(first), None) => ("latest", first, Some(second)),
                (None, None) => return None,
            },
            [track, middle, branch] => (track, risk(middle)?, Some(branch)),
            _ => return None,
        };
        Some(Self { track: track.to_owned(), risk, branch: branch.map(str::to_owned) })
    }

    fn canonical(&self) -> String {
        let branch = self.branch.as_ref().map(|branch| format!("/{branch}")).unwrap_or_default();
        format!("{}/{}{branch}", self.track, self.risk)
    }
}

/// Only the classic snap is one that this provider knows its way around in.
pub(crate) fn check_confinement(channel: &Semantic<Channel>) -> Result<(), String> {
    match channel.value().track.ends_with("-strict") {
        true => Err(format!(
            "{channel} is a track of strictly confined MicroK8s, which keeps its files and commands elsewhere and is not \
             supported. Use the classic track without \"-strict\""
        )),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_channel_are_equal() {
        let cases = [
            ("1.35", "1.35/stable"),
            ("1.35/stable", "1.35/stable"),
            ("edge", "latest/edge"),
            ("latest", "latest/stable"),
            ("stable/fix-1", "latest/stable/fix-1"),
            ("1.35/beta/fix-1", "1.35/beta/fix-1"),
        ];
        for (text, canonical) in cases {
            assert_eq!(
                Channel::parse(text).map(|channel| channel.canonical()).as_deref(),
                Some(canonical),
                "{text}"
            );
        }
        for text in
            ["", "1.35/", "1.35/stabel", "1.35/stable/a/b", "1.35 stable", "--classic=x", "-", "-/stable"]
        {
            assert_eq!(Channel::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_track_tells_the_minor_release() {
        let minor = |text: &str| Channel::parse(text).unwrap().minor();
        let of_latest = |text: &str| Channel::parse(text).unwrap().is_of_latest();
        assert_eq!(["edge", "latest", "1.35", "1.35/edge"].map(of_latest), [true, true, false, false]);
        assert_eq!([minor("1.35/edge"), minor("latest/stable"), minor("2.1/stable")], [Some(35), None, None]);
        let go = |text: &str| Channel::parse(text).unwrap().move_from("v1.33.4");
        assert_eq!([go("1.33/edge"), go("1.34"), go("latest")], [Move::Fine; 3]);
        assert_eq!([go("1.35"), go("1.32")], [Move::Leap, Move::Down]);
        let newest = format!("v1.{}.0", u32::MAX);
        assert_eq!(Channel::parse("1.35").unwrap().move_from(&newest), Move::Down);
        let same = Channel::parse(&format!("1.{}", u32::MAX)).unwrap();
        assert_eq!(same.move_from(&newest), Move::Fine);
    }

    #[test]
    fn strict_confinement_is_refused() {
        assert!(check_confinement(&Semantic::parse("1.35-strict/stable").unwrap()).is_err());
        assert!(check_confinement(&Semantic::parse("1.35/stable").unwrap()).is_ok());
    }
}
