//! What does each action do when an SDK in this process asks? The same as at dynoxide's server, but that a request is read
//! once, and that a batch of puts is one commit.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use dynoxide::actions::batch_write_item::{BatchWriteItemRequest, BatchWriteItemResponse};
use dynoxide::types::{AttributeValue, Item, KeySchemaElement, MAX_ITEM_SIZE, item_size};
use dynoxide::{Database, DynoxideError, ImportOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::in_process::{self, Answer};

pub(super) fn act(database: &Database, action: &str, body: &[u8]) -> Answer {
    let answered = match action {
        "BatchGetItem" => answer(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => answer(body, |request| batch_write_item(database, request)),
        "CreateTable" => answer(body, |request| database.create_table(request)),
        "DeleteItem" => answer(body, |request| database.delete_item(request)),
        "GetItem" => answer(body, |request| database.get_item(request)),
        "PutItem" => answer(body, |request| database.put_item(request)),
        "Query" => answer(body, |request| database.query(request)),
        "Scan" => answer(body, |request| database.scan(request)),
        "TransactWriteItems" => answer(body, |request| database.transact_write_items(request)),
        "UpdateItem" => answer(body, |request| database.update_item(request)),
        "UpdateTimeToLive" => answer(body, |request| database.update_time_to_live(request)),
        other => Err(DynoxideError::UnsupportedCapability(other.to_owned())),
    };
    let (status, body) = match answered {
        Ok(body) => (200, body),
        Err(error) => (error.status_code(), error.to_json()),
    };
    Answer { status, headers: vec![in_process::json()], body }
}

fn answer<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    act: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> dynoxide::Result<String> {
    let request = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    serde_json::to_string(&act(request)?)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// What dynoxide says of a request that it cannot read; it marks what AWS calls a mistake in a value.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or_default();
    let marked = ["VALIDATION_REQUEST:", "VALIDATION:"].iter().find_map(|mark| message.strip_prefix(mark));
    match marked {
        Some(mistake) => DynoxideError::ValidationException(mistake.to_owned()),
        None => DynoxideError::SerializationException(message.to_owned()),
    }
}

/// Rows that are put are committed together. By itself dynoxide commits each, and prepares its statements anew; that costs
/// more than the row.
fn batch_write_item(
    database: &Database,
    mut request: BatchWriteItemRequest,
) -> dynoxide::Result<BatchWriteItemResponse> {
    let Some((table, items)) = take_plain_puts(database, &mut request)? else {
        return database.batch_write_item(request);
    };
    let options = ImportOptions { record_streams: true, ..ImportOptions::default() };
    database.import_items(&table, items, options)?;
    Ok(BatchWriteItemResponse::default())
}

/// DynamoDB takes this many writes in one BatchWriteItem.
const BATCH_WRITES: RangeInclusive<usize> = 1..=25;

/// Takes the rows out of a request that puts plain rows into one table, each once, and wants to know nothing more. What
/// else a request may hold, and what may be wrong with it, dynoxide knows.
fn take_plain_puts(
    database: &Database,
    request: &mut BatchWriteItemRequest,
) -> dynoxide::Result<Option<(String, Vec<Item>)>> {
    let asks = request.return_consumed_capacity.is_some() || request.return_item_collection_metrics.is_some();
    let mut tables = request.request_items.iter();
    let (false, Some((table, writes)), None) = (asks, tables.next(), tables.next()) else { return Ok(None) };
    let key_names = key_names(database, table)?;
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
fn key_names(database: &Database, table: &str) -> dynoxide::Result<Vec<String>> {
    let Some(table) = database.get_table_metadata(table)? else { return Ok(Vec::new()) };
    let schema: Vec<KeySchemaElement> = serde_json::from_str(&table.key_schema)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))?;
    Ok(schema.into_iter().map(|key| key.attribute_name).collect())
}
