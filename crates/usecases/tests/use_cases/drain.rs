use std::time::Duration;

use domain::delivery::{Delivery, ParkReason};
use domain::endpoint::purpose::Purpose;
use domain::event::event_type::EventType;
use domain::id::{EndpointId, EventId};
use domain::timestamp::Timestamp;
use serde_json::json;
use store::rows::deliveries::{DeliveryRow, Settlement};
use store::rows::drains::DrainReason;
use usecases::Meter;
use usecases::recover::drain::drain_step;
use usecases::recover::probe_circuits::probe_circuits;

use crate::{Bench, failure_at, start};

/// Parks deliveries, one a second, that are kept until `expires_at`.
async fn park(bench: &Bench, we: EndpointId, seconds: std::ops::Range<u64>, expires_at: Timestamp) {
    let event_type = EventType::parse("invoice.paid").unwrap();
    let settlements: Vec<_> = seconds
        .map(|second| {
            let at = start().plus(Duration::from_secs(second));
            let event = EventId::new(at, 1);
            let delivery = Delivery::new(bench.workspace, we, event, event_type.clone(), at)
                .parked(ParkReason::EndpointFailing, at);
            let row = DeliveryRow { delivery, first_attempt: None };
            Settlement { row, later_attempt: None, expires_at }
        })
        .collect();
    bench.store.settle(&settlements).await.unwrap();
}

/// More expired rows than a page holds, and then two that are not.
async fn with_expired_rows() -> (Bench, EndpointId) {
    let bench = Bench::new().await;
    let we = bench.endpoint(1, json!({ "url": "https://example.com/hook" })).await.id;
    bench.advance(Duration::from_secs(600));
    park(&bench, we, 0..300, bench.clock.now()).await;
    park(&bench, we, 300..302, bench.clock.now().plus(Duration::from_secs(86_400))).await;
    (bench, we)
}

#[tokio::test]
async fn a_drain_ends_though_expired_rows_are_still_there() {
    let (bench, we) = with_expired_rows().await;
    let context = bench.context(bench.queue.clone());
    bench.store.start_drain(bench.key(we), DrainReason::Recovery, 20, bench.clock.now()).await.unwrap();
    let mut sent = 0;
    for _ in 0..6 {
        let step = drain_step(&context, bench.key(we));
        tokio::time::timeout(Duration::from_secs(20), step).await.unwrap().unwrap();
        for job in bench.jobs().await {
            // Their events are gone, so each is cancelled.
            bench.sender().attempt(&job, 1, &Meter::default()).await.unwrap();
            sent += 1;
        }
        bench.advance(Duration::from_secs(11));
    }
    assert_eq!(sent, 2);
    assert!(bench.store.claim_drain(bench.key(we), bench.clock.now()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_probe_is_the_oldest_delivery_that_has_not_expired() {
    let (bench, we) = with_expired_rows().await;
    bench.store.record_failures(bench.key(we), 5, failure_at(start())).await.unwrap();
    bench.store.open_circuit(bench.key(we), start()).await.unwrap();
    assert_eq!(probe_circuits(&bench.context(bench.queue.clone())).await.unwrap(), 1);
    let probe = bench.jobs().await.remove(0);
    assert_eq!(probe.event.time(), start().plus(Duration::from_secs(300)));
}

#[tokio::test]
async fn the_circuit_of_an_endpoint_that_is_off_is_looked_at_once_more_and_not_for_ever() {
    let bench = Bench::new().await;
    let context = bench.context(bench.queue.clone());
    let mut off = bench.endpoint(1, json!({ "url": "https://example.com/hook" })).await;
    let gone = EndpointId::new(start(), 2);
    for we in [off.id, gone] {
        bench.store.record_failures(bench.key(we), 5, failure_at(start())).await.unwrap();
        assert!(bench.store.open_circuit(bench.key(we), start()).await.unwrap());
    }
    off.settings.active = false;
    off.revision += 1;
    assert!(bench.store.save_endpoint(&off, None).await.unwrap());
    assert_eq!(bench.store.open_circuits().await.unwrap().len(), 2);
    bench.advance(Duration::from_secs(600));
    assert_eq!(probe_circuits(&context).await.unwrap(), 0);
    assert_eq!(bench.store.open_circuits().await.unwrap(), []);
    assert!(bench.store.load_health(off.key()).await.unwrap().unwrap().is_open());
}

#[tokio::test]
async fn the_open_circuit_of_an_action_is_not_listed_for_ever() {
    let bench = Bench::new().await;
    let mut action = bench.endpoint(1, json!({ "url": "https://example.com/hook" })).await;
    (action.purpose, action.revision) = (Purpose::Action, action.revision + 1);
    assert!(bench.store.save_endpoint(&action, None).await.unwrap());
    bench.store.record_failures(action.key(), 5, failure_at(start())).await.unwrap();
    assert!(bench.store.open_circuit(action.key(), start()).await.unwrap());
    bench.advance(Duration::from_secs(600));
    assert_eq!(probe_circuits(&bench.context(bench.queue.clone())).await.unwrap(), 0);
    assert_eq!(bench.store.open_circuits().await.unwrap(), []);
    assert!(bench.store.load_health(action.key()).await.unwrap().unwrap().is_open());
}
