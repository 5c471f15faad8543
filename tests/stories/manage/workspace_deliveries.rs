//! Which deliveries does a workspace have, over all its endpoints?
//! One list, paged both ways and filtered, and one delivery by its id alone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use api::client::ApiClient;
use domain::event::Event;
use domain::event::event_type::EventType;
use domain::event::ledger::{Ledger, SkipReason};
use domain::id::{EndpointId, EventId};
use domain::timestamp::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};

fn list(stage: &Stage, query: &str) -> String {
    format!("/v1/deliveries?workspace_id={}{query}", stage.workspace)
}

fn rows(page: &Value) -> Vec<Value> {
    page["data"].as_array().unwrap().clone()
}

/// What identifies a row: the event and the endpoint.
fn key(row: &Value) -> (String, String) {
    let text = |name: &str| row[name].as_str().unwrap().to_owned();
    (text("event_id"), text("endpoint_id"))
}

/// All pages from the first to the last.
async fn forward(stage: &Stage, query: &str) -> Vec<Value> {
    let mut pages = vec![stage.read(&list(stage, query)).await];
    while let Some(next) = pages.last().unwrap()["next"].as_str() {
        pages.push(stage.read(&list(stage, &format!("{query}&cursor={next}"))).await);
        assert!(pages.len() < 1_000, "the list does not end");
    }
    pages
}

/// All pages back from `page` to the first.
async fn back(stage: &Stage, query: &str, page: &Value) -> Vec<Value> {
    let mut pages = vec![page.clone()];
    while let Some(previous) = pages.last().unwrap()["previous"].as_str() {
        pages.push(stage.read(&list(stage, &format!("{query}&before={previous}"))).await);
        assert!(pages.len() < 1_000, "the list does not end");
    }
    pages.reverse();
    pages
}

/// The rows of all pages, read in both directions.
async fn both_ways(stage: &Stage, query: &str) -> Vec<Value> {
    let pages = forward(stage, query).await;
    let backwards = back(stage, query, pages.last().unwrap()).await;
    let all: Vec<Value> = pages.iter().flat_map(rows).collect();
    assert_eq!(backwards.iter().flat_map(rows).collect::<Vec<_>>(), all, "{query}");
    all
}

/// Three endpoints, one of them out of order, and five events of two types.
async fn set_the_scene(stage: &Stage, good: &Receiver, bad: &Receiver) -> [Endpoint; 3] {
    let all = stage.endpoint(good, json!({})).await;
    stage.advance(Duration::from_secs(1));
    let failing =
        stage.endpoint(bad, json!({ "events": ["invoice.*"], "retry": { "schedule_seconds": [] } })).await;
    stage.advance(Duration::from_secs(1));
    let restricted = stage.endpoint(good, json!({ "channels": ["eu"] })).await;
    bad.answer(Answer::Status(500));
    for event_type in ["invoice.paid", "order.made", "invoice.paid", "order.made", "invoice.sent"] {
        stage.advance(Duration::from_secs(1));
        stage.send(event_type, json!({})).await;
    }
    stage.deliveries(&all, 5, "delivered").await;
    stage.deliveries(&failing, 3, "failed").await;
    [all, failing, restricted]
}

