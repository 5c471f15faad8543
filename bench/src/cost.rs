//! What does a million deliveries cost?
//! A cost model: counted AWS calls, consumed capacity and log bytes of the pipeline, multiplied by list prices.
//!
//! Not counted: data transfer, storage, the first free million of anything, an idle trigger's polling, and the API's
//! access log, which is off unless asked for.

mod assumed;
mod pipeline;
mod price;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::policy::backoff::QueueLoad;

use crate::cost::pipeline::Pipeline;
use crate::figure::print;
use crate::receiver::Receiver;

const DELIVERIES: usize = 2_000;

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

/// Who makes the requests.
#[derive(Clone, Copy, PartialEq)]
enum Caller {
    /// A producer, through `ingest`.
    Producer,
    /// A provider, to the address of a source, through `inbound`.
    Provider,
}

/// A case: how events are posted, to how many endpoints, and which share of the attempts fails at first.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    caller: Caller,
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
const CASES: [Case; 11] = [
    Case { budget: 3.50, writes: 2.02, ..case("one event, one endpoint", 1) },
    Case { budget: 4.15, writes: 3.02, keyed: true, ..case("one event with a key, one endpoint", 1) },
    Case { budget: 5.60, writes: 5.02, named: true, ..case("one event with a uid, one endpoint", 1) },
    Case { budget: 1.68 * 1.05, writes: 2.02, ..case("batches of 100, one endpoint", 100) },
    Case { budget: 3.80, writes: 5.02, named: true, ..case("batches of 100 with uids, one endpoint", 100) },
    Case { budget: 1.75, writes: 2.02, keyed: true, ..case("batches of 100 with a key, one endpoint", 100) },
    Case { budget: 1.50 * 1.05, endpoints: 5, ..case("one event, five endpoints", 1) },
    Case {
        budget: 6.21 * 1.05,
        writes: 6.10,
        caller: Caller::Provider,
        ..case("one event of a provider, one endpoint", 1)
    },
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
        caller: Caller::Producer,
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
    print("assumed duration of inbound", assumed::INBOUND_SECONDS * 1_000.0, "ms");
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
    pipeline.source().await?;
    pipeline.store.save_queue_load(case.load, 0, pipeline.now()).await?;
    // The cache is filled before counting begins, because its rows are read only once every few seconds.
    pipeline.post(DELIVERIES, 1, &Case { keyed: false, named: false, ..*case }).await?;
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
    let (intake, gb_seconds) = match case.caller {
        Caller::Producer if case.keyed => {
            ("ingest", (assumed::INGEST_SECONDS + assumed::CLAIM_SECONDS) * assumed::INGEST_GB)
        }
        Caller::Producer => ("ingest", assumed::INGEST_SECONDS * assumed::INGEST_GB),
        Caller::Provider => ("inbound", assumed::INBOUND_SECONDS * assumed::INBOUND_GB),
    };
    let queue_calls: u64 =
        counted.calls.iter().filter(|((_, action), _)| action.starts_with("sqs:")).map(|(_, n)| n).sum();
    // Lambda's event source mapping makes one receive and one delete per batch.
    let queue_requests = real(queue_calls) + 2.0 * batches;
    let lines = [
        ("intake (HTTP API)".to_owned(), requests * price::HTTP_API_REQUEST),
        (
            format!("{intake}, compute"),
            requests * (price::LAMBDA_REQUEST + gb_seconds * price::LAMBDA_GB_SECOND),
        ),
        ("table, writes".to_owned(), counted.write * price::WRITE_UNIT),
        ("table, reads".to_owned(), counted.read * price::READ_UNIT),
        ("queue".to_owned(), queue_requests * price::SQS_REQUEST),
        (
            "sender, compute".to_owned(),
            batches
                * (price::LAMBDA_REQUEST
                    + assumed::SENDER_SECONDS * assumed::SENDER_GB * price::LAMBDA_GB_SECOND),
        ),
        (
            "logs".to_owned(),
            // The template turns Lambda's own lines about each invocation off.
            real(counted.log_bytes) * price::LOG_BYTE,
        ),
    ];
    let per = real(counted.deliveries as u64);
    print(&format!("write units a delivery, {}", case.name), counted.write / per, "units");
    print(&format!("read units a delivery, {}", case.name), counted.read / per, "units");
    print(&format!("SQS requests a delivery, {}", case.name), queue_requests / per, "requests");
    print(&format!("jobs a batch, {}", case.name), real(counted.jobs) / batches, "jobs");
    for (line, dollars) in &lines {
        print(&format!("{line}, {}", case.name), dollars * million, "$ per million deliveries");
    }
    let sum: f64 = lines.iter().map(|(_, dollars)| dollars).sum();
    print(&format!("together, {}", case.name), sum * million, "$ per million deliveries");
    sum * million
}

fn lock(counted: &Mutex<Counted>) -> std::sync::MutexGuard<'_, Counted> {
    counted.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are small")]
fn real(count: u64) -> f64 {
    count as f64
}
