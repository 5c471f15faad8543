//! Was an idempotency key used before, for which event, and is that request still in progress?
//! A claim of the key, leased for as long as the request may run.
//!
//! A request claims its key before it writes anything, and completes it when everything is durable. Between the
//! two the claim is leased: a second request waits, and a request that died is finished by the producer's retry
//! under the same event id. A request that is refused leaves no claim behind.

use domain::id::{EventId, WorkspaceId};
use domain::timestamp::Timestamp;
use std::time::Duration;

use crate::Store;
use crate::error::StoreError;
use crate::keys;
use crate::table::item::{ItemReader, ItemWriter};
use crate::table::update::{Condition, Update};

const ENTITY: &str = "idempotency";
/// How long a key is kept.
pub const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 3600);
/// How long a request may hold a key: longer than the ingest function can run.
pub const CLAIM_LEASE: Duration = Duration::from_secs(30);

/// What a request with an idempotency key finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The key was not used before: go on.
    Claimed,
    /// Another request used the key and did not finish: go on under its event's id, and let the sender recheck.
    Resumed(EventId),
    /// The same request is in progress.
    InProgress,
    /// The same request was finished: this is its event.
    Completed(EventId),
    /// The key was used with another request.
    Reused,
}

/// A claim that a request wants to make.
#[derive(Debug, Clone, Copy)]
pub struct WantedClaim<'a> {
    /// The tenant whose key it is.
    pub workspace: WorkspaceId,
    /// The digest of the key.
    pub digest: &'a str,
    /// The digest of the request itself.
    pub request: &'a str,
    /// The event that the request creates.
    pub event: EventId,
}

impl Store {
    /// Claims an idempotency key as `wanted` says.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn claim_idempotency_key(
        &self,
        wanted: WantedClaim<'_>,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        let WantedClaim { workspace, digest, request, event } = wanted;
        let key = keys::idempotency(workspace, digest);
        let item = ItemWriter::new(&key, ENTITY)
            .text("event", event)
            .text("request", request)
            .instant("leased_until", now.plus(CLAIM_LEASE))
            .expires_at(now.plus(REMEMBERED_FOR))
            .build();
        let free = Condition::new("attribute_not_exists(PK) OR expires_at <= :now").expiry(":now", now);
        let Some(row) = self.put_or_find(&key, item, free).await? else { return Ok(Claim::Claimed) };
        let reader = ItemReader::new(row, ENTITY);
        if reader.text("request")? != request {
            return Ok(Claim::Reused);
        }
        let event: EventId = reader.parsed("event")?;
        match reader.maybe_instant("leased_until")? {
            None => Ok(Claim::Completed(event)),
            Some(until) if now < until => Ok(Claim::InProgress),
            Some(until) => self.take_over(key, event, until, now).await,
        }
    }

    /// Completes the claim: everything the request asked for is durable.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn complete_idempotency_key(
        &self,
        workspace: WorkspaceId,
        digest: &str,
    ) -> Result<(), StoreError> {
        let update = Update::new(keys::idempotency(workspace, digest), ENTITY).remove("leased_until");
        update.apply(self).await?;
        Ok(())
    }

    /// Ends the lease of a request that we failed, so that its retry need not wait and goes on under the same event.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn release_idempotency_key(
        &self,
        workspace: WorkspaceId,
        digest: &str,
    ) -> Result<(), StoreError> {
        let update = Update::new(keys::idempotency(workspace, digest), ENTITY).set("leased_until = :none");
        update.number(":none", 0).apply(self).await?;
        Ok(())
    }

    /// Deletes the claim of a request that is refused: sent again, it is a new request. A claim that was made for another
    /// event since then stays.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn forget_idempotency_key(
        &self,
        workspace: WorkspaceId,
        digest: &str,
        event: EventId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // It expires now instead of being deleted, so that the function that accepts events needs no permission to delete.
        Update::new(keys::idempotency(workspace, digest), ENTITY)
            .set("expires_at = :now")
            .when("event = :event AND attribute_exists(leased_until)")
            .text(":event", event)
            .expiry(":now", now)
            .apply(self)
            .await?;
        Ok(())
    }

    /// Two retries may both find that the lease has ended; only one of them gets the claim.
    async fn take_over(
        &self,
        key: keys::Key,
        event: EventId,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        let ours = Update::new(key, ENTITY)
            .set("leased_until = :next")
            .when("leased_until = :until")
            .instant(":next", now.plus(CLAIM_LEASE))
            .instant(":until", until)
            .apply(self)
            .await?;
        Ok(if ours { Claim::Resumed(event) } else { Claim::InProgress })
    }
}
