//! Do the API's answers stay the same?
//! A golden file: the whole answer of every route, member by member. `UPDATE_ANSWERS=1 cargo test -p stories --test
//! stories answers` writes the file again.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};
use stories::{Answer, Receiver, Stage};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/answers.json");
/// Set to accept today's answers.
const UPDATE: &str = "UPDATE_ANSWERS";

/// Every answer so far, without what differs from run to run.
struct Answers<'a> {
    stage: &'a Stage,
    names: BTreeMap<String, String>,
    seen: Map<String, Value>,
}

impl Answers<'_> {
    async fn take(&mut self, method: &str, path: &str, body: Value) -> Value {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.take_text(method, path, text).await
    }

    async fn take_text(&mut self, method: &str, path: &str, text: String) -> Value {
        let shown = self.normal_text(&format!("{method} {path} {text}"));
        let (status, answer) = self.stage.admin.call(method, path, text, &[]).await.unwrap();
        let normal = self.normal(&answer);
        let old = self.seen.insert(shown.clone(), json!({ "status": status, "body": normal }));
        assert!(old.is_none(), "{shown} stands there twice");
        answer
    }

    fn normal(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.normal_text(text)),
            Value::Array(rows) => rows.iter().map(|row| self.normal(row)).collect(),
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| match name.as_str() {
                    "duration_ms" | "p50_ms" | "p95_ms" if value.is_number() => (name.clone(), json!("<ms>")),
                    "request_id" | "next" | "previous" | "body_sha256" | "kid" | "x" | "key" | "secret"
                    | "public_key" | "address"
                        if value.is_string() =>
                    {
                        (name.clone(), json!(format!("<{name}>")))
                    }
                    // Values of headers differ each time.
                    "headers" if value.is_array() => {
                        let names = value.as_array().unwrap().iter().map(|pair| pair[0].clone());
                        (name.clone(), names.collect())
                    }
                    _ => (name.clone(), self.normal(value)),
                });
                Value::Object(members.collect())
            }
            other => other.clone(),
        }
    }

    /// Ids are numbered as they come; instants, secrets and ports lose what differs.
    fn normal_text(&mut self, text: &str) -> String {
        let word = |c: char| !(c.is_ascii_alphanumeric() || "_:.+/-".contains(c));
        let mut normal = text.to_owned();
        for part in text.split(word).flat_map(|part| part.split('/')).filter(|part| part.len() > 20) {
            let kind = part.split_once('_').map_or("", |(kind, _)| kind);
            let stands_for = match kind {
                "ws" | "we" | "evt" | "wd" | "rep" | "key" | "aud" | "src" | "rcv" if part.len() <= 31 => {
                    let number = self.names.keys().filter(|name| name.starts_with(kind)).count() + 1;
                    let name = self.names.entry(part.to_owned());
                    name.or_insert_with(|| format!("{kind}_{number}")).clone()
                }
                _ if part.ends_with('Z') && part.starts_with("20") => "<time>".to_owned(),
                _ => continue,
            };
            normal = normal.replace(part, &stands_for);
        }
        match normal.split_once("127.0.0.1:") {
            Some((before, after)) => {
                format!("{before}127.0.0.1:{}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
            }
            None => normal,
        }
    }
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap_or_else(|| panic!("no id in {answer}")).to_owned()
}

