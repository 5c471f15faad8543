use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use domain::access::api_key::ApiKey;
use domain::access::workspace::WorkspaceSettings;
use domain::id::EventId;
use domain::problem::Problem;
use serde_json::json;
use store::rows::idempotency::{IdempotencyKey, KEPT_FOR};
use store::rows::uids::Saved;
use usecases::UseCaseError;
use usecases::accept::accept_event::{accept_event, accept_events};
use usecases::accept::event_request::EventRequest;

use crate::{Bench, request, start};

const URL: &str = "https://example.com/hook";

/// Fails the first request to the table that holds these words.
#[derive(Debug)]
struct Outage(&'static str, AtomicBool);

impl Outage {
    fn of(words: &'static str) -> Self {
        Self(words, AtomicBool::new(true))
    }
}

impl Intercept for Outage {
    fn name(&self) -> &'static str {
        "Outage"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        if body.contains(self.0) && self.1.swap(false, Ordering::SeqCst) {
            Err("an outage".into())
        } else {
            Ok(())
        }
    }
}

fn today() -> store::Window {
    store::Window { since: start(), until: start().plus(std::time::Duration::from_secs(60)) }
}

fn problem<T: std::fmt::Debug>(result: Result<T, UseCaseError>) -> Problem {
    match result.unwrap_err() {
        UseCaseError::Problem(problem) => problem,
        UseCaseError::Fault(fault) => panic!("a fault: {fault}"),
    }
}

#[tokio::test]
async fn an_accepted_event_has_a_row_and_a_job_for_each_endpoint_that_wants_it() {
    let bench = Bench::new().await;
    for number in 0..12 {
        bench.endpoint(number, json!({ "url": URL })).await;
    }
    bench.endpoint(99, json!({ "url": URL, "events": ["ticket.*"] })).await;
    let intake = bench.intake(bench.queue.clone());
    let accepted =
        accept_event(&intake, &bench.caller(), request("invoice.paid", "{\"a\": 1}"), None).await.unwrap();
    assert_eq!((accepted.ledger.deliveries.len(), accepted.ledger.skipped.len()), (12, 1));
    let row = bench.store.load_event(bench.workspace, accepted.id, start()).await.unwrap().unwrap();
    assert_eq!(row.ledger, accepted.ledger);
    let jobs = bench.jobs().await;
    assert_eq!(jobs.len(), 12);
    assert!(jobs.iter().all(|job| job.is_first() && job.payload.as_ref().unwrap().get() == "{\"a\": 1}"));
}

#[tokio::test]
async fn when_the_jobs_cannot_be_sent_the_producers_retry_finishes_the_same_event() {
    let bench = Bench::new().await;
    bench.endpoint(1, json!({ "url": URL })).await;
    let broken = bench.intake(bench.broken_queue());
    let caller = bench.caller();
    let failed = accept_event(&broken, &caller, request("invoice.paid", "{}"), Some("key")).await;
    assert!(matches!(failed, Err(UseCaseError::Fault(_))));
    let first = bench
        .store
        .list_events(bench.workspace, &store::Listing::newest_first(today(), &[], 10), start())
        .await
        .unwrap()
        .rows;
    assert!(first.len() == 1 && bench.jobs().await.is_empty());

    // An endpoint that was made meanwhile is not part of what the event's row already promised.
    bench.endpoint(2, json!({ "url": URL })).await;
    let whole = bench.intake(bench.queue.clone());
    let accepted = accept_event(&whole, &caller, request("invoice.paid", "{}"), Some("key")).await.unwrap();
    assert_eq!((accepted.id, accepted.repeated), (first[0].id, false));
    assert_eq!(accepted.ledger, first[0].ledger);
    let jobs = bench.jobs().await;
    assert!(jobs.len() == 1 && !jobs[0].is_first(), "a job that may be a second one looks before it is sent");

    let again = accept_event(&whole, &caller, request("invoice.paid", "{}"), Some("key")).await.unwrap();
    assert_eq!((again.id, again.repeated, bench.jobs().await.len()), (accepted.id, true, 0));
}

