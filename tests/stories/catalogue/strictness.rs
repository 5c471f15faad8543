//! What becomes of an event that does not fit the catalogue?

use std::time::Duration;

use serde_json::{Value, json};
use stories::Stage;

use super::{call, describe, key, pointers};

async fn strict(stage: &Stage, word: &str) {
    let path = format!("/v1/workspaces/{}", stage.workspace);
    let (status, workspace) = call(&stage.admin, "PATCH", &path, json!({ "strict": word })).await;
    assert_eq!((status, &workspace["strict"]), (200, &json!(word)));
}

async fn send(stage: &Stage, event_type: &str, data: Value) -> (u16, Value) {
    let body = json!({ "workspace_id": stage.workspace, "type": event_type, "data": data });
    call(&stage.admin, "POST", "/v1/events", body).await
}

fn order() -> Value {
    json!({
        "name": "order.paid",
        "schema": {
            "type": "object",
            "properties": { "amount": { "type": "integer" }, "lines": { "items": { "required": ["sku"] } } },
            "required": ["amount"],
        },
    })
}

#[tokio::test]
async fn a_workspace_that_refuses_names_what_is_wrong() {
    let stage = Stage::set().await;
    describe(&stage, order()).await;
    describe(&stage, json!({ "name": "order.gone", "archived": true })).await;
    describe(&stage, json!({ "name": "order.free" })).await;
    describe(&stage, json!({ "name": "secret.beta", "hidden": true })).await;
    assert_eq!(send(&stage, "anything", json!(1)).await.0, 202, "a workspace is not strict by itself");
    strict(&stage, "refuse").await;

    assert_eq!(send(&stage, "order.paid", json!({ "amount": 1, "lines": [{ "sku": "a" }] })).await.0, 202);
    assert_eq!(
        send(&stage, "order.free", json!("anything")).await.0,
        202,
        "without a schema everything fits"
    );
    let (status, problem) = send(&stage, "order.paid", json!({ "amount": "1", "lines": [{}] })).await;
    assert_eq!((status, &problem["code"]), (422, &json!("invalid_request")));
    assert_eq!(pointers(&problem), ["/data/amount", "/data/lines/0/sku"]);
    for (event_type, words) in [
        ("order.payed", "did you mean `order.paid`?"),
        ("Order.Paid", "did you mean `order.paid`?"),
        ("ticket.created", "is not described in the catalogue"),
        ("order.gone", "is archived in the catalogue"),
    ] {
        let (status, problem) = send(&stage, event_type, json!({ "amount": 1 })).await;
        assert_eq!((status, pointers(&problem)), (422, vec!["/type"]), "{event_type}: {problem}");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(words), "{problem}");
    }

    // Neither what is archived nor what is hidden is suggested.
    for event_type in ["order.gona", "secret.beto"] {
        let (_, problem) = send(&stage, event_type, json!({})).await;
        assert!(!problem.to_string().contains("did you mean"), "{problem}");
    }

    // Of a batch, each on its own.
    let event = |amount: Value| json!({ "workspace_id": stage.workspace, "type": "order.paid", "data": { "amount": amount } });
    let batch = json!({ "events": [event(json!(1)), event(json!(null))] });
    let (_, answer) = call(&stage.admin, "POST", "/v1/events/batch", batch).await;
    let statuses: Vec<_> =
        answer["results"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect();
    assert_eq!(statuses[1], 422, "{answer}");
    assert_ne!(statuses[0], 422, "{answer}");

    // A new version and an archived type are in force within 5 seconds; here, at once.
    let any = json!({ "schema": {} });
    assert_eq!(call(&stage.admin, "POST", "/v1/event-types/order.paid/versions", any).await.0, 201);
    assert_eq!(send(&stage, "order.paid", json!("anything")).await.0, 202);
    call(&stage.admin, "PATCH", "/v1/event-types/order.paid", json!({ "archived": true })).await;
    assert_eq!(send(&stage, "order.paid", json!({ "amount": 1 })).await.0, 422);
    strict(&stage, "off").await;
    assert_eq!(send(&stage, "order.paid", json!({})).await.0, 202);
    stage.end().await;
}

/// The first answer is a promise, so a repeated request gets it whatever became of the schema since.
#[tokio::test]
async fn an_event_that_was_accepted_is_not_held_to_a_later_schema() {
    let stage = Stage::set().await;
    describe(&stage, order()).await;
    strict(&stage, "refuse").await;
    let repeated = async |key: &str, amount: i64| {
        let body =
            json!({ "workspace_id": stage.workspace, "type": "order.paid", "data": { "amount": amount } });
        let headers = [("Idempotency-Key", key)];
        stage.admin.call("POST", "/v1/events", body.to_string(), &headers).await.unwrap()
    };
    let (status, first) = repeated("a", 1).await;
    assert_eq!(status, 202, "{first}");
    let schema = json!({ "schema": { "required": ["currency"] } });
    assert_eq!(call(&stage.admin, "POST", "/v1/event-types/order.paid/versions", schema).await.0, 201);
    let (status, again) = repeated("a", 1).await;
    assert_eq!((status, &again["id"]), (202, &first["id"]), "{again}");
    assert_eq!(repeated("b", 1).await.0, 422);

    // A refusal does not use the key up.
    let any = json!({ "schema": {} });
    assert_eq!(call(&stage.admin, "POST", "/v1/event-types/order.paid/versions", any).await.0, 201);
    assert_eq!(repeated("b", 1).await.0, 202);
    stage.end().await;
}

