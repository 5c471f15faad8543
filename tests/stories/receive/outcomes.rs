//! What does a provider get, and what is kept of its request?
//! Valid, invalid and error are three things: each is answered as its provider needs it, and each can be read afterwards.

use base64::Engine as _;
use domain::hex::hex;
use hmac::{Hmac, KeyInit as _, Mac as _};
use local::observe::Trouble;
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use stories::{Receiver, Source, Stage};

const SECRET: &str = "whsec_test_secret";

pub(super) fn hmac(secret: &str, text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// A GitHub source, whose signature covers the body alone.
pub(super) async fn github(stage: &Stage, secret: &str) -> Source {
    stage.source(json!({ "provider": "github", "secrets": [secret] })).await
}

/// Posts to a source as GitHub does.
pub(super) async fn push(stage: &Stage, source: &Source, secret: &str, delivery: &str, body: &str) -> u16 {
    let signature = format!("sha256={}", hex(&hmac(secret, body.as_bytes())));
    let headers = [
        ("x-hub-signature-256", signature.as_str()),
        ("x-github-event", "push"),
        ("x-github-delivery", delivery),
    ];
    stage.admin.exchange("POST", &source.path, body.to_owned(), &headers).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_verified_request_becomes_a_signed_delivery_and_is_kept_whole() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = stage.endpoint(&receiver, json!({ "events": ["github.*"] })).await;
    let source = github(&stage, SECRET).await;
    let body = r#"{ "ref" : "refs/heads/main", "n": 1.50 }"#;
    assert_eq!(push(&stage, &source, SECRET, "d-1", body).await, 200);

    let seen = receiver.wait_for(1).await.remove(0);
    assert!(seen.is_signed_with(&endpoint.secret));
    let event: Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(event["type"], "github.push");
    let (data, request) = (&event["data"], &stage.received(&source).await[0]);
    assert_eq!((&data["provider"], &data["source_id"]), (&json!("github"), &json!(source.id)));
    assert_eq!((&data["request_id"], &data["auth_strength"]), (&request["id"], &json!("signed")));
    assert!(String::from_utf8_lossy(&seen.body).contains(&format!("\"raw\":{body}")), "byte for byte");

    assert_eq!(
        (&request["verdict"], &request["reason"], &request["status"]),
        (&json!("valid"), &Value::Null, &json!(200))
    );
    assert_eq!((&request["accepted"], &request["duplicates"]), (&json!(1), &json!(0)));
    assert_eq!(request["events"], json!([event["id"]]));
    let path = format!("/v1/sources/{}/requests/{}", source.id, request["id"].as_str().unwrap());
    assert_eq!(stage.read(&path).await["body"], body);
    assert_eq!(stage.admin.text(&format!("{path}/body")).await.unwrap(), body);
    stage.end().await;
}

#[tokio::test]
async fn nobody_learns_which_addresses_there_are() {
    let stage = Stage::set().await;
    let source = github(&stage, SECRET).await;
    let mut others =
        vec!["/in/".to_owned(), "/in/%ff".to_owned(), "/in/x".to_owned(), format!("{}x", source.path)];
    others.push(source.path.to_lowercase());
    let unknown = stage.admin.call("POST", "/nowhere", "{}", &[]).await.unwrap();
    for path in others {
        let (status, mut answer) = stage.admin.call("POST", &path, "{}", &[]).await.unwrap();
        answer["request_id"] = unknown.1["request_id"].clone();
        assert_eq!((status, &answer), (404, &unknown.1), "{path}");
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        for path in [source.path.as_str(), "/in/x"] {
            let answer = stage.admin.exchange(method, path, "{}", &[]).await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), answer.headers()["allow"].to_str().unwrap()),
                (405, "GET, POST"),
                "{method}"
            );
        }
    }
    assert!(stage.received(&source).await.is_empty());
    stage.end().await;
}

