//! How are events kept?
//! One row per event, with its payload and its ledger; the part of a long ledger that does not fit is in further rows.

use std::str::FromStr as _;

use domain::audit::AuditEntry;
use domain::event::cause::Cause;
use domain::event::channel::Channel;
use domain::event::event_type::EventType;
use domain::event::ledger::Ledger;
use domain::event::operational;
use domain::event::{Event, Payload};
use domain::hex::hex;
use domain::id::{EventId, WorkspaceId};
use domain::timestamp::Timestamp;
use domain::trace_parent::TraceParent;
use domain::uid::Uid;
use sha2::{Digest as _, Sha256};

use crate::Store;
use crate::error::StoreError;
use crate::keys;
use crate::rows::payload;
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::query::Range;
use crate::table::update::Update;

pub(super) const ENTITY: &str = "event";
const LEDGER_ENTITY: &str = "ledger page";
/// The attribute that the rows of a test's event and delivery have.
pub(crate) const TEST: &str = "test";
/// The number of ledger entries in the event's row: 16 bytes each, so at most 4 KB.
pub const LEDGER_ENDPOINTS_INLINE: usize = 256;
/// The number of ledger entries in each further row: 32 KB.
const LEDGER_ENDPOINTS_PER_PAGE: usize = 2_048;

/// The state of an event's payload.
#[derive(Debug, Clone)]
pub enum StoredPayload {
    /// It is there.
    Kept(KeptPayload),
    /// It was erased by hand.
    Erased,
    /// There is no such event, or it has expired.
    Gone,
}

/// A payload, and what else an attempt needs of its event.
#[derive(Debug, Clone)]
pub struct KeptPayload {
    /// The payload.
    pub payload: Payload,
    /// The event's channels.
    pub channels: Vec<Channel>,
    /// The parent span of the event's deliveries.
    pub trace: Option<TraceParent>,
}

/// How much of an event's row was read.
#[derive(Clone, Copy)]
pub(super) enum Detail {
    Whole,
    /// All but the payload.
    WithoutPayload,
}

/// The rows of a ledger that does not fit its event's row.
#[derive(Debug, Clone)]
pub(super) struct LedgerPages {
    pages: usize,
    digest: String,
}

/// What came of the write of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SavedEvent {
    /// It is written.
    Done,
    /// There is one with its id. Nothing is written.
    Exists,
    /// Another event of the workspace has its uid. Nothing is written.
    UidTaken,
}

/// An event's row, ready to be written.
#[derive(Debug)]
pub struct EventRow(Attributes);

