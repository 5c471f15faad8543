//! Every access pattern against the embedded DynamoDB, through the same SDK as on AWS.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod actions;
mod api_keys;
mod audit;
mod deliveries;
mod endpoints;
mod erasure;
mod event_lists;
mod event_types;
mod events;
mod golden;
mod idempotency;
mod leases;
mod queue_load;
mod received_requests;
mod sources;
mod uids;
mod workspaces;

use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use domain::id::WorkspaceId;
use domain::policy::circuit::Failure;
use domain::policy::outcome::ErrorClass;
use domain::timestamp::Timestamp;
use embedded_aws::{Clock, DynamoDb};
use store::{KeyWrapper, Store};

const DAY: Duration = Duration::from_secs(86_400);

/// A table of the test's own.
struct Table {
    store: Store,
    client: aws_sdk_dynamodb::Client,
    _dynamodb: DynamoDb,
}

async fn table() -> Table {
    table_of(KeyWrapper::local([1; 32])).await
}

/// The same, whose secrets are sealed under what `wrapper` keeps.
async fn table_of(wrapper: KeyWrapper) -> Table {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dynamodb = DynamoDb::memory(Clock::new(|| now().as_millis())).unwrap().start(listener).unwrap();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(dynamodb.endpoint_url())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    let store = Store::new(client.clone(), "posthorn", wrapper);
    store.create_table().await.unwrap();
    Table { store, client, _dynamodb: dynamodb }
}

/// The instant every test begins at.
fn now() -> Timestamp {
    Timestamp::parse("2026-01-05T09:30:00Z").unwrap()
}

/// An answer of 500.
fn failure_at(at: Timestamp) -> Failure {
    Failure { at, error: ErrorClass::HttpStatus, response_status: Some(500) }
}

fn ago(duration: Duration) -> Timestamp {
    Timestamp::from_millis(now().as_millis() - i64::try_from(duration.as_millis()).unwrap())
}

fn workspace(number: u128) -> WorkspaceId {
    WorkspaceId::new(now(), number)
}

/// Walks a list page by page.
async fn every_page<I: Copy, T>(page: impl AsyncFn(Option<I>) -> store::Page<T, I>) -> Vec<T> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = page(before).await;
        before = page.next;
        all.extend(page.rows);
        if before.is_none() {
            return all;
        }
    }
}
