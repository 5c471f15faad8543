//! Notifications hear of a failing endpoint once an hour, and a thousand failures are not a thousand writes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use domain::delivery::DeliveryStatus;
use domain::endpoint::Endpoint;
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::endpoint_url::EndpointUrl;
use domain::event::event_type::EventType;
use domain::event::ledger::{Ledger, SkipReason};
use egress::Egress;
use futures_util::future::join_all;
use mail::Mailer;
use serde_json::json;
use usecases::Meter;
use usecases::accept::accept_event::accept_event;
use usecases::deliver::attempt_delivery::{Next, Sender};

use crate::{Bench, receiver, request, start};

/// Counts the claims of notifications, and refuses them while it is broken.
#[derive(Debug, Clone, Default)]
struct Claims(Arc<Mutex<(usize, bool)>>);

impl Claims {
    fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn break_down(&self, broken: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = broken;
    }
}

impl Intercept for Claims {
    fn name(&self) -> &'static str {
        "Claims"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let is_update = request.headers().get("x-amz-target").unwrap_or_default().ends_with("UpdateItem");
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        if is_update && body.contains("NOTIFIED#") {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.0 += 1;
            if state.1 {
                return Err("an outage".into());
            }
        }
        Ok(())
    }
}

/// Sends this many events to a receiver that refuses them for good. They are too few to open its circuit.
async fn fail(bench: &Bench, endpoint: &Endpoint, sender: &Sender, times: usize) {
    bench.store.record_recovery(endpoint.key()).await.unwrap();
    let intake = bench.intake(bench.queue.clone());
    let mut accepted = Vec::new();
    for _ in 0..times {
        let event =
            accept_event(&intake, &bench.caller(), request("invoice.paid", "{}"), None).await.unwrap();
        accepted.push(event.id);
    }
    let mut jobs = bench.jobs().await;
    jobs.retain(|job| accepted.contains(&job.event));
    assert_eq!(jobs.len(), times);
    let meter = Meter::default();
    for next in join_all(jobs.iter().map(|job| sender.attempt(job, 1, &meter))).await {
        assert_eq!(next.unwrap(), Next::Done);
    }
}

/// The ledgers of the operational events so far.
async fn ledgers(bench: &Bench) -> Vec<Ledger> {
    let window = store::Window { since: start(), until: bench.clock.now().plus(Duration::from_secs(60)) };
    let listing = store::Listing::newest_first(window, &[][..], 100);
    let events = bench.store.list_events(bench.workspace, &listing, bench.clock.now()).await.unwrap().rows;
    let events =
        events.into_iter().filter(|event| event.event_type.as_str() == "posthorn.delivery.exhausted");
    events.map(|event| event.ledger).collect()
}

/// The number of operational events that went to the endpoint.
async fn notified(bench: &Bench, endpoint: &Endpoint) -> usize {
    ledgers(bench).await.iter().filter(|ledger| ledger.deliveries.contains(&endpoint.id)).count()
}

/// An endpoint whose every delivery fails for good.
async fn failing(bench: &Bench, number: u128) -> Endpoint {
    let (url, _) = receiver(400).await;
    let settings = json!({ "url": url, "events": ["invoice.paid"], "outcomes": { "permanent": ["4xx"] } });
    bench.endpoint(number, settings).await
}

async fn notification(bench: &Bench, number: u128) -> Endpoint {
    let settings =
        json!({ "url": "http://127.0.0.1:9/", "body": "slack", "events": ["posthorn.delivery.exhausted"] });
    bench.endpoint(number, settings).await
}

#[tokio::test]
async fn of_many_failures_at_once_one_asks_the_table_and_one_notifies() {
    let claims = Claims::default();
    let bench = Bench::with(Some(claims.clone())).await;
    let failing = failing(&bench, 1).await;
    let notification = notification(&bench, 2).await;
    let sender = bench.sender();
    fail(&bench, &failing, &sender, 4).await;
    assert_eq!((claims.count(), notified(&bench, &notification).await), (1, 1));

    // Each event says in its ledger why people did not hear of it.
    let skipped = vec![(notification.id, SkipReason::NotifiedLately)];
    let ledgers = ledgers(&bench).await;
    assert_eq!(ledgers.iter().filter(|ledger| ledger.skipped == skipped).count(), 3, "{ledgers:?}");

    // Another process asks once, and again after a minute at the earliest.
    bench.advance(Duration::from_secs(600));
    let other = bench.sender();
    for _ in 0..3 {
        fail(&bench, &failing, &other, 1).await;
    }
    assert_eq!((claims.count(), notified(&bench, &notification).await), (2, 1));
    bench.advance(Duration::from_secs(61));
    fail(&bench, &failing, &other, 1).await;
    assert_eq!((claims.count(), notified(&bench, &notification).await), (3, 1));
    bench.advance(Duration::from_secs(3_000));
    fail(&bench, &failing, &other, 1).await;
    bench.advance(Duration::from_millis(1));
    fail(&bench, &failing, &sender, 1).await;
    assert_eq!(notified(&bench, &notification).await, 2, "of two processes one notifies");
}