#[tokio::test]
async fn a_producers_own_id_is_taken_once_and_must_be_of_today() {
    let bench = Bench::new().await;
    bench.endpoint(1, json!({ "url": URL })).await;
    let (intake, caller) = (bench.intake(bench.queue.clone()), bench.caller());
    let id = EventId::new(start(), 77);
    let with_id = |id, data| {
        let mut request = request("invoice.paid", data);
        request.id = Some(id);
        request
    };
    let first = accept_event(&intake, &caller, with_id(id, "{}"), None).await.unwrap();
    assert_eq!(first.id, id);
    let again = accept_event(&intake, &caller, with_id(id, "{}"), None).await.unwrap();
    assert!(again.repeated);
    let other = accept_event(&intake, &caller, with_id(id, "[]"), None).await;
    assert_eq!(problem(other), Problem::EventExists);
    for time in ["first", "second"] {
        let keyed = accept_event(&intake, &caller, with_id(id, "[]"), Some("another key")).await;
        assert_eq!(problem(keyed), Problem::EventExists, "its row is another event's, the {time} time too");
    }
    let old = EventId::new(domain::timestamp::Timestamp::from_millis(0), 1);
    assert!(matches!(
        problem(accept_event(&intake, &caller, with_id(old, "{}"), None).await),
        Problem::Invalid(_)
    ));
    assert_eq!(bench.jobs().await.len(), 1);
}

#[tokio::test]
async fn what_died_before_it_could_be_refused_is_refused_when_it_is_resumed() {
    let bench = Bench::with(Some(Outage::of("SET expires_at = :now"))).await;
    bench.endpoint(1, json!({ "url": URL })).await;
    let (intake, caller) = (bench.intake(bench.queue.clone()), bench.caller());
    let with_data =
        |data| EventRequest { id: Some(EventId::new(start(), 77)), ..request("invoice.paid", data) };
    accept_event(&intake, &caller, with_data("{}"), None).await.unwrap();
    let other = async || accept_event(&intake, &caller, with_data("[]"), Some("another key")).await;
    assert_eq!(problem(other().await), Problem::EventExists);
    assert_eq!(problem(other().await), Problem::EventExists, "though its claim could not be forgotten");
    bench.advance(store::rows::idempotency::CLAIM_LEASE);
    assert_eq!(problem(other().await), Problem::EventExists);
    assert_eq!(bench.jobs().await.len(), 1);
}

#[tokio::test]
async fn a_request_that_we_failed_counts_once_it_is_accepted_and_only_once() {
    let bench = Bench::with(Some(Outage::of("ADD #events"))).await;
    let workspace = bench.store.load_workspace(bench.workspace).await.unwrap().unwrap();
    let quota = WorkspaceSettings { max_events_per_day: Some(2), ..workspace.settings() };
    assert!(bench.store.save_workspace(&workspace.changed(quota), None).await.unwrap());
    bench.endpoint(1, json!({ "url": URL })).await;
    let (whole, broken) = (bench.intake(bench.queue.clone()), bench.intake(bench.broken_queue()));
    let caller = bench.caller();
    let send =
        async |intake, key| accept_event(intake, &caller, request("invoice.paid", "{}"), Some(key)).await;
    assert!(matches!(send(&whole, "a").await, Err(UseCaseError::Fault(_))), "it could not be counted");
    send(&whole, "a").await.unwrap();
    assert!(matches!(send(&broken, "b").await, Err(UseCaseError::Fault(_))), "it was counted and written");
    send(&whole, "b").await.unwrap();
    for _ in 0..2 {
        let refused = problem(send(&whole, "c").await);
        assert!(matches!(refused, Problem::QuotaExceeded { quota: 2, .. }), "{refused:?}");
    }
}

