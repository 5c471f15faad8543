//! In which order does a drain send, and how fast?
//! 49,500 parked deliveries of one endpoint and 500 that wait ten hours for their retry, drained in local mode.
//!
//! Their rows are written by the store: an endpoint that fails parks from its hundredth failure on, so that its own
//! attempts would leave only a hundred that wait.

use std::time::{Duration, Instant};

use api::client::ApiClient;
use domain::delivery::attempt::Trigger;
use domain::delivery::{Delivery, DeliveryStatus};
use domain::event::event_type::EventType;
use domain::event::ledger::Ledger;
use domain::event::{Event, Payload};
use domain::id::{EndpointId, EventId, WorkspaceId};
use domain::timestamp::Timestamp;
use local::first_run::prepare;
use local::platform::{Platform, Setup};
use serde_json::json;
use serde_json::value::RawValue;
use store::Store;
use store::rows::deliveries::{DeliveryRow, Settlement};
use usecases::Clock;

use crate::figure::print;
use crate::receiver::Receiver;

const DELIVERIES: u64 = 50_000;
/// Every hundredth waits for a retry.
const RETRYING_EVERY: u64 = 100;
/// Rows that are written at once.
const CHUNK: u64 = 500;

/// Measures one drain.
pub(crate) async fn run() -> anyhow::Result<()> {
    // 1. Local mode in this process, in memory, and an endpoint that is switched off.
    let clock = Clock::system();
    let platform = Platform::start(Setup { clock: clock.clone(), ..Setup::default() }).await?;
    let beginnings = prepare(&platform.store, None, None, &clock).await?;
    let api = ApiClient::new(&platform.url(), beginnings.admin_key.reveal());
    let receiver = Receiver::start(Duration::ZERO).await?;
    let settings = json!({ "workspace_id": beginnings.workspace, "url": receiver.url, "active": false });
    let endpoint: EndpointId =
        serde_json::from_value(api.post("/v1/webhook-endpoints", &settings).await?["id"].clone())?;

    // 2. What waits: an event a millisecond, the last one a minute ago.
    for first in (0..DELIVERIES).step_by(usize::try_from(CHUNK)?) {
        write(&platform.store, beginnings.workspace, endpoint, first, clock.now()).await?;
    }

    // 3. It is switched on.
    let began = Instant::now();
    let path = format!("/v1/webhook-endpoints/{endpoint}");
    let (status, answer) = api.call("PATCH", &path, r#"{"active":true}"#, &[]).await?;
    anyhow::ensure!(status == 200, "{answer}");
    receiver.wait_for(usize::try_from(DELIVERIES)?, Duration::from_secs(600)).await?;
    print("50,000 drained, 500 of them brought forward from their retry", began.elapsed().as_secs_f64(), "s");

    // 4. In which order did they arrive?
    let mut arrivals: Vec<_> = receiver.arrivals().iter().map(|(n, arrival)| (arrival.first, *n)).collect();
    arrivals.sort_unstable();
    let late = (0..).zip(&arrivals).map(|(place, (_, n))| (place_after(place, *n), n % RETRYING_EVERY == 0));
    let late: Vec<(u64, bool)> = late.collect();
    let most =
        |of: fn(&&(u64, bool)) -> bool| late.iter().filter(of).map(|(late, _)| *late).max().unwrap_or(0);
    print("most that overtook a delivery", count(most(|_| true)), "deliveries");
    print(
        "most that overtook one that waited for its retry",
        count(most(|(_, retrying)| *retrying)),
        "deliveries",
    );
    let twice = receiver.arrivals().values().filter(|arrival| arrival.times > 1).count();
    print("sent twice", count(u64::try_from(twice)?), "deliveries");
    platform.stop().await;
    Ok(())
}

/// By how many places the delivery `n` came later than in order.
fn place_after(place: u64, n: u64) -> u64 {
    place.saturating_sub(n)
}

/// Writes the events and deliveries of one chunk.
async fn write(
    store: &Store,
    workspace: WorkspaceId,
    endpoint: EndpointId,
    first: u64,
    now: Timestamp,
) -> anyhow::Result<()> {
    let expires_at = now.plus(Duration::from_secs(7 * 24 * 3600));
    let event_type = EventType::parse("invoice.paid")?;
    let (mut events, mut settlements) = (Vec::new(), Vec::new());
    for n in first..first + CHUNK {
        let age = Duration::from_millis(60_000 + DELIVERIES - n);
        let accepted = Timestamp::from_millis(now.as_millis() - i64::try_from(age.as_millis())?);
        let event = EventId::new(accepted, u128::from(n));
        let payload = RawValue::from_string(json!({ "n": n }).to_string())?;
        let event = Event {
            id: event,
            uid: None,
            workspace_id: workspace,
            event_type: event_type.clone(),
            occurred_at: accepted,
            payload: Payload::new(payload.into()),
            erased_at: None,
            channels: Vec::new(),
            deliver_at: None,
            trace: None,
            is_test: false,
            caused_by: None,
            ledger: Ledger { deliveries: vec![endpoint], skipped: Vec::new() },
        };
        let new = Delivery::new(workspace, endpoint, event.id, event_type.clone(), accepted);
        let delivery = match n % RETRYING_EVERY {
            0 => Delivery {
                status: DeliveryStatus::Retrying,
                attempts: 1,
                next_attempt_at: Some(now.plus(Duration::from_secs(36_000))),
                ..new
            },
            _ => Delivery { status: DeliveryStatus::Parked, parked_at: Some(accepted), ..new },
        };
        let delivery = Delivery { trigger: Trigger::Automatic, ..delivery };
        events.push(store.event_row(&event, expires_at).await?);
        let row = DeliveryRow { delivery, first_attempt: None };
        settlements.push(Settlement { row, later_attempt: None, expires_at });
    }
    store.save_new_events(events).await?;
    store.settle(&settlements).await?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "fifty thousand is exact")]
fn count(deliveries: u64) -> f64 {
    deliveries as f64
}
