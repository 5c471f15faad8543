//! How are events listed and searched?
//! The sharded list of a workspace's events: by type, by a text in their payloads, or by their ids.

use domain::event::Event;
use domain::event::event_type::{EventTypePattern, wants};
use domain::id::{EventId, WorkspaceId};
use domain::search::PayloadPart;
use domain::timestamp::Timestamp;

use crate::error::StoreError;
use crate::keys::{self, Day, EVENT_SHARDS};
use crate::rows::events::{ENTITY, TEST, read_listed};
use crate::rows::payload;
use crate::table::item::ItemReader;
use crate::table::listing::Listing;
use crate::table::sharded_list::{Examined, Found, ShardedList};
use crate::{Page, Store};

/// The attributes that a list shows of an event: not the payload, by far the largest part of a row.
pub(super) const LISTED: &[&str] = &[
    keys::PK,
    keys::SK,
    keys::EXPIRES_AT,
    "type",
    "uid",
    "occurred_at",
    "erased_at",
    "channels",
    "caused_by",
    "deliver_at",
    "ledger",
    "ledger_pages",
    "ledger_digest",
    TEST,
];

/// The attributes that a search reads of an event: those that a list shows, and the payload.
const SEARCHED: &[&str] = &[
    keys::PK,
    keys::SK,
    keys::EXPIRES_AT,
    "type",
    "uid",
    "occurred_at",
    "erased_at",
    "channels",
    "caused_by",
    "deliver_at",
    "ledger",
    TEST,
    "encoding",
    "payload",
];

/// What a search looks for.
#[derive(Debug, Clone, Copy)]
pub struct EventSearch<'a> {
    /// Only events of these types; empty for all types.
    pub types: &'a [EventTypePattern],
    /// Only events whose payload contains this.
    pub text: &'a PayloadPart,
}

/// A page of what a search found.
#[derive(Debug)]
pub struct SearchedEvents {
    /// The events found, without their payloads but for the place where the text was found.
    pub page: Page<(Event, String), EventId>,
    /// The number of events looked at.
    pub searched: usize,
}

impl Store {
    /// Part of the events of a workspace, of those that are of one of the event types (any, if none is named).
    ///
    /// Payloads are left out here (`null`), and the ledger of an event with very many endpoints is cut short;
    /// [`Store::load_event`] gives both whole.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_events(
        &self,
        workspace: WorkspaceId,
        listing: &Listing<EventId, &[EventTypePattern]>,
        now: Timestamp,
    ) -> Result<Page<Event, EventId>, StoreError> {
        let list = events_of(workspace, LISTED);
        let found = self.read_sharded(&list, listing, |row| {
            let event = read_listed(workspace, &ItemReader::new(row, ENTITY), now)?;
            Ok(event.filter(|event| wants(listing.filter, &event.event_type)).into())
        });
        Ok(found.await?.page)
    }

    /// Part of the events of a workspace, of those whose payloads contain a text. An erased payload contains nothing. A page
    /// ends when as many events, or as many bytes of payloads, were read as one page may take.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn search_events(
        &self,
        workspace: WorkspaceId,
        listing: &Listing<EventId, EventSearch<'_>>,
        now: Timestamp,
    ) -> Result<SearchedEvents, StoreError> {
        let EventSearch { types, text } = listing.filter;
        let list = events_of(workspace, SEARCHED);
        let found = self.read_sharded(&list, listing, |row| {
            let reader = ItemReader::new(row, ENTITY);
            let bytes = reader.maybe_bytes("payload")?.unwrap_or_default();
            let event = read_listed(workspace, &reader, now)?;
            let event = event.filter(|event| event.erased_at.is_none() && wants(types, &event.event_type));
            let Some(event) = event else { return Ok(None.into()) };
            let payload = payload::decode_text(reader.text("encoding")?, bytes)?;
            let row = text.excerpt(&payload).map(|excerpt| (event, excerpt.to_owned()));
            Ok(Examined { row, unpacked: payload.len() })
        });
        let Found { page, examined } = found.await?;
        Ok(SearchedEvents { page, searched: examined })
    }

    /// Those of the events that the workspace has, in no order, as [`Store::list_events`] gives them.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn listed_events(
        &self,
        workspace: WorkspaceId,
        ids: &[EventId],
        now: Timestamp,
    ) -> Result<Vec<Event>, StoreError> {
        let keys: Vec<_> = ids.iter().map(|id| keys::event(workspace, *id)).collect();
        let mut events = Vec::new();
        for row in self.load_parts(&keys, LISTED).await? {
            events.extend(read_listed(workspace, &ItemReader::new(row, ENTITY), now)?);
        }
        Ok(events)
    }
}

/// A workspace's events as a sharded list, of which these attributes are read.
pub(super) fn events_of(
    workspace: WorkspaceId,
    attributes: &'static [&'static str],
) -> ShardedList<impl Fn(Day, u8) -> String, EventId> {
    ShardedList {
        partition: move |day, shard| keys::event_partition(workspace, day, shard),
        shards: EVENT_SHARDS,
        prefix: "",
        attributes,
        id: EventId::new,
        time: EventId::time,
    }
}
