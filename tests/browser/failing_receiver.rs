//! What does one see of an endpoint that fails, until it works again?
//! List, detail, a sentence for each attempt, replay.

use std::time::Duration;

use domain::timestamp::Timestamp;
use serde_json::json;
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};
use usecases::Clock;

use crate::person::visit;
use crate::webdriver::Browser;

/// So long ago it began, by the clock of the browser.
const AGO: Duration = Duration::from_secs(110 * 60);

#[tokio::test]
async fn a_failing_receiver_is_explained_until_it_works_again() {
    visit("failing-receiver", some_time_ago(), async |stage, browser| {
        let receiver = Receiver::start().await;
        let endpoint = fails_for_a_while(stage, browser, &receiver).await;
        browser.log_in(stage).await;

        // The list: since when, and what next.
        browser.click("link", "Endpoints").await;
        browser.see("Failing for 1 h 50 min").await;
        browser.see("5 failures in a row").await;
        browser.see("next probe in").await;

        // The endpoint: what is wrong, and whose turn it is.
        browser.click("link", "Shop").await;
        browser.see("2 parked").await;
        browser.see("The last attempt failed: it answered 500. The receiver’s own log says why.").await;
        browser.see("as soon as it succeeds, all the others are sent, oldest first.").await;

        each_delivery_says_whose_turn_it_is(browser).await;

        // The receiver is mended, and the delivery that failed is sent by hand: it closes the circuit.
        receiver.answer(Answer::Status(200));
        browser.click("button", "Send again").await;
        browser.see("The delivery is sent again.").await;
        browser.see("It took 4 attempts.").await;
        browser.find("css", ".verdict.delivered").await;
        let seen = receiver.seen();
        let attempts = seen.iter().filter(|one| one.header("webhook-id") == seen[0].header("webhook-id"));
        assert_eq!(attempts.count(), 4, "it keeps its id");

        // All the others follow by themselves.
        drained(stage, browser, &endpoint, 5).await;
        browser.click("link", "Endpoints").await;
        browser.see("Healthy").await;
        browser.see_gone("Failing").await;
        browser.find("css", "tr .status.good").await;
        browser.click("link", "Overview").await;
        browser.see("Nothing needs you.").await;
    })
    .await;
}

/// The deliveries of the endpoint: one has failed for good, the next are retried, the last wait for the endpoint.
async fn each_delivery_says_whose_turn_it_is(browser: &Browser) {
    browser.click("tab", "Deliveries").await;
    browser.click("link", "invoice.parked").await;
    browser.see("The delivery waits until the endpoint recovers; the next probe is in").await;
    browser.see("Nothing is lost.").await;

    browser.back().await;
    browser.click("link", "invoice.retried").await;
    browser.see("The endpoint answered 500 Internal Server Error after").await;
    browser.see("We try again in").await;
    browser.see("The receiver fails: its answer and its log at that time say why.").await;

    browser.back().await;
    browser.click("link", "invoice.failed").await;
    browser.see("No attempts are left. The receiver fails").await;
    browser.see("Send it again when the cause is fixed.").await;
    let told = browser.texts(".timeline li").await;
    let attempts = [
        ("Attempt 3", "The endpoint answered 500 Internal Server Error after"),
        ("Attempt 2", "The path of the URL is wrong, or the route is gone."),
        ("Attempt 1", "The signature check, a login or a firewall refuses it."),
    ];
    for (told, (attempt, sentence)) in told.iter().zip(attempts) {
        assert!(told.starts_with(attempt) && told.contains(sentence), "{attempt}: {told}");
    }
    assert!(told[1].contains("The endpoint answered 404 Not Found after"), "{told:#?}");
    assert!(told[2].contains("The endpoint answered 401 Unauthorized after"), "{told:#?}");
    assert!(told[3].starts_with("The event was accepted."), "{told:#?}");
}

/// A stage whose clock is behind the browser's.
async fn some_time_ago() -> Stage {
    let now = Clock::system().now();
    Stage::set_at(Timestamp::from_millis(now.as_millis() - i64::try_from(AGO.as_millis()).unwrap())).await
}

/// Three attempts of one delivery fail; then it is now, two more fail, and what comes after is parked.
async fn fails_for_a_while(stage: &Stage, browser: &Browser, receiver: &Receiver) -> Endpoint {
    let endpoint = stage
        .endpoint(receiver, json!({ "description": "Shop", "retry": { "schedule_seconds": [1800, 3600] } }))
        .await;
    receiver.answer(Answer::Status(500));
    receiver.answer_first(&[Answer::Status(401), Answer::Status(404)]);
    stage.send("invoice.failed", json!({ "number": 1003 })).await;
    stage.attempted(&endpoint, 1).await;
    // A tenth is added to a delay at random, and the queue counts whole seconds.
    for (wait, attempts) in [(2000, 2), (4000, 3)] {
        stage.advance(Duration::from_secs(wait));
        stage.attempted(&endpoint, attempts).await;
    }
    stage.advance(AGO - Duration::from_secs(2000 + 4000));
    for n in [1004, 1005] {
        stage.send("invoice.retried", json!({ "number": n })).await;
    }
    receiver.wait_for(5).await;
    until(stage, browser, "invoice.retried", "retrying").await;
    for n in [1006, 1007] {
        stage.send("invoice.parked", json!({ "number": n })).await;
    }
    until(stage, browser, "invoice.parked", "parked").await;
    endpoint
}

/// Waits until both deliveries of this type have this status.
async fn until(stage: &Stage, browser: &Browser, event_type: &str, status: &str) {
    let path = format!("/v1/deliveries?workspace_id={}&event_type={event_type}", stage.workspace);
    browser
        .until((event_type, status), async || {
            let page = stage.read(&path).await;
            let rows = page["data"].as_array().unwrap();
            Ok((rows.len() == 2 && rows.iter().all(|row| row["status"] == status)).then_some(()))
        })
        .await;
}

/// Lets the drain take its steps, each a second after the one before, until all is delivered.
async fn drained(stage: &Stage, browser: &Browser, endpoint: &Endpoint, count: usize) {
    let path = format!("/v1/webhook-endpoints/{}/deliveries", endpoint.id);
    browser
        .until("all is delivered", async || {
            stage.advance(Duration::from_secs(1));
            let page = stage.read(&path).await;
            let delivered = page.as_array().unwrap().iter().filter(|row| row["status"] == "delivered");
            Ok((delivered.count() == count).then_some(()))
        })
        .await;
}
