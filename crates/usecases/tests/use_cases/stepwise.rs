//! The process of a step dies, at each point of it: the work goes on when the lease of the step ends, not minutes later.

use std::time::Duration;

use domain::delivery::{Delivery, ParkReason};
use domain::endpoint::Endpoint;
use domain::event::event_type::EventType;
use domain::id::EventId;
use queue::{Queue, Task};
use serde_json::json;
use store::rows::deliveries::{DeliveryRow, Settlement};
use store::rows::drains::DrainReason;
use store::table::lease::LEASE;
use usecases::recover::drain::{drain_step, go_on_with_drains, resume_drains};

use crate::{Bench, start};

/// An endpoint for which 30 deliveries are parked, and a drain that is to send them.
async fn drain_of_thirty() -> (Bench, Endpoint) {
    let bench = Bench::new().await;
    let endpoint = bench.endpoint(1, json!({ "url": "https://example.com/hook" })).await;
    let expires_at = start().plus(Duration::from_secs(86_400));
    let event_type = EventType::parse("invoice.paid").unwrap();
    let parked = (0..30).map(|second| {
        let at = start().plus(Duration::from_secs(second));
        let event = EventId::new(at, 1);
        let delivery = Delivery::new(bench.workspace, endpoint.id, event, event_type.clone(), at)
            .parked(ParkReason::EndpointFailing, at);
        Settlement { row: DeliveryRow { delivery, first_attempt: None }, later_attempt: None, expires_at }
    });
    let parked: Vec<_> = parked.collect();
    for batch in parked.chunks(25) {
        bench.store.settle(batch).await.unwrap();
    }
    bench.advance(Duration::from_secs(60));
    bench.store.start_drain(endpoint.key(), DrainReason::Recovery, 20, bench.clock.now()).await.unwrap();
    (bench, endpoint)
}

/// Every task that can be received now.
async fn tasks(bench: &Bench) -> Vec<Task> {
    let url = bench.queue.tasks_url().unwrap();
    let received =
        bench.sqs_client.receive_message().queue_url(url).max_number_of_messages(10).send().await.unwrap();
    let mut tasks = Vec::new();
    for message in received.messages.unwrap_or_default() {
        tasks.push(Task::parse(message.body().unwrap()).unwrap());
        let handle = message.receipt_handle().unwrap();
        bench.sqs_client.delete_message().queue_url(url).receipt_handle(handle).send().await.unwrap();
    }
    tasks
}

/// Does what the tasks ask for that come within the next `seconds`; gives how many jobs were sent by then.
async fn live_on(bench: &Bench, endpoint: &Endpoint, seconds: u64) -> usize {
    let mut jobs = 0;
    for _ in 0..seconds {
        bench.advance(Duration::from_secs(1));
        for task in tasks(bench).await {
            assert_eq!(task, Task::Drain { workspace: bench.workspace, endpoint: endpoint.id });
            drain_step(&bench.context(bench.queue.clone()), endpoint.key()).await.unwrap();
        }
        jobs += bench.jobs().await.len();
    }
    jobs
}

#[tokio::test]
async fn a_task_that_finds_a_dead_step_comes_back_when_its_lease_ends() {
    let (bench, endpoint) = drain_of_thirty().await;
    // 1. The process dies when it has claimed the row. Its task is received again.
    bench.store.claim_drain(endpoint.key(), bench.clock.now()).await.unwrap().unwrap();
    drain_step(&bench.context(bench.queue.clone()), endpoint.key()).await.unwrap();
    assert_eq!(live_on(&bench, &endpoint, LEASE.as_secs() - 1).await, 0, "the step may be under way");
    assert_eq!(live_on(&bench, &endpoint, 4).await, 30);
}

#[tokio::test]
async fn a_step_that_died_after_it_had_sent_its_jobs_is_done_again() {
    let (bench, endpoint) = drain_of_thirty().await;
    // 2. The process dies when the jobs are sent, and nothing of that is saved.
    let (lease, drain) = bench.store.claim_drain(endpoint.key(), bench.clock.now()).await.unwrap().unwrap();
    drop((lease, drain));
    let listing = store::Listing::oldest_first(
        store::Window::everything(),
        domain::delivery::DeliveryStatus::Parked,
        20,
    );
    let page = bench.store.list_undelivered(endpoint.id, &listing, bench.clock.now()).await.unwrap();
    let sent: Vec<_> = page.rows.iter().map(queue::Job::drain).collect();
    bench.queue.send(&sent, bench.clock.now()).await.unwrap();
    drain_step(&bench.context(bench.queue.clone()), endpoint.key()).await.unwrap();
    assert_eq!(live_on(&bench, &endpoint, LEASE.as_secs() + 3).await, 50, "the 20 a second time");
}

