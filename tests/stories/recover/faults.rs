//! Is an accepted event ever lost?
//! Fault injection: AWS refuses calls, its answers get lost, jobs come twice, the clock is set back, an endpoint is
//! down for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use domain::id::DeliveryId;
use embedded_aws::sqs;
use local::observe::Trouble;
use queue::definition::{DEAD_LETTERS, JOBS, TASKS};
use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};
use usecases::Randomness;

const EVENTS: usize = 90;
/// One call in eight goes wrong.
const OFTEN: f64 = 0.125;

/// Lets calls of the functions on an event's way go wrong, and counts them.
#[derive(Clone, Default)]
struct Faults(Arc<Counts>);

#[derive(Default)]
struct Counts {
    over: AtomicBool,
    refused: AtomicU32,
    lost: AtomicU32,
    repeated: AtomicU32,
}

impl Faults {
    fn next(&self, function: &str) -> Option<Trouble> {
        let luck = Randomness::system().unit();
        if function == "management" || self.0.over.load(Ordering::SeqCst) || luck > OFTEN {
            return None;
        }
        let (trouble, count) = match luck / OFTEN {
            ..0.34 => (Trouble::Refused, &self.0.refused),
            0.34..0.67 => (Trouble::AnswerLost, &self.0.lost),
            _ => (Trouble::Repeated, &self.0.repeated),
        };
        count.fetch_add(1, Ordering::SeqCst);
        Some(trouble)
    }
}

/// Sends an event as a careful producer does: again and again with the same key, until it is accepted.
async fn accepted(stage: &Stage, n: usize) -> String {
    let body = json!({ "workspace_id": stage.workspace, "type": "invoice.paid", "data": { "n": n } });
    let key = [("idempotency-key", format!("order-{n}"))];
    let key = key.each_ref().map(|(name, value)| (*name, value.as_str()));
    for _ in 0..200 {
        let (status, answer) = stage.admin.call("POST", "/v1/events", body.to_string(), &key).await.unwrap();
        match status {
            202 => return answer["id"].as_str().unwrap().to_owned(),
            // What was begun under the key is leased for half a minute.
            409 => stage.advance(Duration::from_secs(31)),
            500.. => {}
            _ => panic!("{status} {answer}"),
        }
    }
    panic!("event {n} was not accepted")
}

/// Sends a copy of each job of an event, as SQS may (at-least-once): the copy knows nothing of the first job's result.
async fn double_jobs(stage: &Stage, endpoints: &[Endpoint], event: &str, n: usize) {
    let client = stage.platform.aws.sqs_client();
    for endpoint in endpoints {
        let delivery = DeliveryId::of(event.parse().unwrap(), endpoint.id.parse().unwrap());
        let job = json!({
            "v": 1, "workspace": stage.workspace, "endpoint": endpoint.id, "event": event, "delivery": delivery,
            "type": "invoice.paid", "time": stage.clock().now(), "payload": { "n": n },
        });
        let copy = client.send_message().queue_url(stage.platform.queue.url()).message_body(job.to_string());
        copy.send().await.unwrap();
    }
}

/// Lets time pass: drains take steps, and the schedule runs. It fails when one of the schedule's calls fails.
async fn pass(stage: &Stage, round: usize) -> Result<(), String> {
    stage.advance(Duration::from_secs(if round.is_multiple_of(5) { 61 } else { 2 }));
    tokio::time::sleep(Duration::from_millis(50)).await;
    stage.platform.tick().await.map_err(|error| error.to_string())
}

async fn statuses(stage: &Stage, endpoint: &Endpoint) -> BTreeMap<String, usize> {
    let path = format!("/v1/webhook-endpoints/{}/deliveries?limit=250", endpoint.id);
    let mut counted = BTreeMap::new();
    for row in stage.read(&path).await.as_array().unwrap() {
        *counted.entry(row["status"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counted
}

fn seen(receiver: &Receiver) -> BTreeSet<String> {
    let id = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap()["id"].as_str().unwrap().to_owned();
    receiver.seen().iter().map(|seen| id(&seen.body)).collect()
}

#[tokio::test]
async fn no_accepted_event_is_lost_whatever_goes_wrong_on_its_way() {
    let faults = Faults::default();
    // The trouble begins when local mode has started: a start that AWS refuses is told, not survived.
    let started = Arc::new(AtomicBool::new(false));
    let stage = Stage::set_with_trouble({
        let (faults, started) = (faults.clone(), Arc::clone(&started));
        move |function, _| if started.load(Ordering::SeqCst) { faults.next(function) } else { None }
    })
    .await;
    started.store(true, Ordering::SeqCst);
    let (steady, shaky) = (Receiver::start().await, Receiver::start().await);
    let patient = json!({
        "retry": { "schedule_seconds": vec![600; 30] }, "disable": { "consecutive_failures": 10_000 },
    });
    let endpoints = [stage.endpoint(&steady, patient.clone()).await, stage.endpoint(&shaky, patient).await];

    // 1. Producers send; one endpoint is down from the first third to the last.
    let mut ids = BTreeSet::new();
    for n in 0..EVENTS {
        match n {
            _ if n == EVENTS / 3 => shaky.answer(Answer::Status(503)),
            _ if n == 2 * EVENTS / 3 => shaky.answer(Answer::Status(200)),
            _ if n % 20 == 0 => stage.set_back(Duration::from_secs(20)),
            _ => {}
        }
        let id = accepted(&stage, n).await;
        if n % 7 == 0 {
            double_jobs(&stage, &endpoints, &id, n).await;
        }
        ids.insert(id);
    }
    assert_eq!(ids.len(), EVENTS, "one event a key");

    // 2. Time goes by; at first things go wrong as before.
    for round in 0..25 {
        pass(&stage, round).await.ok();
    }
    faults.0.over.store(true, Ordering::SeqCst);
    let all_delivered = BTreeMap::from([("delivered".to_owned(), EVENTS)]);
    let mut last = Vec::new();
    for round in 0..200 {
        pass(&stage, round).await.unwrap();
        last = vec![statuses(&stage, &endpoints[0]).await, statuses(&stage, &endpoints[1]).await];
        if last.iter().all(|counted| *counted == all_delivered) {
            break;
        }
    }

    // 3. Everything has arrived everywhere, and nothing is left over.
    assert_eq!(last, [all_delivered.clone(), all_delivered]);
    assert_eq!((seen(&steady), seen(&shaky)), (ids.clone(), ids));
    let Counts { refused, lost, repeated, .. } = &*faults.0;
    let wrong = [refused, lost, repeated].map(|count| count.load(Ordering::SeqCst));
    assert!(wrong.iter().all(|count| *count > 15), "refused, lost and repeated: {wrong:?}");

    // 4. Jobs of retries that came to nothing, and tasks that went wrong, still wait for their time. They find nothing
    //    to do.
    let sent = [steady.seen().len(), shaky.seen().len()];
    let queues = &stage.platform.aws.sqs;
    for round in 0..60 {
        let left = [queues.counts(JOBS).await.unwrap(), queues.counts(TASKS).await.unwrap()];
        if left == [sqs::Counts::default(); 2] {
            break;
        }
        pass(&stage, 5 * round).await.unwrap();
    }
    assert_eq!(queues.counts(DEAD_LETTERS).await.unwrap(), sqs::Counts::default());
    assert_eq!([steady.seen().len(), shaky.seen().len()], sent);
    stage.end().await;
}
