//! `microk8s addons`.

use crate::addons;
use crate::failure::Result;
use crate::outcome::Outcome;

const SOURCE: &str = "/snap/microk8s/current/addons/core@f68981";
const DESCRIPTION: &str = "Core addons of the MicroK8s project";

pub(crate) fn run(arguments: &[String]) -> Result<Outcome> {
    let words: Vec<&str> = arguments.iter().flat_map(|argument| argument.split('=')).collect();
    let count = addons::all()?.len();
    Ok(match words.as_slice() {
        ["repo", "list"] | ["repo", "list", "--format", "table"] => {
            Outcome::said(format!("REPO       ADDONS SOURCE\n{:<10} {count:>6} {SOURCE}", "core"))
        }
        ["repo", "list", "--format", "json"] => Outcome::said(format!(
            "[{{\"name\": \"core\", \"addons\": {count}, \"source\": \"{SOURCE}\", \"description\": \"{DESCRIPTION}\"}}]"
        )),
        ["repo", "list", "--format", "yaml"] => Outcome::said(format!(
            "- addons: {count}\n  description: {DESCRIPTION}\n  name: core\n  source: {SOURCE}"
        )),
        ["repo", "update", "core"] => Outcome::said("Updating repository core\nAlready up to date."),
        ["repo", ..] => {
            Outcome::complained(1, "microk8s addons repo with these arguments is not in this lab")
        }
        _ => Outcome::complained(
            2,
            "Usage: microk8s addons [OPTIONS] COMMAND [ARGS]...\n\nError: No such command.",
        ),
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_repository_counts_as_many_addons_as_the_sheet() {
        assert_eq!(crate::addons::all().unwrap().len(), 24);
    }
}
