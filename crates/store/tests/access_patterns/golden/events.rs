//! Is an event of an older version the same, with its payload byte for byte and its whole ledger?

use domain::event::Event;
use domain::event::ledger::SkipReason;
use domain::id::WorkspaceId;
use serde_json::{Value, json};
use store::Listing;
use store::rows::events::StoredPayload;

use super::{answers, everything, id, item, millis, present, said, table_with, text, then};

pub(super) const EVENTS: [&str; 8] = [
    "event",
    "event-compressed",
    "event-erased",
    "event-scheduled",
    "event-traced",
    "event-with-a-long-ledger",
    "event-with-channels",
    "ledger-page",
];

fn of_event(event: &Event) -> Value {
    let channels: Vec<_> = event.channels.iter().map(ToString::to_string).collect();
    present(json!({
        "type": event.event_type, "occurred_at": event.occurred_at.as_millis(), "trace": event.trace,
        "deliver_at": millis(event.deliver_at), "erased_at": millis(event.erased_at),
        "channels": Some(channels.join(" ")).filter(|names| !names.is_empty()),
    }))
}

#[tokio::test]
async fn events_their_payloads_and_their_ledgers() {
    let (table, answers) = (table_with(&EVENTS).await, answers());
    for name in EVENTS.iter().filter(|name| name.starts_with("event")) {
        let item = item(name);
        let (workspace, id): (WorkspaceId, _) = (id(&item, "PK", 1), text(&item, "SK").parse().unwrap());
        let event = table.store.load_event(workspace, id, then()).await.unwrap().unwrap();
        let mut expected = said(&item);
        for how_it_is_stored in ["encoding", "ledger_pages", "ledger_digest"] {
            expected.as_object_mut().unwrap().remove(how_it_is_stored);
        }
        assert_eq!((event.id, of_event(&event)), (id, expected), "{name}");

        let payload = match table.store.load_payload(workspace, id, then()).await.unwrap() {
            StoredPayload::Kept(kept) => {
                assert_eq!(kept.channels, event.channels, "{name}");
                (kept.trace == event.trace).then_some(kept.payload)
            }
            StoredPayload::Erased => None,
            StoredPayload::Gone => panic!("{name} is gone"),
        };
        assert_eq!(payload.is_some(), event.erased_at.is_none(), "{name}");
        let payload = payload.map_or("null".to_owned(), |payload| payload.get().to_owned());
        assert_eq!(event.payload.get(), payload, "{name}");
        if item.get("encoding").is_some_and(|encoding| encoding.as_s().unwrap() == "json") {
            assert_eq!(payload.as_bytes(), item["payload"].as_b().unwrap().as_ref(), "{name}");
        }
        let shown = answers.get(&format!("/v1/events/{id}?workspace_id={workspace}"));
        if let Some(shown) = shown {
            assert_eq!(serde_json::from_str::<Value>(&payload).unwrap(), shown["data"], "{name}");
            let ledger = [event.ledger.deliveries.len(), event.ledger.skipped.len()];
            assert_eq!(json!(ledger), json!([shown["deliveries"], shown["skipped"]]), "{name}");
        }
        let listing = Listing::newest_first(everything(), &[][..], 9);
        let list = table.store.list_events(workspace, &listing, then()).await.unwrap();
        let listed = list.rows.iter().find(|listed| listed.id == id).unwrap();
        // A list leaves the span out.
        let shown_in_a_list = Event { trace: None, ..event.clone() };
        assert_eq!(of_event(listed), of_event(&shown_in_a_list), "{name}");
    }

    // 300 endpoints, of which 256 are in the event's row: every hundredth wanted it, and every third was active.
    let item = item("event-with-a-long-ledger");
    let (workspace, id) = (id(&item, "PK", 1), text(&item, "SK").parse().unwrap());
    let ledger = table.store.load_event(workspace, id, then()).await.unwrap().unwrap().ledger;
    let reasons = |wanted| ledger.skipped.iter().filter(|(_, reason)| *reason == wanted).count();
    assert_eq!((ledger.deliveries.len(), ledger.skipped.len()), (1, 299));
    assert_eq!((reasons(SkipReason::Disabled), reasons(SkipReason::TypeNotSubscribed)), (200, 99));
}
