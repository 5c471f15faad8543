use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::Event;
use domain::event::channel::Channel;
use domain::event::event_type::{EventType, EventTypePattern};
use domain::event::ledger::{Ledger, SkipReason};
use domain::id::{EndpointId, EventId};
use domain::timestamp::Timestamp;
use serde_json::value::RawValue;
use store::rows::events::{KeptPayload, StoredPayload};
use store::{Listing, Window};

use crate::{DAY, ago, every_page, now, table, workspace};

fn window(days: u32) -> Window {
    Window { since: ago(DAY * days), until: now().plus(DAY) }
}

fn listing(days: u32, limit: usize) -> Listing<EventId, &'static [EventTypePattern]> {
    Listing::newest_first(window(days), &[], limit)
}

pub(super) fn event(at: Timestamp, randomness: u128) -> Event {
    Event {
        id: EventId::new(at, randomness),
        uid: None,
        workspace_id: workspace(1),
        event_type: EventType::parse("invoice.paid").unwrap(),
        occurred_at: at,
        erased_at: None,
        payload: Arc::new(RawValue::from_string(r#"{ "amount" : 4.20e3 }"#.to_owned()).unwrap().into()),
        channels: vec![Channel::parse("eu").unwrap(), Channel::parse("customer:7").unwrap()],
        deliver_at: Some(now()),
        trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().ok(),
        is_test: false,
        caused_by: None,
        ledger: Ledger::default(),
    }
}

/// A ledger of `count` endpoints, every third of them skipped.
fn ledger(count: u128) -> Ledger {
    let mut ledger = Ledger::default();
    for number in 0..count {
        let endpoint = EndpointId::new(now(), number);
        match number % 3 {
            2 => ledger.skipped.push((endpoint, SkipReason::Disabled)),
            _ => ledger.deliveries.push(endpoint),
        }
    }
    ledger
}

#[tokio::test]
async fn an_event_comes_back_byte_for_byte_with_its_whole_ledger() {
    let table = table().await;
    // A ledger that fits the row, one that fills it to the last place, one over several rows, one of the largest.
    for (randomness, endpoints) in [(1, 3), (2, 256), (3, 257), (4, 5_000), (5, 10_000)] {
        let event = Event { ledger: ledger(endpoints), ..event(now(), randomness) };
        assert!(table.store.save_event(&event, now().plus(DAY)).await.unwrap());
        let loaded = table.store.load_event(workspace(1), event.id, now()).await.unwrap().unwrap();
        assert_eq!(loaded.payload.get(), event.payload.get());
        assert_eq!(loaded.ledger, event.ledger, "{endpoints} endpoints");
        assert_eq!((loaded.event_type, loaded.occurred_at), (event.event_type, event.occurred_at));
        assert_eq!((loaded.channels, loaded.deliver_at), (event.channels, event.deliver_at));
    }
}

#[tokio::test]
async fn an_id_is_taken_once() {
    let table = table().await;
    let first = event(now(), 1);
    assert!(table.store.save_event(&first, now().plus(DAY)).await.unwrap());
    let second = Event { event_type: EventType::parse("invoice.void").unwrap(), ..event(now(), 1) };
    assert!(!table.store.save_event(&second, now().plus(DAY)).await.unwrap());
    let stored = table.store.load_event(workspace(1), first.id, now()).await.unwrap().unwrap();
    assert_eq!(stored.event_type, first.event_type);
}

#[tokio::test]
async fn the_long_ledger_of_whoever_comes_second_changes_nothing_of_the_firsts() {
    let table = table().await;
    let first = Event { ledger: ledger(700), ..event(now(), 1) };
    assert!(table.store.save_event(&first, now().plus(DAY)).await.unwrap());
    let second = Event { ledger: ledger(5_000), ..event(now(), 1) };
    assert!(!table.store.save_event(&second, now().plus(DAY)).await.unwrap());
    let elsewhere = Event { ledger: ledger(3_000), workspace_id: workspace(2), ..event(now(), 1) };
    assert!(table.store.save_event(&elsewhere, now().plus(DAY)).await.unwrap());
    for event in [first, elsewhere] {
        let stored = table.store.load_event(event.workspace_id, event.id, now()).await.unwrap().unwrap();
        assert_eq!(stored.ledger, event.ledger, "{}", event.workspace_id);
    }
}

#[tokio::test]
async fn a_ledger_that_lost_a_row_is_damage_and_never_a_shorter_ledger() {
    let table = table().await;
    let event = Event { ledger: ledger(5_000), ..event(now(), 1) };
    assert!(table.store.save_event(&event, now().plus(DAY)).await.unwrap());
    let rows = table.client.scan().table_name("posthorn").send().await.unwrap();
    let page = rows.items().iter().find(|row| row["SK"].as_s().unwrap() == "PAGE#0002").unwrap();
    let key = ["PK", "SK"].map(|name| (name.to_owned(), page[name].clone()));
    let delete = table.client.delete_item().table_name("posthorn").set_key(Some(key.into()));
    delete.send().await.unwrap();
    assert!(table.store.load_event(workspace(1), event.id, now()).await.is_err());
}

#[tokio::test]
async fn another_workspaces_event_is_not_found() {
    let table = table().await;
    let event = event(now(), 1);
    table.store.save_event(&event, now().plus(DAY)).await.unwrap();
    assert!(table.store.load_event(workspace(2), event.id, now()).await.unwrap().is_none());
    let list = table.store.list_events(workspace(2), &listing(1, 10), now()).await.unwrap();
    assert!(list.rows.is_empty() && list.next.is_none());
}

#[tokio::test]
async fn an_expired_event_is_gone_even_while_its_row_is_still_there() {
    let table = table().await;
    let event = event(now(), 1);
    table.store.save_event(&event, now().plus(DAY)).await.unwrap();
    let later = now().plus(DAY);
    assert!(table.store.load_event(workspace(1), event.id, later).await.unwrap().is_none());
    let list = table.store.list_events(workspace(1), &listing(1, 10), later).await.unwrap();
    assert!(list.rows.is_empty());
}

#[tokio::test]
async fn a_list_is_newest_first_over_shards_and_days_whatever_the_size_of_its_pages() {
    let table = table().await;
    // Five days with a gap between them, and many events of the same millisecond.
    let mut saved = Vec::new();
    for (day, count) in [(0u32, 40u128), (1, 3), (4, 30), (9, 1), (20, 12)] {
        for randomness in 0..count {
            let event = event(ago(DAY * day), randomness * 7 + u128::from(day));
            table.store.save_event(&event, now().plus(DAY)).await.unwrap();
            saved.push(event.id);
        }
    }
    saved.sort_unstable();
    saved.reverse();
    for limit in [1, 7, 250] {
        let listed = every_page(async |before| {
            let page = listing(30, limit).beyond(before);
            table.store.list_events(workspace(1), &page, now()).await.unwrap()
        });
        let listed: Vec<_> = listed.await.into_iter().map(|event| event.id).collect();
        assert_eq!(listed, saved, "pages of {limit}");
    }
}

#[tokio::test]
async fn a_list_leaves_payloads_where_they_are() {
    let table = table().await;
    let event = event(now(), 1);
    table.store.save_event(&event, now().plus(DAY)).await.unwrap();
    let key = store::keys::event(workspace(1), event.id);
    let damage = table.client.update_item().table_name("posthorn");
    let damage = damage.key("PK", AttributeValue::S(key.pk)).key("SK", AttributeValue::S(key.sk));
    let damage = damage.update_expression("SET #e = :e").expression_attribute_names("#e", "encoding");
    damage.expression_attribute_values(":e", AttributeValue::S("none".to_owned())).send().await.unwrap();
    assert!(table.store.load_event(workspace(1), event.id, now()).await.is_err());
    let list = table.store.list_events(workspace(1), &listing(1, 10), now()).await.unwrap();
    assert_eq!((list.rows[0].channels.len(), list.rows[0].payload.get()), (2, "null"));
}

#[tokio::test]
async fn a_payload_is_read_without_its_ledger() {
    let table = table().await;
    let event = Event { ledger: ledger(3_000), ..event(now(), 1) };
    table.store.save_event(&event, now().plus(DAY)).await.unwrap();
    let rows = table.client.scan().table_name("posthorn").send().await.unwrap();
    for page in rows.items().iter().filter(|row| row["SK"].as_s().unwrap().starts_with("PAGE#")) {
        let key = ["PK", "SK"].map(|name| (name.to_owned(), page[name].clone()));
        let delete = table.client.delete_item().table_name("posthorn").set_key(Some(key.into()));
        delete.send().await.unwrap();
    }
    let load = async |at| table.store.load_payload(workspace(1), event.id, at).await.unwrap();
    let StoredPayload::Kept(KeptPayload { payload, .. }) = load(now()).await else { panic!("it is there") };
    assert_eq!(payload.get(), event.payload.get());
    assert!(matches!(load(now().plus(DAY)).await, StoredPayload::Gone));
    table.store.erase_payload(workspace(1), event.id, now(), None).await.unwrap();
    assert!(matches!(load(now()).await, StoredPayload::Erased));
}

#[tokio::test]
async fn an_erased_payload_is_gone_and_the_rest_stays() {
    let table = table().await;
    let event = Event { ledger: ledger(3), ..event(now(), 1) };
    table.store.save_event(&event, now().plus(DAY)).await.unwrap();
    assert!(table.store.erase_payload(workspace(1), event.id, now(), None).await.unwrap());
    let loaded = table.store.load_event(workspace(1), event.id, now()).await.unwrap().unwrap();
    assert_eq!((loaded.payload.get(), loaded.erased_at), ("null", Some(now())));
    assert_eq!(loaded.ledger, event.ledger);
    let list = table.store.list_events(workspace(1), &listing(1, 10), now()).await.unwrap();
    assert_eq!((list.rows[0].erased_at, &list.rows[0].ledger), (Some(now()), &event.ledger));
    let rows = table.client.scan().table_name("posthorn").send().await.unwrap();
    assert!(rows.items().iter().all(|row| !row.contains_key("payload")));
    let other = EventId::new(now(), 9);
    assert!(!table.store.erase_payload(workspace(1), other, now(), None).await.unwrap());
}

/// Text that does not compress much.
fn noise(seed: u64, chars: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'0' + u8::try_from(state % 75).unwrap()).to_string().replace('\\', "/")
    };
    (0..chars).map(|_| next()).collect()
}

