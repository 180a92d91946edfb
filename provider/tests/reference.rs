//! The reference in `docs/` says what the schemas say, and every type has its example.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use terraform_provider_microk8s::provider::Microk8s;
use tfplugin::{Provider, documentation};

/// Set by `make docs`: pages are written before they are compared.
const WRITE: &str = "WRITE_REFERENCE";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Names in a folder; none where there is no folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// The pages in `docs` that come from schemas, by path.
fn committed(docs: &Path) -> BTreeMap<PathBuf, String> {
    let folders =
        ["resources", "data-sources", "ephemeral-resources", "list-resources", "actions", "functions"]
            .map(PathBuf::from);
    let pages =
        folders.iter().flat_map(|folder| names(&docs.join(folder)).into_iter().map(|name| folder.join(name)));
    let read = |page: PathBuf| {
        let text = std::fs::read_to_string(docs.join(&page)).unwrap_or_default();
        (page, text)
    };
    pages.chain([PathBuf::from("index.md")]).map(read).collect()
}

fn write(docs: &Path, pages: &BTreeMap<PathBuf, String>) {
    for page in committed(docs).keys().filter(|page| !pages.contains_key(*page)) {
        std::fs::remove_file(docs.join(page)).unwrap();
    }
    for (page, text) in pages {
        let file = docs.join(page);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
}

#[test]
fn pages_say_what_the_schemas_say() {
    let docs = root().join("docs");
    let pages = documentation::pages::<Microk8s>(&root().join("examples")).unwrap();
    if std::env::var_os(WRITE).is_some() {
        write(&docs, &pages);
    }
    let committed = committed(&docs);
    let all: BTreeSet<_> = pages.keys().chain(committed.keys()).collect();
    let different: Vec<_> = all.into_iter().filter(|page| pages.get(*page) != committed.get(*page)).collect();
    assert!(
        different.is_empty(),
        "these pages in docs/ are not what the schemas and examples say: {different:?}\nRun `make docs` and commit them."
    );
}

#[test]
fn every_type_has_its_group() {
    let table = Microk8s::registry();
    let types = table.resources().chain(table.data_sources()).chain(table.ephemeral_resources());
    let types = types.chain(table.actions());
    for name in types.map(|(name, _)| name).chain(table.functions().map(|one| one.name)) {
        assert_ne!(Microk8s::subcategory(name), "", "{name}");
    }
}

#[test]
fn every_type_has_its_example_and_every_example_its_type() {
    let table = Microk8s::registry();
    let examples = root().join("examples");
    let files = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let resources: BTreeSet<_> = table.resources().map(|(name, _)| name.to_owned()).collect();
    let data_sources: BTreeSet<_> = table.data_sources().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names(&examples.join("resources")), resources);
    assert_eq!(names(&examples.join("data-sources")), data_sources);
    let ephemeral: BTreeSet<_> = table.ephemeral_resources().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names(&examples.join("ephemeral-resources")), ephemeral);
    let lists: BTreeSet<_> = table.list_resources().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names(&examples.join("list-resources")), lists);
    for name in &lists {
        let folder = examples.join("list-resources").join(name);
        assert_eq!(names(&folder), files(&["list-resource.tfquery.hcl"]), "{name}");
        let example = std::fs::read_to_string(folder.join("list-resource.tfquery.hcl")).unwrap();
        assert!(example.contains(&format!("\nlist \"{name}\" \"all\" {{\n")), "{name}");
    }
    let actions: BTreeSet<_> = table.actions().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names(&examples.join("actions")), actions);
    for name in &actions {
        let folder = examples.join("actions").join(name);
        assert_eq!(names(&folder), files(&["action.tf"]), "{name}");
        let example = std::fs::read_to_string(folder.join("action.tf")).unwrap();
        assert!(example.contains(&format!("action \"{name}\" \"")), "{name}");
        assert!(example.contains(&format!("terraform apply -invoke=action.{name}.")), "{name}");
    }
    let functions: BTreeSet<_> = table.functions().map(|one| one.name.to_owned()).collect();
    assert_eq!(names(&examples.join("functions")), functions);
    assert_eq!(names(&examples.join("provider")), files(&["provider.tf"]));
    for name in &data_sources {
        assert_eq!(names(&examples.join("data-sources").join(name)), files(&["data-source.tf"]), "{name}");
    }
    for name in &ephemeral {
        let folder = examples.join("ephemeral-resources").join(name);
        assert_eq!(names(&folder), files(&["ephemeral-resource.tf"]), "{name}");
    }
    for name in &functions {
        assert_eq!(names(&examples.join("functions").join(name)), files(&["function.tf"]), "{name}");
    }
    for name in &resources {
        let folder = examples.join("resources").join(name);
        assert_eq!(names(&folder), files(&["import-by-identity.tf", "import.sh", "resource.tf"]), "{name}");
        let import = std::fs::read_to_string(folder.join("import.sh")).unwrap();
        let command = import.lines().last().unwrap();
        let (address, _) = command.strip_prefix("terraform import ").unwrap().split_once(' ').unwrap();
        let (kind, label) = address.trim_matches('\'').split_once('.').unwrap();
        let label = label.split('[').next().unwrap();
        assert_eq!(kind, name);
        let by_identity = std::fs::read_to_string(folder.join("import-by-identity.tf")).unwrap();
        let to = format!("import {{\n  to = {}\n  identity = {{\n", address.trim_matches('\''));
        assert!(by_identity.starts_with(&to), "{name}: {by_identity}");
        let example = std::fs::read_to_string(folder.join("resource.tf")).unwrap();
        assert!(
            example.contains(&format!("resource \"{kind}\" \"{label}\" {{")),
            "{name}: the example has no {address}, which import.sh imports"
        );
    }
}

/// Types that a row of a table in a text names, in backquotes.
fn named_in_tables(text: &str) -> BTreeSet<String> {
    let families = ["microk8s_", "calico_", "metallb_", "longhorn_", "vyos_"];
    let words =
        text.lines().filter(|line| line.starts_with('|')).flat_map(|line| line.split('`').skip(1).step_by(2));
    words.filter(|word| families.iter().any(|family| word.starts_with(family))).map(str::to_owned).collect()
}

#[test]
fn the_readme_and_the_changelog_name_every_type() {
    let table = Microk8s::registry();
    let types = table.resources().chain(table.data_sources()).chain(table.ephemeral_resources());
    let types = types.chain(table.actions());
    let types: BTreeSet<_> = types.map(|(name, _)| name.to_owned()).collect();
    let read = |file: &str| std::fs::read_to_string(root().join(file)).unwrap();
    assert_eq!(named_in_tables(&read("README.md")), types);
    let changelog = read("CHANGELOG.md");
    let unsaid: Vec<_> = types.iter().filter(|name| !changelog.contains(&format!("`{name}`"))).collect();
    assert!(unsaid.is_empty(), "CHANGELOG.md does not say that there is {unsaid:?}");
}
