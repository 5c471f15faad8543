//! How is a source managed?
//! Stories of `/v1/sources`: a source's life, what is refused and where, who sees what, and what the audit log says.

use std::time::Duration;

use api::client::ApiClient;
use serde_json::{Value, json};
use stories::{Source, Stage};

const SECRET: &str = "whsec_of-the-story";
const BEARER: &str = "Bearer of-thirty-two-characters!";

async fn key(stage: &Stage, workspace: &str, scopes: Value) -> ApiClient {
    let body = json!({ "name": "story", "workspace_id": workspace, "scopes": scopes });
    let made = stage.admin.post("/v1/api-keys", &body).await.unwrap();
    ApiClient::new(&stage.platform.url(), made["key"].as_str().unwrap())
}

async fn patch(stage: &Stage, source: &Source, body: Value) -> (u16, Value) {
    stage.admin.call("PATCH", &format!("/v1/sources/{}", source.id), body.to_string(), &[]).await.unwrap()
}

fn pointers(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().into_iter().flatten();
    errors.map(|error| error["pointer"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_life_of_a_source() {
    let stage = Stage::set().await;
    let new = json!({ "workspace_id": stage.workspace, "name": "Billing", "provider": "stripe", "secrets": [SECRET] });
    let made = stage.admin.exchange("POST", "/v1/sources", new.to_string(), &[]).await.unwrap();
    assert_eq!(made.status(), 201);
    assert_eq!(made.headers()["etag"], "\"1\"");
    let source: Value = serde_json::from_slice(made.body()).unwrap();
    let path = format!("/v1/sources/{}", source["id"].as_str().unwrap());
    assert_eq!(made.headers()["location"], path);
    assert!(!source.to_string().contains(SECRET), "{source}");
    assert_eq!((&source["scheme"], &source["event_type_prefix"]), (&json!("stripe"), &json!("stripe")));
    assert_eq!((&source["tolerance_seconds"], &source["auth_strength"]), (&json!(300), &json!("signed")));
    assert_eq!(source["covers"], json!({ "url": false, "body": true, "time": true }));
    assert_eq!((&source["warning"], &source["active"]), (&Value::Null, &json!(true)));
    assert_eq!(source["secrets"], json!([{ "created_at": source["created_at"] }]));
    let address = source["address"].as_str().unwrap();
    assert_eq!(address.strip_prefix(&format!("{}/in/", stage.platform.url())).map(str::len), Some(43));

    // It is read, listed and changed.
    assert_eq!(stage.read(&path).await, source);
    let list = |provider| format!("/v1/sources?workspace_id={}&provider={provider}", stage.workspace);
    assert_eq!(stage.read(&list("stripe")).await["data"], json!([source]));
    assert_eq!(stage.read(&list("github")).await["data"], json!([]));
    let change =
        json!({ "name": "Bills", "channels": ["eu"], "tolerance_seconds": 60, "event_type_prefix": "" });
    let headers = [("if-match", "\"1\"")];
    let changed = stage.admin.exchange("PATCH", &path, change.to_string(), &headers).await.unwrap();
    assert_eq!(changed.status(), 200);
    assert_eq!(changed.headers()["etag"], "\"2\"");
    let changed: Value = serde_json::from_slice(changed.body()).unwrap();
    for (name, value) in change.as_object().unwrap() {
        assert_eq!(&changed[name], value);
    }
    assert_eq!((&changed["address"], &changed["secrets"]), (&source["address"], &source["secrets"]));
    let stale = stage.admin.call("PATCH", &path, change.to_string(), &headers).await.unwrap();
    assert_eq!((stale.0, &stale.1["code"]), (412, &json!("precondition_failed")));
    let reset = json!({ "tolerance_seconds": null, "event_type_prefix": null, "channels": null });
    let (_, reset) = stage.admin.call("PATCH", &path, reset.to_string(), &[]).await.unwrap();
    assert_eq!((&reset["tolerance_seconds"], &reset["channels"]), (&json!(300), &Value::Null), "{reset}");

    // Its secret is rotated.
    let rotate = format!("{path}/secrets/rotate");
    let rotated = json!({ "secret": "whsec_of-next-year", "overlap_seconds": 60 });
    let rotated = stage.admin.post(&rotate, &rotated).await.unwrap();
    let ends: Vec<_> =
        rotated["secrets"].as_array().unwrap().iter().map(|row| row["expires_at"].is_string()).collect();
    assert_eq!(ends, [false, true], "{rotated}");
    let ended = stage.admin.post(&format!("{path}/secrets/end-overlap"), &Value::Null).await.unwrap();
    assert_eq!(ended["secrets"].as_array().unwrap().len(), 1);
    stage.admin.post(&rotate, &json!({ "secret": SECRET })).await.unwrap();
    stage.advance(Duration::from_secs(86_401));
    assert_eq!(stage.read(&path).await["secrets"].as_array().unwrap().len(), 1, "the overlap is a day");

    // It is deleted.
    for status in [204, 404] {
        assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, status);
    }
    for (method, path) in
        [("GET", path.clone()), ("PATCH", path.clone()), ("GET", format!("{path}/requests"))]
    {
        assert_eq!(stage.admin.call(method, &path, "{}", &[]).await.unwrap().0, 404, "{method} {path}");
    }
    let gone = address.strip_prefix(&stage.platform.url()).unwrap();
    assert_eq!(stage.admin.call("POST", gone, "{}", &[]).await.unwrap().0, 404);
    assert_eq!(stage.read(&list("stripe")).await["data"], json!([]));
    stage.end().await;
}

#[tokio::test]
async fn what_is_refused_is_named() {
    let stage = Stage::set().await;
    for (settings, wrong) in [
        (json!({ "provider": "stripe" }), "/secrets"),
        (json!({ "provider": "stripe", "secrets": ["good secret", "short"] }), "/secrets/1"),
        (json!({ "provider": "stripe", "secrets": ["good secret", 7] }), "/secrets/1"),
        (json!({ "provider": "sendgrid", "secrets": ["-----BEGIN PUBLIC KEY-----"] }), "/secrets/0"),
        (json!({ "provider": "aws_ses", "secrets": ["anything at all"] }), "/secrets/0"),
        (json!({ "provider": "stripe", "scheme": "plivo_v2", "secrets": [SECRET] }), "/scheme"),
        (json!({ "provider": "stripe", "scheme": "rot13", "secrets": [SECRET] }), "/scheme"),
        (json!({ "provider": "acme", "secrets": [SECRET] }), "/provider"),
        (json!({ "secrets": [SECRET] }), "/provider"),
        (json!({ "provider": "generic", "secrets": [SECRET] }), "/options/header"),
        (
            json!({ "provider": "stripe", "secrets": [SECRET], "options": { "header": "X-A" } }),
            "/options/header",
        ),
        (json!({ "provider": "stripe", "secrets": [SECRET], "options": { "colour": 1 } }), "/options/colour"),
        (json!({ "provider": "stripe", "secrets": [SECRET], "token": "mine" }), "/token"),
        (json!({ "provider": "github", "secrets": [SECRET], "tolerance_seconds": 60 }), "/tolerance_seconds"),
    ] {
        let mut body = json!({ "workspace_id": stage.workspace, "name": "a" });
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let (status, problem) = stage.admin.call("POST", "/v1/sources", body.to_string(), &[]).await.unwrap();
        assert_eq!((status, pointers(&problem)), (422, vec![wrong]), "{settings}: {problem}");
        assert!(!problem.to_string().contains(SECRET) && !problem.to_string().contains("good secret"));
    }
    for query in ["colour=red", "provider=acme", "provider=stripe&provider=stripe"] {
        let path = format!("/v1/sources?workspace_id={}&{query}", stage.workspace);
        assert_eq!(stage.admin.call("GET", &path, "", &[]).await.unwrap().0, 422, "{query}");
    }
    let source = stage.source(json!({ "provider": "stripe", "secrets": [SECRET] })).await;
    for (path, body, wrong) in [
        ("/secrets/rotate", json!({}), "/secret"),
        ("/secrets/rotate", json!({ "secret": "short" }), "/secret"),
        (
            "/secrets/rotate",
            json!({ "secret": "good secret", "overlap_seconds": 604_801 }),
            "/overlap_seconds",
        ),
    ] {
        let path = format!("/v1/sources/{}{path}", source.id);
        let (status, problem) = stage.admin.call("POST", &path, body.to_string(), &[]).await.unwrap();
        assert_eq!((status, pointers(&problem)), (422, vec![wrong]), "{body}: {problem}");
    }
    let listed = stage.read(&format!("/v1/sources?workspace_id={}", stage.workspace)).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1, "nothing that was refused was made");
    stage.end().await;
}

#[tokio::test]
async fn provider_and_workspace_stay_and_another_scheme_needs_its_secrets() {
    let stage = Stage::set().await;
    let source = stage.source(json!({ "provider": "gupshup", "secrets": [BEARER] })).await;
    for (body, wrong) in [
        (json!({ "provider": "stripe" }), "/provider"),
        (json!({ "workspace_id": stage.workspace }), "/workspace_id"),
        (json!({ "scheme": "address_only" }), "/scheme"),
        (json!({ "scheme": "address_only", "secrets": [BEARER] }), "/secrets/0"),
        (json!({ "secrets": [] }), "/secrets"),
        (json!({ "secrets": null }), "/secrets"),
    ] {
        let (status, problem) = patch(&stage, &source, body.clone()).await;
        assert_eq!((status, pointers(&problem)), (422, vec![wrong]), "{body}: {problem}");
    }
    let (status, open) = patch(&stage, &source, json!({ "scheme": "address_only", "secrets": [] })).await;
    assert_eq!((status, &open["auth_strength"], &open["secrets"]), (200, &json!("address_only"), &json!([])));
    assert!(open["warning"].is_string());
    let (status, problem) = patch(&stage, &source, json!({ "scheme": "static_header" })).await;
    assert_eq!((status, pointers(&problem)), (422, vec!["/scheme"]));
    let both = json!({ "scheme": null, "secrets": [BEARER, "Bearer of-another-secret-as-long!"] });
    let (status, both) = patch(&stage, &source, both).await;
    assert_eq!(
        (status, &both["scheme"], both["secrets"].as_array().unwrap().len()),
        (200, &json!("static_header"), 2)
    );
    stage.end().await;
}

#[tokio::test]
async fn sources_of_one_provider_have_addresses_and_secrets_of_their_own() {
    let stage = Stage::set().await;
    let one = stage.source(json!({ "provider": "stripe", "secrets": [SECRET] })).await;
    let other = stage.source(json!({ "provider": "stripe", "secrets": ["another secret"] })).await;
    assert_ne!(one.path, other.path);
    let (_, before) = patch(&stage, &other, json!({})).await;
    patch(&stage, &one, json!({ "secrets": ["a third secret", "a fourth secret"] })).await;
    let after = stage.read(&format!("/v1/sources/{}", other.id)).await;
    assert_eq!(after["secrets"], before["secrets"]);
    stage.end().await;
}

#[tokio::test]
async fn a_repeated_creation_gives_the_same_address() {
    let stage = Stage::set().await;
    let new =
        json!({ "workspace_id": stage.workspace, "name": "a", "provider": "stripe", "secrets": [SECRET] });
    let headers = [("idempotency-key", "once")];
    let first = stage.admin.call("POST", "/v1/sources", new.to_string(), &headers).await.unwrap();
    let again = stage.admin.call("POST", "/v1/sources", new.to_string(), &headers).await.unwrap();
    assert_eq!(first, again);
    let listed = stage.read(&format!("/v1/sources?workspace_id={}", stage.workspace)).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn each_key_sees_what_its_scope_allows() {
    let stage = Stage::set().await;
    let settings = json!({
        "provider": "meta_whatsapp", "secrets": ["the secret of Meta"], "options": { "verify_token": "hush-hush" },
    });
    let source = stage.source(settings).await;
    let body = "{\"hello\":\"you\"}";
    let headers = [("authorization", "Bearer hush"), ("x-other", "shown")];
    let path = format!("{}?a=%20b", source.path);
    assert_eq!(stage.admin.exchange("POST", &path, body, &headers).await.unwrap().status(), 401);
    let request = stage.received(&source).await.remove(0);
    let one = format!("/v1/sources/{}/requests/{}", source.id, request["id"].as_str().unwrap());

    let reader = key(&stage, &stage.workspace, json!(["sources:ro"])).await;
    let manager = key(&stage, &stage.workspace, json!(["sources"])).await;
    let shown = manager.get(&one).await.unwrap();
    assert_eq!((&shown["body"], &shown["query"]), (&json!(body), &json!("a=%20b")));
    assert_eq!((&shown["body_base64"], &shown["body_truncated"]), (&json!(false), &json!(false)));
    let has = |name, value| shown["headers"].as_array().unwrap().contains(&json!([name, value]));
    assert!(has("authorization", "[hidden]") && has("x-other", "shown"), "{shown}");
    assert!(!shown.to_string().contains("hush") && !shown.to_string().contains(&source.path), "{shown}");
    let file = manager.exchange("GET", &format!("{one}/body"), "", &[]).await.unwrap();
    assert_eq!(file.body(), body);
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        ("content-disposition", "attachment"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(file.headers()[name], value);
    }

    // A reader sees what was found, and neither address nor content.
    assert_eq!(reader.get(&one).await.unwrap(), request);
    let of = format!("/v1/sources/{}", source.id);
    for path in [of.clone(), "/v1/sources".to_owned()] {
        for (client, hidden) in [(&reader, true), (&manager, false)] {
            let text = client.get(&path).await.unwrap().to_string();
            assert_eq!(text.contains("/in/[hidden]"), hidden, "{text}");
            assert_eq!(text.contains(&source.path), !hidden);
            assert_eq!(text.contains("hush-hush"), !hidden);
        }
    }
    let nobody = key(&stage, &stage.workspace, json!(["events", "webhooks", "deliveries"])).await;
    for (client, method, path, status) in [
        (&reader, "GET", format!("{one}/body"), 403),
        (&reader, "PATCH", of.clone(), 403),
        (&reader, "DELETE", of.clone(), 403),
        (&reader, "POST", format!("{of}/secrets/end-overlap"), 403),
        (&nobody, "GET", of.clone(), 403),
        (&nobody, "GET", format!("{of}/requests"), 403),
        (&nobody, "GET", one.clone(), 403),
    ] {
        assert_eq!(client.call(method, &path, "{}", &[]).await.unwrap().0, status, "{method} {path}");
    }
    let other = stage.admin.post("/v1/workspaces", &json!({ "name": "other" })).await.unwrap();
    let stranger = key(&stage, other["id"].as_str().unwrap(), json!(["admin"])).await;
    for path in [of.clone(), format!("{of}/requests"), one.clone(), format!("{one}/body")] {
        assert_eq!(stranger.call("GET", &path, "", &[]).await.unwrap().0, 404, "{path}");
    }
    stage.end().await;
}

#[tokio::test]
async fn received_requests_page_both_ways_and_by_verdict() {
    let stage = Stage::set().await;
    let source = stage.source(json!({ "provider": "gupshup", "scheme": "address_only" })).await;
    for number in 0..5 {
        stage.advance(Duration::from_secs(1));
        let body = if number % 2 == 0 { "no JSON" } else { "{}" };
        stage.admin.exchange("POST", &source.path, body, &[]).await.unwrap();
    }
    let all = stage.received(&source).await;
    let path = format!("/v1/sources/{}/requests?limit=2", source.id);
    let mut page = stage.read(&path).await;
    let (mut there, mut previous) = (Vec::new(), Vec::new());
    loop {
        there.extend(page["data"].as_array().unwrap().clone());
        previous.push(page.clone());
        let Some(next) = page["next"].as_str() else { break };
        page = stage.read(&format!("{path}&cursor={next}")).await;
    }
    assert_eq!(there, all);
    for (later, earlier) in previous.iter().rev().zip(previous.iter().rev().skip(1)) {
        let back = stage.read(&format!("{path}&before={}", later["previous"].as_str().unwrap())).await;
        assert_eq!(back["data"], earlier["data"]);
    }
    let refused: Vec<_> = all.iter().filter(|row| row["verdict"] == "invalid").cloned().collect();
    let listed = stage.read(&format!("/v1/sources/{}/requests?verdict=invalid", source.id)).await;
    assert!(refused.len() >= 3 && listed["data"] == json!(refused), "{listed}");
    for query in ["verdict=lost", "colour=red", "cursor=x"] {
        let path = format!("/v1/sources/{}/requests?{query}", source.id);
        assert_eq!(stage.admin.call("GET", &path, "", &[]).await.unwrap().0, 422, "{query}");
    }
    stage.end_after_repeating().await;
}

#[tokio::test]
async fn every_change_has_its_entry_without_secrets() {
    let stage = Stage::set().await;
    let settings = json!({
        "provider": "meta_whatsapp", "secrets": ["the secret of Meta"], "options": { "verify_token": "hush-hush" },
    });
    let source = stage.source(settings).await;
    patch(&stage, &source, json!({ "name": "Another" })).await;
    patch(&stage, &source, json!({ "name": "Another" })).await;
    patch(&stage, &source, json!({ "options": { "verify_token": "still-hush" } })).await;
    let path = format!("/v1/sources/{}", source.id);
    stage
        .admin
        .post(&format!("{path}/secrets/rotate"), &json!({ "secret": "the secret after" }))
        .await
        .unwrap();
    stage.admin.post(&format!("{path}/secrets/end-overlap"), &Value::Null).await.unwrap();
    stage.admin.call("DELETE", &path, "", &[]).await.unwrap();

    let audit = format!("/v1/audit?workspace_id={}&target={}", stage.workspace, source.id);
    let entries = stage.read(&audit).await["data"].as_array().unwrap().clone();
    let actions: Vec<_> = entries.iter().rev().map(|entry| entry["action"].as_str().unwrap()).collect();
    let expected = ["created", "updated", "updated", "secret_rotated", "overlap_ended", "deleted"];
    assert_eq!(actions, expected.map(|action| format!("source.{action}")));
    for entry in &entries {
        assert_eq!(entry["target"], json!({ "type": "source", "id": source.id }));
        let text = entry.to_string();
        let token = source.path.strip_prefix("/in/").unwrap();
        for secret in ["the secret", "hush", token] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let names: Vec<_> = entries.iter().map(|entry| entry["target_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Another", "Another", "Another", "Another", "Another", "A source"]);
    assert_eq!(entries[4]["before"], json!({ "name": "A source" }));
    assert_eq!(entries[3]["after"], json!({ "options": { "verify_token": "[hidden]" } }));
    assert_eq!(entries[2]["after"]["secrets"][0]["secret"], "[hidden]");
    assert_eq!(entries[0]["after"], Value::Null);
    stage.end().await;
}

#[tokio::test]
async fn a_deleted_workspace_takes_its_sources_and_all_they_received_along() {
    let stage = Stage::set().await;
    let other = stage.admin.post("/v1/workspaces", &json!({ "name": "other" })).await.unwrap();
    let workspace = other["id"].as_str().unwrap().to_owned();
    let create = async |workspace: &str| {
        stage.source(json!({ "workspace_id": workspace, "provider": "stripe", "secrets": [SECRET] })).await
    };
    let (kept, gone, deleted) =
        (create(&stage.workspace).await, create(&workspace).await, create(&workspace).await);
    let long = "x".repeat(2_000);
    for source in [&kept, &gone, &deleted] {
        let answer = stage.admin.exchange("POST", &source.path, long.clone(), &[]).await.unwrap();
        assert_eq!(answer.status(), 401);
    }
    let path = format!("/v1/sources/{}", deleted.id);
    assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    let rows = async || {
        let store = &stage.platform.store;
        let id = |source: &Source| source.id.parse().unwrap();
        let mut found = Vec::new();
        for (workspace, source) in [(&stage.workspace, &kept), (&workspace, &gone), (&workspace, &deleted)] {
            let key = domain::id::SourceKey::new(workspace.parse().unwrap(), id(source));
            let now = stage.clock().now();
            let window = store::Window {
                since: now.minus(Duration::from_secs(86_400)),
                until: now.plus(Duration::from_secs(86_400)),
            };
            let listing = store::Listing::newest_first(window, None, 9);
            let received = store.list_received_requests(key, &listing, now).await.unwrap().rows.len();
            let token =
                domain::source::token::SourceToken::of_path(source.path.strip_prefix("/in/").unwrap());
            let leads = store.source_of_token(&token.digest()).await.unwrap().is_some();
            found.push((received, store.load_source(key).await.unwrap().is_some(), leads));
        }
        found
    };
    assert_eq!(rows().await, [(1, true, true), (1, true, true), (1, false, false)]);

    assert_eq!(
        stage.admin.call("DELETE", &format!("/v1/workspaces/{workspace}"), "", &[]).await.unwrap().0,
        204
    );
    let path = format!("/v1/sources/{}", gone.id);
    assert_eq!(stage.admin.call("GET", &path, "", &[]).await.unwrap().0, 404, "at once");
    assert_eq!(stage.admin.call("POST", &gone.path, "{}", &[]).await.unwrap().0, 404);
    let erased = [(1, true, true), (0, false, false), (0, false, false)];
    for _ in 0..200 {
        stage.advance(Duration::from_secs(30));
        if rows().await == erased {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(rows().await, erased);
    stage.end().await;
}
