//! What happens when an action is invoked?
//! Stories of a call: what the system gets, what the invoker gets, what is recorded.

use std::time::Duration;

use serde_json::{Value, json};
use stories::{Answer, Receiver, Stage};

use super::{action, agent, invoke, key};

#[tokio::test]
async fn a_call_is_signed_carries_its_key_and_actor_and_is_recorded() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    receiver.answer(Answer::Text(r#"{"refunded":true}"#));
    let url =
        receiver.url().replace("/hooks", "/orders/{{ parameters.order }}/refund?by={{ parameters.cents }}");
    let result_schema = json!({ "type": "object", "required": ["refunded"] });
    let made = action(&stage, &receiver, json!({ "url": url, "result_schema": result_schema })).await;
    let agent = agent(&stage).await;
    let call = json!({ "parameters": { "order": "a/7", "cents": 120 }, "actor": "user_81" });
    let (status, answer) = invoke(&agent, &call, "refund-of-7").await;
    assert_eq!(
        (status, &answer["status"], &answer["attempts"]),
        (200, &json!("succeeded"), &json!(1)),
        "{answer}"
    );
    assert_eq!(answer["response"]["result"], json!({ "refunded": true }));
    assert_eq!((&answer["actor"], &answer["invoker"]["name"]), (&json!("user_81"), &json!("agent")));

    let seen = &receiver.seen()[0];
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/orders/a%2F7/refund?by=120"));
    assert!(seen.is_signed_with(made["secret"].as_str().unwrap()));
    assert_eq!(serde_json::from_slice::<Value>(&seen.body).unwrap(), call["parameters"]);
    for (name, value) in [
        ("idempotency-key", "refund-of-7"),
        ("x-webhook-action", "refund_order"),
        ("x-webhook-actor", "user_81"),
        ("x-webhook-attempt", "1"),
        ("webhook-id", answer["id"].as_str().unwrap()),
    ] {
        assert_eq!(seen.header(name), value, "{name}");
    }

    // The list has it, and one can be read with everything.
    let listed = agent.get("/v1/invocations?action=refund_order&status=succeeded").await.unwrap();
    assert_eq!(listed["data"][0]["id"], answer["id"]);
    assert!(listed["data"][0].get("parameters").is_none(), "a list shows no content");
    assert_eq!(agent.get("/v1/invocations?status=failed").await.unwrap()["data"], json!([]));
    let path = format!("/v1/invocations/{}", answer["id"].as_str().unwrap());
    assert_eq!(agent.get(&path).await.unwrap(), answer);
    let attempt = &answer["attempt_log"][0];
    assert!(attempt["request"]["url"].as_str().unwrap().ends_with("/orders/a%2F7/refund?…"), "{attempt}");

    // The audit log names the invoker, for whom, and by which program.
    let audit =
        stage.read(&format!("/v1/audit?workspace_id={}&action=action.invoked", stage.workspace)).await;
    let entry = &audit["data"][0];
    assert_eq!(entry["target"], json!({ "type": "invocation", "id": answer["id"] }));
    assert_eq!((&entry["after"]["actor"], &entry["actor"]["name"]), (&json!("user_81"), &json!("agent")));
    assert!(entry["after"].get("client").is_some());
    assert_eq!(entry["target_name"], entry["after"]["action"]);
    stage.end().await;
}

#[tokio::test]
async fn a_template_makes_the_body() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let template = json!({ "ticket": { "order": "{{ parameters.order }}", "by": "{{ actor }}" }, "v": 2 });
    action(&stage, &receiver, json!({ "template": template, "method": "PUT" })).await;
    let call = json!({ "parameters": { "order": "7" }, "actor": "user_81" });
    assert_eq!(invoke(&agent(&stage).await, &call, "k").await.0, 200);
    let seen = &receiver.seen()[0];
    assert_eq!(seen.method.as_str(), "PUT");
    let expected = json!({ "ticket": { "order": "7", "by": "user_81" }, "v": 2 });
    assert_eq!(serde_json::from_slice::<Value>(&seen.body).unwrap(), expected);
    stage.end().await;
}

