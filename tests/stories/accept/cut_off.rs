//! What becomes of an event that was cut off between its row and its jobs?
//! A sweep finds it and sends its jobs: after a request that failed, after one whose caller went away, after a process
//! that was killed.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::event::event_type::EventType;
use domain::event::ledger::Ledger;
use domain::event::{Event, Payload};
use domain::id::{EventId, WorkspaceId};
use domain::timestamp::Timestamp;
use local::data_dir::DataDir;
use local::first_run::prepare;
use local::observe::Trouble;
use local::platform::{Platform, Setup};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Receiver, Stage};
use usecases::Clock;

const JOBS_REFUSED: (&str, Trouble) = ("SendMessageBatch", Trouble::Refused);

/// The calls of `ingest` of which the next one goes wrong, and how.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<Vec<(&'static str, Trouble)>>>);

impl Script {
    fn next(&self, function: &str, operation: &str) -> Option<Trouble> {
        let mut script = self.0.lock().unwrap();
        let place = script.iter().position(|(name, _)| function == "ingest" && *name == operation)?;
        Some(script.remove(place).1)
    }

    fn play(&self, calls: &[(&'static str, Trouble)]) {
        self.0.lock().unwrap().extend(calls);
    }
}

async fn stage(script: &Script) -> (Stage, Receiver, Endpoint) {
    let script = script.clone();
    let stage = Stage::set_with_trouble(move |function, operation| script.next(function, operation)).await;
    let receiver = Receiver::start().await;
    let endpoint = stage.endpoint(&receiver, json!({})).await;
    stage.send("invoice.paid", json!({ "n": 0 })).await;
    receiver.wait_for(1).await;
    (stage, receiver, endpoint)
}

/// Sends an event of which something goes wrong.
async fn fail(stage: &Stage, n: u32, key: &[(&str, &str)]) {
    let body = json!({ "workspace_id": stage.workspace, "type": "invoice.paid", "data": { "n": n } });
    let (status, answer) = stage.admin.call("POST", "/v1/events", body.to_string(), key).await.unwrap();
    assert_eq!(status, 500, "{answer}");
}

/// The numbers of the events that have arrived, in order of their numbers.
fn arrived(receiver: &Receiver) -> Vec<u64> {
    let number = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap()["data"]["n"].as_u64().unwrap();
    let mut arrived: Vec<_> = receiver.seen().iter().map(|seen| number(&seen.body)).collect();
    arrived.sort_unstable();
    arrived
}

/// Lets so much time pass that what is owed is begun.
async fn pass(stage: &Stage) {
    stage.advance(Duration::from_secs(181));
    stage.platform.tick().await.unwrap();
}

#[tokio::test]
async fn an_event_whose_jobs_were_refused_is_sent_within_minutes_and_only_once() {
    let script = Script::default();
    let (stage, receiver, endpoint) = stage(&script).await;
    script.play(&[JOBS_REFUSED]);
    fail(&stage, 1, &[]).await;
    stage.send("invoice.paid", json!({ "n": 2 })).await;
    receiver.wait_for(2).await;

    pass(&stage).await;
    stage.deliveries(&endpoint, 3, "delivered").await;
    pass(&stage).await;
    stage.end().await;
    assert_eq!(arrived(&receiver), [0, 1, 2]);
}

#[tokio::test]
async fn a_write_that_the_sdk_repeats_because_its_answer_was_lost_is_no_conflict_with_itself() {
    let script = Script::default();
    let (stage, receiver, endpoint) = stage(&script).await;
    // The claim of the key, and the row of the event: both are written under a condition.
    script.play(&[("PutItem", Trouble::Repeated), ("PutItem", Trouble::Repeated)]);
    let id = EventId::new(stage.clock().now(), 7);
    let body =
        json!({ "workspace_id": stage.workspace, "id": id, "type": "invoice.paid", "data": { "n": 1 } });
    let send = async |n: u64| {
        let mut body = body.clone();
        body["data"]["n"] = json!(n);
        stage.admin.call("POST", "/v1/events", body.to_string(), &[]).await.unwrap()
    };
    let (status, answer) = send(1).await;
    assert_eq!((status, answer["id"].as_str()), (202, Some(id.to_string().as_str())), "{answer}");
    stage.deliveries(&endpoint, 2, "delivered").await;
    assert!(script.0.lock().unwrap().is_empty(), "both went wrong");

    // Another event under this id is a conflict, even if the SDK repeats the request.
    script.play(&[("PutItem", Trouble::Repeated)]);
    let (status, problem) = send(2).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("event_exists")));
    stage.end().await;
    assert_eq!(arrived(&receiver), [0, 1]);
}

#[tokio::test]
async fn a_row_whose_answer_was_lost_is_finished_as_well() {
    let script = Script::default();
    let (stage, receiver, endpoint) = stage(&script).await;
    script.play(&[("BatchWriteItem", Trouble::AnswerLost)]);
    fail(&stage, 1, &[]).await;
    pass(&stage).await;
    stage.deliveries(&endpoint, 2, "delivered").await;
    stage.end().await;
    assert_eq!(arrived(&receiver), [0, 1]);
}

#[tokio::test]
async fn what_cannot_be_noted_because_the_disk_is_full_is_noted_later() {
    let script = Script::default();
    let (stage, receiver, endpoint) = stage(&script).await;
    script.play(&[JOBS_REFUSED, ("UpdateItem", Trouble::Refused)]);
    fail(&stage, 1, &[]).await;
    pass(&stage).await;
    pass(&stage).await;
    stage.deliveries(&endpoint, 2, "delivered").await;
    stage.end().await;
    assert_eq!(arrived(&receiver), [0, 1]);
}

