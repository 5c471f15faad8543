//! How is an event type described, changed and deleted?

use serde_json::{Value, json};
use stories::Stage;

use super::{call, describe, key, pointers};

const TYPES: &str = "/v1/event-types";

fn paid() -> Value {
    json!({
        "name": "invoice.paid", "group": "Invoices", "title": "Invoice paid", "description": "It was paid.",
        "schema": { "type": "object", "properties": { "amount": { "type": "integer" } }, "required": ["amount"] },
        "example": { "amount": 4200 },
    })
}

#[tokio::test]
async fn the_life_of_an_event_type() {
    let stage = Stage::set().await;
    let made = stage.admin.exchange("POST", TYPES, paid().to_string(), &[]).await.unwrap();
    assert_eq!((made.status().as_u16(), &made.headers()["etag"]), (201, &"\"1\"".parse().unwrap()));
    assert_eq!(made.headers()["location"], "/v1/event-types/invoice.paid");
    let described: Value = serde_json::from_slice(made.body()).unwrap();
    for (name, value) in paid().as_object().unwrap() {
        assert_eq!(&described[name], value);
    }
    assert_eq!((&described["version"], &described["hidden"]), (&json!(1), &json!(false)));
    let path = "/v1/event-types/invoice.paid";
    assert_eq!(stage.read(path).await, described);

    // A name is described once.
    let (status, problem) = call(&stage.admin, "POST", TYPES, paid()).await;
    assert_eq!((status, &problem["code"]), (409, &json!("event_type_exists")));

    // Settings are merged, an example is replaced as a whole and must fit.
    let patch = json!({ "title": "Paid", "group": null, "example": { "amount": 1 }, "deprecated": true });
    let changed =
        stage.admin.exchange("PATCH", path, patch.to_string(), &[("if-match", "\"1\"")]).await.unwrap();
    assert_eq!((changed.status().as_u16(), &changed.headers()["etag"]), (200, &"\"2\"".parse().unwrap()));
    let changed: Value = serde_json::from_slice(changed.body()).unwrap();
    assert_eq!((&changed["group"], &changed["example"]), (&Value::Null, &json!({ "amount": 1 })));
    assert_eq!((&changed["deprecated"], &changed["version"]), (&json!(true), &json!(1)));
    let (status, _) =
        stage.admin.call("PATCH", path, patch.to_string(), &[("if-match", "\"1\"")]).await.unwrap();
    assert_eq!(status, 412);
    let (status, problem) = call(&stage.admin, "PATCH", path, json!({ "example": { "amount": "1" } })).await;
    assert_eq!((status, pointers(&problem)), (422, vec!["/example/amount"]));

    // The schema gets a version, which is never changed.
    let second = json!({ "type": "object", "properties": { "amount": { "type": "number" } } });
    let version = json!({ "schema": second, "example": { "amount": 0.5 } });
    let versions = format!("{path}/versions");
    let added = stage.admin.exchange("POST", &versions, version.to_string(), &[]).await.unwrap();
    assert_eq!(
        (added.status().as_u16(), &added.headers()["location"]),
        (201, &format!("{versions}/2").parse().unwrap())
    );
    let (_, again) = call(&stage.admin, "POST", &versions, json!({ "schema": second })).await;
    assert_eq!(again["version"], 2, "the schema in force is no new version");
    let listed = stage.read(&versions).await["data"].as_array().unwrap().clone();
    assert_eq!(listed.iter().map(|row| row["version"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(stage.read(&format!("{versions}/1")).await["schema"], paid()["schema"]);
    assert_eq!(call(&stage.admin, "GET", &format!("{versions}/3"), Value::Null).await.0, 404);
    assert_eq!(stage.read(path).await["schema"], second);

    // Everything is in the audit log of the installation.
    let audit = stage.read("/v1/audit?target=invoice.paid").await["data"].as_array().unwrap().clone();
    let actions: Vec<_> = audit.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["event_type.version_added", "event_type.updated", "event_type.created"]);
    assert_eq!(audit[0]["target"], json!({ "type": "event_type", "id": "invoice.paid" }));
    assert_eq!((&audit[0]["before"]["version"], &audit[0]["after"]["version"]), (&json!(1), &json!(2)));

    // It is deleted, and can be described anew from version 1.
    assert_eq!(call(&stage.admin, "DELETE", path, Value::Null).await.0, 204);
    assert_eq!(call(&stage.admin, "GET", path, Value::Null).await.0, 404);
    assert_eq!(describe(&stage, paid()).await["version"], 1);
    assert_eq!(stage.read(&versions).await["data"].as_array().unwrap().len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn what_cannot_be_described_is_refused_where_it_is_wrong() {
    let stage = Stage::set().await;
    let tree = json!({ "properties": { "child": { "$ref": "#/$defs/tree" } }, "$defs": { "tree": { "items": { "$ref": "#/$defs/tree" } } } });
    for (body, wrong) in [
        (json!({}), "/name"),
        (json!({ "name": "a b" }), "/name"),
        (json!({ "name": "posthorn.test" }), "/name"),
        (json!({ "name": "import" }), "/name"),
        (json!({ "name": "a", "colour": "red" }), "/colour"),
        (json!({ "name": "a", "title": "t".repeat(201) }), "/title"),
        (json!({ "name": "a", "schema": "text" }), "/schema"),
        (json!({ "name": "a", "schema": { "type": "text" } }), "/schema/type"),
        (json!({ "name": "a", "schema": { "$ref": "https://example.com/a.json" } }), "/schema/$ref"),
        (json!({ "name": "a", "schema": { "$ref": "file:///etc/passwd" } }), "/schema/$ref"),
        (json!({ "name": "a", "schema": tree }), "/schema/$defs/tree/items/$ref"),
        (json!({ "name": "a", "schema": { "pattern": "(?<=a)b" } }), "/schema/pattern"),
        (json!({ "name": "a", "schema": { "type": "object" }, "example": [] }), "/example"),
        (json!({ "name": "a", "schema": { "required": ["x/y"] }, "example": {} }), "/example/x~1y"),
        (json!({ "name": "a", "example": "e".repeat(40_000) }), "/example"),
    ] {
        let (status, problem) = call(&stage.admin, "POST", TYPES, body.clone()).await;
        assert_eq!((status, pointers(&problem)), (422, vec![wrong]), "{body}: {problem}");
    }
    let long = json!({ "name": "a", "schema": { "description": "d".repeat(70_000) } });
    let (status, problem) = call(&stage.admin, "POST", TYPES, long).await;
    assert_eq!((status, pointers(&problem)), (422, vec!["/schema"]));
    let longer = json!({ "name": "a", "schema": { "description": "d".repeat(200_000) } });
    assert_eq!(call(&stage.admin, "POST", TYPES, longer).await.0, 413);
    assert_eq!(stage.read(TYPES).await["data"], json!([]), "nothing that was refused was made");
    stage.end().await;
}

#[tokio::test]
async fn a_name_with_slashes_and_colons_is_named_in_a_path() {
    let stage = Stage::set().await;
    let made = stage
        .admin
        .exchange("POST", TYPES, json!({ "name": "order/created:v2", "schema": {} }).to_string(), &[])
        .await
        .unwrap();
    assert_eq!(made.headers()["location"], "/v1/event-types/order~created:v2");
    for name in ["order%2Fcreated:v2", "order%2fcreated%3Av2", "order~created:v2", "order%252Fcreated%253Av2"]
    {
        let read = stage.read(&format!("/v1/event-types/{name}")).await;
        assert_eq!(read["name"], "order/created:v2", "{name}");
        let versions = stage.read(&format!("/v1/event-types/{name}/versions")).await;
        assert_eq!(versions["data"].as_array().unwrap().len(), 1);
    }
    for name in ["order%20created", "order%ff", "order.", "unknown"] {
        let (status, problem) =
            call(&stage.admin, "GET", &format!("/v1/event-types/{name}"), Value::Null).await;
        assert_eq!((status, &problem["code"]), (404, &json!("not_found")), "{name}");
    }
    stage.end().await;
}

#[tokio::test]
async fn every_key_reads_what_is_not_hidden_and_only_one_for_all_workspaces_writes() {
    let stage = Stage::set().await;
    describe(&stage, json!({ "name": "a.shown", "group": "A" })).await;
    describe(&stage, json!({ "name": "a.hidden", "group": "A", "hidden": true })).await;
    describe(&stage, json!({ "name": "b.old", "archived": true, "title": "Old" })).await;
    let author = key(&stage, None, json!(["catalogue"])).await;
    let tenant = key(&stage, Some(&stage.workspace), json!(["catalogue", "events"])).await;
    let names = async |api: &api::client::ApiClient, query: &str| -> Vec<String> {
        let rows = api.get(&format!("{TYPES}{query}")).await.unwrap();
        rows["data"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&author, "").await, ["a.hidden", "a.shown", "b.old"]);
    assert_eq!(names(&tenant, "").await, ["a.shown", "b.old"]);
    assert_eq!(names(&tenant, "?group=A").await, ["a.shown"]);
    assert_eq!(names(&tenant, "?name=OLD").await, ["b.old"]);
    assert_eq!(names(&tenant, "?archived=false").await, ["a.shown"]);
    let groups = author.get(TYPES).await.unwrap()["groups"].clone();
    assert_eq!(groups, json!([{ "name": "A", "count": 2 }, { "name": null, "count": 1 }]));
    for path in ["/v1/event-types/a.hidden", "/v1/event-types/a.hidden/versions"] {
        assert_eq!(call(&tenant, "GET", path, Value::Null).await.0, 404);
        assert_eq!(call(&author, "GET", path, Value::Null).await.0, 200);
    }
    for (method, path, body) in [
        ("POST", TYPES, json!({ "name": "c" })),
        ("PATCH", "/v1/event-types/a.shown", json!({})),
        ("DELETE", "/v1/event-types/a.shown", Value::Null),
        ("POST", "/v1/event-types/a.shown/versions", json!({ "schema": {} })),
        ("POST", "/v1/event-types/import", json!({ "event_types": [] })),
    ] {
        let (status, problem) = call(&tenant, method, path, body).await;
        assert_eq!((status, &problem["code"]), (403, &json!("missing_scope")), "{method} {path}");
    }
    let nobody = api::client::ApiClient::new(&stage.platform.url(), "phk_00000000000000000000000000000000");
    assert_eq!(call(&nobody, "GET", TYPES, Value::Null).await.0, 401);
    stage.end().await;
}

#[tokio::test]
async fn a_repeated_request_describes_once() {
    let stage = Stage::set().await;
    let headers = [("idempotency-key", "describe-1")];
    let first = stage.admin.call("POST", TYPES, paid().to_string(), &headers).await.unwrap();
    let second = stage.admin.call("POST", TYPES, paid().to_string(), &headers).await.unwrap();
    assert_eq!((first.0, &first), (201, &second));
    stage.end().await;
}

#[tokio::test]
async fn the_catalogue_comes_in_pages_by_name() {
    let stage = Stage::set().await;
    for (name, group) in [("a.one", "A"), ("b.two", "B"), ("a.three", "A")] {
        describe(&stage, json!({ "name": name, "group": group })).await;
    }
    let names = |page: &Value| {
        let rows = page["data"].as_array().unwrap().iter();
        rows.map(|row| row["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = stage.read(&format!("{TYPES}?limit=2")).await;
    assert_eq!(
        (names(&first), &first["previous"]),
        (vec!["a.one".to_owned(), "a.three".to_owned()], &Value::Null)
    );
    let all = json!([{ "name": "A", "count": 2 }, { "name": "B", "count": 1 }]);
    assert_eq!(first["groups"], all, "of all pages");
    let second = stage.read(&format!("{TYPES}?limit=2&cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!(
        (names(&second), &second["next"], &second["groups"]),
        (vec!["b.two".to_owned()], &Value::Null, &all)
    );
    let back = stage.read(&format!("{TYPES}?limit=2&before={}", second["previous"].as_str().unwrap())).await;
    assert_eq!(back, first);
    stage.end().await;
}
