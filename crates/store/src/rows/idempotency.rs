//! What came of the request that used an idempotency key first?
//! A claim of the key, leased for as long as the request may run.
//!
//! A request claims its key before it writes anything. The claim names the id of what the request makes, so a repeated
//! request finds it under that id. While the lease runs another request waits; a request that died is finished by the
//! repeated one under the same id. A request that is refused leaves no claim behind.
//!
//! - **Events** ([`Store::claim_events`]): nothing is written when they are accepted. The event's own row says so.
//! - **Invocations** ([`Store::claim_invocation`]): nothing is kept in the claim. The invocation's own row is the answer.
//! - **Other requests** ([`Store::claim_request`]): the answer is kept in the claim, sealed, because it may hold a secret.

use domain::id::{ClaimId, EventId, InvocationId, WorkspaceId};
use domain::timestamp::Timestamp;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::keys;
use crate::table::item::{ItemReader, ItemWriter};
use crate::table::update::{Condition, Update};

const ENTITY: &str = "idempotency";
/// The attribute with the id of a claim of events: the event's, or the one that a batch's ids are derived from.
const EVENT: &str = "event";
/// The attribute with the id of a claim of another request.
const CLAIM: &str = "claim";
/// The attribute with the id of a claim of an invocation.
const INVOCATION: &str = "invocation";
/// How long a key that a caller claimed is kept.
pub const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
/// How long a request may hold a key: longer than any function that answers requests can run.
pub const CLAIM_LEASE: Duration = Duration::from_secs(30);
/// The largest answer that is kept, in bytes: DynamoDB takes 400 KB a row.
pub const MAX_ANSWER_BYTES: usize = 350 * 1024;

/// Where a key counts, and its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The workspace; `None` for a request that concerns several, or none yet.
    pub workspace: Option<WorkspaceId>,
    /// The digest of the key. The key itself is not kept.
    pub digest: String,
}

/// The digest of a request, and which requests its key may come with again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    /// Only the same one.
    Same(&'a str),
    /// Any: the key alone says what is asked for.
    Any(&'a str),
}

/// What a request for events finds under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventClaim {
    /// The key was not used before: go on.
    Claimed,
    /// The same request came before, with this id. The events' rows say how far it came.
    Found(EventId, Standing),
    /// The key was used with another request.
    Reused,
}

/// What the invocation of an action finds under its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvocationClaim {
    /// The key was not used before: go on.
    Claimed,
    /// The same invocation came before, under this id.
    Found(InvocationId, Standing),
    /// The key was used with other parameters.
    Reused,
}

/// How an earlier request under the same key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was completed: every event of it is accepted, or was refused.
    Completed,
    /// It may be under way.
    Leased,
    /// It is over, by failure or without a word: accepted, or cut off.
    Over {
        /// When its lease ended; 0 when it failed and gave the lease back.
        leased_until: Timestamp,
    },
}

impl Standing {
    /// Whether it failed and gave its lease back.
    pub fn is_released(self) -> bool {
        matches!(self, Self::Over { leased_until } if leased_until.as_millis() == 0)
    }
}

/// What another request finds under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestClaim {
    /// The key was not used before: go on.
    Claimed,
    /// The same request came before and was cut off: go on under its id.
    Resumed(ClaimId),
    /// The same request is being worked on right now.
    InProgress,
    /// The same request was answered so.
    Answered(KeptAnswer),
    /// The key was used with another request.
    Reused,
}

/// An answer that is kept. It may hold a secret, so `Debug` prints only its status.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Its status and headers.
    pub head: AnswerHead,
    /// Its body.
    pub body: Vec<u8>,
}

/// Status and headers of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerHead {
    /// The HTTP status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
}

impl fmt::Debug for KeptAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptAnswer({}, {} bytes)", self.head.status, self.body.len())
    }
}

impl IdempotencyKey {
    fn row(&self) -> keys::Key {
        keys::idempotency(self.workspace, &self.digest)
    }
}

