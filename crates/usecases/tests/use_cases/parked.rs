//! What is parked is never forgotten, whatever happens between two writes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::delivery::{Delivery, DeliveryStatus};
use domain::policy::limits::RateLimit;
use queue::Job;
use serde_json::json;
use store::rows::deliveries::{DeliveryRow, Settlement};
use usecases::Meter;
use usecases::accept::accept_event::accept_event;
use usecases::deliver::attempt_delivery::Next;
use usecases::recover::drain::drain_step;
use usecases::recover::drain::resume_drains;

use crate::{Bench, loopback, receiver, request};

async fn accept(bench: &Bench, count: usize) {
    let intake = bench.intake(bench.queue.clone());
    for _ in 0..count {
        accept_event(&intake, &bench.caller(), request("invoice.paid", "{}"), None).await.unwrap();
    }
}

#[tokio::test]
async fn a_process_that_dies_on_seeing_a_recovery_leaves_the_drain_to_the_schedule() {
    let bench = Bench::new().await;
    let (url, _) = receiver(500).await;
    let settings = json!({ "url": url, "disable": { "consecutive_failures": 1_000 } });
    let endpoint = bench.endpoint(1, settings).await;
    accept(&bench, 6).await;
    let jobs = bench.jobs().await;
    let sender = bench.sender();
    for job in &jobs {
        sender.attempt(job, 1, &Meter::default()).await.unwrap();
    }
    let parked = &jobs[5];
    let row = bench.store.load_delivery(endpoint.id, parked.delivery, bench.clock.now()).await.unwrap();
    assert_eq!(row.unwrap().delivery.status, DeliveryStatus::Parked);

    // The circuit closes, and nothing else happens.
    bench.store.record_recovery(endpoint.key()).await.unwrap();
    bench.advance(Duration::from_secs(600));
    let context = bench.context(bench.queue.clone());
    assert_eq!(resume_drains(&context).await.unwrap(), 1);
    drain_step(&context, endpoint.key()).await.unwrap();
    assert!(bench.jobs().await.iter().any(|job| job.delivery == parked.delivery && !job.is_first()));
}

#[tokio::test]
async fn a_parked_delivery_that_was_sent_twice_is_attempted_once() {
    let bench = Bench::new().await;
    let (url, count) = receiver(200).await;
    let endpoint = bench.endpoint(1, json!({ "url": url, "rate_limit": { "per_minute": 1 } })).await;
    // The only slots within reach are another's.
    bench.store.reserve_slots(endpoint.key(), RateLimit::PerMinute(1), 10, bench.clock.now()).await.unwrap();
    accept(&bench, 1).await;
    let job = bench.jobs().await.remove(0);
    assert_eq!(bench.sender().attempt(&job, 1, &Meter::default()).await.unwrap(), Next::Done);

    bench.advance(Duration::from_secs(660));
    drain_step(&bench.context(bench.queue.clone()), endpoint.key()).await.unwrap();
    let again = bench.jobs().await.into_iter().find(|job| job.parked_at().is_some()).unwrap();
    let (one, other) = (bench.sender(), bench.sender());
    let meter = Meter::default();
    let (first, second) = tokio::join!(one.attempt(&again, 1, &meter), other.attempt(&again, 1, &meter));
    assert_eq!((first.unwrap(), second.unwrap()), (Next::Done, Next::Done));
    assert_eq!(bench.sender().attempt(&again, 1, &meter).await.unwrap(), Next::Done);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn beside_a_full_bulkhead_a_parked_delivery_still_belongs_to_the_first_job_that_comes() {
    let bench = Bench::new().await;
    let url = hanging_receiver().await;
    bench.endpoint(1, json!({ "url": url })).await;
    accept(&bench, 52).await;
    let (mut jobs, sender) = (bench.jobs().await, Arc::new(bench.sender()));
    let (parked, fresh) = (jobs.pop().unwrap(), jobs.pop().unwrap());
    for job in jobs {
        let sender = Arc::clone(&sender);
        tokio::spawn(async move { sender.attempt(&job, 1, &Meter::default()).await });
    }
    // They have become slow, and further ones come back later.
    tokio::time::sleep(Duration::from_millis(700)).await;
    let meter = Meter::default();
    let next = sender.attempt(&fresh, 1, &meter).await.unwrap();
    assert!(matches!(next, Next::ComeBackIn(wait) if wait <= Duration::from_secs(3)), "{next:?}");
    assert_eq!(meter.into_readings().turned_away, [("bulkhead_full", 1)].into());

    // A drain has sent a parked one twice. Who comes first has it, though it must wait; the other has nothing to do.
    let now = bench.clock.now();
    let event_type = parked.event_type.clone();
    let delivery =
        Delivery::new(bench.workspace, parked.endpoint, parked.event, event_type, parked.occurred_at);
    let delivery = Delivery { status: DeliveryStatus::Parked, updated_at: now, ..delivery };
    let drained = Job::drain(&delivery);
    let row = DeliveryRow { delivery, first_attempt: None };
    let expires_at = now.plus(Duration::from_secs(86_400));
    bench.store.settle(&[Settlement { row, later_attempt: None, expires_at }]).await.unwrap();
    let first = sender.attempt(&drained, 1, &Meter::default()).await.unwrap();
    assert!(matches!(first, Next::ComeBackIn(_)), "{first:?}");
    assert_eq!(sender.attempt(&drained, 1, &Meter::default()).await.unwrap(), Next::Done);
}

/// A receiver that answers when the test is long over.
async fn hanging_receiver() -> String {
    let listener = loopback().await;
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(std::future::pending::<()>);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

#[tokio::test]
async fn what_finds_no_lease_for_long_is_parked_and_drained() {
    let bench = Bench::new().await;
    let (url, count) = receiver(200).await;
    let endpoint = bench.endpoint(1, json!({ "url": url, "max_concurrency": 1 })).await;
    let now = bench.clock.now();
    assert!(
        bench.store.claim_lease(endpoint.key(), 0, now, now.plus(Duration::from_secs(60))).await.unwrap()
    );
    accept(&bench, 1).await;
    let job = bench.jobs().await.remove(0);
    let sender = bench.sender();
    for receives in 1..4 {
        let next = sender.attempt(&job, receives, &Meter::default()).await.unwrap();
        assert!(matches!(next, Next::ComeBackIn(wait) if wait <= Duration::from_secs(33)), "{next:?}");
    }
    assert_eq!(sender.attempt(&job, 4, &Meter::default()).await.unwrap(), Next::Done);
    let row = bench.store.load_delivery(endpoint.id, job.delivery, now).await.unwrap().unwrap();
    assert_eq!(row.delivery.status, DeliveryStatus::Parked);

    bench.advance(Duration::from_secs(61));
    drain_step(&bench.context(bench.queue.clone()), endpoint.key()).await.unwrap();
    let again = bench.jobs().await.into_iter().find(|job| !job.is_first()).unwrap();
    assert_eq!(bench.sender().attempt(&again, 1, &Meter::default()).await.unwrap(), Next::Done);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}
