//! Answers in parts: their order, their end, and what ends them early.

use crate::rpc::{Service, Shared};
use crate::wire::tfplugin6::invoke_action::event::Type as ActionEvent;
use crate::wire::tfplugin6::provider_server::Provider as _;
use crate::wire::tfplugin6::{self as pb, DynamicValue};
use crate::{
    Action, Context, Diagnostic, Diagnostics, Identity, ListResource, Listing, Model, Progress, Provider,
    Registry, Resource, Value,
};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio_stream::StreamExt;
use tonic::Request;

/// The provider block, and the `config` of the list and of the action.
#[derive(Clone, Debug, Model)]
#[action(type_name = "test_ring")]
struct Config {
    /// What happens.
    #[attribute(optional)]
    fate: Option<String>,
}

/// A bell.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "test_bell")]
#[expect(dead_code, reason = "what is write-only is in no answer")]
struct Bell {
    /// Its number.
    #[attribute(required, requires_replace, identity)]
    number: i64,
    /// Its key.
    #[attribute(optional, write_only)]
    key: Option<String>,
}

/// What was added, and how many calls ended because they were cancelled.
#[derive(Default)]
struct Tower {
    added: AtomicUsize,
    cancelled: AtomicUsize,
}

struct Bells;
struct BellList;
struct Ring;

impl Provider for Bells {
    type Config = Config;
    type Configured = Tower;
    const NAME: &'static str = "test";

    fn registry() -> Registry<Tower> {
        Registry::default().resource::<Bell>().list_resource::<BellList>().action::<Ring>()
    }

    async fn configure(_: ConfigDraft) -> Result<Tower, Diagnostics> {
        Ok(Tower::default())
    }
}

impl Resource for Bell {
    type Provider = Tower;
    type Model = Bell;
    type Private = ();

    async fn create(_: &Context<Tower>, planned: Bell, (): &mut ()) -> Result<Bell, Diagnostics> {
        Ok(planned)
    }

    async fn read(_: &Context<Tower>, prior: Bell, (): &mut ()) -> Result<Option<Bell>, Diagnostics> {
        Ok(Some(prior))
    }

    async fn update(_: &Context<Tower>, _: Bell, planned: Bell, (): &mut ()) -> Result<Bell, Diagnostics> {
        Ok(planned)
    }

    async fn delete(_: &Context<Tower>, _: Bell, (): ()) -> Result<(), Diagnostics> {
        Ok(())
    }
}

impl ListResource for BellList {
    type Provider = Tower;
    type Resource = Bell;
    type Config = Config;

