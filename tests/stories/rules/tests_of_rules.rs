//! For which events would a rule fire?
//! Backtests: what they say is what happens, and nothing is sent by them.

use api::client::ApiClient;
use serde_json::{Value, json};
use stories::{Receiver, Stage};

use super::{ask, rule, step};

fn draft(receiver: &Receiver) -> Value {
    json!({
        "name": "Large orders", "when": { "events": ["order.made"] }, "if": { "data.amount": { "$gte": 100 } },
        "then": [{ "do": "deliver", "url": receiver.url(), "preset": "json", "template": { "sum": "{{ data.amount }}" } },
                 { "do": "emit", "type": "large.order", "data": { "order": "{{ data.id }}" } }],
    })
}

async fn test(stage: &Stage, members: Value) -> Value {
    stage.admin.post("/v1/rules/test", &members).await.unwrap()
}

#[tokio::test]
async fn a_draft_is_held_against_the_last_events_and_its_requests_are_shown_and_not_sent() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let draft = draft(&receiver);
    for amount in [50, 150, 100] {
        stage.send("order.made", json!({ "id": amount, "amount": amount })).await;
    }
    let last = stage.send("order.made", json!({ "id": 9, "amount": "100" })).await;
    stage.send("ticket.created", json!({ "amount": 500 })).await;
    let tested = test(&stage, json!({ "workspace_id": stage.workspace, "rule": draft, "recent": 100 })).await;
    assert_eq!(
        (&tested["matched"], &tested["of"], &tested["complete"]),
        (&json!(2), &json!(4), &json!(true))
    );
    let matched: Vec<_> =
        tested["events"].as_array().unwrap().iter().map(|event| event["matched"].clone()).collect();
    assert_eq!(matched, [json!(false), json!(true), json!(true), json!(false)], "newest first");
    let why = tested["events"][0]["why"].as_array().unwrap();
    let filter = why.iter().find(|verdict| verdict["rule"] == "filter").unwrap();
    assert_eq!((&filter["passed"], &filter["conditions"][0]["found"]), (&json!(false), &json!(["100"])));
    assert_eq!(filter["conditions"][0]["reason"], "wrong_type");
    let requests = tested["requests"].as_array().unwrap();
    assert_eq!(
        (&requests[0]["request"]["body"], &requests[0]["signature_is_valid"]),
        (&json!("{\"sum\":100}"), &json!(false))
    );
    assert_eq!(requests[1]["request"]["body"], "{\"order\":100}");
    assert_eq!(requests[1]["request"]["url"], "posthorn:emit:large.order");

    let one =
        test(&stage, json!({ "workspace_id": stage.workspace, "rule": draft, "event_id": last["id"] })).await;
    assert_eq!(
        (&one["matched"], &one["of"], &one["requests"][0]["event_id"]),
        (&json!(0), &json!(1), &last["id"])
    );
    let own = json!({ "type": "order.made", "data": { "id": 1, "amount": 1000 } });
    let own = test(&stage, json!({ "workspace_id": stage.workspace, "rule": draft, "event": own })).await;
    assert_eq!((&own["matched"], &own["events"][0]["id"]), (&json!(1), &Value::Null));
    assert_eq!(receiver.seen().len(), 0);
    stage.end().await;
}

#[tokio::test]
async fn a_rule_is_tried_before_it_has_a_name_or_a_step() {
    let stage = Stage::set().await;
    for amount in [50, 150] {
        stage.send("order.made", json!({ "amount": amount })).await;
    }
    let ws = &stage.workspace;
    let filter = json!({ "data.amount": { "$gte": 100 } });
    for draft in
        [json!({ "if": filter }), json!({ "if": filter, "then": [] }), json!({ "if": filter, "name": "" })]
    {
        let tested = test(&stage, json!({ "workspace_id": ws, "rule": draft })).await;
        assert_eq!(
            (&tested["matched"], &tested["of"], &tested["requests"]),
            (&json!(1), &json!(2), &json!([]))
        );
        let mut save = draft;
        save["workspace_id"] = json!(ws);
        let (status, problem) = stage.admin.call("POST", "/v1/rules", save.to_string(), &[]).await.unwrap();
        let pointers: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
        assert_eq!((status, pointers), (422, vec![&json!("/name"), &json!("/then")]), "not saved");
    }
    stage.end().await;
}

#[tokio::test]
async fn the_settings_of_an_endpoint_are_previewed_by_who_may_make_one() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let key = async |scope: &str| {
        let make = json!({ "name": "story", "workspace_id": stage.workspace, "scopes": [scope] });
        let made = stage.admin.post("/v1/api-keys", &make).await.unwrap();
        ApiClient::new(&stage.platform.url(), made["key"].as_str().unwrap())
    };
    let (webhooks, readers) = (key("webhooks").await, key("webhooks:ro").await);
    let event = json!({ "type": "order.made", "data": { "amount": 7 } });
    let deliver =
        json!({ "do": "deliver", "url": receiver.url(), "preset": "json", "template": "{{ data.amount }}" });
    let settings = json!({ "rule": { "then": [deliver] }, "event": event });
    let (status, tested) = webhooks.call("POST", "/v1/rules/test", settings.to_string(), &[]).await.unwrap();
    assert_eq!((status, &tested["requests"][0]["request"]["body"]), (200, &json!("7")), "{tested}");
    assert_eq!(readers.call("POST", "/v1/rules/test", settings.to_string(), &[]).await.unwrap().0, 403);

    // Nothing else of a rule, nothing that is saved, and no stored event.
    let saved = rule(&stage, draft(&receiver)).await;
    let emit = json!({ "do": "emit", "type": "large.order" });
    for (members, missing) in [
        (json!({ "rule": { "then": [deliver, emit] }, "event": event }), "rules"),
        (json!({ "rule_id": saved["id"], "event": event }), "rules"),
        (json!({ "rule_id": saved["id"], "rule": { "then": [deliver] }, "event": event }), "rules"),
        (json!({ "rule": { "then": [deliver] }, "recent": 1 }), "events:ro"),
    ] {
        let (status, problem) =
            webhooks.call("POST", "/v1/rules/test", members.to_string(), &[]).await.unwrap();
        assert!(status == 403 && problem["detail"].as_str().unwrap().contains(missing), "{problem}");
    }
    assert_eq!(receiver.seen().len(), 0);
    stage.end().await;
}