#[tokio::test]
async fn of_many_equal_requests_at_once_one_is_fanned_out() {
    let bench = Arc::new(Bench::new().await);
    bench.endpoint(1, json!({ "url": URL })).await;
    let intake = bench.intake(bench.queue.clone());
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let (intake, caller) = (intake.clone(), bench.caller());
            tokio::spawn(async move {
                accept_event(&intake, &caller, request("invoice.paid", "{}"), Some("key")).await
            })
        })
        .collect();
    let mut ids = std::collections::HashSet::new();
    for answer in requests {
        match answer.await.unwrap() {
            Ok(accepted) => {
                ids.insert(accepted.id);
            }
            Err(UseCaseError::Problem(Problem::IdempotencyKeyInProgress)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((ids.len(), bench.jobs().await.len()), (1, 1));
}

#[tokio::test]
async fn a_batch_too_wide_for_one_request_is_accepted_in_two() {
    let bench = Bench::new().await;
    for number in 0..101 {
        bench.endpoint(number, json!({ "url": URL })).await;
    }
    let (intake, caller) = (bench.intake(bench.queue.clone()), bench.caller());
    let batch = || {
        let requests = (0..100).map(|number| Ok(request("invoice.paid", &format!("{number}"))));
        accept_events(&intake, &caller, requests.collect(), Some("key"))
    };
    let events = async || {
        bench
            .store
            .list_events(bench.workspace, &store::Listing::newest_first(today(), &[], 200), start())
            .await
            .unwrap()
            .rows
            .len()
    };
    let first = batch().await.unwrap();
    let refused: Vec<_> = first.iter().filter_map(|result| result.as_ref().err()).collect();
    assert_eq!(refused, [&Problem::BatchTooWide(10_000)], "99 × 101 deliveries fit, one more event does not");
    assert_eq!(events().await, 99, "nothing is written for it");

    let second = batch().await.unwrap();
    let repeated = second.iter().filter(|result| result.as_ref().is_ok_and(|accepted| accepted.repeated));
    assert_eq!((second.iter().filter(|result| result.is_ok()).count(), repeated.count()), (100, 99));
    assert_eq!(events().await, 100);
}

#[tokio::test]
async fn an_accepted_event_costs_its_claim_one_write_and_a_batch_one_for_all() {
    let writes = Writes::default();
    let bench = Bench::with(Some(writes.clone())).await;
    bench.endpoint(1, json!({ "url": URL })).await;
    let (intake, caller) = (bench.intake(bench.queue.clone()), bench.caller());
    let written = || std::mem::take(&mut *writes.0.lock().unwrap());
    written();
    accept_event(&intake, &caller, request("invoice.paid", "{}"), Some("key")).await.unwrap();
    assert_eq!(written(), ["PutItem", "BatchWriteItem"], "the claim and the event");
    let batch = (0..20).map(|number| Ok(request("invoice.paid", &format!("{number}"))));
    let accepted = accept_events(&intake, &caller, batch.collect(), Some("key")).await.unwrap();
    assert!(accepted.iter().all(Result::is_ok));
    let written = written();
    assert_eq!(written[0], "PutItem");
    assert!(written[1..].iter().all(|operation| operation == "BatchWriteItem"), "{written:?}");
}

/// Notes each write to the table.
#[derive(Debug, Clone, Default)]
struct Writes(Arc<Mutex<Vec<String>>>);

impl Intercept for Writes {
    fn name(&self) -> &'static str {
        "Writes"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let target = context.request().headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        if ["PutItem", "UpdateItem", "BatchWriteItem", "TransactWriteItems"].contains(&operation) {
            self.0.lock().unwrap().push(operation.to_owned());
        }
        Ok(())
    }
}

/// The process dies after the event's row, before its jobs: its claim says nothing of that.
#[tokio::test]
async fn a_repeated_request_is_answered_only_once_jobs_are_durable() {
    let bench = Bench::with(Some(Outage::of("SET leased_until = :none"))).await;
    bench.endpoint(1, json!({ "url": URL })).await;
    let caller = bench.caller();
    let send = async |intake| accept_event(intake, &caller, request("invoice.paid", "{}"), Some("key")).await;
    let (whole, broken) = (bench.intake(bench.queue.clone()), bench.intake(bench.broken_queue()));
    assert!(matches!(send(&broken).await, Err(UseCaseError::Fault(_))), "and its lease is not given back");
    assert!(
        matches!(send(&broken).await, Err(UseCaseError::Fault(_))),
        "the row alone is no reason for a 202"
    );
    assert!(bench.jobs().await.is_empty());
    let repeated = send(&whole).await.unwrap();
    assert!(repeated.repeated);
    assert!(bench.jobs().await.is_empty(), "they leave time for those that may have been sent");
    bench.advance(std::time::Duration::from_secs(61));
    let jobs = bench.jobs().await;
    assert!(jobs.len() == 1 && !jobs[0].is_first(), "{jobs:?}");
    assert_eq!(send(&whole).await.unwrap(), repeated);
    bench.advance(std::time::Duration::from_secs(61));
    assert!(bench.jobs().await.is_empty(), "that was noted");
}

#[tokio::test]
async fn a_batch_that_was_cut_off_goes_on_under_the_same_ids() {
    let bench = Bench::with(Some(Outage::of("ADD #events"))).await;
    let workspace = bench.store.load_workspace(bench.workspace).await.unwrap().unwrap();
    let quota = WorkspaceSettings { max_events_per_day: Some(4), ..workspace.settings() };
    assert!(bench.store.save_workspace(&workspace.changed(quota), None).await.unwrap());
    bench.endpoint(1, json!({ "url": URL })).await;
    let (intake, caller) = (bench.intake(bench.queue.clone()), bench.caller());
    let batch = async |events: u32| {
        let requests = (0..events).map(|number| Ok(request("invoice.paid", &format!("{number}"))));
        accept_events(&intake, &caller, requests.collect(), Some("key")).await
    };
    let ids =
        |results: &[Result<usecases::accept::accept_event::Accepted, Problem>]| -> Vec<Option<EventId>> {
            results.iter().map(|result| result.as_ref().ok().map(|accepted| accepted.id)).collect()
        };
    assert!(matches!(batch(5).await, Err(UseCaseError::Fault(_))), "one of them could not be counted");
    let refused = problem(batch(4).await.map(|_| ()));
    assert_eq!(refused, Problem::IdempotencyKeyReused, "another batch, as a whole");
    let second = ids(&batch(5).await.unwrap());
    assert_eq!(second.iter().flatten().count(), 4, "the quota leaves one out");
    let third = batch(5).await.unwrap();
    assert_eq!(ids(&third), second);
    assert!(third.iter().flatten().all(|accepted| accepted.repeated));
    let jobs = bench.jobs().await;
    let deliveries: std::collections::HashSet<_> = jobs.iter().map(|job| job.delivery).collect();
    assert_eq!((deliveries.len(), jobs.iter().filter(|job| job.is_first()).count()), (4, 4));
    bench.advance(std::time::Duration::from_secs(86_400 - 100));
    let fourth = ids(&batch(5).await.unwrap());
    assert_eq!(fourth.iter().flatten().count(), 5, "what was refused is tried again");
    assert_eq!(fourth.iter().zip(&second).filter(|(now, before)| now == before).count(), 4);
}

/// As version 0.1 claimed them.
#[tokio::test]
async fn a_batch_whose_events_were_claimed_each_by_its_place_is_answered_again() {
    let bench = Bench::new().await;
    bench.endpoint(1, json!({ "url": URL })).await;
    let (intake, caller) = (bench.intake(bench.queue.clone()), bench.caller());
    let requests = || (0..2).map(|number| Ok(request("invoice.paid", &format!("{number}")))).collect();
    let first = accept_event(&intake, &caller, request("invoice.paid", "0"), None).await.unwrap();
    // Computed with Python's hashlib, from the parts `batch`, the place and the key, and from those of the request.
    let digest = "81cc5f70b6b17fed5066373740c1b82683ce4fd419183325174d1743b1c3e85c";
    let of_request = "aee2cf84d117977526b15d439a587627ab2962bc201f21ad3ef46df17cd42769";
    let key = IdempotencyKey { workspace: Some(bench.workspace), digest: digest.to_owned() };
    bench.store.claim_events(&key, of_request, first.id, (start(), KEPT_FOR)).await.unwrap();
    bench.store.complete_claim(&key).await.unwrap();
    let repeated = accept_events(&intake, &caller, requests(), Some("key")).await.unwrap();
    let repeated: Vec<_> = repeated.into_iter().map(Result::unwrap).collect();
    assert_eq!((repeated[0].id, repeated[0].repeated, repeated[1].repeated), (first.id, true, false));
    let again = accept_events(&intake, &caller, requests(), Some("key")).await.unwrap();
    assert!(again.iter().zip(&repeated).all(|(now, before)| now.as_ref().unwrap().id == before.id));
}

#[tokio::test]
async fn the_uid_of_a_workspace_is_read_once_and_not_for_each_event() {
    let bench = Bench::new().await;
    let workspace = bench.store.load_workspace(bench.workspace).await.unwrap().unwrap();
    let settings = |uid: Option<&str>| WorkspaceSettings {
        uid: uid.map(|uid| uid.parse().unwrap()),
        ..workspace.settings()
    };
    let named = workspace.changed(settings(Some("acme")));
    assert_eq!(bench.store.save_workspace_and_uid(&named, None, None).await.unwrap(), Saved::Done);
    let caller = ApiKey { workspace_id: None, ..bench.caller() };
    let (process, other) = (bench.intake(bench.queue.clone()), bench.intake(bench.queue.clone()));
    let send = async |intake| {
        let request =
            EventRequest { workspace_id: Some("acme".parse().unwrap()), ..request("invoice.paid", "{}") };
        accept_event(intake, &caller, request, None).await
    };
    send(&process).await.unwrap();

    // Another process takes the uid away: this one goes on with what it has read, for some seconds.
    let without = named.changed(settings(None));
    assert_eq!(
        bench.store.save_workspace_and_uid(&without, named.uid.as_ref(), None).await.unwrap(),
        Saved::Done
    );
    send(&process).await.unwrap();
    assert_eq!(problem(send(&other).await), Problem::NotFound("workspace"));
    // That there is none was not kept in mind.
    let again = without.changed(settings(Some("acme")));
    assert_eq!(bench.store.save_workspace_and_uid(&again, None, None).await.unwrap(), Saved::Done);
    send(&other).await.unwrap();
}

#[tokio::test]
async fn an_event_with_a_uid_whose_jobs_were_not_sent_is_finished_under_its_key() {
    let bench = Bench::new().await;
    bench.endpoint(1, json!({ "url": URL })).await;
    let (whole, broken) = (bench.intake(bench.queue.clone()), bench.intake(bench.broken_queue()));
    let caller = bench.caller();
    let paid = || EventRequest { uid: Some("invoice-7".parse().unwrap()), ..request("invoice.paid", "{}") };
    let failed = accept_event(&broken, &caller, paid(), Some("key")).await;
    assert!(matches!(failed, Err(UseCaseError::Fault(_))));
    assert_eq!(problem(accept_event(&whole, &caller, paid(), None).await), Problem::UidTaken("event"));
    let finished = accept_event(&whole, &caller, paid(), Some("key")).await.unwrap();
    let now = bench.context(bench.queue.clone()).clock.now();
    let uid = finished.uid.unwrap();
    assert_eq!(bench.store.event_of_uid(bench.workspace, &uid, now).await.unwrap(), Some(finished.id));
    assert_eq!(bench.jobs().await.len(), 1);
}
