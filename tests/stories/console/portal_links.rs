//! What opens a portal link, for whom, and until when?
//! Portal links: narrow, expiring tokens of one workspace, made with a key that has their rights.

use std::time::Duration;

use api::client::ApiClient;
use serde_json::{Value, json};
use stories::{Answer, Receiver, Stage};

use super::sessions::{call, key};

const LINKS: &str = "/v1/portal-links";

/// The link, and a client that has opened it.
async fn link(stage: &Stage, maker: &ApiClient, wishes: Value) -> (Value, ApiClient) {
    let (status, link) = call(maker, "POST", LINKS, wishes).await;
    assert_eq!(status, 201, "{link}");
    let (page, token) = link["url"].as_str().unwrap().split_once("#t=").unwrap();
    assert_eq!(page, format!("{}/portal/{}", stage.platform.url(), stage.workspace));
    assert!(token.starts_with("php_"));
    let client = ApiClient::new(&stage.platform.url(), token);
    (link, client)
}

async fn status(client: &ApiClient, path: &str) -> u16 {
    call(client, "GET", path, Value::Null).await.0
}

#[tokio::test]
async fn a_link_opens_what_it_names_and_nothing_else() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let wishes =
        json!({ "workspace_id": stage.workspace, "scopes": ["webhooks", "events:ro"], "user": "user-17" });
    let (link, inside) = link(&stage, &stage.admin, wishes).await;
    assert!(link["id"].as_str().unwrap().starts_with("link_"));
    let me = call(&inside, "GET", "/v1/me", Value::Null).await.1;
    assert_eq!((&me["kind"], &me["portal_link_id"]), (&json!("portal"), &link["id"]));
    assert_eq!(me.get("workspace_name"), None, "a customer does not see what it is called here");
    assert_eq!(
        (&me["user"], &me["api_key"]["scopes"]),
        (&json!("user-17"), &json!(["webhooks", "events:ro"]))
    );
    assert_eq!(me["api_key"]["workspace_id"], json!(stage.workspace));
    assert!(!me.to_string().contains("local admin"), "who made it is none of the customer's business: {me}");

    assert_eq!(status(&inside, &format!("/v1/webhook-endpoints/{}", endpoint.id)).await, 200);
    assert_eq!(status(&inside, "/v1/events").await, 200);
    let event = json!({ "type": "invoice.paid", "data": {} });
    assert_eq!(call(&inside, "POST", "/v1/events", event).await.1["code"], "missing_scope");
    for path in
        ["/v1/api-keys", "/v1/audit", "/v1/workspaces", &format!("/v1/workspaces/{}", stage.workspace)]
    {
        assert_eq!(status(&inside, path).await, 403, "{path}");
    }
    // It opens neither a session nor another link.
    let more = json!({ "scopes": ["webhooks"] });
    for (method, path, body) in [
        ("POST", "/v1/sessions", Value::Null),
        ("POST", LINKS, more),
        ("GET", LINKS, Value::Null),
        ("DELETE", &format!("{LINKS}/{}", link["id"].as_str().unwrap()), Value::Null),
    ] {
        assert_eq!(call(&inside, method, path, body).await.1["code"], "needs_api_key", "{method} {path}");
    }

    // What its holder changes is theirs.
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    assert_eq!(call(&inside, "PATCH", &path, json!({ "description": "ours" })).await.0, 200);
    let log =
        stage.read(&format!("/v1/audit?workspace_id={}&action=endpoint.updated", stage.workspace)).await;
    let actor = &log["data"][0]["actor"];
    assert_eq!((&actor["type"], &actor["id"]), (&json!("portal_link"), &link["id"]));
    assert_eq!(actor["user"], "user-17");
    stage.end().await;
}

