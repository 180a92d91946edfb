//! What a function takes and answers, as Terraform and the reference show it.

use super::Function;
use crate::model::{AttributeValue, StringRule};
use crate::schema::summary;
use crate::value::{Type, Value, ValueError};

/// The signature of a function.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Its name in configurations.
    pub name: &'static str,
    /// What it does, in a paragraph of plain text.
    pub summary: String,
    /// What it does, in Markdown.
    pub description: &'static str,
    /// Why not to use it any more.
    pub deprecated: Option<&'static str>,
    /// What it takes, in order; at most the last one is variadic.
    pub parameters: Vec<Parameter>,
    /// What it answers.
    pub returns: Type,
}

impl Signature {
    pub(crate) fn of<F: Function>() -> Self {
        Self {
            name: F::NAME,
            summary: summary(F::DESCRIPTION),
            description: F::DESCRIPTION,
            deprecated: F::DEPRECATED,
            parameters: F::parameters(),
            returns: F::Return::kind().value_type(),
        }
    }

    /// The parameter of an argument, counted from 0; nothing where there are too many arguments.
    pub(crate) fn parameter(&self, at: usize) -> Option<&Parameter> {
        self.parameters.get(at).or_else(|| self.parameters.last().filter(|last| last.variadic))
    }

    /// How many arguments a call has at least.
    pub(crate) fn fewest(&self) -> usize {
        self.parameters.iter().filter(|one| !one.variadic).count()
    }
}

/// What a function takes in one place.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name, for messages and the reference.
    pub name: &'static str,
    /// What it is, in Markdown.
    pub description: &'static str,
    /// The type of its values; of each of them where it is variadic.
    pub of: Type,
    /// Whether null may be passed.
    pub allow_null: bool,
    /// Whether values may be passed that are not or not wholly known.
    pub allow_unknown: bool,
    /// Whether it takes all arguments that are left.
    pub variadic: bool,
    /// Why a known value is not acceptable, where its plain strings are held to a rule.
    pub validate: fn(&Value, StringRule) -> Result<(), ValueError>,
}

impl Parameter {
    /// A parameter of the Rust type `T`, which says whether null and unknown values may be passed.
    pub fn of<T: AttributeValue>(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            description,
            of: T::kind().value_type(),
            allow_null: T::NULLABLE,
            allow_unknown: T::unknown().is_some(),
            variadic: false,
            validate: T::validate,
        }
    }
}
