//! Jobs on the embedded SQS, through the same SDK as on AWS.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use domain::event::Event;
use domain::event::event_type::EventType;
use domain::event::ledger::Ledger;
use domain::id::{EndpointId, EventId, WorkspaceId};
use domain::timestamp::Timestamp;
use embedded_aws::{Clock, Sqs};
use queue::{Job, Queue, QueueError};
use serde_json::value::RawValue;

/// Both queues, a client, and the hands of their clock.
struct Bench {
    queue: Queue,
    client: aws_sdk_sqs::Client,
    hands: Arc<AtomicI64>,
    sqs: Sqs,
}

impl Bench {
    async fn new() -> Self {
        let hands = Arc::new(AtomicI64::new(1_750_000_000_000));
        let clock = { Arc::clone(&hands) };
        let clock = Clock::new(move || clock.load(Ordering::SeqCst));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sqs = Sqs::memory(clock).unwrap().start(listener).unwrap();
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(sqs.endpoint_url())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let client = aws_sdk_sqs::Client::from_conf(config);
        let queue = queue::definition::create(client.clone()).await.unwrap();
        Self { queue, client, hands, sqs }
    }

    async fn receive(&self, url: &str) -> Vec<Message> {
        let request = self.client.receive_message().queue_url(url).max_number_of_messages(10);
        let request = request.message_system_attribute_names(MessageSystemAttributeName::All);
        request.send().await.unwrap().messages.unwrap_or_default()
    }