#[tokio::test]
async fn the_portal_has_no_steps_of_rules_unless_the_link_reads_rules() {
    let (stage, own, internal) = (Stage::set().await, Receiver::start().await, Receiver::start().await);
    let customers = stage.endpoint(&own, json!({ "events": ["invoice.*"] })).await;
    let rule = json!({
        "workspace_id": stage.workspace, "name": "Tell finance", "when": { "events": ["invoice.*"] }, "mode": "live",
        "then": [{ "do": "deliver", "url": internal.url() }],
    });
    let (made, rule) = call(&stage.admin, "POST", "/v1/rules", rule).await;
    assert_eq!(made, 201, "{rule}");
    let step = rule["then"][0]["endpoint_id"].as_str().unwrap().to_owned();
    let paid = json!({
        "workspace_id": stage.workspace, "type": "invoice.paid", "uid": "invoice-7", "data": { "number": 7 },
    });
    let (accepted, event) = call(&stage.admin, "POST", "/v1/events", paid).await;
    assert_eq!(accepted, 202, "{event}");
    stage.deliveries(&customers, 1, "delivered").await;
    internal.wait_for(1).await;

    let scopes = ["webhooks", "deliveries", "events:ro"];
    let wishes = json!({ "workspace_id": stage.workspace, "scopes": scopes });
    let (_, inside) = link(&stage, &stage.admin, wishes).await;
    let wishes =
        json!({ "workspace_id": stage.workspace, "scopes": ["webhooks:ro", "deliveries:ro", "rules:ro"] });
    let (_, reads_rules) = link(&stage, &stage.admin, wishes).await;
    let at = format!("/v1/webhook-endpoints/{step}");
    let lists = ["/v1/webhook-endpoints?include_rules=true", "/v1/deliveries", "/v1/deleted-endpoints"];
    let ledger = format!("/v1/events/{}/deliveries", event["id"].as_str().unwrap());
    let names = async |client: &ApiClient, path: &str| {
        let (status, page) = call(client, "GET", path, Value::Null).await;
        assert_eq!(status, 200, "{path} {page}");
        page.to_string().contains(&step)
    };
    for path in lists.into_iter().chain([ledger.as_str()]) {
        assert!(!names(&inside, path).await, "{path}");
    }
    assert!(names(&reads_rules, lists[0]).await && names(&reads_rules, lists[1]).await);
    // Nor is it counted.
    let one = format!("/v1/events/{}", event["id"].as_str().unwrap());
    let counted = call(&inside, "GET", &one, Value::Null).await.1["deliveries"].clone();
    assert_eq!(counted, 1);
    for list in ["/v1/events", "/v1/events?text=number", "/v1/events?uid=invoice-7"] {
        let listed = call(&inside, "GET", list, Value::Null).await.1;
        assert_eq!(listed["data"][0]["deliveries"], 1, "{list} {listed}");
    }
    let all = stage.read(&format!("{one}?workspace_id={}", stage.workspace)).await["deliveries"].clone();
    assert_eq!(all, 2);
    assert_eq!((status(&inside, &at).await, status(&reads_rules, &at).await), (404, 200));
    let deliveries = format!("{at}/deliveries");
    assert_eq!((status(&inside, &deliveries).await, status(&reads_rules, &deliveries).await), (404, 200));
    stage.end().await;
}

#[tokio::test]
async fn a_message_with_a_template_of_its_own_is_the_customers() {
    let (stage, chat) = (Stage::set().await, Receiver::start().await);
    let wishes = json!({ "workspace_id": stage.workspace, "scopes": ["webhooks"] });
    let (_, inside) = link(&stage, &stage.admin, wishes).await;
    let message = json!({
        "url": chat.url(), "body": "slack", "template": { "text": "{{ type }}" }, "events": ["invoice.*"],
    });
    let (made, channel) = call(&inside, "POST", "/v1/webhook-endpoints", message).await;
    assert_eq!(made, 201, "{channel}");
    let listed = call(&inside, "GET", "/v1/webhook-endpoints", Value::Null).await.1;
    assert_eq!(listed["data"][0]["id"], channel["id"]);
    stage.end().await;
}

