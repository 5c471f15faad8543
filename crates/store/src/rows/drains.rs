//! Drains: which parked deliveries of an endpoint were sent again already. One process at a time works on a drain.

use domain::id::{DeliveryId, EndpointId, EndpointKey};
use domain::timestamp::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, DRAINS, LOOKUP, LOOKUP_SORT};
use crate::table::item::{ItemReader, ItemWriter};
use crate::table::query::{Index, Range};
use crate::table::update::{Condition, Update};

const ENTITY: &str = "drain";

/// How far a drain has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drain {
    /// When it began.
    pub started_at: Timestamp,
    /// When it was last asked for.
    pub wanted_at: Timestamp,
    /// When it last sent something.
    pub last_sent_at: Option<Timestamp>,
    /// The last delivery that was sent again.
    pub cursor: Option<DeliveryId>,
    /// How many it sends a second at the moment.
    pub rate: u32,
    /// How many were sent in all.
    pub sent: u64,
}

impl Store {
    /// Begins a drain, or notes on the one under way that it is wanted.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn start_drain(
        &self,
        endpoint: EndpointKey,
        rate: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        Update::new(keys::drain(endpoint), ENTITY)
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

    /// Takes a drain until `until`; `None` when there is none or somebody else has it.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn lease_drain(
        &self,
        endpoint: EndpointKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Drain>, StoreError> {
        let row = Update::new(keys::drain(endpoint), ENTITY)
            .set("leased_until = :until")
            .when("leased_until <= :now")
            .instant(":until", until)
            .instant(":now", now)
            .new_row(self)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Writes down how far a drain has come; from `next` on it may be taken again.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_drain(
        &self,
        endpoint: EndpointKey,
        drain: &Drain,
        next: Timestamp,
    ) -> Result<(), StoreError> {
        let item = listed(endpoint)
            .instant("started_at", drain.started_at)
            .instant("wanted_at", drain.wanted_at)
            .instant("leased_until", next)
            .maybe(drain.last_sent_at, |item, at| item.instant("last_sent_at", at))
            .maybe(drain.cursor, |item, cursor| item.text("cursor", cursor))
            .number("rate", drain.rate)
            .number("sent", drain.sent)
            .build();
        self.put(item).await
    }

    /// Drains that nobody has worked on since `before`: their task was lost.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn lost_drains(&self, before: Timestamp) -> Result<Vec<EndpointKey>, StoreError> {
        let range = Range::prefix(DRAINS.to_owned(), EndpointId::PREFIX).of(Index::Lookup);
        let mut lost = Vec::new();
        for row in self.query(&range, usize::MAX).await?.rows {
            let reader = ItemReader::new(row, ENTITY);
            if reader.instant("leased_until")? < before {
                lost.push(EndpointKey::new(reader.parsed("workspace")?, reader.parsed(LOOKUP_SORT)?));
            }
        }
        Ok(lost)
    }

    /// Ends a drain that was last asked for at `wanted_at`; whether it did: not if it was asked for again since.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn end_drain(&self, endpoint: EndpointKey, wanted_at: Timestamp) -> Result<bool, StoreError> {
        let unasked = Condition::new("wanted_at = :wanted_at").instant(":wanted_at", wanted_at);
        self.delete_if(&keys::drain(endpoint), unasked).await
    }
}

fn listed(endpoint: EndpointKey) -> ItemWriter {
    ItemWriter::new(&keys::drain(endpoint), ENTITY)
        .text("workspace", endpoint.workspace)
        .text(LOOKUP, DRAINS)
        .text(LOOKUP_SORT, endpoint.id)
}

fn read(reader: &ItemReader) -> Result<Drain, StoreError> {
    let cursor = reader.maybe_text("cursor")?.map(str::parse).transpose();
    Ok(Drain {
        started_at: reader.instant("started_at")?,
        wanted_at: reader.instant("wanted_at")?,
        last_sent_at: reader.maybe_instant("last_sent_at")?,
        cursor: cursor.map_err(|error| reader.damaged(error))?,
        rate: reader.number("rate")?,
        sent: reader.number("sent")?,
    })
}
