//! What happens to the deliveries of a dead endpoint?
//! The circuit breaker: the circuit opens, deliveries are parked, a probe finds the endpoint recovered, and a drain
//! sends the parked deliveries. An endpoint that stays dead is switched off, and subscribers of operational events are
//! notified.

use std::time::Duration;

use domain::id::EndpointKey;
use domain::timestamp::Timestamp;
use local::platform::Platform;
use serde_json::{Value, json};
use store::rows::drains::DrainReason;
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};
use usecases::Context;

/// Never switched off within a story.
const PATIENT: u32 = 10_000;

pub(super) async fn statuses(stage: &Stage, endpoint: &Endpoint) -> Vec<String> {
    let path = format!("/v1/webhook-endpoints/{}/deliveries?limit=250", endpoint.id);
    let rows = stage.read(&path).await;
    rows.as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap().to_owned()).collect()
}

pub(super) fn count(statuses: &[String], wanted: &str) -> usize {
    statuses.iter().filter(|status| *status == wanted).count()
}

/// Waits until `holds` of the endpoint's statuses.
pub(super) async fn until(stage: &Stage, endpoint: &Endpoint, holds: impl Fn(&[String]) -> bool) {
    let mut last = Vec::new();
    for _ in 0..500 {
        last = statuses(stage, endpoint).await;
        if holds(&last) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never came to that: {last:?}")
}

pub(super) async fn active(stage: &Stage, endpoint: &Endpoint) -> Value {
    stage.read(&format!("/v1/webhook-endpoints/{}", endpoint.id)).await
}

/// Lets a drain take its steps: each is a second after the one before, and it ends after ten seconds of quiet.
pub(super) async fn drained(stage: &Stage, endpoint: &Endpoint, delivered: usize) {
    for _ in 0..40 {
        stage.advance(Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    until(stage, endpoint, |all| count(all, "delivered") == delivered).await;
}

/// A dead endpoint with an open circuit: one delivery waits, the others are parked.
async fn dead(stage: &Stage, receiver: &Receiver, events: usize) -> Endpoint {
    let settings = json!({
        "retry": { "schedule_seconds": [3600, 3600] }, "disable": { "consecutive_failures": PATIENT },
    });
    let endpoint = stage.endpoint(receiver, settings).await;
    receiver.answer(Answer::Status(503));
    for _ in 0..5 {
        stage.send("invoice.paid", json!({})).await;
    }
    until(stage, &endpoint, |all| count(all, "retrying") == 5).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    for _ in 5..events {
        stage.send("invoice.paid", json!({})).await;
    }
    until(stage, &endpoint, |all| all.len() == events && count(all, "parked") == events - 5).await;
    endpoint
}

#[tokio::test]
async fn an_open_circuit_parks_and_the_first_success_drains() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = dead(&stage, &receiver, 40).await;
    assert_eq!(receiver.seen().len(), 5, "what is parked is not tried");
    let read = active(&stage, &endpoint).await;
    assert_eq!((&read["health"]["parked"], &read["health"]["parked_exact"]), (&json!(35), &json!(true)));
    let next_probe = Timestamp::parse(read["health"]["next_probe_at"].as_str().unwrap()).unwrap();
    let wait = next_probe.since(stage.clock().now());
    assert!(Duration::from_secs(40) < wait && wait <= Duration::from_secs(105), "{read}");
    let listed = stage.read(&format!("/v1/webhook-endpoints?workspace_id={}", stage.workspace)).await;
    let listed = &listed["data"][0]["health"];
    assert_eq!(listed["next_probe_at"], read["health"]["next_probe_at"]);
    assert!(listed.get("parked").is_none(), "a list counts nothing: {listed}");
    let parked = stage.read(&format!("/v1/undelivered?workspace_id={}&limit=1", stage.workspace)).await;
    let parked = &parked["data"][0];
    assert_eq!(parked["parked_reason"], "endpoint_failing");
    assert!(parked["parked_at"].as_str() >= parked["created_at"].as_str(), "{parked}");

    receiver.answer(Answer::Status(200));
    stage.advance(Duration::from_secs(61));
    stage.platform.tick().await.unwrap();
    receiver.wait_for(6).await;
    drained(&stage, &endpoint, 40).await;
    let row = &stage.read(&format!("/v1/webhook-endpoints/{}/deliveries", endpoint.id)).await[0];
    assert_eq!((&row["parked_at"], &row["parked_reason"]), (&Value::Null, &Value::Null));
    let health = &active(&stage, &endpoint).await["health"];
    assert_eq!((&health["parked"], &health["next_probe_at"]), (&json!(0), &Value::Null));
    stage.advance(Duration::from_secs(4_000));
    stage.end().await;

    let mut ids: Vec<_> = receiver.seen().iter().map(|seen| seen.header("webhook-id").to_owned()).collect();
    assert_eq!(ids.len(), 45, "5 failures, 40 successes");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 40);
}

#[tokio::test]
async fn a_probe_that_fails_leaves_everything_parked() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = dead(&stage, &receiver, 12).await;
    stage.platform.tick().await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(receiver.seen().len(), 5, "no probe is due within a minute of the last failure");
    stage.advance(Duration::from_secs(61));
    stage.platform.tick().await.unwrap();
    receiver.wait_for(6).await;
    until(&stage, &endpoint, |all| count(all, "parked") == 7 && count(all, "retrying") == 5).await;
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    stage.advance(Duration::from_secs(4_000));
    stage.end().await;
}

