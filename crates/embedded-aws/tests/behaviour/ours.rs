//! What only our SQS promises, or what needs its clock: restarts, fairness, limits, and many callers at once.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, SendMessageBatchRequestEntry};
use embedded_aws::sqs::Counts;
use embedded_aws::{Clock, Durability, Sqs};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{Hands, bodies, code, create_queue, loopback, receive, sqs_client};

struct Ours {
    sqs: Sqs,
    client: aws_sdk_sqs::Client,
    url: String,
    hands: Hands,
}

impl Ours {
    async fn start(sqs: impl FnOnce(Clock) -> Sqs) -> Self {
        let hands = Hands::new();
        let sqs = sqs(hands.clock()).start(loopback().await).unwrap();
        let client = sqs_client(sqs.endpoint_url());
        let url = create_queue(&client, "jobs", &[]).await;
        Self { sqs, client, url, hands }
    }

    async fn memory() -> Self {
        Self::start(|clock| Sqs::memory(clock).unwrap()).await
    }

    async fn send(&self, body: &str, group: &str) {
        let request = self.client.send_message().queue_url(&self.url).message_body(body);
        request.message_group_id(group).send().await.unwrap();
    }

    async fn receive(&self, most: i32) -> Vec<aws_sdk_sqs::types::Message> {
        receive(&self.client, &self.url, most).await
    }

    async fn hide(&self, handle: &str, seconds: i32) -> Result<(), String> {
        let request = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(handle);
        request.visibility_timeout(seconds).send().await.map(|_| ()).map_err(|error| code(&error))
    }
}

#[tokio::test]
async fn visibility_is_capped_at_twelve_hours_from_the_receive() {
    let ours = Ours::memory().await;
    ours.send("x", "g").await;
    let handle = ours.receive(1).await.remove(0).receipt_handle.unwrap();
    ours.hide(&handle, 43_000).await.unwrap();
    ours.hands.advance(300);
    assert_eq!(ours.hide(&handle, 43_000).await, Err("InvalidParameterValue".into()));
    ours.hide(&handle, 42_900).await.unwrap();
}

#[tokio::test]
async fn a_message_comes_back_exactly_when_its_visibility_ends() {
    let ours = Ours::memory().await;
    ours.send("x", "g").await;
    let handle = ours.receive(1).await.remove(0).receipt_handle.unwrap();
    ours.hide(&handle, 3_600).await.unwrap();
    ours.hands.advance(3_599);
    assert!(ours.receive(1).await.is_empty());
    ours.hands.advance(1);
    assert_eq!(ours.receive(1).await.len(), 1);
}

#[tokio::test]
async fn a_message_past_the_queues_retention_is_gone() {
    let ours = Ours::memory().await;
    ours.send("x", "g").await;
    ours.hands.advance(4 * 86_400 + 1);
    assert!(ours.receive(1).await.is_empty());
    assert_eq!(ours.sqs.counts("jobs").await.unwrap(), Counts::default());
}

#[tokio::test]
async fn a_quiet_group_is_served_before_one_with_many_in_flight() {
    let ours = Ours::memory().await;
    for n in 0..20 {
        ours.send(&format!("noisy {n}"), "noisy").await;
    }
    assert_eq!(ours.receive(10).await.len(), 10);
    ours.send("quiet", "quiet").await;
    assert_eq!(bodies(&ours.receive(1).await), ["quiet"]);
}

#[tokio::test]
async fn past_the_in_flight_limit_a_receive_gives_nothing_until_something_is_deleted() {
    let ours = Ours::memory().await;
    ours.sqs.set_in_flight_limit(2);
    for n in 0..4 {
        ours.send(&n.to_string(), "g").await;
    }
    let held = ours.receive(10).await;
    assert_eq!(held.len(), 2);
    assert!(ours.receive(10).await.is_empty());
    let handle = held[0].receipt_handle().unwrap();
    ours.client.delete_message().queue_url(&ours.url).receipt_handle(handle).send().await.unwrap();
    assert_eq!(ours.receive(10).await.len(), 1);
}

