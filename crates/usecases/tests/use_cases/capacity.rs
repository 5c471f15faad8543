//! What does the usual case cost? Counted by the table itself, for every request that is made.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::config::interceptors::{
    BeforeTransmitInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_types::body::SdkBody;
use domain::delivery::Delivery;
use domain::delivery::attempt::{Attempt, SentRequest, Trigger};
use domain::delivery::decision::Decision;
use domain::event::event_type::EventType;
use domain::id::{EndpointId, EventId};
use domain::policy::outcome::{ErrorClass, Outcome};
use serde_json::{Value, json};
use store::rows::deliveries::{DeliveryRow, Settlement};
use usecases::accept::accept_event::accept_event;
use usecases::deliver::attempt_delivery::Next;
use usecases::manage::listing::{Anchor, Rows, Span};
use usecases::manage::workspace_deliveries::{WorkspaceFilter, WorkspaceListing, list_workspace_deliveries};
use usecases::rules::manage_rule::create_rule;

use crate::{Bench, receiver, request, start};

/// Asks every request for what it consumed, and adds it up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Arc<Mutex<Consumed>>);

#[derive(Debug, Clone, Default)]
pub(crate) struct Consumed {
    read: f64,
    write: f64,
    requests: Vec<String>,
}

impl Meter {
    fn take(&self) -> Consumed {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn units(answer: &Value) -> f64 {
    match &answer["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum(),
        table => table["CapacityUnits"].as_f64().unwrap_or_default(),
    }
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).requests.push(operation);
        let mut body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default())?;
        body["ReturnConsumedCapacity"] = json!("TOTAL");
        let body = body.to_string();
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().and_then(|response| response.body().bytes()).unwrap_or_default();
        let answer: Value = serde_json::from_slice(body)?;
        let mut consumed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The request is gone by now; these tests make one after the other.
        match consumed.requests.last().map(String::as_str) {
            Some("GetItem" | "BatchGetItem" | "Query") => consumed.read += units(&answer),
            _ => consumed.write += units(&answer),
        }
        Ok(())
    }
}

#[tokio::test]
async fn an_event_of_a_kilobyte_delivered_at_once_costs_one_event_write_and_one_delivery_write() {
    let meter = Meter::default();
    let bench = Bench::with(Some(meter.clone())).await;
    let (url, _) = receiver(200).await;
    bench.endpoint(1, json!({ "url": url })).await;
    let (intake, sender, caller) = (bench.intake(bench.queue.clone()), bench.sender(), bench.caller());
    let payload = json!({ "invoice": "INV-2026-00417", "note": "n".repeat(980) }).to_string();
    assert!((1_000..=1_024).contains(&payload.len()));
    let deliver = async |count: usize| {
        for _ in 0..count {
            accept_event(&intake, &caller, request("invoice.paid", &payload), None).await.unwrap();
            let job = bench.jobs().await.remove(0);
            assert_eq!(sender.attempt(&job, 1, &usecases::Meter::default()).await.unwrap(), Next::Done);
        }
    };
    // API key, workspace and endpoints are cached for some seconds; here they are read once.
    deliver(1).await;
    meter.take();

    deliver(20).await;
    let Consumed { read, write, requests } = meter.take();
    assert!(write / 20.0 <= 3.0, "{} write units a delivery", write / 20.0);
    assert!(read / 20.0 <= 1.0, "{} read units a delivery", read / 20.0);
    assert_eq!(requests, ["BatchWriteItem"; 40], "one for the event, one for its delivery");
    assert!(write >= 40.0, "the meter counts");
}