impl Store {
    /// Writes an event, to be kept until `expires_at`. Gives `false` when there is one with this id already.
    ///
    /// A ledger too long for the row is written first, so that an event that can be read is complete. Its rows stand
    /// under a digest that the event's row carries: of two writers of one id, the one that loses changes nothing of
    /// what the other wrote, and its own rows are never read.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_event(&self, event: &Event, expires_at: Timestamp) -> Result<bool, StoreError> {
        let EventRow(item) = self.event_row(event, expires_at).await?;
        self.put_new(item).await
    }

    /// Writes an event and, in the same transaction, the row of its uid: there is never one without the other, so an event
    /// whose uid is taken was accepted.
    ///
    /// # Errors
    /// As for [`Self::save_event`].
    pub async fn save_event_and_uid(
        &self,
        event: &Event,
        uid: &Uid,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<SavedEvent, StoreError> {
        let EventRow(item) = self.event_row(event, expires_at).await?;
        let parts = vec![
            self.part_put(item, Some("attribute_not_exists(PK)"))?,
            self.event_uid_part(event.workspace_id, event.id, uid, (now, expires_at))?,
        ];
        Ok(match self.transact(parts).await? {
            None => SavedEvent::Done,
            Some(0) => SavedEvent::Exists,
            Some(_) => SavedEvent::UidTaken,
        })
    }

    /// Writes the rows of events with generated ids, so that no row can have the same key. All of them or an error.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_new_events(&self, rows: Vec<EventRow>) -> Result<(), StoreError> {
        self.put_all(rows.into_iter().map(|EventRow(item)| item).collect()).await
    }

    /// The row of an event that is kept until `expires_at`; the part of its ledger that does not fit is written first.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn event_row(&self, event: &Event, expires_at: Timestamp) -> Result<EventRow, StoreError> {
        let mut pages = event.ledger.pages(LEDGER_ENDPOINTS_INLINE);
        let inline = pages.remove(0);
        let mut rest = Ledger::default();
        pages.into_iter().for_each(|page| rest.append(page));
        let rest = if rest.is_empty() {
            None
        } else {
            Some(self.save_ledger_pages(event, &rest, expires_at).await?)
        };
        let (encoding, bytes) = payload::encode(&event.payload);
        let item = ItemWriter::new(&keys::event(event.workspace_id, event.id), ENTITY)
            .text("type", &event.event_type)
            .maybe(event.uid.as_ref(), |item, uid| item.text("uid", uid))
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
            .maybe(event.trace, |item, trace| item.text("trace", trace))
            .maybe(event.is_test.then_some(1), |item, yes| item.number(TEST, yes))
            .maybe(event.caused_by.as_ref(), |item, cause| item.text("caused_by", cause))
            .maybe(rest, |item, rest| {
                item.number("ledger_pages", rest.pages).text("ledger_digest", rest.digest)
            })
            .expires_at(expires_at)
            .build();
        Ok(EventRow(item))
    }

    async fn save_ledger_pages(
        &self,
        event: &Event,
        rest: &Ledger,
        expires_at: Timestamp,
    ) -> Result<LedgerPages, StoreError> {
        let digest = digest(rest, expires_at);
        let pages = rest.pages(LEDGER_ENDPOINTS_PER_PAGE);
        for (index, page) in pages.iter().enumerate() {
            let key = keys::ledger_page(event.workspace_id, event.id, &digest, index + 1);
            let item = ItemWriter::new(&key, LEDGER_ENTITY)
                .bytes("ledger", page.to_bytes())
                .expires_at(expires_at)
                .build();
            self.put(item).await?;
        }
        Ok(LedgerPages { pages: pages.len(), digest })
    }

    pub(super) async fn load_ledger_pages(
        &self,
        workspace: WorkspaceId,
        event: EventId,
        rest: &LedgerPages,
    ) -> Result<Ledger, StoreError> {
        let partition = keys::ledger_page(workspace, event, &rest.digest, 1).pk;
        let range = Range::prefix(partition, keys::PAGE_PREFIX).consistent();
        let rows = self.query(&range, rest.pages).await?.rows;
        if rows.len() != rest.pages {
            return Err(StoreError::damaged(LEDGER_ENTITY, "some are missing"));
        }
        let mut ledger = Ledger::default();
        for row in rows {
            let reader = ItemReader::new(row, LEDGER_ENTITY);
            ledger.append(Ledger::from_bytes(reader.bytes("ledger")?).map_err(|e| reader.damaged(e))?);
        }
        Ok(ledger)
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
        let Some((mut event, rest)) = read(workspace, row, now, Detail::Whole)? else { return Ok(None) };
        if let Some(rest) = rest {
            event.ledger.append(self.load_ledger_pages(workspace, id, &rest).await?);
        }
        Ok(Some(event))
    }

    /// The event without its payload, and with no more of a long ledger than its own row holds, by one read.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_event_row(
        &self,
        workspace: WorkspaceId,
        id: EventId,
        now: Timestamp,
    ) -> Result<Option<Event>, StoreError> {
        let Some(row) = self.load(&keys::event(workspace, id)).await? else { return Ok(None) };
        read_listed(workspace, &ItemReader::new(row, ENTITY), now)
    }

    /// The current payload of an event, by one read without the ledger.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_payload(
        &self,
        workspace: WorkspaceId,
        id: EventId,
        now: Timestamp,
    ) -> Result<StoredPayload, StoreError> {
        let Some(row) = self.load(&keys::event(workspace, id)).await? else { return Ok(StoredPayload::Gone) };
        let reader = ItemReader::new(row, ENTITY);
        if has_expired(&reader, now)? {
            return Ok(StoredPayload::Gone);
        }
        match reader.maybe_instant("erased_at")? {
            Some(_) => Ok(StoredPayload::Erased),
            None => Ok(StoredPayload::Kept(KeptPayload {
                payload: stored_payload(&reader)?,
                channels: channels(&reader)?,
                trace: trace(&reader)?,
            })),
        }
    }

    /// Erases an event's payload and keeps everything else; whether there is such an event. One that was erased before
    /// stays as it is, without another audit entry.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn erase_payload(
        &self,
        workspace: WorkspaceId,
        id: EventId,
        now: Timestamp,
        entry: Option<&AuditEntry>,
    ) -> Result<bool, StoreError> {
        let update = Update::new(keys::event(workspace, id), ENTITY)
            .set("erased_at = :now")
            .remove("payload, #encoding")
            .when("attribute_exists(PK)")
            .when("attribute_not_exists(erased_at)")
            .name("#encoding", "encoding")
            .instant(":now", now);
        let parts = vec![update.part(self)?];
        match self.transact_audited(parts, entry).await? {
            None => Ok(true),
            Some(_) => Ok(matches!(self.load_payload(workspace, id, now).await?, StoredPayload::Erased)),
        }
    }
}