#[tokio::test]
async fn a_producer_that_repeats_its_request_finishes_it_and_the_sweep_finds_nothing() {
    let script = Script::default();
    let (stage, receiver, endpoint) = stage(&script).await;
    let key = [("idempotency-key", "order-1")];
    script.play(&[JOBS_REFUSED]);
    fail(&stage, 1, &key).await;
    let body = json!({ "workspace_id": stage.workspace, "type": "invoice.paid", "data": { "n": 1 } });
    let (status, answer) = stage.admin.call("POST", "/v1/events", body.to_string(), &key).await.unwrap();
    assert_eq!(status, 202, "{answer}");
    receiver.wait_for(2).await;
    pass(&stage).await;
    stage.deliveries(&endpoint, 2, "delivered").await;
    stage.end().await;
    assert_eq!(arrived(&receiver), [0, 1]);
}

#[tokio::test]
async fn a_scheduled_event_that_was_cut_off_goes_out_after_its_hour() {
    let script = Script::default();
    let (stage, receiver, endpoint) = stage(&script).await;
    script.play(&[JOBS_REFUSED]);
    let deliver_at = stage.clock().now().plus(Duration::from_secs(900));
    let body = json!({
        "workspace_id": stage.workspace, "type": "invoice.paid", "data": { "n": 1 }, "deliver_at": deliver_at,
    });
    let (status, answer) = stage.admin.call("POST", "/v1/events", body.to_string(), &[]).await.unwrap();
    assert_eq!(status, 500, "{answer}");
    pass(&stage).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(arrived(&receiver), [0], "it is not due");
    stage.advance(Duration::from_secs(900));
    stage.platform.tick().await.unwrap();
    stage.deliveries(&endpoint, 2, "delivered").await;
    stage.end().await;
    assert_eq!(arrived(&receiver), [0, 1]);
}

#[tokio::test]
async fn a_replay_by_hand_selects_what_was_cut_off() {
    let script = Script::default();
    let (stage, receiver, endpoint) = stage(&script).await;
    let since = stage.clock().now();
    script.play(&[JOBS_REFUSED]);
    fail(&stage, 1, &[]).await;
    // No schedule runs.
    stage.advance(Duration::from_secs(601));
    let path = format!("/v1/webhook-endpoints/{}/replay", endpoint.id);
    let replay = json!({ "since": since, "status": "skipped" });
    let (status, answer) = stage.admin.call("POST", &path, replay.to_string(), &[]).await.unwrap();
    assert!(status < 300, "{status} {answer}");
    stage.deliveries(&endpoint, 2, "delivered").await;
    assert_eq!(arrived(&receiver), [0, 1]);
    pass(&stage).await;
    stage.end().await;
    assert_eq!(arrived(&receiver), [0, 1]);
}

/// A clock that the story moves.
#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn clock(&self) -> Clock {
        let (hands, system) = (self.clone(), Clock::system());
        Clock::new(move || Timestamp::from_millis(system.now().as_millis() + hands.0.load(Ordering::SeqCst)))
    }
}

async fn started(data: &DataDir, clock: &Clock) -> Platform {
    let observer = stories::calls::observer();
    let traces = usecases::Traces::default();
    let setup =
        Setup { data: Some(data), port: 0, clock: clock.clone(), observer, traces, ..Setup::default() };
    Platform::start(setup).await.unwrap()
}

/// Writes an event's row and sends no job, as a process that is killed between the two.
async fn cut_off(platform: &Platform, workspace: WorkspaceId, endpoint: &str, now: Timestamp) -> EventId {
    let event = Event {
        id: EventId::new(now, 7),
        uid: None,
        workspace_id: workspace,
        event_type: EventType::parse("invoice.paid").unwrap(),
        occurred_at: now,
        payload: Payload::new(RawValue::from_string("{\"n\":1}".to_owned()).unwrap().into()),
        erased_at: None,
        channels: Vec::new(),
        deliver_at: None,
        trace: None,
        is_test: false,
        caused_by: None,
        ledger: Ledger { deliveries: vec![endpoint.parse().unwrap()], skipped: Vec::new() },
    };
    let expires_at = now.plus(Duration::from_secs(86_400));
    assert!(platform.store.save_event(&event, expires_at).await.unwrap());
    event.id
}

async fn killed_and_restarted(folder: &Path) {
    let hands = Hands(Arc::default());
    let (clock, receiver) = (hands.clock(), Receiver::start().await);
    {
        let data = DataDir::open(folder).unwrap();
        let platform = started(&data, &clock).await;
        let beginnings = prepare(&platform.store, Some(&data), None, &clock).await.unwrap();
        let api = api::client::ApiClient::new(&platform.url(), beginnings.admin_key.reveal());
        let body = json!({ "workspace_id": beginnings.workspace, "url": receiver.url() });
        let endpoint = api.post("/v1/webhook-endpoints", &body).await.unwrap();
        cut_off(&platform, beginnings.workspace, endpoint["id"].as_str().unwrap(), clock.now()).await;
        platform.stop().await;
    }
    let data = DataDir::open(folder).unwrap();
    let platform = started(&data, &clock).await;
    hands.0.fetch_add(181_000, Ordering::SeqCst);
    platform.tick().await.unwrap();
    receiver.wait_for(1).await;
    assert_eq!(arrived(&receiver), [1]);
    platform.stop().await;
}

#[tokio::test]
async fn what_a_killed_process_cut_off_is_sent_after_the_restart() {
    let folder = std::env::temp_dir().join(format!("posthorn-cut-off-{}", std::process::id()));
    killed_and_restarted(&folder).await;
    std::fs::remove_dir_all(&folder).unwrap();
}
