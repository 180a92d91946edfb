//! A file as its blocks. What is not understood stays as its text.

use super::node::{Member, Node, write_members};
use hcl_edit::Span;
use hcl_edit::structure::{Block, Body, Structure};
use std::collections::{BTreeMap, BTreeSet};

/// A file.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// What is not understood, in order.
    pub(super) others: Vec<String>,
    pub(super) resources: Vec<Managed>,
    pub(super) imports: Vec<Import>,
    /// What is behind the last block.
    end: String,
    /// Why something is not understood.
    pub(super) notes: Vec<String>,
}

/// A resource of a type that is known.
#[derive(Debug)]
pub(super) struct Managed {
    comments: String,
    pub(super) address: Address,
    pub(super) arguments: Vec<Member>,
}

/// An `import` block of such a resource.
#[derive(Debug)]
pub(super) struct Import {
    comments: String,
    pub(super) to: Address,
    /// But for `to`.
    pub(super) arguments: Vec<Member>,
}

/// Type and label of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Address {
    pub(super) type_name: String,
    pub(super) label: String,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.type_name, self.label)
    }
}

/// What Terraform writes above everything that it generates.
const OF_CORE: [&str; 2] = [
    "# __generated__ by Terraform",
    "# Please review these resources and move them into your main configuration files.",
];

/// What Terraform writes behind a value that it hides.
const HIDDEN: &str = "# sensitive";

impl Document {
    /// Reads a file. `is_known` says which types are this provider's.
    pub(super) fn read(text: &str, is_known: impl Fn(&str) -> bool) -> Result<Self, String> {
        let body: Body = text.parse().map_err(|error: hcl_edit::parser::Error| {
            let at = error.location();
            format!("line {}, column {}: {}", at.line(), at.column(), error.message())
        })?;
        let mut document = Self::default();
        let mut end = 0;
        for structure in body.iter() {
            let span = structure.span().ok_or("its blocks have no places")?;
            let comments = text.get(end..span.start).unwrap_or_default();
            let source = text.get(span.clone()).unwrap_or_default();
            end = span.end;
            document.add(structure, comments, source, &is_known);
        }
        document.end = text.get(end..).unwrap_or_default().trim().to_owned();
        Ok(document)
    }

    fn add(&mut self, structure: &Structure, comments: &str, source: &str, is_known: &impl Fn(&str) -> bool) {
        let own = |line: &&str| !line.is_empty() && !OF_CORE.contains(line);
        let comments = comments.lines().map(str::trim).filter(own).map(|line| format!("{line}\n"));
        let comments: String = comments.collect();
        let understood = match structure {
            Structure::Block(block) => Understood::of(block, source, is_known),
            Structure::Attribute(one) => Understood::No(format!("the argument `{}`", one.key.as_str())),
        };
        match understood {
            Understood::Resource(address, arguments) => {
                self.resources.push(Managed { comments, address, arguments });
            }
            Understood::Import(to, arguments) => self.imports.push(Import { comments, to, arguments }),
            Understood::No(why) => {
                self.others.push(format!("{comments}{source}"));
                self.notes.push(why);
            }
        }
    }

    /// The file anew: what is not understood, what is `added`, and then resources by their addresses, each
    /// with its import.
    pub(super) fn write(&self, added: &[String]) -> String {
        let imports: BTreeMap<_, _> = self.imports.iter().map(|one| (&one.to, one)).collect();
        let mut resources: Vec<_> = self.resources.iter().collect();
        resources.sort_by(|one, other| one.address.cmp(&other.address));
        let there: BTreeSet<_> = resources.iter().map(|one| &one.address).collect();
        let is_there = |import: &&Import| there.contains(&import.to);
        let alone = self.imports.iter().filter(|import| !is_there(import)).map(Import::write);
        let known = resources.iter().flat_map(|one| {
            std::iter::once(one.write()).chain(imports.get(&one.address).map(|import| import.write()))
        });
        let all = self.others.iter().cloned().chain(added.iter().cloned()).chain(known).chain(alone);
        let all = all.chain(Some(self.end.clone()).filter(|end| !end.is_empty()));
        let all: Vec<_> = all.map(|one| format!("{}\n", one.trim_end())).collect();
        all.join("\n")
    }
}

