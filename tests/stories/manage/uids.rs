//! Can a caller use its own ids?
//! Uids of workspaces, endpoints and events: taken wherever an id is, unique, changed and freed.

use api::client::ApiClient;
use serde_json::{Value, json};
use stories::{Receiver, Stage};

async fn call(client: &ApiClient, method: &str, path: &str, body: Value) -> (u16, Value) {
    client.call(method, path, body.to_string(), &[]).await.unwrap()
}

async fn read(client: &ApiClient, path: &str) -> (u16, Value) {
    client.call("GET", path, "", &[]).await.unwrap()
}

fn is_uid_taken((status, answer): (u16, Value)) -> bool {
    (status, &answer["code"], &answer["errors"][0]["pointer"]) == (409, &json!("uid_taken"), &json!("/uid"))
}

/// A workspace with this uid and a key for it.
async fn workspace(stage: &Stage, uid: &str) -> (Value, ApiClient) {
    let made = stage.admin.post("/v1/workspaces", &json!({ "name": uid, "uid": uid })).await.unwrap();
    let key = json!({ "name": "story", "workspace_id": uid, "scopes": ["admin"] });
    let key = stage.admin.post("/v1/api-keys", &key).await.unwrap();
    assert_eq!(key["workspace_id"], made["id"]);
    (made, ApiClient::new(&stage.platform.url(), key["key"].as_str().unwrap()))
}

async fn read_all(admin: &ApiClient, tenant: &ApiClient, ids: [(&Value, &str); 3], delivery: &str) {
    // Each address gives the same by id and by uid, to the tenant and, where it names the workspace, to the operator.
    for path in [
        "/v1/workspaces/acme",
        "/v1/workspaces/acme/statistics",
        "/v1/webhook-endpoints?workspace_id=acme",
        "/v1/webhook-endpoints/crm?workspace_id=acme",
        "/v1/webhook-endpoints/crm/deliveries?workspace_id=acme&event_id=invoice-7",
        "/v1/webhook-endpoints/crm/statistics?workspace_id=acme",
        "/v1/undelivered?workspace_id=acme&endpoint_id=crm",
        "/v1/events?workspace_id=acme",
        "/v1/events/invoice-7?workspace_id=acme",
        "/v1/events/invoice-7/deliveries?workspace_id=acme",
        "/v1/replays?workspace_id=acme",
        "/v1/api-keys?workspace_id=acme",
        "/v1/workspaces/acme/jwks.json",
        "/v1/deliveries?workspace_id=acme&endpoint_id=crm",
        "/v1/deliveries?workspace_id=acme&endpoint_id=crm&status=failed,parked",
        "/v1/events/invoice-7/explain?workspace_id=acme&endpoint_id=crm",
        "/v1/statistics?workspace_id=acme&endpoint_ids=crm",
        "/v1/deleted-endpoints?workspace_id=acme",
        "/v1/audit?workspace_id=acme",
        &format!("/v1/deliveries/{delivery}?workspace_id=acme"),
        &format!("/v1/webhook-endpoints/crm/deliveries/{delivery}?workspace_id=acme"),
    ] {
        let by_id = ids
            .iter()
            .fold(path.to_owned(), |path, (thing, uid)| path.replace(uid, thing["id"].as_str().unwrap()));
        let by_id = read(admin, &by_id).await;
        assert_eq!(by_id.0, 200, "{path}: {}", by_id.1);
        for client in [admin, tenant] {
            assert_eq!(read(client, path).await, by_id, "{path}");
        }
        let own = path.replace("?workspace_id=acme", "?").replace("?&", "?");
        assert_eq!(read(tenant, &own).await.0, 200, "{own}");
    }
}

/// A uid that nobody has selects nothing, is refused, or is not found, as an id that nobody has.
async fn name_nobody(tenant: &ApiClient, crm: &str) {
    for path in ["/v1/deliveries?endpoint_id=nobody", "/v1/undelivered?endpoint_id=nobody"] {
        let (status, page) = read(tenant, path).await;
        assert_eq!((status, &page["data"], &page["next"]), (200, &json!([]), &json!(null)), "{path}");
    }
    assert_eq!(read(tenant, "/v1/events/invoice-7/explain?endpoint_id=nobody").await.0, 404);
    assert_eq!(read(tenant, "/v1/audit?workspace_id=nobody").await.0, 404);
    for (named, detail) in [
        ("crm,nobody".to_owned(), "names no endpoint of the workspace: nobody".to_owned()),
        ("crm,crm".to_owned(), "names crm twice".to_owned()),
        (format!("crm,{crm}"), format!("names {crm} twice")),
    ] {
        let (status, refused) = read(tenant, &format!("/v1/statistics?endpoint_ids={named}")).await;
        assert_eq!((status, &refused["errors"][0]["detail"]), (422, &json!(detail)), "{refused}");
    }
}