    fn advance(&self, seconds: i64) {
        self.hands.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

fn start() -> Timestamp {
    Timestamp::from_millis(1_750_000_000_000)
}

fn job(number: u128, payload: &str) -> Job {
    let at = start();
    let event = Event {
        id: EventId::new(at, number),
        uid: None,
        workspace_id: WorkspaceId::new(at, 1),
        event_type: EventType::parse("invoice.paid").unwrap(),
        occurred_at: at,
        payload: Arc::new(RawValue::from_string(payload.to_owned()).unwrap().into()),
        erased_at: None,
        channels: Vec::new(),
        deliver_at: None,
        trace: None,
        is_test: false,
        caused_by: None,
        ledger: Ledger::default(),
    };
    Job::first(&event, EndpointId::new(at, number))
}

#[tokio::test]
async fn every_job_of_a_wide_fan_out_arrives_under_its_endpoints_group() {
    let bench = Bench::new().await;
    let jobs: Vec<_> = (0..123).map(|n| job(n, "{}")).collect();
    bench.queue.send(&jobs, start()).await.unwrap();
    let mut arrived = Vec::new();
    while arrived.len() < jobs.len() {
        let messages = bench.receive(bench.queue.url()).await;
        assert!(!messages.is_empty(), "{} of {} arrived", arrived.len(), jobs.len());
        for message in messages {
            let job = Job::parse(message.body().unwrap()).unwrap();
            let group = &message.attributes().unwrap()[&MessageSystemAttributeName::MessageGroupId];
            assert_eq!(*group, job.endpoint.to_string());
            arrived.push(job.delivery);
        }
    }
    arrived.sort_unstable();
    let mut sent: Vec<_> = jobs.iter().map(|job| job.delivery).collect();
    sent.sort_unstable();
    assert_eq!(arrived, sent);
}

#[tokio::test]
async fn large_payloads_are_cut_into_batches_that_sqs_takes() {
    let bench = Bench::new().await;
    // Quotation marks double when a payload is put into a body: 30 KB become 60 KB.
    let payload = serde_json::to_string(&"\"".repeat(15_000)).unwrap();
    let jobs: Vec<_> = (0..40).map(|n| job(n, &payload)).collect();
    bench.queue.send(&jobs, start()).await.unwrap();
    assert_eq!(bench.sqs.counts(queue::definition::JOBS).await.unwrap().visible, 40);
}

#[tokio::test]
async fn a_job_that_is_not_due_stays_away_as_long_as_sqs_can_delay_it() {
    let bench = Bench::new().await;
    let due = |seconds| start().plus(Duration::from_secs(seconds));
    let jobs =
        [job(1, "{}").delayed(due(30)), job(2, "{}").delayed(due(3_600)), job(3, "{}").delayed(due(0))];
    bench.queue.send(&jobs, start()).await.unwrap();
    let arrived = async || {
        let messages = bench.receive(bench.queue.url()).await;
        messages.iter().map(|message| Job::parse(message.body().unwrap()).unwrap().event).collect::<Vec<_>>()
    };
    assert_eq!(arrived().await, [jobs[2].event]);
    bench.advance(29);
    assert!(arrived().await.is_empty());
    bench.advance(1);
    assert_eq!(arrived().await, [jobs[0].event]);
    // An hour is more than SQS can delay: the job comes early, and its receiver sends it again. The others,
    // which were not deleted, are visible again by then.
    bench.advance(869);
    assert!(!arrived().await.contains(&jobs[1].event));
    bench.advance(1);
    assert!(arrived().await.contains(&jobs[1].event));
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_an_error() {
    let bench = Bench::new().await;
    let nowhere = format!("{}-gone", bench.queue.url());
    let queue = Queue::new(bench.client.clone(), nowhere, None);
    assert!(matches!(queue.send(&[job(1, "{}")], start()).await, Err(QueueError::Aws { .. })));
    assert!(matches!(queue.move_to_dead_letter("x", None).await, Err(QueueError::NoDeadLetterQueue)));
}

#[tokio::test]
async fn rescheduled_jobs_come_back_after_their_delay_and_not_before() {
    let bench = Bench::new().await;
    bench.queue.send(&(0..25).map(|n| job(n, "{}")).collect::<Vec<_>>(), start()).await.unwrap();
    let mut waits = Vec::new();
    while waits.len() < 25 {
        for message in bench.receive(bench.queue.url()).await {
            waits.push((message.receipt_handle().unwrap().to_owned(), Duration::from_millis(59_500)));
        }
    }
    assert!(bench.queue.reschedule(&waits).await.is_empty());
    bench.advance(59);
    assert!(bench.receive(bench.queue.url()).await.is_empty());
    bench.advance(1);
    let back = bench.receive(bench.queue.url()).await;
    assert_eq!(back.len(), 10);
    let receives = &back[0].attributes().unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount];
    assert_eq!(receives, "2");
}

#[tokio::test]
async fn one_bad_receipt_is_told_and_does_not_keep_the_others() {
    let bench = Bench::new().await;
    bench.queue.send(&(0..12).map(|n| job(n, "{}")).collect::<Vec<_>>(), start()).await.unwrap();
    // More than one batch of SQS, and the bad one is in the first.
    let mut waits = vec![("not a receipt".to_owned(), Duration::from_secs(5))];
    while waits.len() < 13 {
        for message in bench.receive(bench.queue.url()).await {
            waits.push((message.receipt_handle().unwrap().to_owned(), Duration::from_secs(5)));
        }
    }
    let failed = bench.queue.reschedule(&waits).await;
    assert_eq!(failed.keys().collect::<Vec<_>>(), ["not a receipt"]);
    assert!(matches!(*failed["not a receipt"], QueueError::Entries { count: 1, .. }), "{failed:?}");
    bench.advance(5);
    assert_eq!(bench.sqs.counts(queue::definition::JOBS).await.unwrap().visible, 12);
}

#[tokio::test]
async fn a_job_moved_to_the_dead_letter_queue_keeps_its_body_and_group() {
    let bench = Bench::new().await;
    bench.queue.move_to_dead_letter("whatever it was", Some("we_1")).await.unwrap();
    let dead = bench.receive(bench.queue.dead_letter_url().unwrap()).await.remove(0);
    assert_eq!(dead.body(), Some("whatever it was"));
    assert_eq!(dead.attributes().unwrap()[&MessageSystemAttributeName::MessageGroupId], "we_1");
}
