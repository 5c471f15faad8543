//! What SQS refuses: sizes, characters, times.

use crate::{Bench, code};

#[tokio::test]
async fn characters_outside_the_documented_ranges_are_refused() {
    let bench = Bench::new().await;
    for body in ["a\u{0}", "a\u{b}", "a\u{1f}", "a\u{fffe}", "a\u{ffff}"] {
        let error =
            bench.client.send_message().queue_url(&bench.url).message_body(body).send().await.unwrap_err();
        assert_eq!(code(&error), "InvalidMessageContents", "{body:?}");
    }
    bench.send("a\t\n\r\u{7f}\u{d7ff}\u{e000}\u{fffd}\u{10ffff}").await;
}

#[tokio::test]
async fn a_body_of_one_mebibyte_is_taken_and_a_byte_more_is_not() {
    let bench = Bench::new().await;
    bench.send(&"x".repeat(1_048_576)).await;
    let request = bench.client.send_message().queue_url(&bench.url).message_body("x".repeat(1_048_577));
    assert_eq!(code(&request.send().await.unwrap_err()), "InvalidParameterValue");
}

#[tokio::test]
async fn an_empty_body_is_refused() {
    let bench = Bench::new().await;
    assert!(bench.client.send_message().queue_url(&bench.url).message_body("").send().await.is_err());
}

#[tokio::test]
async fn times_have_their_documented_bounds() {
    let bench = Bench::new().await;
    let send = bench.client.send_message().queue_url(&bench.url).message_body("x");
    assert_eq!(code(&send.clone().delay_seconds(901).send().await.unwrap_err()), "InvalidParameterValue");
    send.send().await.unwrap();
    let receive = bench.client.receive_message().queue_url(&bench.url);
    assert_eq!(
        code(&receive.clone().wait_time_seconds(21).send().await.unwrap_err()),
        "InvalidParameterValue"
    );
    assert_eq!(
        code(&receive.clone().max_number_of_messages(11).send().await.unwrap_err()),
        "InvalidParameterValue"
    );
    assert_eq!(
        code(&receive.clone().visibility_timeout(43_201).send().await.unwrap_err()),
        "InvalidParameterValue"
    );
    let handle = bench.receive(1).await.remove(0).receipt_handle.unwrap();
    let change = bench.client.change_message_visibility().queue_url(&bench.url).receipt_handle(&handle);
    assert_eq!(
        code(&change.clone().visibility_timeout(43_201).send().await.unwrap_err()),
        "InvalidParameterValue"
    );
    change.visibility_timeout(43_000).send().await.unwrap();
}

#[tokio::test]
async fn changing_the_visibility_of_what_is_not_in_flight_is_refused() {
    let bench = Bench::new().await;
    bench.send("x").await;
    let handle = bench.receive(1).await.remove(0).receipt_handle.unwrap();
    let change = bench.client.change_message_visibility().queue_url(&bench.url).receipt_handle(&handle);
    change.clone().visibility_timeout(0).send().await.unwrap();
    assert_eq!(code(&change.visibility_timeout(10).send().await.unwrap_err()), "MessageNotInflight");
}
