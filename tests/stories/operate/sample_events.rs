//! Do the sample events work?
//! Every file of `events/` is fed to its function, and must have the result that its folder's README names.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use api::client::ApiClient;
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::defaults::EndpointDefaults;
use domain::timestamp::Timestamp;
use egress::Egress;
use http_body_util::BodyExt as _;
use http_kit::http_api::finish;
use lambda_kit::metrics::Metrics;
use local::observe::Watch;
use local::samples::ENDPOINT;
use serde_json::{Value, json};
use stories::{Receiver, Stage};
use tower::ServiceExt as _;
use usecases::act::actions::Actions;
use usecases::act::schemas::Schemas;
use usecases::deliver::attempt_delivery::Sender;
use usecases::manage::management::Management;
use usecases::receive::receiving::Receiving;
use usecases::{Context, Intake, Randomness};

/// The context of a function that was just started.
fn context(stage: &Stage) -> Context {
    Context::new(stage.platform.store.clone(), stage.platform.queue.clone())
}

/// The same, as the story of the roles sees maintenance: nothing else calls it by hand, for the first API key. What it
/// reads of that is not sealed.
fn as_maintenance(stage: &Stage) -> Context {
    let Some(observer) = stories::calls::observer() else { return context(stage) };
    let watch = Watch { function: "maintenance", observer };
    Context::new(stage.platform.aws.store_of([0; 32], &watch), stage.platform.queue.clone())
}

/// The fixture that the samples refer to, as `cargo local --samples` creates it.
async fn world(receiver: &Receiver) -> Stage {
    let stage = Stage::set().await;
    furnish(&stage, receiver).await;
    stage
}

async fn furnish(stage: &Stage, receiver: &Receiver) {
    let targets = AllowedTargets::loopback_and_http();
    let receiver =
        local::first_run::Receiver { store: &stage.platform.store, url: receiver.url(), targets: &targets };
    for _ in 0..2 {
        local::samples::prepare(&receiver, &stage.clock()).await.unwrap();
    }
}

fn folder(function: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../events")).join(function)
}

fn sample(function: &str, name: &str) -> String {
    std::fs::read_to_string(folder(function).join(name)).unwrap()
}

/// Checks that every sample in the folder is tried by a test.
fn assert_all_are_tried(function: &str, tried: &[&str]) {
    let files = std::fs::read_dir(folder(function)).unwrap();
    let files: BTreeSet<_> = files
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    assert_eq!(files, tried.iter().map(|name| (*name).to_owned()).collect());
}

async fn http(router: axum::Router, sample: &str) -> (u16, Value) {
    let (status, body) = plain_http(router, sample).await;
    (status, serde_json::from_str(&body).unwrap())
}

/// The same where the answer is the provider's: it need not be JSON.
async fn plain_http(router: axum::Router, sample: &str) -> (u16, String) {
    let request = lambda_http::request::from_str(sample).unwrap();
    let response = finish(router, Metrics::none()).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts.status.as_u16(), String::from_utf8(bytes.into()).unwrap())
}

fn problem(answer: &(u16, Value)) -> (u16, &str, &str) {
    let (status, body) = answer;
    (*status, body["code"].as_str().unwrap_or(""), body["errors"][0]["pointer"].as_str().unwrap_or(""))
}

#[tokio::test]
async fn every_sample_of_ingest_is_answered_as_its_readme_says() {
    let receiver = Receiver::start().await;
    let stage = world(&receiver).await;
    let context = context(&stage);
    let answer =
        async |name| http(ingest::router(Intake::new(context.clone())), &sample("ingest", name)).await;
    assert_all_are_tried(
        "ingest",
        &[
            "accept.json",
            "accept-with-idempotency-key.json",
            "malformed-json.json",
            "unknown-field.json",
            "wrong-key.json",
            "bad-type-name.json",
        ],
    );

    let (status, body) = answer("accept.json").await;
    assert_eq!((status, body["deliveries"][0]["endpoint_id"].as_str()), (202, Some(ENDPOINT)));
    let first = answer("accept-with-idempotency-key.json").await;
    assert_eq!((first.0, &first), (202, &answer("accept-with-idempotency-key.json").await));
    assert_eq!(problem(&answer("malformed-json.json").await), (400, "malformed_json", ""));
    assert_eq!(problem(&answer("unknown-field.json").await), (422, "unknown_field", "/priority"));
    assert_eq!(problem(&answer("wrong-key.json").await), (401, "unauthorized", ""));
    assert_eq!(problem(&answer("bad-type-name.json").await), (422, "invalid_request", "/type"));
    receiver.wait_for(2).await;
    stage.end_after_repeating().await;
    assert_eq!(receiver.seen().len(), 2);
}

