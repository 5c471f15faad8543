//! One message: sent, received, hidden, shown again, deleted.

use std::time::{Duration, Instant};

use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    MessageAttributeValue, MessageSystemAttributeName as System, QueueAttributeName as Attribute,
    SendMessageBatchRequestEntry,
};

use crate::{Bench, attribute, bodies, code};

#[tokio::test]
async fn a_message_comes_as_it_was_sent_with_its_md5() {
    let bench = Bench::new().await;
    let sent =
        bench.client.send_message().queue_url(&bench.url).message_body("héllo 🎺").send().await.unwrap();
    let message = bench.receive(1).await.remove(0);
    assert_eq!(message.body(), Some("héllo 🎺"));
    // `printf 'héllo 🎺' | md5sum`
    assert_eq!(message.md5_of_body(), Some("b6d00c07840904394f6ceda93434ea8a"));
    assert_eq!(sent.md5_of_message_body(), message.md5_of_body());
    assert_eq!(sent.message_id(), message.message_id());
}

#[tokio::test]
async fn message_attributes_come_only_when_asked_for_with_their_md5() {
    let bench = Bench::new().await;
    let text = MessageAttributeValue::builder().data_type("String").string_value("blue").build().unwrap();
    let bytes = MessageAttributeValue::builder().data_type("Binary").binary_value(Blob::new([0, 255]));
    let request = bench.client.send_message().queue_url(&bench.url).message_body("x");
    let request =
        request.message_attributes("colour", text).message_attributes("bytes", bytes.build().unwrap());
    let sent = request.send().await.unwrap();
    // What moto 5.2.5 answers to the same message, as boto3 1.43 checks it.
    assert_eq!(sent.md5_of_message_attributes(), Some("495ad44c03749c0b37b89c052558f52d"));
    let request = bench.client.receive_message().queue_url(&bench.url).visibility_timeout(0);
    let plain = request.send().await.unwrap().messages.unwrap().remove(0);
    assert!(plain.message_attributes().is_none());
    let request = bench.client.receive_message().queue_url(&bench.url).message_attribute_names("All");
    let full = request.send().await.unwrap().messages.unwrap().remove(0);
    assert_eq!(full.message_attributes().unwrap()["colour"].string_value(), Some("blue"));
    assert_eq!(full.md5_of_message_attributes(), sent.md5_of_message_attributes());
}

#[tokio::test]
async fn system_attributes_come_only_when_asked_for() {
    let bench = Bench::with(&[(Attribute::VisibilityTimeout, "0")]).await;
    let request = bench.client.send_message().queue_url(&bench.url).message_body("x");
    request.message_group_id("customer-1").send().await.unwrap();
    let plain = bench.client.receive_message().queue_url(&bench.url).send().await.unwrap();
    assert!(plain.messages()[0].attributes().is_none_or(std::collections::HashMap::is_empty));
    let message = bench.receive(1).await.remove(0);
    assert_eq!(attribute(&message, System::ApproximateReceiveCount), "2");
    assert_eq!(attribute(&message, System::MessageGroupId), "customer-1");
    let first: i64 = attribute(&message, System::ApproximateFirstReceiveTimestamp).parse().unwrap();
    let sent: i64 = attribute(&message, System::SentTimestamp).parse().unwrap();
    assert!(sent <= first);
}

#[tokio::test]
async fn a_received_message_is_hidden_until_its_timeout_and_then_has_another_handle() {
    let bench = Bench::with(&[(Attribute::VisibilityTimeout, "1")]).await;
    bench.send("x").await;
    let first = bench.receive(1).await.remove(0);
    assert!(bench.receive(1).await.is_empty());
    let request = bench.client.receive_message().queue_url(&bench.url).wait_time_seconds(5);
    let second = request.send().await.unwrap().messages.unwrap().remove(0);
    assert_ne!(first.receipt_handle(), second.receipt_handle());
}

#[tokio::test]
async fn a_deleted_message_is_gone_and_deleting_again_with_an_old_handle_is_fine() {
    let bench = Bench::with(&[(Attribute::VisibilityTimeout, "0")]).await;
    bench.send("x").await;
    let old = bench.receive(1).await.remove(0).receipt_handle.unwrap();
    let new = bench.receive(1).await.remove(0).receipt_handle.unwrap();
    let delete =
        |handle: &str| bench.client.delete_message().queue_url(&bench.url).receipt_handle(handle).send();
    delete(&new).await.unwrap();
    delete(&old).await.unwrap();
    assert!(bench.receive(1).await.is_empty());
}

