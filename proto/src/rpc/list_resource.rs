//! Objects that there are.

use super::identity::answered_identity;
use super::stream::Events;
use super::{Shared, answered, not_served, received};
use crate::diagnostics::Diagnostics;
use crate::list_resource::Listed;
use crate::list_resource::erased::{ErasedListResource, Extent};
use crate::provider::Provider;
use crate::wire::tfplugin6::{list_resource, validate_list_resource_config};
use crate::wire::{diagnostics, printable};
use tokio::sync::mpsc;

impl<P: Provider> Shared<P> {
    fn lister(&self, name: &str) -> Result<&dyn ErasedListResource<P::Configured>, Diagnostics> {
        tracing::Span::current().record("tf_resource_type", name);
        let served = self.served.registry.list_resources.get(name);
        served.map(|one| &**one).ok_or_else(|| not_served("list resource", name))
    }

    pub(super) async fn validate_list_resource_config(
        &self,
        request: validate_list_resource_config::Request,
    ) -> Result<validate_list_resource_config::Response, Diagnostics> {
        let lister = self.lister(&request.type_name)?;
        let config = received(request.config.as_ref(), lister.schema().object_type(), "the configuration")?;
        let found = lister.validate_config(&config, P::validate_string);
        let found = found.without_lines_of_secrets(lister.schema(), &config);
        Ok(validate_list_resource_config::Response { diagnostics: diagnostics(found) })
    }

    pub(super) async fn list_resource(
        &self,
        request: list_resource::Request,
        events: Events<list_resource::Event>,
    ) -> Result<(), Diagnostics> {
        let lister = self.lister(&request.type_name)?;
        let config = received(request.config.as_ref(), lister.schema().object_type(), "the configuration")?;
        let extent = Extent {
            limit: u64::try_from(request.limit).unwrap_or_default(),
            wants_objects: request.include_resource_object,
        };
        let context = events.context(self)?;
        let (sender, mut listed) = mpsc::channel(1);
        let passing_on = async {
            while let Some(one) = listed.recv().await {
                if events.sender.send(event(lister, one)?).await.is_err() {
                    break;
                }
            }
            // What still adds finds it closed.
            drop(listed);
            Ok::<_, Diagnostics>(())
        };
        let (mut found, passed) = tokio::join!(lister.list(&context, &config, extent, sender), passing_on);
        found.append(passed.err().unwrap_or_default());
        Err(found.without_lines_of_secrets(lister.schema(), &config))
    }
}

fn event<P>(lister: &dyn ErasedListResource<P>, one: Listed) -> Result<list_resource::Event, Diagnostics> {
    let schema = lister.listed();
    let object = one.object.as_ref().map(|object| answered(object, schema.object_type()));
    Ok(list_resource::Event {
        identity: answered_identity(schema, &one.identity)?,
        display_name: printable(&one.display_name).into_owned(),
        resource_object: object.transpose()?,
        diagnostic: Vec::new(),
    })
}

/// What was found at the end of a list: an event without an object. Core takes such a one only where it warns
/// or fails.
pub(super) fn ended(found: Diagnostics) -> Option<list_resource::Event> {
    let diagnostic = diagnostics(found);
    (!diagnostic.is_empty()).then(|| list_resource::Event { diagnostic, ..Default::default() })
}