/// The function `inbound`, just started.
fn receiving(context: Context) -> Receiving {
    let egress = Egress::new(AllowedTargets::public_only()).unwrap();
    Receiving::new(Intake::new(context), egress, "https://hooks.example.com".into())
}

#[tokio::test]
async fn every_sample_of_inbound_is_answered_as_its_readme_says() {
    let receiver = Receiver::start().await;
    let stage = world(&receiver).await;
    let receiving = receiving(context(&stage));
    let provider =
        async |name| plain_http(inbound::router(receiving.clone()), &sample("inbound", name)).await;
    let caller = async |name| http(inbound::router(receiving.clone()), &sample("inbound", name)).await;
    assert_all_are_tried(
        "inbound",
        &[
            "twilio-status.json",
            "twilio-status-forged.json",
            "meta-challenge.json",
            "meta-batch.json",
            "sendgrid-batch.json",
            "sns-of-another-topic.json",
            "inbound-parse.json",
            "wrong-token.json",
            "wrong-method.json",
            "replay-unknown-request.json",
            "replay-wrong-key.json",
            "attachment-of-unknown-request.json",
        ],
    );

    for _ in 0..2 {
        assert_eq!(provider("twilio-status.json").await, (200, "<Response></Response>".to_owned()));
    }
    assert_eq!(provider("twilio-status-forged.json").await.0, 401);
    assert_eq!(provider("meta-challenge.json").await, (200, "1158201444".to_owned()));
    assert_eq!(provider("meta-batch.json").await.0, 200);
    assert_eq!(provider("sendgrid-batch.json").await.0, 401);
    assert_eq!(provider("sns-of-another-topic.json").await.0, 403);
    assert_eq!(provider("inbound-parse.json").await.0, 200);
    assert_eq!(problem(&caller("wrong-token.json").await), (404, "not_found", ""));
    assert_eq!(problem(&caller("wrong-method.json").await), (405, "method_not_allowed", ""));
    assert_eq!(problem(&caller("replay-unknown-request.json").await), (404, "not_found", ""));
    assert_eq!(problem(&caller("replay-wrong-key.json").await), (401, "unauthorized", ""));
    assert_eq!(problem(&caller("attachment-of-unknown-request.json").await), (404, "not_found", ""));

    receiver.wait_for(4).await;
    let reasons = async |source: &str| -> Vec<Value> {
        let page = stage.read(&format!("/v1/sources/{source}/requests")).await;
        page["data"].as_array().unwrap().iter().map(|request| request["reason"].clone()).collect()
    };
    let sources: Vec<_> = (5..=9).map(|n| format!("src_01JZZZZZZZZZZZZZZZZZZZZZ{n:02}")).collect();
    assert_eq!(reasons(&sources[0]).await, [json!("signature_mismatch"), Value::Null, Value::Null]);
    assert_eq!(reasons(&sources[1]).await, [Value::Null, Value::Null]);
    assert_eq!(reasons(&sources[2]).await, ["timestamp_too_old"]);
    assert_eq!(reasons(&sources[3]).await, ["topic_not_allowed"]);
    assert_eq!(reasons(&sources[4]).await, [Value::Null]);
    stage.end_after_repeating().await;
    let mut types: Vec<_> = receiver.seen().iter().map(event_type).collect();
    types.sort();
    assert_eq!(types, ["email.received", "sms.delivered", "whatsapp.delivered", "whatsapp.message.received"]);
}

/// Its signature covers its time.
#[tokio::test]
async fn the_batch_of_sendgrid_is_accepted_in_its_time() {
    let receiver = Receiver::start().await;
    let stage = Stage::set_at(Timestamp::from_millis(1_767_605_484_000)).await;
    furnish(&stage, &receiver).await;
    let context = context(&stage).with_clock_and_randomness(stage.clock(), Randomness::system());
    let batch = sample("inbound", "sendgrid-batch.json");
    let (status, answer) = plain_http(inbound::router(receiving(context)), &batch).await;
    assert_eq!(status, 200, "{answer}");
    receiver.wait_for(2).await;
    stage.end().await;
    let mut types: Vec<_> = receiver.seen().iter().map(event_type).collect();
    types.sort();
    assert_eq!(types, ["email.bounced", "email.delivered"]);
}

