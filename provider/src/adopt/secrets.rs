//! Secrets become variables: those that Terraform hides when it generates a configuration, and those that a
//! part of a router's configuration has in the open.

use super::document::{Address, Document};
use super::names::word;
use super::node::{Member, Node, write_members};
use super::schema::{attribute_of, objects};
use crate::connection::router::is_secret_leaf;
use crate::engine::router_config::{Kind, Layout};
use std::collections::{BTreeMap, BTreeSet};
use tfplugin::schema::{Attribute, AttributeKind, Mode, Schema};
use tfplugin::value::Type;

/// The variables of a file, and what was in the open.
#[derive(Default)]
pub(super) struct Secrets {
    taken: BTreeSet<String>,
    /// Their blocks.
    pub(super) variables: Vec<String>,
    /// What to do about those of which no value is known.
    pub(super) to_fill_in: Vec<String>,
    /// Names and values, as they were written, of those that stood in the file.
    pub(super) values: Vec<(String, String)>,
}

impl Secrets {
    /// Takes the secrets out of a file's resources. `layout_of` says what a type is on a router.
    pub(super) fn of(
        document: &mut Document,
        schemas: &BTreeMap<&'static str, &Schema>,
        layout_of: impl Fn(&str) -> Option<&'static Layout>,
    ) -> Self {
        let mut secrets = Self::default();
        let names = document.others.iter().flat_map(|other| other.split('"').skip(1).step_by(2));
        secrets.taken.extend(names.map(str::to_owned));
        for resource in &mut document.resources {
            let Some(schema) = schemas.get(resource.address.type_name.as_str()) else { continue };
            let address = resource.address.clone();
            secrets.hidden(&address, "", &mut resource.arguments, &schema.attributes);
            let layout = layout_of(&address.type_name);
            let part = layout.and_then(|layout| {
                let field = layout.fields.iter().find(|field| matches!(field.kind, Kind::Subtree(_)))?;
                Some((field.attribute, layout.tag.as_ref()?.attribute))
            });
            let Some((attribute, key)) = part else { continue };
            // A path may lead to the leaf itself.
            let leaf = resource.text(key).and_then(|path| path.split(' ').next_back()).unwrap_or_default();
            let leaf = leaf.to_owned();
            for one in resource.arguments.iter_mut().filter(|one| one.key == attribute) {
                secrets.in_the_open(&address, &leaf, &mut one.value);
            }
        }
        secrets
    }

    /// What Terraform hid. It writes those that stay where no configuration gives one only where there is
    /// one; others always, so that these say nothing.
    fn hidden(&mut self, of: &Address, above: &str, members: &mut [Member], attributes: &[Attribute]) {
        for member in members {
            let Some(attribute) = attribute_of(member, attributes) else { continue };
            let path = format!("{above}{}", attribute.name);
            let is_form = attribute.write_only || attribute.form_of.is_some();
            let is_there = attribute.adopt || attribute.mode == Mode::Required;
            if attribute.sensitive && is_there && !is_form && member.value == Node::Null {
                member.value = self.variable_to_fill_in(of, &path, attribute);
            } else if let AttributeKind::Nested(nesting, below) = &attribute.kind {
                for object in objects(&mut member.value, *nesting) {
                    self.hidden(of, &format!("{path}."), object, below);
                }
            }
        }
    }

    fn variable_to_fill_in(&mut self, of: &Address, path: &str, attribute: &Attribute) -> Node {
        let name = self.name(of, path);
        let is_required = attribute.mode == Mode::Required;
        let mut told = format!("Fill in `{path}` of {of}.");
        if !is_required {
            told = format!("Fill in `{path}` of {of} to manage it. Null: what is there stays.");
        }
        if attribute.has_write_only_form {
            told.push_str(&format!(" `{path}_wo` in its place keeps it out of the state."));
        }
        self.to_fill_in.push(format!("var.{name}: {told}"));
        let of_type = match &attribute.kind {
            AttributeKind::Type(Type::Map(_)) => "map(string)",
            AttributeKind::Type(Type::Set(_)) => "set(string)",
            AttributeKind::Type(Type::String) => "string",
            _ => "any",
        };
        self.variable(&name, &told, of_type, !is_required);
        Node::Source(format!("var.{name}"))
    }

    /// Secrets in a part of a router's configuration, `leaf` being the word that leads to the value.
    fn in_the_open(&mut self, of: &Address, leaf: &str, value: &mut Node) {
        match value {
            Node::Object(members) => {
                for member in members {
                    let leaf = member.name.clone().unwrap_or_default();
                    self.in_the_open(of, &leaf, &mut member.value);
                }
            }
            Node::List(all) => all.iter_mut().for_each(|one| self.in_the_open(of, leaf, one)),
            Node::Text { source, .. } if is_secret_leaf(leaf) && !leaf.starts_with("public") => {
                let name = self.name(of, leaf);
                self.variable(&name, &format!("`{leaf}` of {of}."), "string", false);
                self.values.push((name.clone(), source.clone()));
                *value = Node::Source(format!("var.{name}"));
            }
            _ => {}
        }
    }

    /// A name that is not taken.
    fn name(&mut self, of: &Address, path: &str) -> String {
        let name = format!("{}_{}", of.label, word(path));
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let with_type = format!("{}_{name}", of.type_name);
        let all = [name.clone(), with_type].into_iter().chain(numbered);
        let free = all.into_iter().find(|one| !self.taken.contains(one)).unwrap_or(name);
        self.taken.insert(free.clone());
        free
    }

    fn variable(&mut self, name: &str, told: &str, of_type: &str, is_optional: bool) {
        let member = |key: &str, source: String| Member {
            name: Some(key.to_owned()),
            key: key.to_owned(),
            value: Node::Source(source),
        };
        let mut all = vec![
            member("description", format!("{told:?}")),
            member("type", of_type.to_owned()),
            member("sensitive", "true".to_owned()),
        ];
        if is_optional {
            all.push(member("default", "null".to_owned()));
        }
        let mut block = format!("variable \"{name}\" {{\n");
        write_members(&all, 1, &mut block);
        self.variables.push(block + "}\n");
    }
}
