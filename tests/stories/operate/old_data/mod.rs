//! Does data of an older version stay readable, and are the deliveries that wait in it sent?
//! Backward compatibility of rows, jobs and tasks, with the data folder that local mode of commit 450c9f3 left behind.
//!
//! The clock stands at the instant of the stop until a story moves it. `tests/data/450c9f3/README.md` describes the
//! folder's content and how it was made.

mod folder;
mod signature;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest as sha256};
use serde_json::{Value, json};

use folder::OldData;
use signature::{hex, is_signed};

/// Whether `answer` has everything that `recorded` has. Members may have been added since.
fn has_all_of(answer: &Value, recorded: &Value) -> bool {
    match (answer, recorded) {
        (Value::Object(answer), Value::Object(recorded)) => {
            recorded.iter().all(|(name, value)| answer.get(name).is_some_and(|a| has_all_of(a, value)))
        }
        (Value::Array(answer), Value::Array(recorded)) => {
            answer.len() == recorded.len() && answer.iter().zip(recorded).all(|(a, r)| has_all_of(a, r))
        }
        _ => answer == recorded,
    }
}

#[tokio::test]
async fn everything_reads_as_the_older_version_showed_it() {
    let old = OldData::open("old-data-reads").await;
    for (path, recorded) in &old.answers {
        let answer = old.stage.read(path).await;
        assert!(has_all_of(&answer, recorded), "{path} is {answer:#}\nand was {recorded:#}");
    }
    for (subject, recorded) in old.manifest["statistics"].as_object().unwrap() {
        let kind = if subject.starts_with("ws_") { "workspaces" } else { "webhook-endpoints" };
        let path = format!("/v1/{kind}/{subject}/statistics");
        let (status, answer) = old.stage.admin.call("GET", &path, "", &[]).await.unwrap();
        // Those of an endpoint that was deleted cannot be read.
        let is_deleted = status == 404 && !old.answers.contains_key(&format!("/v1/{kind}/{subject}"));
        assert!(is_deleted || has_all_of(&answer["total"], recorded), "{path} is {answer:#}, not {recorded}");
    }
    assert!(old.receiver.seen().is_empty(), "something went out although the clock stood still");
    old.stage.platform.stop().await;
}

#[tokio::test]
async fn older_api_keys_open_what_they_opened() {
    let old = OldData::open("old-data-keys").await;
    let reading = old.client("one workspace, reading");
    let listed = reading.get("/v1/webhook-endpoints").await.unwrap();
    let by_admin = format!("/v1/webhook-endpoints?workspace_id={}", old.workspace("acme"));
    // A key that only reads no longer sees the values of custom headers.
    let mut expected = old.stage.read(&by_admin).await["data"].clone();
    for endpoint in expected.as_array_mut().unwrap() {
        for value in endpoint["headers"].as_object_mut().unwrap().values_mut() {
            *value = json!("[hidden]");
        }
    }
    assert_eq!(listed["data"], expected);
    let event =
        json!({ "workspace_id": old.workspace("acme"), "type": "of.no.interest", "data": {} }).to_string();
    let send = async |key| old.client(key).call("POST", "/v1/events", event.clone(), &[]).await.unwrap().0;
    assert_eq!(send("one workspace, reading").await, 403);
    assert_eq!(send("one workspace").await, 202);
    assert_eq!(send("all workspaces").await, 202);
    let other_workspace = old.at("missed");
    assert_eq!(old.client("one workspace").call("GET", &other_workspace, "", &[]).await.unwrap().0, 404);

    let key = format!("/v1/api-keys/{}", old.manifest["api_keys"]["one workspace"]["id"].as_str().unwrap());
    assert_eq!(old.stage.admin.call("DELETE", &key, "", &[]).await.unwrap().0, 204);
    old.stage.platform.stop().await;
}

