//! What is cached, and for how long?
//! A cache of API keys, workspaces and their uids, endpoints, their health, sources, event types and the load of the queue:
//! the path of an event reads them once in 3 s, not once an event.
//!
//! A change takes effect everywhere within [`CACHED_FOR`] plus DynamoDB's replication delay. A decision that needs the
//! newest row reads it from the store.

use std::sync::Arc;
use std::time::Duration;

use domain::access::api_key::ApiKey;
use domain::access::workspace::Workspace;
use domain::catalogue::EventTypeDescription;
use domain::endpoint::Endpoint;
use domain::endpoint::subscription::Subscription;
use domain::event::event_type::EventType;
use domain::event::operational::OperationalEvent;
use domain::id::{EndpointKey, WorkspaceId};
use domain::policy::backoff::QueueLoad;
use domain::policy::circuit::Health;
use domain::source::Source;
use domain::source::token::SourceToken;
use domain::timestamp::Timestamp;
use domain::uid::Uid;
use store::{Store, StoreError};

use crate::context::loading_cache::LoadingCache;
use crate::context::notified::Notified;
use crate::error::{Fault, chain};

/// How long an entry is cached. The API promises that a change takes effect within 5 s.
pub const CACHED_FOR: Duration = Duration::from_secs(3);

/// A read-through cache of the table.
#[derive(Clone, Debug)]
pub struct Cache {
    store: Store,
    api_keys: LoadingCache<String, Option<Arc<ApiKey>>>,
    workspaces: LoadingCache<WorkspaceId, Option<Arc<Workspace>>>,
    workspace_uids: LoadingCache<Uid, WorkspaceId>,
    endpoints: LoadingCache<EndpointKey, Option<Arc<Endpoint>>>,
    subscriptions: LoadingCache<WorkspaceId, Arc<[Subscription]>>,
    health: LoadingCache<EndpointKey, Option<Health>>,
    sources: LoadingCache<String, Option<Arc<Source>>>,
    event_types: LoadingCache<EventType, Option<Arc<EventTypeDescription>>>,
    event_type_names: LoadingCache<(), Arc<[EventType]>>,
    queue_load: LoadingCache<(), QueueLoad>,
    notified: Notified,
}

