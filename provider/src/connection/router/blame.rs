//! Which of the writes merged into one commit a refusal speaks of.
//!
//! VyOS answers one text for the whole request: a section for each component that would not commit, wrapped
//! at 72 columns, warnings about innocents in between. It names paths in brackets, names in quotes, addresses
//! as they are.

use super::tree::ConfigPath;

/// A part of the answer that is about one component, or about the time before the commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// Such as `protocols bgp`; none where a command was refused before the commit began.
    pub(super) component: Option<String>,
    /// The messages without warnings, unwrapped.
    pub(super) message: String,
}

/// What a write would have changed.
pub(super) struct Suspect {
    /// The container that it works below, as VyOS writes it: `protocols bgp`.
    pub(super) component: String,
    /// The object that it is about; its last word is looked for where it is not the component itself.
    pub(super) subject: ConfigPath,
    /// All its paths from the top, each joined by blanks.
    pub(super) paths: Vec<String>,
}

/// Takes an answer apart.
pub(super) fn sections(answer: &str) -> Vec<Section> {
    let mut found = Vec::new();
    let mut text = String::new();
    for line in answer.lines() {
        match heading(line) {
            Some(Heading::Failed(component)) => {
                found.push(section(Some(component), &std::mem::take(&mut text)))
            }
            Some(Heading::Begins) => {}
            None => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    found.extend(Some(section(None, &text)).filter(|rest| !rest.message.is_empty()));
    found
}

enum Heading {
    Begins,
    Failed(String),
}

/// `[ protocols bgp ]`, `[[protocols bgp]] failed`, `delete [ protocols bgp ] failed`.
fn heading(line: &str) -> Option<Heading> {
    let line = line.trim();
    if let Some(inner) = line.strip_suffix("failed").map(str::trim_end) {
        let inner = inner.strip_prefix("delete ").unwrap_or(inner);
        let inner = inner.strip_prefix('[')?.strip_suffix(']')?.trim_matches(['[', ']']);
        return Some(Heading::Failed(inner.trim().to_owned()));
    }
    let inner = line.strip_prefix("[ ")?.strip_suffix(" ]")?;
    (!inner.contains(['[', ']'])).then_some(Heading::Begins)
}

fn section(component: Option<String>, text: &str) -> Section {
    let closing =
        ["Commit failed", "Set failed", "Delete failed", "Value validation failed", "Invalid value"];
    let paragraphs = text.split("\n\n").map(|paragraph| {
        paragraph.lines().filter(|line| !closing.contains(&line.trim())).collect::<Vec<_>>().join(" ")
    });
    let said = paragraphs
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|paragraph| !paragraph.is_empty() && !paragraph.starts_with("WARNING:"));
    Section { component, message: said.collect::<Vec<_>>().join(" ") }
}

impl Section {
    /// Whether `suspect` changes the component that this is about.
    pub(super) fn concerns(&self, suspect: &Suspect) -> bool {
        self.component.as_ref().is_none_or(|component| {
            let within = |outer: &str, inner: &str| inner == outer || inner.starts_with(&format!("{outer} "));
            within(component, &suspect.component) || within(&suspect.component, component)
        })
    }

    /// The suspects that the message names, by index; nobody where it names none.
    pub(super) fn culprits(&self, suspects: &[Suspect]) -> Vec<usize> {
        let concerned: Vec<_> = suspects.iter().enumerate().filter(|(_, one)| self.concerns(one)).collect();
        let those = |named: &dyn Fn(&Suspect) -> bool| -> Vec<usize> {
            concerned.iter().filter(|(_, one)| named(one)).map(|(at, _)| *at).collect()
        };
        let path = between(&self.message, "Configuration path: [", "]").next();
        if let Some(path) = path {
            let exact = those(&|one| one.paths.iter().any(|own| own == path));
            let about = those(&|one| holds(path, &one.subject.join(" ")));
            return if exact.is_empty() { about } else { exact };
        }
        // VyOS prints the word "neighbor" itself where it means to name one.
        let quoted: Vec<_> =
            quoted(&self.message).filter(|name| !["neighbor", "default"].contains(name)).collect();
        let naming_all =
            |one: &Suspect| quoted.iter().all(|name| one.paths.iter().any(|own| holds(own, name)));
        let named = if quoted.is_empty() { Vec::new() } else { those(&naming_all) };
        if !named.is_empty() {
            return named;
        }
        those(&|one| {
            let key = one.subject.last().filter(|_| one.subject.join(" ") != one.component);
            key.is_some_and(|key| holds(&self.message, key))
        })
    }
}

/// Names in double or single quotes.
fn quoted(message: &str) -> impl Iterator<Item = &str> {
    between(message, "\"", "\"").chain(between(message, "'", "'"))
}

fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(open)?;
        let (inner, after) = after.split_once(close)?;
        rest = after;
        Some(inner)
    })
}