fn event_type(seen: &stories::Seen) -> String {
    let event: Value = serde_json::from_slice(&seen.body).unwrap();
    event["type"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_sample_of_management_is_answered_as_its_readme_says() {
    let receiver = Receiver::start().await;
    let stage = world(&receiver).await;
    let targets = AllowedTargets::public_only();
    let management = Management {
        context: context(&stage),
        targets,
        endpoint_defaults: EndpointDefaults::default(),
        public_url: "https://hooks.example.com".into(),
    };
    let answer = async |name| http(management::router(management.clone()), &sample("management", name)).await;
    assert_all_are_tried(
        "management",
        &[
            "create-endpoint.json",
            "create-endpoint-private-url.json",
            "list-endpoints.json",
            "unknown-route.json",
            "health.json",
        ],
    );

    let (status, body) = answer("create-endpoint.json").await;
    assert_eq!(status, 201, "{body}");
    assert!(body["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(problem(&answer("create-endpoint-private-url.json").await), (422, "invalid_request", "/url"));
    let (status, body) = answer("list-endpoints.json").await;
    assert_eq!((status, body["data"].as_array().unwrap().len()), (200, 2));
    assert_eq!(problem(&answer("unknown-route.json").await), (404, "not_found", ""));
    assert_eq!(answer("health.json").await.0, 200);
    stage.end().await;
}

#[tokio::test]
async fn every_sample_of_definitions_is_answered_as_its_readme_says() {
    let receiver = Receiver::start().await;
    let stage = world(&receiver).await;
    let definitions = Management {
        context: context(&stage),
        targets: AllowedTargets::public_only(),
        endpoint_defaults: EndpointDefaults::default(),
        public_url: "https://hooks.example.com".into(),
    };
    let answer =
        async |name| http(definitions::router(definitions.clone()), &sample("definitions", name)).await;
    assert_all_are_tried(
        "definitions",
        &[
            "list-sources.json",
            "create-source.json",
            "create-source-without-secret.json",
            "unknown-request.json",
            "wrong-key.json",
        ],
    );

    let (status, body) = answer("list-sources.json").await;
    assert_eq!((status, body["data"].as_array().unwrap().len()), (200, 5));
    let (status, body) = answer("create-source.json").await;
    assert_eq!(status, 201, "{body}");
    assert!(body["address"].as_str().unwrap().starts_with("https://hooks.example.com/in/"));
    let refused = answer("create-source-without-secret.json").await;
    assert_eq!(problem(&refused), (422, "invalid_request", "/secrets"));
    assert_eq!(problem(&answer("unknown-request.json").await), (404, "not_found", ""));
    assert_eq!(problem(&answer("wrong-key.json").await), (401, "unauthorized", ""));
    stage.end().await;
}

#[tokio::test]
async fn every_sample_of_actions_is_answered_as_its_readme_says() {
    let receiver = Receiver::start().await;
    let stage = world(&receiver).await;
    let egress = Egress::new(AllowedTargets::loopback_and_http()).unwrap();
    let actions =
        Actions::new(context(&stage), egress, "https://hooks.example.com".into(), Schemas::json_schema());
    let answer = async |name| http(actions::router(actions.clone()), &sample("actions", name)).await;
    assert_all_are_tried(
        "actions",
        &[
            "send-test-event.json",
            "send-test-event-unknown-endpoint.json",
            "send-test-event-wrong-method.json",
            "preview-event.json",
            "preview-half-an-event.json",
            "preview-wrong-key.json",
            "curl-unknown-delivery.json",
            "verify-signature.json",
            "verify-reserialised-body.json",
            "verify-without-body.json",
            "mcp-list-tools.json",
        ],
    );

    let (status, body) = answer("send-test-event.json").await;
    assert_eq!(
        (status, body["trigger"].as_str(), body["status"].as_str()),
        (200, Some("test"), Some("delivered"))
    );
    assert_eq!(body["attempt_log"].as_array().unwrap().len(), 1);
    assert_eq!(problem(&answer("send-test-event-unknown-endpoint.json").await), (404, "not_found", ""));
    assert_eq!(problem(&answer("send-test-event-wrong-method.json").await), (405, "method_not_allowed", ""));
    let (status, body) = answer("preview-event.json").await;
    assert_eq!((status, body["url"].as_str()), (200, Some(receiver.url())));
    assert!(body["headers"].to_string().contains("webhook-signature"), "{body}");
    assert_eq!(problem(&answer("preview-half-an-event.json").await), (422, "invalid_request", ""));
    assert_eq!(problem(&answer("preview-wrong-key.json").await), (401, "unauthorized", ""));
    assert_eq!(problem(&answer("curl-unknown-delivery.json").await), (404, "not_found", ""));
    for (name, verdict, reason) in [
        ("verify-signature.json", "good", "signature_valid"),
        ("verify-reserialised-body.json", "bad", "body_reserialised"),
    ] {
        let (status, body) = answer(name).await;
        assert_eq!((status, &body["verdict"], &body["reason"]), (200, &json!(verdict), &json!(reason)));
    }
    assert_eq!(problem(&answer("verify-without-body.json").await), (422, "invalid_request", "/body"));
    let (status, body) = answer("mcp-list-tools.json").await;
    assert_eq!((status, body["result"]["tools"].as_array().unwrap().len()), (200, 3), "{body}");
    stage.end().await;
    assert_eq!(receiver.seen().len(), 1, "only the test event is sent");
}

#[tokio::test]
async fn every_sample_of_maintenance_names_the_records_its_readme_says() {
    let stage = world(&Receiver::start().await).await;
    let context = context(&stage);
    assert_all_are_tried(
        "maintenance",
        &["drain.json", "unknown-task.json", "schedule.json", "ingest-cut-off.json", "create-admin-key.json"],
    );
    let named = async |name| -> Vec<String> {
        let event = serde_json::from_str(&sample("maintenance", name)).unwrap();
        let answer = maintenance::handle(&context, &Metrics::none(), event).await;
        answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
    };
    assert!(named("drain.json").await.is_empty());
    assert_eq!(named("unknown-task.json").await, ["5d0f1a6e-8a3f-4b7e-9c55-0f5f3d2b6a11"]);
    let invoke = async |context: &Context, name| {
        let event = serde_json::from_str(&sample("maintenance", name)).unwrap();
        maintenance::invoke(context, &Metrics::none(), event).await
    };
    assert_eq!(invoke(&context, "schedule.json").await.unwrap(), Value::Null);
    assert_eq!(invoke(&context, "ingest-cut-off.json").await.unwrap(), Value::Null);
    let owed = stage.platform.store.lost_sweeps(stage.clock().now().plus(Duration::from_secs(121))).await;
    assert_eq!(owed.unwrap().len(), 2, "one for each workspace");
    assert_eq!(invoke(&context, "drain.json").await.unwrap(), json!({ "batchItemFailures": [] }));
    let key = invoke(&as_maintenance(&stage), "create-admin-key.json").await.unwrap();
    let caller = ApiClient::new(&stage.platform.url(), key["key"].as_str().unwrap());
    assert_eq!(caller.get("/v1/workspaces").await.unwrap()["data"].as_array().unwrap().len(), 2);
    let unknown = maintenance::invoke(&context, &Metrics::none(), json!({ "anything": "else" })).await;
    assert!(unknown.unwrap_err().to_string().contains("anything"));
    stage.end().await;
}

#[tokio::test]
async fn every_sample_of_sender_names_the_records_its_readme_says() {
    let receiver = Receiver::start().await;
    let stage = world(&receiver).await;
    let egress = Egress::new(AllowedTargets::loopback_and_http()).unwrap();
    let sender = Sender::new(context(&stage), egress);
    let named = async |name| -> Vec<String> {
        let event = serde_json::from_str(&sample("sender", name)).unwrap();
        let answer = sender::handle(&sender, &Metrics::none(), event).await;
        answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
    };
    assert_all_are_tried(
        "sender",
        &[
            "first-attempt.json",
            "retry.json",
            "two-records-one-bad.json",
            "unknown-version.json",
            "malformed.json",
        ],
    );

    assert!(named("first-attempt.json").await.is_empty());
    assert_eq!(receiver.seen().len(), 1);
    // The row of the first attempt says that the delivery is settled, so nothing is sent.
    assert!(named("retry.json").await.is_empty());
    let after_retry = receiver.seen().len();
    assert_eq!(named("two-records-one-bad.json").await, ["fd6b6fc9-220b-42d2-a683-ae8e4f50a210"]);
    assert_eq!(receiver.seen().len(), after_retry + 1);
    assert_eq!(named("unknown-version.json").await, ["7b1f6dff-14d8-42df-ab7d-a9487be0612d"]);
    assert_eq!(named("malformed.json").await, ["36604411-a85d-42bd-ae97-e22bfb5b692d"]);
    assert_eq!(receiver.seen().len(), after_retry + 1);
    stage.end().await;
}
