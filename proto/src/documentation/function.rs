//! The page of a function: front matter, description, example, signature, arguments.

use super::page::{FrontMatter, example};
use super::section::{item, type_name};
use crate::function::{Parameter, Signature};
use crate::value::Type;
use std::fmt;

/// What a function's page is made of.
pub(super) struct FunctionPage<'a> {
    pub(super) provider: &'a str,
    pub(super) subcategory: &'a str,
    pub(super) signature: &'a Signature,
    pub(super) example: Option<String>,
}

impl fmt::Display for FunctionPage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { provider, subcategory, signature, example: shown } = self;
        let Signature { name, summary, description, parameters, .. } = signature;
        let title = format!("{name} function - {provider}");
        write!(f, "{}", FrontMatter { title: &title, subcategory: Some(subcategory), summary })?;
        writeln!(f, "\n# function: {name}\n\n{}", description.trim())?;
        if let Some(reason) = signature.deprecated {
            writeln!(f, "\n~> **Deprecated** {reason}")?;
        }
        example(f, shown.as_deref())?;
        writeln!(
            f,
            "\n## Signature\n\n<!-- generated from the signature -->\n```text\n{}\n```",
            line(signature)
        )?;
        if !parameters.is_empty() {
            writeln!(f, "\n## Arguments\n\n<!-- generated from the signature -->")?;
        }
        for (at, parameter) in parameters.iter().enumerate() {
            let start = format!("{}. `{}` ({})", at + 1, parameter.name, marks(parameter));
            writeln!(f, "{}", item(&start, parameter.description))?;
        }
        Ok(())
    }
}

fn marks(parameter: &Parameter) -> String {
    let of = type_name(&parameter.of);
    let variadic = if parameter.variadic { "Variadic, " } else { "" };
    let nullable = if parameter.allow_null { ", Nullable" } else { "" };
    format!("{variadic}{of}{nullable}")
}

/// `name(a string, rest list of number...) bool`.
fn line(signature: &Signature) -> String {
    let one = |one: &Parameter| {
        let dots = if one.variadic { "..." } else { "" };
        format!("{} {}{dots}", one.name, friendly(&one.of))
    };
    let parameters: Vec<_> = signature.parameters.iter().map(one).collect();
    format!("{}({}) {}", signature.name, parameters.join(", "), friendly(&signature.returns))
}

/// A type in the words of Terraform's messages.
fn friendly(of: &Type) -> String {
    match of {
        Type::String => "string".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::Dynamic => "dynamic".to_owned(),
        Type::List(element) => format!("list of {}", friendly(element)),
        Type::Set(element) => format!("set of {}", friendly(element)),
        Type::Map(element) => format!("map of {}", friendly(element)),
        Type::Tuple(_) => "tuple".to_owned(),
        Type::Object(_) => "object".to_owned(),
    }
}
