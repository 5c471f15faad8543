//! Events: write one with its ledger, load, list.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::channel::Channel;
use domain::event::Event;
use domain::event_type::{EventType, EventTypePattern, wants};
use domain::id::{EventId, WorkspaceId};
use domain::ledger::Ledger;
use domain::timestamp::Timestamp;

use crate::error::StoreError;
use crate::items::{Attributes, ItemReader, ItemWriter, key_attributes};
use crate::keys::{self, EVENT_SHARDS};
use crate::query::Range;
use crate::rows::condition_held;
use crate::spread::{Order, Spread, Window};
use crate::{Page, Store, payload};

const ENTITY: &str = "event";
const LEDGER_ENTITY: &str = "ledger page";
/// Endpoints whose fate the event's own row tells: 16 bytes each, so 4 KB at most.
const LEDGER_ENDPOINTS_INLINE: usize = 256;
/// Endpoints a further ledger row tells of: 32 KB.
const LEDGER_ENDPOINTS_PER_PAGE: usize = 2_048;

impl Store {
    /// Writes an event, to be kept until `expires_at`. Gives `false` when there is one with this id already.
    ///
    /// A ledger too long for the row is written first, so that an event that can be read is complete.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_event(&self, event: &Event, expires_at: Timestamp) -> Result<bool, StoreError> {
        let mut pages = event.ledger.pages(LEDGER_ENDPOINTS_INLINE);
        let inline = pages.remove(0);
        let mut rest = Ledger::default();
        pages.into_iter().for_each(|page| rest.append(page));
        let rest = if rest.is_empty() { Vec::new() } else { rest.pages(LEDGER_ENDPOINTS_PER_PAGE) };
        for (index, page) in rest.iter().enumerate() {
            let item = ItemWriter::new(&keys::ledger_page(event.id, index + 1), LEDGER_ENTITY)
                .bytes("ledger", page.to_bytes())
                .expires_at(expires_at)
                .build();
            self.put(item).await?;
        }
        let (encoding, bytes) = payload::encode(&event.payload);
        let item = ItemWriter::new(&keys::event(event.workspace_id, event.id), ENTITY)
            .text("type", &event.event_type)
            .instant("occurred_at", event.occurred_at)
            .text("encoding", encoding.as_str())
            .bytes("payload", bytes)
            .bytes("ledger", inline.to_bytes())
            .maybe(event.deliver_at, |item, at| item.instant("deliver_at", at))
            .maybe((!event.channels.is_empty()).then_some(()), |item, ()| {
                item.text(
                    "channels",
                    event.channels.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
                )
            })
            .maybe((!rest.is_empty()).then_some(rest.len()), |item, pages| item.number("ledger_pages", pages))
            .expires_at(expires_at)
            .build();
        self.put_new(item).await
    }

    /// The event with its whole ledger, if the workspace has it and it has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn load_event(
        &self,
        workspace: WorkspaceId,
        id: EventId,
        now: Timestamp,
    ) -> Result<Option<Event>, StoreError> {
        let Some(row) = self.load(&keys::event(workspace, id)).await? else { return Ok(None) };
        let Some((mut event, more_pages)) = read(workspace, row, now)? else { return Ok(None) };
        if more_pages {
            let range = Range::prefix(keys::ledger_page(id, 1).pk, "PAGE#").consistent();
            for row in self.query(&range, usize::MAX).await?.rows {
                let reader = ItemReader::new(row, LEDGER_ENTITY);
                let page = Ledger::from_bytes(reader.bytes("ledger")?).map_err(|e| reader.damaged(e))?;
                event.ledger.append(page);
            }
        }
        Ok(Some(event))
    }

    /// Erases an event's payload and keeps everything else; whether there is such an event.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn erase_payload(
        &self,
        workspace: WorkspaceId,
        id: EventId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key_attributes(&keys::event(workspace, id))))
            .update_expression("REMOVE payload, #encoding SET erased_at = if_not_exists(erased_at, :now)")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_names("#encoding", "encoding")
            .expression_attribute_values(":now", AttributeValue::N(now.as_millis().to_string()))
            .send()
            .await;
        condition_held("UpdateItem", answer)
    }

    /// Events of a workspace, newest first, made before `before`, in `window` and of one of `event_types` (any, if
    /// there is none).
    ///
    /// The ledger of an event with very many endpoints is cut short here; [`Store::load_event`] gives it whole.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_events(
        &self,
        workspace: WorkspaceId,
        before: Option<EventId>,
        window: Window,
        event_types: &[EventTypePattern],
        now: Timestamp,
        limit: usize,
    ) -> Result<Page<Event>, StoreError> {
        self.spread_events(workspace, Order::NewestFirst, before, window, event_types, now, limit).await
    }

    /// The same, oldest first and made `after` another event.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn oldest_events(
        &self,
        workspace: WorkspaceId,
        after: Option<EventId>,
        window: Window,
        event_types: &[EventTypePattern],
        now: Timestamp,
        limit: usize,
    ) -> Result<Page<Event>, StoreError> {
        self.spread_events(workspace, Order::OldestFirst, after, window, event_types, now, limit).await
    }

    #[expect(clippy::too_many_arguments, reason = "private; its two callers name each of them")]
    async fn spread_events(
        &self,
        workspace: WorkspaceId,
        order: Order,
        beyond: Option<EventId>,
        window: Window,
        event_types: &[EventTypePattern],
        now: Timestamp,
        limit: usize,
    ) -> Result<Page<Event>, StoreError> {
        let spread = Spread {
            partition: |day, shard| keys::event_partition(workspace, day, shard),
            shards: EVENT_SHARDS,
            prefix: EventId::PREFIX,
            order,
            window,
            beyond: beyond.map(|id| (id.to_string(), id.time())),
        };
        self.in_order(spread, limit, |row| {
            let event = read(workspace, row, now)?.map(|(event, _)| event);
            Ok(event.filter(|event| window.holds(event.id.time()) && wants(event_types, &event.event_type)))
        })
        .await
    }
}

/// The event, unless it has expired, and whether its ledger goes on in other rows.
fn read(
    workspace: WorkspaceId,
    row: Attributes,
    now: Timestamp,
) -> Result<Option<(Event, bool)>, StoreError> {
    let reader = ItemReader::new(row, ENTITY);
    // DynamoDB deletes an expired row late, up to days later.
    if reader.number::<i64>(keys::EXPIRES_AT)? <= now.as_seconds() {
        return Ok(None);
    }
    let erased_at = reader.maybe_instant("erased_at")?;
    let event = Event {
        id: reader.parsed(keys::SK)?,
        workspace_id: workspace,
        event_type: EventType::parse(reader.text("type")?).map_err(|error| reader.damaged(error))?,
        occurred_at: reader.instant("occurred_at")?,
        payload: match erased_at {
            None => payload::decode(reader.text("encoding")?, reader.bytes("payload")?)?,
            Some(_) => payload::decode("json", b"null")?,
        },
        erased_at,
        channels: channels(&reader)?,
        deliver_at: reader.maybe_instant("deliver_at")?,
        ledger: Ledger::from_bytes(reader.bytes("ledger")?).map_err(|error| reader.damaged(error))?,
    };
    Ok(Some((event, reader.maybe_number::<usize>("ledger_pages")?.is_some())))
}

/// No channel's name holds a space.
fn channels(reader: &ItemReader) -> Result<Vec<Channel>, StoreError> {
    let names = reader.maybe_text("channels")?.unwrap_or_default().split_ascii_whitespace();
    names.map(|name| Channel::parse(name).map_err(|error| reader.damaged(error))).collect()
}