/// Whether `text` has `name` in it as whole words.
fn holds(text: &str, name: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || matches!(c, '.' | ':' | '-' | '_' | '/');
    !name.is_empty()
        && text.match_indices(name).any(|(at, found)| {
            let before = text.get(..at).and_then(|head| head.chars().next_back());
            let mut after = text.get(at + found.len()..).unwrap_or_default().chars();
            // A full stop or colon ends a sentence unless the word goes on behind it.
            let goes_on = after.next().is_some_and(|next| {
                if matches!(next, '.' | ':') {
                    after.next().is_some_and(part_of_word)
                } else {
                    part_of_word(next)
                }
            });
            !before.is_some_and(part_of_word) && !goes_on
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neighbor(address: &str, leaves: &[&str]) -> Suspect {
        let subject = ["protocols", "bgp", "neighbor", address].map(str::to_owned).to_vec();
        let paths = leaves.iter().map(|leaf| format!("{} {leaf}", subject.join(" "))).collect();
        Suspect { component: "protocols bgp".to_owned(), subject, paths }
    }

    #[test]
    fn a_warning_about_an_innocent_is_no_blame() {
        let answer = "[ protocols bgp ]\n\nWARNING: BGP neighbor \"192.0.2.2\" requires address-family!\n\n\
                      Neighbor \"192.0.2.3\" remote-as must be set!\n\n[[protocols bgp]] failed\nCommit failed\n";
        let sections = sections(answer);
        assert_eq!(sections.len(), 1);
        assert_eq!(sections[0].component.as_deref(), Some("protocols bgp"));
        assert_eq!(sections[0].message, "Neighbor \"192.0.2.3\" remote-as must be set!");
        let suspects = [neighbor("192.0.2.2", &["description x"]), neighbor("192.0.2.3", &["description x"])];
        assert_eq!(sections[0].culprits(&suspects), [1]);
    }

    #[test]
    fn every_failing_component_has_its_section() {
        let answer = "[ policy ]\nA prefix must be specified for \"prefix-list PQ rule 5\"!\n\n[[policy]] failed\n\
                      [ protocols ospf ]\nInterface \"eth9\" does not exist!\n\n[[protocols ospf]] failed\n\
                      delete [ protocols bgp ] failed\nCommit failed\n";
        let sections = sections(answer);
        let components: Vec<_> = sections.iter().filter_map(|one| one.component.as_deref()).collect();
        assert_eq!(components, ["policy", "protocols ospf", "protocols bgp"]);
        let list = Suspect {
            component: "policy".to_owned(),
            subject: ["policy", "prefix-list", "PQ"].map(str::to_owned).to_vec(),
            paths: vec!["policy prefix-list PQ rule 5 action permit".to_owned()],
        };
        let suspects = [neighbor("PQ", &[]), list];
        assert_eq!(sections[0].culprits(&suspects), [1]);
        assert!(!sections[0].concerns(&suspects[0]));
    }

    #[test]
    fn names_wrapped_across_lines_are_found() {
        let answer = "[ protocols bgp ]\nPeer-group member \"192.0.2.2\" cannot override remote-as of peer-group\n\
                      \"PG\"!\n\n[[protocols bgp]] failed\nCommit failed\n";
        let suspects = [
            neighbor("192.0.2.2", &["peer-group PG", "remote-as 65001"]),
            neighbor("192.0.2.20", &["peer-group PG"]),
        ];
        assert_eq!(sections(answer)[0].culprits(&suspects), [0]);
    }

    #[test]
    fn everyone_who_uses_a_missing_list_is_to_blame() {
        let answer = "[ protocols bgp ]\nSpecified route-map \"RM\" does not exist!\n\n[[protocols bgp]] failed\nCommit failed\n";
        let leaf = "address-family ipv6-unicast route-map import RM";
        let suspects =
            [neighbor("192.0.2.2", &[leaf]), neighbor("192.0.2.3", &[]), neighbor("192.0.2.4", &[leaf])];
        assert_eq!(sections(answer)[0].culprits(&suspects), [0, 2]);
    }

    #[test]
    fn a_refused_path_names_its_owner() {
        let answer =
            "Configuration path: [protocols bgp neighbor 2001:db8::2 bogus 1] is not valid\n\nSet failed\n";
        let suspects = [neighbor("2001:db8::20", &["bogus 1"]), neighbor("2001:db8::2", &["bogus 1"])];
        let found = sections(answer);
        assert_eq!(found[0].component, None);
        assert_eq!(found[0].culprits(&suspects), [1]);
    }

    #[test]
    fn a_text_that_names_nobody_blames_nobody() {
        let answer = "\n\nDescription too long (limit 255 characters)\nValue validation failed\nSet failed\n";
        let suspects = [neighbor("192.0.2.2", &["description x"]), neighbor("192.0.2.3", &["description y"])];
        let found = sections(answer);
        assert_eq!(found[0].message, "Description too long (limit 255 characters)");
        assert!(found[0].culprits(&suspects).is_empty());
    }

    #[test]
    fn what_frr_said_names_the_neighbor_without_quotes() {
        let answer = "[ protocols bgp ]\nvtysh failed to process new configuration: vtysh (mark file) exited with\n\
                      status 4: b'line 17: % Command incomplete:  neighbor 192.0.2.2\ndescription'\n\n\
                      [[protocols bgp]] failed\nCommit failed\n";
        let suspects = [neighbor("192.0.2.1", &[]), neighbor("192.0.2.2", &[]), neighbor("192.0.2.22", &[])];
        assert_eq!(sections(answer)[0].culprits(&suspects), [1]);
    }
}