#[tokio::test]
async fn what_waited_goes_out_and_is_signed_with_the_secrets_of_then() {
    let old = OldData::open("old-data-waits").await;
    let waiting = old.waiting();
    assert!(waiting.len() >= 35, "{waiting:?}");
    // The delivery that waits for its slot gets it. Then the rate limit is lifted: of five retries that are due together
    // it would park some, and the sender asks for their drain only once in three seconds of real time. In that time this
    // story's clock goes on by half an hour, so the drain has ended before the last one is parked.
    let (probed, path) = (&old.endpoint("probed")["id"], old.at("probed"));
    let slot = waiting.iter().filter(|(_, row)| row["endpoint_id"] == *probed && row["status"] == "pending");
    let slot: Vec<_> = slot.map(|(id, _)| id).collect();
    assert_eq!(slot.len(), 1);
    old.pass_time_until_delivered(&slot, Duration::from_secs(5)).await;
    assert_eq!(old.stage.admin.call("PATCH", &path, r#"{"rate_limit":null}"#, &[]).await.unwrap().0, 200);

    old.pass_time_until_delivered(&waiting.keys().collect::<Vec<_>>(), Duration::from_secs(40)).await;
    old.all_is_well(&["dead", "probed", "recovered", "failing", "rated"]).await;

    // The replay that was under way goes on where it was: two had been sent, one was left.
    let replay = format!("/v1/replays/{}", old.manifest["replays"]["running"].as_str().unwrap());
    let replay = old.stage.read(&replay).await;
    let is = (&replay["status"], &replay["examined"], &replay["sent"]);
    assert_eq!(is, (&json!("completed"), &json!(106), &json!(3)));

    let (deliveries, mut arrived) = (old.deliveries().await, BTreeSet::new());
    for seen in old.receiver.seen() {
        let id = seen.header("idempotency-key").to_owned();
        let (name, _) = &deliveries[&id];
        assert!(is_signed(&seen, old.endpoint(name)), "{name}: {seen:?}");
        // The body is the same in every attempt, also in those that the older version made.
        let log = old.answers.get(&format!("{}/deliveries/{id}", old.at(name)));
        let digest = log.map_or(&Value::Null, |log| &log["attempt_log"][0]["request"]["body_sha256"]);
        assert!(digest.is_null() || *digest == hex(sha256(&SHA256, &seen.body).as_ref()), "{name}: {seen:?}");
        arrived.insert(id);
    }
    for (id, then) in &waiting {
        assert!(arrived.contains(id), "{id} did not arrive: {:?}", deliveries[id]);
        assert!(deliveries[id].1["attempts"].as_u64() > then["attempts"].as_u64(), "{:?}", deliveries[id]);
    }
    for name in ["standard", "asymmetric", "body", "covered", "unsigned", "scheduled", "missed", "traced"] {
        assert!(arrived.iter().any(|id| deliveries[id].0 == name), "nothing arrived at {name}");
    }
    old.stage.end().await;
}

#[tokio::test]
async fn an_older_request_is_known_again_and_an_older_count_goes_on() {
    let old = OldData::open("old-data-counts").await;
    let send = async |body: String| {
        let headers = [("idempotency-key", "order-1-created")];
        old.stage.admin.call("POST", "/v1/events", body, &headers).await.unwrap()
    };
    let request = old.manifest["repeatable_request"].as_str().unwrap();
    let (status, again) = send(request.to_owned()).await;
    assert_eq!((status, &again["id"]), (202, &old.manifest["events"]["created"]));
    let (status, problem) = send(request.replace("[\"a\"", "[\"x\"")).await;
    assert_eq!((status, &problem["code"]), (409, &json!("idempotency_key_reused")));

    // 106 of the day's 107 events had been sent.
    let event = json!({ "workspace_id": old.workspace("bulk"), "type": "bulk.tick", "data": {} }).to_string();
    assert_eq!(old.post("/v1/events", &event).await.0, 202);
    assert_eq!(old.post("/v1/events", &event).await.1["code"], "quota_exceeded");
    old.stage.platform.stop().await;
}

#[tokio::test]
async fn an_older_endpoint_that_is_changed_keeps_its_secrets_and_headers() {
    let old = OldData::open("old-data-endpoints").await;
    let admin = &old.stage.admin;
    let path = old.at("standard");
    let (status, changed) = admin.call("PATCH", &path, r#"{"description":"moved"}"#, &[]).await.unwrap();
    assert_eq!((status, &changed["headers"]), (200, &old.answers[&path]["headers"]));
    let (status, rotated) = old.post(&format!("{path}/secret/rotate"), "{}").await;
    assert_eq!((status, rotated["old_secrets"].as_array().unwrap().len()), (200, 2));
    let (status, test) = old.post(&format!("{path}/test"), "").await;
    assert_eq!((status, &test["status"]), (200, &json!("delivered")));
    let mut standard = old.endpoint("standard").clone();
    standard["secrets"].as_array_mut().unwrap().insert(0, rotated["secret"].clone());
    let seen = old.receiver.wait_for(1).await.remove(0);
    assert!(is_signed(&seen, &standard), "{seen:?}");
    assert_eq!(seen.header("authorization"), "Bearer an-old-token");

    // These are deleted with their health, their drains and their slots.
    for path in [old.at("dead"), old.at("rated")] {
        assert_eq!(admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
        assert_eq!(admin.call("GET", &path, "", &[]).await.unwrap().0, 404);
    }
    old.stage.platform.stop().await;
}

#[tokio::test]
async fn an_older_delivery_is_replayed_under_its_ids_unless_its_event_was_erased() {
    let old = OldData::open("old-data-replays").await;
    let list = &old.answers[&format!("{}/deliveries?limit=250", old.at("finished"))];
    let failed = list.as_array().unwrap().iter().find(|row| row["status"] == "failed").unwrap();
    let path = format!("{}/deliveries/{}", old.at("finished"), failed["id"].as_str().unwrap());
    let recorded = &old.answers[&path];
    assert_eq!(old.post(&format!("{path}/replay"), "").await.0, 202);
    let seen = old.receiver.wait_for(1).await.remove(0);
    assert!(is_signed(&seen, old.endpoint("finished")), "{seen:?}");
    assert_eq!(failed["event_id"], seen.header("webhook-id"));
    let row = old.until(&path, |row| row["status"] == "delivered").await;
    // The attempts that the older version made are still in its log, before the new one.
    let mut log = row["attempt_log"].clone();
    assert_eq!(log.as_array_mut().unwrap().pop().unwrap()["trigger"], "replay");
    assert!(has_all_of(&log, &recorded["attempt_log"]), "{row:#}");

    let (off, erased) = (old.at("off"), old.manifest["events"]["erased"].as_str().unwrap());
    assert_eq!(old.stage.admin.call("PATCH", &off, r#"{"active":true}"#, &[]).await.unwrap().0, 200);
    let body = json!({ "workspace_id": old.workspace("acme"), "endpoint_ids": [old.endpoint("off")["id"]] });
    let (status, problem) = old.post(&format!("/v1/events/{erased}/replay"), &body.to_string()).await;
    assert_eq!((status, &problem["code"]), (409, &json!("event_erased")));
    old.stage.platform.stop().await;
}
