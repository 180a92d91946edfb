//! Labels. Those that `terraform query` gives are numbers behind the label of the list: the objects' own
//! names say more.

use super::document::{Address, Document};
use std::collections::{BTreeMap, BTreeSet};
use tfplugin::identity;
use tfplugin::schema::{IdentityPart, Schema};

/// Gives resources with the label of a query one of their own.
pub(super) fn rename(document: &mut Document, schemas: &BTreeMap<&'static str, &Schema>) -> usize {
    let mut taken: BTreeSet<Address> = document.resources.iter().map(|one| one.address.clone()).collect();
    let resources: BTreeMap<_, _> = document.resources.iter().map(|one| (&one.address, one)).collect();
    let mut renamed = BTreeMap::new();
    for import in &document.imports {
        let Address { type_name, label } = &import.to;
        let (Some(schema), true) = (schemas.get(type_name.as_str()), is_numbered(label)) else { continue };
        let Some(resource) = resources.get(&import.to) else { continue };
        // What is not understood may refer to it.
        if document.others.iter().any(|other| other.contains(&import.to.to_string())) {
            continue;
        }
        // What it is called there, else where it is.
        let parts = |mutable: bool| {
            let parts = identity::attributes(schema)
                .filter(move |one| (one.identity == Some(IdentityPart::Mutable)) == mutable);
            let said = |name: &str| import.text(name).or_else(|| resource.text(name)).map(str::to_owned);
            let named = parts.filter_map(|one| Some((one.name == "name", said(&one.name)?)));
            // A namespace, if there is one, says less than the name in it.
            named.max_by_key(|(is_name, _)| *is_name).map(|(_, text)| text)
        };
        let Some(name) = parts(false).or_else(|| parts(true)) else { continue };
        let own = own_label(type_name, &name);
        // It has it already.
        if label.starts_with(&own) {
            continue;
        }
        let label = own;
        let numbered = (2..).map(|number| format!("{label}_{number}"));
        let address = |label| Address { type_name: type_name.clone(), label };
        let free =
            std::iter::once(label.clone()).chain(numbered).map(address).find(|one| !taken.contains(one));
        if let Some(free) = free {
            taken.insert(free.clone());
            renamed.insert(import.to.clone(), free);
        }
    }
    let resources = document.resources.iter_mut().map(|one| &mut one.address);
    for address in resources.chain(document.imports.iter_mut().map(|one| &mut one.to)) {
        if let Some(own) = renamed.get(address) {
            *address = own.clone();
        }
    }
    renamed.len()
}

fn is_numbered(label: &str) -> bool {
    label.rsplit_once('_').is_some_and(|(_, number)| number.parse::<u32>().is_ok())
}

/// A word for a name: `10.0.0.11` of a `vyos_bgp_neighbor` is `neighbor_10_0_0_11`.
fn own_label(type_name: &str, name: &str) -> String {
    let word = word(name);
    match word.starts_with(|one: char| one.is_ascii_alphabetic()) {
        true => word,
        false => format!("{}_{word}", type_name.rsplit('_').next().unwrap_or(type_name)),
    }
}

/// What is left of a text in a Terraform name.
pub(super) fn word(text: &str) -> String {
    let letter = |one: char| if one.is_ascii_alphanumeric() { one } else { '_' };
    let word: String = text.chars().map(letter).collect();
    word.split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_").to_ascii_lowercase()
}
