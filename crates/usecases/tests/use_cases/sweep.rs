//! A sweep sends what has no row, and its job gives way to another's row.

use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use domain::delivery::{Delivery, DeliveryStatus};
use queue::{Job, Queue, Task};
use serde_json::json;
use store::Window;
use store::rows::deliveries::{DeliveryRow, Settlement};
use usecases::Meter;
use usecases::accept::accept_event::accept_event;
use usecases::accept::sweep::{owe_sweeps, resume_sweeps};
use usecases::deliver::attempt_delivery::Next;
use usecases::tasks::take_step;

use crate::{Bench, loopback, receiver, request, start};

fn around_now() -> Window {
    Window { since: start().minus(Duration::from_secs(60)), until: start().plus(Duration::from_secs(60)) }
}

#[tokio::test]
async fn only_deliveries_without_a_row_are_sent_also_of_a_ledger_longer_than_a_list_shows() {
    let bench = Bench::new().await;
    for number in 0..300 {
        bench.endpoint(number, json!({ "url": "https://example.com/hook" })).await;
    }
    let intake = bench.intake(bench.queue.clone());
    accept_event(&intake, &bench.caller(), request("invoice.paid", "{}"), None).await.unwrap();
    let jobs = bench.jobs().await;
    assert_eq!(jobs.len(), 300);
    let attempted = jobs.iter().take(10).map(|job| {
        let new =
            Delivery::new(bench.workspace, job.endpoint, job.event, job.event_type.clone(), job.occurred_at);
        let delivery = Delivery { attempts: 1, status: DeliveryStatus::Delivered, ..new };
        let row = DeliveryRow { delivery, first_attempt: None };
        Settlement { row, later_attempt: None, expires_at: start().plus(Duration::from_secs(86_400)) }
    });
    bench.store.settle(&attempted.collect::<Vec<_>>()).await.unwrap();

    let context = bench.context(bench.queue.clone());
    assert_eq!(owe_sweeps(&context, around_now()).await.unwrap(), 1);
    assert_eq!(resume_sweeps(&context).await.unwrap(), 0, "what was sent may not be received yet");
    bench.advance(Duration::from_secs(121));
    assert_eq!(resume_sweeps(&context).await.unwrap(), 1);
    take_step(&context, Task::Sweep { workspace: bench.workspace }).await.unwrap();
    let swept = bench.jobs().await;
    assert_eq!(swept.len(), 290);
    assert!(swept.iter().all(|job| job.is_sweep() && job.payload.is_none()));

    // It is over: nothing is owed any more.
    bench.advance(Duration::from_secs(600));
    assert_eq!(resume_sweeps(&context).await.unwrap(), 0);
}

#[tokio::test]
async fn a_job_of_a_sweep_is_dropped_when_another_was_there_and_goes_on_as_any_when_not() {
    let bench = Bench::new().await;
    let (url, count) = receiver(500).await;
    bench.endpoint(1, json!({ "url": url, "retry": { "schedule_seconds": [600] } })).await;
    let (intake, sender) = (bench.intake(bench.queue.clone()), bench.sender());
    for (first_comes, sent) in [(true, 1), (false, 3)] {
        let accepted =
            accept_event(&intake, &bench.caller(), request("invoice.paid", "{}"), None).await.unwrap();
        let first = bench.jobs().await.remove(0);
        let now = bench.clock.now();
        let event = bench.store.load_event(bench.workspace, accepted.id, now).await.unwrap().unwrap();
        let sweep = Job::parse(&Job::sweep(&event, first.endpoint).to_body()).unwrap();
        let wait = Next::ComeBackIn(Duration::from_secs(600));
        if first_comes {
            assert_eq!(sender.attempt(&first, 1, &Meter::default()).await.unwrap(), wait);
            // The delivery waits for its retry: a second job beside the first would try it twice.
            let meter = Meter::default();
            assert_eq!(sender.attempt(&sweep, 1, &meter).await.unwrap(), Next::Done);
            assert_eq!(meter.into_readings().turned_away, [("duplicate", 1)].into());
        } else {
            assert_eq!(sender.attempt(&sweep, 1, &Meter::default()).await.unwrap(), wait);
            bench.advance(Duration::from_secs(601));
            assert_eq!(sender.attempt(&sweep, 2, &Meter::default()).await.unwrap(), Next::Done);
        }
        assert_eq!(count.load(Ordering::SeqCst), sent);
    }
}

