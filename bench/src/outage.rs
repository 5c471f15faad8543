//! Does one customer's outage affect the others?
//! An outage benchmark of local mode: 50,000 events are parked for a dead endpoint and drained after its recovery,
//! beside 20 healthy endpoints.
//!
//! It measures the others' latency, checks that no event is lost, and checks that the drain keeps the endpoint's rate
//! limit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::figure::{print, quantile_ms};
use crate::posthorn::{Folder, Posthorn};
use crate::receiver::Receiver;

const EVENTS: u64 = 50_000;
const BATCH: u64 = 100;
const RATE: u32 = 500;
const HEALTHY_ENDPOINTS: u64 = 20;
/// Events a second to the healthy endpoints, all together.
const HEALTHY_RATE: u64 = 100;
const HEALTHY_EVENTS: u64 = 2_000;
const WINDOW: Duration = Duration::from_secs(10);

pub(crate) async fn run() -> anyhow::Result<()> {
    let folder = Folder::new();
    let (healthy, dead) = (Receiver::start(Duration::ZERO).await?, Receiver::start(Duration::ZERO).await?);
    let posthorn = Arc::new(Posthorn::start(&folder.0).await?);
    for index in 0..HEALTHY_ENDPOINTS {
        let settings = json!({ "events": [format!("healthy{index}.*")] });
        posthorn.endpoint_with(&healthy.url, settings).await?;
    }
    let settings = json!({
        "events": ["dead.*"], "rate_limit": { "per_second": RATE }, "disable": { "consecutive_failures": 10_000 },
    });
    posthorn.endpoint_with(&dead.url, settings).await?;

    // 1. The latency without an outage.
    healthy_traffic(&posthorn, &healthy, 0, "idle").await?;

    // 2. The outage begins: 50,000 events for the dead endpoint, by batches, beside the healthy traffic.
    dead.set_dead(true);
    let flood = tokio::spawn(flood(Arc::clone(&posthorn)));
    healthy_traffic(&posthorn, &healthy, 1, "while 50,000 events arrive for a dead endpoint").await?;
    print("accepting 50,000 events by batches of 100", flood.await??.as_secs_f64(), "s");
    print("attempts on the dead endpoint", count(dead.refused()), "attempts");

    // 3. The events are parked.
    healthy_traffic(&posthorn, &healthy, 2, "with 50,000 parked").await?;
    print("resident memory with 50,000 parked", posthorn.resident_mb()?, "MB");

    // 4. The endpoint recovers: a probe succeeds within a minute, and the drain begins.
    dead.set_dead(false);
    let back = Instant::now();
    dead.wait_for(1, Duration::from_secs(120)).await?;
    print("back to first success", back.elapsed().as_secs_f64(), "s");
    let draining = Arc::clone(&posthorn);
    let watched = healthy.clone();
    let beside =
        tokio::spawn(
            async move { healthy_traffic(&draining, &watched, 3, "while 50,000 drain at 500/s").await },
        );
    dead.wait_for(usize::try_from(EVENTS)?, Duration::from_secs(600)).await?;
    print("first success to all 50,000 delivered", (back.elapsed()).as_secs_f64(), "s after it was back");
    beside.await??;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut arrivals: Vec<Instant> = dead.arrivals().values().map(|arrival| arrival.first).collect();
    let twice = dead.arrivals().values().filter(|arrival| arrival.times > 1).count();
    arrivals.sort_unstable();
    let most = busiest(&arrivals);
    print("lost", count(EVENTS - u64::try_from(arrivals.len())?), "events");
    print("sent twice", count(u64::try_from(twice)?), "events");
    print("busiest 10 s of the drain", count(u64::try_from(most)?) / 10.0, "deliveries/s");
    posthorn.kill_now()
}

async fn flood(posthorn: Arc<Posthorn>) -> anyhow::Result<Duration> {
    let began = Instant::now();
    for first in (0..EVENTS).step_by(usize::try_from(BATCH)?) {
        let events: Vec<_> = (first..first + BATCH).map(|n| posthorn.event(n, "dead.sent")).collect();
        posthorn.api.post("/v1/events/batch", &json!({ "events": events })).await?;
    }
    Ok(began.elapsed())
}

/// Sends at a steady rate, whether or not earlier events have arrived (open loop), and prints their latencies.
async fn healthy_traffic(
    posthorn: &Arc<Posthorn>,
    receiver: &Receiver,
    round: u64,
    when: &str,
) -> anyhow::Result<()> {
    let first = round * HEALTHY_EVENTS;
    let mut pace = tokio::time::interval(Duration::from_micros(1_000_000 / HEALTHY_RATE));
    let mut sending = Vec::new();
    for n in first..first + HEALTHY_EVENTS {
        pace.tick().await;
        let posthorn = Arc::clone(posthorn);
        let event = posthorn.event(n, &format!("healthy{}.sent", n % HEALTHY_ENDPOINTS));
        let began = Instant::now();
        sending.push((n, began, tokio::spawn(async move { posthorn.api.post("/v1/events", &event).await })));
    }
    receiver.wait_for(usize::try_from(first + HEALTHY_EVENTS)?, Duration::from_secs(60)).await?;
    let mut took = Vec::new();
    for (n, began, sent) in sending {
        sent.await??;
        let arrival = receiver.arrivals().get(&n).map(|arrival| arrival.first);
        took.extend(arrival.map(|arrival| arrival.saturating_duration_since(began)));
    }
    print(&format!("healthy endpoints, p50, {when}"), quantile_ms(&mut took, 0.5), "ms");
    print(&format!("healthy endpoints, p99, {when}"), quantile_ms(&mut took, 0.99), "ms");
    Ok(())
}

/// The largest number of arrivals in any window of ten seconds.
fn busiest(arrivals: &[Instant]) -> usize {
    let within = |index: usize| {
        let end = arrivals[index] + WINDOW;
        arrivals[index..].partition_point(|arrival| *arrival < end)
    };
    (0..arrivals.len()).map(within).max().unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "fifty thousand is exact")]
fn count(events: u64) -> f64 {
    events as f64
}
