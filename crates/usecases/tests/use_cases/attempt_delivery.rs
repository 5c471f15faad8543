use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::delivery::{CancelReason, DeliveryStatus};
use domain::id::{DeliveryId, EventId};
use domain::policy::backoff::QueueLoad;
use domain::policy::outcome::ErrorClass;
use queue::Job;
use serde_json::json;
use store::rows::deliveries::DeliveryRow;
use usecases::Meter;
use usecases::accept::accept_event::accept_event;
use usecases::deliver::attempt_delivery::Next;

use crate::{Bench, receiver, request, start};

async fn one_job(bench: &Bench, data: &str) -> Job {
    let intake = bench.intake(bench.queue.clone());
    accept_event(&intake, &bench.caller(), request("invoice.paid", data), None).await.unwrap();
    bench.jobs().await.remove(0)
}

async fn row(bench: &Bench, job: &Job) -> DeliveryRow {
    bench.store.load_delivery(job.endpoint, job.delivery, bench.clock.now()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_failure_comes_back_after_the_policys_delay_and_is_a_row() {
    let bench = Bench::new().await;
    let (url, count) = receiver(500).await;
    bench.endpoint(1, json!({ "url": url, "retry": { "schedule_seconds": [60, 600, 600] } })).await;
    let job = one_job(&bench, "{}").await;
    let sender = bench.sender();
    assert_eq!(
        sender.attempt(&job, 1, &Meter::default()).await.unwrap(),
        Next::ComeBackIn(Duration::from_secs(60))
    );
    let DeliveryRow { delivery, first_attempt } = row(&bench, &job).await;
    assert_eq!((delivery.status, delivery.attempts), (DeliveryStatus::Retrying, 1));
    assert_eq!(first_attempt.unwrap().error, Some(ErrorClass::HttpStatus));

    // A job that SQS gives back too early is put back for the rest of the time, unsent.
    bench.advance(Duration::from_secs(20));
    let Next::ComeBackIn(rest) = sender.attempt(&job, 2, &Meter::default()).await.unwrap() else {
        panic!("sent too early")
    };
    assert!((39..=41).contains(&rest.as_secs()), "{rest:?}");
    assert_eq!(count.load(Ordering::SeqCst), 1);

    // A longer wait is invisible as well.
    bench.advance(Duration::from_secs(41));
    let long = Next::ComeBackIn(Duration::from_secs(600));
    assert_eq!(sender.attempt(&job, 3, &Meter::default()).await.unwrap(), long);

    // While very many are in flight, a delayed job takes its place, without the payload.
    bench.store.save_queue_load(QueueLoad::High, 60_000, bench.clock.now()).await.unwrap();
    let sender = bench.sender();
    bench.advance(Duration::from_secs(601));
    assert_eq!(sender.attempt(&job, 4, &Meter::default()).await.unwrap(), Next::Done);
    let delayed = async || bench.jobs().await.into_iter().find(|job| !job.is_first());
    assert!(delayed().await.is_none(), "it is not due");
    bench.advance(Duration::from_secs(601));
    let again = delayed().await.unwrap();
    assert!(again.delivery == job.delivery && again.payload.is_none() && again.not_before.is_some());
    assert_eq!(sender.attempt(&again, 1, &Meter::default()).await.unwrap(), Next::Done);
    let last = row(&bench, &job).await.delivery;
    assert_eq!((last.status, last.attempts), (DeliveryStatus::Failed, 4));
    assert_eq!(sender.attempts_before(&job).await, 4, "so many receives were no faults");

    // A resurrected job of a settled delivery sends nothing.
    assert_eq!(sender.attempt(&job, 5, &Meter::default()).await.unwrap(), Next::Done);
    assert_eq!(count.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_payload_too_large_for_the_job_is_read_from_the_events_row_and_gone_when_that_has_expired() {
    let bench = Bench::new().await;
    let (url, count) = receiver(200).await;
    bench.endpoint(1, json!({ "url": url })).await;
    let data = serde_json::to_string(&"x".repeat(40_000)).unwrap();
    let job = one_job(&bench, &data).await;
    assert!(job.payload.is_none());
    assert_eq!(bench.sender().attempt(&job, 1, &Meter::default()).await.unwrap(), Next::Done);
    assert_eq!(
        (row(&bench, &job).await.delivery.status, count.load(Ordering::SeqCst)),
        (DeliveryStatus::Delivered, 1)
    );

    let lost = EventId::new(start(), 4_711);
    let mut job = job;
    (job.event, job.delivery) = (lost, DeliveryId::of(lost, job.endpoint));
    assert_eq!(bench.sender().attempt(&job, 1, &Meter::default()).await.unwrap(), Next::Done);
    let delivery = row(&bench, &job).await.delivery;
    assert_eq!(delivery.status, DeliveryStatus::Cancelled);
    assert_eq!(delivery.cancel_reason, Some(CancelReason::EventExpired));
}

#[tokio::test]
async fn an_endpoint_that_was_switched_off_or_deleted_gets_nothing_and_the_row_says_why() {
    let bench = Bench::new().await;
    let (url, count) = receiver(200).await;
    let mut endpoint = bench.endpoint(1, json!({ "url": url })).await;
    let (job, later) = (one_job(&bench, "{}").await, one_job(&bench, "{}").await);
    endpoint.settings.active = false;
    endpoint.revision += 1;
    bench.store.save_endpoint(&endpoint, None).await.unwrap();
    assert_eq!(bench.sender().attempt(&job, 1, &Meter::default()).await.unwrap(), Next::Done);
    assert_eq!(row(&bench, &job).await.delivery.cancel_reason, Some(CancelReason::EndpointDisabled));

    bench.store.delete_endpoint(&endpoint.deleted(bench.clock.now()), None).await.unwrap();
    assert_eq!(bench.sender().attempt(&later, 1, &Meter::default()).await.unwrap(), Next::Done);
    assert_eq!(row(&bench, &later).await.delivery.cancel_reason, Some(CancelReason::EndpointDeleted));
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_job_that_may_be_a_second_one_is_sent_once() {
    let bench = Bench::new().await;
    let (url, count) = receiver(200).await;
    bench.endpoint(1, json!({ "url": url })).await;
    let job = one_job(&bench, "{}").await;
    let sender = bench.sender();
    assert_eq!(sender.attempt(&job, 1, &Meter::default()).await.unwrap(), Next::Done);
    let second = job.rechecked();
    assert_eq!(sender.attempt(&second, 1, &Meter::default()).await.unwrap(), Next::Done);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn of_jobs_put_back_together_each_hears_of_its_own() {
    let bench = Bench::new().await;
    bench.endpoint(1, json!({ "url": "https://example.com/hook" })).await;
    let intake = bench.intake(bench.queue.clone());
    accept_event(&intake, &bench.caller(), request("invoice.paid", "{}"), None).await.unwrap();
    let received = bench.sqs_client.receive_message().queue_url(bench.queue.url()).send().await.unwrap();
    let good = received.messages()[0].receipt_handle().unwrap().to_owned();
    let (sender, delay) = (bench.sender(), Duration::from_secs(5));
    let (good, bad) = tokio::join!(sender.come_back(good, delay), sender.come_back("stale".into(), delay));
    assert!(good.is_ok() && bad.is_err(), "{good:?} {bad:?}");
}
