//! The configurations that a Markdown text shows.

/// Each configuration: a fenced `terraform` block that begins with `terraform {` begins one, those behind it
/// carry it on. So a text can unfold one configuration step by step.
pub fn snippets(markdown: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let blocks = markdown.split("\n```terraform\n").skip(1);
    for block in blocks.map(|rest| rest.split("\n```").next().unwrap_or_default()) {
        match found.last_mut() {
            Some(begun) if !block.starts_with("terraform {") => {
                begun.push_str("\n\n");
                begun.push_str(block);
            }
            _ => found.push(block.to_owned()),
        }
    }
    found
}
