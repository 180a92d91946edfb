//! A value in a configuration, and how it is written: as `terraform fmt` would.

use hcl_edit::expr::{Expression, ObjectKey};

/// A value as it stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    /// A string without templates: what it says, and how that is written.
    Text {
        value: String,
        source: String,
    },
    List(Vec<Node>),
    Object(Vec<Member>),
    /// Anything else, as it is written.
    Source(String),
}

/// A member of an object or an argument of a block.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    /// Its name; none where that is an expression.
    pub(super) name: Option<String>,
    /// The same as it is written.
    pub(super) key: String,
    pub(super) value: Node,
}

/// The longest list on one line.
const LINE: usize = 80;

impl Node {
    pub(super) fn of(expression: &Expression) -> Self {
        let source = || expression.to_string().trim().to_owned();
        match expression {
            Expression::Null(_) => Self::Null,
            Expression::String(text) => Self::Text { value: text.value().clone(), source: source() },
            Expression::Array(all) => Self::List(all.iter().map(Self::of).collect()),
            Expression::Object(all) => {
                let member = |key: &ObjectKey, value: &Expression| {
                    let (name, key) = match key {
                        ObjectKey::Ident(word) => (Some(word.to_string()), word.to_string()),
                        ObjectKey::Expression(Expression::String(text)) => {
                            (Some(text.value().clone()), Expression::String(text.clone()).to_string())
                        }
                        ObjectKey::Expression(other) => (None, other.to_string()),
                    };
                    Member { name, key: key.trim().to_owned(), value: Self::of(value) }
                };
                Self::Object(all.iter().map(|(key, value)| member(key, value.expr())).collect())
            }
            _ => Self::Source(source()),
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text { value, .. } => Some(value),
            _ => None,
        }
    }

    /// The value on one line, where it has room there.
    fn on_a_line(&self) -> Option<String> {
        match self {
            Self::Null => Some("null".to_owned()),
            Self::Text { source, .. } | Self::Source(source) => {
                (!source.contains('\n')).then(|| source.clone())
            }
            Self::Object(members) => members.is_empty().then(|| "{}".to_owned()),
            Self::List(all) => {
                let all: Option<Vec<_>> = all.iter().map(Self::on_a_line).collect();
                let line = format!("[{}]", all?.join(", "));
                (line.chars().count() <= LINE).then_some(line)
            }
        }
    }

    fn write(&self, depth: usize, out: &mut String) {
        match (self.on_a_line(), self) {
            (Some(line), _) => out.push_str(&line),
            (None, Self::Object(members)) => {
                out.push_str("{\n");
                write_members(members, depth + 1, out);
                out.push_str(&format!("{}}}", indent(depth)));
            }
            (None, Self::List(all)) => {
                out.push_str("[\n");
                for one in all {
                    out.push_str(&indent(depth + 1));
                    one.write(depth + 1, out);
                    out.push_str(",\n");
                }
                out.push_str(&format!("{}]", indent(depth)));
            }
            (None, Self::Text { source, .. } | Self::Source(source)) => out.push_str(source),
            (None, Self::Null) => {}
        }
    }
}

/// Members, each on a line of its own or on several. Equals signs of neighbors are one below the other.
pub(super) fn write_members(members: &[Member], depth: usize, out: &mut String) {
    let mut rest = members;
    while !rest.is_empty() {
        let lines = rest.iter().map_while(|one| Some((one, one.value.on_a_line()?))).collect::<Vec<_>>();
        let width = lines.iter().map(|(one, _)| one.key.chars().count()).max().unwrap_or_default();
        for (one, line) in &lines {
            out.push_str(&format!("{}{:width$} = {line}\n", indent(depth), one.key));
        }
        rest = rest.get(lines.len()..).unwrap_or_default();
        if let Some((one, after)) = rest.split_first() {
            out.push_str(&format!("{}{} = ", indent(depth), one.key));
            one.value.write(depth, out);
            out.push('\n');
            rest = after;
        }
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}