#[tokio::test]
async fn a_delay_costs_one_write_more_and_the_read_of_a_job_that_waited() {
    let meter = Meter::default();
    let bench = Bench::with(Some(meter.clone())).await;
    let (url, _) = receiver(200).await;
    bench.endpoint(1, json!({ "url": url, "delay_seconds": 60 })).await;
    let (intake, sender, caller) = (bench.intake(bench.queue.clone()), bench.sender(), bench.caller());
    accept_event(&intake, &caller, request("invoice.paid", "{}"), None).await.unwrap();
    let job = bench.jobs().await.remove(0);
    let attempt = async |receives| sender.attempt(&job, receives, &usecases::Meter::default()).await.unwrap();
    meter.take();
    assert_eq!(attempt(1).await, Next::ComeBackIn(Duration::from_secs(60)));
    let held = meter.take();
    assert_eq!(
        held.requests.iter().filter(|request| *request == "PutItem").count(),
        1,
        "{:?}",
        held.requests
    );
    assert!(held.write <= 1.0, "{held:?}");
    bench.advance(Duration::from_secs(60));
    assert_eq!(attempt(2).await, Next::Done);
    let sent = meter.take();
    assert!(sent.write <= 1.0, "{sent:?}");
}

#[tokio::test]
async fn a_rule_of_many_templates_reads_what_they_are_tried_with_once() {
    let meter = Meter::default();
    let bench = Bench::with(Some(meter.clone())).await;
    let (management, caller) = (bench.management(), bench.caller());
    let rule = |steps: usize| {
        let step =
            json!({ "do": "deliver", "url": "https://example.com", "template": { "type": "{{ type }}" } });
        let rule = json!({ "name": "A rule", "when": { "events": ["order.*"] }, "then": vec![step; steps] });
        serde_json::from_value(rule).unwrap()
    };
    let reads = async |steps| {
        create_rule(&management, &caller, Some(bench.workspace.into()), rule(steps)).await.unwrap();
        let requests = meter.take().requests.into_iter();
        requests.filter(|request| !request.contains("Write")).collect::<Vec<_>>()
    };
    // The workspace, and the key that seals secrets.
    reads(1).await;
    assert_eq!(reads(1).await, reads(5).await);
}

#[tokio::test]
async fn what_is_remembered_for_seconds_costs_half_a_read() {
    let meter = Meter::default();
    let bench = Bench::with(Some(meter.clone())).await;
    let we = bench.endpoint(1, json!({ "url": "https://example.com/hook" })).await.id;
    let cache = bench.context(bench.queue.clone()).cache;
    // The key that opens secrets is read once in the life of a process.
    bench.store.load_endpoint(bench.key(we)).await.unwrap();
    meter.take();
    assert!(cache.workspace(bench.workspace).await.unwrap().is_some());
    assert!(cache.endpoint(bench.key(we)).await.unwrap().is_some());
    cache.subscriptions(bench.workspace).await.unwrap();
    cache.health(bench.key(we)).await.unwrap();
    let Consumed { read, requests, .. } = meter.take();
    assert!(read <= 2.0, "{read} read units for {requests:?}");
}

#[tokio::test]
async fn statistics_cost_no_write_of_a_delivery() {
    let meter = Meter::default();
    let bench = Bench::with(Some(meter.clone())).await;
    let (url, _) = receiver(200).await;
    bench.endpoint(1, json!({ "url": url })).await;
    let (intake, sender, caller) = (bench.intake(bench.queue.clone()), bench.sender(), bench.caller());
    for _ in 0..30 {
        accept_event(&intake, &caller, request("invoice.paid", "{}"), None).await.unwrap();
    }
    for job in bench.jobs().await {
        sender.attempt(&job, 1, &usecases::Meter::default()).await.unwrap();
    }
    meter.take();
    sender.flush().await.unwrap();
    let consumed = meter.take();
    assert_eq!(consumed.requests, ["UpdateItem", "UpdateItem"], "one of the endpoint, one of its workspace");
}