impl Store {
    /// Claims a key for a request that makes events, for `kept_for`. `request` is the digest of the request itself, `id`
    /// that of its event.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn claim_events(
        &self,
        key: &IdempotencyKey,
        request: &str,
        id: EventId,
        (now, kept_for): (Timestamp, Duration),
    ) -> Result<EventClaim, StoreError> {
        let named = (EVENT, id.to_string());
        let Some(row) = self.claim(key, request, named, (now, kept_for)).await? else {
            return Ok(EventClaim::Claimed);
        };
        if row.text("request")? != request {
            return Ok(EventClaim::Reused);
        }
        Ok(EventClaim::Found(row.parsed(EVENT)?, standing(&row, now)?))
    }

    /// Claims a key for the invocation `id` of an action. `request` is the digest of what is invoked.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn claim_invocation(
        &self,
        key: &IdempotencyKey,
        request: Request<'_>,
        id: InvocationId,
        now: Timestamp,
    ) -> Result<InvocationClaim, StoreError> {
        let named = (INVOCATION, id.to_string());
        let (Request::Same(digest) | Request::Any(digest)) = request;
        let Some(row) = self.claim(key, digest, named, (now, KEPT_FOR)).await? else {
            return Ok(InvocationClaim::Claimed);
        };
        if matches!(request, Request::Same(digest) if row.text("request")? != digest) {
            return Ok(InvocationClaim::Reused);
        }
        Ok(InvocationClaim::Found(row.parsed(INVOCATION)?, standing(&row, now)?))
    }

    /// Claims a key for any other request, which makes the thing with the id `id`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn claim_request(
        &self,
        key: &IdempotencyKey,
        request: &str,
        id: ClaimId,
        now: Timestamp,
    ) -> Result<RequestClaim, StoreError> {
        let Some(row) = self.claim(key, request, (CLAIM, id.to_string()), (now, KEPT_FOR)).await? else {
            return Ok(RequestClaim::Claimed);
        };
        if row.text("request")? != request {
            return Ok(RequestClaim::Reused);
        }
        match row.maybe_instant("leased_until")? {
            None => {
                let plain = self.open(&key.row().pk, row.bytes("answer")?).await?;
                let answer = unpacked(&plain).ok_or_else(|| row.damaged("answer cannot be read"))?;
                Ok(RequestClaim::Answered(answer))
            }
            Some(until) if now < until => Ok(RequestClaim::InProgress),
            Some(until) if self.take_over(key, Some(until), now).await? => {
                Ok(RequestClaim::Resumed(row.parsed(CLAIM)?))
            }
            Some(_) => Ok(RequestClaim::InProgress),
        }
    }

    /// Claims a key; the row that is there, if it was claimed before.
    async fn claim(
        &self,
        key: &IdempotencyKey,
        request: &str,
        (attribute, id): (&str, String),
        (now, kept_for): (Timestamp, Duration),
    ) -> Result<Option<ItemReader>, StoreError> {
        let key = key.row();
        let item = ItemWriter::new(&key, ENTITY)
            .text(attribute, id)
            .text("request", request)
            .instant("leased_until", now.plus(CLAIM_LEASE))
            .expires_at(now.plus(kept_for))
            .build();
        let free = Condition::new("attribute_not_exists(PK) OR expires_at <= :now").expiry(":now", now);
        Ok(self.put_or_find(&key, item, free).await?.map(|row| ItemReader::new(row, ENTITY)))
    }

    /// Takes over a claim whose lease ended at `leased_until`, or that was completed; `false` if another request did. Two repeated
    /// requests may both find the lease over, and only one of them gets it.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn take_over(
        &self,
        key: &IdempotencyKey,
        leased_until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = Update::new(key.row(), ENTITY).set("leased_until = :next");
        let update = match leased_until {
            Some(until) => update.when("leased_until = :until").instant(":until", until),
            None => update.when("attribute_exists(PK) AND attribute_not_exists(leased_until)"),
        };
        update.instant(":next", now.plus(CLAIM_LEASE)).apply(self).await
    }

    /// Whether a key was claimed, and the claim is still kept.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn is_claimed(&self, key: &IdempotencyKey, now: Timestamp) -> Result<bool, StoreError> {
        let Some(row) = self.load(&key.row()).await? else { return Ok(false) };
        let expires_at: i64 = ItemReader::new(row, ENTITY).number(keys::EXPIRES_AT)?;
        Ok(now.as_seconds() < expires_at)
    }

    /// The id that a request for events claimed the key under, if it did and the claim is still kept. Whether the request
    /// was accepted, the events' rows say.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn claimed_id(
        &self,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<EventId>, StoreError> {
        let Some(row) = self.load(&key.row()).await? else { return Ok(None) };
        let row = ItemReader::new(row, ENTITY);
        match row.maybe_text(EVENT)? {
            Some(_) if now.as_seconds() < row.number(keys::EXPIRES_AT)? => row.parsed(EVENT).map(Some),
            Some(_) | None => Ok(None),
        }
    }

    /// Marks a claim as completed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn complete_claim(&self, key: &IdempotencyKey) -> Result<(), StoreError> {
        // A claim that has gone meanwhile is not made anew.
        let update = Update::new(key.row(), ENTITY).remove("leased_until").when("attribute_exists(PK)");
        update.apply(self).await?;
        Ok(())
    }

    /// Stores the answer of a request, sealed, for its repetitions.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the answer cannot be sealed.
    pub async fn keep_answer(&self, key: &IdempotencyKey, answer: &KeptAnswer) -> Result<(), StoreError> {
        let row = key.row();
        let sealed = self.seal(&row.pk, &packed(answer)?).await?;
        Update::new(row, ENTITY)
            .set("answer = :answer")
            .remove("leased_until")
            .bytes(":answer", sealed)
            .apply(self)
            .await?;
        Ok(())
    }

    /// Ends the lease of a request that we failed, so that the repeated one need not wait.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn release_claim(&self, key: &IdempotencyKey) -> Result<(), StoreError> {
        let update = Update::new(key.row(), ENTITY).set("leased_until = :none");
        update.number(":none", 0).when("attribute_exists(PK)").apply(self).await?;
        Ok(())
    }

    /// Forgets the claim of a request that is refused: sent again, it is a request like any other. A claim that was made
    /// under another id since stays.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn forget_claim(
        &self,
        key: &IdempotencyKey,
        id: impl Into<MadeUnder>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let MadeUnder { attribute, id } = id.into();
        // It expires now rather than is deleted: so the function that accepts events need not be allowed to delete.
        Update::new(key.row(), ENTITY)
            .set("expires_at = :now")
            .when("#id = :id AND attribute_exists(leased_until)")
            .name("#id", attribute)
            .text(":id", id)
            .expiry(":now", now)
            .apply(self)
            .await?;
        Ok(())
    }
}

