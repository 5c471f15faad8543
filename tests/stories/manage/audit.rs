//! Who changed what?
//! Stories of the audit log: each change has one entry with its actor, its request and what changed; no entry shows a
//! secret; each caller sees its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use api::client::ApiClient;
use local::observe::Trouble;
use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};

/// Every entry of a list that `query` selects, newest first.
async fn entries(client: &ApiClient, query: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/v1/audit?limit=7&{query}{cursor}")).await.unwrap();
        all.extend(page["data"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// Somebody with a key of the workspace that may do everything.
struct Person<'a> {
    stage: &'a Stage,
    client: ApiClient,
    actor: Value,
    /// Whatever no entry may show.
    secrets: Vec<String>,
    /// What the target of the last change was called.
    named: Value,
}

impl<'a> Person<'a> {
    async fn new(stage: &'a Stage) -> Self {
        let settings = json!({ "workspace_id": stage.workspace, "name": "ops", "scopes": ["admin"] });
        let key = stage.admin.post("/v1/api-keys", &settings).await.unwrap();
        let secret = key["key"].as_str().unwrap().to_owned();
        let client = ApiClient::new(&stage.platform.url(), &secret);
        let actor = json!({ "type": "api_key", "id": key["id"], "name": "ops" });
        Self { stage, client, actor, secrets: vec![secret, stage.admin_key().to_owned()], named: Value::Null }
    }

    /// Makes a request; gives its answer and the entries that name it.
    async fn ask(&self, method: &str, path: &str, body: Value) -> (Value, Vec<Value>) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.client.exchange(method, path, body, &[]).await.unwrap();
        assert!(answer.status().is_success(), "{method} {path}: {:?}", answer.body());
        let request = answer.headers()["x-request-id"].to_str().unwrap();
        let mut entries = entries(&self.client, "").await;
        entries.retain(|entry| entry["request_id"] == request);
        (serde_json::from_slice(answer.body()).unwrap_or_default(), entries)
    }

    /// Makes a change; gives the answer, and its entry's members before and after.
    async fn change(
        &mut self,
        request: (&str, &str, Value),
        action: &str,
        target: Value,
    ) -> (Value, [Value; 2]) {
        let (method, path, body) = request;
        let (answer, entries) = self.ask(method, path, body).await;
        let [entry] = &entries[..] else { panic!("{action} has {} entries", entries.len()) };
        assert_eq!(entry["action"], action);
        assert_eq!(entry["actor"], self.actor, "{action}");
        assert_eq!(entry["workspace_id"], self.stage.workspace, "{action}");
        let target = if target.is_object() { target } else { json!({ "type": target, "id": answer["id"] }) };
        assert_eq!(entry["target"], target, "{action}");
        for secret in ["secret", "key"] {
            self.secrets.extend(answer[secret].as_str().map(str::to_owned));
        }
        self.named = entry["target_name"].clone();
        (answer, [entry["before"].clone(), entry["after"].clone()])
    }

    /// No entry of any list shows a secret.
    async fn saw_no_secret(&self) {
        for (client, query) in [
            (&self.client, String::new()),
            (&self.stage.admin, String::new()),
            (&self.stage.admin, format!("workspace_id={}&", self.stage.workspace)),
        ] {
            let text = json!(entries(client, &query).await).to_string();
            for secret in &self.secrets {
                assert!(!text.contains(secret), "{secret} stands in {text}");
            }
        }
    }
}

/// Changes an endpoint in every way, and looks at the entries.
async fn changes_of_an_endpoint(person: &mut Person<'_>, receiver: &Receiver) {
    let (first, second) = ("Bearer of-bad-news", "Bearer of-good-news");
    let own = format!("whsec_{}", "c2VjcmV0LW9mLXRoZS1zdG9yeS1vZi1hdWRpdA==");
    person.secrets.extend([first, second, &own, "hush-hush"].map(str::to_owned));
    let url = format!("{}?key=hush-hush", receiver.url());
    let new = json!({ "url": url, "headers": { "X-Key": first }, "timeout_seconds": 9 });
    let made =
        person.change(("POST", "/v1/webhook-endpoints", new), "endpoint.created", json!("endpoint")).await;
    let (endpoint, [before, after]) = made;
    assert_eq!(
        (before, &after["timeout_seconds"], &after["secret"]),
        (Value::Null, &json!(9), &json!("[hidden]"))
    );
    assert_eq!(after["headers"], json!({ "X-Key": "[hidden]" }));
    assert_eq!(after["url"], format!("{}?[hidden]", receiver.url()));
    assert_eq!(person.named, after["url"], "it has no description");

    let path = format!("/v1/webhook-endpoints/{}", endpoint["id"].as_str().unwrap());
    let target = json!({ "type": "endpoint", "id": endpoint["id"] });
    let with = |body: &Value| ("PATCH", path.clone(), body.clone());
    for (body, before, after) in [
        (json!({ "timeout_seconds": 5 }), json!({ "timeout_seconds": 9 }), json!({ "timeout_seconds": 5 })),
        (
            json!({ "disable": { "window_seconds": 60 }, "rate_limit": { "per_second": 7 } }),
            json!({ "disable": { "window_seconds": 86_400 }, "rate_limit": null }),
            json!({ "disable": { "window_seconds": 60 }, "rate_limit": { "per_second": 7 } }),
        ),
        (json!({ "uid": "crm" }), json!({ "uid": null }), json!({ "uid": "crm" })),
        // Another value that nobody may see is a change that everybody may see.
        (
            json!({ "headers": { "X-Key": second } }),
            json!({ "headers": { "X-Key": "[hidden]" } }),
            json!({ "headers": { "X-Key": "[hidden]" } }),
        ),
        (
            json!({ "active": false }),
            json!({ "active": true, "disabled_reason": null }),
            json!({ "active": false, "disabled_reason": "manual" }),
        ),
    ] {
        let (method, path, body) = with(&body);
        let changed = person.change((method, &path, body), "endpoint.updated", target.clone()).await.1;
        assert_eq!(changed, [before, after]);
    }
    let off = person.client.get(&path).await.unwrap();
    assert_eq!((&off["disabled_reason"], &off["disabled_by"]), (&json!("manual"), &person.actor));
    assert_eq!(off["disabled_at"], off["updated_at"]);
    // The same settings again are no change.
    let (_, entries) = person.ask("PATCH", &path, json!({ "active": false, "timeout_seconds": 5 })).await;
    assert_eq!(entries, Vec::<Value>::new());

    changes_of_its_secrets(person, &path, target, own).await;
}

/// Rotates the endpoint's secret to one of the person's own, ends the overlap, and deletes the endpoint.
async fn changes_of_its_secrets(person: &mut Person<'_>, path: &str, target: Value, own: String) {
    let rotate = format!("{path}/secret/rotate");
    let (rotated, [before, after]) = person
        .change(("POST", &rotate, json!({ "secret": own })), "endpoint.secret_rotated", target.clone())
        .await;
    assert_eq!(before, json!({ "secret": "[hidden]", "old_secrets": [] }));
    assert_eq!(after, json!({ "secret": "[hidden]", "old_secrets": rotated["old_secrets"] }));
    let end = format!("{path}/secret/end-overlap");
    let (_, [_, after]) =
        person.change(("POST", &end, Value::Null), "endpoint.overlap_ended", target.clone()).await;
    assert_eq!(after, json!({ "old_secrets": [] }));
    let (_, [before, after]) = person.change(("DELETE", path, Value::Null), "endpoint.deleted", target).await;
    assert_eq!((&before["timeout_seconds"], &before["headers"]["X-Key"]), (&json!(5), &json!("[hidden]")));
    assert!(after.is_null());
}

#[tokio::test]
async fn a_change_of_an_endpoint_says_what_changed_and_shows_no_secret() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let mut person = Person::new(&stage).await;
    changes_of_an_endpoint(&mut person, &receiver).await;
    let off = json!({ "url": receiver.url(), "active": false });
    let off = person.client.post("/v1/webhook-endpoints", &off).await.unwrap();
    assert_eq!((&off["disabled_reason"], &off["disabled_by"]), (&json!("manual"), &person.actor));
    person.saw_no_secret().await;
    stage.end().await;
}