#[tokio::test]
async fn the_schedule_does_each_of_its_parts_even_if_another_fails() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = dead(&stage, &receiver, 6).await;
    let Platform { store, queue, aws, .. } = &stage.platform;
    let key = EndpointKey::new(stage.workspace.parse().unwrap(), endpoint.id.parse().unwrap());
    store.start_drain(key, DrainReason::Recovery, 20, usecases::Clock::system().now()).await.unwrap();
    stage.advance(Duration::from_secs(180));
    // No probe can be sent, but tasks can.
    let gone = queue::Queue::new(aws.sqs_client(), format!("{}-gone", queue.url()), None);
    let gone = gone.with_tasks(queue.tasks_url().unwrap().to_owned());
    let clock = stage.clock();
    let context = Context::new(store.clone(), gone)
        .with_clock_and_randomness(clock.clone(), usecases::Randomness::system());
    assert!(maintenance::tick(&context).await.is_err());
    // The circuit is open, so the drain is still owed; but a step has worked on its row.
    let in_a_minute = || Timestamp::from_millis(clock.now().as_millis() + 60_000);
    for _ in 0..500 {
        if store.lost_drains(in_a_minute()).await.unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(store.lost_drains(in_a_minute()).await.unwrap().is_empty(), "the lost drain was not resumed");
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    stage.advance(Duration::from_secs(4_000));
    stage.end().await;
}

#[tokio::test]
async fn a_waiting_job_is_a_probe_too() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = dead(&stage, &receiver, 20).await;
    receiver.answer(Answer::Status(200));
    stage.advance(Duration::from_secs(3_970));
    until(&stage, &endpoint, |all| count(all, "delivered") >= 5).await;
    drained(&stage, &endpoint, 20).await;
    stage.end().await;
}

