//! One page: front matter, description, example, schema, import.

use super::section;
use crate::schema::Schema;
use std::fmt;

/// What a page is made of.
pub(super) struct Page<'a> {
    pub(super) title: String,
    pub(super) heading: String,
    /// Its group in registries' navigation. They refuse one of the index.
    pub(super) subcategory: Option<&'a str>,
    pub(super) schema: &'a Schema,
    pub(super) example: Option<String>,
    pub(super) import: Option<String>,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let description = self.schema.description.trim();
        writeln!(f, "---\n# generated from the provider's schemas\npage_title: \"{}\"", self.title)?;
        if let Some(subcategory) = self.subcategory {
            writeln!(f, "subcategory: \"{subcategory}\"")?;
        }
        writeln!(f, "description: |-")?;
        for line in summary(description).lines() {
            writeln!(f, "  {line}")?;
        }
        writeln!(f, "---\n\n# {}\n\n{description}", self.heading)?;
        if let Some(example) = &self.example {
            writeln!(f, "\n## Example Usage\n\n```terraform\n{}\n```", example.trim())?;
        }
        write!(f, "\n{}", section::of(self.schema))?;
        if let Some(import) = &self.import {
            writeln!(
                f,
                "\n## Import\n\nImport is supported using the following syntax:\n\n```shell\n{}\n```",
                import.trim()
            )?;
        }
        Ok(())
    }
}

/// The first paragraph without Markdown's code marks: what search results and lists of types show.
fn summary(description: &str) -> String {
    description.split("\n\n").next().unwrap_or_default().replace('`', "")
}
