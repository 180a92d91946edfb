//! `terraform-provider-microk8s adopt FILE`: the configuration that Terraform generated for what is there, as
//! an author would write it. Reads and writes files alone; no target is asked.

mod document;
mod file;
mod names;
mod node;
mod references;
mod schema;
mod secrets;
#[cfg(test)]
mod tests;

use crate::engine::attribute_reference::AttributeReference;
use crate::{metallb, vyos};
use document::Document;
use file::{Source, write_secret};
use secrets::Secrets;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use tfplugin::Provider;
use tfplugin::schema::{IdentityPart, Schema};

const USAGE: &str = "Usage: terraform-provider-microk8s adopt FILE\n\n\
    Rewrites a configuration that `terraform query -generate-config-out=FILE` or\n\
    `terraform plan -generate-config-out=FILE` wrote: without nulls, with references\n\
    between its resources, with secrets as variables, sorted.\n";

/// The type of machines, and its attribute that is their address.
const MACHINE: (&str, &str) = ("microk8s_node", "host");

/// All of the command: `arguments` are those behind its name.
pub fn run<P: Provider>(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.collect();
    let [file] = arguments.as_slice() else {
        let _ = std::io::stderr().write_all(USAGE.as_bytes());
        return ExitCode::from(2);
    };
    match adopt::<P>(Path::new(file)) {
        Ok(told) => {
            let _ = std::io::stdout().write_all(told.as_bytes());
            ExitCode::SUCCESS
        }
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "{why}");
            ExitCode::FAILURE
        }
    }
}

/// Rewrites a file; answers what was done.
fn adopt<P: Provider>(path: &Path) -> Result<String, String> {
    let source = Source::read(path)?;
    let Rewritten { text, secrets, told } = rewrite::<P>(&source.text)
        .map_err(|why| format!("Unable to understand {}: {why}. It is as it was.", path.display()))?;
    let mut told = format!("{}: {told}", path.display());
    // First, so that no secret is nowhere.
    if !secrets.is_empty() {
        let variables = source.variables();
        write_secret(&variables, &secrets)?;
        told.push_str(&format!(
            "Secrets that were in the open are in {}, which Terraform reads and its owner alone may. Keep it out of version \
             control.\n",
            variables.display()
        ));
    }
    if text != source.text {
        source.replace(&text)?;
    }
    Ok(told)
}

/// A file anew.
struct Rewritten {
    text: String,
    /// Variables with their values.
    secrets: String,
    told: String,
}

fn rewrite<P: Provider>(text: &str) -> Result<Rewritten, String> {
    let registry = P::registry();
    let schemas: BTreeMap<&'static str, &Schema> = registry.resources().collect();
    let mut document = Document::read(text, |name| schemas.contains_key(name))?;
    let renamed = names::rename(&mut document, &schemas);
    let layout_of = |name: &str| vyos::layout_of(name).map(|(_, layout)| layout);
    let secrets = Secrets::of(&mut document, &schemas, layout_of);
    let mut nulls = 0;
    for resource in &mut document.resources {
        let attributes =
            schemas.get(resource.address.type_name.as_str()).map(|one| one.attributes.as_slice());
        nulls += schema::without_nulls(&mut resource.arguments, attributes.unwrap_or_default());
        if let Some(attributes) = attributes {
            resource.arguments.sort_by_key(|one| place(attributes, &one.key));
        }
    }
    let referred = references::refer(&mut document, &declared(&schemas), &schemas, layout_of);
    let mut told = format!(
        "{} resources, {renamed} renamed; {nulls} nulls left out; {referred} references; {} variables for secrets.\n",
        document.resources.len(),
        secrets.variables.len()
    );
    for one in &secrets.to_fill_in {
        told.push_str(&format!("{one}\n"));
    }
    for one in &document.notes {
        told.push_str(&format!("Left as it is: {one}.\n"));
    }
    let values = secrets.values.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
    Ok(Rewritten { text: document.write(&secrets.variables), secrets: values, told })
}

/// Where an argument is: what the object is known by first, then as the reference has them.
fn place(attributes: &[tfplugin::schema::Attribute], name: &str) -> (u8, usize) {
    match attributes.iter().position(|one| one.name == name) {
        Some(at) if attributes.get(at).is_some_and(|one| one.identity.is_some()) => (1, at),
        Some(at) => (2, at),
        // `provider` and others that are Terraform's own.
        None => (0, 0),
    }
}

/// All attributes that are the value of another one; what an object cannot be without comes first.
fn declared(schemas: &BTreeMap<&'static str, &Schema>) -> Vec<AttributeReference> {
    let (to, attribute) = MACHINE;
    let mut all = Vec::new();
    for (of, schema) in schemas {
        let is_address = |name: &&str| {
            let found = schema.attribute(name);
            (*of, *name) != MACHINE && found.is_some_and(|one| one.identity == Some(IdentityPart::Mutable))
        };
        for at in ["host", "cluster"].into_iter().filter(is_address) {
            all.push(AttributeReference { of, at: vec![at], to, attribute, within: &[] });
        }
    }
    all.extend(vyos::attribute_references());
    all.extend(metallb::attribute_references());
    all
}