#[tokio::test]
async fn the_portal_has_no_notifications_of_the_workspace() {
    let (stage, own, chat) = (Stage::set().await, Receiver::start().await, Receiver::start().await);
    own.answer(Answer::Status(500));
    let customers =
        stage.endpoint(&own, json!({ "retry": { "schedule_seconds": [] }, "events": ["invoice.*"] })).await;
    let notifies = stage.endpoint(&chat, json!({ "body": "slack" })).await;
    let scopes = ["webhooks", "deliveries", "events:ro"];
    let wishes = json!({ "workspace_id": stage.workspace, "scopes": scopes });
    let (_, inside) = link(&stage, &stage.admin, wishes).await;
    stage.send("invoice.paid", json!({})).await;
    stage.deliveries(&customers, 1, "failed").await;
    let notified = stage.deliveries(&notifies, 1, "delivered").await;

    let get = async |path: &str| call(&inside, "GET", path, Value::Null).await;
    let endpoints = get("/v1/webhook-endpoints").await.1;
    assert_eq!(endpoints["data"].as_array().unwrap().len(), 1);
    assert_eq!(endpoints["data"][0]["id"], json!(customers.id));
    let at = format!("/v1/webhook-endpoints/{}", notifies.id);
    let (delivery, event) = (notified[0]["id"].as_str().unwrap(), notified[0]["event_id"].as_str().unwrap());
    for path in [
        at.clone(),
        format!("{at}/deliveries"),
        format!("{at}/deliveries/{delivery}"),
        format!("/v1/deliveries/{delivery}"),
        format!("/v1/events/{event}/explain?endpoint_id={}", notifies.id),
    ] {
        assert_eq!(get(&path).await.0, 404, "{path}");
        let with_workspace = if path.starts_with(&at) {
            path
        } else {
            format!("{path}{}workspace_id={}", if path.contains('?') { '&' } else { '?' }, stage.workspace)
        };
        assert_eq!(status(&stage.admin, &with_workspace).await, 200, "{with_workspace}");
    }
    for path in [
        "/v1/deliveries".to_owned(),
        "/v1/deliveries?status=failed,delivered,skipped".to_owned(),
        "/v1/undelivered".to_owned(),
        format!("/v1/events/{event}/deliveries"),
    ] {
        let answer = get(&path).await.1;
        assert!(answer["data"].is_array() && !answer.to_string().contains(&notifies.id), "{path} {answer}");
    }

    // Nor is one made, changed, deleted or tested there.
    let make = json!({ "url": chat.url(), "body": "slack" });
    let (refused, problem) = call(&inside, "POST", "/v1/webhook-endpoints", make).await;
    assert_eq!((refused, &problem["errors"][0]["pointer"]), (422, &json!("/body")));
    let own = format!("/v1/webhook-endpoints/{}", customers.id);
    let change = json!({ "body": "slack", "events": [] });
    assert_eq!(call(&inside, "PATCH", &own, change).await.0, 422);
    for (method, path) in [("PATCH", at.clone()), ("DELETE", at.clone()), ("POST", format!("{at}/test"))] {
        assert_eq!(call(&inside, method, &path, json!({})).await.0, 404, "{method} {path}");
    }
    assert_eq!(call(&stage.admin, "DELETE", &at, Value::Null).await.0, 204);
    let deleted = format!("/v1/deleted-endpoints/{}", notifies.id);
    assert_eq!((status(&stage.admin, &deleted).await, get(&deleted).await.0), (200, 404));
    assert_eq!(get("/v1/deleted-endpoints").await.1["data"], json!([]));
    stage.end().await;
}

#[tokio::test]
async fn a_link_of_one_workspace_does_not_see_another() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let other = stage.admin.post("/v1/workspaces", &json!({ "name": "other" })).await.unwrap();
    let wishes = json!({ "workspace_id": other["id"], "scopes": ["webhooks"] });
    let (made, link) = call(&stage.admin, "POST", LINKS, wishes).await;
    assert_eq!(made, 201, "{link}");
    let token = link["url"].as_str().unwrap().split_once("#t=").unwrap().1;
    let inside = ApiClient::new(&stage.platform.url(), token);
    assert_eq!(status(&inside, "/v1/webhook-endpoints").await, 200);
    assert_eq!(status(&inside, &format!("/v1/webhook-endpoints/{}", endpoint.id)).await, 404);
    assert_eq!(
        status(&inside, &format!("/v1/webhook-endpoints?workspace_id={}", stage.workspace)).await,
        404
    );

    let (of_one, _) = key(&stage, json!({ "scopes": ["webhooks"] })).await;
    let wishes = json!({ "workspace_id": other["id"], "scopes": ["webhooks"] });
    assert_eq!(call(&of_one, "POST", LINKS, wishes).await.0, 404);
    let path = format!("{LINKS}/{}", link["id"].as_str().unwrap());
    assert_eq!(call(&of_one, "DELETE", &path, Value::Null).await.0, 404);
    assert_eq!(
        status(&of_one, &format!("{LINKS}?workspace_id={}", other["id"].as_str().unwrap())).await,
        404
    );
    assert_eq!(status(&inside, "/v1/webhook-endpoints").await, 200);

    assert_eq!(
        call(
            &stage.admin,
            "DELETE",
            &format!("/v1/workspaces/{}", other["id"].as_str().unwrap()),
            Value::Null
        )
        .await
        .0,
        204
    );
    assert_eq!(status(&inside, "/v1/webhook-endpoints").await, 401, "its workspace is gone");
    stage.end().await;
}

