//! One page: front matter, description, example, schema, import.

use super::section;
use crate::schema::{Schema, summary};
use std::fmt;

/// What a page is made of.
pub(super) struct Page<'a> {
    pub(super) title: String,
    pub(super) heading: String,
    /// Its group in registries' navigation. They refuse one of the index.
    pub(super) subcategory: Option<&'a str>,
    pub(super) schema: &'a Schema,
    pub(super) example: Option<String>,
    /// How it is imported by its identity, as a configuration.
    pub(super) import_by_identity: Option<String>,
    /// How it is imported by its id, as a command.
    pub(super) import: Option<String>,
}

const IMPORT_BLOCK: &str = "https://developer.hashicorp.com/terraform/language/import";
const IMPORT_COMMAND: &str = "https://developer.hashicorp.com/terraform/cli/commands/import";

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let description = self.schema.description.trim();
        let (title, summary) = (&self.title, &summary(description));
        write!(f, "{}", FrontMatter { title, subcategory: self.subcategory, summary })?;
        writeln!(f, "\n# {}\n\n{description}", self.heading)?;
        example(f, self.example.as_deref())?;
        write!(f, "\n{}", section::of(self.schema))?;
        if self.import_by_identity.is_some() || self.import.is_some() {
            writeln!(f, "\n## Import")?;
        }
        if let Some(example) = &self.import_by_identity {
            writeln!(
                f,
                "\nFrom Terraform 1.12 and OpenTofu 1.12 on, an [`import` block]({IMPORT_BLOCK}) takes the `identity` of the \
                 object:\n\n```terraform\n{}\n```\n\n{}",
                example.trim(),
                section::identity(self.schema)
            )?;
        }
        if let Some(command) = &self.import {
            writeln!(
                f,
                "\nThe [`terraform import` command]({IMPORT_COMMAND}) takes the import id, as does `id` in an `import` \
                 block:\n\n```shell\n{}\n```",
                command.trim()
            )?;
        }
        Ok(())
    }
}

/// What registries read of a page before they show it.
pub(super) struct FrontMatter<'a> {
    pub(super) title: &'a str,
    pub(super) subcategory: Option<&'a str>,
    /// What search results and lists of types show.
    pub(super) summary: &'a str,
}

impl fmt::Display for FrontMatter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "---\n# generated from the provider's schemas\npage_title: \"{}\"", self.title)?;
        if let Some(subcategory) = self.subcategory {
            writeln!(f, "subcategory: \"{subcategory}\"")?;
        }
        writeln!(f, "description: |-")?;
        self.summary.lines().try_for_each(|line| writeln!(f, "  {line}"))?;
        writeln!(f, "---")
    }
}

/// The section of an example, if there is one.
pub(super) fn example(f: &mut fmt::Formatter<'_>, text: Option<&str>) -> fmt::Result {
    let Some(text) = text else { return Ok(()) };
    writeln!(f, "\n## Example Usage\n\n```terraform\n{}\n```", text.trim())
}