#[tokio::test]
async fn a_retry_after_a_long_wait_costs_two_units_more_and_any_other_costs_two() {
    let meter = Meter::default();
    let bench = Bench::with(Some(meter.clone())).await;
    let expires_at = start().plus(Duration::from_secs(86_400));
    let attempt = |number, error: Option<ErrorClass>| Attempt {
        number,
        trigger: Trigger::Automatic,
        started_at: start(),
        duration: Duration::from_millis(20),
        sent: SentRequest::default(),
        outcome: Outcome::Unreachable(error.unwrap_or(ErrorClass::Timeout)),
        error,
    };
    // What its failure costs, and what the attempt after its wait costs.
    let cost = async |number, wait| {
        let (event, event_type) = (EventId::new(start(), number), EventType::parse("invoice.paid").unwrap());
        let endpoint = EndpointId::new(start(), 1);
        let delivery = Delivery::new(bench.workspace, endpoint, event, event_type, start());
        let (first, second) = (attempt(1, Some(ErrorClass::Timeout)), attempt(2, None));
        let failed = delivery.settled(&first, Decision::RetryIn(Duration::from_secs(wait)));
        let delivered = failed.clone().settled(&second, Decision::Delivered);
        let row = |delivery| DeliveryRow { delivery, first_attempt: Some(first.clone()) };
        let failed = Settlement { row: row(failed), later_attempt: None, expires_at };
        let delivered = Settlement { row: row(delivered), later_attempt: Some(second), expires_at };
        bench.store.settle(&[failed]).await.unwrap();
        let failure = meter.take().write;
        bench.store.settle(&[delivered]).await.unwrap();
        (failure, meter.take().write)
    };
    meter.take();
    assert_eq!(cost(1, 60).await, (1.0, 2.0));
    assert_eq!(cost(2, 61).await, (2.0, 3.0), "its row joins the index, and leaves it");
}

#[tokio::test]
async fn jobs_at_once_of_a_limited_endpoint_hand_their_lease_on_without_a_write() {
    let meter = Meter::default();
    let bench = Bench::with(Some(meter.clone())).await;
    let (url, count) = receiver(200).await;
    bench.endpoint(1, json!({ "url": url, "max_concurrency": 1 })).await;
    let (intake, sender, caller) = (bench.intake(bench.queue.clone()), bench.sender(), bench.caller());
    let accept = async |events: usize| {
        for _ in 0..events {
            accept_event(&intake, &caller, request("invoice.paid", "{}"), None).await.unwrap();
        }
        bench.jobs().await
    };
    let readings = usecases::Meter::default();
    let alone = accept(1).await.remove(0);
    sender.attempt(&alone, 1, &readings).await.unwrap();
    let jobs = accept(7).await;
    meter.take();
    let attempts = jobs.iter().map(|job| sender.attempt(job, 1, &readings));
    for next in futures_util::future::join_all(attempts).await {
        assert_eq!(next.unwrap(), Next::Done, "none came back");
    }
    assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 8);
    let requests = meter.take().requests;
    let leases = requests.iter().filter(|request| *request == "UpdateItem").count();
    assert_eq!(leases, 2, "one to take the lease and one to give it back: {requests:?}");
    assert!(!requests.iter().any(|request| request == "GetItem"), "{requests:?}");
}

/// What a polled list costs on AWS is worked out from this in `docs/guides/costs.md`.
#[tokio::test]
async fn a_page_of_fifty_deliveries_costs_about_35_read_units() {
    let meter = Meter::default();
    let bench = Bench::with(Some(meter.clone())).await;
    let (url, _) = receiver(200).await;
    bench.endpoint(1, json!({ "url": url })).await;
    let (intake, sender, caller) = (bench.intake(bench.queue.clone()), bench.sender(), bench.caller());
    let payload = json!({ "invoice": "INV-2026-00417", "note": "n".repeat(980) }).to_string();
    for _ in 0..60 {
        accept_event(&intake, &caller, request("invoice.paid", &payload), None).await.unwrap();
        let job = bench.jobs().await.remove(0);
        sender.attempt(&job, 1, &usecases::Meter::default()).await.unwrap();
    }
    let management = bench.management();
    let page = async || {
        let (filter, span) = (WorkspaceFilter::default(), Span::default());
        let listing = WorkspaceListing {
            workspace: Some(bench.workspace.into()),
            filter,
            span,
            rows: Rows { anchor: Anchor::First, limit: 50 },
        };
        list_workspace_deliveries(&management, &caller, listing).await.unwrap().0.rows.len()
    };
    assert_eq!(page().await, 50);
    meter.take();
    assert_eq!(page().await, 50);
    let Consumed { read, write, requests } = meter.take();
    assert!((20.0..=40.0).contains(&(read + write)), "{} read units for {requests:?}", read + write);
}
