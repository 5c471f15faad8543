//! How does a support person find a delivery?
//! Filtered lists, the work list of undelivered events, and the erasure of a payload.

use std::time::Duration;

use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};

fn ids(rows: &Value) -> Vec<String> {
    rows.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

async fn listed(stage: &Stage, endpoint: &Endpoint, query: &str) -> Vec<String> {
    ids(&stage.read(&format!("/v1/webhook-endpoints/{}/deliveries?{query}", endpoint.id)).await)
}

#[tokio::test]
async fn deliveries_are_filtered_by_status_type_event_and_time() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": [] } })).await;
    receiver.answer_first(&[Answer::Status(500), Answer::Status(200)]);
    stage.send("invoice.paid", json!({})).await;
    stage.deliveries(&endpoint, 1, "failed").await;
    let early = usecases::Clock::system().now().plus(Duration::from_millis(1));
    tokio::time::sleep(Duration::from_millis(5)).await;
    let ticket = stage.send("ticket.created", json!({})).await;
    receiver.wait_for(2).await;
    let mut all = Vec::new();
    for _ in 0..200 {
        all = listed(&stage, &endpoint, "").await;
        if all.len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(listed(&stage, &endpoint, "status=failed").await, all[1..]);
    assert_eq!(listed(&stage, &endpoint, "status=delivered").await, all[..1]);
    assert_eq!(listed(&stage, &endpoint, "event_type=ticket.*,order.paid").await, all[..1]);
    let event = format!("event_id={}", ticket["id"].as_str().unwrap());
    assert_eq!(listed(&stage, &endpoint, &event).await, all[..1]);
    assert_eq!(listed(&stage, &endpoint, &format!("until={early}")).await, all[1..]);
    assert_eq!(listed(&stage, &endpoint, &format!("since={early}")).await, all[..1]);

    let events = async |query: &str| {
        let path = format!("/v1/events?workspace_id={}&{query}", stage.workspace);
        stage.read(&path).await["data"].as_array().unwrap().len()
    };
    assert_eq!(events("event_type=ticket.created").await, 1);
    assert_eq!((events(&format!("since={early}")).await, events("").await), (1, 2));
    let bad = format!("/v1/webhook-endpoints/{}/deliveries?event_type=a b", endpoint.id).replace(' ', "%20");
    assert_eq!(stage.admin.call("GET", &bad, "", &[]).await.unwrap().0, 422);
    stage.end().await;
}

#[tokio::test]
async fn the_work_list_of_a_workspace_pages_over_its_endpoints() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    receiver.answer(Answer::Status(400));
    let settings = json!({ "retry": { "schedule_seconds": [] } });
    let endpoints =
        [stage.endpoint(&receiver, settings.clone()).await, stage.endpoint(&receiver, settings).await];
    for _ in 0..3 {
        stage.send("invoice.paid", json!({})).await;
    }
    for endpoint in &endpoints {
        stage.deliveries(endpoint, 3, "failed").await;
    }
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/undelivered?workspace_id={}&limit=2{cursor}", stage.workspace);
        let page = stage.read(&path).await;
        found.extend(ids(&page["data"]));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let mut distinct = found.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!((found.len(), distinct.len()), (6, 6));
    let path = format!("/v1/undelivered?workspace_id={}&endpoint_id={}", stage.workspace, endpoints[0].id);
    assert_eq!(stage.read(&path).await["data"].as_array().unwrap().len(), 3);
    stage.end().await;
}

#[tokio::test]
async fn an_erased_payload_is_not_sent_again_and_the_ledger_stays() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "retry": { "schedule_seconds": [60] } })).await;
    receiver.answer(Answer::Status(500));
    let accepted = stage.send("invoice.paid", json!({ "name": "Zoë" })).await;
    stage.deliveries(&endpoint, 1, "retrying").await;
    let of = |rest: &str| {
        format!("/v1/events/{}{rest}?workspace_id={}", accepted["id"].as_str().unwrap(), stage.workspace)
    };
    assert_eq!(stage.admin.call("DELETE", &of("/data"), "", &[]).await.unwrap().0, 204);
    let event = stage.read(&of("")).await;
    assert!(event["data"].is_null() && event["erased_at"].is_string());
    stage.advance(Duration::from_secs(70));
    let row = stage.deliveries(&endpoint, 1, "cancelled").await.remove(0);
    assert_eq!(row["cancel_reason"], "event_erased");
    assert_eq!(stage.read(&of("/deliveries")).await["data"][0]["status"], "cancelled");
    let preview = format!("/v1/webhook-endpoints/{}/preview", endpoint.id);
    let body = json!({ "event_id": accepted["id"] }).to_string();
    assert_eq!(stage.admin.call("POST", &preview, body, &[]).await.unwrap().0, 404);
    stage.end().await;
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn a_scheduled_event_that_is_erased_before_it_is_due_is_never_sent() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let due = usecases::Clock::system().now().plus(Duration::from_secs(60));
    let body = json!({ "workspace_id": stage.workspace, "type": "a.b", "data": { "name": "Zoë" }, "deliver_at": due });
    let accepted = stage.admin.post("/v1/events", &body).await.unwrap();
    let data =
        format!("/v1/events/{}/data?workspace_id={}", accepted["id"].as_str().unwrap(), stage.workspace);
    assert_eq!(stage.admin.call("DELETE", &data, "", &[]).await.unwrap().0, 204);
    stage.advance(Duration::from_secs(62));
    stage.deliveries(&endpoint, 1, "cancelled").await;
    stage.end().await;
    assert!(receiver.seen().is_empty());
}