#[tokio::test]
async fn the_list_has_every_delivery_newest_first_and_pages_both_ways() {
    let stage = Stage::set().await;
    let (good, bad) = (Receiver::start().await, Receiver::start().await);
    let [all, failing, restricted] = set_the_scene(&stage, &good, &bad).await;
    let whole = rows(&stage.read(&list(&stage, "")).await);
    assert_eq!(whole.len(), 8);
    let times: Vec<_> = whole.iter().map(|row| row["created_at"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|one, other| one >= other), "{times:?}");

    let every = "&status=pending,retrying,delivered,failed,parked,cancelled,skipped";
    for (query, count) in [
        ("", 8),
        (every, 15),
        ("&status=skipped", 7),
        ("&status=failed", 3),
        ("&status=failed,parked", 3),
        ("&status=failed,delivered", 8),
        ("&status=delivered", 5),
        ("&status=retrying", 0),
        ("&error=http_status", 3),
        ("&error=timeout,dns_error", 0),
        ("&status=skipped&error=http_status", 0),
        ("&event_type=order.*", 2),
        ("&event_type=order.made,invoice.sent", 4),
        ("&event_type=invoice.sent&status=failed", 1),
        (&format!("&endpoint_id={}", failing.id), 3),
        (&format!("&endpoint_id={}&status=failed", failing.id), 3),
        (&format!("&endpoint_id={}&status=skipped", failing.id), 2),
        (&format!("&endpoint_id={}", restricted.id), 0),
        (&format!("&endpoint_id={}{every}", all.id), 5),
        (&format!("&until={}", times[0]), 6),
        (&format!("&since={}", times[0]), 2),
        (&format!("&since={}&status=failed", times[0]), 1),
    ] {
        for limit in [2, 50] {
            let found = both_ways(&stage, &format!("{query}&limit={limit}")).await;
            let distinct: BTreeSet<_> = found.iter().map(key).collect();
            assert_eq!((found.len(), distinct.len()), (count, count), "{query} {found:#?}");
        }
    }
    for row in &whole {
        assert!(row["duration_ms"].is_u64(), "{row}");
    }
    // How far it was looked: to the first row that a full page has no room for, and through all that is kept on the last.
    let first = stage.read(&list(&stage, "&limit=2")).await;
    assert_eq!(first["searched"]["back_to"], whole[2]["created_at"]);
    assert!(first["searched"]["deliveries"].as_u64() >= Some(2), "{first}");
    for query in ["&status=retrying", "&status=parked", "&status=failed"] {
        let page = stage.read(&list(&stage, query)).await;
        let searched = &page["searched"];
        assert!(searched["back_to"].as_str() < whole[7]["created_at"].as_str(), "{query} {searched}");
        let looked_at = match query {
            "&status=retrying" => 8,
            "&status=failed" => 3,
            _ => 0,
        };
        assert_eq!(searched["deliveries"], looked_at, "{query}");
    }
    let skipped = &rows(&stage.read(&list(&stage, "&status=skipped&limit=1")).await)[0];
    assert_eq!((&skipped["status"], &skipped["reason"]), (&json!("skipped"), &json!("channel")));
    assert!(skipped.get("id").is_none(), "there is no delivery");
    stage.end().await;
}

#[tokio::test]
async fn a_parameter_that_makes_no_sense_is_refused_by_its_name() {
    let stage = Stage::set().await;
    let other_list = stage.read("/v1/workspaces?limit=1").await;
    assert!(other_list["next"].is_null());
    let undelivered = "d2RfMDFNN1oyOTRLRVpDSEFaSEtIRDlSNUE1U0Q";
    let both = format!("&cursor={undelivered}&before={undelivered}");
    for (query, pointer) in [
        ("&status=lost", "status"),
        ("&status=failed,", "status"),
        ("&error=oops", "error"),
        ("&event_type=*", "event_type"),
        ("&endpoint_id=%20", "endpoint_id"),
        ("&since=x", "since"),
        ("&since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "until"),
        ("&limit=251", "limit"),
        ("&cursor=bm8", "cursor"),
        ("&before=bm8", "before"),
        ("&colour=red", "colour"),
        (&both, "before"),
        (&format!("&cursor={undelivered}"), "cursor"),
        (&format!("&before={undelivered}&status=failed,delivered"), "before"),
    ] {
        let (status, problem) = stage.admin.call("GET", &list(&stage, query), "", &[]).await.unwrap();
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!(pointer)), "{query} {problem}");
    }
    let (status, problem) = stage.admin.call("GET", "/v1/deliveries", "", &[]).await.unwrap();
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("workspace_id")));
    stage.end().await;
}