#[tokio::test]
async fn a_change_of_a_workspace_or_a_key_has_its_entry() {
    let stage = Stage::set().await;
    let mut person = Person::new(&stage).await;
    let path = format!("/v1/workspaces/{}", stage.workspace);
    let target = json!({ "type": "workspace", "id": stage.workspace });
    let body = json!({ "name": "renamed", "retention_days": 7 });
    let (_, changed) = person.change(("PATCH", &path, body.clone()), "workspace.updated", target).await;
    assert_eq!(changed, [json!({ "name": "local", "retention_days": 30 }), body.clone()]);
    assert_eq!(person.named, "renamed");
    assert_eq!(person.ask("PATCH", &path, body).await.1, Vec::<Value>::new());

    let new = json!({ "name": "billing", "scopes": ["events"] });
    let (key, [before, after]) =
        person.change(("POST", "/v1/api-keys", new), "api_key.created", json!("api_key")).await;
    assert!(before.is_null());
    let expected = json!({
        "name": "billing", "workspace_id": stage.workspace, "scopes": ["events"], "roles": [], "expires_at": null,
        "old_keys": [], "key": "[hidden]",
    });
    assert_eq!(after, expected);
    let path = format!("/v1/api-keys/{}", key["id"].as_str().unwrap());
    let target = json!({ "type": "api_key", "id": key["id"] });
    let rotate = format!("{path}/rotate");
    let (rotated, changed) =
        person.change(("POST", &rotate, Value::Null), "api_key.rotated", target.clone()).await;
    let expected = [
        json!({ "key": "[hidden]", "old_keys": [] }),
        json!({ "key": "[hidden]", "old_keys": rotated["old_keys"] }),
    ];
    assert_eq!(changed, expected);
    assert_eq!(person.named, "billing", "although that did not change");
    let (_, [before, after]) = person.change(("DELETE", &path, Value::Null), "api_key.deleted", target).await;
    assert_eq!((&before["name"], after), (&json!("billing"), Value::Null));
    assert_eq!(person.named, "billing");
    person.saw_no_secret().await;
    stage.end().await;
}

