//! Paths as patterns.

/// Whether a path is what a pattern without a name says.
pub(in super::super) fn fits(pattern: &str, path: &[String]) -> bool {
    name_at(&pattern.split(' ').collect::<Vec<_>>(), path, 0, Some(0)).is_some()
}

/// Where the name is, if the words from `at` fit the pattern.
pub(super) fn name_at(pattern: &[&str], path: &[String], at: usize, found: Option<usize>) -> Option<usize> {
    let Some((first, rest)) = pattern.split_first() else {
        return found.filter(|_| at == path.len());
    };
    match *first {
        "**" => (at..=path.len()).find_map(|next| name_at(rest, path, next, found)),
        "=" => path.get(at).and_then(|_| name_at(rest, path, at + 1, Some(at))),
        word => {
            let said = path.get(at)?;
            let fits = match word.strip_suffix('*') {
                Some(beginning) => said.starts_with(beginning),
                None => said == word,
            };
            fits.then(|| name_at(rest, path, at + 1, found)).flatten()
        }
    }
}