#[tokio::test]
async fn a_workspace_without_a_notification_pays_nothing() {
    let claims = Claims::default();
    let bench = Bench::with(Some(claims.clone())).await;
    let failing = failing(&bench, 1).await;
    let ordinary = json!({ "url": "http://127.0.0.1:9/", "events": ["posthorn.*"] });
    let ordinary = bench.endpoint(2, ordinary).await;
    fail(&bench, &failing, &bench.sender(), 3).await;
    assert_eq!((claims.count(), notified(&bench, &ordinary).await), (0, 3));
}

#[tokio::test]
async fn a_bound_that_cannot_be_checked_keeps_no_message_back() {
    let claims = Claims::default();
    let bench = Bench::with(Some(claims.clone())).await;
    let failing = failing(&bench, 1).await;
    let notification = notification(&bench, 2).await;
    let sender = bench.sender();
    claims.break_down(true);
    fail(&bench, &failing, &sender, 1).await;
    assert_eq!(notified(&bench, &notification).await, 1);
    claims.break_down(false);
    fail(&bench, &failing, &sender, 1).await;
    fail(&bench, &failing, &sender, 1).await;
    assert_eq!(notified(&bench, &notification).await, 2, "from now on the bound holds");
}

/// A sender whose e-mails go to a stand-in for SES that answers with `status`.
async fn mailing_sender(bench: &Bench, status: u16) -> (Sender, Arc<AtomicU64>) {
    let (url, count) = receiver(status).await;
    let targets = AllowedTargets::loopback_and_http();
    let url = EndpointUrl::parse(&url, &targets).unwrap();
    let mailer = Mailer::to_stand_in("posthorn@example.com".to_owned(), url);
    let context = bench.context(bench.queue.clone()).with_mailer(Some(mailer));
    (Sender::new(context, Egress::new(targets).unwrap()), count)
}

#[tokio::test]
async fn an_email_is_retried_unless_ses_refuses_it_for_good() {
    let bench = Bench::new().await;
    let settings = json!({ "url": "mailto:ops@example.com", "body": "email", "events": ["posthorn.*"] });
    let notification = bench.endpoint(1, settings).await;
    let intake = bench.intake(bench.queue.clone());
    for (status, expected) in [
        (Some(200), DeliveryStatus::Delivered),
        (Some(400), DeliveryStatus::Failed),
        (Some(429), DeliveryStatus::Retrying),
        (Some(503), DeliveryStatus::Retrying),
        // The operator has removed the address to send from.
        (None, DeliveryStatus::Retrying),
    ] {
        // The queue and the ledger of an event that nobody else gets do not matter here: a job is made by hand.
        let event =
            accept_event(&intake, &bench.caller(), request("invoice.paid", "{}"), None).await.unwrap();
        let mut event = bench.store.load_event(bench.workspace, event.id, start()).await.unwrap().unwrap();
        event.event_type = EventType::parse("posthorn.endpoint.recovered").unwrap();
        let job = queue::Job::first(&event, notification.id);
        let (sender, count) = match status {
            Some(status) => mailing_sender(&bench, status).await,
            None => (bench.sender(), Arc::default()),
        };
        sender.attempt(&job, 1, &Meter::default()).await.unwrap();
        let row = bench.store.load_delivery(notification.id, job.delivery, start()).await.unwrap().unwrap();
        assert_eq!(row.delivery.status, expected, "{status:?}");
        assert_eq!(count.load(Ordering::SeqCst), u64::from(status.is_some()), "{status:?}");
        let sent = row.first_attempt.unwrap().sent;
        assert_eq!(sent.url.as_deref(), Some("mailto:[redacted]"));
        assert_eq!(sent.headers, [("content-type".to_owned(), "application/json".to_owned())]);
    }
}