#[tokio::test]
async fn a_uid_is_taken_wherever_an_id_is() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let (acme, tenant) = workspace(&stage, "acme").await;
    let new = json!({ "workspace_id": "acme", "url": receiver.url(), "uid": "crm" });
    let (status, crm) = call(&stage.admin, "POST", "/v1/webhook-endpoints", new).await;
    assert_eq!((status, &crm["uid"], &crm["workspace_id"]), (201, &json!("crm"), &acme["id"]), "{crm}");
    let event = json!({ "workspace_id": "acme", "type": "invoice.paid", "data": {}, "uid": "invoice-7" });
    let (status, accepted) = call(&stage.admin, "POST", "/v1/events", event).await;
    assert_eq!(
        (status, &accepted["uid"], &accepted["deliveries_count"]),
        (202, &json!("invoice-7"), &json!(1))
    );
    let delivery = accepted["deliveries"][0]["id"].as_str().unwrap();
    receiver.wait_for(1).await;
    let endpoint =
        stories::stage::Endpoint { id: crm["id"].as_str().unwrap().to_owned(), secret: String::new() };
    stage.deliveries(&endpoint, 1, "delivered").await;
    stage.platform.flush().await.unwrap();

    let ids = [(&acme, "acme"), (&crm, "crm"), (&accepted, "invoice-7")];
    read_all(&stage.admin, &tenant, ids, delivery).await;
    name_nobody(&tenant, crm["id"].as_str().unwrap()).await;
    let (_, event) = read(&tenant, "/v1/events/invoice-7").await;
    assert_eq!((&event["uid"], &event["id"]), (&json!("invoice-7"), &accepted["id"]));
    assert_eq!(read(&tenant, "/v1/events").await.1["data"][0]["uid"], "invoice-7");

    for (path, body) in [
        ("/v1/webhook-endpoints/crm/test", json!({})),
        ("/v1/webhook-endpoints/crm/preview", json!({ "event_id": "invoice-7" })),
        ("/v1/webhook-endpoints/crm/secret/rotate", json!({})),
        ("/v1/webhook-endpoints/crm/replay", json!({ "since": "2020-01-01T00:00:00Z", "dry_run": true })),
        ("/v1/verify", json!({ "endpoint_id": "crm", "headers": {}, "body": "{}" })),
        ("/v1/events/invoice-7/replay", json!({ "endpoint_ids": ["crm", crm["id"]], "force": true })),
    ] {
        let (status, answer) = call(&tenant, "POST", path, body).await;
        assert!((200..300).contains(&status), "{path}: {answer}");
    }
    let replay = json!({ "workspace_id": "acme", "endpoint_ids": ["crm"], "force": true });
    let (status, replayed) = call(&stage.admin, "POST", "/v1/events/invoice-7/replay", replay).await;
    assert_eq!(status, 202, "{replayed}");
    let verify = json!({ "workspace_id": "acme", "endpoint_id": "crm", "headers": {}, "body": "{}" });
    assert_eq!(call(&stage.admin, "POST", "/v1/verify", verify).await.0, 200);
    assert_eq!(
        call(&stage.admin, "DELETE", "/v1/events/invoice-7/data?workspace_id=acme", json!(null)).await.0,
        204
    );
    stage.deliveries(&endpoint, 2, "delivered").await;
    assert_eq!(call(&tenant, "DELETE", "/v1/webhook-endpoints/crm", json!(null)).await.0, 204);
    // The uid is free; the tombstone shows it.
    assert_eq!(read(&tenant, "/v1/webhook-endpoints/crm/deliveries").await.0, 404);
    assert_eq!(read(&tenant, "/v1/deleted-endpoints").await.1["data"][0]["uid"], "crm");
    stage.end_after_repeating().await;
}

