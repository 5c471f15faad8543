//! What does a million deliveries cost?
//! A cost model: counted AWS calls, consumed capacity and log bytes of the pipeline, multiplied by list prices.
//!
//! The pipeline runs on the emulated AWS, one request at a time, as Lambda runs it. Not counted: data transfer,
//! storage, the first free million of anything, an idle trigger's polling, and the API's access log, which is off
//! unless asked for.

mod assumed;
mod price;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use domain::endpoint::address::AllowedTargets;
use domain::policy::backoff::QueueLoad;
use domain::timestamp::Timestamp;
use egress::Egress;
use embedded_aws::sqs::Counts;
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
use tower::ServiceExt as _;
use usecases::deliver::attempt_delivery::Sender;
use usecases::{Clock, Context, Intake, Randomness};

use crate::figure::print;
use crate::receiver::Receiver;

const DELIVERIES: usize = 2_000;
/// While nothing is left but waits, time goes in steps of the longest delay of a message.
const SKIPPED_WAIT_MS: i64 = 900_000;
const KEY: &str = "phk_benchmarks_only_benchmarks_only_0";

#[derive(Debug, Default, Clone)]
struct Counted {
    calls: BTreeMap<(&'static str, String), u64>,
    read: f64,
    write: f64,
    log_bytes: u64,
    requests: u64,
    batches: u64,
    jobs: u64,
    deliveries: usize,
}

/// A writer that counts its bytes.
#[derive(Clone, Default)]
struct Log(Arc<AtomicU64>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A case: how events are posted, to how many endpoints, and which share of the attempts fails at first.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    batch: usize,
    endpoints: usize,
    /// One in so many attempts is answered 500; 0 for none.
    failing_every: u64,
    /// When a failed attempt is tried again, in seconds.
    wait_seconds: u64,
    /// The load of the queue, as the sender believes it to be.
    load: QueueLoad,
    /// Whether each request has an `Idempotency-Key`.
    keyed: bool,
    /// Whether each event has a uid.
    named: bool,
    /// In dollars per million deliveries: the last measurement plus 5 % of drift, or the price that is promised. The last
    /// case has none: it is there to be compared.
    budget: f64,
    /// The most write units a delivery, where they are promised.
    writes: f64,
}

/// Statistics, and the claim of a batch, are a hundredth of a unit a delivery.
const CASES: [Case; 10] = [
    Case { budget: 3.50, writes: 2.02, ..case("one event, one endpoint", 1) },
    Case { budget: 4.15, writes: 3.02, keyed: true, ..case("one event with a key, one endpoint", 1) },
    Case { budget: 5.60, writes: 5.02, named: true, ..case("one event with a uid, one endpoint", 1) },
    Case { budget: 1.68 * 1.05, writes: 2.02, ..case("batches of 100, one endpoint", 100) },
    Case { budget: 3.80, writes: 5.02, named: true, ..case("batches of 100 with uids, one endpoint", 100) },
    Case { budget: 1.75, writes: 2.02, keyed: true, ..case("batches of 100 with a key, one endpoint", 100) },
    Case { budget: 1.50 * 1.05, endpoints: 5, ..case("one event, five endpoints", 1) },
    FAILS_ONCE,
    Case { name: "the same, tried again after two hours", wait_seconds: 7_200, ..FAILS_ONCE },
    Case {
        name: "the same while many are in flight",
        wait_seconds: 7_200,
        load: QueueLoad::High,
        budget: f64::INFINITY,
        ..FAILS_ONCE
    },
];

const FAILS_ONCE: Case = Case {
    budget: 4.27 * 1.05,
    failing_every: 10,
    ..case("one event, one endpoint, one in ten fails once", 1)
};

const fn case(name: &'static str, batch: usize) -> Case {
    Case {
        name,
        batch,
        endpoints: 1,
        failing_every: 0,
        wait_seconds: 1,
        load: QueueLoad::Normal,
        keyed: false,
        named: false,
        budget: 0.0,
        writes: f64::INFINITY,
    }
}

/// Prints the costs of every case; fails, if `budgeted`, when one exceeds its budget.
pub(crate) async fn run(budgeted: bool) -> anyhow::Result<()> {
    let log = Log::default();
    let writer = log.clone();
    lambda_kit::logging::init_to(move || writer.clone());
    let mut dear = Vec::new();
    for case in &CASES {
        let counted = measure(case, &log).await?;
        let (dollars, writes) = (report(case, &counted), counted.write / real(counted.deliveries as u64));
        if dollars > case.budget {
            dear.push(format!("{}: {dollars:.2} of {:.2} $ per million", case.name, case.budget));
        }
        if writes > case.writes {
            dear.push(format!("{}: {writes:.3} of {:.3} write units", case.name, case.writes));
        }
    }
    print("assumed duration of ingest", assumed::INGEST_SECONDS * 1_000.0, "ms");
    print("assumed duration of a claim", assumed::CLAIM_SECONDS * 1_000.0, "ms");
    print("assumed duration of a sender's batch", assumed::SENDER_SECONDS * 1_000.0, "ms");
    anyhow::ensure!(!budgeted || dear.is_empty(), "over budget: {}", dear.join("; "));
    Ok(())
}

async fn measure(case: &Case, log: &Log) -> anyhow::Result<Counted> {
    let counted = Arc::new(Mutex::new(Counted::default()));
    let pipeline = Pipeline::start(Arc::clone(&counted), log.clone()).await?;
    let receiver = Receiver::start(Duration::ZERO).await?;
    for _ in 0..case.endpoints {
        pipeline.endpoint(&receiver.url, case.wait_seconds).await?;
    }
    pipeline.store.save_queue_load(case.load, 0, pipeline.now()).await?;
    // The cache is filled before counting begins, because its rows are read only once every few seconds.
    pipeline.post(0, 1, &Case { keyed: false, named: false, ..*case }).await?;
    pipeline.work(Duration::from_secs(10)).await?;
    receiver.fail_every(case.failing_every);
    *counted.lock().unwrap_or_else(PoisonError::into_inner) = Counted::default();
    let before = log.0.load(Ordering::Relaxed);

    let events = DELIVERIES / case.endpoints;
    for first in (0..events).step_by(case.batch) {
        pipeline.post(first, case.batch, case).await?;
    }
    pipeline.work(Duration::from_secs(120)).await?;
    let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner).clone();
    counted.log_bytes = log.0.load(Ordering::Relaxed) - before;
    counted.deliveries = events * case.endpoints;
    Ok(counted)
}

