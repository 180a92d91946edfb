//! Ephemeral resources.

use super::deferred::deferred;
use super::{Shared, answered, not_served, received};
use crate::diagnostics::Diagnostics;
use crate::plan::effective_config;
use crate::plan::ephemeral::ErasedEphemeralResource;
use crate::provider::Provider;
use crate::wire::diagnostics;
use crate::wire::tfplugin6::{
    close_ephemeral_resource, open_ephemeral_resource, renew_ephemeral_resource,
    validate_ephemeral_resource_config,
};

impl<P: Provider> Shared<P> {
    fn ephemeral_resource(
        &self,
        name: &str,
    ) -> Result<&dyn ErasedEphemeralResource<P::Configured>, Diagnostics> {
        tracing::Span::current().record("tf_ephemeral_resource_type", name);
        let served = self.served.registry.ephemeral_resources.get(name);
        served.map(|one| &**one).ok_or_else(|| not_served("ephemeral resource", name))
    }

    pub(super) async fn validate_ephemeral_resource_config(
        &self,
        request: validate_ephemeral_resource_config::Request,
    ) -> Result<validate_ephemeral_resource_config::Response, Diagnostics> {
        let resource = self.ephemeral_resource(&request.type_name)?;
        let of = resource.schema().object_type();
        let config = received(request.config.as_ref(), of, "the configuration")?;
        let found = resource.validate_config(&config, P::validate_string);
        let found = found.without_lines_of_secrets(resource.schema(), &config);
        Ok(validate_ephemeral_resource_config::Response { diagnostics: diagnostics(found) })
    }

    pub(super) async fn open_ephemeral_resource(
        &self,
        request: open_ephemeral_resource::Request,
    ) -> Result<open_ephemeral_resource::Response, Diagnostics> {
        let resource = self.ephemeral_resource(&request.type_name)?;
        let of = resource.schema().object_type();
        let config = received(request.config.as_ref(), of, "the configuration")?;
        let context = self.context_for(request.client_capabilities, None)?;
        let (object, lease, found) = resource.open(&context, &config).await;
        let deferred = deferred(&context, &found);
        let object = match deferred {
            Some(_) => effective_config(&resource.schema().attributes, &config),
            None => object,
        };
        let found = found.without_lines_of_secrets(resource.schema(), &config);
        Ok(open_ephemeral_resource::Response {
            result: Some(answered(&object, of)?),
            renew_at: lease.renew_at.map(Into::into),
            private: Some(lease.private),
            diagnostics: diagnostics(found),
            deferred,
        })
    }

    pub(super) async fn renew_ephemeral_resource(
        &self,
        request: renew_ephemeral_resource::Request,
    ) -> Result<renew_ephemeral_resource::Response, Diagnostics> {
        let resource = self.ephemeral_resource(&request.type_name)?;
        let private = request.private.unwrap_or_default();
        let (lease, found) = resource.renew(&self.context()?, &private).await;
        Ok(renew_ephemeral_resource::Response {
            renew_at: lease.renew_at.map(Into::into),
            private: Some(lease.private),
            diagnostics: diagnostics(found),
        })
    }

    pub(super) async fn close_ephemeral_resource(
        &self,
        request: close_ephemeral_resource::Request,
    ) -> Result<close_ephemeral_resource::Response, Diagnostics> {
        let resource = self.ephemeral_resource(&request.type_name)?;
        let private = request.private.unwrap_or_default();
        let found = resource.close(&self.context()?, &private).await;
        Ok(close_ephemeral_resource::Response { diagnostics: diagnostics(found) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ephemeral::{EphemeralResource, Opened};
    use crate::rpc::Service;
    use crate::wire::from_dynamic;
    use crate::wire::tfplugin6::provider_server::Provider as _;
    use crate::wire::tfplugin6::{self as pb, DynamicValue};
    use crate::{Computed, Context, Model, Registry};
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};
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
            Registry::default().ephemeral_resource::<Token>()
        }

        async fn configure(_: BlockDraft) -> Result<(), Diagnostics> {
            Ok(())
        }
    }

    /// A token.
    #[derive(Clone, Debug, Model)]
    #[ephemeral_resource(type_name = "test_token")]
    struct Token {
        /// What it is called.
        #[attribute(computed)]
        name: Computed<String>,
    }

    impl EphemeralResource for Token {
        type Provider = ();
        type Model = Self;
        type Private = Vec<String>;

        async fn open(
            _: &Context<()>,
            _: Token,
            names: &mut Vec<String>,
        ) -> Result<Opened<Token>, Diagnostics> {
            names.push("a".to_owned());
            let token = Token { name: "a".to_owned().into() };
            Ok(Opened::from(token).renew_at(SystemTime::UNIX_EPOCH + Duration::from_millis(1_500)))
        }

        async fn renew(_: &Context<()>, names: &mut Vec<String>) -> Result<Option<SystemTime>, Diagnostics> {
            names.push("b".to_owned());
            Ok(None)
        }
    }

    fn text(found: &[pb::Diagnostic]) -> String {
        found.iter().map(|one| format!("{}: {}\n", one.summary, one.detail)).collect()
    }

    fn open(type_name: &str) -> Request<open_ephemeral_resource::Request> {
        let config = Some(DynamicValue { json: br#"{"name":null}"#.to_vec(), msgpack: Vec::new() });
        let type_name = type_name.to_owned();
        Request::new(open_ephemeral_resource::Request { type_name, config, client_capabilities: None })
    }

    #[tokio::test]
    async fn what_is_kept_and_when_to_renew_is_on_the_wire() {
        let service = Service::<Test>::new(Arc::new(Shared::default()));
        let metadata = service.get_metadata(Request::new(pb::get_metadata::Request {})).await.unwrap();
        let names = metadata.into_inner().ephemeral_resources;
        assert_eq!(names.iter().map(|one| one.type_name.as_str()).collect::<Vec<_>>(), ["test_token"]);
        let early = service.open_ephemeral_resource(open("test_token")).await.unwrap().into_inner();
        assert!(text(&early.diagnostics).contains("before it configured the provider"));

        let block = pb::configure_provider::Request::default();
        service.configure_provider(Request::new(block)).await.unwrap();
        let opened = service.open_ephemeral_resource(open("test_token")).await.unwrap().into_inner();
        assert_eq!(text(&opened.diagnostics), "");
        let result = from_dynamic(opened.result.as_ref(), Token::schema().object_type()).unwrap();
        assert_eq!(result.attribute("name").as_str(), Some("a"));
        let renew_at = opened.renew_at.unwrap();
        assert_eq!((renew_at.seconds, renew_at.nanos), (1, 500_000_000));
        assert_eq!(opened.private.as_deref(), Some(br#"["a"]"#.as_slice()));

        let renew = |private| {
            let type_name = "test_token".to_owned();
            Request::new(renew_ephemeral_resource::Request { type_name, private })
        };
        let renewed = service.renew_ephemeral_resource(renew(opened.private)).await.unwrap().into_inner();
        assert!(renewed.renew_at.is_none());
        assert_eq!(renewed.private.as_deref(), Some(br#"["a","b"]"#.as_slice()));
        let odd = service.renew_ephemeral_resource(renew(Some(b"x".to_vec()))).await.unwrap().into_inner();
        assert!(text(&odd.diagnostics).contains("What was kept is not readable"));
        assert_eq!(odd.private.as_deref(), Some(b"x".as_slice()));

        let other = service.open_ephemeral_resource(open("test_key")).await.unwrap().into_inner();
        assert!(text(&other.diagnostics).contains("no ephemeral resource type \"test_key\""));
    }
}
