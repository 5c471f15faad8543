//! How are the ledgers of many events read?
//! With the list of events: each row holds the first entries of its ledger, and the rest is read only where it is needed.

use domain::event::Event;
use domain::event::event_type::{EventTypePattern, wants};
use domain::id::{EventId, WorkspaceId};
use domain::timestamp::Timestamp;
use futures_util::future::try_join_all;

use crate::error::StoreError;
use crate::keys::{self, Day, EVENT_SHARDS};
use crate::rows::events::{Detail, LISTED, LedgerPages, events_of, read};
use crate::table::listing::Listing;
use crate::table::query::Range;
use crate::{Page, Store};

/// An event without its payload, and so much of its ledger as was read.
#[derive(Debug, Clone)]
pub struct ListedEvent {
    /// The event; its payload is `null`. Its ledger holds the first entries.
    pub event: Event,
    /// The rows with the rest of its ledger.
    rest: Option<LedgerPages>,
}

impl ListedEvent {
    /// Whether all of the ledger was read.
    pub fn is_complete(&self) -> bool {
        self.rest.is_none()
    }
}

impl Store {
    /// Part of the events of a workspace, as [`Store::list_events`] gives them, whose ledgers can be completed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_ledgers(
        &self,
        workspace: WorkspaceId,
        listing: &Listing<EventId, &[EventTypePattern]>,
        now: Timestamp,
    ) -> Result<Page<ListedEvent, EventId>, StoreError> {
        self.read_sharded(&events_of(workspace), listing, |row| {
            let listed = read(workspace, row, now, Detail::Listed)?;
            let listed = listed.map(|(event, rest)| ListedEvent { event, rest });
            Ok(listed.filter(|listed| wants(listing.filter, &listed.event.event_type)))
        })
        .await
    }

    /// Reads the rest of an event's ledger, if it was not read yet.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn complete_ledger(&self, listed: &mut ListedEvent) -> Result<(), StoreError> {
        if let Some(rest) = &listed.rest {
            let rest = self.load_ledger_pages(listed.event.workspace_id, listed.event.id, rest).await?;
            listed.event.ledger.append(rest);
            listed.rest = None;
        }
        Ok(())
    }

    /// The events of a workspace whose ids carry the instant `at`: a few, or those of one batch. By strongly consistent
    /// reads, so that an event is found as soon as it was accepted.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn events_of_instant(
        &self,
        workspace: WorkspaceId,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<ListedEvent>, StoreError> {
        let first = EventId::new(at, 0);
        let range = |shard| {
            Range::prefix(keys::event_partition(workspace, Day::of(at), shard), "")
                .from(first.to_string())
                .before(&EventId::new(at.plus(std::time::Duration::from_millis(1)), 0).to_string())
                .only(LISTED)
                .consistent()
        };
        let ranges: Vec<Range> = (0..EVENT_SHARDS).map(range).collect();
        let shards = try_join_all(ranges.iter().map(|range| self.query(range, usize::MAX))).await?;
        let mut listed = Vec::new();
        for row in shards.into_iter().flat_map(|shard| shard.rows) {
            let event = read(workspace, row, now, Detail::Listed)?;
            listed.extend(event.map(|(event, rest)| ListedEvent { event, rest }));
        }
        Ok(listed)
    }
}
