//! Environment variables that stand in for what the provider block leaves out.

use tfplugin::{Diagnostic, Diagnostics};

/// What variables there are, by name. One that is empty is not set.
pub struct Environment<'a>(pub &'a dyn Fn(&str) -> Option<String>);

impl Environment<'_> {
    /// The variable's value, where it is set.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// `given`, else the variable's value, held to the same rule.
    pub(super) fn or<T>(
        &self,
        given: Option<T>,
        name: &str,
        read: impl FnOnce(String) -> Result<T, String>,
    ) -> Result<Option<T>, Diagnostics> {
        match (given, self.get(name)) {
            (Some(given), _) => Ok(Some(given)),
            (None, None) => Ok(None),
            (None, Some(value)) => read(value).map(Some).map_err(|fault| refused(name, &fault)),
        }
    }
}

fn refused(name: &str, fault: &str) -> Diagnostics {
    let detail =
        format!("The environment variable {name} is used as the provider block leaves it out: {fault}.");
    Diagnostic::error("Invalid environment variable", detail).into()
}
