//! What does one see of a replay?
//! Dry run, progress, cancel.

use std::time::Duration;

use serde_json::{Value, json};
use stories::{Receiver, Stage};

use crate::person::browse;
use crate::seed::seed;
use crate::webdriver::Browser;

/// A replay sends a hundred a second: it takes ten.
const MANY: usize = 1_000;

#[tokio::test]
async fn nothing_is_sent_before_it_was_counted_and_then_all_of_it() {
    browse("replay", async |stage, browser| {
        let receiver = Receiver::start().await;
        let endpoint = stage.endpoint(&receiver, json!({ "description": "Bookkeeping" })).await;
        seed(stage, std::slice::from_ref(&endpoint), 48, |number| if number % 3 == 0 { 200 } else { 500 })
            .await;

        browser.open(stage, "replays").await;
        browser.see("No replays yet").await;
        browser.click("link", "Replay a period").await;
        // Without an endpoint nothing is asked for.
        browser.click("button", "Count").await;
        browser.see("Choose an endpoint.").await;
        browser.fill("Endpoint", "Bookkeeping").await;
        browser.click("button", "Count").await;
        browser.see("What would be sent").await;
        browser.see("32 deliveries").await;
        browser.see("Nothing is sent yet.").await;
        browser.see("The first 10").await;
        assert_eq!(browser.texts(".plan [data-row] .status").await, ["Failed"; 10]);
        assert!(receiver.seen().is_empty());
        assert_eq!(replays(stage).await, json!([]));

        // What was counted is what is sent: after a change it is counted again.
        browser.fill("Event types", "invoice.*").await;
        browser.see("You changed something since this was counted.").await;
        assert!(!is_enabled(browser, "Send 32").await);
        browser.click("button", "Count again").await;
        browser.see("16 deliveries").await;
        assert!(receiver.seen().is_empty());

        browser.click("button", "Send 16").await;
        browser.see("Completed").await;
        browser.see("16 deliveries were sent again").await;
        let sent = receiver.wait_for(16).await;
        let types: Vec<Value> = sent.iter().map(|seen| serde_json::from_slice(&seen.body).unwrap()).collect();
        assert!(types.iter().all(|body: &Value| body["type"] == "invoice.paid"), "{types:?}");
        let replay = &replays(stage).await[0];
        assert_eq!((&replay["status"], &replay["sent"]), (&json!("completed"), &json!(16)));

        // What was sent again is delivered; the rest is where it was.
        browser.click("link", "Deliveries of this endpoint in this period").await;
        browser.settle().await;
        browser
            .until("all invoices are delivered", async || {
                let states = browser.texts("[data-row] .status").await;
                Ok((states.iter().filter(|state| *state == "Failed").count() == 16).then_some(()))
            })
            .await;
        browser.open(stage, "replays").await;
        browser.see("Completed").await;
        assert_eq!(receiver.seen().len(), 16);
    })
    .await;
}

#[tokio::test]
async fn a_replay_shows_how_far_it_is_and_is_stopped() {
    browse("replay-stopped", async |stage, browser| {
        let receiver = Receiver::start().await;
        let endpoint = stage.endpoint(&receiver, json!({ "description": "Bookkeeping" })).await;
        seed(stage, std::slice::from_ref(&endpoint), MANY, |_| 500).await;

        browser.open(stage, &format!("replays/new?endpoint_id={}", endpoint.id)).await;
        browser.click("button", "Count").await;
        browser.see("1,000 deliveries").await;
        browser.see("About 10 s").await;
        browser.click("button", "Send 1,000").await;
        browser.see("Running").await;
        browser.see("Going through deliveries").await;
        browser.until("some are sent", async || Ok((sent(stage).await > 0).then_some(()))).await;
        // The next step is a second away: now it is an hour.
        stage.set_back(Duration::from_secs(3_600));
        browser
            .until("how far it is", async || {
                let percent = format!("{} %", sent(stage).await * 100 / MANY);
                Ok((browser.texts(".verdict .more").await == [percent]).then_some(()))
            })
            .await;

        browser.click("button", "Stop").await;
        browser.see("What it has sent already goes on. The rest is not sent.").await;
        browser.click("button", "Stop it").await;
        browser.see("The replay is stopped.").await;
        browser.see("Stopped").await;
        assert_eq!(replays(stage).await[0]["status"], "cancelled");
        let sent = sent(stage).await;
        assert!((1..MANY).contains(&sent), "{sent}");
        browser.see(&format!("It was stopped after {sent} deliveries")).await;

        // Those are delivered, and no more, although the hour is over.
        stage.advance(Duration::from_secs(3_600));
        receiver.wait_for(sent).await;
        let failed = format!("/v1/deliveries?workspace_id={}&status=failed", stage.workspace);
        browser
            .until("what was sent is delivered", async || {
                Ok((count(stage, &failed).await == MANY - sent).then_some(()))
            })
            .await;
        assert_eq!(receiver.seen().len(), sent);
        // From here the rest can be sent.
        browser.click("link", "Replay again").await;
        browser.click("button", "Count").await;
        browser.see(&format!("{} deliveries", MANY - sent)).await;
    })
    .await;
}

async fn replays(stage: &Stage) -> Value {
    stage.read(&format!("/v1/replays?workspace_id={}", stage.workspace)).await["data"].take()
}

/// How many the newest replay has sent.
async fn sent(stage: &Stage) -> usize {
    usize::try_from(replays(stage).await[0]["sent"].as_u64().unwrap()).unwrap()
}

/// How many deliveries a list has.
async fn count(stage: &Stage, list: &str) -> usize {
    let (mut rows, mut cursor) = (0, String::new());
    loop {
        let page = stage.read(&format!("{list}&limit=250{cursor}")).await;
        rows += page["data"].as_array().unwrap().len();
        let Some(next) = page["next"].as_str() else { return rows };
        cursor = format!("&cursor={next}");
    }
}

async fn is_enabled(browser: &Browser, button: &str) -> bool {
    let button = browser.find("button", button).await;
    browser.run("return !arguments[0].disabled", &[button.to_value()]).await.unwrap() == json!(true)
}