/// A schema of a type that was deleted is not remembered for a type of the same name.
#[tokio::test]
async fn a_type_that_is_described_anew_has_its_own_schema() {
    let stage = Stage::set().await;
    strict(&stage, "refuse").await;
    for (schema, fits, does_not) in [
        (json!({ "type": "string" }), json!("a"), json!(1)),
        (json!({ "type": "integer" }), json!(1), json!("a")),
    ] {
        describe(&stage, json!({ "name": "a", "schema": schema })).await;
        assert_eq!(send(&stage, "a", fits).await.0, 202);
        assert_eq!(send(&stage, "a", does_not).await.0, 422);
        assert_eq!(call(&stage.admin, "DELETE", "/v1/event-types/a", Value::Null).await.0, 204);
        stage.advance(Duration::from_secs(1));
    }
    stage.end().await;
}

#[tokio::test]
async fn a_workspace_that_warns_counts() {
    let stage = Stage::set().await;
    describe(&stage, order()).await;
    strict(&stage, "warn").await;
    let mismatches = format!("/v1/event-types/mismatches?workspace_id={}", stage.workspace);
    assert_eq!(stage.read(&mismatches).await["data"], json!([]));
    for (event_type, data) in [
        ("order.paid", json!({ "amount": "secret" })),
        ("order.paid", json!({ "amount": 1 })),
        ("order.paid", json!({})),
        ("nobody.knows", json!({})),
    ] {
        assert_eq!(send(&stage, event_type, data).await.0, 202);
        stage.advance(Duration::from_secs(11));
    }
    let rows = stage.read(&mismatches).await["data"].as_array().unwrap().clone();
    let [unknown, paid] = &rows[..] else { panic!("two: {rows:?}") };
    assert_eq!((&unknown["name"], &unknown["undescribed"]), (&json!("nobody.knows"), &json!(1)));
    assert_eq!((&paid["mismatched"], &paid["undescribed"]), (&json!(2), &json!(0)));
    assert_eq!(paid["errors"], json!([{ "pointer": "/data/amount", "detail": "is required" }]));
    assert!(!rows[1].to_string().contains("secret"), "no value of a payload is kept");
    let other = key(&stage, Some(&stage.workspace), json!(["webhooks"])).await;
    assert_eq!(call(&other, "GET", "/v1/event-types/mismatches", Value::Null).await.0, 403);
    stage.end().await;
}

#[tokio::test]
async fn the_newest_events_are_counted_by_type_with_what_a_strict_workspace_would_refuse() {
    let stage = Stage::set().await;
    for (name, settings) in [("order.made", json!({})), ("order.old", json!({ "archived": true }))] {
        let mut body = json!({ "name": name });
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        stage.admin.post("/v1/event-types", &body).await.unwrap();
    }
    let path = format!("/v1/event-types/counts?workspace_id={}", stage.workspace);
    assert_eq!(
        stage.read(&path).await,
        json!({ "events": 0, "back_to": null, "at_least": false, "data": [] })
    );
    let first = stage.send("order.new", json!({})).await;
    stage.advance(std::time::Duration::from_secs(60));
    let since = stage.clock().now();
    let mut last = Vec::new();
    for name in ["order.made", "order.old", "order.made", "order.made", "order.old"] {
        last.push(stage.send(name, json!({})).await);
    }
    let row = |name: &str, count: usize, event: &Value, misfit: Value| json!({ "name": name, "count": count, "last_event_id": event["id"], "misfit": misfit });
    let rows = |counts: &Value| {
        let mut rows = counts["data"].as_array().unwrap().clone();
        rows.iter_mut()
            .for_each(|row| assert!(row.as_object_mut().unwrap().remove("last_at").unwrap().is_string()));
        rows
    };
    let counts = stage.read(&path).await;
    assert_eq!(counts["back_to"], counts["data"][2]["last_at"]);
    let (made, old) =
        (row("order.made", 3, &last[3], Value::Null), row("order.old", 2, &last[4], json!("archived")));
    assert_eq!(rows(&counts), [made.clone(), old.clone(), row("order.new", 1, &first, json!("undescribed"))]);
    assert_eq!((&counts["events"], &counts["at_least"]), (&json!(6), &json!(false)));
    let later = stage.read(&format!("{path}&since={since}")).await;
    assert_eq!((&later["events"], rows(&later)), (&json!(5), vec![made, old]));
    let (status, _) = send(&stage, "counts", json!({})).await;
    assert_eq!(status, 202, "an address is no reserved type");
    stage.end().await;
}

#[tokio::test]
async fn what_providers_send_is_not_checked() {
    let stage = Stage::set().await;
    strict(&stage, "refuse").await;
    let source = stage.source(json!({ "provider": "stripe", "secrets": ["whsec_of-the-story"] })).await;
    let path = format!("/v1/sources/{}/sample", source.id);
    let (status, answer) = call(&stage.admin, "POST", &path, json!({})).await;
    assert!((200..300).contains(&status), "{status} {answer}");
    let received = stage.received(&source).await;
    assert_eq!(received[0]["accepted"], 1, "{received:?}");
    stage.end().await;
}

#[tokio::test]
async fn a_strictness_that_does_not_exist_is_refused() {
    let stage = Stage::set().await;
    let path = format!("/v1/workspaces/{}", stage.workspace);
    let (status, problem) = call(&stage.admin, "PATCH", &path, json!({ "strict": "hard" })).await;
    assert_eq!((status, pointers(&problem)), (422, vec!["/strict"]));
    stage.end().await;
}
