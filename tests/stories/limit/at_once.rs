//! Are limits kept, and used up, when very many come at once?
//! Concurrency: a concurrency limit under more load than it lets through, and requests that race for a quota.

use std::sync::Arc;
use std::time::Duration;

use domain::endpoint::address::AllowedTargets;
use egress::Egress;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use lambda_kit::metrics::Metrics;
use local::event_source_mapping;
use serde_json::{Value, json};
use stories::{Answer, Receiver, Stage};
use tokio::sync::watch;
use usecases::Context;
use usecases::deliver::attempt_delivery::Sender;

/// One more sender of the same table and queue, which shares no memory with the others.
fn another_sender(stage: &Stage) -> watch::Sender<bool> {
    let context = Context::new(stage.platform.store.clone(), stage.platform.queue.clone());
    let egress = Egress::new(AllowedTargets::loopback_and_http()).unwrap();
    let sender = Arc::new(Sender::new(context, egress));
    let handler: event_source_mapping::Handler = Arc::new(move |event| {
        let sender = Arc::clone(&sender);
        async move { sender::handle(&sender, &Metrics::none(), event).await }.boxed()
    });
    let (stop, stopped) = watch::channel(false);
    let queue = stage.platform.aws.sqs.consumer(stage.platform.queue.url());
    tokio::spawn(event_source_mapping::run(queue, handler, stopped));
    stop
}

/// Sixty events at once to an endpoint that takes two at a time, each in 50 ms: they are through in seconds, because each
/// attempt hands its lease on.
async fn sixty_are_through_in_seconds(processes: usize) {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let others: Vec<_> = (1..processes).map(|_| another_sender(&stage)).collect();
    receiver.answer(Answer::Slowly(Duration::from_millis(50)));
    let endpoint = stage.endpoint(&receiver, json!({ "max_concurrency": 2 })).await;
    let event = json!({ "workspace_id": stage.workspace, "type": "invoice.paid", "data": {} });
    stage.admin.post("/v1/events/batch", &json!({ "events": vec![event; 60] })).await.unwrap();
    receiver.wait_for(60).await;
    stage.deliveries(&endpoint, 20, "delivered").await;
    for other in others {
        other.send_replace(true);
    }
    stage.end().await;
    assert_eq!((receiver.seen().len(), receiver.most_at_once()), (60, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_ends_hands_its_lease_on_and_the_limit_is_never_broken() {
    sixty_are_through_in_seconds(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_share_the_leases_of_an_endpoint() {
    sixty_are_through_in_seconds(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_once_make_no_more_endpoints_than_the_quota() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let workspace = format!("/v1/workspaces/{}", stage.workspace);
    let quota = async |most: u32| {
        let body = json!({ "max_endpoints": most }).to_string();
        assert_eq!(stage.admin.call("PATCH", &workspace, body, &[]).await.unwrap().0, 200);
    };
    let body = json!({ "workspace_id": stage.workspace, "url": receiver.url() }).to_string();
    let make = async |count: usize| -> Vec<(u16, Value)> {
        let calls = (0..count).map(|_| stage.admin.call("POST", "/v1/webhook-endpoints", body.clone(), &[]));
        join_all(calls).await.into_iter().map(Result::unwrap).collect()
    };
    let made = |answers: &[(u16, Value)]| answers.iter().filter(|(status, _)| *status == 201).count();
    quota(5).await;
    let answers = make(30).await;
    assert_eq!(made(&answers), 5);
    let refused = answers.iter().filter(|(status, _)| *status != 201);
    assert!(refused.clone().all(|(_, problem)| problem["code"] == "too_many_endpoints"), "{refused:?}");

    // What is deleted makes room, once.
    let first = answers.iter().find(|(status, _)| *status == 201).unwrap().1["id"].clone();
    let path = format!("/v1/webhook-endpoints/{}", first.as_str().unwrap());
    let deletions = join_all((0..5).map(|_| stage.admin.call("DELETE", &path, "", &[]))).await;
    let deleted = deletions.into_iter().filter(|answer| matches!(answer, Ok((204, _)))).count();
    assert_eq!(deleted, 1);
    assert_eq!(made(&make(3).await), 1);
    quota(3).await;
    assert_eq!(made(&make(3).await), 0);
    stage.end().await;
}