    async fn list(
        context: &Context<Tower>,
        config: Config,
        listing: &mut Listing<Bell>,
    ) -> Result<(), Diagnostics> {
        let fate = config.fate.unwrap_or_default();
        for number in 0..1000 {
            let bell = Bell { number, key: Some("planted".to_owned()) };
            let named = Identity::new([("number".to_owned(), Value::Number(number.into()))]);
            let added = match fate.as_str() {
                "identities" => listing.identity(format!("bell\u{1b} {number}"), &named).await,
                "nameless" => listing.identity("bell", &Identity::default()).await,
                _ => listing.object(format!("bell {number}"), &bell).await,
            };
            context.provider().added.fetch_add(1, Ordering::SeqCst);
            match fate.as_str() {
                "fails" if number == 2 => return Err(Diagnostic::error("Unable to list", "It fell.").into()),
                "panics" if number == 2 => panic!("as it was told"),
                "warns" if number == 0 => context.warn(Diagnostic::warning("Rust", "It is old.")),
                "hangs" if number == 1 => std::future::pending::<()>().await,
                _ => {}
            }
            if added.is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl Action for Ring {
    type Provider = Tower;
    type Config = Config;

    async fn invoke(
        context: &Context<Tower>,
        config: Config,
        progress: &Progress,
    ) -> Result<(), Diagnostics> {
        progress.report("ding\u{7}").await;
        match config.fate.as_deref() {
            Some("fails") => return Err(Diagnostic::error("Unable to ring", "It fell.").into()),
            Some("panics") => panic!("as it was told"),
            Some("waits") => {
                context.cancelled().cancelled().await;
                context.provider().cancelled.fetch_add(1, Ordering::SeqCst);
            }
            Some("chatters") => progress.report("x".repeat(1 << 20)).await,
            _ => {}
        }
        progress.report("dong").await;
        Ok(())
    }
}

fn value(json: serde_json::Value) -> Option<DynamicValue> {
    Some(DynamicValue { msgpack: Vec::new(), json: json.to_string().into_bytes() })
}

async fn service() -> Arc<Service<Bells>> {
    let service = Arc::new(Service::new(Arc::new(Shared::default())));
    let request = pb::configure_provider::Request { config: value(json!({})), ..Default::default() };
    service.configure_provider(Request::new(request)).await.unwrap();
    service
}

fn tower(service: &Service<Bells>) -> Arc<Tower> {
    Arc::clone(service.0.context().map_err(drop).unwrap().provider())
}

async fn list(
    service: &Service<Bells>,
    fate: &str,
    limit: i64,
    objects: bool,
) -> impl tokio_stream::Stream<Item = pb::list_resource::Event> + Unpin {
    let request = pb::list_resource::Request {
        type_name: "test_bell".to_owned(),
        config: value(json!({ "fate": fate })),
        include_resource_object: objects,
        limit,
    };
    let answer = service.list_resource(Request::new(request)).await.unwrap();
    Box::pin(answer.into_inner().map(|event| event.unwrap()))
}

fn told(found: &[pb::Diagnostic]) -> String {
    found.iter().map(|one| format!("{}: {}\n", one.summary, one.detail)).collect()
}

#[tokio::test]
async fn a_list_ends_at_its_limit_and_says_what_it_found() {
    let service = service().await;
    let all: Vec<_> = list(&service, "", 3, true).await.collect().await;
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|one| one.identity.is_some() && one.resource_object.is_some()));
    assert_eq!(all[2].display_name, "bell 2");
    let objects = all.iter().filter_map(|one| one.resource_object.as_ref());
    assert!(objects.into_iter().all(|one| !String::from_utf8_lossy(&one.msgpack).contains("planted")));
    let all: Vec<_> = list(&service, "identities", 2, false).await.collect().await;
    assert!(all.len() == 2 && all.iter().all(|one| one.resource_object.is_none()));
    assert_eq!(all[0].display_name, "bell\\u{1b} 0");
    assert!(list(&service, "", 0, false).await.next().await.is_none());

    let all: Vec<_> = list(&service, "warns", 1, false).await.collect().await;
    assert_eq!((all.len(), told(&all[1].diagnostic).as_str()), (2, "Rust: It is old.\n"));
    for (fate, expected) in
        [("fails", "Unable to list: It fell."), ("panics", "panicked in list_resource: as it was told")]
    {
        let all: Vec<_> = list(&service, fate, 100, false).await.collect().await;
        let (last, before) = all.split_last().unwrap();
        // What was on its way when it panicked may be lost.
        assert!(before.len() == 3 || (fate == "panics" && before.len() == 2), "{fate}");
        assert!(before.iter().all(|one| one.identity.is_some() && one.diagnostic.is_empty()));
        assert!(told(&last.diagnostic).contains(expected) && last.identity.is_none(), "{fate}");
    }
    let all: Vec<_> = list(&service, "nameless", 100, false).await.collect().await;
    assert!(told(&all[0].diagnostic).contains("has no `number`"));
    let request = pb::list_resource::Request { type_name: "test_other".to_owned(), ..Default::default() };
    let answer = service.list_resource(Request::new(request)).await.unwrap();
    let all: Vec<_> = answer.into_inner().collect().await;
    assert!(told(&all[0].as_ref().unwrap().diagnostic).contains("no list resource type \"test_other\""));
}

#[tokio::test]
async fn a_list_is_held_back_by_who_reads_it_and_ends_with_it() {
    let service = service().await;
    let mut events = list(&service, "", 1000, true).await;
    assert!(events.next().await.is_some());
    tokio::time::sleep(Duration::from_millis(100)).await;
    let added = tower(&service).added.load(Ordering::SeqCst);
    assert!(added < 30, "{added} were found ahead of who reads them");
    drop(events);
    let hanging = list(&service, "hangs", 1000, true).await;
    drop(hanging);
    tokio::time::timeout(Duration::from_secs(5), service.0.idle()).await.unwrap();
    assert!(tower(&service).added.load(Ordering::SeqCst) < 60);
}

#[tokio::test]
async fn ctrl_c_ends_a_list_at_once() {
    let service = service().await;
    let events = list(&service, "hangs", 1000, false).await;
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        service.stop_provider(Request::new(pb::stop_provider::Request {})).await.unwrap();
    };
    let gathered = tokio::time::timeout(Duration::from_secs(5), events.collect::<Vec<_>>());
    let (all, ()) = tokio::join!(gathered, stopping);
    assert!(told(&all.unwrap().last().unwrap().diagnostic).contains("Interrupted"));
}

