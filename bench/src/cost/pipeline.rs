//! What runs while costs are counted?
//! The functions on the emulated AWS, one request at a time, as Lambda runs them; every call and unit is counted.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::purpose::Purpose;
use domain::hex::hex;
use domain::id::SourceId;
use domain::source::Source;
use domain::source::secret::{ProviderSecret, SourceSecret};
use domain::source::token::SourceToken;
use domain::timestamp::Timestamp;
use egress::Egress;
use embedded_aws::sqs::Counts;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::BodyExt as _;
use http_kit::http_api::finish;
use lambda_kit::metrics::Metrics;
use local::emulated_aws::EmulatedAws;
use local::event_source_mapping::to_event;
use local::first_run::prepare;
use local::observe::{Call, Observer, Watch};
use queue::Queue;
use queue::definition::JOBS;
use serde_json::{Value, json};
use sha2::Sha256;
use tower::ServiceExt as _;
use usecases::deliver::attempt_delivery::Sender;
use usecases::receive::receiving::Receiving;
use usecases::{Clock, Context, Intake, Randomness};

use super::{Caller, Case, Counted, Log, lock};

/// While nothing is left but waits, time goes in steps of the longest delay of a message.
const SKIPPED_WAIT_MS: i64 = 900_000;
const KEY: &str = "phk_benchmarks_only_benchmarks_only_0";
const BASE: &str = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";
const TOKEN: &str = "benchmarks-only-benchmarks-only-benchmarks0";
const SECRET: &str = "whsec_benchmarks_only";

/// The functions of one stack, and what they consume.
pub(super) struct Pipeline {
    aws: EmulatedAws,
    pub(super) store: store::Store,
    queue: Queue,
    ingest: Router,
    inbound: Router,
    sender: Sender,
    metrics: Metrics,
    workspace: String,
    counted: Arc<Mutex<Counted>>,
    /// How far the clock was moved, in milliseconds.
    ahead: Arc<AtomicI64>,
}

impl Pipeline {
    pub(super) async fn start(counted: Arc<Mutex<Counted>>, log: Log) -> anyhow::Result<Self> {
        let (ahead, system) = (Arc::new(AtomicI64::new(0)), Clock::system());
        let shift = Arc::clone(&ahead);
        let clock = Clock::new(move || {
            Timestamp::from_millis(system.now().as_millis() + shift.load(Ordering::Relaxed))
        });
        let emulators = clock.clone();
        let aws = EmulatedAws::start(
            None,
            embedded_aws::Durability::default(),
            embedded_aws::Clock::new(move || emulators.now().as_millis()),
        )
        .await?;
        let (store, queue) = (aws.store([7; 32]).await?, aws.queue().await?);
        let beginnings = prepare(&store, None, Some(KEY), &clock).await?;
        let (of_calls, of_units) = (Arc::clone(&counted), Arc::clone(&counted));
        let observer = Observer::new(move |Call { function, action, .. }| {
            *lock(&of_calls).calls.entry((function, action)).or_default() += 1;
        })
        .with_units(move |units| {
            let mut counted = lock(&of_units);
            counted.read += units.read;
            counted.write += units.write;
        });
        let metrics = Metrics::new(Some("posthorn".to_owned()), clock.clone()).with_sink(move |line| {
            log.0.fetch_add(line.len() as u64 + 1, Ordering::Relaxed);
        });
        let context = |function| {
            let watch = Watch { function, observer: observer.clone() };
            let store = aws.store_of([7; 32], &watch);
            Context::new(store, aws.queue_of(&queue, &watch))
                .with_clock_and_randomness(clock.clone(), Randomness::system())
        };
        let ingest = finish(ingest::router(Intake::new(context("ingest"))), metrics.clone());
        let egress = Egress::new(AllowedTargets::loopback_and_http())?;
        let receiving = Receiving::new(Intake::new(context("inbound")), egress.clone(), BASE.into());
        let inbound = finish(inbound::router(receiving), metrics.clone());
        let sender = Sender::new(context("sender"), egress);
        let workspace = beginnings.workspace.to_string();
        Ok(Self { ingest, inbound, sender, aws, store, queue, metrics, workspace, counted, ahead })
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_millis(Clock::system().now().as_millis() + self.ahead.load(Ordering::Relaxed))
    }

