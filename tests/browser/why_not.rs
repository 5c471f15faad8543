//! Why did an endpoint not get an event?
//! The ledger of an event, and the condition of a filter that did not hold.

use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Receiver, Stage};

use crate::person::browse;
use crate::webdriver::Browser;

#[tokio::test]
async fn the_condition_that_did_not_hold_is_named_with_the_value_found() {
    browse("why-not-filter", async |stage, browser| {
        let (large, all) = (Receiver::start().await, Receiver::start().await);
        let filter = json!({
            "data.currency": "EUR", "data.amount": { "$gte": 1000 }, "data.customer.tier": { "$in": ["gold", "platinum"] },
        });
        let filtered =
            stage.endpoint(&large, json!({ "description": "Large invoices", "filter": filter })).await;
        let other = stage.endpoint(&all, json!({ "description": "Bookkeeping" })).await;
        let payload = json!({ "number": 1003, "currency": "EUR", "amount": 42.5, "customer": { "name": "Acme" } });
        let event = stage.send("invoice.paid", payload).await;
        stage.deliveries(&other, 1, "delivered").await;

        // The support lead looks for invoice 1003, and sees who got it.
        browser.open(stage, "events").await;
        browser.fill("Text in the payload, or your id", "1003").await;
        browser.click("link", "invoice.paid").await;
        browser.see("1 delivery, 1 endpoint skipped").await;
        browser.see("filter did not hold").await;
        let ledger = browser.texts("[data-row]").await;
        assert!(ledger[0].starts_with("Bookkeeping Delivered"), "{ledger:?}");
        assert!(ledger[1].starts_with("Large invoices Skipped"), "{ledger:?}");

        browser.click("button", "Why not?").await;
        expect_the_answer(browser).await;
        let explained = explanation(stage, &event, &filtered).await;
        assert_eq!(explained["recorded"], json!({ "status": "skipped", "reason": "filter" }));

        // The answer has an address, which shows the same to whoever gets it.
        let address = browser.address().await;
        browser.open(stage, "overview").await;
        browser.load(&address).await;
        expect_the_answer(browser).await;

        // The filter is right, but this invoice is to go there all the same.
        assert!(large.seen().is_empty());
        browser.click("button", "Send it now").await;
        browser.see("did not get it").await;
        browser.click("button", "Send to 1 endpoint").await;
        browser.see("The event is sent to 1 endpoint.").await;
        let sent = large.wait_for(1).await;
        let body: Value = serde_json::from_slice(&sent[0].body).unwrap();
        assert_eq!(body["data"]["number"], 1003);
        stage.deliveries(&filtered, 1, "delivered").await;
        browser.see("2 deliveries, 0 endpoints skipped").await;
    })
    .await;
}

/// Each condition stands there with whether it held, and with what was found instead.
async fn expect_the_answer(browser: &Browser) {
    browser.see("Why did Large invoices not get this event?").await;
    browser.see("the endpoint was skipped: its filter did not hold.").await;
    browser.see("Its filter does not hold").await;
    let held = browser.texts("dialog .condition.good").await;
    assert_eq!(held, [r#"data.currency is "EUR" found "EUR""#]);
    let failed = browser.texts("dialog .condition.bad").await;
    let expected = [
        "All of",
        "data.amount is at least 1000 found 42.5",
        r#"data.customer.tier is one of "gold", "platinum" the event has no such member"#,
    ];
    assert_eq!(failed, expected);
}

#[tokio::test]
async fn an_endpoint_that_is_off_and_one_that_does_not_subscribe_say_so() {
    browse("why-not-others", async |stage, browser| {
        let receiver = Receiver::start().await;
        let off = stage.endpoint(&receiver, json!({ "description": "Old shop" })).await;
        let orders = json!({ "description": "Warehouse", "events": ["order.*", "parcel.sent"] });
        let orders = stage.endpoint(&receiver, orders).await;
        switch(stage, &off, false).await;
        let event = stage.send("invoice.paid", json!({ "number": 1004 })).await;

        browser.open(stage, &format!("events/{}", event["id"].as_str().unwrap())).await;
        browser.see("0 deliveries, 2 endpoints skipped").await;
        browser.see("it was off").await;
        browser.see("not subscribed").await;

        browser.click("link", "Old shop").await;
        browser.see("Why did Old shop not get this event?").await;
        browser.see("the endpoint was skipped: it was switched off.").await;
        assert_eq!(browser.texts("dialog .verdicts .bad").await, ["It is switched off"]);
        assert!(browser.shown().await.contains("It subscribes to every type"));
        // Nothing can be sent to it before somebody switches it on.
        assert!(!browser.has("button", "Send it now").await);
        assert_eq!(explanation(stage, &event, &off).await["recorded"]["reason"], "disabled");
        browser.press(&["Escape"]).await;

        browser.click("link", "Warehouse").await;
        browser.see("Why did Warehouse not get this event?").await;
        browser.see("the endpoint was skipped: it did not subscribe to this type.").await;
        let expected = "It does not subscribe to invoice.paid, only to order.*, parcel.sent";
        assert_eq!(browser.texts("dialog .verdicts .bad").await, [expected]);
        assert_eq!(explanation(stage, &event, &orders).await["recorded"]["reason"], "type_not_subscribed");
        browser.press(&["Escape"]).await;

        // Once it is on, the answer says that the settings are no longer those that decided.
        switch(stage, &off, true).await;
        browser.reload().await;
        browser.settle().await;
        browser.click("link", "Old shop").await;
        browser.see("The endpoint was changed since the event was accepted.").await;
        browser.see("By its settings now, it would get this event.").await;
        assert_eq!(browser.texts("dialog .verdicts .bad").await, [""; 0]);
        assert!(browser.has("button", "Send it now").await);
        assert!(receiver.seen().is_empty());
    })
    .await;
}

async fn switch(stage: &Stage, endpoint: &Endpoint, active: bool) {
    let (path, body) = (format!("/v1/webhook-endpoints/{}", endpoint.id), json!({ "active": active }));
    let (status, answer) = stage.admin.call("PATCH", &path, body.to_string(), &[]).await.unwrap();
    assert_eq!(status, 200, "{answer}");
}

async fn explanation(stage: &Stage, event: &Value, endpoint: &Endpoint) -> Value {
    let id = event["id"].as_str().unwrap();
    stage
        .read(&format!(
            "/v1/events/{id}/explain?endpoint_id={}&workspace_id={}",
            endpoint.id, stage.workspace
        ))
        .await
}