#[tokio::test]
async fn a_refused_request_reaches_nobody_and_can_be_replayed_when_its_secret_is_right() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&receiver, json!({})).await;
    let source = github(&stage, "not the secret at all").await;
    assert_eq!(push(&stage, &source, SECRET, "d-1", r#"{"n":1}"#).await, 401);
    let refused = stage.received(&source).await.remove(0);
    assert_eq!((&refused["verdict"], &refused["reason"]), (&json!("invalid"), &json!("signature_mismatch")));
    assert!(receiver.seen().is_empty());

    // As of when it came: hours later its time would be too old for another provider.
    stage.advance(Duration::from_secs(6 * 3600));
    let replay = format!("/v1/sources/{}/requests/{}/replay", source.id, refused["id"].as_str().unwrap());
    assert_eq!(stage.admin.post(&replay, &Value::Null).await.unwrap()["verdict"], "invalid");
    let rotate = format!("/v1/sources/{}/secrets/rotate", source.id);
    stage.admin.post(&rotate, &json!({ "secret": SECRET })).await.unwrap();
    let replayed = stage.admin.post(&replay, &Value::Null).await.unwrap();
    assert_eq!((&replayed["verdict"], &replayed["accepted"]), (&json!("valid"), &json!(1)), "{replayed}");
    receiver.wait_for(1).await;
    let again = stage.admin.post(&replay, &Value::Null).await.unwrap();
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(1)));
    assert_eq!(stage.received(&source).await[0]["verdict"], "valid");
    stage.end_after_repeating().await;
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn a_secret_that_was_rotated_a_moment_ago_counts_at_once() {
    let stage = Stage::set().await;
    let source = github(&stage, SECRET).await;
    assert_eq!(push(&stage, &source, SECRET, "d-1", "{}").await, 200);
    let rotate = format!("/v1/sources/{}/secrets/rotate", source.id);
    stage.admin.post(&rotate, &json!({ "secret": "another secret", "overlap_seconds": 60 })).await.unwrap();
    assert_eq!(push(&stage, &source, "another secret", "d-2", "{}").await, 200);
    assert_eq!(push(&stage, &source, SECRET, "d-3", "{}").await, 200, "in the overlap");
    stage.advance(Duration::from_secs(61));
    assert_eq!(push(&stage, &source, SECRET, "d-4", "{}").await, 401, "after it");
    stage.end().await;
}

#[tokio::test]
async fn each_source_has_its_own_secret() {
    let stage = Stage::set().await;
    let (one, other) = (github(&stage, "the first secret").await, github(&stage, "the second secret").await);
    assert_ne!(one.path, other.path);
    assert_eq!(push(&stage, &one, "the first secret", "d", "{}").await, 200);
    assert_eq!(push(&stage, &other, "the first secret", "d", "{}").await, 401);
    assert_eq!(push(&stage, &other, "the second secret", "d", "{}").await, 200, "its deliveries are its own");
    assert_eq!(stage.received(&other).await[0]["accepted"], 1);
    stage.end().await;
}

#[tokio::test]
async fn a_body_as_large_as_lambda_takes_is_kept_and_a_larger_one_refused() {
    let stage = Stage::set().await;
    let source = github(&stage, SECRET).await;
    let body = |bytes: usize| {
        // Text that does not compress, so that it takes many rows.
        let mut state = 7u64;
        let noise = std::iter::repeat_with(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'a' + u8::try_from(state >> 59).unwrap() % 26)
        });
        format!("{{\"text\":\"{}\"}}", noise.take(bytes - 11).collect::<String>())
    };
    let large = body(domain::source::MAX_BODY_BYTES);
    assert_eq!(push(&stage, &source, SECRET, "d-1", &large).await, 200);
    assert_eq!(push(&stage, &source, SECRET, "d-2", &body(large.len() + 1)).await, 413);
    let requests = stage.received(&source).await;
    assert_eq!(
        (&requests[0]["reason"], &requests[1]["verdict"]),
        (&json!("body_too_large"), &json!("valid"))
    );
    let replay = format!("/v1/sources/{}/requests/{}/replay", source.id, requests[0]["id"].as_str().unwrap());
    let replayed = stage.admin.post(&replay, &Value::Null).await.unwrap();
    assert_eq!(replayed["reason"], "body_too_large", "there is nothing left of it to verify");
    let path = format!("/v1/sources/{}/requests/{}/body", source.id, requests[1]["id"].as_str().unwrap());
    assert!(stage.admin.text(&path).await.unwrap() == large, "every byte of it");

    // The event is there without the part that is too large for an event.
    let events = stage.read(&format!("/v1/events?workspace_id={}", stage.workspace)).await;
    let id = events["data"][0]["id"].as_str().unwrap();
    let event = stage.read(&format!("/v1/events/{id}?workspace_id={}", stage.workspace)).await;
    assert_eq!(event["data"]["raw_omitted"], "too_large");
    stage.end().await;
}

#[tokio::test]
async fn a_signed_body_that_cannot_be_read_is_refused_and_says_so() {
    let stage = Stage::set().await;
    let source = github(&stage, SECRET).await;
    for body in ["", "{", "no JSON", "[1,2", "\u{0}"] {
        assert_eq!(push(&stage, &source, SECRET, "d-1", body).await, 400, "{body:?}");
        let request = stage.received(&source).await.remove(0);
        assert_eq!((&request["verdict"], &request["reason"]), (&json!("invalid"), &json!("body_malformed")));
    }
    // Deeper than a receiver could read: the event comes without its raw part.
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(110), "]".repeat(110));
    assert_eq!(push(&stage, &source, SECRET, "d-2", &deep).await, 200);
    let events = stage.read(&format!("/v1/events?workspace_id={}", stage.workspace)).await;
    let id = events["data"][0]["id"].as_str().unwrap();
    let event = stage.read(&format!("/v1/events/{id}?workspace_id={}", stage.workspace)).await;
    assert_eq!(event["data"]["raw_omitted"], "too_deep");
    stage.end().await;
}

