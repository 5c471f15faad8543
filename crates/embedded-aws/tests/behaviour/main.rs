//! Does the emulated AWS behave as AWS documents it? Driven through the AWS SDKs.
//!
//! `POSTHORN_TEST_AWS_ENDPOINT` points the tests of `sqs_*` and `dynamodb` at another implementation; what those are
//! known to do differently is listed in `tests/known-gaps.md`. The tests of `ours` and `in_process` need our own
//! clock, hooks and client.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod dynamodb;
mod in_process;
mod ours;
mod sqs_batches;
mod sqs_limits;
mod sqs_messages;
mod sqs_queues;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use embedded_aws::{Clock, DynamoDb, Sqs};
use tokio::net::TcpListener;

/// The implementation under test, and a queue of the test's own.
struct Bench {
    client: aws_sdk_sqs::Client,
    url: String,
    _ours: Option<Sqs>,
}

fn elsewhere() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one switch of this suite")]
    std::env::var("POSTHORN_TEST_AWS_ENDPOINT").ok()
}

async fn loopback() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

fn credentials() -> Credentials {
    Credentials::new("test", "test", None, None, "test")
}

fn sqs_client(endpoint: &str) -> aws_sdk_sqs::Client {
    sqs_client_of(endpoint, None)
}

/// A client over HTTP, or by `inside`.
fn sqs_client_of(endpoint: &str, inside: Option<SharedHttpClient>) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials())
        .endpoint_url(endpoint)
        .http_client(inside.unwrap_or_else(|| aws_smithy_http_client::Builder::new().build_http()))
        .build();
    aws_sdk_sqs::Client::from_conf(config)
}

/// A name that no other test uses, also not in another run against the same server.
fn unique(prefix: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!(
        "{prefix}-{}-{}-{}",
        std::process::id(),
        Clock::system().now(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

impl Bench {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(attributes: &[(QueueAttributeName, &str)]) -> Self {
        let (endpoint, ours) = match elsewhere() {
            Some(endpoint) => (endpoint, None),
            None => {
                let sqs = Sqs::memory(Clock::system()).unwrap().start(loopback().await).unwrap();
                (sqs.endpoint_url().to_owned(), Some(sqs))
            }
        };
        let client = sqs_client(&endpoint);
        let url = create_queue(&client, &unique("queue"), attributes).await;
        Self { client, url, _ours: ours }
    }

    async fn send(&self, body: &str) -> String {
        let sent = self.client.send_message().queue_url(&self.url).message_body(body).send().await.unwrap();
        sent.message_id.unwrap()
    }

    async fn receive(&self, most: i32) -> Vec<Message> {
        receive(&self.client, &self.url, most).await
    }

    async fn attribute(&self, name: QueueAttributeName) -> String {
        let request = self.client.get_queue_attributes().queue_url(&self.url).attribute_names(name.clone());
        request.send().await.unwrap().attributes.unwrap().remove(&name).unwrap()
    }
}

async fn create_queue(
    client: &aws_sdk_sqs::Client,
    name: &str,
    attributes: &[(QueueAttributeName, &str)],
) -> String {
    let mut request = client.create_queue().queue_name(name);
    for (name, value) in attributes {
        request = request.attributes(name.clone(), *value);
    }
    request.send().await.unwrap().queue_url.unwrap()
}

async fn receive(client: &aws_sdk_sqs::Client, url: &str, most: i32) -> Vec<Message> {
    let request = client.receive_message().queue_url(url).max_number_of_messages(most);
    let request = request.message_system_attribute_names(MessageSystemAttributeName::All);
    request.send().await.unwrap().messages.unwrap_or_default()
}

fn attribute(message: &Message, name: MessageSystemAttributeName) -> String {
    message.attributes().unwrap().get(&name).unwrap().clone()
}

/// The error's code, without the prefix that only some implementations write.
fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    let code = error.code().unwrap_or("no code");
    code.rsplit(['.', '#']).next().unwrap_or(code).to_owned()
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.body().unwrap()).collect()
}

/// A clock that tests move.
#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_750_000_000_000)))
    }

    fn clock(&self) -> Clock {
        let hands = self.0.clone();
        Clock::new(move || hands.load(Ordering::SeqCst))
    }

    fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

/// Clients of the implementation under test: ours is reached in two ways.
async fn dynamodb_clients() -> Vec<(aws_sdk_dynamodb::Client, Option<DynamoDb>)> {
    if let Some(endpoint) = elsewhere() {
        return vec![(dynamodb_client_of(&endpoint, None), None)];
    }
    let ours = async || DynamoDb::memory(Clock::system()).unwrap().start(loopback().await).unwrap();
    let (served, inside) = (ours().await, ours().await);
    vec![
        (dynamodb_client_of(served.endpoint_url(), None), Some(served)),
        (dynamodb_client_of(inside.endpoint_url(), Some(inside.http_client())), Some(inside)),
    ]
}

/// A client over HTTP, or by `inside`.
fn dynamodb_client_of(endpoint: &str, inside: Option<SharedHttpClient>) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials())
        .endpoint_url(endpoint)
        .http_client(inside.unwrap_or_else(|| aws_smithy_http_client::Builder::new().build_http()))
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}