#[tokio::test]
async fn a_read_needs_no_key_and_may_be_a_get() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let url = receiver.url().replace("/hooks", "/orders/{{ parameters.order }}");
    let parameters = json!({
        "type": "object", "required": ["order"], "properties": { "order": { "type": "string" } },
    });
    let more = json!({ "url": url, "method": "GET", "effect": "read", "parameters": parameters });
    action(&stage, &receiver, more).await;
    let (status, answer) = invoke(&agent(&stage).await, &json!({ "parameters": { "order": "7" } }), "").await;
    assert_eq!((status, &answer["status"]), (200, &json!("succeeded")), "{answer}");
    let seen = &receiver.seen()[0];
    assert_eq!((seen.method.as_str(), seen.path.as_str(), seen.body.len()), ("GET", "/orders/7", 0));
    assert_eq!(seen.header("idempotency-key"), answer["id"].as_str().unwrap());
    stage.end().await;
}

#[tokio::test]
async fn a_system_that_fails_is_data_and_a_safe_call_is_repeated_with_the_same_key() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    action(&stage, &receiver, json!({ "idempotent": true })).await;
    let (agent, call) = (agent(&stage).await, json!({ "parameters": { "order": "7" } }));

    receiver.answer_first(&[Answer::Status(500)]);
    let (status, answer) = invoke(&agent, &call, "k1").await;
    assert_eq!((status, &answer["status"], &answer["attempts"]), (200, &json!("succeeded"), &json!(2)));
    let keys: Vec<_> = receiver.seen().iter().map(|seen| seen.header("idempotency-key").to_owned()).collect();
    assert_eq!(keys, ["k1", "k1"]);
    assert_eq!(answer["attempt_log"][0]["error"], "http_status");

    receiver.answer(Answer::Status(422));
    let (status, answer) = invoke(&agent, &call, "k2").await;
    assert_eq!((status, &answer["status"]), (200, &json!("failed")), "{answer}");
    assert_eq!((&answer["attempts"], &answer["response"]["status"]), (&json!(1), &json!(422)));
    assert_eq!(answer["may_have_been_carried_out"], false);
    stage.end().await;
}

#[tokio::test]
async fn a_write_of_which_nobody_knows_whether_it_was_done_is_not_repeated() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    action(&stage, &receiver, json!({ "timeout_seconds": 1 })).await;
    let (agent, call) = (agent(&stage).await, json!({ "parameters": { "order": "7" } }));
    receiver.answer_first(&[Answer::Slowly(Duration::from_secs(3))]);
    let (status, answer) = invoke(&agent, &call, "k1").await;
    assert_eq!(
        (status, &answer["status"], &answer["attempts"]),
        (200, &json!("timed_out"), &json!(1)),
        "{answer}"
    );
    assert_eq!((&answer["error"], answer.get("response")), (&json!("timeout"), None));
    receiver.answer_first(&[Answer::Status(500)]);
    let (_, answer) = invoke(&agent, &call, "k2").await;
    assert_eq!((&answer["status"], &answer["attempts"]), (&json!("failed"), &json!(1)));
    assert_eq!(answer["may_have_been_carried_out"], true);
    // Of a 503 it is known that nothing was done.
    receiver.answer_first(&[Answer::RetryAfter(1)]);
    let (_, answer) = invoke(&agent, &call, "k3").await;
    assert_eq!((&answer["status"], &answer["attempts"]), (&json!("succeeded"), &json!(2)));
    stage.end().await;
}

#[tokio::test]
async fn what_was_said_is_read_by_those_who_could_have_said_it() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    action(&stage, &receiver, json!({})).await;
    let call = json!({ "parameters": { "order": "the-order" } });
    let (_, answer) = invoke(&agent(&stage).await, &call, "k").await;
    let path = format!("/v1/invocations/{}", answer["id"].as_str().unwrap());
    for (scopes, roles, sees) in [
        (&["actions:ro"][..], &["support"][..], true),
        (&["admin:ro"], &[], true),
        (&["admin"], &[], true),
        (&["actions"], &["sales"], false),
        (&["actions:ro"], &[], false),
    ] {
        let read = key(&stage, scopes, roles).await.get(&path).await.unwrap();
        assert_eq!(read["id"], answer["id"]);
        assert_eq!(read.get("parameters").is_some(), sees, "{scopes:?} {roles:?}");
        assert_eq!(read.to_string().contains("the-order"), sees, "{scopes:?} {roles:?}");
    }
    let stranger = key(&stage, &["events"], &["support"]).await;
    assert_eq!(stranger.call("GET", &path, "", &[]).await.unwrap().0, 403);
    stage.end().await;
}
