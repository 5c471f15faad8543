//! Does a receiver whose verification fails learn why?
//! The signature doctor, asked through the API about real deliveries, and `cargo local receive`, which asks it itself.

use std::path::PathBuf;
use std::time::Duration;

use api::client::ApiClient;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::signing::diagnosis::KnownKey;
use local::options::ReceiveOptions;
use local::receive::{keys, report};
use serde_json::{Map, Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Seen, Stage};

const PROFILES: [&str; 4] = ["standard", "standard-asymmetric", "body", "covered"];

/// A delivery as its receiver would paste it.
fn pasted(endpoint: &Endpoint, seen: &Seen) -> Value {
    let headers = seen.headers.iter().map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())));
    let body = String::from_utf8(seen.body.to_vec()).unwrap();
    json!({ "endpoint_id": endpoint.id, "headers": headers.collect::<Map<_, _>>(), "body": body })
}

async fn ask(caller: &ApiClient, question: &Value) -> Value {
    let (status, answer) = caller.call("POST", "/v1/verify", question.to_string(), &[]).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    answer
}

fn reason(answer: &Value) -> &str {
    answer["reason"].as_str().unwrap()
}

async fn key(stage: &Stage, scopes: Value) -> ApiClient {
    let body = json!({ "name": "theirs", "workspace_id": stage.workspace, "scopes": scopes });
    let made = stage.admin.post("/v1/api-keys", &body).await.unwrap();
    ApiClient::new(&stage.platform.url(), made["key"].as_str().unwrap())
}

async fn one_delivery(stage: &Stage, receiver: &Receiver, settings: Value) -> (Endpoint, Seen) {
    let endpoint = stage.endpoint(receiver, settings).await;
    stage.send("invoice.paid", json!({ "name": "Zoë", "url": "a/b", "n": [1.50, null] })).await;
    stage.deliveries(&endpoint, 1, "delivered").await;
    (endpoint, receiver.seen().pop().unwrap())
}

#[tokio::test]
async fn every_delivery_is_good_under_every_profile_and_nothing_secret_is_answered() {
    for profile in PROFILES {
        let (stage, receiver) = (Stage::set().await, Receiver::start().await);
        let settings = json!({ "signature": { "profile": profile }, "header_prefix": "X-OWC" });
        let (endpoint, seen) = one_delivery(&stage, &receiver, settings).await;
        let mut question = pasted(&endpoint, &seen);
        question["received_at"] = json!(stage.clock().now());
        question["path"] = json!("/hooks?token=of-the-customer");
        let answer = ask(&stage.admin, &question).await;
        assert_eq!((&answer["verdict"], reason(&answer)), (&json!("good"), "signature_valid"), "{profile}");
        assert_eq!((&answer["profile"], &answer["secret"]), (&json!(profile), &json!("current")));
        assert!(answer["compared_with"].as_str().unwrap().starts_with("wd_"));
        assert!(endpoint.secret.is_empty() || !answer.to_string().contains(&endpoint.secret[6..]));
        stage.end().await;
    }
}

