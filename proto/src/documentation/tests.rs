//! A page, letter by letter.

use super::function::FunctionPage;
use super::page::Page;
use super::pages;
use crate::function::Signature;
use crate::model::AttributeValue;
use crate::provider::Provider;
use crate::schema::{Attribute, AttributeKind, IdentityPart, Mode, Nesting, Schema};
use crate::types::Secret;
use std::collections::BTreeMap;
use std::path::Path;

fn attribute<T: AttributeValue>(name: &str, mode: Mode, description: &str) -> Attribute {
    Attribute::of::<T>(name, mode, description)
}

fn schema() -> Schema {
    let members = vec![
        attribute::<u16>("port", Mode::Optional, "TCP port. Default 22."),
        attribute::<String>("address", Mode::Required, "Where it is."),
    ];
    let ends = Attribute {
        kind: AttributeKind::Nested(Nesting::List, members),
        ..attribute::<String>("ends", Mode::Optional, "What it\nconnects.\n\nIn order.")
    };
    let token =
        Attribute { write_only: true, ..attribute::<Secret>("token", Mode::Optional, "Proves who asks.") };
    let names = Attribute {
        deprecated: Some("use `ends`".to_owned()),
        ..attribute::<BTreeMap<String, Vec<String>>>("names", Mode::OptionalComputed, "Its names.")
    };
    Schema::new(
        0,
        "A `line` between\ntwo ends.\n\nMore of it.",
        vec![
            attribute::<bool>("up", Mode::Computed, "Whether it is up."),
            token,
            ends,
            names,
            Attribute {
                identity: Some(IdentityPart::Fixed),
                requires_replace: true,
                ..attribute::<String>("name", Mode::Required, "Its name.")
            },
        ],
    )
}

