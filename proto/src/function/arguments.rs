//! The arguments of a call, and errors that name them.

use crate::model::AttributeValue;
use crate::value::{Value, ValueError};
use std::slice::Iter;

/// An argument of a call, which an error names. The derive has a constant for each parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    at: usize,
    name: &'static str,
}

impl Argument {
    /// The argument at a position, counted from 0, and its parameter's name.
    pub const fn new(at: usize, name: &'static str) -> Self {
        Self { at, name }
    }

    /// Its position among all arguments, from 0.
    pub fn position(self) -> usize {
        self.at
    }

    /// Its parameter's name.
    pub fn name(self) -> &'static str {
        self.name
    }
}

/// The arguments that a variadic parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VariadicArguments(Argument);

impl VariadicArguments {
    /// Those from a position on, and their parameter's name.
    pub const fn new(from: usize, name: &'static str) -> Self {
        Self(Argument::new(from, name))
    }

    /// One of them, counted from 0.
    pub fn nth(self, index: usize) -> Argument {
        Argument { at: self.0.at + index, ..self.0 }
    }
}

/// Why a function gives no result. Terraform puts the text into a sentence of its own: no capital letter, no
/// full stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct FunctionError {
    text: String,
    argument: Option<Argument>,
}

impl FunctionError {
    /// An error of the call as a whole.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), argument: None }
    }

    /// An error of one argument: `FunctionError::at(CidrOverlaps::A, "...")`.
    pub fn at(argument: Argument, text: impl Into<String>) -> Self {
        Self { text: text.into(), argument: Some(argument) }
    }

    /// What is wrong.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The argument at fault.
    pub fn argument(&self) -> Option<Argument> {
        self.argument
    }

    /// A value of an argument that does not fit.
    pub(crate) fn value(argument: Argument, error: &ValueError) -> Self {
        let text = match error.path.steps() {
            [] => error.message.clone(),
            _ => format!("{}{}: {}", argument.name, within(error), error.message),
        };
        Self::at(argument, text)
    }
}

/// A path that begins at an argument: `[2].name`.
fn within(error: &ValueError) -> String {
    let path = error.path.to_string();
    if path.starts_with('[') { path } else { format!(".{path}") }
}

/// The arguments of one call, taken one after another.
pub struct Arguments<'a> {
    left: Iter<'a, Value>,
    at: usize,
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(all: &'a [Value]) -> Self {
        Self { left: all.iter(), at: 0 }
    }

    /// Reads the next one.
    pub fn next<T: AttributeValue>(&mut self, name: &'static str) -> Result<T, FunctionError> {
        let value = self.left.next().unwrap_or(&Value::Null);
        let argument = Argument::new(self.at, name);
        self.at += 1;
        T::decode(value).map_err(|error| FunctionError::value(argument, &error))
    }

    /// Reads all that are left.
    pub fn rest<T: AttributeValue>(&mut self, name: &'static str) -> Result<Vec<T>, FunctionError> {
        let mut all = Vec::with_capacity(self.left.len());
        while !self.left.as_slice().is_empty() {
            all.push(self.next(name)?);
        }
        Ok(all)
    }
}
