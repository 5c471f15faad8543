use std::time::Duration;

use serde_json::json;
use usecases::accept::accept_event::accept_event;
use usecases::replay::replay_delivery::{EventReplay, replay_event};

use crate::{Bench, receiver, request};

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
    let again = async |endpoints: Vec<_>| {
        let replay = EventReplay { workspace: None, event, endpoints: &endpoints, force: true };
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