#[tokio::test]
async fn what_was_done_to_a_delivery_is_named_by_comparing_it_with_the_log() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let (endpoint, seen) = one_delivery(&stage, &receiver, json!({})).await;
    let question = pasted(&endpoint, &seen);
    let text = question["body"].as_str().unwrap().to_owned();
    let with = |member: &str, value: Value| {
        let mut changed = question.clone();
        changed[member] = value;
        changed
    };
    let with_header = |name: &str, value: &str| {
        let mut changed = question.clone();
        changed["headers"][name] = json!(value);
        changed
    };
    let parsed: Value = serde_json::from_str(&text).unwrap();
    for (changed, expected) in [
        (with("body", json!(parsed.to_string())), "body_reserialised"),
        (with("body", json!(format!("{text}\n"))), "body_newline_added"),
        (with("body", json!(text.replace("Zoë", "Zoe"))), "body_changed"),
        (with_header("webhook-id", "evt_01JZZZZZZZZZZZZZZZZZZZZZ09"), "id_changed"),
        (with_header("webhook-timestamp", "soon"), "timestamp_malformed"),
        (
            with_header("webhook-signature", "v1,MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="),
            "signature_changed",
        ),
    ] {
        let answer = ask(&stage.admin, &changed).await;
        assert_eq!((&answer["verdict"], reason(&answer)), (&json!("bad"), expected), "{answer}");
    }
    let mut late = question.clone();
    late["received_at"] = json!(stage.clock().now().plus(Duration::from_secs(3_600)));
    let answer = ask(&stage.admin, &late).await;
    assert_eq!(reason(&answer), "timestamp_too_old");
    assert!(answer["detail"].as_str().unwrap().starts_with("The timestamp is 36"), "{answer}");

    // A body that is no text, and a signature of their own.
    let mut bytes = question.clone();
    bytes.as_object_mut().unwrap().remove("body");
    bytes["body_base64"] = json!(STANDARD.encode([&b"\xef\xbb\xbf"[..], &seen.body].concat()));
    assert_eq!(reason(&ask(&stage.admin, &bytes).await), "body_bom_added");
    let computed = with("computed", json!(seen.header("webhook-signature")));
    assert_eq!(reason(&ask(&stage.admin, &computed).await), "computed_matches");
    stage.end().await;
}

#[tokio::test]
async fn another_endpoints_delivery_and_an_ended_secret_are_named() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let other = stage.endpoint(&Receiver::start().await, json!({})).await;
    let (endpoint, seen) = one_delivery(&stage, &receiver, json!({})).await;
    let mut question = pasted(&endpoint, &seen);
    question["endpoint_id"] = json!(other.id);
    let answer = ask(&stage.admin, &question).await;
    assert_eq!(reason(&answer), "other_endpoint");
    assert!(answer["detail"].as_str().unwrap().contains(&endpoint.id), "{answer}");

    // The receiver's code still has the secret that was rotated out.
    let path = format!("/v1/webhook-endpoints/{}/secret/rotate", endpoint.id);
    stage.admin.post(&path, &json!({ "overlap_seconds": 60 })).await.unwrap();
    stage.advance(Duration::from_secs(61));
    stage.send("invoice.paid", json!({})).await;
    stage.deliveries(&endpoint, 2, "delivered").await;
    let seen = receiver.seen().pop().unwrap();
    let mut question = pasted(&endpoint, &seen);
    let old = standardwebhooks::Webhook::new(&endpoint.secret).unwrap();
    let at = seen.header("webhook-timestamp").parse().unwrap();
    question["computed"] = json!(old.sign(seen.header("webhook-id"), at, &seen.body).unwrap());
    let answer = ask(&stage.admin, &question).await;
    assert_eq!((reason(&answer), &answer["secret"]), ("secret_expired", &json!("old")), "{answer}");
    assert!(answer["detail"].as_str().unwrap().starts_with("Its secret ended at 20"), "{answer}");
    stage.end().await;
}

#[tokio::test]
async fn it_takes_webhooks_ro_and_what_was_sent_is_compared_only_for_those_who_may_read_it() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let (endpoint, seen) = one_delivery(&stage, &receiver, json!({})).await;
    let question = pasted(&endpoint, &seen);
    let changed = |from: &str, to: &str| {
        let mut changed = question.clone();
        changed["body"] = json!(question["body"].as_str().unwrap().replace(from, to));
        changed
    };
    let reader = key(&stage, json!(["webhooks:ro"])).await;
    let answer = ask(&reader, &question).await;
    assert_eq!((reason(&answer), &answer["compared_with"]), ("signature_valid", &Value::Null));
    let [one, other] =
        [ask(&reader, &changed("Zoë", "Zoe")).await, ask(&reader, &changed("a/b", "a/c")).await];
    assert_eq!(reason(&one), "body_changed", "its length is not that of `Content-Length`");
    assert!(!one["detail"].as_str().unwrap().contains("differ from byte"), "{one}");
    assert_eq!(reason(&other), "wrong_secret", "as far as the request shows");
    let both = key(&stage, json!(["webhooks:ro", "events:ro"])).await;
    assert_eq!(reason(&ask(&both, &changed("a/b", "a/c")).await), "body_changed");

    let status = async |caller: &ApiClient, question: &Value| {
        let (status, answer) = caller.call("POST", "/v1/verify", question.to_string(), &[]).await.unwrap();
        (status, answer["code"].clone(), answer["errors"][0]["pointer"].clone())
    };
    let unfit = key(&stage, json!(["events"])).await;
    assert_eq!(status(&unfit, &question).await, (403, json!("missing_scope"), Value::Null));
    let mut unknown = question.clone();
    unknown["endpoint_id"] = json!("we_01JZZZZZZZZZZZZZZZZZZZZZ09");
    assert_eq!(status(&reader, &unknown).await, (404, json!("not_found"), Value::Null));
    let mut two = question.clone();
    two["body_base64"] = json!("e30=");
    assert_eq!(status(&reader, &two).await, (422, json!("invalid_request"), json!("/body")));
    two["body_base64"] = json!("%");
    assert_eq!(status(&reader, &two).await, (422, json!("invalid_request"), json!("/body_base64")));
    stage.end().await;
}

