//! How many providers' requests does local mode take, and how long does each wait for its answer?
//! Throughput and latency of `/in/{token}`: signed requests of 1 KB to one source, each a new event with one delivery.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use domain::hex::hex;
use futures_util::{StreamExt as _, stream};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

use crate::figure::{print, quantile_ms};
use crate::posthorn::{Folder, Posthorn};
use crate::receiver::Receiver;

const SECRET: &str = "benchmarks only";
/// Requests under way at once, where it is asked how many go through.
const AT_ONCE: usize = 64;
const FLAT_OUT: u64 = 20_000;

/// One source of a running Posthorn, and how its provider posts to it.
struct Source {
    posthorn: Posthorn,
    path: String,
}

/// What came back.
struct Answer {
    succeeded: bool,
    took: Duration,
}

pub(crate) async fn run() -> anyhow::Result<()> {
    let (folder, receiver) = (Folder::new(), Receiver::start(Duration::ZERO).await?);
    let posthorn = Posthorn::start(&folder.0).await?;
    posthorn.endpoint(&receiver.url).await?;
    let settings = json!({ "workspace_id": posthorn.workspace, "name": "bench", "provider": "github", "secrets": [SECRET] });
    let made = posthorn.api.post("/v1/sources", &settings).await?;
    let address = made["address"].as_str().context("a source without an address")?;
    let (_, token) = address.split_once("/in/").context("an address without a token")?;
    let source = Arc::new(Source { path: format!("/in/{token}"), posthorn });

    // 1. Nothing is measured while caches are cold.
    source.paced(0, 200, 100).await?;

    // 2. At the rates that are promised.
    for (rate, seconds) in [(100, 30), (1_000, 20)] {
        let answers = source.paced(rate * 1_000_000, rate * seconds, rate).await?;
        report(&format!("{rate} requests/s"), &answers);
    }

    // 3. As fast as it goes.
    let began = Instant::now();
    let requests = stream::iter(0..FLAT_OUT).map(|n| source.post(u64::MAX / 2 + n));
    let answers: Vec<_> = requests.buffer_unordered(AT_ONCE).collect().await;
    let elapsed = began.elapsed();
    let answers = answers.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    report(&format!("{AT_ONCE} requests at once"), &answers);
    #[expect(clippy::cast_precision_loss, reason = "20,000 is exact")]
    print("requests a second, flat out", FLAT_OUT as f64 / elapsed.as_secs_f64(), "1/s");

    // 4. Very many events in one request.
    many_events(&source.posthorn).await?;
    source.posthorn.kill_now()
}

/// Posts 10,000 events in one request, in the shape of Meta, and posts it again.
async fn many_events(posthorn: &Posthorn) -> anyhow::Result<()> {
    let settings = json!({
        "workspace_id": posthorn.workspace, "name": "many", "provider": "gupshup", "scheme": "address_only",
    });
    let made = posthorn.api.post("/v1/sources", &settings).await?;
    let (_, token) =
        made["address"].as_str().and_then(|address| address.split_once("/in/")).context("no address")?;
    let statuses: Vec<_> = (0..10_000)
        .map(|n| json!({ "id": format!("wamid.{n}"), "status": "delivered", "timestamp": "1749416383" }))
        .collect();
    let value = json!({ "metadata": { "phone_number_id": "1" }, "statuses": statuses });
    let changes = json!([{ "field": "messages", "value": value }]);
    let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": changes }] });
    for what in ["10,000 events in one request", "the same again, all of them duplicates"] {
        let began = Instant::now();
        let answer = posthorn.api.exchange("POST", &format!("/in/{token}"), body.to_string(), &[]).await?;
        print(&format!("{what}: status"), f64::from(answer.status().as_u16()), "");
        print(&format!("{what}: request to answer"), began.elapsed().as_secs_f64(), "s");
    }
    Ok(())
}

fn report(at: &str, answers: &[Answer]) {
    let mut took: Vec<_> = answers.iter().map(|answer| answer.took).collect();
    let failed = answers.iter().filter(|answer| !answer.succeeded).count();
    #[expect(clippy::cast_precision_loss, reason = "there are few")]
    print(&format!("{at}: answers that are not 2xx"), failed as f64, "of them");
    print(&format!("{at}: request to 2xx, p50"), quantile_ms(&mut took, 0.5), "ms");
    print(&format!("{at}: request to 2xx, p99"), quantile_ms(&mut took, 0.99), "ms");
}

impl Source {
    /// Posts `count` requests at `rate` a second, whether or not the earlier ones are answered.
    async fn paced(self: &Arc<Self>, first: u64, count: u64, rate: u64) -> anyhow::Result<Vec<Answer>> {
        let began = Instant::now();
        let mut under_way = Vec::new();
        for n in 0..count {
            let due = began + Duration::from_micros(n * 1_000_000 / rate);
            tokio::time::sleep_until(due.into()).await;
            let source = Arc::clone(self);
            under_way.push(tokio::spawn(async move { source.post(first + n).await }));
        }
        let mut answers = Vec::new();
        for request in under_way {
            answers.push(request.await??);
        }
        Ok(answers)
    }

    /// Posts request number `n` as GitHub does.
    async fn post(&self, n: u64) -> anyhow::Result<Answer> {
        let body = json!({ "n": n, "repository": "acme/widgets", "lines": ["a".repeat(900)] }).to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
        mac.update(body.as_bytes());
        let signature = format!("sha256={}", hex(&mac.finalize().into_bytes()));
        let delivery = format!("delivery-{n}");
        let headers = [
            ("x-hub-signature-256", signature.as_str()),
            ("x-github-event", "push"),
            ("x-github-delivery", delivery.as_str()),
        ];
        let began = Instant::now();
        let answer = self.posthorn.api.exchange("POST", &self.path, body, &headers).await?;
        Ok(Answer { succeeded: answer.status().is_success(), took: began.elapsed() })
    }
}
