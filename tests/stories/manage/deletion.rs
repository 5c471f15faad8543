//! What becomes of what is deleted?
//! A deleted endpoint leaves a tombstone, and its deliveries stay readable. A deleted workspace is gone at once, and its
//! rows follow.

use std::time::Duration;

use api::client::ApiClient;
use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};

async fn key_of(stage: &Stage, workspace: &str) -> ApiClient {
    let body = json!({ "name": "story", "workspace_id": workspace, "scopes": ["admin"] });
    let made = stage.admin.post("/v1/api-keys", &body).await.unwrap();
    ApiClient::new(&stage.platform.url(), made["key"].as_str().unwrap())
}

async fn status(client: &ApiClient, method: &str, path: &str) -> u16 {
    let body = if method == "GET" || method == "DELETE" { "" } else { "{}" };
    client.call(method, path, body, &[]).await.unwrap().0
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

/// An endpoint with one delivery that was delivered and one that failed.
async fn used(stage: &Stage, receiver: &Receiver) -> (Endpoint, String) {
    let endpoint = stage.endpoint(receiver, json!({ "retry": { "schedule_seconds": [] } })).await;
    receiver.answer_first(&[Answer::Status(500)]);
    let event = id(&stage.send("invoice.paid", json!({ "n": 1 })).await);
    stage.deliveries(&endpoint, 1, "failed").await;
    stage.send("invoice.void", json!({ "n": 2 })).await;
    let done = format!("/v1/webhook-endpoints/{}/deliveries?status=delivered", endpoint.id);
    for _ in 0..500 {
        if !stage.read(&done).await.as_array().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (endpoint, event)
}

#[tokio::test]
async fn deliveries_of_a_deleted_endpoint_stay_readable_and_nothing_is_sent_to_it() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let (endpoint, event) = used(&stage, &receiver).await;
    let one = format!("/v1/webhook-endpoints/{}", endpoint.id);
    let tombstone = format!("/v1/deleted-endpoints/{}", endpoint.id);
    let failed = id(&stage.read(&format!("{one}/deliveries?status=failed")).await[0]);
    let delivery = format!("{one}/deliveries/{failed}");
    let before = stage.read(&delivery).await;
    let own = key_of(&stage, &stage.workspace).await;
    let other = stage.admin.post("/v1/workspaces", &json!({ "name": "other" })).await.unwrap();
    let stranger = key_of(&stage, &id(&other)).await;
    assert_eq!(status(&own, "GET", &tombstone).await, 404, "it is not deleted");
    assert_eq!(status(&stage.admin, "DELETE", &one).await, 204);

    for client in [&stage.admin, &own] {
        let read = client.get(&tombstone).await.unwrap();
        assert_eq!((&read["id"], &read["workspace_id"]), (&json!(endpoint.id), &json!(stage.workspace)));
        assert!(read["deleted_at"].as_str() > read["created_at"].as_str(), "{read}");
        let listed = client.get(&format!("/v1/deleted-endpoints?workspace_id={}", stage.workspace)).await;
        assert_eq!(listed.unwrap()["data"], json!([read]));

        assert_eq!(client.get(&format!("{one}/deliveries")).await.unwrap().as_array().unwrap().len(), 2);
        assert_eq!(client.get(&delivery).await.unwrap(), before);
        assert_eq!(status(client, "GET", &format!("{one}/statistics")).await, 200);
        let work = |more| format!("/v1/undelivered?workspace_id={}{more}", stage.workspace);
        let asked_for = client.get(&work(format!("&endpoint_id={}", endpoint.id))).await.unwrap();
        assert_eq!((&asked_for["data"][0]["id"], &asked_for["data"][1]), (&json!(failed), &Value::Null));
        assert_eq!(client.get(&work(String::new())).await.unwrap()["data"], json!([]), "nothing can be done");
        let every = format!("/v1/deliveries?workspace_id={}&status=failed,parked", stage.workspace);
        let every = client.get(&every).await.unwrap();
        assert_eq!((&every["data"][0]["id"], &every["data"][1]), (&json!(failed), &Value::Null));
        let ledger = format!("/v1/events/{event}/deliveries?workspace_id={}", stage.workspace);
        assert_eq!(client.get(&ledger).await.unwrap()["data"][0]["id"], json!(failed));

        for (method, path) in [
            ("GET", one.clone()),
            ("PATCH", one.clone()),
            ("DELETE", one.clone()),
            ("POST", format!("{one}/test")),
            ("POST", format!("{one}/secret/rotate")),
            ("POST", format!("{delivery}/replay")),
            ("GET", format!("{delivery}/curl")),
        ] {
            assert_eq!(status(client, method, &path).await, 404, "{method} {path}");
        }
    }
    for path in [&tombstone, &delivery, &format!("{one}/deliveries"), &format!("{one}/statistics")] {
        assert_eq!(status(&stranger, "GET", path).await, 404, "{path}");
    }
    let sent = stage.send("invoice.paid", json!({})).await;
    assert_eq!((&sent["deliveries"], &sent["skipped"]), (&json!([]), &json!([])));
    stage.end().await;
    assert_eq!(receiver.seen().len(), 2);
}

#[tokio::test]
async fn a_delivery_that_a_replay_made_is_found_by_its_id_when_its_endpoint_is_deleted() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let event = id(&stage.send("invoice.paid", json!({})).await);
    let younger = stage.endpoint(&receiver, json!({})).await;
    let body = json!({ "workspace_id": stage.workspace, "endpoint_ids": [younger.id] });
    stage.admin.post(&format!("/v1/events/{event}/replay"), &body).await.unwrap();
    let delivery = id(&stage.deliveries(&younger, 1, "delivered").await[0]);
    let one = format!("/v1/webhook-endpoints/{}", younger.id);
    let before = stage.read(&format!("{one}/deliveries/{delivery}")).await;
    assert_eq!(status(&stage.admin, "DELETE", &one).await, 204);

    let of_workspace = format!("workspace_id={}", stage.workspace);
    assert_eq!(stage.read(&format!("/v1/deliveries/{delivery}?{of_workspace}")).await, before);
    let explain = format!("/v1/events/{event}/explain?{of_workspace}&endpoint_id={}", younger.id);
    assert_eq!(stage.read(&explain).await["delivery"]["id"], json!(delivery));
    stage.end().await;
}