#[tokio::test]
async fn no_answer_says_which_uids_other_workspaces_have() {
    let stage = Stage::set().await;
    workspace(&stage, "acme").await;
    let (_, tenant) = workspace(&stage, "other").await;
    let without_key = ApiClient::new(&stage.platform.url(), "");
    for uid in ["acme", "nobody"] {
        for (method, more) in
            [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/statistics"), ("GET", "/jwks.json")]
        {
            let path = format!("/v1/workspaces/{uid}{more}");
            let body = if method == "PATCH" { "{}" } else { "" };
            assert_eq!(tenant.call(method, &path, body, &[]).await.unwrap().0, 404, "{method} {path}");
        }
        let keys = format!("/v1/workspaces/{uid}/jwks.json");
        assert_eq!(without_key.call("GET", &keys, "", &[]).await.unwrap().0, 404, "{keys}");
    }
    stage.end().await;
}

#[tokio::test]
async fn a_uid_is_unique_changed_and_freed() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let (acme, tenant) = workspace(&stage, "acme").await;
    let (_, other) = workspace(&stage, "other").await;
    let path = "/v1/webhook-endpoints";
    let new = |uid: &str| json!({ "url": receiver.url(), "uid": uid });

    // Of a workspace in the installation, of an endpoint in its workspace.
    assert!(is_uid_taken(
        call(&stage.admin, "POST", "/v1/workspaces", json!({ "name": "a", "uid": "acme" })).await
    ));
    assert_eq!(call(&tenant, "POST", path, new("crm")).await.0, 201);
    assert_eq!(call(&other, "POST", path, new("crm")).await.0, 201);
    assert!(is_uid_taken(call(&tenant, "POST", path, new("crm")).await));
    assert_eq!(call(&tenant, "POST", path, new("erp")).await.0, 201);
    let change = async |client: &ApiClient, path: &str, uid: Value| {
        call(client, "PATCH", path, json!({ "uid": uid, "description": "x" })).await
    };
    assert!(is_uid_taken(change(&tenant, "/v1/webhook-endpoints/erp", json!("crm")).await));
    let (_, erp) = read(&tenant, "/v1/webhook-endpoints/erp").await;
    assert_eq!(erp["description"], "", "nothing was stored");
    let listed = read(&tenant, path).await.1;
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);

    // Another one, none, and the same again: the old one is free at once.
    assert_eq!(change(&tenant, "/v1/webhook-endpoints/crm", json!("crm")).await.0, 200);
    assert_eq!(change(&tenant, "/v1/webhook-endpoints/crm", json!("crm-2")).await.0, 200);
    assert_eq!(read(&tenant, "/v1/webhook-endpoints/crm").await.0, 404);
    assert_eq!(change(&tenant, "/v1/webhook-endpoints/erp", json!("crm")).await.0, 200);
    assert_eq!(read(&tenant, "/v1/webhook-endpoints/crm").await.1["id"], erp["id"]);
    let (status, without) = change(&tenant, "/v1/webhook-endpoints/crm", json!(null)).await;
    assert_eq!((status, &without["uid"]), (200, &json!(null)));
    assert_eq!(read(&tenant, "/v1/webhook-endpoints/crm").await.0, 404);
    assert_eq!(call(&tenant, "DELETE", "/v1/webhook-endpoints/crm-2", json!(null)).await.0, 204);
    assert_eq!(call(&tenant, "POST", path, new("crm-2")).await.0, 201);

    // The operator renames a workspace; a tenant does not, whether or not the uid is taken.
    for uid in ["other", "free"] {
        let (status, refused) = call(&tenant, "PATCH", "/v1/workspaces/acme", json!({ "uid": uid })).await;
        assert_eq!((status, &refused["code"]), (403, &json!("missing_scope")), "{refused}");
    }
    let rename = |uid: &str| json!({ "uid": uid });
    assert!(is_uid_taken(call(&stage.admin, "PATCH", "/v1/workspaces/acme", rename("other")).await));
    let event = |workspace: &str| json!({ "workspace_id": workspace, "type": "of.no.interest", "data": {} });
    assert_eq!(call(&stage.admin, "POST", "/v1/events", event("acme")).await.0, 202);
    let (status, renamed) = call(&stage.admin, "PATCH", "/v1/workspaces/acme", rename("acme-2")).await;
    assert_eq!((status, &renamed["id"], &renamed["uid"]), (200, &acme["id"], &json!("acme-2")));
    assert_eq!(call(&stage.admin, "POST", "/v1/events", event("acme")).await.0, 404);
    assert_eq!(call(&stage.admin, "POST", "/v1/events", event("acme-2")).await.0, 202);
    assert_eq!(read(&other, "/v1/webhook-endpoints?workspace_id=acme-2").await.0, 404);
    receiver.wait_for(3).await;
    stage.end().await;
}

#[tokio::test]
async fn what_is_no_uid_is_refused_where_it_stands() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let id = "we_01M7Z294KETHNPJB3QG0VDG1JA";
    for uid in ["", "..", "a b", &"x".repeat(257), id, &id.to_lowercase()] {
        for (path, body) in [
            ("/v1/workspaces", json!({ "name": "a", "uid": uid })),
            (
                "/v1/webhook-endpoints",
                json!({ "workspace_id": stage.workspace, "url": receiver.url(), "uid": uid }),
            ),
            ("/v1/events", json!({ "workspace_id": stage.workspace, "type": "a", "data": 1, "uid": uid })),
        ] {
            let (status, refused) = call(&stage.admin, "POST", path, body).await;
            assert_eq!(
                (status, &refused["errors"][0]["pointer"]),
                (422, &json!("/uid")),
                "{path} {uid}: {refused}"
            );
        }
    }
    // A key for all workspaces says in which workspace the uid is.
    let (status, refused) = read(&stage.admin, "/v1/webhook-endpoints/crm").await;
    assert_eq!((status, &refused["errors"][0]["pointer"]), (422, &json!("workspace_id")));
    for path in ["/v1/webhook-endpoints/crm", "/v1/events/crm"] {
        assert_eq!(read(&stage.admin, &format!("{path}?workspace_id={}", stage.workspace)).await.0, 404);
        assert_eq!(read(&stage.admin, &format!("{path}?workspace_id=nobody")).await.0, 404);
        let (status, refused) = read(&stage.admin, &format!("{path}?workspace_id=%20")).await;
        assert_eq!((status, &refused["errors"][0]["pointer"]), (422, &json!("workspace_id")));
    }
    let nobody = ApiClient::new(&stage.platform.url(), "phk_nobody");
    assert_eq!(read(&nobody, "/v1/webhook-endpoints/crm").await.0, 401);
    stage.end().await;
}
