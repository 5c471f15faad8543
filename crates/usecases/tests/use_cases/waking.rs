//! A drain brings the retry of a waiting delivery forward: one of several jobs has it, whatever comes when.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::delivery::{Delivery, DeliveryStatus};
use domain::endpoint::Endpoint;
use queue::Job;
use serde_json::json;
use store::rows::deliveries::{DeliveryRow, Settlement};
use store::rows::drains::DrainReason;
use usecases::Meter;
use usecases::accept::accept_event::accept_event;
use usecases::deliver::attempt_delivery::Next;
use usecases::recover::drain::drain_step;

use crate::{Bench, failure_at, receiver, request};

/// An endpoint whose one delivery has failed once and waits for an hour, and the job that waits: it is invisible.
async fn waiting() -> (Bench, Endpoint, Job, Arc<AtomicU64>) {
    let bench = Bench::new().await;
    let (url, count) = receiver(500).await;
    let endpoint =
        bench.endpoint(1, json!({ "url": url, "retry": { "schedule_seconds": [3600, 3600] } })).await;
    let intake = bench.intake(bench.queue.clone());
    accept_event(&intake, &bench.caller(), request("invoice.paid", "{}"), None).await.unwrap();
    let first = bench.jobs().await.remove(0);
    let next = bench.sender().attempt(&first, 1, &Meter::default()).await.unwrap();
    assert!(matches!(next, Next::ComeBackIn(_)), "{next:?}");
    bench.advance(Duration::from_secs(30));
    (bench, endpoint, first, count)
}

async fn row(bench: &Bench, job: &Job) -> Delivery {
    let row = bench.store.load_delivery(job.endpoint, job.delivery, bench.clock.now()).await.unwrap();
    row.unwrap().delivery
}

/// The jobs by which a drain brings retries forward that is asked for now, until it has found nothing for a while.
async fn drained(bench: &Bench, endpoint: &Endpoint, reason: DrainReason) -> Vec<Job> {
    bench.advance(Duration::from_secs(2));
    // What was received before and not deleted is not meant.
    bench.jobs().await;
    bench.store.start_drain(endpoint.key(), reason, 20, bench.clock.now()).await.unwrap();
    let mut wakes = Vec::new();
    for _ in 0..3 {
        drain_step(&bench.context(bench.queue.clone()), endpoint.key()).await.unwrap();
        wakes.extend(bench.jobs().await.into_iter().filter(Job::is_wake));
        bench.advance(Duration::from_secs(11));
    }
    wakes
}

#[tokio::test]
async fn a_retry_that_is_brought_forward_twice_is_attempted_once_and_its_old_job_does_nothing() {
    let (bench, endpoint, waits, count) = waiting().await;
    let wake = drained(&bench, &endpoint, DrainReason::Recovery).await.remove(0);
    let (one, other, meter) = (bench.sender(), bench.sender(), Meter::default());
    let (first, second) = tokio::join!(one.attempt(&wake, 1, &meter), other.attempt(&wake, 1, &meter));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(count.load(Ordering::SeqCst), 2, "its first attempt, and one of the two");
    bench.sender().attempt(&wake, 1, &meter).await.unwrap();
    let again = row(&bench, &wake).await;
    assert_eq!(
        (again.status, again.attempts, again.woken_at),
        (DeliveryStatus::Retrying, 2, wake.woken_at())
    );

    // Both would be due in an hour and a half.
    bench.advance(Duration::from_secs(5_400));
    let meter = Meter::default();
    bench.sender().attempt(&waits, 2, &meter).await.unwrap();
    bench.sender().attempt(&waits.delayed(bench.clock.now()), 1, &meter).await.unwrap();
    assert_eq!(meter.into_readings().turned_away, [("superseded", 2)].into());
    assert_eq!(count.load(Ordering::SeqCst), 2);
    bench.sender().attempt(&wake, 2, &Meter::default()).await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 3);
    assert_eq!(row(&bench, &wake).await.status, DeliveryStatus::Failed);
}

#[tokio::test]
async fn a_sender_that_dies_after_it_has_claimed_a_retry_leaves_it_to_the_same_job() {
    let (bench, endpoint, _, count) = waiting().await;
    let wake = drained(&bench, &endpoint, DrainReason::Recovery).await.remove(0);
    let expires_at = bench.clock.now().plus(Duration::from_secs(86_400));
    let found =
        bench.store.load_delivery(wake.endpoint, wake.delivery, bench.clock.now()).await.unwrap().unwrap();
    let since = found.delivery.updated_at;
    let row_of = DeliveryRow { delivery: found.delivery.woken(bench.clock.now()), ..found };
    let claim = Settlement { row: row_of, later_attempt: None, expires_at };
    assert!(bench.store.take_waiting(&claim, since).await.unwrap());
    assert!(!bench.store.take_waiting(&claim, since).await.unwrap());
    bench.sender().attempt(&wake, 2, &Meter::default()).await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_retry_that_is_nearly_due_or_whose_endpoint_fails_again_is_left_to_its_own_job() {
    let (bench, endpoint, waits, count) = waiting().await;
    let wake = drained(&bench, &endpoint, DrainReason::Recovery).await.remove(0);
    bench.store.record_failures(endpoint.key(), 5, failure_at(bench.clock.now())).await.unwrap();
    assert!(bench.store.open_circuit(endpoint.key(), bench.clock.now()).await.unwrap());
    let meter = Meter::default();
    bench.sender().attempt(&wake, 1, &meter).await.unwrap();
    assert_eq!(meter.into_readings().turned_away, [("still_waiting", 1)].into());
    assert!(row(&bench, &wake).await.waits_long());

    bench.store.record_recovery(endpoint.key()).await.unwrap();
    let late = row(&bench, &wake).await.next_attempt_at.unwrap().since(bench.clock.now());
    bench.advance(late - Duration::from_secs(5));
    assert_eq!(drained(&bench, &endpoint, DrainReason::Recovery).await.len(), 0);
    let meter = Meter::default();
    bench.sender().attempt(&wake, 1, &meter).await.unwrap();
    assert_eq!(meter.into_readings().turned_away, [("superseded", 1)].into());
    bench.advance(Duration::from_secs(5));
    assert_eq!(count.load(Ordering::SeqCst), 1);
    bench.sender().attempt(&waits, 2, &Meter::default()).await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn only_a_recovery_brings_retries_forward_and_only_those_that_waited_before_it() {
    let (bench, endpoint, _, _) = waiting().await;
    assert_eq!(drained(&bench, &endpoint, DrainReason::Limits).await.len(), 0);
    let wake = drained(&bench, &endpoint, DrainReason::Recovery).await.remove(0);
    bench.sender().attempt(&wake, 1, &Meter::default()).await.unwrap();
    // It has failed again although its endpoint is well: it waits.
    bench.advance(Duration::from_secs(20));
    assert_eq!(drained(&bench, &endpoint, DrainReason::Limits).await.len(), 0);
    let next_recovery = drained(&bench, &endpoint, DrainReason::Recovery).await;
    assert!(next_recovery.iter().all(|job| job.delivery == wake.delivery) && !next_recovery.is_empty());
}