/// A block, as far as it is understood.
enum Understood {
    Resource(Address, Vec<Member>),
    Import(Address, Vec<Member>),
    /// What it is, and why not.
    No(String),
}

impl Understood {
    fn of(block: &Block, source: &str, is_known: &impl Fn(&str) -> bool) -> Self {
        let labels: Vec<_> = block.labels.iter().map(|one| one.as_str()).collect();
        let name = std::iter::once(block.ident.as_str()).chain(labels.iter().copied());
        let name = name.collect::<Vec<_>>().join(" ");
        let mut arguments = Vec::new();
        for structure in block.body.iter() {
            let Structure::Attribute(one) = structure else {
                return Self::No(format!("`{name}`, which has blocks in it"));
            };
            let key = one.key.as_str().to_owned();
            arguments.push(Member { name: Some(key.clone()), key, value: Node::of(&one.value) });
        }
        if has_comments(source) {
            return Self::No(format!("`{name}`, which has comments in it"));
        }
        match (block.ident.as_str(), labels.as_slice()) {
            ("resource", [type_name, label]) if is_known(type_name) => {
                let address = Address { type_name: (*type_name).to_owned(), label: (*label).to_owned() };
                Self::Resource(address, arguments)
            }
            ("import", []) => {
                let to = arguments.iter().position(|one| one.key == "to");
                let address = to.map(|at| arguments.remove(at)).and_then(|to| match to.value {
                    Node::Source(to) => Address::of(&to),
                    _ => None,
                });
                match address.filter(|to| is_known(&to.type_name)) {
                    Some(to) => Self::Import(to, arguments),
                    None => Self::No(format!("`{name}` of another resource")),
                }
            }
            _ => Self::No(format!("`{name}`")),
        }
    }
}

impl Address {
    /// The address of a resource that stands alone in the root module.
    fn of(written: &str) -> Option<Self> {
        let (type_name, label) = written.split_once('.')?;
        let is_word = |word: &str| word.chars().all(|one| one.is_alphanumeric() || "_-".contains(one));
        (is_word(type_name) && is_word(label))
            .then(|| Self { type_name: type_name.to_owned(), label: label.to_owned() })
    }
}

impl Managed {
    fn write(&self) -> String {
        let Address { type_name, label } = &self.address;
        let mut out = format!("{}resource \"{type_name}\" \"{label}\" {{\n", self.comments);
        write_members(&self.arguments, 1, &mut out);
        out + "}\n"
    }

    /// The argument of that name, if it is a plain string.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.arguments.iter().find(|one| one.key == name)?.value.text()
    }
}

impl Import {
    /// The part of the identity of that name, if it is a plain string.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let identity = self.arguments.iter().find(|one| one.key == "identity")?;
        let Node::Object(parts) = &identity.value else { return None };
        parts.iter().find(|one| one.key == name)?.value.text()
    }

    fn write(&self) -> String {
        let to = Member { name: None, key: "to".to_owned(), value: Node::Source(self.to.to_string()) };
        let all: Vec<_> = std::iter::once(to).chain(self.arguments.iter().cloned()).collect();
        let mut out = format!("{}import {{\n", self.comments);
        write_members(&all, 1, &mut out);
        out + "}\n"
    }
}

/// Whether somebody wrote comments into a block. Rather one too many than one lost.
fn has_comments(source: &str) -> bool {
    source.lines().any(|line| comment(line).is_some_and(|comment| comment.trim() != HIDDEN))
}

/// The comment of a line.
fn comment(line: &str) -> Option<&str> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, letter) in line.char_indices() {
        let rest = line.get(at..).unwrap_or_default();
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if !quoted && ["#", "//", "/*"].iter().any(|mark| rest.starts_with(mark)) => return Some(rest),
            _ => {}
        }
    }
    None
}