#[tokio::test]
async fn a_request_whose_caller_goes_away_owes_a_sweep() {
    let bench = Bench::new().await;
    bench.endpoint(1, json!({ "url": "https://example.com/hook" })).await;
    // A queue that takes a request and never answers.
    let silent = loopback().await;
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(format!("http://{}", silent.local_addr().unwrap()))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let queue = Queue::new(aws_sdk_sqs::Client::from_conf(config), bench.queue.url().to_owned(), None);
    let (intake, caller) = (bench.intake(queue), bench.caller());
    let accepting = accept_event(&intake, &caller, request("invoice.paid", "{}"), None);
    let written = async {
        loop {
            let listing = store::Listing::newest_first(around_now(), &[][..], 1);
            if bench.store.list_events(bench.workspace, &listing, start()).await.unwrap().rows.len() == 1 {
                return;
            }
        }
    };
    tokio::select! {
        accepted = accepting => panic!("{accepted:?}"),
        () = written => {}
    }

    let owed = async || bench.store.lost_sweeps(start().plus(Duration::from_secs(121))).await.unwrap();
    assert!(owed().await.is_empty());
    intake.write_interrupted().await;
    assert_eq!(owed().await.len(), 1);
}

#[tokio::test]
async fn a_sweep_that_is_asked_for_again_waits_for_the_first_jobs_of_the_new_events() {
    let bench = Bench::new().await;
    bench.endpoint(1, json!({ "url": "https://example.com/hook" })).await;
    let (intake, context) = (bench.intake(bench.queue.clone()), bench.context(bench.queue.clone()));
    let step = async || take_step(&context, Task::Sweep { workspace: bench.workspace }).await.unwrap();
    accept_event(&intake, &bench.caller(), request("invoice.paid", "{}"), None).await.unwrap();
    assert_eq!(bench.jobs().await.len(), 1);
    owe_sweeps(&context, around_now()).await.unwrap();
    bench.advance(Duration::from_secs(121));
    owe_sweeps(&context, around_now()).await.unwrap();
    step().await;
    assert!(bench.jobs().await.is_empty(), "the first job of an event of this instant may be under way");
    assert_eq!(resume_sweeps(&context).await.unwrap(), 0);
    bench.advance(Duration::from_secs(121));
    assert_eq!(resume_sweeps(&context).await.unwrap(), 1);
    step().await;
    assert_eq!(bench.jobs().await.len(), 1);
}

#[tokio::test]
async fn a_sweep_that_is_asked_for_again_takes_the_wider_window() {
    let bench = Bench::new().await;
    let later = Window { since: start(), until: start().plus(Duration::from_secs(9)) };
    let context = bench.context(bench.queue.clone());
    owe_sweeps(&context, later).await.unwrap();
    let (lease, sweep) = bench.store.claim_sweep(bench.workspace, start()).await.unwrap().unwrap();
    bench.advance(Duration::from_secs(1));
    owe_sweeps(&context, Window { until: start(), ..around_now() }).await.unwrap();
    assert!(!bench.store.end_sweep(&lease, &sweep).await.unwrap(), "it was asked for meanwhile");
    assert!(bench.store.save_sweep(&lease, &sweep, bench.clock.now()).await.unwrap());
    let (_, sweep) = bench.store.claim_sweep(bench.workspace, bench.clock.now()).await.unwrap().unwrap();
    assert_eq!(sweep.window, Window { since: around_now().since, ..later });
}