/// Every row of the table.
async fn rows(stage: &Stage) -> Vec<Value> {
    let table = ApiClient::new(stage.platform.aws.dynamodb.endpoint_url(), "");
    // The emulator wants to see a signature, and checks none.
    let signed = "AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=none";
    let scan = [
        ("x-amz-target", "DynamoDB_20120810.Scan"),
        ("x-amz-date", "20260105T093000Z"),
        ("authorization", signed),
    ];
    let (mut all, mut start) = (Vec::new(), Value::Null);
    loop {
        let mut request = json!({ "TableName": "posthorn" });
        if !start.is_null() {
            request["ExclusiveStartKey"] = start;
        }
        let (status, answer) = table.call("POST", "/", request.to_string(), &scan).await.unwrap();
        assert_eq!(status, 200, "{answer}");
        all.extend(answer["Items"].as_array().unwrap().iter().cloned());
        start = answer["LastEvaluatedKey"].clone();
        if start.is_null() {
            return all;
        }
    }
}

/// The keys of rows that name one of `ids`.
async fn rows_of(stage: &Stage, ids: &[String]) -> Vec<String> {
    let of = |row: &Value| ids.iter().any(|id| row.to_string().contains(id));
    let key =
        |row: &Value| format!("{} {}", row["PK"]["S"].as_str().unwrap(), row["SK"]["S"].as_str().unwrap());
    let rows = rows(stage).await;
    rows.iter().filter(|row| of(row)).map(key).collect()
}

