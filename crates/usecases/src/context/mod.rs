//! What does every use case need?
//! The [`Context`]: table, queue, topic, mailer, cache, clock, randomness and traces.

pub mod cache;
pub mod clock;
pub(crate) mod loading_cache;
pub(crate) mod notified;
pub mod randomness;
mod uids;

use std::collections::HashSet;
use std::sync::Arc;

use domain::access::actor::Actor;
use domain::access::api_key::ApiKey;
use domain::audit::{AuditEntry, Change};
use domain::event::Event;
use domain::id::{AuditEntryId, EndpointId, WorkspaceId};
use domain::timestamp::Timestamp;
use mail::Mailer;
use queue::{Queue, Topic};
use store::Store;

use crate::error::Fault;
use crate::idempotent_request::ClaimedId;
use crate::{Cache, Clock, Randomness, Traces};

/// What every use case needs. Cheap to clone; clones share the cache.
#[derive(Clone, Debug)]
pub struct Context {
    /// The table.
    pub store: Store,
    /// The queues of delivery jobs and of tasks.
    pub queue: Queue,
    /// The SNS topic that operational events are published to as well, where one is configured.
    pub topic: Option<Topic>,
    /// What sends e-mails, where an address to send from is configured.
    pub mailer: Option<Mailer>,
    /// API keys, workspaces, endpoints, health and the queue's load, cached for some seconds.
    pub cache: Cache,
    /// The current time.
    pub clock: Clock,
    /// Random bytes for ids, keys, secrets and jitter.
    pub randomness: Randomness,
    /// The OpenTelemetry traces.
    pub traces: Traces,
    /// The idempotency claim of the request under way, if it has one.
    pub claim: Option<ClaimedId>,
    /// The id of the request under way, which its audit entry names.
    pub request_id: Option<Arc<str>>,
}

impl Context {
    /// A context with an empty cache, no topic, no mailer and no traces, and the system's clock and randomness.
    pub fn new(store: Store, queue: Queue) -> Self {
        Self {
            cache: Cache::new(store.clone()),
            store,
            queue,
            topic: None,
            mailer: None,
            clock: Clock::system(),
            randomness: Randomness::system(),
            traces: Traces::default(),
            claim: None,
            request_id: None,
        }
    }

    /// The id of what the request under way makes, made by `make` of an instant and randomness: that of its claim, so that
    /// a repeated request finds it, or else one of `now`.
    pub fn new_id<T>(&self, now: Timestamp, make: impl FnOnce(Timestamp, u128) -> T) -> T {
        match self.claim {
            Some(claim) => make(claim.id.time(), u128::from_be_bytes(claim.id.to_bytes())),
            None => make(now, self.randomness.id()),
        }
    }

    /// The audit entry of a change that `actor` makes now, in the request under way. Under a claim it has the claim's id: a
    /// repeated request that acts again writes the same entry.
    pub(crate) fn entry(&self, actor: impl Into<Actor>, change: Change) -> AuditEntry {
        let id = self.new_id(self.clock.now(), AuditEntryId::new);
        AuditEntry::new(id, actor.into(), change, self.request_id.as_deref().map(str::to_owned))
    }

    /// Whether an earlier request under the same claim may have made something already.
    pub fn is_resumed(&self) -> bool {
        self.claim.is_some_and(|claim| claim.is_resumed)
    }

    /// Whether there is such a workspace. One that was deleted is none, although its other rows are deleted later, by
    /// [`crate::manage::delete_workspace`].
    pub(crate) async fn has_workspace(&self, workspace: WorkspaceId) -> Result<bool, Fault> {
        Ok(self.cache.workspace(workspace).await?.is_some())
    }

    /// The endpoints of a workspace that the caller does not see, as [`domain::endpoint::visibility`] says.
    pub(crate) async fn hidden_from(
        &self,
        caller: &ApiKey,
        workspace: WorkspaceId,
    ) -> Result<HashSet<EndpointId>, Fault> {
        if !caller.is_portal_link() {
            return Ok(HashSet::new());
        }
        let all = self.cache.subscriptions(workspace).await?;
        Ok(all.iter().filter(|one| !one.is_seen_by(caller)).map(|one| one.id).collect())
    }

    /// Leaves out of the ledgers of these events what the caller does not see.
    pub(crate) async fn leave_out_hidden(
        &self,
        caller: &ApiKey,
        workspace: WorkspaceId,
        events: impl Iterator<Item = &mut Event>,
    ) -> Result<(), Fault> {
        let hidden = self.hidden_from(caller, workspace).await?;
        events.for_each(|event| event.ledger.leave_out(&hidden));
        Ok(())
    }

    /// The same context with an SNS topic.
    #[must_use]
    pub fn with_topic(self, topic: Option<Topic>) -> Self {
        Self { topic, ..self }
    }

    /// The same context with a mailer.
    #[must_use]
    pub fn with_mailer(self, mailer: Option<Mailer>) -> Self {
        Self { mailer, ..self }
    }

    /// The same context with traces.
    #[must_use]
    pub fn with_traces(self, traces: Traces) -> Self {
        Self { traces, ..self }
    }

    /// The same context for a request under a claim.
    #[must_use]
    pub fn with_claim(self, claim: Option<ClaimedId>) -> Self {
        Self { claim, ..self }
    }

    /// The same context in a request with this id.
    #[must_use]
    pub fn with_request_id(self, request_id: Option<Arc<str>>) -> Self {
        Self { request_id, ..self }
    }

    /// The same context with `cache`, which other contexts share.
    #[must_use]
    pub fn with_cache(self, cache: Cache) -> Self {
        Self { cache, ..self }
    }

    /// The same context with another clock and other randomness.
    #[must_use]
    pub fn with_clock_and_randomness(self, clock: Clock, randomness: Randomness) -> Self {
        Self { clock, randomness, ..self }
    }
}