#[tokio::test]
async fn however_many_arrive_only_a_bounded_number_is_in_flight() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let settings = json!({
        "retry": { "schedule_seconds": [3600] }, "disable": { "consecutive_failures": PATIENT },
    });
    let endpoint = stage.endpoint(&receiver, settings).await;
    receiver.answer(Answer::Status(500));
    for _ in 0..5 {
        let events: Vec<_> = (0..100)
            .map(|_| json!({ "workspace_id": stage.workspace, "type": "invoice.paid", "data": {} }))
            .collect();
        stage.admin.post("/v1/events/batch", &json!({ "events": events })).await.unwrap();
    }
    let counts = async || stage.platform.aws.sqs.counts(queue::definition::JOBS).await.unwrap();
    for _ in 0..500 {
        if counts().await.visible == 0 && counts().await.in_flight <= 100 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let left = counts().await;
    assert!(left.visible == 0 && left.in_flight <= 100, "{left:?}");
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    assert_eq!(stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    stage.advance(Duration::from_secs(4_000));
    stage.end().await;
}

#[tokio::test]
async fn an_endpoint_that_fails_for_long_is_switched_off_and_loses_nothing() {
    let (stage, receiver, console) = (Stage::set().await, Receiver::start().await, Receiver::start().await);
    let watcher = stage.endpoint(&console, json!({ "events": ["posthorn.endpoint.*"] })).await;
    // The names until version 0.1 are aliases; who lists both gets each event once, under its name.
    let (old_console, both_console) = (Receiver::start().await, Receiver::start().await);
    stage.endpoint(&old_console, json!({ "events": ["endpoint.*"] })).await;
    stage.endpoint(&both_console, json!({ "events": ["endpoint.disabled", "posthorn.*"] })).await;
    let settings = json!({
        "retry": { "schedule_seconds": [10, 10, 10, 10, 10, 10] },
        "disable": { "consecutive_failures": 4, "window_seconds": 30 },
    });
    let endpoint = stage.endpoint(&receiver, settings).await;
    receiver.answer(Answer::Status(500));
    stage.send("invoice.paid", json!({ "n": 1 })).await;
    for attempt in 1..=4 {
        stage.attempted(&endpoint, attempt).await;
        stage.advance(Duration::from_secs(12));
    }
    for _ in 0..200 {
        if active(&stage, &endpoint).await["active"] == false {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(active(&stage, &endpoint).await["disabled_reason"], "failing");
    let told = console.wait_for(2).await;
    let types: Vec<_> = told.iter().map(|seen| seen.header("x-webhook-event")).collect();
    let both = ["posthorn.endpoint.disabled", "posthorn.endpoint.failing"];
    assert!(both.iter().all(|one| types.contains(one)), "{types:?}");
    let told_both = both_console.wait_for(2).await;
    assert!(told_both.iter().all(|seen| both.contains(&seen.header("x-webhook-event"))));
    for seen in old_console.wait_for(2).await {
        let body: Value = serde_json::from_slice(&seen.body).unwrap();
        let alias = seen.header("x-webhook-event").to_owned();
        assert!(["endpoint.disabled", "endpoint.failing"].contains(&alias.as_str()), "{alias}");
        assert_eq!(
            (&body["type"], &body["data"]["alias_of"]),
            (&json!(alias), &json!(format!("posthorn.{alias}")))
        );
        assert_eq!(body["data"]["endpoint_id"], endpoint.id);
    }
    assert!(told.iter().all(|seen| seen.is_signed_with(&watcher.secret)));

    // Its waiting job is parked when it comes back, and goes out when the endpoint is switched on again.
    until(&stage, &endpoint, |all| count(all, "parked") == 1).await;
    receiver.answer(Answer::Status(200));
    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    stage.admin.call("PATCH", &path, r#"{"active":true}"#, &[]).await.unwrap();
    drained(&stage, &endpoint, 1).await;
    stage.end().await;
}

#[tokio::test]
async fn an_endpoint_that_moves_begins_anew_and_gets_what_was_parked() {
    let (stage, dead_receiver, receiver) =
        (Stage::set().await, Receiver::start().await, Receiver::start().await);
    let endpoint = dead(&stage, &dead_receiver, 9).await;
    let well = stage.endpoint(&receiver, json!({ "events": ["ticket.created"] })).await;
    let read = active(&stage, &endpoint).await;
    assert_eq!((&read["health"]["failures"], &read["health"]["circuit"]), (&json!(5), &json!("open")));
    assert!(read["health"]["failing_since"].is_string(), "{read}");
    assert_eq!(read["health"]["last_error"], "http_status");
    assert_eq!(read["health"]["response_status"], 503);
    let list = format!("/v1/webhook-endpoints?workspace_id={}", stage.workspace);
    let list = stage.read(&list).await;
    let fares_well = json!({
        "failures": 0, "failing_since": null, "last_error": null, "response_status": null, "circuit": "closed",
        "next_probe_at": null,
    });
    assert_eq!((&list["data"][0]["id"], &list["data"][0]["health"]), (&json!(well.id), &fares_well));
    // A list does not count what is parked.
    let but_parked = |health: &Value| {
        let mut health = health.clone();
        health.as_object_mut().unwrap().retain(|member, _| !member.starts_with("parked"));
        health
    };
    assert_eq!(list["data"][1]["health"], but_parked(&read["health"]));
    assert_eq!(read["health"]["parked"], 4);

    let path = format!("/v1/webhook-endpoints/{}", endpoint.id);
    let patch = async |body: Value| stage.admin.call("PATCH", &path, body.to_string(), &[]).await.unwrap().0;
    assert_eq!(patch(json!({ "description": "dead", "url": dead_receiver.url() })).await, 200);
    assert_eq!(active(&stage, &endpoint).await["health"], read["health"], "it is where it was");
    assert_eq!(patch(json!({ "url": receiver.url() })).await, 200);
    assert_eq!(but_parked(&active(&stage, &endpoint).await["health"]), fares_well);
    drained(&stage, &endpoint, 9).await;
    assert_eq!(dead_receiver.seen().len(), 5);
    stage.advance(Duration::from_secs(4_000));
    stage.end().await;
    assert_eq!(receiver.seen().len(), 9);
}

#[tokio::test]
async fn a_parked_delivery_that_is_replayed_by_hand_is_attempted() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let endpoint = dead(&stage, &receiver, 8).await;
    let rows = stage.read(&format!("/v1/webhook-endpoints/{}/deliveries", endpoint.id)).await;
    let parked = rows.as_array().unwrap().iter().find(|row| row["status"] == "parked").unwrap();
    let path =
        format!("/v1/webhook-endpoints/{}/deliveries/{}/replay", endpoint.id, parked["id"].as_str().unwrap());
    receiver.answer(Answer::Status(200));
    assert_eq!(stage.admin.call("POST", &path, "", &[]).await.unwrap().0, 202);
    receiver.wait_for(6).await;
    // Its success closes the circuit.
    drained(&stage, &endpoint, 8).await;
    stage.advance(Duration::from_secs(4_000));
    stage.end().await;
    assert_eq!(receiver.seen().len(), 13, "5 failures, 8 successes");
}

#[tokio::test]
async fn what_is_given_up_is_told_once_and_only_to_those_who_asked_by_name() {
    let (stage, receiver, console) = (Stage::set().await, Receiver::start().await, Receiver::start().await);
    stage.endpoint(&console, json!({ "events": ["posthorn.delivery.exhausted"] })).await;
    let all = Receiver::start().await;
    stage.endpoint(&all, json!({ "events": [] })).await;
    let settings = json!({ "events": ["invoice.*"], "retry": { "schedule_seconds": [] } });
    let endpoint = stage.endpoint(&receiver, settings).await;
    receiver.answer(Answer::Status(500));
    let accepted = stage.send("invoice.paid", json!({})).await;
    let told = console.wait_for(1).await.remove(0);
    let body: Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!(body["type"], "posthorn.delivery.exhausted");
    assert_eq!(body["data"]["event_id"], accepted["id"]);
    assert_eq!(body["data"]["endpoint_id"], endpoint.id);
    stage.end().await;
    assert_eq!((console.seen().len(), all.seen().len()), (1, 1));
}
