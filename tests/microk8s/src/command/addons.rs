//! `microk8s addons`.

use crate::addons;
use crate::failure::{Failure, Result, Tried};
use crate::layout::{Layout, remove};
use crate::outcome::Outcome;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use tokio::process::Command;

const SOURCE: &str = "/snap/microk8s/current/addons/core@f68981";
const DESCRIPTION: &str = "Core addons of the MicroK8s project";
/// So many digits of a commit stand behind a source's `@`.
const DIGITS: usize = 6;

/// A row of the list.
#[derive(Serialize)]
struct Row {
    name: String,
    addons: usize,
    source: String,
    description: String,
}

pub(crate) async fn run(layout: &Layout, arguments: &[String]) -> Result<Outcome> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["repo", "list", format @ ..] => list(layout, format).await,
        ["repo", "add", words @ ..] => add(layout, words).await,
        ["repo", "remove", name] => Ok(match addons::folder(layout, name) {
            folder if folder.exists() => {
                remove(&folder)?;
                Outcome::said(format!("Removing {}", folder.display()))
            }
            _ => Outcome::complained(1, format!("Error: repository '{name}' does not exist")),
        }),
        ["repo", "update", "core"] => Ok(Outcome::said("Updating repository core\nAlready up to date.")),
        ["repo", ..] => {
            Ok(Outcome::complained(1, "microk8s addons repo with these arguments is not in this lab"))
        }
        _ => Ok(usage("No such command.")),
    }
}

fn usage(problem: &str) -> Outcome {
    Outcome::complained(2, format!("Usage: microk8s addons [OPTIONS] COMMAND [ARGS]...\n\nError: {problem}"))
}

async fn list(layout: &Layout, format: &[&str]) -> Result<Outcome> {
    let (rows, complaints) = rows(layout).await?;
    let format: Vec<&str> = format.iter().flat_map(|word| word.split('=')).collect();
    let text = match format.as_slice() {
        [] | ["--format", "table"] => {
            let lines = rows.iter().map(|row| format!("{:<10} {:>6} {}\n", row.name, row.addons, row.source));
            "REPO       ADDONS SOURCE\n".to_owned() + &lines.collect::<String>()
        }
        ["--format", "json"] => as_python_writes(&rows)?,
        ["--format", "yaml"] => rows
            .iter()
            .map(|row| {
                format!(
                    "- addons: {}\n  description: {}\n  name: {}\n  source: {}\n",
                    row.addons, row.description, row.name, row.source
                )
            })
            .collect(),
        _ => return Ok(usage("Invalid value for '--format'.")),
    };
    Ok(Outcome { stderr: complaints, ..Outcome::said(text) })
}

/// JSON with a blank after each comma and colon.
fn as_python_writes(rows: &[Row]) -> Result<String> {
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, Spaced);
    rows.serialize(&mut serializer).tried(|| "Cannot write the repositories as JSON".into())?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// How Python's `json.dumps` writes.
struct Spaced;

impl serde_json::ser::Formatter for Spaced {
    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}

/// A row for each repository, and a complaint for each folder that is none.
async fn rows(layout: &Layout) -> Result<(Vec<Row>, String)> {
    let core = Row {
        name: addons::CORE_NAME.to_owned(),
        addons: addons::core_addons()?.len(),
        source: SOURCE.to_owned(),
        description: DESCRIPTION.to_owned(),
    };
    let (mut rows, mut complaints) = (vec![core], String::new());
    let is_core = |folder: &PathBuf| folder.ends_with(addons::CORE_NAME);
    for folder in addons::folders(layout)?.into_iter().filter(|folder| !is_core(folder)) {
        match addons::describe(&folder) {
            Ok(described) => rows.push(Row {
                name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                addons: described.addons.len(),
                source: source(&folder).await.unwrap_or_else(|| "(built-in)".to_owned()),
                description: described.description,
            }),
            Err(problem) => {
                complaints.push_str(&format!(
                    "could not load addons from {}/addons.yaml: {problem}\n",
                    folder.display()
                ));
            }
        }
    }
    Ok((rows, complaints))
}

async fn source(folder: &Path) -> Option<String> {
    let url = git(folder, &["remote", "get-url", "origin"]).await?;
    let commit = git(folder, &["rev-parse", "HEAD"]).await?;
    Some(format!("{}@{}", url.trim(), commit.get(..DIGITS)?))
}

async fn git(folder: &Path, words: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(words).output().await.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

async fn add(layout: &Layout, words: &[&str]) -> Result<Outcome> {
    let (mut named, mut reference, mut force) = (Vec::new(), None, false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--force" => force = true,
            "--reference" => match words.next() {
                Some(value) => reference = Some(*value),
                None => return Ok(usage("Option '--reference' requires an argument.")),
            },
            other if other.starts_with('-') => return Ok(usage(&format!("No such option: {other}"))),
            other => named.push(other),
        }
    }
    let [name, url] = named.as_slice() else { return Ok(usage("Missing argument.")) };
    let folder = addons::folder(layout, name);
    let mut said = String::new();
    if folder.exists() {
        if !force {
            let text =
                format!("Error: repository '{name}' already exists!\nUse the --force flag to overwrite it");
            return Ok(Outcome::complained(1, text));
        }
        said = format!("Removing {}\n", folder.display());
        remove(&folder)?;
    }
    let mut clone = Command::new("git");
    clone.arg("clone").arg(url).arg(&folder);
    if let Some(reference) = reference {
        clone.args(["-b", reference]);
    }
    let output = clone.output().await.map_err(|error| Failure::new(format!("cannot run git: {error}")))?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        let traceback = super::microk8s::traceback("subprocess.CalledProcessError: git clone failed");
        return Ok(Outcome { stdout: said, stderr: format!("{stderr}{traceback}\n"), code: 1 });
    }
    if let Err(problem) = addons::validate(&folder) {
        remove(&folder)?;
        let text = format!("{stderr}Error: {problem}\nRemoving {}\n", folder.display());
        return Ok(Outcome { stdout: said, stderr: text, code: 1 });
    }
    Ok(Outcome { stdout: said, stderr, code: 0 })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_repository_counts_as_many_addons_as_the_sheet() {
        assert_eq!(crate::addons::core_addons().unwrap().len(), 24);
    }
}