#[tokio::test]
async fn a_source_that_is_off_asks_for_a_repetition_and_keeps_what_came() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&receiver, json!({})).await;
    let source = github(&stage, SECRET).await;
    let path = format!("/v1/sources/{}", source.id);
    stage.admin.call("PATCH", &path, json!({ "active": false }).to_string(), &[]).await.unwrap();
    assert_eq!(push(&stage, &source, SECRET, "d-1", "{}").await, 503);
    let kept = stage.received(&source).await.remove(0);
    assert_eq!((&kept["verdict"], &kept["reason"]), (&json!("error"), &json!("source_inactive")));
    stage.admin.call("PATCH", &path, json!({ "active": true }).to_string(), &[]).await.unwrap();
    let replay = format!("{path}/requests/{}/replay", kept["id"].as_str().unwrap());
    assert_eq!(stage.admin.post(&replay, &Value::Null).await.unwrap()["accepted"], 1);
    receiver.wait_for(1).await;
    stage.end().await;
}

#[tokio::test]
async fn a_quota_that_is_used_up_asks_for_a_repetition() {
    let stage = Stage::set().await;
    let source = github(&stage, SECRET).await;
    let path = format!("/v1/workspaces/{}", stage.workspace);
    stage.admin.call("PATCH", &path, json!({ "max_events_per_day": 1 }).to_string(), &[]).await.unwrap();
    assert_eq!(push(&stage, &source, SECRET, "d-1", "{}").await, 200);
    assert_eq!(push(&stage, &source, SECRET, "d-2", "{}").await, 503);
    let request = stage.received(&source).await.remove(0);
    assert_eq!((&request["verdict"], &request["reason"]), (&json!("error"), &json!("quota_exceeded")));
    stage.end().await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_fetched_is_an_error_and_no_refusal() {
    let stage = Stage::set().await;
    let topic = "arn:aws:sns:eu-central-1:123456789012:ses-events";
    let source = stage.source(json!({ "provider": "aws_ses", "options": { "topic_arns": [topic] } })).await;
    let now = stage.clock().now().to_string();
    let message = |url: &str| {
        json!({
            "Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "TopicArn": topic,
            "Message": "{}", "Timestamp": now, "SignatureVersion": "2", "Signature": base64::engine::general_purpose::STANDARD.encode([7; 256]),
            "SigningCertURL": url,
        })
        .to_string()
    };
    let headers = [("content-type", "text/plain; charset=UTF-8")];
    // No name is resolved to a public address here; on AWS the host is the region's own.
    let aws = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
    for (url, status, verdict, reason) in [
        (aws, 503, "error", "certificate_unavailable"),
        (
            "https://sns.evil.example/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
            401,
            "invalid",
            "certificate_url_refused",
        ),
    ] {
        let answer = stage.admin.exchange("POST", &source.path, message(url), &headers).await.unwrap();
        let request = stage.received(&source).await.remove(0);
        assert_eq!(answer.status().as_u16(), status, "{request}");
        assert_eq!((&request["verdict"], &request["reason"]), (&json!(verdict), &json!(reason)), "{url}");
    }
    stage.end().await;
}

#[tokio::test]
async fn a_signature_that_does_not_cover_the_body_is_taken_with_one_body_only() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    stage.endpoint(&receiver, json!({})).await;
    let source = stage.source(json!({ "provider": "mailgun", "secrets": ["a signing key"] })).await;
    let time = (stage.clock().now().as_millis() / 1000).to_string();
    let token = "5egbgr1vjgqxtrnp65xfznchgdccwh5d6i09vijqi3whgowmn6";
    let signature = hex(&hmac("a signing key", format!("{time}{token}").as_bytes()));
    let body = |id: &str| {
        let signature = json!({ "timestamp": time, "token": token, "signature": signature });
        json!({ "signature": signature, "event-data": { "event": "delivered", "id": id, "recipient": "a@example.com" } })
            .to_string()
    };
    let post =
        async |body: String| stage.admin.exchange("POST", &source.path, body, &[]).await.unwrap().status();
    assert_eq!(post(body("one")).await, 200);
    assert_eq!(post(body("one")).await, 200, "the provider repeats it");
    assert_eq!(post(body("forged")).await, 401);
    let requests = stage.received(&source).await;
    assert_eq!(requests[0]["reason"], "signature_reused");
    assert_eq!((&requests[1]["duplicates"], &requests[2]["accepted"]), (&json!(1), &json!(1)));
    receiver.wait_for(1).await;
    stage.end_after_repeating().await;
    assert_eq!(receiver.seen().len(), 1);
}