#[tokio::test]
async fn a_delivery_is_found_as_soon_as_its_event_was_accepted() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let later = stage.clock().now().plus(Duration::from_secs(60));
    let event = json!({ "type": "invoice.paid", "data": {}, "deliver_at": later });
    let batch = json!({ "events": vec![event; 100] });
    let body =
        json!({ "workspace_id": stage.workspace, "type": "order.made", "data": 1, "deliver_at": later });
    let single = stage.admin.post("/v1/events", &body).await.unwrap();
    let make =
        json!({ "name": "story", "workspace_id": stage.workspace, "scopes": ["deliveries:ro", "events"] });
    let made = stage.admin.post("/v1/api-keys", &make).await.unwrap();
    let own = ApiClient::new(&stage.platform.url(), made["key"].as_str().unwrap());
    let (_, results) = own.call("POST", "/v1/events/batch", batch.to_string(), &[]).await.unwrap();
    let of = |event: &Value| event["deliveries"][0]["id"].as_str().unwrap().to_owned();
    for id in [of(&single), of(&results["results"][0]), of(&results["results"][99])] {
        let alone = own.get(&format!("/v1/deliveries/{id}")).await.unwrap();
        let path = format!("/v1/webhook-endpoints/{}/deliveries/{id}", endpoint.id);
        assert_eq!(alone, own.get(&path).await.unwrap());
        assert_eq!((&alone["status"], &alone["attempt_log"]), (&json!("pending"), &json!([])));
        assert_eq!((&alone["id"], &alone["endpoint_id"]), (&json!(id), &json!(endpoint.id)));
        assert_eq!(alone["next_attempt_at"], json!(later));
    }
    let pending = rows(&own.get("/v1/deliveries?status=pending&limit=250").await.unwrap());
    assert_eq!(pending.len(), 101);

    stage.advance(Duration::from_secs(61));
    receiver.wait_for(101).await;
    stage.deliveries(&endpoint, 20, "delivered").await;
    let path = format!("/v1/deliveries/{}?workspace_id={}", of(&single), stage.workspace);
    for _ in 0..100 {
        if stage.read(&path).await["status"] == "delivered" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let delivered = stage.read(&path).await;
    assert_eq!((&delivered["status"], &delivered["attempts"]), (&json!("delivered"), &json!(1)));
    assert_eq!(delivered["attempt_log"].as_array().unwrap().len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn an_id_that_fits_no_delivery_of_the_workspace_is_not_found() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let restricted = stage.endpoint(&receiver, json!({ "channels": ["eu"] })).await;
    let event = stage.send("invoice.paid", json!({})).await;
    stage.deliveries(&endpoint, 1, "delivered").await;
    let id = event["deliveries"][0]["id"].as_str().unwrap();
    let other = stage.admin.post("/v1/workspaces", &json!({ "name": "other" })).await.unwrap();
    let other = other["id"].as_str().unwrap();
    let skipped = domain::id::DeliveryId::of(
        event["id"].as_str().unwrap().parse().unwrap(),
        restricted.id.parse().unwrap(),
    );
    let ws = &stage.workspace;
    for path in [
        format!("/v1/deliveries/{id}?workspace_id={other}"),
        format!("/v1/deliveries/{skipped}?workspace_id={ws}"),
        format!("/v1/deliveries/wd_01M7Z294KEZCHAZHKHD9R5A5SD?workspace_id={ws}"),
        format!("/v1/deliveries/wd_7ZZZZZZZZZZZZZZZZZZZZZZZZZ?workspace_id={ws}"),
        format!("/v1/deliveries/nonsense?workspace_id={ws}"),
        format!("/v1/webhook-endpoints/{}/deliveries/{skipped}", restricted.id),
        format!("/v1/webhook-endpoints/{}/deliveries/{id}", restricted.id),
    ] {
        assert_eq!(stage.admin.call("GET", &path, "", &[]).await.unwrap().0, 404, "{path}");
    }
    let (status, problem) = stage.admin.call("GET", &format!("/v1/deliveries/{id}"), "", &[]).await.unwrap();
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("workspace_id")));

    // A replay sends the event to an endpoint that was skipped, or is younger.
    let younger = stage.endpoint(&receiver, json!({})).await;
    let replay = json!({ "workspace_id": ws, "endpoint_ids": [restricted.id, younger.id] });
    let path = format!("/v1/events/{}/replay", event["id"].as_str().unwrap());
    stage.admin.post(&path, &replay).await.unwrap();
    for endpoint in [&restricted, &younger] {
        let delivery = &stage.deliveries(endpoint, 1, "delivered").await[0];
        let path = format!("/v1/deliveries/{}?workspace_id={ws}", delivery["id"].as_str().unwrap());
        let found = stage.read(&path).await;
        assert_eq!((&found["endpoint_id"], &found["trigger"]), (&json!(endpoint.id), &json!("replay")));
    }
    let of_skipped = rows(&stage.read(&list(&stage, &format!("&endpoint_id={}", restricted.id))).await);
    assert_eq!(of_skipped[0]["status"], "delivered", "the row says more than the ledger");
    stage.end().await;
}

