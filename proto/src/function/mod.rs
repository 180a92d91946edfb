//! What the author of a function implements.

mod arguments;
mod check;
mod served;
mod signature;
#[cfg(test)]
mod tests;

pub use arguments::{Argument, Arguments, FunctionError, VariadicArguments};
pub use signature::{Parameter, Signature};

pub(crate) use check::check;
pub(crate) use served::ServedFunction;

use crate::model::AttributeValue;

/// The arguments of a function, typed and in order: a struct with [`derive@crate::Parameters`].
pub trait Parameters: Send + Sized + 'static {
    /// The function's name in configurations.
    const NAME: &'static str;
    /// What it does, in Markdown, for its users. The first paragraph is its summary.
    const DESCRIPTION: &'static str;
    /// Why not to use it any more.
    const DEPRECATED: Option<&'static str> = None;

    /// What it takes, in order.
    fn parameters() -> Vec<Parameter>;

    /// Reads the arguments of one call.
    fn decode(arguments: &mut Arguments<'_>) -> Result<Self, FunctionError>;
}

/// A function, implemented for its parameters. Terraform calls it from expressions, at validate, plan and
/// apply, in a process that is not configured: it knows its arguments and nothing else. The same arguments
/// must always give the same result.
pub trait Function: Parameters {
    /// What it answers: an `Option<T>` where that may be null, a [`Knowable`](crate::Knowable) where it may
    /// be known only at apply.
    type Return: AttributeValue;

    /// Answers a call. Each argument was validated by its type already. An error shows what it says and no
    /// more: leave out arguments that may be secret.
    fn call(self) -> Result<Self::Return, FunctionError>;
}