/// The table fails once, at each of the calls of a request in turn: the provider is asked to repeat, and its repetition
/// ends as one event and one delivery.
#[tokio::test]
async fn whatever_call_fails_the_provider_repeats_and_it_is_one_event() {
    for lost in [Trouble::Refused, Trouble::AnswerLost] {
        for nth in 0..5 {
            let calls = Arc::new(AtomicUsize::new(usize::MAX / 2));
            let stage = Stage::set_with_trouble({
                let calls = Arc::clone(&calls);
                move |function, _| {
                    (function == "inbound" && calls.fetch_add(1, Ordering::SeqCst) == nth).then_some(lost)
                }
            })
            .await;
            let receiver = Receiver::start().await;
            stage.endpoint(&receiver, json!({})).await;
            let source = github(&stage, SECRET).await;
            assert_eq!(push(&stage, &source, SECRET, "warm", "{}").await, 200);
            receiver.wait_for(1).await;

            calls.store(0, Ordering::SeqCst);
            let mut status = push(&stage, &source, SECRET, "d-1", "{}").await;
            for _ in 0..3 {
                assert!(status == 200 || status >= 500, "call {nth}: {status}");
                if status == 200 {
                    break;
                }
                stage.advance(Duration::from_secs(31));
                status = push(&stage, &source, SECRET, "d-1", "{}").await;
            }
            assert_eq!(status, 200, "call {nth}");
            receiver.wait_for(2).await;
            stage.advance(Duration::from_secs(200));
            stage.end_after_repeating().await;
            let ids: BTreeSet<String> =
                receiver.seen().iter().map(|seen| seen.header("webhook-id").to_owned()).collect();
            assert_eq!(ids.len(), 2, "call {nth}: {ids:?}");
        }
    }
}

#[tokio::test]
async fn a_sample_works_whatever_is_cached() {
    let stage = Stage::set().await;
    let topic = "arn:aws:sns:eu-central-1:123456789012:ses-events";
    let source = stage.source(json!({ "provider": "aws_ses", "options": { "topic_arns": [topic] } })).await;
    for _ in 0..3 {
        // The source is cached when the next sample brings another key.
        let sample = format!("/v1/sources/{}/sample", source.id);
        let sent = stage.admin.post(&sample, &Value::Null).await.unwrap();
        assert_eq!(sent["status"], 200, "{sent} {:?}", stage.received(&source).await[0]);
    }
    stage.end().await;
}

#[tokio::test]
async fn a_file_that_came_with_an_email_is_read_byte_for_byte_and_only_if_the_email_was_verified() {
    let stage = Stage::set().await;
    let unsigned = json!({ "provider": "sendgrid_inbound_parse", "scheme": "address_only" });
    let key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
    let signed = json!({ "provider": "sendgrid_inbound_parse", "secrets": [key] });
    let file = [0u8, 0xff, b'\r', b'\n', b'x'];
    let mut body = b"--xYzZY\r\nContent-Disposition: form-data; name=\"subject\"\r\n\r\nHi\r\n--xYzZY\r\n\
        Content-Disposition: form-data; name=\"attachment1\"; filename=\"a.pdf\"\r\n\
        Content-Type: application/pdf\r\n\r\n"
        .to_vec();
    body.extend(file);
    body.extend(b"\r\n--xYzZY--\r\n");
    let headers = [("content-type", "multipart/form-data; boundary=xYzZY")];
    for (settings, verdict) in [(unsigned, "valid"), (signed, "invalid")] {
        let source = stage.source(settings).await;
        stage.admin.exchange("POST", &source.path, body.clone(), &headers).await.unwrap();
        let request = stage.received(&source).await.remove(0);
        assert_eq!(request["verdict"], verdict, "{request}");
        let path =
            format!("/v1/sources/{}/requests/{}/attachments", source.id, request["id"].as_str().unwrap());
        let read = async |number: &str| {
            stage.admin.exchange("GET", &format!("{path}/{number}"), "", &[]).await.unwrap()
        };
        let found = read("0").await;
        match verdict {
            "valid" => {
                assert_eq!((found.status().as_u16(), found.body().as_ref()), (200, file.as_slice()));
                assert_eq!(found.headers()["content-type"], "application/octet-stream");
            }
            _ => assert_eq!(found.status(), 404),
        }
        for wrong in ["1", "+0", "00", "x"] {
            assert_eq!(read(wrong).await.status(), 404, "{wrong}");
        }
    }
    stage.end().await;
}
