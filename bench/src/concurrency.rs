//! How much of what a concurrency limit allows is reached?
//! Attempts a second under a burst of events, by one sender and by two that share table and queue but no memory.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of a benchmark are small and positive"
)]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::client::ApiClient;
use domain::endpoint::address::AllowedTargets;
use egress::Egress;
use futures_util::FutureExt as _;
use lambda_kit::metrics::Metrics;
use local::event_source_mapping::{self, Handler};
use local::first_run::prepare;
use local::observe::Observer;
use local::platform::{Platform, Setup};
use serde_json::json;
use tokio::sync::watch;
use usecases::deliver::attempt_delivery::Sender;
use usecases::{Clock, Context};

use crate::figure::print;
use crate::receiver::Receiver;

/// How long the receiver takes to answer.
const ANSWER: Duration = Duration::from_millis(150);
/// The burst lasts so long at the limit's full rate.
const BURST: Duration = Duration::from_secs(20);
/// The first second is not measured, nor the last third of the burst.
const BEFORE: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(12);

/// Measures limits of 1, 3 and 10, by one sender and by two.
pub(crate) async fn run() -> anyhow::Result<()> {
    for senders in [1, 2] {
        for limit in [1, 3, 10] {
            measure(limit, senders).await?;
        }
    }
    Ok(())
}

async fn measure(limit: u32, senders: usize) -> anyhow::Result<()> {
    // 1. Local mode in this process, which counts the write units of all functions but further senders.
    let written = Arc::new(Mutex::new(0.0));
    let counted = Arc::clone(&written);
    let observer = Observer::new(|_| {}).with_units(move |units| {
        *counted.lock().unwrap_or_else(PoisonError::into_inner) += units.write;
    });
    let clock = Clock::system();
    let setup = Setup { clock: clock.clone(), observer: Some(observer), ..Setup::default() };
    let platform = Platform::start(setup).await?;
    let beginnings = prepare(&platform.store, None, None, &clock).await?;
    let api = ApiClient::new(&platform.url(), beginnings.admin_key.reveal());
    let others = (1..senders).map(|_| another_sender(&platform)).collect::<anyhow::Result<Vec<_>>>()?;

    // 2. A burst.
    let receiver = Receiver::start(ANSWER).await?;
    let endpoint = json!({
        "workspace_id": beginnings.workspace, "url": receiver.url, "max_concurrency": limit,
    });
    api.post("/v1/webhook-endpoints", &endpoint).await?;
    let allowed = f64::from(limit) / ANSWER.as_secs_f64();
    let mut number = 0.0;
    while number < allowed * BURST.as_secs_f64() {
        let events: Vec<_> = (0..50)
            .map(|_| {
                number += 1.0;
                let data = json!({ "n": number as u64 });
                json!({ "workspace_id": beginnings.workspace, "type": "invoice.paid", "data": data })
            })
            .collect();
        api.post("/v1/events/batch", &json!({ "events": events })).await?;
    }

    // 3. How many attempts are made?
    tokio::time::sleep(BEFORE).await;
    let (began, before) = (Instant::now(), receiver.total());
    tokio::time::sleep(MEASURED).await;
    let made = (receiver.total() - before) as f64 / began.elapsed().as_secs_f64();
    let when = format!("max_concurrency {limit}, {senders} sender(s)");
    print(&format!("attempts a second, {when}"), made, &format!("of {allowed:.1}"));
    print(&format!("share of what is allowed, {when}"), made / allowed, "");
    print(&format!("most under way at once, {when}"), receiver.most_at_once() as f64, "");
    if senders == 1 {
        // Until all are delivered: what waits, is parked and drained is part of the price.
        receiver.wait_for_total(number as u64, BURST * 4).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let written = *written.lock().unwrap_or_else(PoisonError::into_inner);
        print(&format!("write units a delivery, all in all, {when}"), written / number, "");
    }
    for other in others {
        other.send_replace(true);
    }
    platform.stop().await;
    Ok(())
}

/// One more sender of the same table and queue, until it is told to stop.
fn another_sender(platform: &Platform) -> anyhow::Result<watch::Sender<bool>> {
    let context = Context::new(platform.store.clone(), platform.queue.clone());
    let sender = Arc::new(Sender::new(context, Egress::new(AllowedTargets::loopback_and_http())?));
    let handler: Handler = Arc::new(move |event| {
        let sender = Arc::clone(&sender);
        async move { sender::handle(&sender, &Metrics::none(), event).await }.boxed()
    });
    let (stop, stopped) = watch::channel(false);
    let queue = platform.aws.sqs.consumer(platform.queue.url());
    tokio::spawn(event_source_mapping::run(queue, handler, stopped));
    Ok(stop)
}
