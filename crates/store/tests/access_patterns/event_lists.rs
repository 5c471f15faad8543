use std::sync::Arc;

use domain::event::event_type::{EventType, EventTypePattern};
use domain::event::ledger::Ledger;
use domain::event::{Event, MAX_PAYLOAD_BYTES};
use domain::id::EventId;
use domain::search::PayloadPart;
use serde_json::value::RawValue;
use store::rows::event_lists::{EventSearch, SearchedEvents};
use store::{BATCH_WRITES, Listing, Order, Window};

use crate::{DAY, Table, ago, now, table, workspace};

/// An event of an hour, of which there are 24 a day.
fn event(number: u32, event_type: &str, payload: &str) -> Event {
    let at = ago(DAY / 24 * number);
    Event {
        id: EventId::new(at, u128::from(number) * 7),
        uid: None,
        workspace_id: workspace(1),
        event_type: EventType::parse(event_type).unwrap(),
        occurred_at: at,
        erased_at: None,
        payload: Arc::new(RawValue::from_string(payload.to_owned()).unwrap().into()),
        channels: Vec::new(),
        deliver_at: None,
        trace: None,
        is_test: false,
        caused_by: None,
        ledger: Ledger::default(),
    }
}

async fn save(table: &Table, events: &[Event]) {
    for events in events.chunks(BATCH_WRITES) {
        let mut rows = Vec::new();
        for event in events {
            rows.push(table.store.event_row(event, now().plus(DAY)).await.unwrap());
        }
        table.store.save_new_events(rows).await.unwrap();
    }
}

/// The pages of a search, each with the hours of its events and the number of events looked at.
async fn pages(
    table: &Table,
    order: Order,
    (text, types): (&str, &[EventTypePattern]),
    limit: usize,
) -> Vec<(Vec<u32>, usize)> {
    let text = PayloadPart::parse(text).unwrap();
    let window = Window { since: ago(DAY * 100), until: now().plus(DAY) };
    let filter = EventSearch { types, text: &text };
    let (mut beyond, mut pages) = (None, Vec::new());
    loop {
        let listing = Listing { order, beyond, window, filter, limit };
        let found = table.store.search_events(workspace(1), &listing, now()).await.unwrap();
        let SearchedEvents { page, searched } = found;
        let hours = page.rows.iter().map(|(event, _)| u32::from(event.id.to_bytes()[15] / 7));
        pages.push((hours.collect(), searched));
        beyond = page.next;
        if beyond.is_none() {
            return pages;
        }
    }
}

#[tokio::test]
async fn a_search_finds_the_bytes_of_payloads_and_nothing_that_was_erased() {
    let table = table().await;
    let long = format!(r#"{{"note":"{}","invoice":"INV-1003"}}"#, "padding ".repeat(500));
    let events = [
        event(0, "invoice.paid", r#"{"invoice":"INV-1003"}"#),
        event(1, "invoice.paid", r#"{"invoice":"inv-1003"}"#),
        event(2, "invoice.void", r#"{ "invoice" : "INV-1003" }"#),
        event(3, "invoice.paid", &long),
        event(30, "invoice.paid", r#"["INV-1003"]"#),
        event(31, "invoice.paid", r#"["INV-1004"]"#),
    ];
    save(&table, &events).await;
    table.store.erase_payload(workspace(1), events[0].id, now(), None).await.unwrap();
    let paid = [EventTypePattern::parse("invoice.paid").unwrap()];
    for (text, types, found) in [
        ("INV-1003", &[][..], &[2, 3, 30][..]),
        ("INV-1003", &paid, &[3, 30]),
        (r#""invoice":"INV"#, &[], &[3]),
        ("INV-100", &[], &[2, 3, 30, 31]),
        ("nothing", &[], &[]),
    ] {
        for order in [Order::NewestFirst, Order::OldestFirst] {
            let mut wanted = found.to_vec();
            if order == Order::OldestFirst {
                wanted.reverse();
            }
            let listed = pages(&table, order, (text, types), 50).await;
            assert_eq!(listed, [(wanted.clone(), events.len())], "{text} {order:?}");
            let listed = pages(&table, order, (text, types), 1).await;
            let (rows, searched): (Vec<_>, Vec<_>) = listed.into_iter().unzip();
            assert_eq!(rows.concat(), wanted, "{text} {order:?}, one by one");
            assert_eq!(searched.iter().sum::<usize>(), events.len(), "{text} {order:?}, one by one");
        }
    }
    let text = PayloadPart::parse("INV").unwrap();
    let window = Window { since: ago(DAY), until: now() };
    let listing = Listing::newest_first(window, EventSearch { types: &[], text: &text }, 9);
    let of_other = table.store.search_events(workspace(2), &listing, now());
    assert_eq!(of_other.await.unwrap().searched, 0);
}

#[tokio::test]
async fn a_search_ends_its_page_after_very_many_events_or_bytes_and_goes_on_in_the_next() {
    let small = |number| Event { id: EventId::new(ago(DAY), number), ..event(1, "a", "[]") };
    let small: Vec<_> = (0..2_100).map(small).collect();
    let payload = format!("\"{}\"", "x".repeat(MAX_PAYLOAD_BYTES - 2));
    let large = |number| Event { id: EventId::new(ago(DAY), number), ..event(1, "a", &payload) };
    let large: Vec<_> = (0..70).map(large).collect();
    for (events, searched) in [(small, vec![2_000, 100]), (large, vec![64, 6])] {
        let table = table().await;
        save(&table, &events).await;
        for order in [Order::NewestFirst, Order::OldestFirst] {
            let listed = pages(&table, order, ("needle", &[]), 50).await;
            let counts: Vec<_> = listed.iter().map(|(_, searched)| *searched).collect();
            assert_eq!(counts, searched, "{order:?}");
        }
    }
}

#[tokio::test]
async fn events_are_read_by_their_ids_without_their_payloads() {
    let table = table().await;
    let events: Vec<_> = (0..120).map(|number| event(number, "a", "[1]")).collect();
    save(&table, &events).await;
    let mut ids: Vec<_> = events.iter().map(|event| event.id).collect();
    ids.push(EventId::new(now(), 99));
    let mut found = table.store.listed_events(workspace(1), &ids, now()).await.unwrap();
    found.sort_unstable_by_key(|event| std::cmp::Reverse(event.id));
    assert!(found.iter().map(|event| event.id).eq(events.iter().map(|event| event.id)));
    assert!(found.iter().all(|event| event.payload.get() == "null"));
    assert!(table.store.listed_events(workspace(2), &ids, now()).await.unwrap().is_empty());
    assert!(table.store.listed_events(workspace(1), &[], now()).await.unwrap().is_empty());
}
