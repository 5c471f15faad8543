//! A job that is not attempted says why: each reason is counted, and logged in one line.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::delivery::{Delivery, DeliveryStatus, ParkReason};
use domain::endpoint::Endpoint;
use domain::id::{EventId, ReplayId, WorkspaceId};
use domain::policy::limits::RateLimit;
use queue::Job;
use serde_json::{Value, json};
use store::rows::deliveries::{DeliveryRow, Settlement};
use tracing_subscriber::fmt::MakeWriter;
use usecases::Meter;
use usecases::accept::accept_event::accept_event;
use usecases::context::cache::CACHED_FOR;
use usecases::deliver::attempt_delivery::{Next, Sender};

use crate::{Bench, failure_at, receiver, request, start};

async fn one_job(bench: &Bench) -> Job {
    let intake = bench.intake(bench.queue.clone());
    accept_event(&intake, &bench.caller(), request("invoice.paid", "{}"), None).await.unwrap();
    bench.jobs().await.remove(0)
}

/// What is to be done with the job, and for which reasons it was turned away.
async fn turned_away(sender: &Sender, job: &Job, receives: u32) -> (Next, BTreeMap<&'static str, u32>) {
    let meter = Meter::default();
    let next = sender.attempt(job, receives, &meter).await.unwrap();
    (next, meter.into_readings().turned_away)
}

fn dropped(reason: &'static str) -> (Next, BTreeMap<&'static str, u32>) {
    (Next::Done, [(reason, 1)].into())
}

fn put_back(reason: &'static str, wait: Duration) -> (Next, BTreeMap<&'static str, u32>) {
    (Next::ComeBackIn(wait), [(reason, 1)].into())
}

async fn write(bench: &Bench, delivery: Delivery) {
    let row = DeliveryRow { delivery, first_attempt: None };
    let expires_at = start().plus(Duration::from_secs(86_400));
    bench.store.settle(&[Settlement { row, later_attempt: None, expires_at }]).await.unwrap();
}

fn delivery(bench: &Bench, job: &Job) -> Delivery {
    Delivery::new(bench.workspace, job.endpoint, job.event, job.event_type.clone(), job.occurred_at)
}

async fn save(bench: &Bench, endpoint: &mut Endpoint, active: bool) {
    endpoint.settings.active = active;
    endpoint.revision += 1;
    assert!(bench.store.save_endpoint(endpoint, None).await.unwrap());
}

