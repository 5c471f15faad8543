//! What becomes of an invocation that comes twice?
//! Stories of the `Idempotency-Key`: the first answer, once carried out; and of confirmations, which are for one key.

use std::time::Duration;

use serde_json::json;
use stories::{Answer, Receiver, Stage};

use super::{action, agent, invoke, key, pointers};

#[tokio::test]
async fn the_same_call_under_the_same_key_is_made_once_and_gets_the_first_answer() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    receiver.answer_first(&[Answer::Text("first"), Answer::Text("second")]);
    action(&stage, &receiver, json!({})).await;
    let agent = agent(&stage).await;
    let (_, first) = invoke(&agent, &json!({ "parameters": { "order": "7", "cents": 1 } }), "k").await;
    // Whatever the order of the members: it is the same call.
    let path = "/v1/actions/refund_order/invoke";
    let body = r#"{ "parameters": { "cents": 1, "order": "7" } }"#.to_owned();
    let again = agent.exchange("POST", path, body, &[("idempotency-key", "k")]).await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(serde_json::from_slice::<serde_json::Value>(again.body()).unwrap(), first);
    assert_eq!(receiver.seen().len(), 1);

    for other in [
        json!({ "parameters": { "order": "8" } }),
        json!({ "parameters": { "order": "7", "cents": 1 }, "actor": "b" }),
    ] {
        let (status, problem) = invoke(&agent, &other, "k").await;
        assert_eq!((status, &problem["code"]), (409, &json!("idempotency_key_reused")));
    }
    // Another key's holder is another invoker: it gets no answer that was not its own.
    let other = key(&stage, &["actions"], &["support"]).await;
    let (_, answer) = invoke(&other, &json!({ "parameters": { "order": "8" } }), "k").await;
    assert_ne!(answer["id"], first["id"]);
    assert_eq!(answer["response"]["body"], "second");
    stage.end().await;
}

#[tokio::test]
async fn while_a_call_is_under_way_its_repetition_is_told_when_to_come_again() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    receiver.answer(Answer::Slowly(Duration::from_secs(1)));
    action(&stage, &receiver, json!({})).await;
    let (agent, call) = (agent(&stage).await, json!({ "parameters": { "order": "7" } }));
    let first = invoke(&agent, &call, "k");
    let second = async {
        receiver.wait_for(1).await;
        let path = "/v1/actions/refund_order/invoke";
        agent.exchange("POST", path, call.to_string(), &[("idempotency-key", "k")]).await.unwrap()
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.1["status"], "succeeded");
    assert_eq!((second.status().as_u16(), &second.headers()["retry-after"]), (409, &"1".parse().unwrap()));
    assert_eq!(invoke(&agent, &call, "k").await.1["id"], first.1["id"]);
    stage.end().await;
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn a_call_that_changes_something_needs_a_key() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    action(&stage, &receiver, json!({})).await;
    let (status, problem) =
        invoke(&agent(&stage).await, &json!({ "parameters": { "order": "7" } }), "").await;
    assert_eq!((status, pointers(&problem)), (422, vec!["Idempotency-Key"]), "{problem}");
    stage.end().await;
    assert!(receiver.seen().is_empty());
}

#[tokio::test]
async fn a_destructive_call_is_shown_first_and_made_when_it_is_confirmed() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    action(&stage, &receiver, json!({ "effect": "destructive" })).await;
    let (agent, call) = (agent(&stage).await, json!({ "parameters": { "order": "7" } }));
    let (status, shown) = invoke(&agent, &call, "k").await;
    assert_eq!((status, &shown["status"]), (200, &json!("needs_confirmation")), "{shown}");
    assert_eq!(shown["request"]["body"], r#"{"order":"7"}"#);
    let signature =
        shown["request"]["headers"].as_array().unwrap().iter().find(|pair| pair[0] == "webhook-signature");
    assert_eq!(signature.unwrap()[1], "[hidden]", "unconfirmed it could be sent past Posthorn");
    assert!(receiver.seen().is_empty());

    let confirmed =
        |order: &str| json!({ "parameters": { "order": order }, "confirmation": shown["confirmation"] });
    // For another order, or another key, it confirms nothing.
    for (order, key) in [("8", "k"), ("7", "k2")] {
        let (status, problem) = invoke(&agent, &confirmed(order), key).await;
        assert_eq!((status, pointers(&problem)), (422, vec!["/confirmation"]), "{problem}");
    }
    let (status, answer) = invoke(&agent, &confirmed("7"), "k").await;
    assert_eq!((status, &answer["status"]), (200, &json!("succeeded")), "{answer}");
    // Repeated, also when the confirmation has ended, it is the same invocation.
    stage.advance(Duration::from_secs(301));
    assert_eq!(invoke(&agent, &confirmed("7"), "k").await.1["id"], answer["id"]);
    assert_eq!(receiver.seen().len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn a_confirmation_ends_after_five_minutes_and_with_a_change_of_the_action() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    action(&stage, &receiver, json!({ "confirm": true })).await;
    let agent = agent(&stage).await;
    let confirmed = async |key: &str| {
        let (_, shown) = invoke(&agent, &json!({ "parameters": { "order": "7" } }), key).await;
        json!({ "parameters": { "order": "7" }, "confirmation": shown["confirmation"] })
    };
    let (late, outdated) = (confirmed("k1").await, confirmed("k2").await);
    let path = format!("/v1/actions/refund_order?workspace_id={}", stage.workspace);
    stage.admin.call("PATCH", &path, json!({ "title": "Refund" }).to_string(), &[]).await.unwrap();
    assert_eq!(pointers(&invoke(&agent, &outdated, "k2").await.1), ["/confirmation"]);
    stage.advance(Duration::from_secs(301));
    assert_eq!(pointers(&invoke(&agent, &late, "k1").await.1), ["/confirmation"]);
    assert!(receiver.seen().is_empty());
    // What was refused left the key free.
    let again = confirmed("k1").await;
    assert_eq!(invoke(&agent, &again, "k1").await.1["status"], "succeeded");
    stage.end().await;
}

#[tokio::test]
async fn a_dry_run_shows_the_signed_request_and_sends_nothing() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    action(&stage, &receiver, json!({ "headers": { "X-Token": "hush" } })).await;
    let agent = agent(&stage).await;
    let dry = json!({ "parameters": { "order": "7" }, "dry_run": true });
    let (status, shown) = invoke(&agent, &dry, "").await;
    assert_eq!((status, &shown["status"]), (200, &json!("dry_run")), "{shown}");
    assert!(!shown.to_string().contains("hush"));
    assert!(receiver.seen().is_empty());
    assert_eq!(agent.get("/v1/invocations").await.unwrap()["data"], json!([]));
    // Then the very same goes out.
    assert_eq!(invoke(&agent, &json!({ "parameters": { "order": "7" } }), "k").await.0, 200);
    assert_eq!(&receiver.seen()[0].body[..], shown["request"]["body"].as_str().unwrap().as_bytes());
    stage.end().await;
}
