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
    pub(super) import: Option<String>,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let description = self.schema.description.trim();
        let (title, summary) = (&self.title, &summary(description));
        write!(f, "{}", FrontMatter { title, subcategory: self.subcategory, summary })?;
        writeln!(f, "\n# {}\n\n{description}", self.heading)?;
        example(f, self.example.as_deref())?;
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
