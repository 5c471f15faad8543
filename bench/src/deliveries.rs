//! How fast does the list of a workspace's deliveries answer?
//! Pages of `GET /v1/deliveries` over many events to two endpoints, in local mode with its data in files.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::client::ApiClient;
use domain::delivery::CancelReason;
use domain::delivery::Delivery;
use domain::delivery::attempt::{Attempt, SentRequest, Trigger};
use domain::delivery::decision::Decision;
use domain::event::Event;
use domain::event::event_type::EventType;
use domain::event::ledger::Ledger;
use domain::id::{EndpointId, EventId, WorkspaceId};
use domain::policy::outcome::{Answer, ErrorClass, Outcome};
use domain::timestamp::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _};
use local::data_dir::DataDir;
use local::first_run::prepare;
use local::platform::{Platform, Setup};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use store::rows::deliveries::{DeliveryRow, Settlement};
use store::{BATCH_WRITES, Store};
use usecases::Clock;

use crate::figure::{print, quantile_ms};
use crate::posthorn::Folder;

/// The events are spread over so much time, about two days.
const APART_MS: i64 = 1_700;
/// One delivery in so many was given up, one was cancelled, one timed out.
const RARE: usize = 5_000;
const KEY: &str = "phk_benchmarks_only_benchmarks_only_0";
const PAGES: usize = 41;

/// The events that are written, and what becomes of them.
struct Scene {
    events: usize,
    store: Store,
    workspace: WorkspaceId,
    endpoints: [EndpointId; 2],
    now: Timestamp,
}

pub(crate) async fn run(events: usize) -> anyhow::Result<()> {
    let folder = Folder::new();
    let data = DataDir::open(&folder.0)?;
    let clock = Clock::system();
    // The workspace is older than its events.
    let ago = clock.clone();
    let setup =
        Setup { data: Some(&data), durability: embedded_aws::Durability::Relaxed, ..Setup::default() };
    let platform = Platform::start(setup).await?;
    let before = Clock::new(move || ago.now().minus(Duration::from_secs(5 * 86_400)));
    let beginnings = prepare(&platform.store, None, Some(KEY), &before).await?;
    let now = clock.now();
    let api = ApiClient::new(&platform.url(), KEY);
    let mut endpoints = [EndpointId::new(now, 0); 2];
    for endpoint in &mut endpoints {
        let body = json!({ "workspace_id": beginnings.workspace, "url": "http://127.0.0.1:9/" });
        let made = api.post("/v1/webhook-endpoints", &body).await?;
        *endpoint = made["id"].as_str().unwrap_or_default().parse()?;
    }
    let scene =
        Scene { events, store: platform.store.clone(), workspace: beginnings.workspace, endpoints, now };
    scene.write().await?;

    let list = format!("/v1/deliveries?workspace_id={}", beginnings.workspace);
    for (name, query) in [
        ("first page", ""),
        ("first page of 250", "&limit=250"),
        ("first page of one endpoint", &*format!("&endpoint_id={}", endpoints[1])),
        ("first page, failed (from the index)", "&status=failed"),
        ("first page, cancelled (one in 5,000)", "&status=cancelled"),
        ("first page, error=timeout (one in 5,000)", "&error=timeout"),
        ("first page, no such event type", "&event_type=none"),
    ] {
        let mut took = Vec::with_capacity(PAGES);
        let mut rows = 0;
        for _ in 0..PAGES {
            let began = Instant::now();
            let page = api.get(&format!("{list}{query}")).await?;
            took.push(began.elapsed());
            rows = page["data"].as_array().map_or(0, Vec::len);
        }
        print(&format!("{name}, p50"), quantile_ms(&mut took, 0.5), "ms");
        print(&format!("{name}, p99"), quantile_ms(&mut took, 0.99), "ms");
        print(&format!("{name}, rows"), count(rows), "rows");
    }
    for query in ["&status=cancelled", "&error=timeout"] {
        walk(&api, &list, query).await?;
    }
    by_id(&api, &scene).await?;
    platform.stop().await;
    Ok(())
}

/// Reads a rare selection to the end of the list.
async fn walk(api: &ApiClient, list: &str, query: &str) -> anyhow::Result<()> {
    let (began, mut pages, mut rows, mut cursor) = (Instant::now(), 0, 0, String::new());
    loop {
        let page = api.get(&format!("{list}{query}{cursor}")).await?;
        pages += 1;
        rows += page["data"].as_array().map_or(0, Vec::len);
        match &page["next"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => break,
        }
    }
    print(&format!("the whole list, {query}"), began.elapsed().as_secs_f64() * 1_000.0, "ms");
    print(&format!("pages of it, {query}"), count(pages), "pages");
    print(&format!("rows of it, {query}"), count(rows), "rows");
    Ok(())
}