/// An event in the past, with a ledger of so many deliveries and skipped endpoints; nothing sends it.
async fn write_event(stage: &Stage, at: Timestamp, number: u128, entries: (u128, u128)) -> Event {
    let endpoints = |count, salt| (0..count).map(move |n| EndpointId::new(at, salt + n));
    let skipped = endpoints(entries.1, 1 << 40).map(|id| (id, SkipReason::TypeNotSubscribed));
    let event = Event {
        id: EventId::new(at, number),
        uid: None,
        workspace_id: stage.workspace.parse().unwrap(),
        event_type: EventType::parse("invoice.paid").unwrap(),
        occurred_at: at,
        payload: Arc::new(RawValue::from_string("1".to_owned()).unwrap().into()),
        erased_at: None,
        channels: Vec::new(),
        deliver_at: None,
        trace: None,
        is_test: false,
        caused_by: None,
        ledger: Ledger { deliveries: endpoints(entries.0, 0).collect(), skipped: skipped.collect() },
    };
    let expires_at = at.plus(Duration::from_secs(30 * 86_400));
    assert!(stage.platform.store.save_event(&event, expires_at).await.unwrap());
    event
}

#[tokio::test]
async fn ledgers_of_any_length_are_walked_without_a_gap_or_a_repetition() {
    let stage = Stage::set().await;
    stage.advance(Duration::from_secs(10 * 86_400));
    let now = stage.clock().now();
    let mut expected = BTreeSet::new();
    let mut delivered = 0;
    let sizes = [(1, 0), (0, 3), (255, 1), (256, 1), (256, 300), (600, 10), (0, 0), (2, 2_400), (3, 1)];
    for (number, entries) in (1..).zip(sizes) {
        // Some of one millisecond, some of another day.
        let at = now.minus(Duration::from_secs(u64::try_from(number / 3 * 90_000).unwrap()));
        let event = write_event(&stage, at, number, entries).await;
        delivered += event.ledger.deliveries.len();
        let entries = event.ledger.entries();
        expected.extend(entries.map(|(endpoint, _)| (event.id.to_string(), endpoint.to_string())));
    }
    let every = "&status=pending,skipped";
    let found = both_ways(&stage, &format!("{every}&limit=199")).await;
    let keys: BTreeSet<_> = found.iter().map(key).collect();
    assert_eq!((found.len(), keys.len()), (expected.len(), expected.len()));
    assert!(keys == expected);
    assert_eq!(both_ways(&stage, "&limit=250").await.len(), delivered);

    // The last of a long ledger is found by its id, too.
    let long = write_event(&stage, now, 99, (9_000, 0)).await;
    let last = domain::id::DeliveryId::of(long.id, long.ledger.deliveries[8_999]);
    let path = format!("/v1/deliveries/{last}?workspace_id={}", stage.workspace);
    assert_eq!(stage.read(&path).await["status"], "pending");
    let of_last = format!("&endpoint_id={}&limit=5", long.ledger.deliveries[8_999]);
    assert_eq!(both_ways(&stage, &of_last).await.len(), 1);
    stage.platform.stop().await;
}

#[tokio::test]
async fn a_page_that_looked_at_enough_is_short_and_goes_on() {
    let stage = Stage::set().await;
    let now = stage.clock().now();
    for number in 1..=3 {
        write_event(&stage, now, number, (1_500, 0)).await;
    }
    let pages = forward(&stage, "&status=delivered,skipped").await;
    assert!(pages.len() == 3 && pages.iter().all(|page| rows(page).is_empty()), "{pages:#?}");
    let backwards = back(&stage, "&status=delivered,skipped", pages.last().unwrap()).await;
    assert!(backwards.len() >= 3, "{backwards:#?}");
    stage.platform.stop().await;
}

#[tokio::test]
async fn new_deliveries_do_not_move_a_page_that_is_read_again() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let send = async || {
        stage.advance(Duration::from_secs(1));
        stage.send("invoice.paid", json!({})).await;
    };
    for _ in 0..5 {
        send().await;
    }
    stage.deliveries(&endpoint, 5, "delivered").await;
    let first = stage.read(&list(&stage, "&limit=2")).await;
    let second = format!("&limit=2&cursor={}", first["next"].as_str().unwrap());
    let before = stage.read(&list(&stage, &second)).await;
    send().await;
    stage.deliveries(&endpoint, 6, "delivered").await;
    assert_eq!(stage.read(&list(&stage, &second)).await, before);
    let newer = format!("&limit=50&before={}", before["previous"].as_str().unwrap());
    assert_eq!(rows(&stage.read(&list(&stage, &newer)).await).len(), 3, "two, and the new one");
    stage.end().await;
}
