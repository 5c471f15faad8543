//! Are rows of an older version read as that version wrote them? Golden files of the stored format: one item of each kind
//! and state, with DynamoDB's typed attributes, as commit 450c9f3 put it.
//!
//! What a row must say is taken from its own attributes; what is sealed or compressed in it, from the manifest and the
//! API's answers that `tests/data/make-old-data.py` kept in the same run.

mod access;
mod definitions;
mod deliveries;
mod endpoints;
mod events;
mod sources;
mod working_state;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::timestamp::Timestamp;
use serde_json::{Map, Value, json};
use store::{KeyWrapper, Window};

use crate::{DAY, Table, table_of};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/450c9f3");
const OLD_DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/450c9f3");

type Item = HashMap<String, AttributeValue>;

fn document(folder: &str, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(Path::new(folder).join(name)).unwrap()).unwrap()
}

/// What the older version's API answered.
fn answers() -> Map<String, Value> {
    document(OLD_DATA, "answers.json").as_object().unwrap().clone()
}

/// When the older version stopped.
fn then() -> Timestamp {
    Timestamp::from_millis(document(OLD_DATA, "manifest.json")["stopped_at"].as_i64().unwrap())
}

/// A golden file's item.
fn item(name: &str) -> Item {
    item_in(GOLDEN, name)
}

fn item_in(folder: &str, name: &str) -> Item {
    let item = document(folder, &format!("{name}.json"));
    let attribute = |value: &Value| {
        let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
        let text = value.as_str().unwrap();
        match kind.as_str() {
            "S" => AttributeValue::S(text.to_owned()),
            "N" => AttributeValue::N(text.to_owned()),
            "B" => AttributeValue::B(Blob::new(STANDARD.decode(text).unwrap())),
            other => panic!("{name} has an attribute of the type {other}"),
        }
    };
    item.as_object().unwrap().iter().map(|(name, value)| (name.clone(), attribute(value))).collect()
}

fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item[name].as_s().unwrap()
}

fn number(item: &Item, name: &str) -> i64 {
    item[name].as_n().unwrap().parse().unwrap()
}

/// The part of a key after its `#`s.
fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(item: &Item, key: &str, part: usize) -> T {
    text(item, key).split('#').nth(part).unwrap().parse().unwrap()
}

/// Texts and numbers of an item, without those that only lead to it.
fn said(item: &Item) -> Value {
    let leading =
        ["PK", "SK", "entity", "expires_at", "lookup", "lookup_sort", "undelivered", "undelivered_sort"];
    let plain = |value: &AttributeValue| match value {
        AttributeValue::S(text) => Some(json!(text)),
        AttributeValue::N(digits) => Some(json!(digits.parse::<i64>().unwrap())),
        _ => None,
    };
    let said = item.iter().filter(|(name, _)| !leading.contains(&name.as_str()));
    said.filter_map(|(name, value)| Some((name.clone(), plain(value)?))).collect::<Map<_, _>>().into()
}

/// Members with a value.
fn present(mut members: Value) -> Value {
    members.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    members
}

fn millis(instant: Option<Timestamp>) -> Option<i64> {
    instant.map(Timestamp::as_millis)
}

/// A table of today's with these rows in it, which opens secrets with the older version's key.
async fn table_with(names: &[&str]) -> Table {
    let key = std::fs::read_to_string(Path::new(GOLDEN).join("data-key")).unwrap();
    let key = STANDARD.decode(key.trim()).unwrap().try_into().unwrap();
    let table = table_of(KeyWrapper::local(key)).await;
    for name in names {
        let put = table.client.put_item().table_name("posthorn").set_item(Some(item(name)));
        put.send().await.unwrap();
    }
    table
}

/// The items of a table by the names of their golden files: what they are, and a number for each further one.
async fn items(table: &Table) -> BTreeMap<String, Item> {
    let mut items = table.client.scan().table_name("posthorn").send().await.unwrap().items.unwrap();
    items.sort_by_key(|item| (text(item, "PK").to_owned(), text(item, "SK").to_owned()));
    let mut named = BTreeMap::new();
    for item in items {
        let name = text(&item, "entity").replace([' ', '_'], "-");
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !named.contains_key(name));
        named.insert(free.unwrap(), item);
    }
    named
}

fn typed(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(digits) => json!({ "N": digits }),
        AttributeValue::B(blob) => json!({ "B": STANDARD.encode(blob.as_ref()) }),
        other => panic!("{other:?}"),
    }
}

/// What of an item is not sealed: it is written today as it was then.
fn open(item: &Item) -> BTreeMap<String, Value> {
    let open = item.iter().filter(|(_, value)| !value.is_b());
    open.map(|(name, value)| (name.clone(), typed(value))).collect()
}

/// Writes the files of a folder anew if `UPDATE_GOLDEN=1` asks for it.
#[expect(clippy::disallowed_methods, reason = "a test is asked to accept new rows this way")]
fn accept_if_asked(folder: &str, items: &BTreeMap<String, Item>) {
    if std::env::var_os("UPDATE_GOLDEN").is_none() {
        return;
    }
    for (name, item) in items {
        let item: BTreeMap<_, _> = item.iter().map(|(name, value)| (name, typed(value))).collect();
        let text = format!("{}\n", serde_json::to_string_pretty(&item).unwrap());
        std::fs::write(format!("{folder}/{name}.json"), text).unwrap();
    }
}

fn everything() -> Window {
    Window { since: Timestamp::from_millis(then().as_millis() - 3_600_000), until: then().plus(DAY) }
}

#[test]
fn every_golden_file_is_read() {
    let files =
        std::fs::read_dir(GOLDEN).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<_> = files.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect();
    let endpoints = endpoints::ENDPOINTS.map(|(file, _)| file);
    let read = [
        &access::ACCESS[..],
        &deliveries::DELIVERIES,
        &endpoints,
        &events::EVENTS,
        &working_state::WORKING_STATE,
    ]
    .concat();
    assert_eq!(files, read.into_iter().map(str::to_owned).collect());
}