/// Failed, parked and waiting deliveries of the stage's workspace, an endpoint that was deleted, a drain that is owed, a
/// replay and a sweep; the ids of the endpoints.
async fn fill(stage: &Stage, receiver: &Receiver, dead: &Receiver) -> Vec<String> {
    let (deleted, _) = used(stage, receiver).await;
    assert_eq!(status(&stage.admin, "DELETE", &format!("/v1/webhook-endpoints/{}", deleted.id)).await, 204);
    dead.answer(Answer::Status(503));
    let settings = json!({ "retry": { "schedule_seconds": [3600] }, "rate_limit": { "per_second": 100 } });
    let failing = stage.endpoint(dead, settings).await;
    let limited = stage.endpoint(receiver, json!({ "max_concurrency": 1, "uid": "erp" })).await;
    for n in 0..5 {
        stage.send("invoice.paid", json!({ "n": n })).await;
    }
    dead.wait_for(5).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let event = json!({ "workspace_id": stage.workspace, "type": "invoice.paid", "data": {} }).to_string();
    let key = [("idempotency-key", "once")];
    assert_eq!(stage.admin.call("POST", "/v1/events", event, &key).await.unwrap().0, 202);
    stage.deliveries(&limited, 6, "delivered").await;
    for _ in 0..200 {
        let path = format!("/v1/webhook-endpoints/{}/deliveries?status=parked", failing.id);
        if !stage.read(&path).await.as_array().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let window = json!({ "since": "2020-01-01T00:00:00Z", "status": "all" });
    let replay = format!("/v1/webhook-endpoints/{}/replay", failing.id);
    stage.admin.post(&replay, &window).await.unwrap();
    let settings = json!({ "max_events_per_day": 1_000, "uid": "acme" }).to_string();
    let path = format!("/v1/workspaces/{}", stage.workspace);
    assert_eq!(stage.admin.call("PATCH", &path, settings, &[]).await.unwrap().0, 200);
    let event = json!({ "workspace_id": "acme", "type": "invoice.paid", "data": {}, "uid": "invoice-7" });
    stage.admin.post("/v1/events", &event).await.unwrap();
    vec![deleted.id, failing.id, limited.id]
}

/// Waits until the table holds no row that names one of `ids`, but those that expire by themselves.
async fn only_what_expires_is_left(stage: &Stage, ids: &[String]) {
    let mut left = rows_of(stage, ids).await;
    assert!(left.len() > 20, "{left:?}");
    // What expires by itself: keys that nothing leads to, and the log of who did what.
    let stays = |key: &String| key.starts_with("IDEMPOTENCY#") || key.starts_with("AUDIT#");
    for _ in 0..300 {
        stage.advance(Duration::from_secs(2));
        stage.platform.tick().await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        left = rows_of(stage, ids).await;
        if left.iter().all(stays) {
            break;
        }
    }
    assert!(left.iter().all(stays), "{left:#?}");
}

/// The uids of the workspace that [`fill`] filled name nothing any more, and another may have its uid.
async fn uids_are_free(stage: &Stage) {
    let event = json!({ "workspace_id": "acme", "type": "invoice.paid", "data": {} });
    assert_eq!(stage.admin.call("POST", "/v1/events", event.to_string(), &[]).await.unwrap().0, 404);
    for path in ["/v1/workspaces/acme", "/v1/webhook-endpoints/erp?workspace_id=acme"] {
        assert_eq!(status(&stage.admin, "GET", path).await, 404, "{path}");
    }
    let next = stage.admin.post("/v1/workspaces", &json!({ "name": "acme", "uid": "acme" })).await.unwrap();
    assert_eq!(stage.read("/v1/workspaces/acme").await["id"], next["id"]);
}

#[tokio::test]
async fn sessions_and_portal_links_of_a_deleted_workspace_open_nothing_at_once() {
    let stage = Stage::set().await;
    // Both are made with a key that has access to all workspaces, and lives on.
    let url = stage.platform.url();
    let wishes = json!({ "workspace_id": stage.workspace, "scopes": ["webhooks:ro"] });
    let session = stage.admin.post("/v1/sessions", &wishes).await.unwrap();
    let link = stage.admin.post("/v1/portal-links", &wishes).await.unwrap();
    let (_, of_link) = link["url"].as_str().unwrap().split_once("#t=").unwrap();
    let logins = [ApiClient::new(&url, session["token"].as_str().unwrap()), ApiClient::new(&url, of_link)];
    for login in &logins {
        assert_eq!(status(login, "GET", "/v1/webhook-endpoints").await, 200);
    }
    let path = format!("/v1/workspaces/{}", stage.workspace);
    assert_eq!(status(&stage.admin, "DELETE", &path).await, 204);
    for login in &logins {
        for path in ["/v1/me", "/v1/webhook-endpoints", "/v1/deliveries"] {
            assert_eq!(status(login, "GET", path).await, 401, "{path}");
        }
    }
    assert_eq!(status(&stage.admin, "GET", "/v1/me").await, 200);
    stage.end().await;
}

#[tokio::test]
async fn a_deleted_workspace_is_gone_at_once_and_its_rows_follow() {
    let (stage, receiver, dead) = (Stage::set().await, Receiver::start().await, Receiver::start().await);
    let other = id(&stage.admin.post("/v1/workspaces", &json!({ "name": "acme" })).await.unwrap());
    let event = json!({ "workspace_id": other, "type": "invoice.paid", "data": {} });
    let kept = id(&stage.admin.post("/v1/events", &event).await.unwrap());
    let (own, others_own) = (key_of(&stage, &stage.workspace).await, key_of(&stage, &other).await);
    let mut ids = fill(&stage, &receiver, &dead).await;
    let path = format!("/v1/workspaces/{}", stage.workspace);
    let listed = stage.read(&format!("/v1/api-keys?workspace_id={}", stage.workspace)).await;
    let api_key = format!("/v1/api-keys/{}", id(&listed["data"][0]));
    let replays = stage.read(&format!("/v1/replays?workspace_id={}", stage.workspace)).await;
    let replay = format!("/v1/replays/{}", id(&replays["data"][0]));
    let others = rows_of(&stage, std::slice::from_ref(&other)).await;

    assert_eq!(status(&own, "DELETE", &path).await, 403, "only with a key for all workspaces");
    assert_eq!(status(&stage.admin, "DELETE", &path).await, 204);
    assert_eq!(status(&stage.admin, "DELETE", &path).await, 404);

    // 1. At once nobody finds it.
    for path in ["/v1/me", "/v1/events", "/v1/webhook-endpoints"] {
        assert_eq!(status(&own, "GET", path).await, 401, "{path}");
    }
    let event = json!({ "workspace_id": stage.workspace, "type": "invoice.paid", "data": {} });
    assert_eq!(stage.admin.call("POST", "/v1/events", event.to_string(), &[]).await.unwrap().0, 404);
    for path in [
        path.clone(),
        format!("{path}/statistics"),
        format!("{path}/jwks.json"),
        api_key,
        replay,
        format!("/v1/events?workspace_id={}", stage.workspace),
        format!("/v1/webhook-endpoints?workspace_id={}", stage.workspace),
        format!("/v1/deleted-endpoints/{}", ids[0]),
        format!("/v1/webhook-endpoints/{}", ids[1]),
        format!("/v1/webhook-endpoints/{}/deliveries", ids[1]),
    ] {
        assert_eq!(status(&stage.admin, "GET", &path).await, 404, "{path}");
    }
    let all = stage.read("/v1/workspaces").await;
    assert!(all["data"].as_array().unwrap().iter().all(|row| row["id"] != json!(stage.workspace)), "{all}");

    uids_are_free(&stage).await;

    // 2. Its rows are deleted when no process can write another.
    let seen = (receiver.seen().len(), dead.seen().len());
    ids.push(stage.workspace.clone());
    only_what_expires_is_left(&stage, &ids).await;
    assert_eq!(rows_of(&stage, &[other]).await, others);
    assert_eq!(status(&others_own, "GET", &format!("/v1/events/{kept}")).await, 200);

    // 3. Its jobs are dropped when they come, hours later.
    stage.advance(Duration::from_secs(4_000));
    stage.end().await;
    assert_eq!((receiver.seen().len(), dead.seen().len()), seen, "nothing was sent any more");
}
