use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::delivery::{CancelReason, Delivery, DeliveryStatus};
use domain::id::{EndpointId, ReplayId};
use domain::uid::IdOrUid;
use queue::Job;
use queue::purpose::Replay;
use serde_json::json;
use store::rows::deliveries::{DeliveryRow, Settlement};
use usecases::accept::accept_event::accept_event;
use usecases::deliver::attempt_delivery::Next;
use usecases::replay::replay_delivery::{EventReplay, replay_event};

use crate::{Bench, receiver, request, start};

#[tokio::test]
async fn an_event_on_its_way_is_not_sent_beside_itself_and_each_endpoint_gets_it_once() {
    let bench = Bench::new().await;
    let (url, _) = receiver(200).await;
    let queued = bench.endpoint(1, json!({ "url": url })).await.id;
    let (intake, sender, caller) = (bench.intake(bench.queue.clone()), bench.sender(), bench.caller());
    let event = accept_event(&intake, &caller, request("invoice.paid", "{}"), None).await.unwrap().id;
    let job = bench.jobs().await.remove(0);
    let late = bench.endpoint(2, json!({ "url": url })).await.id;

    let management = bench.management();
    let again = async |endpoints: Vec<EndpointId>| {
        let endpoints: Vec<_> = endpoints.into_iter().map(IdOrUid::Id).collect();
        let replay = EventReplay { workspace: None, event: event.into(), endpoints: &endpoints, force: true };
        let resent = replay_event(&management, &caller, replay).await.unwrap();
        let endpoints = |deliveries: Vec<domain::delivery::Delivery>| {
            deliveries.into_iter().map(|delivery| delivery.endpoint_id).collect::<Vec<_>>()
        };
        (endpoints(resent.deliveries), endpoints(resent.on_their_way))
    };
    assert_eq!(again(vec![late, queued, late]).await, (vec![late], vec![queued]));
    assert_eq!(bench.jobs().await.len(), 1);

    // Its job is long overdue: it is lost.
    bench.advance(Duration::from_secs(3_600));
    assert_eq!(again(vec![queued]).await, (vec![queued], vec![]));
    bench.jobs().await;

    sender.attempt(&job, 1, &usecases::Meter::default()).await.unwrap();
    assert_eq!(again(vec![queued]).await, (vec![queued], vec![]), "it has arrived");
}

#[tokio::test]
async fn of_two_replays_at_once_one_sends_a_delivery_and_a_later_one_may_when_that_has_ended() {
    let bench = Bench::new().await;
    let (url, count) = receiver(200).await;
    let endpoint = bench.endpoint(1, json!({ "url": url })).await.id;
    let (intake, caller) = (bench.intake(bench.queue.clone()), bench.caller());
    accept_event(&intake, &caller, request("invoice.paid", "{}"), None).await.unwrap();
    let first = bench.jobs().await.remove(0);
    let parked = Delivery::new(bench.workspace, endpoint, first.event, first.event_type, first.occurred_at);
    for state in ["without a row", "failed"] {
        let row = parked.clone().cancelled(CancelReason::EndpointDisabled, bench.clock.now());
        if state == "failed" {
            let expires_at = start().plus(Duration::from_secs(86_400));
            let row = DeliveryRow { delivery: row, first_attempt: None };
            bench.store.settle(&[Settlement { row, later_attempt: None, expires_at }]).await.unwrap();
        }
        let job = |number| {
            let id = ReplayId::new(bench.clock.now(), number);
            Job::replay(&parked, Replay { id, force: false })
        };
        // Two processes, neither of which knows of the other.
        let (one, other, meter) = (bench.sender(), bench.sender(), usecases::Meter::default());
        let (one_job, other_job, before) = (job(1), job(2), count.load(Ordering::SeqCst));
        let (a, b) = tokio::join!(one.attempt(&one_job, 1, &meter), other.attempt(&other_job, 1, &meter));
        assert_eq!((a.unwrap(), b.unwrap()), (Next::Done, Next::Done), "{state}");
        assert_eq!(count.load(Ordering::SeqCst), before + 1, "{state}");
        let row = bench.store.load_delivery(endpoint, parked.id, bench.clock.now()).await.unwrap().unwrap();
        assert_eq!(row.delivery.status, DeliveryStatus::Delivered);

        let again = Job::replay(&parked, Replay { id: ReplayId::new(bench.clock.now(), 3), force: true });
        one.attempt(&again, 1, &meter).await.unwrap();
        assert_eq!(count.load(Ordering::SeqCst), before + 2, "{state}: it was over, and this one is forced");
        bench.advance(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_replay_leaves_what_another_has_under_way_until_that_is_lost() {
    let bench = Bench::new().await;
    let (url, count) = receiver(200).await;
    let endpoint = bench.endpoint(1, json!({ "url": url })).await.id;
    let (intake, caller) = (bench.intake(bench.queue.clone()), bench.caller());
    accept_event(&intake, &caller, request("invoice.paid", "{}"), None).await.unwrap();
    let first = bench.jobs().await.remove(0);
    let new = Delivery::new(bench.workspace, endpoint, first.event, first.event_type, first.occurred_at);
    let delivery = new.replayed(ReplayId::new(start(), 1), start());
    let expires_at = start().plus(Duration::from_secs(86_400));
    let row = DeliveryRow { delivery: delivery.clone(), first_attempt: None };
    bench.store.settle(&[Settlement { row, later_attempt: None, expires_at }]).await.unwrap();
    let later = Job::replay(&delivery, Replay { id: ReplayId::new(start(), 2), force: false });
    let (sender, meter) = (bench.sender(), usecases::Meter::default());
    sender.attempt(&later, 1, &meter).await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 0);
    bench.advance(Duration::from_secs(3_600));
    sender.attempt(&later, 1, &meter).await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 1);
}