/// A replay of the endpoint's window that no task works on.
async fn idle_replay(stage: &Stage, endpoint: &Endpoint) -> String {
    let now = stage.clock().now();
    let replay: domain::delivery::replay::Replay = serde_json::from_value(json!({
        "id": domain::id::ReplayId::new(now, 1), "workspace_id": stage.workspace, "endpoint_id": endpoint.id,
        "settings": { "since": "2020-01-01T00:00:00Z", "until": now }, "status": "running", "examined": 0, "sent": 0,
        "progress": { "phase": "deliveries", "after": null }, "created_at": now, "updated_at": now,
    }))
    .unwrap();
    stage.platform.store.start_replay(&replay, now.plus(Duration::from_secs(3_600)), None).await.unwrap();
    replay.id.to_string()
}

#[tokio::test]
async fn replays_and_erasures_have_entries_and_what_is_only_sent_or_read_has_none() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let mut person = Person::new(&stage).await;
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let event = stage.send("invoice.paid", json!({ "card": "4200-secret" })).await;
    person.secrets.push("4200-secret".to_owned());
    stage.deliveries(&endpoint, 1, "delivered").await;
    let base = format!("/v1/webhook-endpoints/{}", endpoint.id);
    for (method, path) in [("POST", "/test"), ("POST", "/preview"), ("GET", ""), ("GET", "/deliveries")] {
        let (_, entries) = person.ask(method, &format!("{base}{path}"), Value::Null).await;
        assert_eq!(entries, Vec::<Value>::new(), "{path}");
    }

    let (id, delivery) = (event["id"].as_str().unwrap(), event["deliveries"][0]["id"].as_str().unwrap());
    let path = format!("{base}/deliveries/{delivery}/replay");
    let target = json!({ "type": "delivery", "id": delivery });
    let (replayed, [before, after]) =
        person.change(("POST", &path, json!({ "force": true })), "delivery.replayed", target).await;
    assert!(before.is_null());
    let run = &replayed["replay_id"];
    assert_eq!(after, json!({ "endpoint_id": endpoint.id, "replay_id": run, "force": true }));
    receiver.wait_for(3).await;
    stage.deliveries(&endpoint, 2, "delivered").await;

    let path = format!("/v1/events/{id}/replay");
    let target = json!({ "type": "event", "id": id });
    let again = json!({ "endpoint_ids": [endpoint.id], "force": true });
    let (_, [_, after]) = person.change(("POST", &path, again), "event.replayed", target.clone()).await;
    assert_eq!((&after["endpoint_ids"], &after["force"]), (&json!([endpoint.id]), &json!(true)));
    receiver.wait_for(4).await;
    stage.deliveries(&endpoint, 2, "delivered").await;
    // What succeeded is not sent again without `force`: nothing is changed.
    let (_, entries) = person.ask("POST", &path, json!({ "endpoint_ids": [endpoint.id] })).await;
    assert_eq!(entries, Vec::<Value>::new());

    stage.advance(Duration::from_secs(1));
    let window = json!({ "since": "2020-01-01T00:00:00Z", "status": "skipped" });
    let dry = json!({ "since": "2020-01-01T00:00:00Z", "dry_run": true });
    assert_eq!(person.ask("POST", &format!("{base}/replay"), dry).await.1, Vec::<Value>::new());
    let (replay, [_, after]) =
        person.change(("POST", &format!("{base}/replay"), window), "replay.started", json!("replay")).await;
    assert_eq!(after, json!({ "endpoint_id": endpoint.id, "settings": replay["settings"] }));
    let idle = idle_replay(&stage, &endpoint).await;
    let cancel = format!("/v1/replays/{idle}/cancel");
    let (_, changed) =
        person.change(("POST", &cancel, Value::Null), "replay.cancelled", json!("replay")).await;
    assert_eq!(changed, [json!({ "status": "running" }), json!({ "status": "cancelled" })]);

    let data = format!("/v1/events/{id}/data");
    let (_, [before, after]) = person.change(("DELETE", &data, Value::Null), "event.erased", target).await;
    let erased = person.client.get(&format!("/v1/events/{id}")).await.unwrap()["erased_at"].clone();
    assert_eq!((before, after), (json!({ "erased_at": null }), json!({ "erased_at": erased })));
    assert_eq!(person.ask("DELETE", &data, Value::Null).await.1, Vec::<Value>::new(), "it was erased before");
    person.saw_no_secret().await;
    stage.end().await;
}