/// Reads deliveries by their ids alone.
async fn by_id(api: &ApiClient, scene: &Scene) -> anyhow::Result<()> {
    let mut took = Vec::with_capacity(PAGES);
    for number in (0..scene.events).step_by((scene.events / PAGES).max(1)) {
        let id = domain::id::DeliveryId::of(scene.event(number)?.id, scene.endpoints[number % 2]);
        let began = Instant::now();
        api.get(&format!("/v1/deliveries/{id}?workspace_id={}", scene.workspace)).await?;
        took.push(began.elapsed());
    }
    print("one delivery by its id, p50", quantile_ms(&mut took, 0.5), "ms");
    print("one delivery by its id, p99", quantile_ms(&mut took, 0.99), "ms");
    Ok(())
}

impl Scene {
    async fn write(&self) -> anyhow::Result<()> {
        let numbers: Vec<usize> = (0..self.events).collect();
        let batches = numbers.chunks(BATCH_WRITES).map(|numbers| self.write_batch(numbers));
        futures_util::stream::iter(batches).buffer_unordered(16).try_collect::<Vec<()>>().await?;
        Ok(())
    }

    async fn write_batch(&self, numbers: &[usize]) -> anyhow::Result<()> {
        let expires_at = self.now.plus(Duration::from_secs(30 * 86_400));
        let (mut rows, mut settlements) = (Vec::new(), Vec::new());
        for number in numbers {
            let event = self.event(*number)?;
            rows.push(self.store.event_row(&event, expires_at).await?);
            for (at, endpoint) in self.endpoints.iter().enumerate() {
                let row = settled(&event, *endpoint, number * 2 + at);
                settlements.push(Settlement { row, later_attempt: None, expires_at });
            }
        }
        self.store.save_new_events(rows).await?;
        Ok(self.store.settle(&settlements).await?)
    }

    /// Event number `number`, from the newest.
    fn event(&self, number: usize) -> anyhow::Result<Event> {
        let ago = i64::try_from(number)? * APART_MS;
        let at = Timestamp::from_millis(self.now.as_millis() - ago);
        let data = format!(r#"{{"n":{number},"lines":["{}"]}}"#, "a".repeat(900));
        // Mixed, so that the events are in all shards.
        let randomness = (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        Ok(Event {
            id: EventId::new(at, randomness),
            uid: None,
            workspace_id: self.workspace,
            event_type: EventType::parse("invoice.paid")?,
            occurred_at: at,
            payload: Arc::new(RawValue::from_string(data)?.into()),
            erased_at: None,
            channels: Vec::new(),
            deliver_at: None,
            trace: None,
            is_test: false,
            caused_by: None,
            ledger: Ledger { deliveries: self.endpoints.to_vec(), skipped: Vec::new() },
        })
    }
}

/// The row of a delivery after its first attempt.
fn settled(event: &Event, endpoint: EndpointId, number: usize) -> DeliveryRow {
    let event_type = event.event_type.clone();
    let delivery = Delivery::new(event.workspace_id, endpoint, event.id, event_type, event.occurred_at);
    let (status, decision, error) = match number % RARE {
        1 => (500, Decision::Exhausted, Some(ErrorClass::HttpStatus)),
        2 => (0, Decision::RetryIn(Duration::from_secs(5)), Some(ErrorClass::Timeout)),
        _ => (200, Decision::Delivered, None),
    };
    let headers = vec![("content-length".to_owned(), "2".to_owned())];
    let answer = Answer { status, headers, body: b"ok".to_vec(), body_truncated: false };
    let attempt = Attempt {
        number: 1,
        trigger: Trigger::Automatic,
        started_at: event.occurred_at,
        duration: Duration::from_millis(20),
        sent: SentRequest::default(),
        outcome: match error {
            Some(error @ ErrorClass::Timeout) => Outcome::Unreachable(error),
            _ => Outcome::Answered(answer),
        },
        error,
    };
    let delivery = delivery.settled(&attempt, decision);
    let delivery = match number % RARE {
        3 => delivery.cancelled(CancelReason::EndpointDisabled, event.occurred_at),
        _ => delivery,
    };
    DeliveryRow { delivery, first_attempt: Some(attempt) }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
fn count(count: usize) -> f64 {
    count as f64
}
