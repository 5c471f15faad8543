//! How are many event types described at once, and which are seen beside the catalogue?

use serde_json::{Value, json};
use stories::{Receiver, Stage};

use super::{call, describe, key, pointers};

const IMPORT: &str = "/v1/event-types/import";

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Orders", "version": "1" },
        "webhooks": {
            "order.created": { "post": {
                "summary": "Order created", "tags": ["Orders"],
                "requestBody": { "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Order" }, "example": { "id": "o1" },
                } } },
            } },
            "order.paid": { "post": { "summary": "Order paid" } },
        },
        "components": { "schemas": { "Order": { "type": "object", "properties": { "id": { "type": "string" } }, "required": ["id"] } } },
    })
}

#[tokio::test]
async fn an_import_is_previewed_and_then_applied() {
    let stage = Stage::set().await;
    describe(&stage, json!({ "name": "order.paid", "title": "Paid", "hidden": true })).await;
    let preview = stage.admin.post(&format!("{IMPORT}?dry_run=true"), &document()).await.unwrap();
    let counts =
        |answer: &Value| ["added", "changed", "untouched"].map(|name| answer[name].as_u64().unwrap());
    assert_eq!((counts(&preview), &preview["dry_run"]), ([1, 1, 0], &json!(true)));
    let changed = &preview["data"][1];
    assert_eq!((&changed["name"], &changed["effect"]), (&json!("order.paid"), &json!("changed")));
    assert_eq!(changed["before"], json!({ "title": "Paid" }));
    assert_eq!(changed["after"], json!({ "title": "Order paid" }));
    assert_eq!(
        stage.read("/v1/event-types").await["data"].as_array().unwrap().len(),
        1,
        "nothing was written"
    );

    let headers = [("idempotency-key", "import-1")];
    let applied = stage.admin.call("POST", IMPORT, document().to_string(), &headers).await.unwrap();
    assert_eq!((applied.0, counts(&applied.1)), (200, [1, 1, 0]));
    let created = stage.read("/v1/event-types/order.created").await;
    assert_eq!((&created["group"], &created["version"]), (&json!("Orders"), &json!(1)));
    let paid = stage.read("/v1/event-types/order.paid").await;
    assert_eq!(
        (&paid["title"], &paid["hidden"]),
        (&json!("Order paid"), &json!(true)),
        "what it leaves out stays"
    );
    let again = stage.admin.post(IMPORT, &document()).await.unwrap();
    assert_eq!(counts(&again), [0, 0, 2]);
    let audit = stage.read("/v1/audit").await["data"].as_array().unwrap().clone();
    let of_types = audit.iter().filter(|entry| entry["target"]["type"] == "event_type").count();
    assert_eq!(of_types, 3, "each change has its entry, although the import had one claim: {audit:?}");

    // A document of which any part cannot be taken is refused whole.
    let bad = json!({ "event_types": [{ "name": "good" }, { "name": "bad", "schema": { "type": 1 } }] });
    for path in [IMPORT.to_owned(), format!("{IMPORT}?dry_run=true")] {
        let (status, problem) = call(&stage.admin, "POST", &path, bad.clone()).await;
        assert_eq!((status, pointers(&problem)), (422, vec!["/event_types/1/schema/type"]));
    }
    assert_eq!(call(&stage.admin, "GET", "/v1/event-types/good", Value::Null).await.0, 404);
    for body in [json!({}), json!([]), json!({ "openapi": "3.0.0", "webhooks": {} })] {
        assert_eq!(call(&stage.admin, "POST", IMPORT, body.clone()).await.0, 422, "{body}");
    }
    let (status, problem) = call(&stage.admin, "POST", &format!("{IMPORT}?dry_run=maybe"), document()).await;
    assert_eq!((status, pointers(&problem)), (422, vec!["dry_run"]));
    stage.end().await;
}

#[tokio::test]
async fn types_that_are_sent_and_not_described_are_listed_with_a_schema() {
    let stage = Stage::set().await;
    let receiver = Receiver::start().await;
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    describe(&stage, json!({ "name": "known" })).await;
    stage.send("known", json!({})).await;
    for amount in [json!(1), json!(2.5)] {
        stage.send("order.paid", json!({ "amount": amount, "at": "2026-01-05T09:30:00Z" })).await;
    }
    stage.send("other", json!("text")).await;
    // A test is nothing that the workspace sends.
    let test = format!("/v1/webhook-endpoints/{}/test", endpoint.id);
    assert_eq!(
        call(&stage.admin, "POST", &test, json!({ "type": "signature.check", "data": {} })).await.0,
        200
    );
    let seen = stage.read(&format!("/v1/event-types/seen?workspace_id={}", stage.workspace)).await;
    assert_eq!(seen["events"], 5);
    let rows = seen["data"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{seen}");
    let counts = stage.read(&format!("/v1/event-types/counts?workspace_id={}", stage.workspace)).await;
    let misfit = |name: &str| {
        counts["data"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap()["misfit"].clone()
    };
    assert_eq!((misfit("other"), misfit("signature.check")), (json!("undescribed"), Value::Null));
    assert_eq!((&rows[0]["name"], &rows[0]["count"]), (&json!("order.paid"), &json!(2)));
    let expected = json!({
        "type": "object",
        "properties": { "amount": { "type": "number" }, "at": { "type": "string", "format": "date-time" } },
        "required": ["amount", "at"],
    });
    assert_eq!(rows[0]["schema"], expected);

    // The schema is good to begin with.
    describe(&stage, json!({ "name": "order.paid", "schema": expected })).await;
    let seen = stage.read(&format!("/v1/event-types/seen?workspace_id={}", stage.workspace)).await;
    assert_eq!(seen["data"].as_array().unwrap().len(), 1);
    let reader = key(&stage, Some(&stage.workspace), json!(["webhooks"])).await;
    assert_eq!(call(&reader, "GET", "/v1/event-types/seen", Value::Null).await.0, 403);
    stage.deliveries(&endpoint, 4, "delivered").await;
    stage.end().await;
}