#[tokio::test]
async fn what_posthorn_switches_off_has_its_entry_too() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    receiver.answer(Answer::Status(410));
    stage.send("invoice.paid", json!({})).await;
    let query = format!("workspace_id={}&action=endpoint.disabled", stage.workspace);
    let mut disabled = Vec::new();
    for _ in 0..500 {
        disabled = entries(&stage.admin, &query).await;
        if !disabled.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let [entry] = &disabled[..] else { panic!("{} entries", disabled.len()) };
    assert_eq!((&entry["actor"], &entry["request_id"]), (&json!({ "type": "posthorn" }), &Value::Null));
    assert_eq!(entry["target"], json!({ "type": "endpoint", "id": endpoint.id }));
    assert_eq!(entry["before"], json!({ "active": true, "disabled_reason": null }));
    assert_eq!(entry["after"], json!({ "active": false, "disabled_reason": "gone" }));
    let shown = stage.read(&format!("/v1/webhook-endpoints/{}", endpoint.id)).await;
    assert_eq!((&shown["disabled_by"], shown["disabled_at"].is_string()), (&entry["actor"], true));
    stage.end().await;
}

#[tokio::test]
async fn each_caller_sees_the_changes_of_its_workspace_and_filters_them() {
    let stage = Stage::set().await;
    let person = Person::new(&stage).await;
    let other = stage.admin.post("/v1/workspaces", &json!({ "name": "other" })).await.unwrap();
    let settings =
        json!({ "workspace_id": other["id"], "name": "theirs", "scopes": ["admin:ro", "webhooks"] });
    let theirs = stage.admin.post("/v1/api-keys", &settings).await.unwrap();
    let reader = ApiClient::new(&stage.platform.url(), theirs["key"].as_str().unwrap());
    let actions = |entries: &[Value]| -> Vec<String> {
        let mut actions: Vec<_> =
            entries.iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect();
        actions.sort();
        actions
    };
    assert_eq!(actions(&entries(&reader, "").await), ["api_key.created", "workspace.created"]);
    let own = entries(&person.client, "").await;
    assert_eq!(actions(&own), ["api_key.created", "workspace.created"]);
    assert!(own.iter().any(|entry| entry["actor"] == json!({ "type": "operator" })), "of the first run");

    // The installation's: the first key, and workspaces wherever they are.
    let all = entries(&stage.admin, "").await;
    assert_eq!(actions(&all), ["api_key.created", "workspace.created", "workspace.created"]);
    let by_first_key = stage.read("/v1/me").await["api_key"]["id"].as_str().unwrap().to_owned();
    let made = entries(&stage.admin, &format!("actor={by_first_key}")).await;
    assert_eq!(made.len(), 1);
    assert_eq!(made[0]["target"]["id"], other["id"]);
    let of_it = format!("target={}", other["id"].as_str().unwrap());
    assert_eq!(entries(&stage.admin, &of_it).await, made);
    let at = made[0]["created_at"].as_str().unwrap();
    assert_eq!(entries(&stage.admin, &format!("since={at}&{of_it}")).await.len(), 1);
    assert_eq!(entries(&stage.admin, &format!("until={at}&{of_it}")).await.len(), 0);

    let status = async |client: &ApiClient, query: &str| {
        client.call("GET", &format!("/v1/audit{query}"), "", &[]).await.unwrap().0
    };
    assert_eq!(status(&reader, &format!("?workspace_id={}", stage.workspace)).await, 404);
    assert_eq!(status(&stage.admin, "?workspace_id=ws_01JZZZZZZZZZZZZZZZZZZZZZ01").await, 404);
    let settings =
        json!({ "workspace_id": stage.workspace, "name": "w", "scopes": ["webhooks", "workspaces"] });
    let key = stage.admin.post("/v1/api-keys", &settings).await.unwrap();
    let without = ApiClient::new(&stage.platform.url(), key["key"].as_str().unwrap());
    assert_eq!(status(&without, "").await, 403);
    stage.advance(Duration::from_secs(91 * 86_400));
    assert_eq!(entries(&stage.admin, "").await, Vec::<Value>::new());
    stage.end().await;
}

