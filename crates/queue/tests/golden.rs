//! Are messages of an older version read, and written, as that version did? Golden files of the wire format: one body of
//! each kind of job and task, byte for byte as commit 450c9f3 sent it.
//!
//! Jobs wait in a queue for up to 14 days, so that version's are received by this one after an upgrade, and this one's by
//! that after a rollback. `tests/data/make-old-data.py` wrote the files.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use domain::timestamp::Timestamp;
use embedded_aws::{Clock, Sqs};
use queue::{Job, Queue, Task};
use serde_json::{Value, json};

const JOBS: [&str; 13] = [
    "job-drain",
    "job-first",
    "job-first-without-payload",
    "job-probe",
    "job-replay",
    "job-replay-forced",
    "job-replay-of-one",
    "job-replay-of-one-forced",
    "job-retry",
    "job-retry-replayed",
    "job-scheduled",
    "job-traced",
    "job-traced-retry",
];
const TASKS: [&str; 2] = ["task-drain", "task-replay"];

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/450c9f3"))
}

/// Bodies by the names of their files.
fn golden(names: &[&'static str]) -> BTreeMap<&'static str, String> {
    let read = |name| std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
    names.iter().map(|name| (*name, read(*name))).collect()
}

/// Everything a job says, by the members' names in its body.
fn members(job: &Job) -> Value {
    let mut members = json!({
        "workspace": job.workspace, "endpoint": job.endpoint, "event": job.event, "delivery": job.delivery,
        "type": job.event_type, "time": job.occurred_at, "payload": job.payload.as_ref().map(|payload| payload.get()),
        "not_before": job.not_before, "deliver_at": job.deliver_at, "parked_at": job.parked_at(), "run": job.replay_id(),
        "probe": job.is_probe().then_some(true), "force": job.is_forced().then_some(true),
        "recheck": (!job.is_first()).then_some(true), "trace": job.trace,
    });
    members.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    members
}

/// The text of a body's payload, which must come through byte for byte.
fn payload_in(body: &str) -> Option<&str> {
    #[derive(serde::Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        payload: Option<&'a serde_json::value::RawValue>,
    }
    serde_json::from_str::<Message<'_>>(body).unwrap().payload.map(|payload| payload.get())
}

/// A queue as it is now, and a client that sees what is on it.
struct Wire {
    queue: Queue,
    client: aws_sdk_sqs::Client,
    _sqs: Sqs,
}

impl Wire {
    async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sqs = Sqs::memory(Clock::new(|| 0)).unwrap().start(listener).unwrap();
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(sqs.endpoint_url())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let client = aws_sdk_sqs::Client::from_conf(config);
        let queue = queue::definition::create(client.clone()).await.unwrap();
        Self { queue, client, _sqs: sqs }
    }

    /// The body of the one message on a queue.
    async fn body(&self, url: &str) -> String {
        let received = self.client.receive_message().queue_url(url).send().await.unwrap();
        received.messages.unwrap().remove(0).body.unwrap()
    }
}

#[test]
fn every_golden_file_is_read() {
    let files =
        std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<_> = files.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect();
    files.sort_unstable();
    assert_eq!(files, [&JOBS[..], &TASKS].concat());
}

#[test]
fn an_older_job_says_what_it_said() {
    for (name, body) in golden(&JOBS) {
        let job = Job::parse(&body).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut said: Value = serde_json::from_str(&body).unwrap();
        said.as_object_mut().unwrap().remove("v").unwrap();
        if let Some(payload) = payload_in(&body) {
            said["payload"] = json!(payload);
        }
        assert_eq!(members(&job), said, "{name}");
    }
}

#[tokio::test]
async fn an_older_job_is_sent_again_byte_for_byte() {
    for (name, body) in golden(&JOBS) {
        let (wire, job) = (Wire::new().await, Job::parse(&body).unwrap());
        // Whatever it waits for is over: it is not delayed.
        wire.queue.send(&[job], Timestamp::from_millis(i64::MAX / 2)).await.unwrap();
        assert_eq!(wire.body(wire.queue.url()).await, body, "{name}");
    }
}

#[tokio::test]
async fn an_older_task_is_read_and_sent_again_byte_for_byte() {
    for (name, body) in golden(&TASKS) {
        let wire = Wire::new().await;
        let task = Task::parse(&body).unwrap_or_else(|error| panic!("{name}: {error}"));
        wire.queue.send_task(task, Duration::ZERO).await.unwrap();
        assert_eq!(wire.body(wire.queue.tasks_url().unwrap()).await, body, "{name}");
    }
}