#[tokio::test]
async fn nobody_hands_out_more_than_they_have() {
    let stage = Stage::set().await;
    let (maker, _) = key(&stage, json!({ "scopes": ["webhooks", "events:ro"] })).await;
    let with = |wishes: Value| {
        let mut body = json!({ "scopes": ["webhooks"] });
        body.as_object_mut().unwrap().extend(wishes.as_object().unwrap().clone());
        body
    };
    for (wishes, code, pointer) in [
        (json!({ "scopes": ["events"] }), "missing_scope", Value::Null),
        (json!({ "scopes": ["webhooks", "admin"] }), "invalid_request", json!("/scopes/1")),
        (json!({ "scopes": ["workspaces:ro"] }), "invalid_request", json!("/scopes/0")),
        (json!({ "scopes": [] }), "invalid_request", json!("/scopes")),
        (json!({ "expires_in_seconds": 59 }), "invalid_request", json!("/expires_in_seconds")),
        (json!({ "expires_in_seconds": 86_401 }), "invalid_request", json!("/expires_in_seconds")),
        (json!({ "user": "" }), "invalid_request", json!("/user")),
        (json!({ "theme": "dark" }), "unknown_field", json!("/theme")),
    ] {
        let (_, problem) = call(&maker, "POST", LINKS, with(wishes.clone())).await;
        assert_eq!(
            (&problem["code"], &problem["errors"][0]["pointer"]),
            (&json!(code), &pointer),
            "{wishes}"
        );
    }
    let (reader, _) = key(&stage, json!({ "scopes": ["webhooks:ro"] })).await;
    assert_eq!(
        call(&reader, "POST", LINKS, json!({ "scopes": ["webhooks:ro"] })).await.1["code"],
        "missing_scope"
    );
    stage.end().await;
}

#[tokio::test]
async fn a_link_ends_by_itself_by_its_maker_and_with_its_key() {
    let stage = Stage::set().await;
    let (maker, id) = key(&stage, json!({ "scopes": ["webhooks"] })).await;
    let short = json!({ "scopes": ["webhooks"], "expires_in_seconds": 60 });
    let (_, short) = link(&stage, &maker, short).await;
    let (revoked, in_revoked) = link(&stage, &maker, json!({ "scopes": ["webhooks"] })).await;
    let (kept, in_kept) = link(&stage, &maker, json!({ "scopes": ["webhooks"], "user": "user-2" })).await;
    let listed = call(&maker, "GET", LINKS, Value::Null).await.1;
    assert_eq!(listed["data"].as_array().unwrap().len(), 3, "{listed}");
    let mut expected = kept.clone();
    expected.as_object_mut().unwrap().remove("url");
    assert_eq!(listed["data"][0], expected, "newest first, without the way in");

    stage.advance(Duration::from_secs(61));
    assert_eq!(status(&short, "/v1/webhook-endpoints").await, 401);
    let path = format!("{LINKS}/{}", revoked["id"].as_str().unwrap());
    assert_eq!(call(&maker, "DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(status(&in_revoked, "/v1/webhook-endpoints").await, 401);
    assert_eq!(call(&maker, "DELETE", &path, Value::Null).await.0, 404);
    let listed = call(&maker, "GET", LINKS, Value::Null).await.1;
    let ids: Vec<_> = listed["data"].as_array().unwrap().iter().map(|link| &link["id"]).collect();
    assert_eq!(ids, [&kept["id"]]);

    assert_eq!(status(&in_kept, "/v1/webhook-endpoints").await, 200);
    assert_eq!(call(&stage.admin, "DELETE", &format!("/v1/api-keys/{id}"), Value::Null).await.0, 204);
    assert_eq!(status(&in_kept, "/v1/webhook-endpoints").await, 401);
    stage.end().await;
}

#[tokio::test]
async fn a_link_that_was_made_in_the_console_outlives_the_session() {
    let stage = Stage::set().await;
    let (maker, id) = key(&stage, json!({ "scopes": ["admin"] })).await;
    let opened = call(&maker, "POST", "/v1/sessions", Value::Null).await.1;
    let session = ApiClient::new(&stage.platform.url(), opened["token"].as_str().unwrap());
    let (_, inside) = link(&stage, &session, json!({ "scopes": ["webhooks"] })).await;
    assert_eq!(call(&session, "DELETE", "/v1/sessions/current", Value::Null).await.0, 204);
    assert_eq!(status(&inside, "/v1/webhook-endpoints").await, 200);
    assert_eq!(call(&stage.admin, "DELETE", &format!("/v1/api-keys/{id}"), Value::Null).await.0, 204);
    assert_eq!(status(&inside, "/v1/webhook-endpoints").await, 401);
    stage.end().await;
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_link() {
    let stage = Stage::set().await;
    let (maker, _) = key(&stage, json!({ "scopes": ["webhooks"] })).await;
    let body = json!({ "scopes": ["webhooks"] }).to_string();
    let header = [("Idempotency-Key", "for-user-17")];
    let first = maker.call("POST", LINKS, body.clone(), &header).await.unwrap();
    let again = maker.call("POST", LINKS, body.clone(), &header).await.unwrap();
    assert_eq!((first.0, &first.1), (201, &again.1));
    // Nobody else gets it under the same key, not even a session of the same API key.
    let opened = call(&maker, "POST", "/v1/sessions", Value::Null).await.1;
    let session = ApiClient::new(&stage.platform.url(), opened["token"].as_str().unwrap());
    let other = session.call("POST", LINKS, body, &header).await.unwrap();
    assert_ne!(other.1["id"], first.1["id"]);
    stage.end().await;
}