async fn invoke(
    service: &Service<Bells>,
    fate: &str,
) -> impl tokio_stream::Stream<Item = ActionEvent> + Unpin {
    let request = pb::invoke_action::Request {
        action_type: "test_ring".to_owned(),
        config: value(json!({ "fate": fate })),
        ..Default::default()
    };
    let answer = service.invoke_action(Request::new(request)).await.unwrap();
    Box::pin(answer.into_inner().map(|event| event.unwrap().r#type.unwrap()))
}

/// The messages, and what the one completion said.
async fn ended(mut events: impl tokio_stream::Stream<Item = ActionEvent> + Unpin) -> (Vec<String>, String) {
    let (mut messages, mut completed) = (Vec::new(), Vec::new());
    while let Some(event) = events.next().await {
        assert!(completed.is_empty(), "something comes after the end");
        match event {
            ActionEvent::Progress(progress) => messages.push(progress.message),
            ActionEvent::Completed(end) => completed.push(told(&end.diagnostics)),
        }
    }
    assert_eq!(completed.len(), 1);
    (messages, completed.remove(0))
}

#[tokio::test]
async fn an_action_says_how_far_it_is_and_completes_once() {
    let service = service().await;
    let both = vec!["ding\\u{7}".to_owned(), "dong".to_owned()];
    assert_eq!(ended(invoke(&service, "").await).await, (both, String::new()));
    for (fate, expected) in
        [("fails", "Unable to ring: It fell."), ("panics", "panicked in invoke_action: as it was told")]
    {
        let (messages, told) = ended(invoke(&service, fate).await).await;
        let is_told = messages.len() == 1 || (fate == "panics" && messages.is_empty());
        assert!(is_told && told.contains(expected), "{fate}: {told}");
    }
    let (messages, _) = ended(invoke(&service, "chatters").await).await;
    assert!(messages.iter().all(|one| one.len() <= 2000));
}

#[tokio::test]
async fn ctrl_c_and_a_core_that_is_gone_cancel_an_action() {
    let service = service().await;
    let running = invoke(&service, "waits").await;
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        service.stop_provider(Request::new(pb::stop_provider::Request {})).await.unwrap();
    };
    let ((messages, told), ()) = tokio::join!(ended(running), stopping);
    assert_eq!((messages.len(), told.as_str()), (2, ""), "it ends as it likes");
    assert_eq!(tower(&service).cancelled.load(Ordering::SeqCst), 1);

    let service = self::service().await;
    drop(invoke(&service, "waits").await);
    tokio::time::timeout(Duration::from_secs(5), service.0.idle()).await.unwrap();
    assert_eq!(tower(&service).cancelled.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_is_listed_and_done_is_announced() {
    let service = service().await;
    let schema =
        service.get_provider_schema(Request::new(pb::get_provider_schema::Request {})).await.unwrap();
    let schema = schema.into_inner();
    assert_eq!(told(&schema.diagnostics), "");
    assert!(schema.list_resource_schemas.contains_key("test_bell"));
    assert!(schema.action_schemas["test_ring"].schema.as_ref().unwrap().block.is_some());
    let metadata =
        service.get_metadata(Request::new(pb::get_metadata::Request {})).await.unwrap().into_inner();
    assert_eq!((metadata.list_resources.len(), metadata.actions.len()), (1, 1));
}