/// Prints the costs of one case, and returns its dollars per million deliveries.
fn report(case: &Case, counted: &Counted) -> f64 {
    let million = 1.0e6 / real(counted.deliveries as u64);
    let (requests, batches) = (real(counted.requests), real(counted.batches));
    let ingest_seconds = assumed::INGEST_SECONDS + if case.keyed { assumed::CLAIM_SECONDS } else { 0.0 };
    let queue_calls: u64 =
        counted.calls.iter().filter(|((_, action), _)| action.starts_with("sqs:")).map(|(_, n)| n).sum();
    // Lambda's event source mapping makes one receive and one delete per batch.
    let queue_requests = real(queue_calls) + 2.0 * batches;
    let lines = [
        ("intake (HTTP API)", requests * price::HTTP_API_REQUEST),
        (
            "ingest, compute",
            requests
                * (price::LAMBDA_REQUEST + ingest_seconds * assumed::INGEST_GB * price::LAMBDA_GB_SECOND),
        ),
        ("table, writes", counted.write * price::WRITE_UNIT),
        ("table, reads", counted.read * price::READ_UNIT),
        ("queue", queue_requests * price::SQS_REQUEST),
        (
            "sender, compute",
            batches
                * (price::LAMBDA_REQUEST
                    + assumed::SENDER_SECONDS * assumed::SENDER_GB * price::LAMBDA_GB_SECOND),
        ),
        (
            "logs",
            // The template turns Lambda's own lines about each invocation off.
            real(counted.log_bytes) * price::LOG_BYTE,
        ),
    ];
    let per = real(counted.deliveries as u64);
    print(&format!("write units a delivery, {}", case.name), counted.write / per, "units");
    print(&format!("read units a delivery, {}", case.name), counted.read / per, "units");
    print(&format!("SQS requests a delivery, {}", case.name), queue_requests / per, "requests");
    print(&format!("jobs a batch, {}", case.name), real(counted.jobs) / batches, "jobs");
    for (line, dollars) in lines {
        print(&format!("{line}, {}", case.name), dollars * million, "$ per million deliveries");
    }
    let sum: f64 = lines.iter().map(|(_, dollars)| dollars).sum();
    print(&format!("together, {}", case.name), sum * million, "$ per million deliveries");
    sum * million
}

struct Pipeline {
    aws: EmulatedAws,
    store: store::Store,
    queue: Queue,
    router: Router,
    sender: Sender,
    metrics: Metrics,
    workspace: String,
    counted: Arc<Mutex<Counted>>,
    /// How far the clock was moved, in milliseconds.
    ahead: Arc<AtomicI64>,
}

impl Pipeline {
    async fn start(counted: Arc<Mutex<Counted>>, log: Log) -> anyhow::Result<Self> {
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
        let router = finish(ingest::router(Intake::new(context("ingest"))), metrics.clone());
        let sender = Sender::new(context("sender"), Egress::new(AllowedTargets::loopback_and_http())?);
        let workspace = beginnings.workspace.to_string();
        Ok(Self { router, sender, aws, store, queue, metrics, workspace, counted, ahead })
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(Clock::system().now().as_millis() + self.ahead.load(Ordering::Relaxed))
    }

    async fn endpoint(&self, url: &str, wait_seconds: u64) -> anyhow::Result<()> {
        use domain::endpoint::{Endpoint, EndpointSettings};
        use domain::signing::secret::{ActiveSecret, Secret};
        let now = self.now();
        let retry = json!({ "schedule_seconds": [wait_seconds, wait_seconds] });
        let settings: EndpointSettings = serde_json::from_value(json!({ "url": url, "retry": retry }))?;
        let endpoint = Endpoint {
            id: domain::id::EndpointId::new(now, Randomness::system().id()),
            workspace_id: self.workspace.parse()?,
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

    /// Posts `count` events of a kilobyte in one request, with or without an `Idempotency-Key` and uids.
    async fn post(&self, first: usize, count: usize, case: &Case) -> anyhow::Result<()> {
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
        let request = request.body(Body::from(body.to_string()))?;
        let answer = self.router.clone().oneshot(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        anyhow::ensure!(status.is_success(), "{status} {}", String::from_utf8_lossy(&body));
        lock(&self.counted).requests += 1;
        Ok(())
    }

    /// Hands the sender full batches, as Lambda's event source mapping does under load, until no job is left.
    async fn work(&self, patience: Duration) -> anyhow::Result<()> {
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

fn lock(counted: &Mutex<Counted>) -> std::sync::MutexGuard<'_, Counted> {
    counted.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
fn real(count: u64) -> f64 {
    count as f64
}