/// The event, unless it has expired, and the rows in which its ledger goes on.
pub(super) fn read(
    workspace: WorkspaceId,
    row: Attributes,
    now: Timestamp,
    detail: Detail,
) -> Result<Option<(Event, Option<LedgerPages>)>, StoreError> {
    read_row(workspace, &ItemReader::new(row, ENTITY), now, detail)
}

/// The event without its payload, unless it has expired; of a long ledger only what is in the event's own row.
pub(super) fn read_listed(
    workspace: WorkspaceId,
    reader: &ItemReader,
    now: Timestamp,
) -> Result<Option<Event>, StoreError> {
    Ok(read_row(workspace, reader, now, Detail::WithoutPayload)?.map(|(event, _)| event))
}

fn read_row(
    workspace: WorkspaceId,
    reader: &ItemReader,
    now: Timestamp,
    detail: Detail,
) -> Result<Option<(Event, Option<LedgerPages>)>, StoreError> {
    if has_expired(reader, now)? {
        return Ok(None);
    }
    let erased_at = reader.maybe_instant("erased_at")?;
    let event_type = EventType::parse(reader.text("type")?).map_err(|error| reader.damaged(error))?;
    let event = Event {
        id: reader.parsed(keys::SK)?,
        uid: uid(reader)?,
        workspace_id: workspace,
        is_test: is_test(reader, &event_type)?,
        caused_by: reader
            .maybe_text("caused_by")?
            .map(Cause::from_str)
            .transpose()
            .map_err(|error| reader.damaged(error))?,
        event_type,
        occurred_at: reader.instant("occurred_at")?,
        payload: match detail {
            Detail::Whole if erased_at.is_none() => stored_payload(reader)?,
            Detail::Whole | Detail::WithoutPayload => payload::decode("json", b"null")?,
        },
        erased_at,
        channels: channels(reader)?,
        deliver_at: reader.maybe_instant("deliver_at")?,
        trace: trace(reader)?,
        ledger: Ledger::from_bytes(reader.bytes("ledger")?).map_err(|error| reader.damaged(error))?,
    };
    let rest = match reader.maybe_number("ledger_pages")? {
        None => None,
        Some(pages) => Some(LedgerPages { pages, digest: reader.text("ledger_digest")?.to_owned() }),
    };
    Ok(Some((event, rest)))
}

/// The digest of the part of a ledger that is in further rows.
fn digest(rest: &Ledger, expires_at: Timestamp) -> String {
    let mut hash = Sha256::new();
    hash.update(expires_at.as_seconds().to_be_bytes());
    hash.update(rest.to_bytes());
    hex(&hash.finalize())
}

/// DynamoDB deletes an expired row late, up to days later.
fn has_expired(reader: &ItemReader, now: Timestamp) -> Result<bool, StoreError> {
    Ok(reader.number::<i64>(keys::EXPIRES_AT)? <= now.as_seconds())
}

/// Whether a row is that of a test. One that was written before it had the attribute is known by the event's type.
pub(crate) fn is_test(reader: &ItemReader, event_type: &EventType) -> Result<bool, StoreError> {
    Ok(reader.maybe_number::<u8>(TEST)?.is_some() || operational::is_test(event_type))
}

fn stored_payload(reader: &ItemReader) -> Result<Payload, StoreError> {
    payload::decode(reader.text("encoding")?, reader.bytes("payload")?)
}

fn trace(reader: &ItemReader) -> Result<Option<TraceParent>, StoreError> {
    let trace = reader.maybe_text("trace")?.map(str::parse).transpose();
    trace.map_err(|error| reader.damaged(error))
}

/// The uid of an event's row.
pub(super) fn uid(reader: &ItemReader) -> Result<Option<Uid>, StoreError> {
    let uid = reader.maybe_text("uid")?.map(str::parse).transpose();
    uid.map_err(|error| reader.damaged(error))
}

/// No channel's name holds a space.
fn channels(reader: &ItemReader) -> Result<Vec<Channel>, StoreError> {
    let names = reader.maybe_text("channels")?.unwrap_or_default().split_ascii_whitespace();
    names.map(|name| Channel::parse(name).map_err(|error| reader.damaged(error))).collect()
}
