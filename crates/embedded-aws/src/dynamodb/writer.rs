//! How do many batches of rows share one commit? A thread of their own commits those that have queued up, together; a batch
//! is answered only when its rows are durable. By itself dynoxide commits each row, which costs more than the row.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::mpsc;

use aws_smithy_types::body::SdkBody;
use dynoxide::actions::batch_write_item::{BatchWriteItemRequest, BatchWriteItemResponse};
use dynoxide::types::{AttributeValue, Item, KeySchemaElement, MAX_ITEM_SIZE, item_size};
use dynoxide::{Database, DynoxideError, ImportOptions};
use tokio::sync::oneshot;

use super::actions;
use crate::EmulatorError;

/// Most batches in one commit.
const GROUP: usize = 64;

/// DynamoDB takes this many writes in one BatchWriteItem.
const BATCH_WRITES: RangeInclusive<usize> = 1..=25;

type Answer = dynoxide::Result<BatchWriteItemResponse>;

/// A handle of the thread; it ends when the last handle is gone.
#[derive(Clone)]
pub(super) struct Writer(mpsc::Sender<Batch>);

/// A BatchWriteItem that waits for its commit.
struct Batch {
    request: BatchWriteItemRequest,
    /// What the request was read from.
    body: SdkBody,
    answer: oneshot::Sender<Answer>,
}

/// Rows of one table, and the batches they are of.
#[derive(Default)]
struct Together {
    items: Vec<Item>,
    batches: Vec<Batch>,
}

impl Writer {
    pub(super) fn start(database: Database) -> Result<Self, EmulatorError> {
        let (sender, receiver) = mpsc::channel::<Batch>();
        std::thread::Builder::new().name("embedded-dynamodb".to_owned()).spawn(move || {
            while let Ok(first) = receiver.recv() {
                let more = std::iter::from_fn(|| receiver.try_recv().ok()).take(GROUP - 1);
                write(&database, std::iter::once(first).chain(more).collect());
            }
        })?;
        Ok(Self(sender))
    }

    /// Does the BatchWriteItem of `body`; returns when it is durable.
    pub(super) async fn write(&self, body: SdkBody) -> Answer {
        let (answer, answered) = oneshot::channel();
        let request = actions::read(body.bytes().unwrap_or_default())?;
        self.0.send(Batch { request, body, answer }).map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

impl Batch {
    /// Its request again, if that was taken.
    fn read(&self) -> dynoxide::Result<BatchWriteItemRequest> {
        actions::read(self.body.bytes().unwrap_or_default())
    }

    fn answer(self, answer: Answer) {
        // A request that was dropped meanwhile needs no answer.
        self.answer.send(answer).ok();
    }
}

fn stopped() -> DynoxideError {
    DynoxideError::InternalServerError("the table's file is no longer written".to_owned())
}

/// Rows that are put are committed together. What else a request may hold, and what may be wrong with it, dynoxide knows.
fn write(database: &Database, batches: Vec<Batch>) {
    let (mut tables, mut key_names) = (HashMap::<String, Together>::new(), HashMap::new());
    for mut batch in batches {
        match take_plain_puts(database, &mut key_names, &mut batch.request) {
            Ok(Some((table, items))) => {
                let together = tables.entry(table).or_default();
                together.items.extend(items);
                together.batches.push(batch);
            }
            Ok(None) => {
                let request = std::mem::take(&mut batch.request);
                batch.answer(database.batch_write_item(request));
            }
            Err(error) => batch.answer(Err(error)),
        }
    }
    for (table, Together { items, batches }) in tables {
        let options = ImportOptions { record_streams: true, ..ImportOptions::default() };
        let imported = database.import_items(&table, items, options).is_ok();
        for batch in batches {
            let answer = match imported {
                true => Ok(BatchWriteItemResponse::default()),
                // One batch must not fail the others, and none of them was written.
                false => batch.read().and_then(|request| database.batch_write_item(request)),
            };
            batch.answer(answer);
        }
    }
}

/// Takes the rows out of a request that puts plain rows into one table, each once, and wants to know nothing more.
fn take_plain_puts(
    database: &Database,
    key_names: &mut HashMap<String, Vec<String>>,
    request: &mut BatchWriteItemRequest,
) -> dynoxide::Result<Option<(String, Vec<Item>)>> {
    let asks = request.return_consumed_capacity.is_some() || request.return_item_collection_metrics.is_some();
    let mut tables = request.request_items.iter();
    let (false, Some((table, writes)), None) = (asks, tables.next(), tables.next()) else { return Ok(None) };
    let key_names = match key_names.get(table) {
        Some(names) => names,
        None => key_names.entry(table.clone()).or_insert(key_names_of(database, table)?),
    };
    let mut keys = HashSet::with_capacity(writes.len());
    let plain = writes.iter().all(|write| {
        let (Some(put), None) = (&write.put_request, &write.delete_request) else { return false };
        let key: Option<Vec<&str>> = key_names.iter().map(|name| text(put.item.get(name)?)).collect();
        is_plain(&put.item) && key.is_some_and(|key| keys.insert(key))
    });
    if !plain || key_names.is_empty() || !BATCH_WRITES.contains(&writes.len()) {
        return Ok(None);
    }
    let taken = request.request_items.drain().next();
    Ok(taken.map(|(table, writes)| {
        (table, writes.into_iter().filter_map(|write| Some(write.put_request?.item)).collect())
    }))
}

/// Whether a row is of a size that is taken, its attributes have names, and none holds others.
fn is_plain(item: &Item) -> bool {
    let plain = |(name, value): (&String, &AttributeValue)| {
        !name.is_empty() && !matches!(value, AttributeValue::L(_) | AttributeValue::M(_))
    };
    item_size(item) <= MAX_ITEM_SIZE && item.iter().all(plain)
}

fn text(value: &AttributeValue) -> Option<&str> {
    match value {
        AttributeValue::S(text) => Some(text),
        _ => None,
    }
}

/// The attributes of a table's key; none if there is no such table.
fn key_names_of(database: &Database, table: &str) -> dynoxide::Result<Vec<String>> {
    let Some(table) = database.get_table_metadata(table)? else { return Ok(Vec::new()) };
    let schema: Vec<KeySchemaElement> = serde_json::from_str(&table.key_schema)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))?;
    Ok(schema.into_iter().map(|key| key.attribute_name).collect())
}