#[tokio::test]
async fn a_retry_is_good_and_the_headers_of_two_attempts_are_not() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    receiver.answer_first(&[Answer::Status(500)]);
    let settings = json!({ "retry": { "schedule_seconds": [1] }, "signature": { "profile": "covered" } });
    let endpoint = stage.endpoint(&receiver, settings).await;
    stage.send("invoice.paid", json!({})).await;
    stage.attempted(&endpoint, 1).await;
    stage.advance(Duration::from_secs(5));
    stage.deliveries(&endpoint, 1, "delivered").await;
    let [first, second] = <[Seen; 2]>::try_from(receiver.wait_for(2).await).unwrap();
    assert_eq!(reason(&ask(&stage.admin, &pasted(&endpoint, &second)).await), "signature_valid");
    let mut mixed = pasted(&endpoint, &second);
    mixed["headers"]["x-webhook-nonce"] = json!(first.header("x-webhook-nonce"));
    assert_eq!(reason(&ask(&stage.admin, &mixed).await), "attempts_mixed");
    stage.end().await;
}

#[tokio::test]
async fn the_receiver_of_local_mode_calls_every_good_signature_good_and_says_why_one_is_bad() {
    let stage = Stage::set().await;
    for (number, profile) in PROFILES.into_iter().enumerate() {
        let receiver = Receiver::start().await;
        let event = format!("{}.sent", profile.replace('-', "_"));
        let prefix = format!("X-Acme{number}");
        let settings =
            json!({ "signature": { "profile": profile }, "header_prefix": prefix, "events": [event] });
        let endpoint = stage.endpoint(&receiver, settings).await;
        stage.send(&event, json!({ "a": 1 })).await;
        let seen = receiver.wait_for(1).await.pop().unwrap();
        let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
        let public = stage.read(&path).await["public_key"].as_str().map(str::to_owned);
        let secret = public.unwrap_or(endpoint.secret);
        let with = |secrets: &[&str]| {
            let secret = secrets.iter().map(|&secret| secret.to_owned()).collect();
            keys(&ReceiveOptions { port: 0, secret, secret_file: None::<PathBuf>, answer: 200 }).unwrap()
        };
        let now = stage.clock().now();
        let other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let judge = |keys: &[KnownKey], body: &[u8]| {
            let report = report(keys, "/hooks", &seen.headers, body, now);
            (report.text, report.is_refused)
        };
        let (line, refused) = judge(&with(&[other, &secret]), &seen.body);
        assert!(line.starts_with("wd_") && line.contains(&format!("  {event}  attempt 1  ")), "{line}");
        assert!(line.ends_with(&format!("signature good ({profile}, secret 2 of 2)")) && !refused, "{line}");
        let (line, refused) = judge(&with(&[other]), &seen.body);
        assert!(line.contains("signature BAD: wrong_secret\n  why: ") && refused, "{line}");
        let (line, refused) = judge(&with(&[&secret]), b"{}");
        assert!(
            line.contains("signature BAD: body_changed\n  why: `Content-Length` is") && refused,
            "{line}"
        );
        let (line, refused) = judge(&[], &seen.body);
        assert!(line.ends_with("signature not checked") && !refused, "{line}");
    }
    stage.end().await;
}
