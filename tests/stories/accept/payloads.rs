//! Does a payload arrive exactly as it was sent?
//! Byte-for-byte fidelity: a payload is delivered and shown as it was sent, for everything that JSON allows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::event::event_type::EventType;
use domain::event::ledger::Ledger;
use domain::event::{Event, MAX_PAYLOAD_LEVELS};
use domain::id::EventId;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Receiver, Stage};

fn nested(levels: usize) -> String {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels))
}

/// What serde_json's own values refuse, change or cannot hold, and what the queue and the table keep in another way.
fn named() -> Vec<String> {
    let mut payloads: Vec<String> = [
        "null",
        "-0",
        "1.0",
        "1E+2",
        "1e400",
        "-1e-400",
        "123456789012345678901234567890",
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        r#"{"\ud800":1}"#,
        r#"{"a":1,"a":2,"a":{"a":1,"a":3}}"#,
        r#"{"b":1,"a":2}"#,
        "{ \"a\" :\t[ 1 ,\r\n 2 ] , \"b\":{ } }",
        r#""\u0041\/\u00e9\ud83c\udfba A/é🎺""#,
        "\"\u{7f}\u{2028}\u{fffe}\u{ffff}\"",
        r#"{"$serde_json::private::RawValue":"1"}"#,
        r#"{"$serde_json::private::Number":"1"}"#,
        "\"'; echo `id` $(id) \\\\ '\"",
    ]
    .map(str::to_owned)
    .into();
    payloads.push("7".repeat(310));
    payloads.push(format!("0.{}", "3".repeat(310)));
    payloads.push(nested(MAX_PAYLOAD_LEVELS));
    payloads.push(format!("{}1e400{}", r#"{"a":["#.repeat(50), "]}".repeat(50)));
    payloads.push(format!("[{}]", vec![r#" "\ud800" "#; 5_000].join(",")));
    payloads
}

/// Any JSON text: members of the same name, long numbers, escapes that are no character, whitespace everywhere.
fn any_json() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[^\"\\\\\u{0}-\u{1f}]{0,8}",
        r#"\\["\\/bfnrt]"#,
        r"\\u[0-9a-fA-F]{4}",
        r"\\ud[89a-f][0-9a-f]{2}",
    ];
    let string = proptest::collection::vec(part, 0..5).prop_map(|parts| format!("\"{}\"", parts.concat()));
    let number = r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?";
    let scalar = prop_oneof!["null|true|false", number, string];
    let space = || "[ \t\r\n]{0,3}";
    scalar.prop_recursive(6, 40, 6, move |value| {
        let item = (space(), value.clone(), space()).prop_map(|(a, value, b)| format!("{a}{value}{b}"));
        let name = prop_oneof!["a|b", r"\\u006[12]"];
        let member = (space(), name, space(), space(), value, space())
            .prop_map(|(a, name, b, c, value, d)| format!("{a}\"{name}\"{b}:{c}{value}{d}"));
        let array =
            (proptest::collection::vec(item, 1..6)).prop_map(|items| format!("[{}]", items.join(",")));
        let object = proptest::collection::vec(member, 1..6).prop_map(|all| format!("{{{}}}", all.join(",")));
        prop_oneof![array, object, space().prop_map(|space| format!("[{space}]"))]
    })
}

/// Where every payload goes, as the envelope's `data` and as the whole body.
struct Ends {
    stage: Stage,
    enveloped: (Endpoint, Receiver),
    bare: (Endpoint, Receiver),
}

impl Ends {
    async fn set() -> Self {
        let stage = Stage::set().await;
        let (one, other) = (Receiver::start().await, Receiver::start().await);
        let enveloped = (stage.endpoint(&one, json!({})).await, one);
        let bare = (stage.endpoint(&other, json!({ "body": "data" })).await, other);
        Self { stage, enveloped, bare }
    }

    fn event(&self, payload: &str) -> String {
        let workspace = &self.stage.workspace;
        format!(r#"{{"data": {payload} ,"type":"invoice.paid","workspace_id":"{workspace}"}}"#)
    }

    /// Sends one event under a key, which answers the same once more.
    async fn send(&self, payload: &str, key: &str) -> String {
        let mut ids = Vec::new();
        for _ in 0..2 {
            let (event, key) = (self.event(payload), [("idempotency-key", key)]);
            let (status, answer) = self.stage.admin.call("POST", "/v1/events", event, &key).await.unwrap();
            assert_eq!(status, 202, "{payload}: {answer}");
            ids.push(text(&answer["id"]));
        }
        assert_eq!(ids[0], ids[1], "{payload}");
        ids.remove(0)
    }

    async fn send_batch(&self, payloads: &[String]) -> Vec<String> {
        let events: Vec<_> = payloads.iter().map(|payload| self.event(payload)).collect();
        let batch = format!(r#"{{"events":[{}]}}"#, events.join(" , "));
        let (_, answer) = self.stage.admin.call("POST", "/v1/events/batch", batch, &[]).await.unwrap();
        let results = answer["results"].as_array().unwrap();
        assert!(results.iter().all(|result| result["status"] == 202), "{answer}");
        results.iter().map(|result| text(&result["id"])).collect()
    }

    /// The event's own bytes of `data`.
    async fn read(&self, id: &str) -> String {
        let path = format!("/v1/events/{id}?workspace_id={}", self.stage.workspace);
        let answer = self.stage.admin.text(&path).await.unwrap();
        let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&answer).unwrap();
        members["data"].get().to_owned()
    }

    /// Everything that shows the payload of a delivered event shows what was sent.
    async fn assert_shown(&self, id: &str, payload: &str) {
        assert_eq!(self.read(id).await, payload);
        for (endpoint, receiver) in [&self.enveloped, &self.bare] {
            let seen: Vec<_> =
                receiver.seen().into_iter().filter(|seen| seen.header("webhook-id") == id).collect();
            let body = std::str::from_utf8(&seen[0].body).unwrap();
            assert!(seen.iter().all(|again| again.body == body), "{payload}");
            assert!(seen[0].is_signed_with(&endpoint.secret), "{payload}");
            match body.split_once(r#","data":"#).filter(|(head, _)| head.contains(id)) {
                Some((_, data)) => assert_eq!(data, format!("{payload}}}")),
                None => assert_eq!(body, payload),
            }

            // The stored event, and one of the same payload that does not exist.
            let stored = self.preview(endpoint, format!(r#"{{"event_id":"{id}"}}"#)).await;
            assert_eq!(text(&stored["body"]), body);
            assert_eq!(STANDARD.decode(text(&stored["body_base64"])).unwrap(), body.as_bytes());
            let made =
                self.preview(endpoint, format!(r#"{{"type":"invoice.paid","data": {payload} }}"#)).await;
            let made = text(&made["body"]);
            assert!(made == payload || made.ends_with(&format!(r#","data":{payload}}}"#)), "{made}");

            let path = format!("/v1/webhook-endpoints/{}/deliveries?event_id={id}", endpoint.id);
            let delivery = text(&self.stage.read(&path).await[0]["id"]);
            let path = format!("/v1/webhook-endpoints/{}/deliveries/{delivery}", endpoint.id);
            let curl = self.stage.admin.text(&format!("{path}/curl")).await.unwrap();
            let quoted = body.replace('\'', r"'\''");
            assert!(curl.ends_with(&format!("--data-binary '{quoted}'\n")), "{curl}");
            let attempt = &self.stage.read(&path).await["attempt_log"][0];
            assert_eq!(attempt["request"]["body_bytes"], body.len());
        }
    }

    async fn preview(&self, endpoint: &Endpoint, body: String) -> Value {
        let path = format!("/v1/webhook-endpoints/{}/preview", endpoint.id);
        let (status, answer) = self.stage.admin.call("POST", &path, body, &[]).await.unwrap();
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Waits until both receivers have seen `requests`, and every one of `events` is delivered.
    async fn delivered(&self, requests: usize, events: usize) {
        for (endpoint, receiver) in [&self.enveloped, &self.bare] {
            receiver.wait_for(requests).await;
            let path = format!("/v1/webhook-endpoints/{}/deliveries?status=delivered&limit=250", endpoint.id);
            let mut rows = 0;
            for _ in 0..500 {
                rows = self.stage.read(&path).await.as_array().unwrap().len();
                if rows == events {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert_eq!(rows, events);
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn odd_payloads_are_shown_byte_for_byte_as_they_were_sent() {
    let (ends, payloads) = (Ends::set().await, named());
    let mut ids = Vec::new();
    for (number, payload) in payloads.iter().enumerate() {
        ids.push(ends.send(payload, &format!("payload-{number}")).await);
    }
    ends.delivered(payloads.len(), payloads.len()).await;

    // Sent again, they come from the event's row and not from the job.
    let endpoints = [&ends.enveloped.0.id, &ends.bare.0.id];
    for id in &ids {
        let workspace = &ends.stage.workspace;
        let replay = json!({ "endpoint_ids": endpoints, "workspace_id": workspace, "force": true });
        let replayed = ends.stage.admin.post(&format!("/v1/events/{id}/replay"), &replay).await.unwrap();
        assert_eq!(replayed["data"].as_array().unwrap().len(), 2, "{replayed}");
    }
    ends.delivered(2 * payloads.len(), payloads.len()).await;
    for (id, payload) in ids.iter().zip(&payloads) {
        ends.assert_shown(id, payload).await;
    }
    ends.stage.end_after_repeating().await;
}

#[tokio::test]
async fn any_payload_is_shown_byte_for_byte_as_it_was_sent() {
    let mut runner = TestRunner::deterministic();
    let payloads: Vec<_> = (0..100).map(|_| any_json().new_tree(&mut runner).unwrap().current()).collect();
    let ends = Ends::set().await;
    let ids = ends.send_batch(&payloads).await;
    ends.delivered(payloads.len(), payloads.len()).await;
    for (id, payload) in ids.iter().zip(&payloads) {
        ends.assert_shown(id, payload).await;
    }
    ends.stage.end_after_repeating().await;
}

#[tokio::test]
async fn a_payload_nested_too_deep_is_refused_and_nothing_of_it_is_kept() {
    let ends = Ends::set().await;
    let refusal = |answer: &Value| {
        assert_eq!(
            (&answer["status"], &answer["code"]),
            (&json!(422), &json!("invalid_request")),
            "{answer}"
        );
        assert_eq!(answer["errors"][0]["pointer"], "/data", "{answer}");
        let detail = text(&answer["errors"][0]["detail"]);
        assert!(detail.contains(&format!("{MAX_PAYLOAD_LEVELS} levels")), "{detail}");
    };
    let of_objects = format!("{}1{}", r#"{"a":"#.repeat(130), "}".repeat(130));
    let key = [("idempotency-key", "deep")];
    for payload in [nested(MAX_PAYLOAD_LEVELS + 1), of_objects, nested(100_000)] {
        let event = ends.event(&payload);
        refusal(&ends.stage.admin.call("POST", "/v1/events", event.clone(), &key).await.unwrap().1);
        let good = ends.event("\"[[[\"");
        let batch = format!(r#"{{"events":[{event},{good}]}}"#);
        let (status, answer) = ends.stage.admin.call("POST", "/v1/events/batch", batch, &[]).await.unwrap();
        assert_eq!((status, &answer["results"][1]["status"]), (207, &json!(202)), "{answer}");
        refusal(&answer["results"][0]);
        let path = format!("/v1/webhook-endpoints/{}/preview", ends.bare.0.id);
        let made = format!(r#"{{"type":"invoice.paid","data":{payload}}}"#);
        refusal(&ends.stage.admin.call("POST", &path, made, &[]).await.unwrap().1);
    }
    // The key is still free, and nothing is there but the three neighbours and what the key is used for now.
    ends.send("[]", "deep").await;
    let path = format!("/v1/events?workspace_id={}", ends.stage.workspace);
    assert_eq!(ends.stage.read(&path).await["data"].as_array().unwrap().len(), 4);
    ends.delivered(4, 4).await;
    ends.stage.end_after_repeating().await;
}

/// Payloads had no bound of nesting once, and what was stored then is there for as long as the workspace keeps it.
#[tokio::test]
async fn a_stored_payload_is_shown_and_sent_again_however_deep_it_is() {
    let ends = Ends::set().await;
    let stage = &ends.stage;
    for (number, levels) in [(1, 130), (2, 100_000)] {
        let payload = nested(levels);
        let (now, workspace_id) = (stage.clock().now(), stage.workspace.parse().unwrap());
        let event = Event {
            id: EventId::new(now, number),
            uid: None,
            workspace_id,
            event_type: EventType::parse("invoice.paid").unwrap(),
            occurred_at: now,
            payload: Arc::new(RawValue::from_string(payload.clone()).unwrap().into()),
            erased_at: None,
            channels: Vec::new(),
            deliver_at: None,
            trace: None,
            is_test: false,
            caused_by: None,
            ledger: Ledger { deliveries: Vec::new(), skipped: Vec::new() },
        };
        let id = event.id.to_string();
        stage.platform.store.save_event(&event, now.plus(Duration::from_secs(60))).await.unwrap();
        assert_eq!(ends.read(&id).await, payload);
        let preview = ends.preview(&ends.bare.0, format!(r#"{{"event_id":"{id}"}}"#)).await;
        assert_eq!(text(&preview["body"]), payload);
        let replay = json!({ "endpoint_ids": [ends.bare.0.id], "workspace_id": stage.workspace });
        stage.admin.post(&format!("/v1/events/{id}/replay"), &replay).await.unwrap();
        let seen = ends.bare.1.wait_for(usize::try_from(number).unwrap()).await;
        assert!(seen.iter().any(|seen| seen.body == payload));
        stage.deliveries(&ends.bare.0, usize::try_from(number).unwrap(), "delivered").await;
    }
    ends.stage.end_after_repeating().await;
}
