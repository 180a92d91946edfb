//! Actions.

use super::stream::Events;
use super::{Shared, not_served, received};
use crate::action::Progress;
use crate::action::erased::ErasedAction;
use crate::diagnostics::Diagnostics;
use crate::provider::Provider;
use crate::wire::tfplugin6::invoke_action::{self, Event, event};
use crate::wire::tfplugin6::{plan_action, validate_action_config};
use crate::wire::{diagnostics, printable};
use tokio::sync::mpsc;

impl<P: Provider> Shared<P> {
    fn action(&self, name: &str) -> Result<&dyn ErasedAction<P::Configured>, Diagnostics> {
        tracing::Span::current().record("tf_action_type", name);
        let served = self.served.registry.actions.get(name);
        served.map(|one| &**one).ok_or_else(|| not_served("action", name))
    }

    pub(super) async fn validate_action_config(
        &self,
        request: validate_action_config::Request,
    ) -> Result<validate_action_config::Response, Diagnostics> {
        let action = self.action(&request.type_name)?;
        let config = received(request.config.as_ref(), action.schema().object_type(), "the configuration")?;
        let found = action.validate_config(&config, P::validate_string);
        let found = found.without_lines_of_secrets(action.schema(), &config);
        Ok(validate_action_config::Response { diagnostics: diagnostics(found) })
    }

    pub(super) async fn plan_action(
        &self,
        request: plan_action::Request,
    ) -> Result<plan_action::Response, Diagnostics> {
        let action = self.action(&request.action_type)?;
        let config = received(request.config.as_ref(), action.schema().object_type(), "the configuration")?;
        let found = action.plan(&self.context()?, &config).await;
        let found = found.without_lines_of_secrets(action.schema(), &config);
        Ok(plan_action::Response { diagnostics: diagnostics(found), deferred: None })
    }

    pub(super) async fn invoke_action(
        &self,
        request: invoke_action::Request,
        events: Events<Event>,
    ) -> Result<(), Diagnostics> {
        let action = self.action(&request.action_type)?;
        let config = received(request.config.as_ref(), action.schema().object_type(), "the configuration")?;
        let context = events.context(self)?;
        let (sender, mut messages) = mpsc::channel::<String>(1);
        let passing_on = async {
            while let Some(message) = messages.recv().await {
                let message = printable(&message).into_owned();
                let progress = event::Type::Progress(event::Progress { message });
                // Where core is gone the action is cancelled, and goes on until it is whole.
                let _ = events.sender.send(Event { r#type: Some(progress) }).await;
            }
        };
        let (found, ()) = tokio::join!(action.invoke(&context, &config, Progress::new(sender)), passing_on);
        Err(found.without_lines_of_secrets(action.schema(), &config))
    }
}

/// The last event, which core waits for: without it an action ends silently.
pub(super) fn ended(found: Diagnostics) -> Option<Event> {
    let completed = event::Completed { diagnostics: diagnostics(found) };
    Some(Event { r#type: Some(event::Type::Completed(completed)) })
}
