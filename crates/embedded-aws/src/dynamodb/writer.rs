//! How do many batches of rows share one commit?
//! Group commit: a writer thread commits all batches that have queued up together, and answers a batch only when its
//! rows are durable.
//!
//! Without it, dynoxide commits each row separately, and the commit costs more than writing the row.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::mpsc;

use aws_smithy_types::body::SdkBody;
use dynoxide::actions::batch_write_item::{BatchWriteItemRequest, BatchWriteItemResponse};
use dynoxide::types::{AttributeValue, Item, KeySchemaElement, MAX_ITEM_SIZE, item_size};
use dynoxide::{Database, DynoxideError, ImportOptions};
use tokio::sync::oneshot;

use super::request;
use crate::EmulatorError;

/// Most batches that are taken from the queue at once.
const GROUP: usize = 64;

/// From so many rows on a commit is not made larger, because readers wait for the commit.
const MANY: usize = 400;

/// DynamoDB accepts this many writes in one BatchWriteItem.
const BATCH_WRITES: RangeInclusive<usize> = 1..=25;

type Written = dynoxide::Result<BatchWriteItemResponse>;

/// A handle of the writer thread. The thread ends when the last handle is dropped and all queued batches are written.
#[derive(Clone)]
pub(super) struct Writer(mpsc::Sender<Batch>);

/// A BatchWriteItem that waits for its commit.
struct Batch {
    request: BatchWriteItemRequest,
    /// The body that the request was parsed from.
    body: SdkBody,
    answer: oneshot::Sender<Written>,
}

/// Rows of one table to be committed together, and the batches that they came from.
#[derive(Default)]
struct Together {
    table: String,
    items: Vec<Item>,
    batches: Vec<Batch>,
}

impl Writer {
    pub(super) fn start(database: Database) -> Result<Self, EmulatorError> {
        let (sender, receiver) = mpsc::channel::<Batch>();
        std::thread::Builder::new().name("embedded-dynamodb".to_owned()).spawn(move || {
            while let Ok(first) = receiver.recv() {
                let more = std::iter::from_fn(|| receiver.try_recv().ok()).take(GROUP - 1);
                write(&database, std::iter::once(first).chain(more));
            }
        })?;
        Ok(Self(sender))
    }

