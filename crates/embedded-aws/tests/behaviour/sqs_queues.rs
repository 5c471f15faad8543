//! Making, finding and setting queues; dead letters and their way back.

use aws_sdk_sqs::types::{MessageSystemAttributeName as System, QueueAttributeName as Attribute};

use crate::{Bench, attribute, bodies, code, create_queue, receive, unique};

#[tokio::test]
async fn a_queue_is_found_by_its_name_and_an_unknown_one_is_not() {
    let bench = Bench::new().await;
    let name = bench.url.rsplit('/').next().unwrap();
    let found = bench.client.get_queue_url().queue_name(name).send().await.unwrap();
    assert_eq!(found.queue_url.unwrap().rsplit('/').next().unwrap(), name);
    let error = bench.client.get_queue_url().queue_name(unique("none")).send().await.unwrap_err();
    assert_eq!(code(&error), "NonExistentQueue");
    assert!(error.as_service_error().unwrap().is_queue_does_not_exist());
}

#[tokio::test]
async fn making_the_same_queue_again_is_fine_and_another_one_of_its_name_is_not() {
    let bench = Bench::new().await;
    let name = unique("same");
    let first = create_queue(&bench.client, &name, &[(Attribute::VisibilityTimeout, "60")]).await;
    assert_eq!(create_queue(&bench.client, &name, &[(Attribute::VisibilityTimeout, "60")]).await, first);
    let other = bench.client.create_queue().queue_name(&name).attributes(Attribute::VisibilityTimeout, "61");
    assert!(
        ["QueueAlreadyExists", "QueueNameExists"].contains(&code(&other.send().await.unwrap_err()).as_str())
    );
}

#[tokio::test]
async fn attributes_have_bounds_and_can_be_changed() {
    let bench = Bench::with(&[(Attribute::VisibilityTimeout, "60")]).await;
    let set = |name: Attribute, value: &str| {
        bench.client.set_queue_attributes().queue_url(&bench.url).attributes(name, value).send()
    };
    set(Attribute::VisibilityTimeout, "61").await.unwrap();
    assert_eq!(bench.attribute(Attribute::VisibilityTimeout).await, "61");
    for (name, value) in [
        (Attribute::VisibilityTimeout, "43201"),
        (Attribute::MessageRetentionPeriod, "59"),
        (Attribute::DelaySeconds, "901"),
    ] {
        assert!(set(name.clone(), value).await.is_err(), "{name:?} {value}");
    }
}

#[tokio::test]
async fn a_purge_leaves_nothing() {
    let bench = Bench::new().await;
    bench.send("a").await;
    bench.client.purge_queue().queue_url(&bench.url).send().await.unwrap();
    assert!(bench.receive(10).await.is_empty());
}

async fn with_dead_letters(most: &str) -> (Bench, String, String) {
    let bench = Bench::with(&[(Attribute::VisibilityTimeout, "0")]).await;
    let dead = create_queue(&bench.client, &unique("dead"), &[]).await;
    let request = bench.client.get_queue_attributes().queue_url(&dead).attribute_names(Attribute::QueueArn);
    let arn = request.send().await.unwrap().attributes.unwrap().remove(&Attribute::QueueArn).unwrap();
    let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{most}}}"#);
    let request = bench.client.set_queue_attributes().queue_url(&bench.url);
    request.attributes(Attribute::RedrivePolicy, policy).send().await.unwrap();
    (bench, dead, arn)
}

async fn dies_after_two_receives(most: &str) {
    let (bench, dead, _) = with_dead_letters(most).await;
    let id = bench.send("poison").await;
    let first = bench.receive(1).await;
    assert_eq!(first.len(), 1);
    assert_eq!(bench.receive(1).await.len(), 1);
    assert!(bench.receive(1).await.is_empty(), "receive number max + 1 moves it instead of returning it");
    let letters = receive(&bench.client, &dead, 10).await;
    assert_eq!(bodies(&letters), ["poison"]);
    assert_eq!(letters[0].message_id(), Some(id.as_str()));
    let sent = |message| attribute(message, System::SentTimestamp);
    assert_eq!(sent(&letters[0]), sent(&first[0]));
}

#[tokio::test]
async fn a_message_received_too_often_moves_to_the_dead_letter_queue_with_its_id_and_time() {
    dies_after_two_receives("2").await;
}

#[tokio::test]
async fn the_most_receives_may_be_written_as_text() {
    dies_after_two_receives("\"2\"").await;
}

#[tokio::test]
async fn a_move_task_brings_dead_letters_back_as_new_messages() {
    let (bench, _, arn) = with_dead_letters("1").await;
    let id = bench.send("poison").await;
    bench.receive(1).await;
    assert!(bench.receive(1).await.is_empty());
    bench.client.start_message_move_task().source_arn(&arn).send().await.unwrap();
    let mut back = Vec::new();
    for _ in 0..100 {
        back = bench.receive(1).await;
        if !back.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(bodies(&back), ["poison"]);
    assert_ne!(back[0].message_id(), Some(id.as_str()));
    assert_eq!(attribute(&back[0], System::ApproximateReceiveCount), "1");
}