impl Cache {
    /// A cache of what `store` holds.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            api_keys: LoadingCache::expiring(10_000, CACHED_FOR),
            workspaces: LoadingCache::expiring(10_000, CACHED_FOR),
            workspace_uids: LoadingCache::expiring(10_000, CACHED_FOR),
            endpoints: LoadingCache::expiring(10_000, CACHED_FOR),
            subscriptions: LoadingCache::expiring(200, CACHED_FOR),
            health: LoadingCache::expiring(10_000, CACHED_FOR),
            sources: LoadingCache::expiring(1_000, CACHED_FOR),
            event_types: LoadingCache::expiring(1_000, CACHED_FOR),
            event_type_names: LoadingCache::expiring(1, CACHED_FOR),
            queue_load: LoadingCache::expiring(1, CACHED_FOR),
            notified: Notified::new(),
        }
    }

    /// The same cache in front of another view of the table.
    #[must_use]
    pub fn with_store(self, store: Store) -> Self {
        Self { store, ..self }
    }

    /// The API key with this digest, at `now`. A read notes that the key was used.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be read.
    pub async fn api_key(&self, digest: &str, now: Timestamp) -> Result<Option<Arc<ApiKey>>, Fault> {
        let load = || async {
            let key = self.store.find_recent_api_key(digest).await?;
            if key.as_ref().is_some_and(|key| key.is_valid_at(now) && key.last_use_is_outdated(now)) {
                self.save_last_use(digest, now).await;
            }
            Ok::<_, StoreError>(key.map(Arc::new))
        };
        self.api_keys.get_or_load(digest.to_owned(), load).await
    }

    /// A request is not refused because it could not be noted.
    async fn save_last_use(&self, digest: &str, now: Timestamp) {
        if let Err(error) = self.store.save_last_use(digest, now).await {
            tracing::warn!(error = chain(&error), "the last use of an API key was not saved");
        }
    }

    /// The workspace, if there is one.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be read.
    pub async fn workspace(&self, id: WorkspaceId) -> Result<Option<Arc<Workspace>>, Fault> {
        let load = || async { Ok::<_, StoreError>(self.store.recent_workspace(id).await?.map(Arc::new)) };
        self.workspaces.get_or_load(id, load).await
    }

    /// The workspace that has the uid. That none has it is not cached, so a uid is found as soon as it is given.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be read.
    pub async fn workspace_of_uid(&self, uid: &Uid) -> Result<Option<WorkspaceId>, Fault> {
        self.workspace_uids.find_or_load(uid.clone(), || self.store.recent_workspace_of_uid(uid)).await
    }

    /// One endpoint, if its workspace has it.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be read.
    pub async fn endpoint(&self, endpoint: EndpointKey) -> Result<Option<Arc<Endpoint>>, Fault> {
        let load =
            || async { Ok::<_, StoreError>(self.store.recent_endpoint(endpoint).await?.map(Arc::new)) };
        self.endpoints.get_or_load(endpoint, load).await
    }

    /// The subscriptions of a workspace's endpoints, for the fan-out of an event.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be read.
    pub async fn subscriptions(&self, workspace: WorkspaceId) -> Result<Arc<[Subscription]>, Fault> {
        let load = || async { Ok::<_, StoreError>(self.store.all_subscriptions(workspace).await?.into()) };
        self.subscriptions.get_or_load(workspace, load).await
    }

    /// The health of an endpoint; `None` while its attempts succeed.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be read.
    pub async fn health(&self, endpoint: EndpointKey) -> Result<Option<Health>, Fault> {
        self.health.get_or_load(endpoint, || self.store.recent_health(endpoint)).await
    }

    /// The source whose address has this token, if its workspace is there. That there is none is cached, too, as bounded as
    /// the rest: each token that is tried costs two reads.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be read.
    pub async fn source_of_token(&self, token: &SourceToken) -> Result<Option<Arc<Source>>, Fault> {
        let digest = token.digest();
        let load = || async {
            let Some(key) = self.store.source_of_token(&digest).await? else {
                return Ok::<_, StoreError>(None);
            };
            Ok(self.store.recent_source(key).await?.map(Arc::new))
        };
        let Some(source) = self.sources.get_or_load(digest.clone(), load).await? else { return Ok(None) };
        // The rows of a deleted workspace are deleted later.
        Ok(self.workspace(source.workspace_id).await?.map(|_| source))
    }

    /// The description of an event type, with its example. That there is none is cached, too.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be read.
    pub async fn event_type(&self, name: &EventType) -> Result<Option<Arc<EventTypeDescription>>, Fault> {
        let load = || async { Ok::<_, StoreError>(self.store.recent_event_type(name).await?.map(Arc::new)) };
        self.event_types.get_or_load(name.clone(), load).await
    }

    /// The names of all event types of the catalogue.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be read.
    pub async fn event_type_names(&self) -> Result<Arc<[EventType]>, Fault> {
        let load = || async { Ok::<_, StoreError>(self.store.recent_event_type_names().await?.into()) };
        self.event_type_names.get_or_load((), load).await
    }

    /// Whether the jobs queue holds many messages in flight.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be read.
    pub async fn queue_load(&self) -> Result<QueueLoad, Fault> {
        self.queue_load.get_or_load((), || self.store.recent_queue_load()).await
    }

    /// Claims the notification of `event` about an endpoint at `now`; `false` when there was one within the hour before.
    ///
    /// # Errors
    /// [`Fault`] when the table cannot be written.
    pub(crate) async fn claim_notification(
        &self,
        endpoint: EndpointKey,
        event: OperationalEvent,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.notified.claim(&self.store, endpoint, event, now).await
    }

    /// Caches the load of the jobs queue, as it was just written by this process.
    pub async fn know_queue_load(&self, load: QueueLoad) {
        self.queue_load.insert((), load).await;
    }

    /// Caches the health of an endpoint that this process has just written.
    pub async fn know_health(&self, endpoint: EndpointKey, health: Option<Health>) {
        self.health.insert(endpoint, health).await;
    }

    /// Drops an endpoint that this process has just changed.
    pub async fn forget_endpoint(&self, endpoint: EndpointKey) {
        self.endpoints.invalidate(&endpoint).await;
        self.subscriptions.invalidate(&endpoint.workspace).await;
    }

    /// Drops a source that this process has just made, changed or deleted.
    pub async fn forget_source(&self, source: &Source) {
        self.sources.invalidate(&source.token.digest()).await;
    }

    /// Drops an event type that this process has just described, changed or deleted.
    pub async fn forget_event_type(&self, name: &EventType) {
        self.event_types.invalidate(name).await;
        self.event_type_names.invalidate(&()).await;
    }

    /// Drops a workspace that this process has just changed.
    pub async fn forget_workspace(&self, workspace: WorkspaceId) {
        self.workspaces.invalidate(&workspace).await;
    }

    /// Drops a uid that this process has just taken from a workspace, or given to one.
    pub async fn forget_workspace_uid(&self, uid: &Uid) {
        self.workspace_uids.invalidate(uid).await;
    }

    /// Drops every API key, after this process has created or deleted one.
    pub fn forget_api_keys(&self) {
        self.api_keys.invalidate_all();
    }
}
