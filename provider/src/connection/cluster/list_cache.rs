//! One LIST per kind and namespace, shared by all who read at the same time. It is read in pages and kept as
//! the text that came: as values it would take many times as much memory.

use super::answer::{NoAnswer, check_size, unreadable, values};
use super::{Cluster, ClusterError, ClusterErrorKind, Kind};
use crate::connection::Freshness;
use crate::connection::bounds::API_LIST;
use kube::core::DynamicObject;
use kube::core::params::ListParams;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// How long an answer serves others: a refresh reads all objects of a kind within moments.
const SERVES_FOR: Duration = Duration::from_secs(10);

/// How long all pages of a LIST may take. 64 MiB come in some seconds over any link that a cluster is managed
/// by.
const LIST_WITHIN: Duration = Duration::from_secs(60);

/// Objects in a page; the next one where a page is too large. Kubernetes' own clients ask for 500, and some
/// kinds have objects of 100 KiB.
const PAGE_OBJECTS: [u32; 4] = [250, 50, 10, 1];

/// Bytes of a page. An object alone has less.
const PAGE: usize = 8 << 20;

/// Pages of a LIST, so that empty ones have an end too. Of the largest objects a page holds fewer, and 64 MiB
/// some dozen pages.
const PAGES: usize = 1_000;

/// Objects of a LIST: in 64 MiB of smaller ones, keeping track of them would take more than they do.
const OBJECTS: usize = 200_000;

/// How often a LIST begins anew whose snapshot the API server has forgotten (it keeps them for 5 minutes).
const ANEW: usize = 3;

/// KiB of all lists that are kept at one time: one of the longest, and some more.
static KEPT: Semaphore = Semaphore::const_new(KEPT_KIB);
const KEPT_KIB: usize = 96 << 10;

/// Values in all objects that are taken out of a list at once.
const TAKEN_VALUES: usize = 300_000;

/// The objects of a kind in a namespace.
pub(super) type Listed = Arc<Objects>;

type Slot = Arc<tokio::sync::Mutex<Option<(Instant, Listed)>>>;

/// Objects as the API server sent them.
#[derive(Debug, Default)]
pub struct Objects {
    pages: Vec<Page>,
    _kept: Option<SemaphorePermit<'static>>,
}

#[derive(Debug)]
struct Page {
    text: Vec<u8>,
    items: Vec<Item>,
}

#[derive(Debug)]
struct Item {
    name: String,
    place: Range<usize>,
}

/// What a page says besides its objects.
#[derive(Default, Deserialize)]
#[serde(default)]
struct PageMetadata {
    r#continue: String,
}

#[derive(Deserialize)]
struct PageText<'a> {
    #[serde(default)]
    metadata: Option<PageMetadata>,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Named {
    metadata: NamedMetadata,
}

#[derive(Deserialize)]
struct NamedMetadata {
    #[serde(default)]
    name: String,
}

impl Page {
    /// The page, and the token of the next.
    fn read(text: Vec<u8>) -> Result<(Self, String), NoAnswer> {
        let read: PageText<'_> = serde_json::from_slice(&text).map_err(|error| unreadable(&error))?;
        let begin = text.as_ptr().addr();
        let mut items = Vec::new();
        for raw in read.items.into_iter().flatten() {
            check_size(raw.get().as_bytes())?;
            let named: Named = serde_json::from_str(raw.get()).map_err(|error| unreadable(&error))?;
            let from = raw.get().as_ptr().addr().saturating_sub(begin);
            items.push(Item { name: named.metadata.name, place: from..from + raw.get().len() });
        }
        let next = read.metadata.unwrap_or_default().r#continue;
        Ok((Self { text, items }, next))
    }

    fn object(&self, item: &Item) -> Option<DynamicObject> {
        serde_json::from_slice(self.text.get(item.place.clone())?).ok()
    }
}

impl Objects {
    fn bytes(&self) -> usize {
        self.pages.iter().map(|page| page.text.len()).sum()
    }

    /// The objects, one at a time.
    pub fn iter(&self) -> impl Iterator<Item = DynamicObject> {
        self.pages.iter().flat_map(|page| page.items.iter().filter_map(|item| page.object(item)))
    }

    /// The object of that name.
    pub fn named(&self, name: &str) -> Option<DynamicObject> {
        self.pages.iter().find_map(|page| {
            let item = page.items.iter().find(|item| item.name == name)?;
            page.object(item)
        })
    }

    /// The objects that are wanted, to keep. There may not be any number of them: as values they take much
    /// memory.
    pub fn take(&self, wanted: impl Fn(&DynamicObject) -> bool) -> Result<Vec<DynamicObject>, TooMany> {
        let (mut taken, mut held) = (Vec::new(), 0);
        for page in &self.pages {
            for item in &page.items {
                let Some(object) = page.object(item).filter(&wanted) else { continue };
                held += 1 + page.text.get(item.place.clone()).map_or(0, values);
                if held > TAKEN_VALUES {
                    return Err(TooMany);
                }
                taken.push(object);
            }
        }
        Ok(taken)
    }
}

