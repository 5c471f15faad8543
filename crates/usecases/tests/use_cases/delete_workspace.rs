//! The rows of a deleted workspace go in bounded steps, also when a process dies in one, and its other work ends.

use std::time::Duration;

use domain::access::api_key::ApiKey;
use domain::delivery::{Delivery, DeliveryStatus, ParkReason};
use domain::endpoint::Endpoint;
use domain::event::event_type::EventType;
use domain::id::EventId;
use queue::Task;
use serde_json::json;
use store::Window;
use store::rows::deliveries::{DeliveryRow, Settlement};
use store::rows::drains::DrainReason;
use store::table::lease::{LEASE, LOST_AFTER};
use usecases::accept::sweep::resume_sweeps;
use usecases::manage::delete_workspace::{SETTLED_AFTER, delete_workspace, resume_deletions};
use usecases::tasks::take_step;

use crate::{Bench, start};

const SECOND: Duration = Duration::from_secs(1);

/// Parks deliveries for an endpoint.
pub(crate) async fn park(bench: &Bench, endpoint: &Endpoint, count: u64) {
    let expires_at = start().plus(Duration::from_secs(86_400));
    let event_type = EventType::parse("invoice.paid").unwrap();
    let parked = (0..count).map(|number| {
        let at = start().plus(Duration::from_millis(number));
        let delivery = Delivery::new(
            bench.workspace,
            endpoint.id,
            EventId::new(at, number.into()),
            event_type.clone(),
            at,
        );
        let row =
            DeliveryRow { delivery: delivery.parked(ParkReason::EndpointFailing, at), first_attempt: None };
        Settlement { row, later_attempt: None, expires_at }
    });
    bench.store.settle(&parked.collect::<Vec<_>>()).await.unwrap();
}

/// Deletes the bench's workspace.
async fn delete(bench: &Bench) {
    let caller = ApiKey { workspace_id: None, ..bench.caller() };
    delete_workspace(&bench.management(), &caller, bench.workspace).await.unwrap();
}

/// Does what a task of the deletion asks for, in a process that has just started.
async fn step(bench: &Bench) {
    let context = bench.context(bench.queue.clone());
    take_step(&context, Task::Deletion { workspace: bench.workspace }).await.unwrap();
}

#[tokio::test]
async fn rows_are_deleted_in_bounded_steps_and_a_step_that_died_is_done_again() {
    let bench = Bench::new().await;
    let endpoints = [
        bench.endpoint(1, json!({ "url": "https://example.com/hook" })).await,
        bench.endpoint(2, json!({ "url": "https://example.com/hook" })).await,
    ];
    park(&bench, &endpoints[0], 600).await;
    park(&bench, &endpoints[1], 600).await;
    let left = async || {
        let mut left = 0;
        for endpoint in &endpoints {
            let parked = DeliveryStatus::Parked;
            left += bench.store.count_undelivered(endpoint.id, parked, 1_000, start()).await.unwrap().0;
        }
        left
    };
    delete(&bench).await;

    step(&bench).await;
    assert_eq!(left().await, 1_200, "a process may still write rows of the workspace");
    bench.advance(SETTLED_AFTER);
    let (mut steps, mut before) = (0, 1_200);
    while left().await > 0 {
        // Each second step, a process dies when it has claimed the row.
        if steps % 2 == 1 {
            let claimed = bench.store.claim_workspace_deletion(bench.workspace, bench.clock.now()).await;
            assert!(claimed.unwrap().is_some());
            step(&bench).await;
            assert_eq!(left().await, before, "the step may be under way");
            bench.advance(LEASE);
        }
        step(&bench).await;
        bench.advance(SECOND);
        let now = left().await;
        assert!(before - now <= 500, "{before} {now}");
        (steps, before) = (steps + 1, now);
        assert!(steps < 20, "it does not come to an end");
    }
    assert!(steps >= 3);
    bench.advance(LOST_AFTER + SECOND);
    for _ in 0..5 {
        step(&bench).await;
        bench.advance(SECOND);
    }
    for endpoint in &endpoints {
        assert_eq!(bench.store.load_endpoint(endpoint.key()).await.unwrap(), None);
    }
    bench.advance(Duration::from_secs(3_600));
    assert_eq!(resume_deletions(&bench.context(bench.queue.clone())).await.unwrap(), 0, "it is over");
}

#[tokio::test]
async fn a_deletion_whose_task_was_lost_is_resumed() {
    let bench = Bench::new().await;
    delete(&bench).await;
    let context = bench.context(bench.queue.clone());
    bench.advance(SETTLED_AFTER + LOST_AFTER);
    assert_eq!(resume_deletions(&context).await.unwrap(), 0, "its task may be on its way");
    bench.advance(SECOND);
    assert_eq!(resume_deletions(&context).await.unwrap(), 1);
}

#[tokio::test]
async fn work_of_a_deleted_workspace_is_dropped_also_a_sweep_that_is_owed_later() {
    let bench = Bench::new().await;
    let endpoint = bench.endpoint(1, json!({ "url": "https://example.com/hook" })).await;
    park(&bench, &endpoint, 30).await;
    bench.store.start_drain(endpoint.key(), DrainReason::Recovery, 20, start()).await.unwrap();
    delete(&bench).await;
    let context = bench.context(bench.queue.clone());
    let workspace = bench.workspace;
    take_step(&context, Task::Drain { workspace, endpoint: endpoint.id }).await.unwrap();
    assert!(bench.jobs().await.is_empty());
    bench.advance(Duration::from_secs(3_600));
    assert!(bench.store.lost_drains(bench.clock.now()).await.unwrap().is_empty());

    let window = Window { since: start(), until: start().plus(SECOND) };
    bench.store.owe_sweep(workspace, window, bench.clock.now()).await.unwrap();
    bench.advance(Duration::from_secs(3_600));
    assert_eq!(resume_sweeps(&context).await.unwrap(), 1);
    take_step(&context, Task::Sweep { workspace }).await.unwrap();
    assert_eq!(resume_sweeps(&context).await.unwrap(), 0);
}
