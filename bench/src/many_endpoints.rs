//! How fast does a workspace with 10,000 endpoints accept an event?
//! An event that none of them wants, one that a hundred want, and one that all do: time and size of the answer.

use std::time::{Duration, Instant};

use api::client::ApiClient;
use domain::endpoint::MAX_ENDPOINTS;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use local::first_run::prepare;
use local::platform::{Platform, Setup};
use serde_json::json;
use usecases::Clock;

use crate::figure::{print, quantile_ms};
use crate::receiver::Receiver;

/// How often each event is sent.
const TIMES: usize = 21;
/// So many of the endpoints want the type `some`.
const SOME: usize = 100;

/// Measures the three kinds of event.
pub(crate) async fn run() -> anyhow::Result<()> {
    // 1. Local mode in this process, in memory, with as many endpoints as there may be.
    let clock = Clock::system();
    let platform = Platform::start(Setup { clock: clock.clone(), ..Setup::default() }).await?;
    let beginnings = prepare(&platform.store, None, None, &clock).await?;
    let api = ApiClient::new(&platform.url(), beginnings.admin_key.reveal());
    let receiver = Receiver::start(Duration::ZERO).await?;
    let endpoints = (0..MAX_ENDPOINTS).map(|number| {
        let events = if number < SOME { vec!["all", "some"] } else { vec!["all"] };
        json!({ "workspace_id": beginnings.workspace, "url": receiver.url, "events": events })
    });
    let began = Instant::now();
    stream::iter(endpoints)
        .map(|endpoint| {
            let api = &api;
            async move { api.post("/v1/webhook-endpoints", &endpoint).await }
        })
        .buffer_unordered(8)
        .try_collect::<Vec<_>>()
        .await?;
    print("creating 10,000 endpoints", began.elapsed().as_secs_f64(), "s");

    // 2. Each kind of event, one at a time. The first finds nothing cached.
    for (event_type, wanted) in [("none", 0), ("some", SOME), ("all", MAX_ENDPOINTS)] {
        let event = json!({ "workspace_id": beginnings.workspace, "type": event_type, "data": { "n": 1 } });
        let times = if wanted == MAX_ENDPOINTS { 3 } else { TIMES };
        let (mut took, mut size) = (Vec::new(), 0);
        for _ in 0..times {
            let began = Instant::now();
            let answer = api.post("/v1/events", &event).await?;
            took.push(began.elapsed());
            size = size.max(answer.to_string().len());
        }
        let what = format!("an event that {wanted} of 10,000 endpoints want");
        print(&format!("{what}, first"), quantile_ms(&mut took.clone()[..1], 0.5), "ms");
        print(&format!("{what}, p50"), quantile_ms(&mut took, 0.5), "ms");
        print(&format!("{what}, longest"), quantile_ms(&mut took, 1.0), "ms");
        #[expect(clippy::cast_precision_loss, reason = "some kilobytes")]
        print(&format!("{what}, size of the answer"), size as f64, "bytes");
    }
    platform.stop().await;
    Ok(())
}