#[tokio::test]
async fn a_restart_keeps_messages_and_releases_only_what_was_being_worked_on() {
    let folder = std::env::temp_dir().join(format!("embedded-sqs-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("sqs.sqlite");
    let ours = Ours::start(|clock| Sqs::file(&file, clock, Durability::Full).unwrap()).await;
    for body in ["waiting", "interrupted", "backoff"] {
        ours.send(body, body).await;
    }
    let messages = ours.receive(3).await;
    let handle = |body| messages.iter().find(|m| m.body() == Some(body)).unwrap().receipt_handle().unwrap();
    ours.hide(handle("backoff"), 600).await.unwrap();
    ours.hide(handle("waiting"), 0).await.unwrap();
    let hands = ours.hands.clone();
    drop(ours);

    let sqs = Sqs::file(&file, hands.clock(), Durability::Relaxed).unwrap();
    let counts = sqs.counts("jobs").await.unwrap();
    assert_eq!(counts, Counts { visible: 1, in_flight: 2, delayed: 0 });
    sqs.release_received().await.unwrap();
    let sqs = sqs.start(loopback().await).unwrap();
    let (client, url) = (sqs_client(sqs.endpoint_url()), "http://elsewhere:1/000000000000/jobs");
    let now: HashSet<_> =
        receive(&client, url, 10).await.into_iter().map(|message| message.body.unwrap()).collect();
    assert_eq!(now, HashSet::from(["waiting".to_owned(), "interrupted".to_owned()]));
    hands.advance(600);
    let later: HashSet<_> =
        receive(&client, url, 10).await.into_iter().map(|message| message.body.unwrap()).collect();
    assert!(later.contains("backoff"), "{later:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_callers_at_once_lose_nothing_and_double_nothing() {
    let ours = Ours::memory().await;
    let senders = (0..8).map(|sender| {
        let (client, url) = (ours.client.clone(), ours.url.clone());
        tokio::spawn(async move {
            for batch in 0..10 {
                let entries = (0..10)
                    .map(|n| {
                        let body = format!("{sender}-{batch}-{n}");
                        let entry = SendMessageBatchRequestEntry::builder().id(n.to_string());
                        entry.message_body(body).message_group_id(n.to_string()).build().unwrap()
                    })
                    .collect();
                let request = client.send_message_batch().queue_url(&url).set_entries(Some(entries));
                assert!(request.send().await.unwrap().failed().is_empty());
            }
        })
    });
    let senders: Vec<_> = senders.collect();
    let receivers = (0..8).map(|_| {
        let (client, url) = (ours.client.clone(), ours.url.clone());
        tokio::spawn(async move {
            let mut got = Vec::new();
            loop {
                let request = client.receive_message().queue_url(&url).max_number_of_messages(10);
                let messages =
                    request.wait_time_seconds(1).send().await.unwrap().messages.unwrap_or_default();
                if messages.is_empty() {
                    return got;
                }
                let entries = messages
                    .iter()
                    .enumerate()
                    .map(|(n, message)| {
                        let entry = DeleteMessageBatchRequestEntry::builder().id(n.to_string());
                        entry.receipt_handle(message.receipt_handle().unwrap()).build().unwrap()
                    })
                    .collect();
                client
                    .delete_message_batch()
                    .queue_url(&url)
                    .set_entries(Some(entries))
                    .send()
                    .await
                    .unwrap();
                got.extend(messages.into_iter().map(|message| message.body.unwrap()));
            }
        })
    });
    let receivers: Vec<_> = receivers.collect();
    for sender in senders {
        sender.await.unwrap();
    }
    let mut got = Vec::new();
    for receiver in receivers {
        got.extend(receiver.await.unwrap());
    }
    assert_eq!(got.len(), 800);
    assert_eq!(got.into_iter().collect::<HashSet<_>>().len(), 800);
    assert_eq!(ours.sqs.counts("jobs").await.unwrap(), Counts::default());
}

#[tokio::test]
async fn a_consumer_receives_as_a_client_does_and_deletes_by_the_newest_handle_only() {
    let ours = Ours::memory().await;
    let consumer = ours.sqs.consumer(&ours.url);
    ours.send("x", "g").await;
    let first = consumer.receive(Duration::ZERO).await.unwrap().remove(0);
    let attributes: HashMap<_, _> = first.system_attributes().collect();
    assert_eq!(first.body, "x");
    assert_eq!((&*attributes["ApproximateReceiveCount"], &*attributes["MessageGroupId"]), ("1", "g"));
    assert!(consumer.receive(Duration::ZERO).await.unwrap().is_empty());

    ours.hands.advance(43_200);
    let second = ours.receive(1).await.remove(0);
    assert_eq!(second.message_id(), Some(&*first.message_id));
    consumer.delete(vec![first.receipt]).await.unwrap();
    assert_eq!(ours.sqs.counts("jobs").await.unwrap().in_flight, 1);
    consumer.delete(vec![second.receipt_handle.unwrap()]).await.unwrap();
    assert_eq!(ours.sqs.counts("jobs").await.unwrap(), Counts::default());

    let nowhere = ours.sqs.consumer("http://elsewhere:1/000000000000/nowhere");
    assert!(nowhere.receive(Duration::ZERO).await.is_err());
}

#[tokio::test]
async fn the_file_gets_what_is_in_its_log_though_no_writer_puts_it_there() {
    let folder = std::env::temp_dir().join(format!("posthorn-checkpoint-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("sqs.db");
    let path = file.clone();
    let ours = Ours::start(move |clock| Sqs::file(&path, clock, Durability::Full).unwrap()).await;
    for _ in 0..4 {
        ours.send(&"a".repeat(250_000), "g").await;
    }
    let began = std::time::Instant::now();
    while std::fs::metadata(&file).unwrap().len() < 1_000_000 {
        assert!(began.elapsed() < Duration::from_secs(30), "it is still in the log");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(ours);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn an_answer_says_once_what_it_is() {
    let sqs = Sqs::memory(Clock::system()).unwrap().start(loopback().await).unwrap();
    let address = sqs.endpoint_url().strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    for (body, status) in [(r#"{"QueueName":"jobs"}"#, "200"), ("{}", "400")] {
        let length = body.len();
        let request = format!(
            "POST / HTTP/1.1\r\nhost: {address}\r\nx-amz-target: AmazonSQS.CreateQueue\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4_096];
        let length = connection.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]).to_lowercase();
        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{answer}");
        let said: Vec<_> = answer.lines().filter(|line| line.starts_with("content-type:")).collect();
        assert_eq!(said, ["content-type: application/x-amz-json-1.0"]);
    }
}
