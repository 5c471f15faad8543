//! Batches: up to ten, each entry by itself.

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, SendMessageBatchRequestEntry,
};

use crate::{Bench, bodies, code};

fn entry(id: &str, body: &str) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().unwrap()
}

async fn refused(bench: &Bench, entries: Vec<SendMessageBatchRequestEntry>) -> String {
    let request = bench.client.send_message_batch().queue_url(&bench.url).set_entries(Some(entries));
    code(&request.send().await.unwrap_err())
}

#[tokio::test]
async fn a_bad_entry_fails_alone() {
    let bench = Bench::new().await;
    let entries = vec![entry("a", "good"), entry("b", "bad\u{1}"), entry("c", "good too")];
    let request = bench.client.send_message_batch().queue_url(&bench.url).set_entries(Some(entries));
    let answer = request.send().await.unwrap();
    let sent: Vec<_> = answer.successful().iter().map(|entry| entry.id()).collect();
    assert_eq!(sent, ["a", "c"]);
    assert_eq!((answer.failed()[0].id(), answer.failed()[0].sender_fault()), ("b", true));
    let messages = bench.receive(10).await;
    assert_eq!(bodies(&messages), ["good", "good too"]);
}

#[tokio::test]
async fn eleven_entries_doubled_ids_and_none_at_all_fail_whole() {
    let bench = Bench::new().await;
    let many = (0..11).map(|n| entry(&n.to_string(), "x")).collect();
    assert_eq!(refused(&bench, many).await, "TooManyEntriesInBatchRequest");
    assert_eq!(refused(&bench, vec![entry("a", "x"), entry("a", "y")]).await, "BatchEntryIdsNotDistinct");
    assert_eq!(refused(&bench, vec![]).await, "EmptyBatchRequest");
    assert_eq!(refused(&bench, vec![entry("not an id", "x")]).await, "InvalidBatchEntryId");
    assert!(bench.receive(10).await.is_empty());
}

#[tokio::test]
async fn a_batch_over_one_mebibyte_fails_whole() {
    let bench = Bench::new().await;
    let half = "x".repeat(600_000);
    assert_eq!(refused(&bench, vec![entry("a", &half), entry("b", &half)]).await, "BatchRequestTooLong");
    assert!(bench.receive(10).await.is_empty());
}

#[tokio::test]
async fn deleting_and_hiding_in_batches_fail_entry_by_entry() {
    let bench = Bench::new().await;
    bench.send("a").await;
    bench.send("b").await;
    let messages = bench.receive(10).await;
    let handle = |n: usize| messages[n].receipt_handle().unwrap();
    let hide = |id: &str, handle: &str, seconds| {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(id).receipt_handle(handle);
        entry.visibility_timeout(seconds).build().unwrap()
    };
    let request = bench.client.change_message_visibility_batch().queue_url(&bench.url);
    let answer =
        request.entries(hide("a", handle(0), 0)).entries(hide("b", handle(1), 43_201)).send().await.unwrap();
    assert_eq!((answer.successful()[0].id(), answer.failed()[0].id()), ("a", "b"));

    let delete = |id: &str, handle: &str| {
        DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle).build().unwrap()
    };
    let request = bench.client.delete_message_batch().queue_url(&bench.url);
    let answer =
        request.entries(delete("b", handle(1))).entries(delete("c", "nonsense")).send().await.unwrap();
    assert_eq!((answer.successful()[0].id(), answer.failed()[0].id()), ("b", "c"));
    assert_eq!(bodies(&bench.receive(10).await), ["a"]);
}