fn standing(row: &ItemReader, now: Timestamp) -> Result<Standing, StoreError> {
    Ok(match row.maybe_instant("leased_until")? {
        None => Standing::Completed,
        Some(until) if now < until => Standing::Leased,
        Some(leased_until) => Standing::Over { leased_until },
    })
}

/// The id that a claim was made under.
#[derive(Debug)]
pub struct MadeUnder {
    attribute: &'static str,
    id: String,
}

impl From<EventId> for MadeUnder {
    fn from(id: EventId) -> Self {
        Self { attribute: EVENT, id: id.to_string() }
    }
}

impl From<InvocationId> for MadeUnder {
    fn from(id: InvocationId) -> Self {
        Self { attribute: INVOCATION, id: id.to_string() }
    }
}

impl From<ClaimId> for MadeUnder {
    fn from(id: ClaimId) -> Self {
        Self { attribute: CLAIM, id: id.to_string() }
    }
}

/// The head as one line of JSON, then the body as it is.
fn packed(answer: &KeptAnswer) -> Result<Vec<u8>, StoreError> {
    let mut bytes = serde_json::to_vec(&answer.head).map_err(|error| StoreError::damaged("answer", error))?;
    bytes.push(b'\n');
    bytes.extend(&answer.body);
    Ok(bytes)
}

fn unpacked(bytes: &[u8]) -> Option<KeptAnswer> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (head, body) = bytes.split_at(end);
    Some(KeptAnswer { head: serde_json::from_slice(head).ok()?, body: body.get(1..)?.to_vec() })
}