#[tokio::test]
async fn a_page_ends_after_so_many_bytes_too_and_the_list_goes_on() {
    let table = table().await;
    for number in 0..130 {
        let text = format!("\"{}\"", noise(number, 250_000));
        let payload = Arc::new(RawValue::from_string(text).unwrap().into());
        let event = Event { payload, ..event(ago(Duration::from_secs(number)), number.into()) };
        assert!(table.store.save_event(&event, now().plus(DAY)).await.unwrap());
    }
    let other = [EventTypePattern::parse("other").unwrap()];
    let mut listing = Listing::newest_first(window(2), other.as_slice(), 10);
    let mut pages = 0;
    loop {
        let page = table.store.list_events(workspace(1), &listing, now()).await.unwrap();
        pages += 1;
        assert!(page.rows.is_empty() && pages < 10, "page {pages}");
        let Some(next) = page.next else { break };
        listing = listing.beyond(Some(next));
    }
    assert!(pages > 1, "all of 25 MB was read for one page");
    let mut found = 0;
    let mut listing = Listing::newest_first(window(2), &[][..], 50);
    loop {
        let page = table.store.list_events(workspace(1), &listing, now()).await.unwrap();
        found += page.rows.len();
        let Some(next) = page.next else { break };
        listing = listing.beyond(Some(next));
    }
    assert_eq!(found, 130);
}
