//! Objects that were stored as another type's.

use super::identity::answered_identity;
use super::{Shared, answered, flatmap};
use crate::diagnostics::Diagnostics;
use crate::provider::Provider;
use crate::resource::MovedState;
use crate::wire::tfplugin6::move_resource_state;

impl<P: Provider> Shared<P> {
    pub(super) async fn move_resource_state(
        &self,
        request: move_resource_state::Request,
    ) -> Result<move_resource_state::Response, Diagnostics> {
        let resource = self.resource(&request.target_type_name)?;
        let source = MovedState {
            provider: &request.source_provider_address,
            type_name: &request.source_type_name,
            version: request.source_schema_version,
            private: &request.source_private,
        };
        let Some(raw) = request.source_state.filter(|raw| raw.flatmap.is_empty()) else {
            return Err(flatmap(source.type_name));
        };
        let stored = resource.move_state(&source, &raw.json)?;
        Ok(move_resource_state::Response {
            target_state: Some(answered(&stored.object, resource.schema().object_type())?),
            target_identity: answered_identity(resource.schema(), &stored.identity)?,
            target_private: stored.private,
            diagnostics: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::Service;
    use crate::value::Value;
    use crate::wire::from_dynamic;
    use crate::wire::tfplugin6::provider_server::Provider as _;
    use crate::wire::tfplugin6::{self as pb, RawState};
    use crate::{Context, Model, Registry, Resource, StateMove};
    use serde::{Deserialize, Serialize};
    use std::collections::{BTreeMap, HashMap};
    use std::sync::Arc;
    use tonic::Request;

    /// Nothing.
    #[derive(Clone, Debug, Model)]
    struct Block {}

    struct Test;

    impl Provider for Test {
        type Config = Block;
        type Configured = ();
        const NAME: &'static str = "test";

        fn registry() -> Registry<()> {
            Registry::default().resource::<Thing>()
        }

        async fn configure(_: BlockDraft) -> Result<(), Diagnostics> {
            Ok(())
        }
    }

    /// A thing.
    #[derive(Clone, Debug, Model)]
    #[resource(type_name = "test_thing", version = 1, upgrade = rename)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Thing {
        /// Its name.
        #[attribute(required)]
        name: String,
        /// Its key.
        #[attribute(optional, write_only)]
        key: Option<String>,
    }

    fn rename(_: i64, state: &mut BTreeMap<String, Value>) -> Result<(), String> {
        let title = state.remove("title").ok_or("it has no `title`")?;
        state.insert("name".to_owned(), title);
        Ok(())
    }

    #[derive(Clone, Default, Serialize, Deserialize)]
    #[serde(default)]
    struct Private {
        from: String,
    }

    impl Resource for Thing {
        type Provider = ();
        type Model = Thing;
        type Private = Private;

        const STATE_MOVES: &'static [StateMove<Private>] = &[
            StateMove { provider: "example/other", type_name: "other_thing", rewrite: of_other },
            StateMove { provider: "here.example/a/b", type_name: "b_thing", rewrite: of_other },
        ];

        async fn create(_: &Context<()>, planned: Thing, _: &mut Private) -> Result<Thing, Diagnostics> {
            Ok(planned)
        }

        async fn read(_: &Context<()>, prior: Thing, _: &mut Private) -> Result<Option<Thing>, Diagnostics> {
            Ok(Some(prior))
        }

        async fn update(
            _: &Context<()>,
            _: Thing,
            planned: Thing,
            _: &mut Private,
        ) -> Result<Thing, Diagnostics> {
            Ok(planned)
        }

        async fn delete(_: &Context<()>, _: Thing, _: Private) -> Result<(), Diagnostics> {
            Ok(())
        }
    }

    fn of_other(
        source: &MovedState<'_>,
        state: &mut BTreeMap<String, Value>,
        private: &mut Private,
    ) -> Result<(), String> {
        let label = state.remove("label").ok_or("it has no `label`")?;
        private.from = format!("{} {}", source.version, source.private.len());
        *state =
            BTreeMap::from([("name".to_owned(), label), ("key".to_owned(), Value::String("k".to_owned()))]);
        Ok(())
    }

    /// The name and the private state of what was taken over, or what was said.
    async fn moved(from: (&str, &str, i64), json: &str, private: &str) -> Result<(String, String), String> {
        let request = move_resource_state::Request {
            source_provider_address: from.0.to_owned(),
            source_type_name: from.1.to_owned(),
            source_schema_version: from.2,
            source_state: Some(RawState { json: json.as_bytes().to_vec(), flatmap: HashMap::new() }),
            target_type_name: "test_thing".to_owned(),
            source_private: private.as_bytes().to_vec(),
            ..Default::default()
        };
        let service = Service::<Test>::new(Arc::new(Shared::default()));
        let answer = service.move_resource_state(Request::new(request)).await.unwrap().into_inner();
        if let Some(found) = answer.diagnostics.first() {
            assert!(answer.target_state.is_none());
            return Err(format!("{}: {}", found.summary, found.detail));
        }
        let object = from_dynamic(answer.target_state.as_ref(), Thing::schema().object_type()).unwrap();
        assert!(object.attribute("key").is_null(), "a write-only value was stored");
        let name = object.attribute("name").as_str().unwrap().to_owned();
        Ok((name, String::from_utf8(answer.target_private).unwrap()))
    }

    #[tokio::test]
    async fn what_is_declared_is_taken_over() {
        let ok = |name: &str, private: &str| Ok((name.to_owned(), private.to_owned()));
        let label = r#"{"label":"x","more":1}"#;
        for provider in ["registry.terraform.io/example/other", "registry.opentofu.org/example/other"] {
            let taken = moved((provider, "other_thing", 3), label, "{}").await;
            assert_eq!(taken, ok("x", r#"{"from":"3 2"}"#));
        }
        let taken = moved(("here.example/a/b", "b_thing", 0), label, "").await;
        assert_eq!(taken, ok("x", r#"{"from":"0 0"}"#));
        // Of this type, wherever the provider was: today's state, and one that is upgraded.
        let private = r#"{"from":"before"}"#;
        for (version, json) in [(1, r#"{"name":"x","key":null}"#), (0, r#"{"title":"x"}"#)] {
            let taken = moved(("mirror.example/some/test", "test_thing", version), json, private).await;
            assert_eq!(taken, ok("x", private));
        }
    }

    #[tokio::test]
    async fn anything_else_is_refused_and_says_what_is_not() {
        let label = r#"{"label":"x"}"#;
        for (from, json, private, said) in [
            (("registry.terraform.io/example/another", "other_thing", 0), label, "", "does not take over"),
            (("registry.terraform.io/anexample/other", "other_thing", 0), label, "", "does not take over"),
            (
                ("there.example/here.example/b", "b_thing", 0),
                label,
                "",
                "does not take over a b_thing of there",
            ),
            (
                ("registry.terraform.io/example/other", "other_item", 0),
                label,
                "",
                "A test_thing does not take over a other_item of registry.terraform.io/example/other, only: other_thing \
                 of example/other, b_thing of here.example/a/b, test_thing of this provider at another address. Remove",
            ),
            (
                ("x/example/other", "other_thing", 0),
                r#"{"name":"x"}"#,
                "",
                "version 0, cannot become that of this resource: it has no `label`",
            ),
            (("x/example/other", "other_thing", 0), "[]", "", "it is not an object"),
            (("x/example/other", "other_thing", 0), "[", "", "cannot become"),
            (("x/example/other", "other_thing", 0), r#"{"label":[]}"#, "", "name: "),
            (("x/y/test", "test_thing", 2), r#"{"name":"x"}"#, "", "stored with schema version 2"),
            (
                ("x/y/test", "test_thing", 1),
                r#"{"name":"x","size":1}"#,
                "",
                "the attribute \"size\" is not known",
            ),
            (("x/y/test", "test_thing", 1), r#"{"name":"x"}"#, r#"{"to":1}"#, "its `to` is not known"),
        ] {
            let refused = moved(from, json, private).await.unwrap_err();
            assert!(refused.contains(said), "{from:?}: {refused}");
        }
    }

    #[tokio::test]
    async fn the_capability_is_announced() {
        let service = Service::<Test>::new(Arc::new(Shared::default()));
        let schema = service.get_provider_schema(Request::new(pb::get_provider_schema::Request {})).await;
        assert!(schema.unwrap().into_inner().server_capabilities.unwrap().move_resource_state);
    }
}