    /// Carries out the BatchWriteItem of `body`; returns when its rows are durable.
    pub(super) async fn write(&self, body: SdkBody) -> Written {
        let (answer, answered) = oneshot::channel();
        let request = request::read(body.bytes().unwrap_or_default())?;
        self.0.send(Batch { request, body, answer }).map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

impl Batch {
    fn answer(self, written: Written) {
        // A request that was dropped meanwhile needs no answer.
        self.answer.send(written).ok();
    }
}

fn stopped() -> DynoxideError {
    DynoxideError::InternalServerError("the table is no longer written".to_owned())
}

/// Writes batches with the same result as one after another. Plain puts are committed together. Any other request, and
/// any invalid request, is left to dynoxide.
fn write(database: &Database, batches: impl Iterator<Item = Batch>) {
    let (mut together, mut key_names) = (Together::default(), HashMap::new());
    for mut batch in batches {
        match take_plain_puts(database, &mut key_names, &mut batch.request) {
            Ok(Some((table, items))) => {
                if together.table != table || together.items.len() >= MANY {
                    std::mem::take(&mut together).commit(database);
                    together.table = table;
                }
                together.items.extend(items);
                together.batches.push(batch);
            }
            Ok(None) => {
                std::mem::take(&mut together).commit(database);
                let request = std::mem::take(&mut batch.request);
                batch.answer(database.batch_write_item(request));
            }
            Err(error) => batch.answer(Err(error)),
        }
    }
    together.commit(database);
}

impl Together {
    fn commit(self, database: &Database) {
        let Self { table, items, batches } = self;
        if batches.is_empty() {
            return;
        }
        let options = ImportOptions { record_streams: true, ..ImportOptions::default() };
        match database.import_items(&table, items, options) {
            Ok(_) => {
                batches.into_iter().for_each(|batch| batch.answer(Ok(BatchWriteItemResponse::default())))
            }
            // Nothing is written, because one request is invalid. It must not fail the others, so each is done
            // separately.
            Err(mistake) if mistake.status_code() < 500 => {
                for batch in batches {
                    let request = request::read(batch.body.bytes().unwrap_or_default());
                    batch.answer(request.and_then(|request| database.batch_write_item(request)));
                }
            }
            Err(fault) => {
                tracing::error!(error = %fault, "the file of the embedded DynamoDB could not be written");
                for batch in batches {
                    batch.answer(Err(DynoxideError::InternalServerError(fault.to_string())));
                }
            }
        }
    }
}

/// Takes the rows out of a request, if it only puts plain rows into one table, each row once, and asks for no metrics.
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

/// Whether a row is within the size limit, and each attribute has a name and is not a list or a map.
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

/// The names of a table's key attributes; empty if there is no such table.
fn key_names_of(database: &Database, table: &str) -> dynoxide::Result<Vec<String>> {
    let Some(table) = database.get_table_metadata(table)? else { return Ok(Vec::new()) };
    let schema: Vec<KeySchemaElement> = serde_json::from_str(&table.key_schema)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))?;
    Ok(schema.into_iter().map(|key| key.attribute_name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const TABLE: &str = "rows";

    /// One write of a batch.
    #[derive(Debug, Clone)]
    enum Write {
        /// A row, what it holds, and where it is listed.
        Put(u8, u8, Option<u8>),
        Delete(u8),
        Mistake,
    }

    /// Few rows, so that batches replace what others have written.
    fn writes() -> impl Strategy<Value = Vec<Write>> {
        let write = prop_oneof![
            20 => (0..8_u8, any::<u8>(), prop::option::of(0..3_u8))
                .prop_map(|(row, value, list)| Write::Put(row, value, list)),
            1 => (0..8_u8).prop_map(Write::Delete),
            1 => Just(Write::Mistake),
        ];
        prop::collection::vec(write, 1..5)
    }

    fn request(writes: &[Write]) -> Value {
        let requests: Vec<Value> = writes
            .iter()
            .map(|write| match write {
                Write::Put(row, value, list) => {
                    let mut item =
                        json!({ "PK": { "S": format!("{row}") }, "value": { "N": format!("{value}") } });
                    if let Some(list) = list {
                        item["list"] = json!({ "S": format!("{list}") });
                    }
                    json!({ "PutRequest": { "Item": item } })
                }
                Write::Delete(row) => {
                    json!({ "DeleteRequest": { "Key": { "PK": { "S": format!("{row}") } } } })
                }
                Write::Mistake => json!({ "PutRequest": { "Item": { "PK": { "S": "" } } } }),
            })
            .collect();
        json!({ "RequestItems": { TABLE: requests } })
    }

    fn database() -> Database {
        let database = Database::memory().unwrap();
        let keys = |name| json!([{ "AttributeName": name, "KeyType": "HASH" }]);
        let attribute = |name| json!({ "AttributeName": name, "AttributeType": "S" });
        let index = json!({
            "IndexName": "lists", "KeySchema": keys("list"), "Projection": { "ProjectionType": "ALL" },
        });
        let table = json!({
            "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys("PK"),
            "AttributeDefinitions": [attribute("PK"), attribute("list")], "GlobalSecondaryIndexes": [index],
        });
        database.create_table(serde_json::from_value(table).unwrap()).unwrap();
        database
    }

    /// All rows, and all rows of the index.
    fn content(database: &Database) -> [Vec<String>; 2] {
        [json!({ "TableName": TABLE }), json!({ "TableName": TABLE, "IndexName": "lists" })].map(|request| {
            let rows = database.scan(serde_json::from_value(request).unwrap()).unwrap();
            let rows = serde_json::to_value(rows).unwrap();
            let mut rows: Vec<_> = rows["Items"].as_array().unwrap().iter().map(Value::to_string).collect();
            rows.sort();
            rows
        })
    }

    fn plain(written: Written) -> Result<(), String> {
        written.map(|_| ()).map_err(|error| error.to_string())
    }

    proptest! {
        #[test]
        fn batches_that_share_a_commit_come_to_what_each_comes_to_by_itself(
            batches in prop::collection::vec(writes(), 1..8),
        ) {
            let (ours, theirs) = (database(), database());
            let (mut waiting, mut answers) = (Vec::new(), Vec::new());
            for batch in &batches {
                let (answer, answered) = oneshot::channel();
                let body = request(batch).to_string();
                waiting.push(Batch { request: request::read(body.as_bytes()).unwrap(), body: body.into(), answer });
                answers.push(answered);
            }
            write(&ours, waiting.into_iter());

            for (batch, mut answered) in batches.iter().zip(answers) {
                let expected = theirs.batch_write_item(serde_json::from_value(request(batch)).unwrap());
                prop_assert_eq!(plain(answered.try_recv().unwrap()), plain(expected), "{:?}", batch);
            }
            prop_assert_eq!(content(&ours), content(&theirs));
        }
    }
}