/// Makes endpoints and events, and asks for everything that can be asked of them.
async fn ask_for_everything(answers: &mut Answers<'_>, good: &Receiver, bad: &Receiver) {
    let (stage, ws) = (answers.stage, answers.stage.workspace.clone());
    answers.take("GET", "/health", Value::Null).await;
    ask_of_workspaces_and_keys(answers).await;

    let later = || stage.advance(Duration::from_secs(1));
    let new = |url: &str, more: Value| {
        let mut body = json!({ "workspace_id": ws, "url": url });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let all = json!({
        "events": ["invoice.*"], "headers": { "X-Team": "billing" }, "retry": { "schedule_seconds": [3600] },
        "rate_limit": { "per_second": 100 }, "metadata": { "plan": "gold" }, "outcomes": { "success": [204, "2xx"] },
    });
    let first = id(&answers.take("POST", "/v1/webhook-endpoints", new(good.url(), all)).await);
    later();
    let retry = json!({ "retry": { "schedule_seconds": [] } });
    let failing = id(&answers.take("POST", "/v1/webhook-endpoints", new(bad.url(), retry)).await);
    later();
    let asymmetric = json!({ "events": ["other"], "signature": { "profile": "standard-asymmetric" } });
    let other = id(&answers.take("POST", "/v1/webhook-endpoints", new(good.url(), asymmetric)).await);
    let endpoint = |id: &str, rest: &str| format!("/v1/webhook-endpoints/{id}{rest}");
    answers.take("GET", &endpoint(&first, ""), Value::Null).await;
    let patch = json!({ "description": "changed", "rate_limit": null, "metadata": { "plan": null } });
    answers.take("PATCH", &endpoint(&first, ""), patch).await;
    answers.take("PATCH", &endpoint(&other, ""), json!({ "signature": { "profile": "body" } })).await;
    answers
        .take("PATCH", &endpoint(&other, ""), json!({ "signature": { "profile": "standard-asymmetric" } }))
        .await;
    answers.take("POST", &endpoint(&other, "/secret/rotate"), json!({ "overlap_seconds": 60 })).await;
    answers.take("GET", &format!("/v1/workspaces/{ws}/jwks.json"), Value::Null).await;
    answers.take("POST", &endpoint(&other, "/secret/end-overlap"), Value::Null).await;

    // One event, delivered to one, failed at one, skipped at one.
    let event =
        json!({ "workspace_id": ws, "type": "invoice.paid", "data": { "amount": 4200 }, "channels": ["eu"] });
    let sent = answers.take("POST", "/v1/events", event.clone()).await;
    let made = |id: &str| stories::stage::Endpoint { id: id.to_owned(), secret: String::new() };
    stage.deliveries(&made(&first), 1, "delivered").await;
    stage.deliveries(&made(&failing), 1, "failed").await;
    later();
    let batch = json!({ "events": [
        { "workspace_id": ws, "type": "none", "data": null, "deliver_at": stage.clock().now().plus(Duration::from_secs(3600)) },
        { "type": "no spaces", "data": 1 },
    ] });
    let shown = answers.stage.admin.call("POST", "/v1/events/batch", batch.to_string(), &[]).await.unwrap();
    let (status, body) = (shown.0, answers.normal(&shown.1));
    answers.seen.insert("POST /v1/events/batch".into(), json!({ "status": status, "body": body }));
    ask_of_events(answers, &id(&sent), shown.1["results"][0]["id"].as_str().unwrap()).await;
    ask_of_deliveries(answers, [&first, &failing], &sent).await;
    ask_for_replays(answers, [&first, &failing], &sent).await;
    answers.take("DELETE", &format!("/v1/events/{}/data?workspace_id={ws}", id(&sent)), Value::Null).await;
    answers.take("GET", &format!("/v1/events/{}?workspace_id={ws}&", id(&sent)), Value::Null).await;
    answers.take("GET", &format!("/v1/webhook-endpoints?workspace_id={ws}&limit=2"), Value::Null).await;
    answers.take("DELETE", &endpoint(&first, ""), Value::Null).await;
    answers.take("GET", &endpoint(&first, "?"), Value::Null).await;
    answers.take("GET", &format!("/v1/audit?workspace_id={ws}&target={first}"), Value::Null).await;
    answers.take("GET", "/v1/audit?action=workspace.created&limit=1", Value::Null).await;
    answers.take("GET", &format!("/v1/deleted-endpoints/{first}"), Value::Null).await;
    answers.take("GET", &format!("/v1/deleted-endpoints?workspace_id={ws}"), Value::Null).await;
    answers.take("GET", &format!("/v1/deleted-endpoints/{failing}"), Value::Null).await;
}

/// Every route of actions. An admin's key invokes none; `act` tells of that.
async fn ask_of_actions(answers: &mut Answers<'_>) {
    let ws = answers.stage.workspace.clone();
    let settings = json!({
        "workspace_id": ws, "name": "refund_order", "url": "https://crm.example.com/{{ parameters.order }}",
        "parameters": {
            "type": "object", "required": ["order"], "properties": { "order": { "type": "string" } },
        },
        "effect": "destructive", "roles": ["support"],
    });
    let of = |rest: &str| format!("/v1/actions{rest}?workspace_id={ws}");
    answers.take("POST", "/v1/actions", settings.clone()).await;
    answers.take("GET", &of("/refund_order"), Value::Null).await;
    answers.take("GET", &of(""), Value::Null).await;
    answers.take("PATCH", &of("/refund_order"), json!({ "title": "Refund" })).await;
    answers.take("POST", &of("/refund_order/secret/rotate"), json!({})).await;
    answers.take("POST", &of("/refund_order/secret/end-overlap"), Value::Null).await;
    answers.take("POST", &of("/refund_order/invoke"), json!({ "parameters": {} })).await;
    answers.take("GET", &format!("/v1/invocations?workspace_id={ws}"), Value::Null).await;
    answers.take("GET", &of("/no_such"), Value::Null).await;
    answers.take("DELETE", &of("/refund_order"), Value::Null).await;
}

/// Every route of sources, those that need no request of a provider's.
async fn ask_of_sources(answers: &mut Answers<'_>) {
    let (stage, ws) = (answers.stage, answers.stage.workspace.clone());
    let new = json!({
        "workspace_id": ws, "name": "Billing", "provider": "gupshup", "secrets": ["Bearer of-thirty-two-characters!"],
        "channels": ["eu"], "options": { "header": "X-Key" },
    });
    let source = id(&answers.take("POST", "/v1/sources", new).await);
    let of = |rest: &str| format!("/v1/sources/{source}{rest}");
    answers.take("GET", &of(""), Value::Null).await;
    let rotate = json!({ "secret": "Bearer of-another-secret-as-long!", "overlap_seconds": 60 });
    answers.take("POST", &of("/secrets/rotate"), rotate).await;
    answers.take("POST", &of("/secrets/end-overlap"), Value::Null).await;
    answers.take("PATCH", &of(""), json!({ "scheme": "address_only" })).await;
    answers
        .take("PATCH", &of(""), json!({ "scheme": "address_only", "secrets": null, "options": null }))
        .await;
    answers.take("GET", &format!("/v1/sources?workspace_id={ws}&provider=gupshup"), Value::Null).await;
    let path = stage.read(&of("")).await["address"].as_str().unwrap().to_owned();
    let path = path.strip_prefix(&stage.platform.url()).unwrap().to_owned();
    let headers = [("authorization", "Bearer hush"), ("content-type", "application/json")];
    stage.admin.exchange("POST", &path, "no JSON", &headers).await.unwrap();
    let received = answers.take("GET", &of("/requests?verdict=invalid&limit=1"), Value::Null).await;
    let one = format!("/requests/{}", id(&received["data"][0]));
    answers.take("GET", &of(&one), Value::Null).await;
    answers.take("GET", &of("/requests?verdict=lost"), Value::Null).await;
    answers.take("GET", &of("/requests/rcv_01M7Z294KETHNPJB3QG0VDG1JA"), Value::Null).await;
    answers.take("DELETE", &of(""), Value::Null).await;
    answers.take("DELETE", &of("?"), Value::Null).await;
    for body in [
        json!({ "workspace_id": ws, "name": "", "provider": "stripe", "scheme": "hmac", "options": { "header": "X" } }),
        json!({ "workspace_id": ws, "name": "a", "provider": "stripe" }),
        json!({ "workspace_id": ws, "name": "a", "provider": "stripe", "secrets": ["short", 7] }),
        json!({ "workspace_id": ws, "name": "a", "provider": "acme" }),
        json!({ "workspace_id": ws, "provider": "stripe", "sectets": [] }),
    ] {
        answers.take("POST", "/v1/sources", body).await;
    }
}

async fn ask_of_workspaces_and_keys(answers: &mut Answers<'_>) {
    let ws = answers.stage.workspace.clone();
    let second = json!({ "name": "second", "max_endpoints": 3 });
    let second = id(&answers.take("POST", "/v1/workspaces", second).await);
    answers.take("GET", "/v1/workspaces?limit=1", Value::Null).await;
    answers.take("DELETE", &format!("/v1/workspaces/{second}"), Value::Null).await;
    answers.take("DELETE", &format!("/v1/workspaces/{second}?"), Value::Null).await;
    answers.take("GET", &format!("/v1/workspaces/{ws}"), Value::Null).await;
    answers.take("PATCH", &format!("/v1/workspaces/{ws}"), json!({ "retention_days": 60 })).await;
    let key = json!({ "name": "billing", "workspace_id": ws, "scopes": ["events", "webhooks:ro"] });
    let key = id(&answers.take("POST", "/v1/api-keys", key).await);
    answers.take("GET", &format!("/v1/api-keys?workspace_id={ws}"), Value::Null).await;
    answers.take("GET", &format!("/v1/api-keys/{key}"), Value::Null).await;
    answers.take("POST", &format!("/v1/api-keys/{key}/rotate"), json!({ "overlap_seconds": 60 })).await;
    answers.take("GET", "/v1/me", Value::Null).await;
    answers.take("DELETE", &format!("/v1/api-keys/{key}"), Value::Null).await;
    answers.take("DELETE", &format!("/v1/api-keys/{key}?"), Value::Null).await;
    ask_of_sources(answers).await;
    ask_of_actions(answers).await;
}

async fn ask_of_events(answers: &mut Answers<'_>, sent: &str, scheduled: &str) {
    let ws = answers.stage.workspace.clone();
    answers.take("GET", &format!("/v1/events?workspace_id={ws}&limit=1"), Value::Null).await;
    answers.take("GET", &format!("/v1/events?workspace_id={ws}&event_type=invoice.*"), Value::Null).await;
    answers.take("GET", &format!("/v1/events?workspace_id={ws}&text=4200"), Value::Null).await;
    answers.take("GET", &format!("/v1/events?workspace_id={ws}&idempotency_key=none"), Value::Null).await;
    answers.take("GET", &format!("/v1/events/{sent}?workspace_id={ws}"), Value::Null).await;
    answers.take("GET", &format!("/v1/events/{sent}/deliveries?workspace_id={ws}"), Value::Null).await;
    answers
        .take("GET", &format!("/v1/events/{sent}/deliveries?workspace_id={ws}&limit=1"), Value::Null)
        .await;
    answers.take("GET", &format!("/v1/events/{scheduled}/deliveries?workspace_id={ws}"), Value::Null).await;
    answers.take("GET", &format!("/v1/deliveries?workspace_id={ws}&status=pending"), Value::Null).await;
    answers
        .take("GET", &format!("/v1/deliveries?workspace_id={ws}&status=failed,skipped"), Value::Null)
        .await;
}

async fn ask_of_deliveries(answers: &mut Answers<'_>, [first, failing]: [&str; 2], sent: &Value) {
    let ws = answers.stage.workspace.clone();
    let of = |endpoint: &str| {
        let rows = sent["deliveries"].as_array().unwrap().iter();
        rows.clone().find(|row| row["endpoint_id"] == endpoint).map(id).unwrap()
    };
    for (endpoint, wd) in [(first, of(first)), (failing, of(failing))] {
        let base = format!("/v1/webhook-endpoints/{endpoint}");
        answers.take("GET", &format!("{base}/deliveries"), Value::Null).await;
        answers.take("GET", &format!("{base}/deliveries/{wd}"), Value::Null).await;
        answers.take("GET", &format!("{base}/deliveries?event_id={}", id(sent)), Value::Null).await;
        answers.take("GET", &format!("/v1/deliveries/{wd}?workspace_id={ws}"), Value::Null).await;
        let explained = format!("/v1/events/{}/explain?workspace_id={ws}&endpoint_id={endpoint}", id(sent));
        answers.take("GET", &explained, Value::Null).await;
    }
    answers.take("POST", &format!("/v1/webhook-endpoints/{first}/test"), Value::Null).await;
    answers.take("GET", &format!("/v1/undelivered?workspace_id={ws}"), Value::Null).await;
    answers.take("GET", &format!("/v1/webhook-endpoints/{failing}"), Value::Null).await;
    let got = json!({ "endpoint_id": first, "headers": { "webhook-timestamp": "1767605400" }, "body": "{}" });
    answers.take("POST", "/v1/verify", got).await;
    answers.stage.platform.flush().await.unwrap();
    answers.take("GET", &format!("/v1/webhook-endpoints/{failing}/statistics"), Value::Null).await;
    answers.take("GET", &format!("/v1/workspaces/{ws}/statistics?by=day"), Value::Null).await;
    let several = format!("/v1/statistics?workspace_id={ws}&endpoint_ids={failing}&by=day");
    answers.take("GET", &several, Value::Null).await;
}

async fn ask_for_replays(answers: &mut Answers<'_>, [first, failing]: [&str; 2], sent: &Value) {
    let ws = answers.stage.workspace.clone();
    let since = "2020-01-01T00:00:00.000Z";
    let dry = json!({ "since": since, "dry_run": true });
    answers.take("POST", &format!("/v1/webhook-endpoints/{failing}/replay"), dry).await;
    let skipped = json!({ "since": since, "status": "skipped", "event_types": ["nothing"] });
    let replay = answers.take("POST", &format!("/v1/webhook-endpoints/{failing}/replay"), skipped).await;
    let path = format!("/v1/replays/{}", id(&replay));
    for _ in 0..500 {
        if answers.stage.read(&path).await["status"] == "completed" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    answers.take("GET", &path, Value::Null).await;
    answers.take("GET", &format!("/v1/replays?workspace_id={ws}"), Value::Null).await;
    answers.take("POST", &format!("{path}/cancel"), Value::Null).await;
    let chosen = json!({ "workspace_id": ws, "endpoint_ids": [first] });
    answers.take("POST", &format!("/v1/events/{}/replay", id(sent)), chosen).await;
    let wd = sent["deliveries"][0]["id"].as_str().unwrap();
    let endpoint = sent["deliveries"][0]["endpoint_id"].as_str().unwrap();
    let path = format!("/v1/webhook-endpoints/{endpoint}/deliveries/{wd}/replay");
    answers.take("POST", &path, Value::Null).await;
    answers.take("POST", &path, json!({ "force": true })).await;
    answers
        .stage
        .deliveries(&stories::stage::Endpoint { id: first.to_owned(), secret: String::new() }, 2, "delivered")
        .await;
}

/// A refusal names each bad parameter and member.
async fn ask_wrongly(answers: &mut Answers<'_>) {
    let ws = answers.stage.workspace.clone();
    for query in [
        "",
        "?colour=red",
        &format!("?workspace_id={ws}&workspace_id={ws}"),
        "?workspace_id=we_none",
        &format!("?workspace_id={ws}&limit=ten"),
        &format!("?workspace_id={ws}&limit="),
        &format!("?workspace_id={ws}&limit=251"),
        &format!("?workspace_id={ws}&limit=99999999999999999999999"),
        &format!("?workspace_id={ws}&cursor=x"),
        &format!("?workspace_id={ws}&cursor=x&before=x"),
        &format!("?workspace_id={ws}&text=ab"),
        &format!("?workspace_id={ws}&idempotency_key="),
        &format!("?workspace_id={ws}&since=yesterday"),
        &format!("?workspace_id={ws}&since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z"),
        &format!("?workspace_id={ws}&event_type=a%20b"),
    ] {
        answers.take("GET", &format!("/v1/events{query}"), Value::Null).await;
    }
    for query in ["&status=lost", "&status=delivered", "&cursor=%7B%7D", "&cursor=e30"] {
        answers.take("GET", &format!("/v1/undelivered?workspace_id={ws}{query}"), Value::Null).await;
    }
    answers.take("GET", &format!("/v1/workspaces/{ws}/statistics?by=week"), Value::Null).await;
    answers.take("GET", "/v1/webhook-endpoints/we_none", Value::Null).await;
    answers.take("GET", "/v1/api-keys", Value::Null).await;
    answers.take("GET", "/v1/nowhere", Value::Null).await;
    for query in ["?actor=posthorn", "?action=endpoint.seen", "?target=invoice.paid"] {
        answers.take("GET", &format!("/v1/audit{query}"), Value::Null).await;
    }
    answers.take("PUT", "/v1/events", Value::Null).await;
    for body in [
        json!({ "workspace_id": ws, "url": "https://10.0.0.1/", "timeout_seconds": 60 }),
        json!({ "workspace_id": 7, "url": "https://example.com" }),
        json!({ "workspace_id": ws }),
        json!({ "workspace_id": ws, "url": "https://example.com", "retry": 7 }),
        json!({ "workspace_id": ws, "url": "https://example.com", "method": "GET" }),
        json!({ "workspace_id": ws, "url": "https://example.com", "max_concurrency": -1 }),
        json!({ "url": "https://example.com" }),
    ] {
        answers.take("POST", "/v1/webhook-endpoints", body).await;
    }
    for text in
        ["", "{", "[]", "{\"type\":\"a\",\"data\":1,\"tyep\":2}", "{\"data\":1}", "{\"type\":7,\"data\":1}"]
    {
        answers.take_text("POST", "/v1/events", text.to_owned()).await;
    }
    answers.take("POST", "/v1/events/batch", json!({ "events": [] })).await;
    answers.take("POST", "/v1/verify", json!({ "endpoint_id": "we_none", "headers": {} })).await;
    answers.take("POST", "/v1/workspaces", json!({ "name": "x".repeat(65_536) }).take()).await;
}

#[tokio::test]
async fn every_route_answers_with_the_members_that_were_accepted() {
    let (stage, good, bad) = (Stage::set().await, Receiver::start().await, Receiver::start().await);
    bad.answer(Answer::Status(500));
    let mut answers = Answers { stage: &stage, names: BTreeMap::new(), seen: Map::new() };
    ask_for_everything(&mut answers, &good, &bad).await;
    ask_wrongly(&mut answers).await;
    // Long bodies are no part of the file.
    let seen: Map<String, Value> =
        answers.seen.into_iter().map(|(asked, answer)| (asked.chars().take(200).collect(), answer)).collect();
    let today = serde_json::to_string_pretty(&seen).unwrap() + "\n";
    #[expect(clippy::disallowed_methods, reason = "it is the stories' own")]
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(GOLDEN, &today).unwrap();
    }
    let accepted: Map<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(GOLDEN).unwrap()).unwrap();
    for (asked, answer) in &seen {
        assert_eq!(Some(answer), accepted.get(asked), "{asked}\nAccept with {UPDATE}=1.");
    }
    assert_eq!(seen.len(), accepted.len(), "a question is missing. Accept with {UPDATE}=1.");
    stage.platform.stop().await;
}
