//! What a machine has of a repository: where it came from, and what is checked out of it.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A repository on a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkout {
    pub(crate) url: String,
    pub(crate) commit: String,
    /// The branch that is checked out; none where a tag or a commit is.
    branch: Option<String>,
    /// The branch that its origin calls the default, where it said so.
    default_branch: Option<String>,
    /// The tags of that commit.
    tags: Vec<String>,
}

/// A repository as `microk8s addons repo list` has it.
#[derive(Deserialize)]
struct Listed {
    name: String,
    /// Its URL, with `@` and the first digits of the commit.
    source: String,
}

impl Checkout {
    /// The repository of that name in the list, with what Git's own files say of it: `HEAD`, and in
    /// `references` a line for each name, the name first.
    pub(crate) fn parse(
        list: &str,
        name: &str,
        head: &str,
        references: &str,
    ) -> Result<Option<Self>, serde_json::Error> {
        let listed: Vec<Listed> = serde_json::from_str(list)?;
        let Some(found) = listed.into_iter().find(|one| one.name == name) else { return Ok(None) };
        let url = found.source.rsplit_once('@').map_or(found.source.as_str(), |(url, _)| url);
        Ok(Some(Self::new(&without_userinfo(url), head.trim(), &named(references))))
    }

    fn new(url: &str, head: &str, references: &BTreeMap<&str, &str>) -> Self {
        let followed = |text: &str| text.strip_prefix("ref: ").map(str::to_owned);
        let target = followed(head);
        let commit = match &target {
            Some(reference) => references.get(reference.as_str()).copied().unwrap_or_default(),
            None => head,
        };
        let short = |reference: &str, folder: &str| reference.strip_prefix(folder).map(str::to_owned);
        let default = references.get("refs/remotes/origin/HEAD").and_then(|text| followed(text));
        let mut tags: Vec<String> = references
            .iter()
            .filter(|(_, at)| **at == commit)
            .filter_map(|(reference, _)| short(reference.trim_end_matches("^{}"), "refs/tags/"))
            .collect();
        tags.dedup();
        Self {
            url: url.to_owned(),
            commit: commit.to_owned(),
            branch: target.and_then(|reference| short(&reference, "refs/heads/")),
            default_branch: default.and_then(|reference| short(&reference, "refs/remotes/origin/")),
            tags,
        }
    }

    /// Whether that branch or tag is checked out; the default branch where none is named.
    pub(crate) fn is_at(&self, reference: Option<&str>) -> bool {
        match reference {
            Some(name) => self.branch.as_deref() == Some(name) || self.has_tag(name),
            None => {
                self.branch.is_some() && (self.default_branch.is_none() || self.branch == self.default_branch)
            }
        }
    }

    /// What is checked out, as a configuration would name it.
    pub(crate) fn reference(&self) -> Option<String> {
        match (&self.branch, self.is_at(None)) {
            (_, true) => None,
            (Some(branch), false) => Some(branch.clone()),
            (None, false) => Some(self.tags.first().unwrap_or(&self.commit).clone()),
        }
    }

    /// A tag counts only where no branch is checked out, which would move on.
    fn has_tag(&self, name: &str) -> bool {
        self.branch.is_none() && self.tags.iter().any(|tag| tag == name)
    }
}

/// The scheme of a URL and the user in it, with a password where it has one: what is before the last `@` of
/// its authority.
pub(crate) fn userinfo(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let (user, _) = rest.split(['/', '?', '#']).next()?.rsplit_once('@')?;
    Some((scheme, user))
}

/// A URL over HTTP as it may be shown and stored: somebody may have cloned with a token in it.
fn without_userinfo(url: &str) -> String {
    match userinfo(url) {
        Some((scheme, user)) if scheme.to_ascii_lowercase().starts_with("http") => {
            url.replacen(&format!("{user}@"), "", 1)
        }
        _ => url.to_owned(),
    }
}

/// The commit of each name. The commit that an annotated tag stands for is under the tag's name with `^{}`.
fn named(lines: &str) -> BTreeMap<&str, &str> {
    lines.lines().filter_map(|line| line.split_once(' ')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"[{"name": "core", "addons": 24, "source": "/snap/microk8s/current/addons/core@f68981", "description": ""},
        {"name": "own", "addons": 1, "source": "git@git.example.org:own@aaaaaa", "description": "Own"}]"#;
    const REFERENCES: &str = "refs/remotes/origin/HEAD ref: refs/remotes/origin/main\nrefs/heads/main aaaaaaaa\n\
                              refs/heads/next bbbbbbbb\nrefs/tags/v1 cccccccc\nrefs/tags/v1^{} aaaaaaaa\nrefs/tags/v2 bbbbbbbb\n";

    fn checkout(head: &str) -> Checkout {
        Checkout::parse(LIST, "own", head, REFERENCES).unwrap().unwrap()
    }

    #[test]
    fn the_default_branch_is_what_nobody_names() {
        let main = checkout("ref: refs/heads/main\n");
        assert_eq!((main.url.as_str(), main.commit.as_str()), ("git@git.example.org:own", "aaaaaaaa"));
        assert!(main.is_at(None) && main.is_at(Some("main")) && !main.is_at(Some("next")));
        assert!(!main.is_at(Some("v1")), "a branch moves on, a tag does not");
        assert_eq!(main.reference(), None);
        let next = checkout("ref: refs/heads/next\n");
        assert!(next.is_at(Some("next")) && !next.is_at(None));
        assert_eq!(next.reference().as_deref(), Some("next"));
    }

    #[test]
    fn tags_are_known_by_the_commit_that_they_stand_for() {
        let tagged = checkout("aaaaaaaa\n");
        assert!(tagged.is_at(Some("v1")) && !tagged.is_at(Some("v2")) && !tagged.is_at(None));
        assert_eq!(tagged.reference().as_deref(), Some("v1"));
        assert_eq!(checkout("dddddddd\n").reference().as_deref(), Some("dddddddd"));
    }

    #[test]
    fn a_token_that_somebody_cloned_with_is_not_told() {
        let source = |url: &str| {
            let list = format!(r#"[{{"name": "own", "source": "{url}@aaaaaa"}}]"#);
            Checkout::parse(&list, "own", "dddddddd", "").unwrap().unwrap().url
        };
        assert_eq!(source("https://token@git.example.org/own"), "https://git.example.org/own");
        assert_eq!(source("https://me:token@git.example.org"), "https://git.example.org");
        assert_eq!(source("ssh://git@git.example.org/own"), "ssh://git@git.example.org/own");
        assert_eq!(source("https://git.example.org/@own"), "https://git.example.org/@own");
    }

    #[test]
    fn a_repository_that_is_not_listed_is_not_there() {
        assert_eq!(Checkout::parse(LIST, "other", "", "").unwrap(), None);
        assert!(Checkout::parse("microk8s is not running", "own", "", "").is_err());
    }
}
