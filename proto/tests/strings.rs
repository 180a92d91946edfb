//! What a provider asks of plain strings is asked of each of them, wherever it is in a configuration.

use serde_json::json;
use std::collections::BTreeMap;
use std::net::IpAddr;
use tfplugin::model::Set;
use tfplugin::testing::Harness;
use tfplugin::types::{Lines, Secret, Semantic};
use tfplugin::{Context, Diagnostics, Model, Provider, Registry, Resource};

/// The provider: no string of a configuration may have an exclamation mark.
#[derive(Clone, Debug, Model)]
struct Calm {
    /// Its name.
    #[attribute(optional)]
    name: Option<String>,
}

/// A letter.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "calm_letter")]
struct Letter {
    /// Whom it is for.
    #[attribute(required, validate = short)]
    to: String,
    /// Who gets a copy.
    #[attribute(optional)]
    copies: Option<Vec<String>>,
    /// What it is about.
    #[attribute(optional)]
    topics: Option<Set<String>>,
    /// What a clerk writes on it.
    #[attribute(optional)]
    labels: Option<BTreeMap<String, String>>,
    /// What comes with it.
    #[attribute(optional)]
    enclosure: Option<Enclosure>,
    /// Its text.
    #[attribute(optional)]
    text: Option<Lines>,
    /// Its seal.
    #[attribute(optional)]
    seal: Option<Secret>,
    /// Where it is from.
    #[attribute(optional)]
    from: Option<Semantic<IpAddr>>,
}

/// What comes with a letter.
#[derive(Clone, Debug, Model)]
struct Enclosure {
    /// What it is.
    #[attribute(required)]
    title: String,
}

fn short(name: &str) -> Result<(), String> {
    if name.len() < 9 { Ok(()) } else { Err("is too long".to_owned()) }
}

impl Provider for Calm {
    type Config = Calm;
    type Configured = ();
    const NAME: &'static str = "calm";

    fn registry() -> Registry<()> {
        Registry::default().resource::<Letter>()
    }

    fn validate_string(text: &str) -> Result<(), String> {
        if text.contains('!') { Err("it shouts".to_owned()) } else { Ok(()) }
    }

    async fn configure(_: CalmDraft) -> Result<(), Diagnostics> {
        Ok(())
    }
}

impl Resource for Letter {
    type Provider = ();
    type Model = Letter;
    type Private = ();

    async fn create(_: &Context<()>, planned: Letter, (): &mut ()) -> Result<Letter, Diagnostics> {
        Ok(planned)
    }

    async fn read(_: &Context<()>, prior: Letter, (): &mut ()) -> Result<Option<Letter>, Diagnostics> {
        Ok(Some(prior))
    }

    async fn update(_: &Context<()>, _: Letter, planned: Letter, _: &mut ()) -> Result<Letter, Diagnostics> {
        Ok(planned)
    }

    async fn delete(_: &Context<()>, _: Letter, (): ()) -> Result<(), Diagnostics> {
        Ok(())
    }
}

#[tokio::test]
async fn each_string_is_held_to_the_providers_rule() {
    let terraform = Harness::<Calm>::new(&json!({})).await.unwrap();
    for (with, place) in [
        (json!({"to": "you!"}), "to"),
        (json!({"to": "a", "copies": ["a", "b!"]}), "copies[1]"),
        (json!({"to": "a", "topics": ["b!"]}), "topics"),
        (json!({"to": "a", "labels": {"a": "b!"}}), "labels[\"a\"]"),
        (json!({"to": "a", "labels": {"a!": "b"}}), "labels[\"a!\"]"),
        (json!({"to": "a", "enclosure": {"title": "b!"}}), "enclosure.title"),
    ] {
        let found = terraform.validate("calm_letter", &with).unwrap();
        let found: Vec<_> = found.iter().map(|one| one.detail.as_str()).collect();
        assert_eq!(found, [format!("{place}: it shouts.")], "{with}");
    }
    // An attribute's own rule is asked about what the provider's accepts.
    let found = terraform.validate("calm_letter", &json!({"to": "all of you"})).unwrap();
    assert!(found.iter().any(|one| one.detail.contains("is too long")), "{found:?}");
    // Text of many lines and secrets are no plain strings.
    let config = json!({"to": "a", "text": "Oh!\n", "seal": "wax!", "from": "::1"});
    assert!(terraform.validate("calm_letter", &config).unwrap().is_empty());
    terraform.create("calm_letter", &config).await.unwrap();

    let refused = Harness::<Calm>::new(&json!({"name": "a!"})).await.err().unwrap();
    assert!(refused.to_string().contains("it shouts"), "{refused}");
}
