//! Does a client without a socket see the same emulator as one that speaks HTTP? dynoxide's own server is the oracle.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};
use embedded_aws::{Clock, DynamoDb, Sqs};
use futures_util::FutureExt as _;
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::dynamodb::{item, table, text};
use crate::{bodies, code, create_queue, dynamodb_client_of, loopback, receive, sqs_client, sqs_client_of};

/// One write of a batch.
#[derive(Debug, Clone)]
struct Write {
    row: u8,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    /// A number as it is written, and where the row is listed.
    Put(&'static str, Option<u8>),
    PutWith(&'static str, AttributeValue),
    PutTooLarge,
    PutWithoutKey,
    Delete,
}

/// Few rows, so that batches replace what is there, and now and then name a row twice.
fn writes() -> impl Strategy<Value = Vec<Write>> {
    let number = prop::sample::select(vec!["1", "1.0", "+5", "-0.50", "1e3", "12345678901234567890"]);
    let what = prop_oneof![
        30 => (number, prop::option::of(0..3_u8)).prop_map(|(number, list)| What::Put(number, list)),
        3 => Just(What::Delete),
    ];
    prop::collection::vec((0..60_u8, what).prop_map(|(row, what)| Write { row, what }), 0..8)
}

/// What is seldom right. It is alone in its batch: of several mistakes either may be told.
fn odd_write() -> impl Strategy<Value = Vec<Write>> {
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let what = vec![
        What::PutTooLarge,
        What::PutWithoutKey,
        What::PutWith("PK", text("")),
        What::PutWith("SK", AttributeValue::N("1".to_owned())),
        What::PutWith("lookup", text("")),
        What::PutWith("lookup", AttributeValue::N("1".to_owned())),
        What::PutWith("", text("x")),
        What::PutWith("value", AttributeValue::N("abc".to_owned())),
        What::PutWith("value", AttributeValue::N(String::new())),
        What::PutWith("value", AttributeValue::N("1e200".to_owned())),
        What::PutWith("value", AttributeValue::Ns(texts(&["2", "1.0", "+7"]))),
        What::PutWith("value", AttributeValue::Ns(texts(&["1", "1.0"]))),
        What::PutWith("value", AttributeValue::Ss(texts(&["b", "a"]))),
        What::PutWith("value", AttributeValue::Ss(texts(&["a", "a"]))),
        What::PutWith("value", AttributeValue::Ss(Vec::new())),
        What::PutWith("value", AttributeValue::B(Blob::new("bytes"))),
        What::PutWith("value", AttributeValue::Bool(true)),
        What::PutWith("value", AttributeValue::Null(false)),
        What::PutWith("value", AttributeValue::M(HashMap::from([(String::new(), text("x"))]))),
        What::PutWith("value", AttributeValue::L(vec![AttributeValue::N("1.50".to_owned())])),
    ];
    (0..60_u8, prop::sample::select(what)).prop_map(|(row, what)| vec![Write { row, what }])
}

impl Write {
    fn request(&self) -> WriteRequest {
        let mut row = item(&format!("partition-{}", self.row % 3), &format!("{:02}", self.row));
        match &self.what {
            What::Delete => {
                let delete = DeleteRequest::builder().set_key(Some(row)).build().unwrap();
                return WriteRequest::builder().delete_request(delete).build();
            }
            What::Put(number, list) => {
                row.insert("value".to_owned(), AttributeValue::N((*number).to_owned()));
                row.extend(list.map(|list| ("lookup".to_owned(), text(&format!("list-{list}")))));
            }
            What::PutWith(name, value) => {
                row.insert((*name).to_owned(), value.clone());
            }
            What::PutTooLarge => {
                row.insert("value".to_owned(), text(&"x".repeat(400 * 1_024)));
            }
            What::PutWithoutKey => {
                row.remove("SK");
            }
        }
        let put = PutRequest::builder().set_item(Some(row)).build().unwrap();
        WriteRequest::builder().put_request(put).build()
    }
}

/// What a batch came to: nothing, or the error's code. How an unreadable value is worded is dynoxide's server's own.
async fn write(client: &Client, table: &str, writes: &[Write]) -> Result<(), String> {
    let requests = writes.iter().map(Write::request).collect();
    let answer = client.batch_write_item().request_items(table, requests).send().await;
    let answer = answer.map_err(|error| code(&error))?;
    assert!(answer.unprocessed_items().is_none_or(HashMap::is_empty));
    Ok(())
}

type Rows = Vec<BTreeMap<String, String>>;

fn sorted(items: &[HashMap<String, AttributeValue>]) -> Rows {
    let row = |item: &HashMap<String, AttributeValue>| {
        item.iter().map(|(name, value)| (name.clone(), format!("{value:?}"))).collect()
    };
    let mut rows: Rows = items.iter().map(row).collect();
    rows.sort();
    rows
}

/// All rows, and all rows of the index.
async fn content(client: &Client, table: &str) -> (Rows, Rows) {
    let rows = client.scan().table_name(table).send().await.unwrap();
    let index = client.scan().table_name(table).index_name("lookup").send().await.unwrap();
    (sorted(rows.items()), sorted(index.items()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn batches_come_to_the_same_without_a_socket(
        batches in prop::collection::vec(prop_oneof![2 => writes().boxed(), 1 => odd_write().boxed()], 1..8)
    ) {
        Runtime::new().unwrap().block_on(async {
            let served = DynamoDb::memory(Clock::system()).unwrap().start(loopback().await).unwrap();
            let inside = DynamoDb::memory(Clock::system()).unwrap().start(loopback().await).unwrap();
            let over_http = dynamodb_client_of(served.endpoint_url(), None);
            let in_process = dynamodb_client_of(inside.endpoint_url(), Some(inside.http_client()));
            let (there, here) = (table(&over_http).await, table(&in_process).await);
            for batch in &batches {
                let expected = write(&over_http, &there, batch).await;
                let found = write(&in_process, &here, batch).await;
                prop_assert_eq!(expected, found, "{:?}", batch);
            }
            prop_assert_eq!(content(&over_http, &there).await, content(&in_process, &here).await);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn what_dynamodb_does_not_do_here_is_said() {
    let dynamodb = DynamoDb::memory(Clock::system()).unwrap().start(loopback().await).unwrap();
    let client = dynamodb_client_of(dynamodb.endpoint_url(), Some(dynamodb.http_client()));
    let missing =
        client.get_item().table_name("nobody").set_key(Some(item("a", "1"))).send().await.unwrap_err();
    assert_eq!(code(&missing), "ResourceNotFoundException");
    assert_eq!(code(&client.list_backups().send().await.unwrap_err()), "UnsupportedOperation");
}

#[tokio::test]
async fn a_queue_is_the_same_with_and_without_a_socket() {
    let sqs = Sqs::memory(Clock::system()).unwrap().start(loopback().await).unwrap();
    let (over_http, in_process) =
        (sqs_client(sqs.endpoint_url()), sqs_client_of(sqs.endpoint_url(), Some(sqs.http_client())));
    let url = create_queue(&in_process, "jobs", &[]).await;
    over_http.send_message().queue_url(&url).message_body("x").send().await.unwrap();
    assert_eq!(bodies(&receive(&in_process, &url, 1).await), ["x"]);

    for client in [over_http, in_process] {
        let unknown = client.change_message_visibility().queue_url(&url).receipt_handle("nothing");
        let refused = unknown.visibility_timeout(30).send().await.unwrap_err();
        assert_eq!(code(&refused), "ReceiptHandleIsInvalid");
        let elsewhere = client.get_queue_url().queue_name("elsewhere").send().await.unwrap_err();
        assert!(elsewhere.into_service_error().is_queue_does_not_exist());
    }
}

#[tokio::test]
async fn a_request_goes_on_when_its_caller_is_gone() {
    let sqs = Sqs::memory(Clock::system()).unwrap().start(loopback().await).unwrap();
    let client = sqs_client_of(sqs.endpoint_url(), Some(sqs.http_client()));
    let url = create_queue(&client, "jobs", &[]).await;
    let poll = client.receive_message().queue_url(&url).wait_time_seconds(20).send();
    let poll = tokio::spawn(poll);
    // The poll looks, the queue answers that there is nothing, the poll waits.
    all_have_run().await;
    sqs.counts("jobs").await.unwrap();
    all_have_run().await;

    // Looked at once, and dropped.
    let sent = client.send_message().queue_url(&url).message_body("x").send().now_or_never();
    assert!(sent.is_none());
    let received = tokio::time::timeout(Duration::from_secs(10), poll).await.unwrap().unwrap().unwrap();
    assert_eq!(bodies(received.messages()), ["x"]);
}

#[tokio::test]
async fn a_poll_ends_with_its_caller() {
    let sqs = Sqs::memory(Clock::system()).unwrap().start(loopback().await).unwrap();
    let client = sqs_client_of(sqs.endpoint_url(), Some(sqs.http_client()));
    let url = create_queue(&client, "jobs", &[]).await;
    let poll = tokio::spawn(client.receive_message().queue_url(&url).wait_time_seconds(20).send());
    all_have_run().await;
    sqs.counts("jobs").await.unwrap();
    poll.abort();
    assert!(poll.await.unwrap_err().is_cancelled());

    client.send_message().queue_url(&url).message_body("x").send().await.unwrap();
    all_have_run().await;
    assert_eq!(bodies(&receive(&client, &url, 1).await), ["x"]);
}

/// Every other task of this runtime, which has one thread, as far as it gets.
async fn all_have_run() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}