#[tokio::test]
async fn a_step_that_died_before_it_had_sent_the_next_task_goes_on_with_its_own() {
    let (bench, endpoint) = drain_of_thirty().await;
    // 3. The progress is saved, and the task of the next step is not sent: the task of this one stays on the queue.
    let gone = Queue::new(bench.sqs_client.clone(), bench.queue.url().to_owned(), None);
    let gone = gone.with_tasks(format!("{}-gone", bench.queue.url()));
    drain_step(&bench.context(gone), endpoint.key()).await.unwrap_err();
    assert_eq!(bench.jobs().await.len(), 20);
    bench.advance(Duration::from_secs(1));
    drain_step(&bench.context(bench.queue.clone()), endpoint.key()).await.unwrap();
    assert_eq!(bench.jobs().await.len(), 10);
}

#[tokio::test]
async fn the_schedule_finds_a_dead_step_as_soon_as_its_lease_has_ended() {
    let (bench, endpoint) = drain_of_thirty().await;
    bench.store.claim_drain(endpoint.key(), bench.clock.now()).await.unwrap().unwrap();
    let context = bench.context(bench.queue.clone());
    bench.advance(LEASE);
    assert_eq!(resume_drains(&context).await.unwrap(), 0);
    bench.advance(Duration::from_secs(1));
    assert_eq!(resume_drains(&context).await.unwrap(), 1);
    // A drain between two steps is not lost, nor is one that rests for a moment.
    drain_step(&context, endpoint.key()).await.unwrap();
    bench.advance(Duration::from_secs(60));
    assert_eq!(resume_drains(&context).await.unwrap(), 0);
}

#[tokio::test]
async fn a_second_task_between_two_steps_ends_there() {
    let (bench, endpoint) = drain_of_thirty().await;
    let context = bench.context(bench.queue.clone());
    drain_step(&context, endpoint.key()).await.unwrap();
    for _ in 0..5 {
        drain_step(&context, endpoint.key()).await.unwrap();
    }
    bench.advance(Duration::from_secs(30));
    assert_eq!(tasks(&bench).await.len(), 1, "only the one of the next step");
}

#[tokio::test]
async fn leases_that_are_released_at_a_start_are_found_lost_at_once() {
    let (bench, endpoint) = drain_of_thirty().await;
    let context = bench.context(bench.queue.clone());
    let (lease, drain) = bench.store.claim_drain(endpoint.key(), bench.clock.now()).await.unwrap().unwrap();
    assert_eq!(bench.store.release_leases().await.unwrap(), 1);
    assert!(!bench.store.save_drain(&lease, &drain, bench.clock.now()).await.unwrap(), "its lease is lost");
    assert_eq!(resume_drains(&context).await.unwrap(), 1);
    assert_eq!(live_on(&bench, &endpoint, 4).await, 30);
}

#[tokio::test]
async fn a_process_that_died_before_it_had_sent_the_next_task_is_no_reason_to_wait_after_a_start() {
    let (bench, endpoint) = drain_of_thirty().await;
    let gone = Queue::new(bench.sqs_client.clone(), bench.queue.url().to_owned(), None);
    let gone = gone.with_tasks(format!("{}-gone", bench.queue.url()));
    drain_step(&bench.context(gone), endpoint.key()).await.unwrap_err();
    assert_eq!(bench.jobs().await.len(), 20);
    // Its own task is received again within the pause, and dropped; the schedule would look after two minutes.
    let context = bench.context(bench.queue.clone());
    drain_step(&context, endpoint.key()).await.unwrap();
    assert_eq!((resume_drains(&context).await.unwrap(), tasks(&bench).await.len()), (0, 0));
    assert_eq!(bench.store.release_leases().await.unwrap(), 0);
    assert_eq!(go_on_with_drains(&context).await.unwrap(), 1);
    assert_eq!(live_on(&bench, &endpoint, 3).await, 10);
}