#[tokio::test]
async fn of_two_jobs_of_a_delayed_delivery_one_posts_and_the_other_comes_after_it() {
    let bench = Bench::new().await;
    let (url, count) = receiver(200).await;
    bench.endpoint(1, json!({ "url": url, "delay_seconds": 600 })).await;
    let (intake, sender) = (bench.intake(bench.queue.clone()), bench.sender());
    let attempt = async |job: &Job, receives: u32| {
        let meter = Meter::default();
        let next = sender.attempt(job, receives, &meter).await.unwrap();
        (next, meter.into_readings().turned_away.into_keys().next())
    };
    let (minutes, later) = (Duration::from_secs(300), Duration::from_secs(60));
    let waits = |left| (Next::ComeBackIn(left), Some("not_due"));
    for (first_comes, sent) in [(true, 1), (false, 2)] {
        let accepted =
            accept_event(&intake, &bench.caller(), request("invoice.paid", "{}"), None).await.unwrap();
        let first = bench.jobs().await.into_iter().find(|job| job.event == accepted.id).unwrap();
        let accepted_at = bench.clock.now();
        let event = bench.store.load_event(bench.workspace, accepted.id, accepted_at).await.unwrap().unwrap();
        let sweep = Job::sweep(&event, first.endpoint);
        let looks_again = first.delayed(accepted_at.plus(Duration::from_secs(60)));
        let (one, other) = if first_comes { (&first, &sweep) } else { (&sweep, &first) };
        assert_eq!(attempt(one, 1).await, waits(2 * minutes));
        // It may be another copy of the same message, so it is not dropped: that would drop both.
        assert_eq!(attempt(other, 1).await, waits(2 * minutes + later));
        bench.advance(minutes);
        assert_eq!(attempt(&looks_again, 1).await, waits(minutes + later));
        // It came back early: as its process died, or because SQS allows no longer wait. Another message may take its place.
        assert_eq!(attempt(one, 2).await, waits(minutes));
        let in_its_place = one.delayed(accepted_at.plus(2 * minutes));
        assert_eq!(attempt(&in_its_place, 1).await, waits(minutes));
        bench.advance(minutes);
        // At a moment when the attempt may be under way.
        assert_eq!(attempt(&sweep, 1).await, waits(later));
        assert_eq!(attempt(&looks_again, 1).await, waits(later));
        assert_eq!(count.load(Ordering::SeqCst), sent - 1);
        assert_eq!(attempt(&in_its_place, 1).await, (Next::Done, None));
        assert_eq!(attempt(one, 3).await, (Next::Done, Some("settled")));
        bench.advance(later);
        assert_eq!(attempt(other, 2).await, (Next::Done, Some("settled")));
        assert_eq!(count.load(Ordering::SeqCst), sent);
    }
}

#[tokio::test]
async fn a_delayed_delivery_whose_first_job_is_lost_is_posted_by_the_other() {
    let bench = Bench::new().await;
    let (url, count) = receiver(200).await;
    bench.endpoint(1, json!({ "url": url, "delay_seconds": 600 })).await;
    let (intake, sender) = (bench.intake(bench.queue.clone()), bench.sender());
    accept_event(&intake, &bench.caller(), request("invoice.paid", "{}"), None).await.unwrap();
    let job = bench.jobs().await.remove(0);
    let meter = Meter::default();
    let waits = |seconds| Next::ComeBackIn(Duration::from_secs(seconds));
    // Two copies of one message at once; the one that claimed the delivery is gone after that.
    assert_eq!(sender.attempt(&job, 1, &meter).await.unwrap(), waits(600));
    assert_eq!(sender.attempt(&job, 1, &meter).await.unwrap(), waits(660));
    bench.advance(Duration::from_secs(660));
    assert_eq!(sender.attempt(&job, 2, &meter).await.unwrap(), Next::Done);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_sweep_leaves_a_delayed_delivery_to_the_job_that_waits() {
    let bench = Bench::new().await;
    let (url, _) = receiver(200).await;
    bench.endpoint(1, json!({ "url": url, "delay_seconds": 600 })).await;
    let context = bench.context(bench.queue.clone());
    let intake = bench.intake(bench.queue.clone());
    accept_event(&intake, &bench.caller(), request("invoice.paid", "{}"), None).await.unwrap();
    let job = bench.jobs().await.remove(0);
    bench.sender().attempt(&job, 1, &Meter::default()).await.unwrap();
    owe_sweeps(&context, around_now()).await.unwrap();
    bench.advance(Duration::from_secs(121));
    take_step(&context, Task::Sweep { workspace: bench.workspace }).await.unwrap();
    assert!(bench.jobs().await.is_empty());
}