#[tokio::test]
async fn a_handle_that_is_none_is_refused() {
    let bench = Bench::new().await;
    let request = bench.client.delete_message().queue_url(&bench.url).receipt_handle("nonsense");
    assert_eq!(code(&request.send().await.unwrap_err()), "ReceiptHandleIsInvalid");
}

#[tokio::test]
async fn a_visibility_of_zero_shows_the_message_at_once() {
    let bench = Bench::new().await;
    bench.send("x").await;
    let handle = bench.receive(1).await.remove(0).receipt_handle.unwrap();
    let change = bench.client.change_message_visibility().queue_url(&bench.url).receipt_handle(&handle);
    change.visibility_timeout(0).send().await.unwrap();
    assert_eq!(bench.receive(1).await.len(), 1);
}

#[tokio::test]
async fn a_short_poll_of_nothing_answers_at_once_and_a_long_one_waits() {
    let bench = Bench::new().await;
    let began = Instant::now();
    assert!(bench.receive(1).await.is_empty());
    assert!(began.elapsed() < Duration::from_millis(900));
    let request = bench.client.receive_message().queue_url(&bench.url).wait_time_seconds(1);
    assert!(request.send().await.unwrap().messages().is_empty());
    assert!(began.elapsed() >= Duration::from_millis(900));
}

#[tokio::test]
async fn a_long_poll_wakes_when_something_is_sent() {
    let bench = Bench::new().await;
    let poll = bench.client.receive_message().queue_url(&bench.url).wait_time_seconds(10).send();
    let began = Instant::now();
    let later = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        bench.send("x").await;
    };
    let (answer, ()) = tokio::join!(poll, later);
    assert_eq!(bodies(answer.unwrap().messages()), ["x"]);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_long_poll_wakes_when_a_delay_ends() {
    let bench = Bench::new().await;
    let began = Instant::now();
    bench
        .client
        .send_message()
        .queue_url(&bench.url)
        .message_body("x")
        .delay_seconds(1)
        .send()
        .await
        .unwrap();
    assert!(bench.receive(1).await.is_empty());
    assert_eq!(bench.attribute(Attribute::ApproximateNumberOfMessagesDelayed).await, "1");
    let request = bench.client.receive_message().queue_url(&bench.url).wait_time_seconds(10);
    assert_eq!(request.send().await.unwrap().messages().len(), 1);
    assert!((900..4_000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_batch_wakes_as_many_long_polls_as_it_has_messages_for() {
    let bench = Bench::new().await;
    let poll = || bench.client.receive_message().queue_url(&bench.url).wait_time_seconds(10).send();
    let entry = |id: &str| SendMessageBatchRequestEntry::builder().id(id).message_body("x").build().unwrap();
    let send = async {
        // Both polls wait by then.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let batch = bench.client.send_message_batch().queue_url(&bench.url);
        batch.entries(entry("a")).entries(entry("b")).send().await.unwrap();
    };
    let began = Instant::now();
    let (one, other, ()) = tokio::join!(poll(), poll(), send);
    assert_eq!((one.unwrap().messages().len(), other.unwrap().messages().len()), (1, 1));
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

#[tokio::test]
async fn counts_tell_visible_and_in_flight_apart() {
    let bench = Bench::new().await;
    for body in ["a", "b", "c"] {
        bench.send(body).await;
    }
    assert_eq!(bench.receive(2).await.len(), 2);
    assert_eq!(bench.attribute(Attribute::ApproximateNumberOfMessages).await, "1");
    assert_eq!(bench.attribute(Attribute::ApproximateNumberOfMessagesNotVisible).await, "2");
}

#[tokio::test]
async fn a_message_group_on_a_standard_queue_blocks_nothing() {
    let bench = Bench::new().await;
    for body in ["a", "b"] {
        let request = bench.client.send_message().queue_url(&bench.url).message_body(body);
        request.message_group_id("one").send().await.unwrap();
    }
    assert_eq!(bench.receive(1).await.len(), 1);
    assert_eq!(bench.receive(1).await.len(), 1, "the first is still in flight");
}
