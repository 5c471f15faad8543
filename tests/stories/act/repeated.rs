//! What becomes of an invocation that comes twice?
//! Stories of the `Idempotency-Key`: the first answer, once carried out; and of confirmations, which are for one key.

use std::time::Duration;

use api::client::ApiClient;
use serde_json::{Value, json};
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
async fn a_dry_run_shows_the_request_without_its_secrets_and_sends_nothing() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let url = format!("{}?key=hush&order={{{{ parameters.order }}}}", receiver.url());
    action(&stage, &receiver, json!({ "url": url, "headers": { "X-Token": "hush" } })).await;
    let agent = agent(&stage).await;
    let dry = json!({ "parameters": { "order": "7" }, "dry_run": true });
    let (status, shown) = invoke(&agent, &dry, "").await;
    assert_eq!((status, &shown["status"]), (200, &json!("dry_run")), "{shown}");
    assert!(!shown.to_string().contains("hush"));
    let url = shown["request"]["url"].as_str().unwrap();
    assert!(url.ends_with("?key=[hidden]&order=7"), "{url}");
    let headers = shown["request"]["headers"].as_array().unwrap();
    let signature = headers.iter().find(|pair| pair[0] == "webhook-signature").unwrap();
    assert_eq!(signature[1], "[hidden]", "it could be sent past Posthorn's limits and records");
    assert!(receiver.seen().is_empty());
    assert_eq!(agent.get("/v1/invocations").await.unwrap()["data"], json!([]));
    // Then the very same goes out.
    assert_eq!(invoke(&agent, &json!({ "parameters": { "order": "7" } }), "k").await.0, 200);
    assert_eq!(&receiver.seen()[0].body[..], shown["request"]["body"].as_str().unwrap().as_bytes());
    stage.end().await;
}

/// A call that breaks off while the system works on it, and the time until its lease is over.
async fn interrupted(stage: &Stage, receiver: &Receiver, agent: &ApiClient) -> Value {
    receiver.answer_first(&[Answer::Slowly(Duration::from_secs(2))]);
    let call = json!({ "parameters": { "order": "7" } });
    tokio::select! {
        (_, answer) = invoke(agent, &call, "k") => panic!("{answer}"),
        _ = receiver.wait_for(1) => {}
    }
    stage.advance(Duration::from_secs(31));
    agent.get("/v1/invocations").await.unwrap()["data"][0]["id"].clone()
}

#[tokio::test]
async fn an_interrupted_call_that_could_do_harm_twice_is_not_made_again() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    action(&stage, &receiver, json!({})).await;
    let agent = agent(&stage).await;
    let id = interrupted(&stage, &receiver, &agent).await;
    let (status, answer) = invoke(&agent, &json!({ "parameters": { "order": "7" } }), "k").await;
    assert_eq!((status, &answer["id"], &answer["status"]), (200, &id, &json!("interrupted")), "{answer}");
    assert_eq!(answer["may_have_been_carried_out"], true);
    assert_eq!(receiver.seen().len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn an_interrupted_call_that_may_be_repeated_goes_on_and_keeps_its_key_when_it_is_refused() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    action(&stage, &receiver, json!({ "idempotent": true })).await;
    let agent = agent(&stage).await;
    let id = interrupted(&stage, &receiver, &agent).await;
    let path = format!("/v1/actions/refund_order?workspace_id={}", stage.workspace);
    let switch =
        async |to: bool| stage.admin.call("PATCH", &path, json!({ "active": to }).to_string(), &[]).await;
    switch(false).await.unwrap();
    let (call, other) =
        (json!({ "parameters": { "order": "7" } }), json!({ "parameters": { "order": "8" } }));
    assert_eq!(invoke(&agent, &call, "k").await.1["code"], "action_disabled");
    switch(true).await.unwrap();
    // It may have been sent, so the key is still that of the first call.
    assert_eq!(invoke(&agent, &other, "k").await.1["code"], "idempotency_key_reused");
    let (_, answer) = invoke(&agent, &call, "k").await;
    assert_eq!((&answer["id"], &answer["status"]), (&id, &json!("succeeded")), "{answer}");
    let keys: Vec<_> = receiver.seen().iter().map(|seen| seen.header("idempotency-key").to_owned()).collect();
    assert_eq!(keys, ["k", "k"]);
    stage.end().await;
}
