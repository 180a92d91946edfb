//! Facts as files have them.

use serde::de::DeserializeOwned;

/// A file of facts that does not read.
#[derive(Debug, thiserror::Error)]
#[error("{file}.yaml: {problem}")]
pub struct FactError {
    file: &'static str,
    problem: String,
}

/// The facts of files, each given by its name and its text, in their order.
pub(crate) fn read<T: DeserializeOwned>(files: &[(&'static str, &str)]) -> Result<Vec<T>, FactError> {
    let mut all = Vec::new();
    for (file, text) in files {
        let facts: Vec<T> = serde_saphyr::from_str(text)
            .map_err(|problem| FactError { file, problem: problem.to_string() })?;
        all.extend(facts);
    }
    Ok(all)
}
