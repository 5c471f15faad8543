use domain::endpoint::{Disabled, DisabledReason};
use domain::policy::circuit::ParkedCount;
use queue::{Queue, Task};
use serde_json::json;
use usecases::UseCaseError;
use usecases::manage::manage_endpoint::{show_endpoint, update_endpoint};
use usecases::manage::management::Management;

use crate::Bench;
use crate::delete_workspace::park;

#[tokio::test]
async fn switching_on_again_begins_the_drain_that_was_lost() {
    let bench = Bench::new().await;
    let endpoint = bench.endpoint(1, json!({ "url": "https://example.com/hook", "active": false })).await;
    let switch_on = async |management: &Management| {
        update_endpoint(management, &bench.caller(), endpoint.id, true, |endpoint, _| {
            let mut settings = endpoint.settings.clone();
            settings.active = true;
            Ok(settings)
        })
        .await
    };
    let tasks = async || {
        let request = bench.sqs_client.receive_message().queue_url(bench.queue.tasks_url().unwrap());
        let messages = request.send().await.unwrap().messages.unwrap_or_default();
        messages.iter().map(|message| Task::parse(message.body().unwrap()).unwrap()).collect::<Vec<_>>()
    };
    let no_tasks = Queue::new(bench.sqs_client.clone(), bench.queue.url().to_owned(), None);
    let dying = Management { context: bench.context(no_tasks), ..bench.management() };
    assert!(matches!(switch_on(&dying).await, Err(UseCaseError::Fault(_))));
    let stored = bench.store.load_endpoint(endpoint.key()).await.unwrap().unwrap();
    assert!(stored.settings.active && tasks().await.is_empty(), "saved, and the drain was not begun");

    switch_on(&bench.management()).await.unwrap();
    assert_eq!(tasks().await, [Task::Drain { workspace: bench.workspace, endpoint: endpoint.id }]);
}

#[tokio::test]
async fn parked_deliveries_are_counted_up_to_a_bound_and_beyond_it_are_at_least_so_many() {
    let bench = Bench::new().await;
    let mut endpoint = bench.endpoint(1, json!({ "url": "https://example.com/hook" })).await;
    let id = endpoint.id;
    let shown = async |deliveries, is_exact| {
        let (_, _, parked) = show_endpoint(&bench.management(), &bench.caller(), id).await.unwrap();
        assert_eq!(parked, ParkedCount { deliveries, is_exact });
    };
    shown(0, true).await;
    park(&bench, &endpoint, 1_000).await;
    shown(1_000, true).await;
    park(&bench, &endpoint, 1_001).await;
    shown(1_000, false).await;

    // What was counted before is forgotten when the endpoint is switched off anew, so it says something only while it is off.
    bench.store.count_parked(endpoint.key(), 60_000).await.unwrap();
    shown(1_000, false).await;
    endpoint.settings.active = false;
    endpoint.disabled = Some(Disabled { reason: DisabledReason::Failing, at: None, by: None });
    endpoint.revision += 1;
    bench.store.save_endpoint(&endpoint, None).await.unwrap();
    shown(60_000, false).await;
}
