//! Calls that wait for a later run.

use super::{Shared, received};
use crate::context::{Context, Deferral};
use crate::diagnostics::Diagnostics;
use crate::provider::Provider;
use crate::value::Value;
use crate::wire::tfplugin6::deferred::Reason;
use crate::wire::tfplugin6::{ClientCapabilities, Deferred, DynamicValue};

impl<P: Provider> Shared<P> {
    /// The context of a call that a client with these capabilities made for a module with this
    /// `provider_meta` block.
    pub(super) fn context_for(
        &self,
        client: Option<ClientCapabilities>,
        meta: Option<&DynamicValue>,
    ) -> Result<Context<P::Configured>, Diagnostics> {
        let meta = match self.served.registry.provider_meta {
            Some(schema) => received(meta, schema.object_type(), "the `provider_meta` block")?,
            None => Value::Null,
        };
        let may_defer = client.is_some_and(|client| client.deferral_allowed);
        Ok(self.context()?.may_defer(may_defer).of_module(meta))
    }
}

/// Why a call that `found` this waits for a later run, if it does.
pub(super) fn deferred<P>(context: &Context<P>, found: &Diagnostics) -> Option<Deferred> {
    let why = context.take_deferral().filter(|_| !found.has_errors())?;
    let reason = match why {
        Deferral::ConfigUnknown => Reason::ResourceConfigUnknown,
        Deferral::ProviderConfigUnknown => Reason::ProviderConfigUnknown,
        Deferral::AbsentPrerequisite => Reason::AbsentPrereq,
    };
    Some(Deferred { reason: reason.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::Service;
    use crate::testing::Harness;
    use crate::wire::from_dynamic;
    use crate::wire::tfplugin6 as pb;
    use crate::wire::tfplugin6::provider_server::Provider as _;
    use crate::{Computed, DataSource, Diagnostic, Identity, Model, ObservedPlan, Plan, Registry, Resource};
    use serde_json::json;
    use std::sync::Arc;
    use tonic::Request;

    /// Where things are.
    #[derive(Clone, Debug, Model)]
    struct Block {
        /// The place.
        #[attribute(optional)]
        place: Option<String>,
    }

    /// A provider that can do nothing before it knows its place.
    struct Test;

    type Place = Option<String>;

    impl Provider for Test {
        type Config = Block;
        type Configured = Place;
        const NAME: &'static str = "test";

        fn registry() -> Registry<Place> {
            Registry::default().resource::<Thing>().data_source::<Found>()
        }

        fn observe_plan(_: &Place, _: &ObservedPlan<'_>) -> Diagnostics {
            Diagnostic::warning("Observed", "It is planned.").into()
        }

        async fn configure(config: BlockDraft) -> Result<Place, Diagnostics> {
            Ok(config.place.given().cloned())
        }
    }

    /// A thing.
    #[derive(Clone, Debug, Model)]
    #[resource(type_name = "test_thing")]
    struct Thing {
        /// Its name.
        #[attribute(required, requires_replace, identity)]
        name: String,
        /// Where it is.
        #[attribute(computed)]
        place: Computed<String>,
    }

    /// What was found.
    #[derive(Clone, Debug, Model)]
    #[data_source(type_name = "test_found")]
    struct Found {
        /// Its name.
        #[attribute(required)]
        name: String,
        /// Where it is.
        #[attribute(computed)]
        place: Computed<String>,
    }

    fn place(context: &Context<Place>) -> Result<String, Diagnostics> {
        let place = context.provider().as_ref().clone();
        place.ok_or_else(|| context.defer(Deferral::ProviderConfigUnknown, "`place`"))
    }

    impl Resource for Thing {
        type Provider = Place;
        type Model = Thing;
        type Private = ();

        async fn modify_plan(
            context: &Context<Place>,
            plan: &mut Plan<Thing, ()>,
        ) -> Result<(), Diagnostics> {
            if plan.config.name.is_unknown() {
                return Err(context.defer(Deferral::ConfigUnknown, "`name`"));
            }
            place(context).map(drop)
        }

        async fn create(context: &Context<Place>, planned: Thing, _: &mut ()) -> Result<Thing, Diagnostics> {
            Ok(Thing { place: place(context)?.into(), ..planned })
        }

        async fn read(
            context: &Context<Place>,
            prior: Thing,
            _: &mut (),
        ) -> Result<Option<Thing>, Diagnostics> {
            Ok(Some(Thing { place: place(context)?.into(), ..prior }))
        }

        async fn update(
            _: &Context<Place>,
            _: Thing,
            planned: Thing,
            _: &mut (),
        ) -> Result<Thing, Diagnostics> {
            Ok(planned)
        }

        async fn delete(_: &Context<Place>, _: Thing, (): ()) -> Result<(), Diagnostics> {
            Ok(())
        }

        async fn import_state(
            context: &Context<Place>,
            identity: &Identity,
            (): &mut (),
        ) -> Result<Thing, Diagnostics> {
            let name = identity.part("name");
            match name.as_str() {
                "absent" => Err(context.defer(Deferral::AbsentPrerequisite, "the shelf of `absent`")),
                _ => Ok(Thing { name, place: place(context)?.into() }),
            }
        }
    }

    impl DataSource for Found {
        type Provider = Place;
        type Model = Found;

        async fn read(context: &Context<Place>, config: Found) -> Result<Found, Diagnostics> {
            Ok(Found { place: place(context)?.into(), ..config })
        }
    }

    fn value(json: serde_json::Value) -> Option<DynamicValue> {
        Some(DynamicValue { msgpack: Vec::new(), json: json.to_string().into_bytes() })
    }

    fn reason(deferred: Option<Deferred>) -> Option<Reason> {
        deferred.map(|deferred| deferred.reason())
    }

    fn text(found: &[pb::Diagnostic]) -> String {
        found.iter().map(|one| format!("{}: {}\n", one.summary, one.detail)).collect()
    }

    /// Reason, messages and answer of a plan, a read, an import and a data source's read.
    async fn answers(able: bool) -> [(Option<Reason>, String, Value); 4] {
        let service = Service::<Test>::new(Arc::new(Shared::default()));
        let client = Some(ClientCapabilities { deferral_allowed: able, ..Default::default() });
        let block = pb::configure_provider::Request::default();
        service.configure_provider(Request::new(block)).await.unwrap();
        let of = Thing::schema().object_type();
        let object = |envelope: Option<&DynamicValue>| from_dynamic(envelope, of).unwrap();
        let (type_name, config) = ("test_thing".to_owned(), value(json!({"name": "a"})));
        let plan = pb::plan_resource_change::Request {
            type_name: type_name.clone(),
            proposed_new_state: config.clone(),
            config: config.clone(),
            client_capabilities: client,
            ..Default::default()
        };
        let plan = service.plan_resource_change(Request::new(plan)).await.unwrap().into_inner();
        let read = pb::read_resource::Request {
            type_name: type_name.clone(),
            current_state: value(json!({"name": "a", "place": "there"})),
            client_capabilities: client,
            ..Default::default()
        };
        let read = service.read_resource(Request::new(read)).await.unwrap().into_inner();
        let id = "absent".to_owned();
        let import = pb::import_resource_state::Request {
            type_name,
            id,
            client_capabilities: client,
            ..Default::default()
        };
        let import = service.import_resource_state(Request::new(import)).await.unwrap().into_inner();
        let type_name = "test_found".to_owned();
        let found = pb::read_data_source::Request {
            type_name,
            config,
            client_capabilities: client,
            ..Default::default()
        };
        let found = service.read_data_source(Request::new(found)).await.unwrap().into_inner();
        assert!(import.imported_resources.is_empty());
        [
            (reason(plan.deferred), text(&plan.diagnostics), object(plan.planned_state.as_ref())),
            (reason(read.deferred), text(&read.diagnostics), object(read.new_state.as_ref())),
            (reason(import.deferred), text(&import.diagnostics), Value::Null),
            (reason(found.deferred), text(&found.diagnostics), object(found.state.as_ref())),
        ]
    }

    #[tokio::test]
    async fn a_client_with_later_runs_gets_the_reason_and_nothing_else() {
        let [plan, read, import, found] = answers(true).await;
        for (deferred, messages, expected) in [
            (plan.0, plan.1, Reason::ProviderConfigUnknown),
            (read.0, read.1, Reason::ProviderConfigUnknown),
            (import.0, import.1, Reason::AbsentPrereq),
            (found.0, found.1, Reason::ProviderConfigUnknown),
        ] {
            assert!(deferred == Some(expected) && messages.is_empty(), "{messages}");
        }
        // What is known is answered, and the rest as unknown; a state stays as it is.
        assert!(plan.2.attribute("name").as_str() == Some("a") && plan.2.attribute("place").is_unknown());
        assert_eq!(read.2.attribute("place").as_str(), Some("there"));
        assert!(found.2.attribute("name").as_str() == Some("a") && found.2.attribute("place").is_unknown());
    }

    #[tokio::test]
    async fn any_other_client_gets_an_error_that_names_what_is_unknown() {
        let absent = "Missing prerequisite: the shelf of `absent` is not there yet";
        let unknown = "`place` in the provider block is known only after apply, but is needed now";
        for ((deferred, messages, _), said) in
            answers(false).await.into_iter().zip([unknown, unknown, absent, unknown])
        {
            assert!(deferred.is_none() && messages.contains(said), "{messages}");
        }
    }

    #[tokio::test]
    async fn the_harness_defers_only_what_terraform_would() {
        let config = json!({"name": crate::testing::UNKNOWN});
        let strict = Harness::<Test>::new(&json!({"place": "here"})).await.unwrap();
        let failure = strict.plan("test_thing", None, &config).await.unwrap_err();
        assert!(failure.deferred.is_none(), "{failure}");
        assert!(failure.to_string().contains("`name` is known only after apply"), "{failure}");

        let terraform = Harness::<Test>::new(&json!({"place": "here"})).await.unwrap().deferring();
        let failure = terraform.plan("test_thing", None, &config).await.unwrap_err();
        assert_eq!(failure.deferred, Some(Deferral::ConfigUnknown));
        assert_eq!(failure.to_string(), "deferred: ConfigUnknown\n");
        let made = terraform.create("test_thing", &json!({"name": "a"})).await.unwrap();
        assert_eq!(made.object.attribute("place").as_str(), Some("here"));
        let failure = terraform.import("test_thing", "absent").await.unwrap_err();
        assert_eq!(failure.deferred, Some(Deferral::AbsentPrerequisite));

        let placeless = Harness::<Test>::of(None).deferring();
        let failure = placeless.read(&made).await.unwrap_err();
        assert_eq!(failure.deferred, Some(Deferral::ProviderConfigUnknown));
        assert_eq!(failure.stored.unwrap().object, made.object);
        let failure = placeless.read_data_source("test_found", &json!({"name": "a"})).await.unwrap_err();
        assert_eq!(failure.deferred, Some(Deferral::ProviderConfigUnknown));
    }
}
