//! How far has the drain of an endpoint got?
//! Its row is stepwise work: claimed for each step under a lease, and deleted when every delivery that waits was sent.

use domain::id::{DeliveryId, EndpointId, EndpointKey};
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, DRAINS, LOOKUP, LOOKUP_SORT};
use crate::table::item::ItemReader;
use crate::table::lease::Lease;
use crate::table::update::{Condition, Update};

const ENTITY: &str = "drain";

/// Why a drain is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrainReason {
    /// The endpoint recovers, or is switched on.
    Recovery,
    /// Its limits were used up.
    Limits,
}

/// The progress of a drain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drain {
    /// The endpoint whose parked deliveries it sends.
    pub endpoint: EndpointKey,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was last asked for.
    pub wanted_at: Timestamp,
    /// When its endpoint last recovered: retries whose wait began until then are brought forward. `None` if it only sends
    /// what was parked for want of a slot or lease.
    pub recovered_at: Option<Timestamp>,
    /// When it last sent something.
    pub last_sent_at: Option<Timestamp>,
    /// The last delivery that was sent again.
    pub cursor: Option<DeliveryId>,
    /// Its current rate, in deliveries per second.
    pub rate: u32,
    /// The number of deliveries sent so far.
    pub sent: u64,
}

impl Store {
    /// Begins a drain, or records in the row of the one under way that it was asked for again.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn start_drain(
        &self,
        endpoint: EndpointKey,
        reason: DrainReason,
        rate: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let update = match reason {
            DrainReason::Recovery => Update::new(keys::drain(endpoint), ENTITY).set("recovered_at = :now"),
            DrainReason::Limits => Update::new(keys::drain(endpoint), ENTITY),
        };
        update
            .set_entity()
            .set("wanted_at = :now, workspace = :workspace, #lookup = :drains, #sort = :endpoint")
            .set("started_at = if_not_exists(started_at, :now), leased_until = if_not_exists(leased_until, :now)")
            .set("rate = if_not_exists(rate, :rate), sent = if_not_exists(sent, :none)")
            .name("#lookup", LOOKUP)
            .name("#sort", LOOKUP_SORT)
            .instant(":now", now)
            .text(":workspace", endpoint.workspace)
            .text(":drains", DRAINS)
            .text(":endpoint", endpoint.id)
            .number(":rate", rate)
            .number(":none", 0)
            .apply(self)
            .await?;
        Ok(())
    }

    /// Claims a drain for one step; `None` when no drain is owed, or another process holds the lease.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn claim_drain(
        &self,
        endpoint: EndpointKey,
        now: Timestamp,
    ) -> Result<Option<(Lease, Drain)>, StoreError> {
        let lease = Lease::new(keys::drain(endpoint), ENTITY, now);
        let Some(row) = lease.claim(now).new_row(self).await? else { return Ok(None) };
        Ok(Some((lease, read(&row)?)))
    }

    /// Saves the progress of a drain; from `next` on it may be claimed again. `false` when the lease was lost, or the
    /// drain was deleted with its endpoint: then nothing is written.
    ///
    /// `wanted_at` and `recovered_at` are left alone: the drain may be asked for again during a step.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_drain(
        &self,
        lease: &Lease,
        drain: &Drain,
        next: Timestamp,
    ) -> Result<bool, StoreError> {
        lease
            .save(next)
            .set("rate = :rate, sent = :sent")
            .number(":rate", drain.rate)
            .number(":sent", drain.sent)
            .set_or_remove("cursor", drain.cursor, Update::text)
            .set_or_remove("last_sent_at", drain.last_sent_at, Update::instant)
            .apply(self)
            .await
    }

    /// Deletes the drain of an endpoint whose workspace is gone.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn drop_drain(&self, endpoint: EndpointKey) -> Result<(), StoreError> {
        self.delete(&keys::drain(endpoint)).await?;
        Ok(())
    }

    /// When the step ends at the latest that another process does; `None` when none is under way.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn drain_step_ends(
        &self,
        endpoint: EndpointKey,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.step_ends(&keys::drain(endpoint), ENTITY, now).await
    }

    /// Drains whose task is lost at `now`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn lost_drains(&self, now: Timestamp) -> Result<Vec<Drain>, StoreError> {
        let rows = self.lost_rows(DRAINS, EndpointId::PREFIX, ENTITY, now).await?;
        rows.iter().map(read).collect()
    }

    /// Ends a drain; `false` when it was asked for again since it was claimed, or the lease was lost.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn end_drain(&self, lease: &Lease, drain: &Drain) -> Result<bool, StoreError> {
        let unasked = Condition::new("wanted_at = :wanted_at AND leased_until = :until")
            .instant(":wanted_at", drain.wanted_at)
            .instant(":until", lease.until());
        self.delete_if(lease.key(), unasked).await
    }
}

fn read(reader: &ItemReader) -> Result<Drain, StoreError> {
    let cursor = reader.maybe_text("cursor")?.map(str::parse).transpose();
    Ok(Drain {
        endpoint: EndpointKey::new(reader.parsed("workspace")?, reader.parsed(LOOKUP_SORT)?),
        started_at: reader.instant("started_at")?,
        wanted_at: reader.instant("wanted_at")?,
        recovered_at: reader.maybe_instant("recovered_at")?,
        last_sent_at: reader.maybe_instant("last_sent_at")?,
        cursor: cursor.map_err(|error| reader.damaged(error))?,
        rate: reader.number("rate")?,
        sent: reader.number("sent")?,
    })
}