/// More objects than are held at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// Answers by kind and namespace.
#[derive(Default)]
pub(super) struct Lists {
    slots: Mutex<HashMap<(Kind, String), Slot>>,
}

impl Lists {
    /// The answer of a moment ago, or a new one. Whoever comes while `list` is under way waits for it.
    pub(super) async fn get<F>(&self, kind: &Kind, namespace: &str, list: F) -> Result<Listed, ClusterError>
    where
        F: Future<Output = Result<Objects, ClusterError>>,
    {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry((kind.clone(), namespace.to_owned())).or_default())
        };
        let mut answer = slot.lock().await;
        if let Some((at, listed)) = answer.as_ref()
            && at.elapsed() < SERVES_FOR
        {
            return Ok(Arc::clone(listed));
        }
        *answer = None;
        let listed = Arc::new(list.await?);
        *answer = Some((Instant::now(), Arc::clone(&listed)));
        Ok(listed)
    }

    /// Something of this kind was written. An answer that is under way may be from before, and is not found
    /// any more.
    pub(super) fn drop_kind(&self, kind: &Kind) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|(of, _), _| of != kind);
    }

    /// Forgets what nobody waits for, to make room.
    fn drop_all(&self) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Cluster {
    /// All objects of a kind in a namespace; `""` where the kind has none.
    pub async fn list(
        &self,
        kind: &Kind,
        namespace: &str,
        freshness: Freshness,
    ) -> Result<Listed, ClusterError> {
        if freshness == Freshness::Fresh {
            self.0.lists.drop_kind(kind);
        }
        let attempt = format!("Listing {kind}");
        // Boxed: the compiler gives up on futures that are nested as deep as these.
        let list: Pin<Box<dyn Future<Output = Result<Objects, ClusterError>> + Send + '_>> =
            Box::pin(async {
                // Those who only read do not wait for a node that has just been found out of reach.
                if freshness == Freshness::Cached
                    && let Some(error) = self.recent_failure()
                {
                    return Err(error);
                }
                match tokio::time::timeout(LIST_WITHIN, self.all_pages(kind, namespace, &attempt)).await {
                    Ok(objects) => objects,
                    Err(_) => {
                        let answer = format!("the list has no end within {} s", LIST_WITHIN.as_secs());
                        Err(self.too_much(&attempt, answer))
                    }
                }
            });
        self.0.lists.get(kind, namespace, list).await
    }

    /// Objects of a list that are kept.
    pub fn kept(
        &self,
        listed: &Objects,
        noun: &str,
        wanted: impl Fn(&DynamicObject) -> bool,
    ) -> Result<Vec<DynamicObject>, ClusterError> {
        listed.take(wanted).map_err(|TooMany| {
            self.too_much(
                &format!("Reading {noun}"),
                "there are more of them than can be held at one time".into(),
            )
        })
    }

    async fn all_pages(&self, kind: &Kind, namespace: &str, attempt: &str) -> Result<Objects, ClusterError> {
        let resolved = self.resolve(kind, attempt).await?;
        for _ in 0..ANEW {
            match self.pages_of(&resolved.request(namespace), attempt).await {
                // The API server has forgotten the state of things that the first page showed.
                Err(error) if error.kind() == ClusterErrorKind::ListExpired => {}
                objects => return objects,
            }
        }
        let answer = format!("the list changed faster than it could be read, {ANEW} times");
        Err(ClusterError::new(ClusterErrorKind::Busy, attempt, self.to_string(), answer))
    }

    async fn pages_of(&self, request: &kube::core::Request, attempt: &str) -> Result<Objects, ClusterError> {
        let (mut objects, mut token, mut sizes) =
            (Objects::default(), String::new(), PAGE_OBJECTS.into_iter());
        let mut size = sizes.next().unwrap_or(1);
        for _ in 0..PAGES {
            let mut parameters = ListParams::default().limit(size);
            if !token.is_empty() {
                parameters = parameters.continue_token(&token);
            }
            let answer = self.ask(attempt, PAGE, request.list(&parameters)).await;
            let text = match answer {
                // Perhaps the objects are large. One that never ends is found at the last size.
                Err(error) if error.kind() == ClusterErrorKind::TooMuch => match sizes.next() {
                    Some(smaller) => {
                        size = smaller;
                        continue;
                    }
                    None => return Err(error),
                },
                answer => answer?,
            };
            if objects.bytes() + text.len() > API_LIST {
                let answer =
                    format!("the list is longer than {} MiB, and no more of it was read", API_LIST >> 20);
                return Err(self.too_much(attempt, answer));
            }
            let (page, next) = Page::read(text).map_err(|why| self.no_answer(attempt, &why))?;
            objects.pages.push(page);
            if objects.pages.iter().map(|page| page.items.len()).sum::<usize>() > OBJECTS {
                let answer = format!("the list is longer than {OBJECTS} objects, and no more of it was read");
                return Err(self.too_much(attempt, answer));
            }
            objects._kept = None;
            objects._kept = Some(self.room(objects.bytes(), attempt)?);
            if next.is_empty() {
                return Ok(objects);
            }
            token = next;
        }
        Err(self.too_much(attempt, format!("the list is longer than {PAGES} pages, and no more was read")))
    }

    /// Room for a list among those that are kept.
    fn room(&self, bytes: usize, attempt: &str) -> Result<SemaphorePermit<'static>, ClusterError> {
        let kib = u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX);
        let room = KEPT.try_acquire_many(kib).or_else(|_| {
            self.0.lists.drop_all();
            KEPT.try_acquire_many(kib)
        });
        room.map_err(|_| {
            let answer = format!("lists that are read at one time have over {} MiB together", KEPT_KIB >> 10);
            self.too_much(attempt, answer)
        })
    }

    fn too_much(&self, attempt: &str, answer: String) -> ClusterError {
        ClusterError::new(ClusterErrorKind::TooMuch, attempt, self.to_string(), answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::cluster::testing::{ApiServer, POOLS};
    use crate::connection::cluster::{Clusters, KubeconfigSource, KubernetesSettings};
    use crate::connection::ssh::Ssh;
    use serde_json::json;

    const POOL: Kind = Kind::namespaced("metallb.io", "v1beta1", "IPAddressPool");

    async fn cluster(pools: usize) -> (ApiServer, Cluster) {
        let server = ApiServer::start().await;
        for pool in 0..pools {
            server.world().put(POOLS, &format!("pool-{pool:04}"), "kubectl", json!({"addresses": [pool]}));
        }
        let settings =
            KubernetesSettings { source: KubeconfigSource::File(server.kubeconfig()), context: None };
        let clusters = Clusters::new(Arc::new(Ssh::new(Default::default())), Some(settings), Arc::default());
        let cluster = clusters.get(None);
        (server, cluster)
    }

    fn names(listed: &Objects) -> Vec<String> {
        listed.iter().filter_map(|one| one.metadata.name).collect()
    }

    #[tokio::test]
    async fn a_list_is_read_in_pages() {
        let (server, cluster) = cluster(600).await;
        let listed = cluster.list(&POOL, "metallb-system", Freshness::Fresh).await.unwrap();
        let all: Vec<_> = (0..600).map(|pool| format!("pool-{pool:04}")).collect();
        assert_eq!(names(&listed), all);
        assert_eq!(listed.named("pool-0599").unwrap().data["spec"]["addresses"], json!([599]));
        assert!(listed.named("pool-0600").is_none());
        assert_eq!(listed.take(|_| true).unwrap().len(), 600);
        assert_eq!(server.world().count("GET"), 3, "{:?}", server.world().log);
    }

    #[tokio::test]
    async fn a_list_whose_next_page_is_forgotten_begins_anew() {
        let (server, cluster) = cluster(300).await;
        server.world().say(2, "GET continue=", 410, "The provided continue parameter is too old");
        let listed = cluster.list(&POOL, "metallb-system", Freshness::Fresh).await.unwrap();
        assert_eq!(names(&listed).len(), 300);
        assert_eq!(server.world().count("GET"), 6, "{:?}", server.world().log);

        server.world().say(3, "GET continue=", 410, "The provided continue parameter is too old");
        let error = cluster.list(&POOL, "metallb-system", Freshness::Fresh).await.err().unwrap();
        assert_eq!(error.kind(), ClusterErrorKind::Busy);
    }

    #[tokio::test]
    async fn pages_shrink_where_objects_are_large() {
        let (server, cluster) = cluster(0).await;
        for pool in 0..12 {
            let spec = json!({"addresses": ["x".repeat(1 << 20)]});
            server.world().put(POOLS, &format!("pool-{pool}"), "kubectl", spec);
        }
        let listed = cluster.list(&POOL, "metallb-system", Freshness::Fresh).await.unwrap();
        assert_eq!(names(&listed).len(), 12);
        assert!(KEPT.available_permits() <= KEPT_KIB - (12 << 10), "what is kept is counted");
    }

    #[test]
    fn values_that_are_taken_out_are_counted() {
        let item = format!(r#"{{"metadata": {{"name": "x"}}, "spec": [{}0]}}"#, "0,".repeat(100_000));
        let text = format!(r#"{{"items": [{}]}}"#, vec![item; 4].join(",")).into_bytes();
        let (page, next) = Page::read(text).unwrap();
        let objects = Objects { pages: vec![page], _kept: None };
        assert_eq!((names(&objects).len(), next.as_str()), (4, ""));
        assert_eq!(objects.take(|_| true), Err(TooMany));
        assert!(objects.take(|_| false).unwrap().is_empty());
    }
}
