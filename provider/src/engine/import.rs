//! What an import id names is held to the rules of the attributes that it becomes: an address, a name.

use crate::values::one_line;
use tfplugin::provider::TypeName;
use tfplugin::schema::Attribute;
use tfplugin::{Diagnostic, Diagnostics, Value};

/// Finds fault with the parts of an import id, each under the name of its attribute. `forms` says how ids
/// look.
pub fn check_named<'a, T: TypeName>(
    attributes: &[Attribute],
    id: &str,
    named: impl IntoIterator<Item = (&'a str, &'a Value)>,
    forms: &str,
) -> Result<(), Diagnostics> {
    for (name, value) in named.into_iter().filter(|(_, value)| !value.is_null()) {
        let attribute = attributes.iter().find(|attribute| attribute.name == name);
        if let Some(Err(error)) = attribute.map(|attribute| (attribute.semantics.validate)(value, one_line)) {
            let detail =
                format!("The import id {id:?} cannot be: as `{name}`, {error}. It should be {forms}.");
            return Err(Diagnostic::error(format!("Unable to import {}", T::TYPE_NAME), detail).into());
        }
    }
    Ok(())
}

/// The same for a type that reads its id by itself.
pub fn check_texts<T: TypeName + tfplugin::Model>(
    id: &str,
    named: &[(&str, &str)],
    forms: &str,
) -> Result<(), Diagnostics> {
    let values: Vec<_> =
        named.iter().map(|(name, text)| (*name, Value::String((*text).to_owned()))).collect();
    check_named::<T>(&T::schema().attributes, id, values.iter().map(|(name, value)| (*name, value)), forms)
}