    pub(super) async fn endpoint(&self, url: &str, wait_seconds: u64) -> anyhow::Result<()> {
        use domain::endpoint::{Endpoint, EndpointSettings};
        use domain::signing::secret::{ActiveSecret, Secret};
        let now = self.now();
        let retry = json!({ "schedule_seconds": [wait_seconds, wait_seconds] });
        let settings: EndpointSettings = serde_json::from_value(json!({ "url": url, "retry": retry }))?;
        let endpoint = Endpoint {
            id: domain::id::EndpointId::new(now, Randomness::system().id()),
            workspace_id: self.workspace.parse()?,
            purpose: Purpose::Subscriber,
            url: settings
                .check(&AllowedTargets::loopback_and_http())
                .map_err(|problem| anyhow::anyhow!("{problem}"))?,
            settings,
            secrets: vec![ActiveSecret { secret: Secret::new(&[7; 32]), expires_at: None }],
            disabled: None,
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        anyhow::ensure!(self.store.save_endpoint(&endpoint, None).await?, "the endpoint is there already");
        Ok(())
    }

    /// A source of Stripe's webhooks.
    pub(super) async fn source(&self) -> anyhow::Result<()> {
        let now = self.now();
        let settings = json!({ "name": "benchmark", "provider": "stripe" });
        let source = Source {
            id: SourceId::new(now, Randomness::system().id()),
            workspace_id: self.workspace.parse()?,
            token: SourceToken::of_path(TOKEN),
            settings: serde_json::from_value(settings)?,
            secrets: vec![SourceSecret::current(ProviderSecret::new(SECRET), now)],
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        anyhow::ensure!(self.store.create_source(&source, None).await?, "the source is there already");
        Ok(())
    }

    /// Posts `count` events of a kilobyte in one request.
    pub(super) async fn post(&self, first: usize, count: usize, case: &Case) -> anyhow::Result<()> {
        let request = match case.caller {
            Caller::Producer => self.of_producer(first, count, case)?,
            Caller::Provider => of_provider(first, self.now())?,
        };
        let router = if case.caller == Caller::Producer { &self.ingest } else { &self.inbound };
        let answer = router.clone().oneshot(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        anyhow::ensure!(status.is_success(), "{status} {}", String::from_utf8_lossy(&body));
        lock(&self.counted).requests += 1;
        Ok(())
    }

    /// With or without an `Idempotency-Key` and uids.
    fn of_producer(&self, first: usize, count: usize, case: &Case) -> anyhow::Result<Request<Body>> {
        let event = |n: usize| {
            let data = json!({ "n": n, "invoice": invoice(n) });
            let mut event = json!({ "workspace_id": self.workspace, "type": "invoice.paid", "data": data });
            if case.named {
                event["uid"] = format!("invoice-{n}").into();
            }
            event
        };
        let (path, body) = match count {
            1 => ("/v1/events", event(first)),
            _ => (
                "/v1/events/batch",
                json!({ "events": (first..first + count).map(event).collect::<Vec<Value>>() }),
            ),
        };
        let mut request = Request::post(path).header("x-api-key", KEY);
        if case.keyed {
            request = request.header("idempotency-key", format!("order-{first}"));
        }
        Ok(request.body(Body::from(body.to_string()))?)
    }

    /// Hands the sender full batches, as Lambda's event source mapping does under load, until no job is left.
    pub(super) async fn work(&self, patience: Duration) -> anyhow::Result<()> {
        let (queue, began) = (self.aws.sqs.consumer(self.queue.url()), Instant::now());
        loop {
            let left = self.aws.sqs.counts(JOBS).await?;
            if left == Counts::default() {
                return Ok(());
            }
            anyhow::ensure!(began.elapsed() < patience, "jobs are left: {left:?}");
            let mut messages = queue.receive(Duration::from_secs(1)).await?;
            if messages.is_empty() {
                // All that is left waits for its retry.
                self.ahead.fetch_add(SKIPPED_WAIT_MS, Ordering::Relaxed);
                continue;
            }
            {
                let mut counted = lock(&self.counted);
                counted.batches += 1;
                counted.jobs += messages.len() as u64;
            }
            let answer = sender::handle(&self.sender, &self.metrics, to_event(&mut messages)).await;
            let stay: Vec<_> =
                answer.batch_item_failures.iter().map(|failure| &failure.item_identifier).collect();
            messages.retain(|message| !stay.contains(&&message.message_id));
            queue.delete(messages.into_iter().map(|message| message.receipt).collect()).await?;
        }
    }
}

/// A request of Stripe, with the headers that API Gateway adds: all of them are kept.
fn of_provider(n: usize, now: Timestamp) -> anyhow::Result<Request<Body>> {
    let seconds = now.as_millis() / 1_000;
    let body = json!({
        "id": format!("evt_{n:024x}"), "object": "event", "created": seconds, "type": "invoice.paid",
        "data": { "object": invoice(n) },
    });
    let body = body.to_string();
    let mut hmac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
    hmac.update(format!("{seconds}.{body}").as_bytes());
    let request = Request::post(format!("/in/{TOKEN}"))
        .header("host", BASE.trim_start_matches("https://"))
        .header("accept", "*/*; q=0.5, application/xml")
        .header("cache-control", "no-cache")
        .header("content-type", "application/json; charset=utf-8")
        .header("content-length", body.len())
        .header("stripe-signature", format!("t={seconds},v1={}", hex(&hmac.finalize().into_bytes())))
        .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .header("x-amzn-trace-id", format!("Root=1-{seconds:08x}-{n:024x}"))
        .header("x-forwarded-for", "203.0.113.10")
        .header("x-forwarded-port", "443")
        .header("x-forwarded-proto", "https");
    Ok(request.body(Body::from(body))?)
}

/// A document of about a kilobyte that is similar to real payloads: names, ids, amounts and some text.
fn invoice(n: usize) -> Value {
    let id = |prefix: &str, salt: usize| {
        let mixed =
            (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(u32::try_from(salt).unwrap_or(0));
        format!("{prefix}_{mixed:016x}")
    };
    let line = |index: usize| {
        json!({
            "id": id("il", 3 + index), "sku": format!("PLAN-{index}-{}", n % 97), "quantity": 1 + (n + index) % 12,
            "description": "Team plan, seats and support for one month", "unit_price_cents": 1_900 + n % 500,
        })
    };
    json!({
        "id": id("in", 1), "customer": { "id": id("cus", 2), "name": "Aurelia Lindqvist", "email": "billing@example.com" },
        "currency": "EUR", "lines": [line(0), line(1), line(2)], "subtotal_cents": 25_300 + n, "tax_rate": 0.19,
        "payment": { "method": "sepa_debit", "reference": id("SD", 7) }, "paid_at": "2026-01-05T09:29:57Z",
    })
}
