//! Does an event with a uid come twice?
//! A uid is claimed with the event's row, for as long as the event is kept; a second event with it is refused.

use std::time::Duration;

use serde_json::{Value, json};
use stories::{Receiver, Stage};

async fn send(stage: &Stage, event: &Value, headers: &[(&str, &str)]) -> (u16, Value) {
    stage.admin.call("POST", "/v1/events", event.to_string(), headers).await.unwrap()
}

fn event(stage: &Stage, uid: &str, data: Value) -> Value {
    json!({ "workspace_id": stage.workspace, "type": "invoice.paid", "data": data, "uid": uid })
}

#[tokio::test]
async fn a_second_event_with_the_uid_is_refused_until_the_first_expires() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let path = format!("/v1/workspaces/{}", stage.workspace);
    let patch = json!({ "retention_days": 1, "max_events_per_day": 2 }).to_string();
    assert_eq!(stage.admin.call("PATCH", &path, patch, &[]).await.unwrap().0, 200);
    let paid = event(&stage, "invoice-7", json!({}));
    assert_eq!(send(&stage, &paid, &[]).await.0, 202);
    for other in [&paid, &event(&stage, "invoice-7", json!({ "n": 2 }))] {
        for headers in [&[][..], &[("idempotency-key", "k")]] {
            let (status, refused) = send(&stage, other, headers).await;
            assert_eq!((status, &refused["code"]), (409, &json!("uid_taken")));
            assert_eq!(refused["errors"][0]["pointer"], "/uid");
        }
    }
    let list = format!("/v1/events?workspace_id={}", stage.workspace);
    let listed = stage.read(&list).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    // A list finds it by its uid; one that there is not is an empty page.
    let found = async |query: &str| stage.read(&format!("{list}&{query}")).await["data"].clone();
    assert_eq!(found("uid=invoice-7").await, listed["data"]);
    for none in ["uid=invoice-8", "uid=invoice-7&event_type=order.*"] {
        assert_eq!(found(none).await, json!([]), "{none}");
    }
    // It is an address of its own.
    let (status, refused) = send(&stage, &event(&stage, "batch", json!({})), &[]).await;
    assert_eq!((status, &refused["errors"][0]["pointer"]), (422, &json!("/uid")), "{refused}");
    // A refused event does not count against the quota.
    assert_eq!(send(&stage, &event(&stage, "invoice-8", json!({})), &[]).await.0, 202);
    assert_eq!(send(&stage, &event(&stage, "invoice-9", json!({})), &[]).await.0, 429);
    stage.deliveries(&endpoint, 2, "delivered").await;

    stage.advance(Duration::from_secs(86_401));
    let (status, again) = send(&stage, &paid, &[]).await;
    assert_eq!(status, 202, "{again}");
    let read = stage.read(&format!("/v1/events/invoice-7?workspace_id={}", stage.workspace)).await;
    assert_eq!(read["id"], again["id"]);
    receiver.wait_for(3).await;
    stage.end().await;
}

#[tokio::test]
async fn under_one_key_the_same_event_is_answered_again() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let (paid, key) = (event(&stage, "invoice-7", json!({})), [("idempotency-key", "k")]);
    let first = send(&stage, &paid, &key).await;
    assert_eq!((first.0, &first.1["uid"]), (202, &json!("invoice-7")));
    assert_eq!(send(&stage, &paid, &key).await, first);
    let (status, reused) = send(&stage, &event(&stage, "invoice-8", json!({})), &key).await;
    assert_eq!((status, &reused["code"]), (409, &json!("idempotency_key_reused")));
    stage.deliveries(&endpoint, 1, "delivered").await;
    stage.end_after_repeating().await;
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn of_many_at_once_and_in_a_batch_one_is_accepted() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let paid = event(&stage, "invoice-7", json!({}));
    let one = || send(&stage, &paid, &[]);
    let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
    let mut statuses = [a.0, b.0, c.0, d.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409, 409, 409]);

    let with = |uid: &str| event(&stage, uid, json!({}));
    let batch = json!({ "events": [with("b-1"), with("b-1"), with("invoice-7"), with("b-2"), with("...") ] });
    let (status, answer) =
        stage.admin.call("POST", "/v1/events/batch", batch.to_string(), &[]).await.unwrap();
    let results: Vec<_> =
        answer["results"].as_array().unwrap().iter().map(|row| row["status"].as_u64().unwrap()).collect();
    assert_eq!((status, results), (207, vec![202, 409, 409, 202, 202]));
    assert_eq!(answer["results"][0]["uid"], "b-1");
    let codes = [1, 2].map(|at: usize| answer["results"][at]["code"].clone());
    assert_eq!(codes, ["uid_taken", "uid_taken"]);
    stage.deliveries(&endpoint, 4, "delivered").await;
    stage.end().await;
    assert_eq!(receiver.seen().len(), 4);
}

#[tokio::test]
async fn a_request_cut_off_before_its_event_was_written_left_no_uid_behind() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    // The row of the event and that of its uid are written together: when the one is refused, neither is there.
    let first = stage.send("warm.up", json!({})).await["id"].as_str().unwrap().to_owned();
    let mut taken = event(&stage, "invoice-7", json!({}));
    taken["id"] = json!(first);
    let (status, refused) = send(&stage, &taken, &[]).await;
    assert_eq!((status, &refused["code"]), (409, &json!("event_exists")), "{refused}");
    assert_eq!(send(&stage, &event(&stage, "invoice-7", json!({})), &[]).await.0, 202);
    stage.deliveries(&endpoint, 2, "delivered").await;
    stage.end().await;
    assert_eq!(receiver.seen().len(), 2);
}
