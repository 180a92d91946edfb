//! Attributes and the configuration paths that they are, as data.

use super::references::Refers;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr};
use tfplugin::{Number, Value};

/// An attribute and where its value lives below the object's node.
#[derive(Clone, Copy)]
pub struct Field {
    /// Name of the attribute.
    pub attribute: &'static str,
    /// Words from the object's node.
    pub path: &'static [&'static str],
    /// What is there.
    pub kind: Kind,
    /// What its value, or its key, is the name of.
    pub refers: Option<Refers>,
}

/// What is at a path.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A leaf with one value.
    Leaf(ValueFormat),
    /// A leaf with any number of values: a set of strings, null where it has none.
    MultiLeaf(ValueFormat),
    /// A leaf without value: a bool, `false` where it is not there.
    Valueless,
    /// A container that says yes, and no where it holds `disable`: a bool, null where it is not there.
    TriState,
    /// A container whose being there means something by itself: an object, null where it is not there.
    PresenceNode(&'static [Field]),
    /// A container that only holds leaves together: an object, null where it holds none of them.
    Node(&'static [Field]),
    /// Containers by key: a map of objects.
    TagNode(ValueFormat, &'static [Field]),
    /// Everything that is there, whatever it is: a [`super::Subtree`], but for what the router itself puts
    /// there.
    Subtree(&'static [LeftAlone]),
}

/// A leaf that the router writes by itself. Where an author does not speak of it, it is not shown and not
/// taken away.
#[derive(Debug)]
pub struct LeftAlone {
    /// From the top; `*` stands for any word.
    pub path: &'static [&'static str],
    /// The only value with which it is left alone, if it is not any.
    pub value: Option<&'static str>,
    /// Whether it stays when what is around it goes.
    pub stays: bool,
}

/// What a word stands for. The attribute's own type has checked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueFormat {
    /// Itself.
    Text,
    /// Itself; an empty one is none.
    Secret,
    /// A number, in a number attribute.
    Number,
    /// A number in decimal digits or a word, in a string attribute.
    Decimal,
    /// An address or a word, in a string attribute.
    Address,
    /// A network, in a string attribute.
    Network,
    /// An area of OSPF in a string attribute: a number, or the same in the form of an IPv4 address.
    Area,
    /// Words from the top, as typed on the router. Only a key can be this: the object is wherever they lead.
    Path,
}

#[cfg(test)]
impl Field {
    /// A leaf with one value.
    pub const fn leaf(attribute: &'static str, path: &'static [&'static str], form: ValueFormat) -> Self {
        Self { attribute, path, kind: Kind::Leaf(form), refers: None }
    }

    /// A leaf with any number of values.
    pub const fn multi_leaf(
        attribute: &'static str,
        path: &'static [&'static str],
        form: ValueFormat,
    ) -> Self {
        Self { attribute, path, kind: Kind::MultiLeaf(form), refers: None }
    }

    /// A leaf without value.
    pub const fn valueless(attribute: &'static str, path: &'static [&'static str]) -> Self {
        Self { attribute, path, kind: Kind::Valueless, refers: None }
    }

    /// A container that says yes, and no where it holds `disable`.
    pub const fn tri_state(attribute: &'static str, path: &'static [&'static str]) -> Self {
        Self { attribute, path, kind: Kind::TriState, refers: None }
    }

    /// A container that means something by itself.
    pub const fn presence_node(
        attribute: &'static str,
        path: &'static [&'static str],
        members: &'static [Field],
    ) -> Self {
        Self { attribute, path, kind: Kind::PresenceNode(members), refers: None }
    }

    /// A container that holds leaves together.
    pub const fn node(
        attribute: &'static str,
        path: &'static [&'static str],
        members: &'static [Field],
    ) -> Self {
        Self { attribute, path, kind: Kind::Node(members), refers: None }
    }

    /// Containers by key.
    pub const fn tag_node(
        attribute: &'static str,
        path: &'static [&'static str],
        key: ValueFormat,
        members: &'static [Field],
    ) -> Self {
        Self { attribute, path, kind: Kind::TagNode(key, members), refers: None }
    }

    /// All of the object.
    pub const fn subtree(attribute: &'static str, left_alone: &'static [LeftAlone]) -> Self {
        Self { attribute, path: &[], kind: Kind::Subtree(left_alone), refers: None }
    }
}

impl ValueFormat {
    /// The one spelling that is sent. VyOS stores words as they come: two spellings would be two objects.
    pub fn canonical(self, word: &str) -> String {
        let parsed = match self {
            Self::Text | Self::Secret => None,
            Self::Number | Self::Decimal => decimal(word),
            Self::Address => word.parse::<IpAddr>().ok().map(|address| address.to_string()),
            Self::Network => word.parse().ok().map(network),
            Self::Area => match word.parse::<Ipv4Addr>() {
                Ok(dotted) => Some(u32::from(dotted).to_string()),
                Err(_) => decimal(word),
            },
            Self::Path => Some(word.split_whitespace().collect::<Vec<_>>().join(" ")),
        };
        parsed.unwrap_or_else(|| word.to_owned())
    }

    /// The word for a value; none for null.
    pub(super) fn word(self, value: &Value) -> Option<String> {
        match value {
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) if self == Self::Secret && text.is_empty() => None,
            Value::String(text) => Some(self.canonical(text)),
            _ => None,
        }
    }

    /// The value for a word that the router holds; null where a number attribute has no form for it.
    pub(super) fn value(self, word: &str) -> Value {
        match self {
            Self::Number => word.parse::<Number>().map_or(Value::Null, Value::Number),
            _ => Value::String(word.to_owned()),
        }
    }
}

fn decimal(word: &str) -> Option<String> {
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| word.parse::<u64>().ok()).flatten().map(|number| number.to_string())
}

/// VyOS takes hexadecimal digits and colons alone: `::ffff:0:0/96`, not `::ffff:0.0.0.0/96`.
fn network(network: IpNet) -> String {
    match network {
        IpNet::V6(v6) if v6.addr().to_ipv4_mapped().is_some() => {
            let [.., high, low] = v6.addr().segments();
            format!("::ffff:{high:x}:{low:x}/{}", v6.prefix_len())
        }
        other => other.to_string(),
    }
}
