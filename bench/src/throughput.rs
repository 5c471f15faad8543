//! How many events a second can local mode deliver?
//! End-to-end throughput and latency on one machine, together with the load generator and the receiver.
//!
//! Events of about a kilobyte are posted one by one: first as fast as they are accepted (closed loop), then at 200 a
//! second, then beside an endpoint that hangs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::json;
use tokio::task::JoinSet;

use crate::cpu;
use crate::figure::{print, quantile_ms};
use crate::posthorn::{Folder, Posthorn};
use crate::receiver::Receiver;

/// The number of producers, each with one request under way.
const PRODUCERS: u64 = 64;
const SATURATED_FOR: Duration = Duration::from_secs(15);
const STEADY_RATE: u64 = 200;
const STEADY_EVENTS: u64 = 2_000;
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn run() -> anyhow::Result<()> {
    saturated(1).await?;
    saturated(5).await?;
    steady(false).await?;
    steady(true).await
}

/// Sends events as fast as they are accepted, to `endpoints` endpoints.
async fn saturated(endpoints: u64) -> anyhow::Result<()> {
    let (folder, receiver) = (Folder::new(), Receiver::start(Duration::ZERO).await?);
    let posthorn = Arc::new(Posthorn::start(&folder.0).await?);
    for _ in 0..endpoints {
        posthorn.endpoint(&receiver.url).await?;
    }
    posthorn.send(u64::MAX).await?;
    receiver.wait_for(1, PATIENCE).await?;

    let cpu_before = cpu::seconds(posthorn.id()?)? + cpu::seconds(std::process::id())?;
    let (began, next) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let mut producers = JoinSet::new();
    for _ in 0..PRODUCERS {
        let (posthorn, next) = (Arc::clone(&posthorn), Arc::clone(&next));
        producers.spawn(async move {
            let mut sent = Vec::new();
            while began.elapsed() < SATURATED_FOR {
                let n = next.fetch_add(1, Ordering::Relaxed);
                sent.push((n, Instant::now()));
                posthorn.send_quickly(n).await?;
            }
            anyhow::Ok(sent)
        });
    }
    let mut sent = Vec::new();
    while let Some(producer) = producers.join_next().await {
        sent.extend(producer??);
    }
    let accepting = began.elapsed().as_secs_f64();
    let delivered_meanwhile = receiver.total() - endpoints;
    let resident = posthorn.resident_mb()?;
    let (events, deliveries) = (number(sent.len()), number(sent.len()) * real(endpoints));
    receiver.wait_for_total((u64::try_from(sent.len())? + 1) * endpoints, PATIENCE).await?;
    let all = began.elapsed().as_secs_f64();
    let cpu = cpu::seconds(posthorn.id()?)? + cpu::seconds(std::process::id())? - cpu_before;
    let mut latencies: Vec<Duration> = {
        let arrivals = receiver.arrivals();
        sent.iter()
            .filter_map(|(n, at)| Some(arrivals.get(n)?.first.saturating_duration_since(*at)))
            .collect()
    };

    let when = format!("{endpoints} endpoint{}, saturated", if endpoints == 1 { "" } else { "s" });
    print(&format!("accepted, {when}"), events / accepting, "events/s");
    print(
        &format!("delivered while accepting, {when}"),
        real(delivered_meanwhile) / accepting,
        "deliveries/s",
    );
    print(&format!("delivered until all were, {when}"), deliveries / all, "deliveries/s");
    for (name, quantile) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
        print(&format!("request to receiver, {name}, {when}"), quantile_ms(&mut latencies, quantile), "ms");
    }
    print(&format!("CPU of everything, {when}"), cpu / deliveries * 1_000.0, "s per 1,000 deliveries");
    print(&format!("resident memory, {when}"), resident, "MB");
    posthorn.kill_now()
}

/// Sends 200 events a second; if `hanging`, another endpoint gets every event and never answers.
async fn steady(hanging: bool) -> anyhow::Result<()> {
    let (folder, receiver) = (Folder::new(), Receiver::start(Duration::ZERO).await?);
    let posthorn = Arc::new(Posthorn::start(&folder.0).await?);
    posthorn.endpoint_with(&receiver.url, json!({ "events": ["invoice.*"] })).await?;
    let stuck = Receiver::start(Duration::from_secs(3_600)).await?;
    if hanging {
        // This endpoint gets every event too.
        posthorn.endpoint_with(&stuck.url, json!({ "events": ["invoice.*"] })).await?;
    }
    let cpu_before = cpu::seconds(posthorn.id()?)?;
    let mut pace = tokio::time::interval(Duration::from_micros(1_000_000 / STEADY_RATE));
    let mut sending = JoinSet::new();
    for n in 0..STEADY_EVENTS {
        pace.tick().await;
        let posthorn = Arc::clone(&posthorn);
        sending.spawn(async move {
            let began = Instant::now();
            posthorn.send_quickly(n).await?;
            anyhow::Ok((n, began))
        });
    }
    let mut latencies = Vec::new();
    receiver.wait_for(usize::try_from(STEADY_EVENTS)?, PATIENCE).await?;
    while let Some(sent) = sending.join_next().await {
        let (n, began) = sent??;
        latencies.extend(
            receiver.arrivals().get(&n).map(|arrival| arrival.first.saturating_duration_since(began)),
        );
    }
    let cpu = cpu::seconds(posthorn.id()?)? - cpu_before;
    let when = format!("{STEADY_RATE} events/s{}", if hanging { ", one endpoint hangs" } else { "" });
    for (name, quantile) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
        print(&format!("request to receiver, {name}, {when}"), quantile_ms(&mut latencies, quantile), "ms");
    }
    print(&format!("CPU of Posthorn, {when}"), cpu / real(STEADY_EVENTS) * 1_000.0, "s per 1,000 events");
    posthorn.kill_now()
}

impl Posthorn {
    /// Sends event number `n`, and looks at the answer's status only.
    async fn send_quickly(&self, n: u64) -> anyhow::Result<()> {
        let body = Bytes::from(self.event(n, "invoice.paid").to_string());
        let (status, answer) = self.api.call("POST", "/v1/events", body, &[]).await?;
        anyhow::ensure!(status == 202, "{status} {answer}");
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
fn number(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
fn real(count: u64) -> f64 {
    count as f64
}
