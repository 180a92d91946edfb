//! Reference pages from schemas, in the layout and the form that provider registries show.
//!
//! A type's page is its schema's descriptions, with the example and the imports that lie in the registries'
//! layout: `provider/provider.tf`; `resources/<type>/resource.tf`, `import-by-identity.tf` and `import.sh`
//! beside it; `data-sources/<type>/data-source.tf`, `ephemeral-resources/<type>/ephemeral-resource.tf`,
//! `list-resources/<type>/list-resource.tfquery.hcl`, `actions/<type>/action.tf` and
//! `functions/<name>/function.tf`.

mod function;
mod page;
mod section;
#[cfg(test)]
mod tests;

use crate::model::Model;
use crate::provider::Provider;
use crate::schema::Schema;
use function::FunctionPage;
use page::Page;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// A kind of types, as the layouts of pages and examples name it.
struct Kind {
    title: &'static str,
    folder: &'static str,
    example: &'static str,
}

const RESOURCE: Kind = Kind { title: "Resource", folder: "resources", example: "resource.tf" };
const EPHEMERAL_RESOURCE: Kind =
    Kind { title: "Ephemeral Resource", folder: "ephemeral-resources", example: "ephemeral-resource.tf" };
const LIST_RESOURCE: Kind =
    Kind { title: "List Resource", folder: "list-resources", example: "list-resource.tfquery.hcl" };
const ACTION: Kind = Kind { title: "Action", folder: "actions", example: "action.tf" };
const DATA_SOURCE: Kind = Kind { title: "Data Source", folder: "data-sources", example: "data-source.tf" };

/// Every page of a provider by its path below `docs`. The pages show what is in the folder `examples`; where
/// an example is missing, its section is.
pub fn pages<P: Provider>(examples: &Path) -> io::Result<BTreeMap<PathBuf, String>> {
    let table = P::registry();
    let mut pages = BTreeMap::new();
    let index = Page {
        title: format!("{} Provider", P::NAME),
        heading: format!("{} Provider", P::NAME),
        subcategory: None,
        schema: P::Config::schema(),
        example: read(&examples.join("provider/provider.tf"))?,
        import_by_identity: None,
        import: None,
    };
    pages.insert(PathBuf::from("index.md"), index.to_string());
    let types = table
        .resources()
        .map(|(name, schema)| (RESOURCE, name, schema))
        .chain(table.data_sources().map(|(name, schema)| (DATA_SOURCE, name, schema)))
        .chain(table.ephemeral_resources().map(|(name, schema)| (EPHEMERAL_RESOURCE, name, schema)))
        .chain(table.list_resources().map(|(name, schema)| (LIST_RESOURCE, name, schema)))
        .chain(table.actions().map(|(name, schema)| (ACTION, name, schema)));
    for (kind, name, schema) in types {
        let page = page_of_type::<P>(&kind, name, schema, &examples.join(kind.folder).join(name))?;
        // The registries' own generator leaves the provider's name out of file names. A plugin whose types
        // have several prefixes would get names of two kinds by that, and possibly twice the same one; the
        // whole name is always right.
        pages.insert(PathBuf::from(kind.folder).join(format!("{name}.md")), page);
    }
    for signature in table.functions() {
        let name = signature.name;
        let example = read(&examples.join("functions").join(name).join("function.tf"))?;
        let subcategory = P::subcategory(name);
        let page = FunctionPage { provider: P::NAME, subcategory, signature, example };
        pages.insert(PathBuf::from("functions").join(format!("{name}.md")), page.to_string());
    }
    Ok(pages)
}

fn page_of_type<P: Provider>(
    kind: &Kind,
    name: &str,
    schema: &Schema,
    examples: &Path,
) -> io::Result<String> {
    let page = Page {
        title: format!("{name} {} - {}", kind.title, P::NAME),
        heading: format!("{name} ({})", kind.title),
        subcategory: Some(P::subcategory(name)),
        schema,
        example: read(&examples.join(kind.example))?,
        import_by_identity: read(&examples.join("import-by-identity.tf"))?,
        import: read(&examples.join("import.sh"))?,
    };
    Ok(page.to_string())
}

/// The file's text, if there is such a file.
fn read(file: &Path) -> io::Result<Option<String>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