#[tokio::test]
async fn a_test_names_what_saving_would_refuse_and_is_not_refused() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let own = json!({ "type": "order.made", "data": { "id": 1, "amount": 1000 } });
    let sound = rule(&stage, draft(&receiver)).await;
    for saved in [json!({ "rule_id": sound["id"] }), json!({ "rule": draft(&receiver) })] {
        let mut members = json!({ "workspace_id": stage.workspace, "event": own });
        members.as_object_mut().unwrap().extend(saved.as_object().unwrap().clone());
        assert_eq!(test(&stage, members).await["findings"], json!([]));
    }

    let back = json!({ "name": "back", "when": { "events": ["large.order"] },
                       "then": [{ "do": "emit", "type": "order.made", "data": {} }],
                       "examples": [{ "name": "no", "event": { "type": "order.made", "data": {} }, "expect": true }] });
    let members = json!({ "workspace_id": stage.workspace, "rule": back, "event": own });
    let tested = test(&stage, members).await;
    assert_eq!((&tested["matched"], &tested["of"]), (&json!(0), &json!(1)));
    let findings = tested["findings"].as_array().unwrap();
    let pointers: Vec<_> = findings.iter().map(|finding| finding["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/rule/examples/0/expect", "/rule/then/0/type"]);
    assert!(findings[1]["detail"].as_str().unwrap().contains("Large orders"), "{findings:?}");

    // In the words of the refusal.
    let (status, problem) = ask(&stage, back.clone()).await;
    assert_eq!((status, &problem["errors"][0]["detail"]), (422, &findings[0]["detail"]));
    let mut without = back;
    without["examples"] = json!([]);
    let (_, problem) = ask(&stage, without).await;
    assert_eq!(problem["errors"][0]["detail"], findings[1]["detail"]);
    stage.end().await;
}

#[tokio::test]
async fn the_request_of_a_test_is_the_one_that_is_sent() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let draft = draft(&receiver);
    let made = rule(&stage, draft).await;
    let event = stage.send("order.made", json!({ "id": 1, "amount": 1000 })).await;
    let seen = receiver.wait_for(1).await;
    stage.deliveries(&step(&made, 0), 1, "delivered").await;
    stage.deliveries(&step(&made, 1), 1, "delivered").await;
    let tested = test(&stage, json!({ "rule_id": made["id"], "event_id": event["id"] })).await;
    let request = &tested["requests"][0];
    assert_eq!((&request["signature_is_valid"], tested["matched"].as_u64()), (&json!(true), Some(1)));
    assert_eq!(request["request"]["body"].as_str().unwrap().as_bytes(), &seen[0].body[..]);
    let header = |name: &str| {
        let all = request["request"]["headers"].as_array().unwrap().iter();
        all.clone().find(|header| header[0].as_str().unwrap().eq_ignore_ascii_case(name)).unwrap()[1].clone()
    };
    for name in ["webhook-id", "x-webhook-event", "x-webhook-delivery", "idempotency-key"] {
        assert_eq!(header(name), json!(seen[0].header(name)), "{name}");
    }
    stage.end().await;
}

#[tokio::test]
async fn a_rule_is_saved_only_if_its_examples_hold() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let mut asked = draft(&receiver);
    asked["examples"] = json!([
        { "name": "large", "event": { "type": "order.made", "data": { "amount": 500 } }, "expect": true },
        { "name": "small", "event": { "type": "order.made", "data": { "amount": 5 } }, "expect": true },
        { "name": "text", "event": { "type": "order.made", "data": { "amount": "500" } }, "expect": false },
    ]);
    let (status, problem) = ask(&stage, asked.clone()).await;
    assert_eq!((status, problem["errors"].as_array().unwrap().len()), (422, 1), "{problem:#}");
    let error = &problem["errors"][0];
    assert_eq!(error["pointer"], "/examples/1/expect");
    assert!(error["detail"].as_str().unwrap().contains("out of range, found 5"), "{problem:#}");
    asked["examples"][1]["expect"] = json!(false);
    let made = rule(&stage, asked).await;
    // A change that breaks an example is refused as well.
    let path = format!("/v1/rules/{}", made["id"].as_str().unwrap());
    let change = json!({ "if": { "data.amount": { "$gte": 1 } } }).to_string();
    let (status, problem) = stage.admin.call("PATCH", &path, change, &[]).await.unwrap();
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/examples/1/expect")));
    stage.end().await;
}