#[tokio::test]
async fn a_repeated_request_has_one_entry_even_if_the_first_broke_off() {
    // The jobs of the first replay cannot be sent.
    let broken = Arc::new(AtomicU32::new(0));
    let stage = Stage::set_with_trouble({
        let broken = Arc::clone(&broken);
        move |function, operation| {
            let breaks = function == "management" && operation.starts_with("SendMessage");
            let left = |left: u32| left.checked_sub(1);
            let broke = breaks && broken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok();
            broke.then_some(Trouble::Refused)
        }
    })
    .await;
    let receiver = Receiver::start().await;
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    let event = stage.send("invoice.paid", json!({})).await;
    stage.deliveries(&endpoint, 1, "delivered").await;
    let post = async |path: &str, body: Value| {
        let key = [("idempotency-key", "once")];
        stage.admin.call("POST", path, body.to_string(), &key).await.unwrap().0
    };
    let delivery = event["deliveries"][0]["id"].as_str().unwrap();
    let path = format!("/v1/webhook-endpoints/{}/deliveries/{delivery}/replay", endpoint.id);
    broken.store(1, Ordering::SeqCst);
    assert_eq!(post(&path, json!({ "force": true })).await, 500);
    for _ in 0..2 {
        assert_eq!(post(&path, json!({ "force": true })).await, 202);
    }
    let query = format!("workspace_id={}&action=delivery.replayed", stage.workspace);
    assert_eq!(entries(&stage.admin, &query).await.len(), 1);
    stage.end().await;
}