#[tokio::test]
async fn a_job_that_no_longer_stands_is_dropped_with_its_reason() {
    let bench = Bench::new().await;
    let (url, count) = receiver(200).await;
    bench.endpoint(1, json!({ "url": url })).await;
    let (sender, job) = (bench.sender(), one_job(&bench).await);

    let early = job.delayed(start().plus(Duration::from_secs(9)));
    assert_eq!(turned_away(&sender, &early, 1).await, put_back("not_due", Duration::from_secs(9)));

    // As a version that sent every long wait anew left it: it comes each quarter of an hour.
    let sent_anew = job.delayed(start().plus(Duration::from_secs(7_200)));
    assert_eq!(turned_away(&sender, &sent_anew, 1).await, put_back("not_due", Duration::from_secs(7_200)));
    // SQS keeps a message for 14 days, so a job of an old event waits as a new one.
    let mut old = sent_anew;
    old.event = EventId::new(start().minus(Duration::from_secs(13 * 86_400)), 1);
    assert_eq!(turned_away(&sender, &old, 1).await, dropped("not_due"));

    let drained = Job::drain(&delivery(&bench, &job).parked(ParkReason::EndpointFailing, start()));
    assert_eq!(turned_away(&sender, &drained, 1).await, dropped("duplicate"), "it is not parked");

    let mut nowhere = job.clone();
    nowhere.workspace = WorkspaceId::new(start(), 99);
    assert_eq!(turned_away(&sender, &nowhere, 1).await, dropped("workspace_gone"));

    assert_eq!(turned_away(&sender, &job, 1).await, (Next::Done, BTreeMap::new()), "it is attempted");
    let again = job.clone().rechecked();
    assert_eq!(turned_away(&sender, &again, 1).await, dropped("settled"));

    let replayed = delivery(&bench, &job).replayed(ReplayId::new(start(), 1), start());
    write(&bench, replayed).await;
    assert_eq!(turned_away(&sender, &again, 1).await, dropped("superseded"));

    bench.advance(Duration::from_secs(100 * 86_400));
    assert_eq!(turned_away(&bench.sender(), &again, 1).await, dropped("expired"));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_sent_to_turns_its_jobs_away_with_the_reason() {
    let bench = Bench::new().await;
    let mut endpoint = bench.endpoint(1, json!({ "url": "https://example.com/hook" })).await;
    let key = endpoint.key();
    let job = one_job(&bench).await;
    let attempted = async |sender: &Sender| turned_away(sender, &job, 1).await;

    bench.store.record_failures(key, 5, failure_at(start())).await.unwrap();
    assert!(bench.store.open_circuit(key, start()).await.unwrap());
    let (sender, meter) = (bench.sender(), Meter::default());
    assert_eq!(sender.attempt(&job, 1, &meter).await.unwrap(), Next::Done);
    let readings = meter.into_readings();
    assert_eq!((readings.turned_away, readings.parked), ([("endpoint_failing", 1)].into(), 1));

    save(&bench, &mut endpoint, false).await;
    let sender = bench.sender();
    assert_eq!(attempted(&sender).await, dropped("endpoint_disabled"));
    save(&bench, &mut endpoint, true).await;
    assert_eq!(attempted(&sender).await, put_back("cache_outdated", CACHED_FOR));

    bench.store.delete_endpoint(&endpoint.deleted(start()), None).await.unwrap();
    assert_eq!(attempted(&bench.sender()).await, dropped("endpoint_deleted"));
}

#[tokio::test]
async fn limits_put_a_job_back_or_park_its_delivery_with_the_reason() {
    let bench = Bench::new().await;
    let (url, count) = receiver(200).await;
    let endpoint = bench.endpoint(1, json!({ "url": url, "rate_limit": { "per_minute": 20 } })).await;
    let (key, now) = (endpoint.key(), bench.clock.now());
    let (sender, one, other) = (bench.sender(), one_job(&bench).await, one_job(&bench).await);
    assert_eq!(turned_away(&sender, &one, 1).await, (Next::Done, BTreeMap::new()));
    let slot = Duration::from_secs(3);
    assert_eq!(turned_away(&sender, &other, 1).await, put_back("no_slot_yet", slot));
    let row = bench.store.load_delivery(endpoint.id, other.delivery, now).await.unwrap().unwrap();
    assert_eq!(row.delivery.slot_at, Some(now.plus(slot)), "it is not reserved again");

    // The next ten slots are another's.
    bench.store.reserve_slots(key, RateLimit::PerMinute(20), 10, now).await.unwrap();
    assert_eq!(turned_away(&sender, &one_job(&bench).await, 1).await, dropped("no_slot_in_reach"));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_concurrency_limit_puts_a_job_back_until_its_delivery_is_parked() {
    let bench = Bench::new().await;
    let endpoint = bench.endpoint(1, json!({ "url": "https://example.com/", "max_concurrency": 1 })).await;
    let now = bench.clock.now();
    assert!(
        bench.store.claim_lease(endpoint.key(), 0, now, now.plus(Duration::from_secs(60))).await.unwrap()
    );
    let (sender, other) = (bench.sender(), one_job(&bench).await);
    let (job, retried) = (one_job(&bench).await, one_job(&bench).await);
    // A job that came back for its retries has looked for a lease only once.
    let waits = Delivery { attempts: 5, status: DeliveryStatus::Retrying, ..delivery(&bench, &retried) };
    write(&bench, waits).await;
    // All wait for a few seconds, in vain.
    let (early, late, after_retries) = tokio::join!(
        turned_away(&sender, &other, 1),
        turned_away(&sender, &job, 4),
        turned_away(&sender, &retried, 6),
    );
    assert!(matches!(early.0, Next::ComeBackIn(_)));
    assert_eq!(early.1, [("no_lease", 1)].into());
    assert_eq!(late, dropped("no_lease"));
    assert!(matches!(after_retries.0, Next::ComeBackIn(_)));
    let row = bench.store.load_delivery(endpoint.id, job.delivery, now).await.unwrap().unwrap();
    let why = (row.delivery.status, row.delivery.parked_reason);
    assert_eq!(why, (DeliveryStatus::Parked, Some(ParkReason::MaxConcurrency)));
}

/// What is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_log_says_in_one_line_that_a_job_was_turned_away_and_why() {
    let bench = Bench::new().await;
    let endpoint = bench.endpoint(1, json!({ "url": "https://example.com/hook" })).await;
    let job = one_job(&bench).await;
    bench.store.delete_endpoint(&endpoint.deleted(start()), None).await.unwrap();
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(lines.clone()).finish();
    let logging = tracing::subscriber::set_default(subscriber);
    let again = job.clone().rechecked();
    let sender = bench.sender();
    for job in [&job, &again] {
        sender.attempt(job, 1, &Meter::default()).await.unwrap();
    }
    drop(logging);
    let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let lines = written.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let lines: Vec<Value> = lines.filter(|line| line["delivery"] == json!(job.delivery)).collect();
    let logged: Vec<_> = lines.iter().map(|line| (&line["message"], &line["reason"])).collect();
    let (cancelled, dropped) = ("delivery cancelled without an attempt", "job dropped without an attempt");
    assert_eq!(
        logged,
        [(&json!(cancelled), &json!("endpoint_deleted")), (&json!(dropped), &json!("settled"))]
    );
}