#[test]
fn a_page_has_the_registries_form() {
    let page = Page {
        title: "sample_line Resource - sample".to_owned(),
        heading: "sample_line (Resource)".to_owned(),
        subcategory: Some("Lines"),
        schema: &schema(),
        example: Some("resource \"sample_line\" \"this\" {}\n".to_owned()),
        import_by_identity: Some("import {\n  to = sample_line.this\n}\n".to_owned()),
        import: Some("terraform import sample_line.this x\n".to_owned()),
    };
    let write_only =
        "https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments";
    let expected = format!(
        r#"---
# generated from the provider's schemas
page_title: "sample_line Resource - sample"
subcategory: "Lines"
description: |-
  A line between
  two ends.
---

# sample_line (Resource)

A `line` between
two ends.

More of it.

## Example Usage

```terraform
resource "sample_line" "this" {{}}
```

<!-- generated from the schema -->
## Schema

### Required

- `name` (String) Its name.

### Optional

> **NOTE**: [Write-only arguments]({write_only}) are supported in Terraform 1.11 and later.

- `ends` (Attributes List) What it
  connects.

  In order. (see [below for nested schema](#nestedatt--ends))
- `names` (Map of List of String, Deprecated) Its names.
- `token` (String, Sensitive, [Write-only]({write_only})) Proves who asks.

### Read-Only

- `up` (Boolean) Whether it is up.

<a id="nestedatt--ends"></a>
### Nested Schema for `ends`

Required:

- `address` (String) Where it is.

Optional:

- `port` (Number) TCP port. Default 22.

## Import

From Terraform 1.12 and OpenTofu 1.12 on, an [`import` block](https://developer.hashicorp.com/terraform/language/import) takes the `identity` of the object:

```terraform
import {{
  to = sample_line.this
}}
```

<!-- generated from the schema -->
### Identity Schema

#### Required

- `name` (String) Its name.

The [`terraform import` command](https://developer.hashicorp.com/terraform/cli/commands/import) takes the import id, as does `id` in an `import` block:

```shell
terraform import sample_line.this x
```
"#
    );
    assert_eq!(page.to_string(), expected);
}

#[test]
fn an_index_is_in_no_group_and_shows_only_what_there_is() {
    let index = Page {
        title: "sample Provider".to_owned(),
        heading: "sample Provider".to_owned(),
        subcategory: None,
        schema: &Schema::new(0, "Makes lines.", Vec::new()),
        example: None,
        import_by_identity: None,
        import: None,
    };
    assert_eq!(
        index.to_string(),
        "---\n# generated from the provider's schemas\npage_title: \"sample Provider\"\ndescription: |-\n  Makes lines.\n\
         ---\n\n# sample Provider\n\nMakes lines.\n\n<!-- generated from the schema -->\n## Schema\n"
    );
}

/// Joins `parts`.
///
/// In order.
#[derive(crate::Parameters)]
#[function(name = "join_parts", deprecated = "use `join`")]
struct JoinParts {
    /// What is between them.
    /// Null: nothing.
    between: Option<String>,
    /// The parts.
    #[parameter(variadic)]
    parts: Vec<Vec<String>>,
}

impl crate::Function for JoinParts {
    type Return = String;

    fn call(self) -> Result<String, crate::FunctionError> {
        Ok(self.parts.concat().join(self.between.as_deref().unwrap_or_default()))
    }
}

#[test]
fn a_function_has_its_signature_and_its_arguments() {
    let page = FunctionPage {
        provider: "sample",
        subcategory: "Texts",
        signature: &Signature::of::<JoinParts>(),
        example: Some("output \"x\" {}\n".to_owned()),
    };
    let expected = r#"---
# generated from the provider's schemas
page_title: "join_parts function - sample"
subcategory: "Texts"
description: |-
  Joins parts.
---

# function: join_parts

Joins `parts`.

In order.

~> **Deprecated** use `join`

## Example Usage

```terraform
output "x" {}
```

## Signature

<!-- generated from the signature -->
```text
join_parts(between string, parts list of string...) string
```

## Arguments

<!-- generated from the signature -->
1. `between` (String, Nullable) What is between them.
   Null: nothing.
2. `parts` (Variadic, List of String) The parts.
"#;
    assert_eq!(page.to_string(), expected);
}

/// A key.
#[derive(Clone, Debug, crate::Model)]
#[ephemeral_resource(type_name = "sample_key")]
struct Key {
    /// Its name.
    #[attribute(required)]
    name: String,
}

impl crate::EphemeralResource for Key {
    type Provider = ();
    type Model = Key;
    type Private = ();

    async fn open(
        _: &crate::Context<()>,
        config: Key,
        (): &mut (),
    ) -> Result<crate::ephemeral::Opened<Key>, crate::Diagnostics> {
        Ok(config.into())
    }
}

/// Makes keys.
#[derive(Clone, Debug, crate::Model)]
struct Block {}

struct Sample;

impl Provider for Sample {
    type Config = Block;
    type Configured = ();
    const NAME: &'static str = "sample";

    fn registry() -> crate::Registry<()> {
        crate::Registry::default().ephemeral_resource::<Key>().function::<JoinParts>()
    }

    fn subcategory(name: &str) -> &'static str {
        if name == "join_parts" { "Texts" } else { "Keys" }
    }

    async fn configure(_: BlockDraft) -> Result<(), crate::Diagnostics> {
        Ok(())
    }
}

#[test]
fn every_kind_has_its_folder_of_pages_and_of_examples() {
    let examples = tempfile::tempdir().unwrap();
    for (file, text) in [
        ("ephemeral-resources/sample_key/ephemeral-resource.tf", "# opens a key"),
        ("functions/join_parts/function.tf", "# joins parts"),
    ] {
        let file = examples.path().join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let pages = pages::<Sample>(examples.path()).unwrap();
    let has = |page: &str, texts: &[&str]| {
        let page = &pages[Path::new(page)];
        texts.iter().for_each(|text| assert!(page.contains(text), "{text} is not in\n{page}"));
    };
    assert_eq!(pages.len(), 3);
    has("index.md", &["# sample Provider", "Makes keys."]);
    has(
        "ephemeral-resources/sample_key.md",
        &[
            "# sample_key (Ephemeral Resource)",
            "subcategory: \"Keys\"",
            "```terraform\n# opens a key\n```",
            "- `name` (String)",
        ],
    );
    has("functions/join_parts.md", &["# function: join_parts", "subcategory: \"Texts\"", "# joins parts"]);
}
