//! Is the console usable on a phone, in the dark, enlarged, without motion?
//! 390 px, dark, 200 % zoom, prefers-reduced-motion.

use serde_json::{Value, json};
use stories::{Answer, Receiver};

use crate::person::browse;
use crate::webdriver::Browser;

/// Nothing is wider than the window: one scrolls in one direction only.
async fn expect_fit(browser: &Browser, page: &str) {
    let wider = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    let wider = browser.run(wider, &[]).await.unwrap();
    assert!(wider.as_i64() <= Some(0), "{page}: wider than the window by {wider} px");
}

/// How light the page's ground is, from 0 to 255.
async fn lightness(browser: &Browser) -> i64 {
    let script = "return Math.max(...getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number))";
    browser.run(script, &[]).await.unwrap().as_i64().unwrap()
}

#[tokio::test]
async fn on_a_phone_in_the_dark_a_failed_delivery_is_found_and_sent_again() {
    browse("phone", async |stage, browser| {
        let (healthy, failing) = (Receiver::start().await, Receiver::start().await);
        failing.answer(Answer::Status(500));
        stage.endpoint(&healthy, json!({ "description": "Shop", "events": ["invoice.paid"] })).await;
        let once = json!({ "description": "Warehouse", "events": ["order.lost"], "retry": { "schedule_seconds": [] } });
        let warehouse = stage.endpoint(&failing, once).await;
        for _ in 0..3 {
            stage.send("invoice.paid", json!({ "total": 12 })).await;
        }
        stage.send("order.lost", json!({ "order": 7 })).await;
        stage.deliveries(&warehouse, 1, "failed").await;
        healthy.wait_for(3).await;

        browser.set_view(390, 844, "dark").await;
        browser.open(stage, "overview").await;
        assert!(lightness(browser).await < 64, "dark");
        expect_fit(browser, "overview").await;
        assert!(!browser.has("css", "#nav a").await, "the menu is closed at first");
        browser.click("button", "Menu").await;
        browser.click("link", "Deliveries").await;
        browser.until("the menu has closed", async || Ok((!browser.has("css", "#nav a").await).then_some(()))).await;

        // The list as cards; the filters open as a sheet.
        browser.see("order.lost").await;
        assert_eq!(browser.texts("tr[data-row]").await.len(), 4);
        expect_fit(browser, "deliveries").await;
        browser.click("button", "Filters").await;
        browser.click("button", "Status").await;
        browser.click("field", "Failed").await;
        browser.press(&["Escape"]).await;
        browser.see_gone("invoice.paid").await;
        let cards = browser.texts("tr[data-row]").await;
        assert_eq!(cards.len(), 1);
        assert!(cards[0].contains("order.lost") && cards[0].contains("500"), "{cards:?}");
        browser.click("link", "order.lost").await;
        browser.see("answered 500 Internal Server Error").await;
        expect_fit(browser, "the delivery").await;

        failing.answer(Answer::Status(200));
        browser.click("button", "Send again").await;
        browser.see("The delivery is sent again.").await;
        let seen = failing.wait_for(2).await;
        assert_eq!(seen[0].body, seen[1].body);
        browser.see("It took 2 attempts.").await;
        stage.deliveries(&warehouse, 1, "delivered").await;

        // By the menu to another page, and there into one of its things.
        browser.click("button", "Menu").await;
        browser.click("link", "Endpoints").await;
        browser.click("link", "Warehouse").await;
        browser.click("tab", "Settings").await;
        browser.fill("Name", "Warehouse, north").await;
        browser.click("button", "Save changes").await;
        browser.see("Saved. It takes effect within 5 seconds.").await;
        expect_fit(browser, "the settings").await;
        let saved = stage.read(&format!("/v1/webhook-endpoints/{}", warehouse.id)).await;
        assert_eq!(saved["description"], "Warehouse, north");
    })
    .await;
}

#[tokio::test]
async fn enlarged_to_twice_the_size_an_endpoint_is_made_and_tested() {
    browse("zoom", async |stage, browser| {
        let receiver = Receiver::start().await;
        // Half as many pixels for the page, each twice as large: what a browser's zoom of 200 % does.
        let zoomed = json!({ "width": 720, "height": 450, "deviceScaleFactor": 2, "mobile": false });
        browser.chromium("Emulation.setDeviceMetricsOverride", zoomed).await;
        browser.open(stage, "endpoints/new").await;
        expect_fit(browser, "the form").await;
        browser.fill("URL", receiver.url()).await;
        browser.fill("Name", "Enlarged").await;
        browser.click("button", "Create endpoint").await;
        browser.see("The signing secret, shown this once").await;
        expect_fit(browser, "the secret").await;
        browser.click("button", "I have kept it").await;
        browser.click("button", "Send test").await;
        browser.see("A real, signed delivery").await;
        expect_fit(browser, "the dialog").await;
        browser.click("css", "dialog[open] .button.primary").await;
        browser.see("Delivered: the endpoint answered 200").await;
        assert_eq!(receiver.wait_for(1).await.len(), 1);
        browser.click("link", "Open the delivery").await;
        browser.see("What happened").await;
        expect_fit(browser, "the delivery").await;
        browser.click("button", "Menu").await;
        browser.click("link", "Rules").await;
        browser.click("link", "New rule").await;
        browser.fill("Name of the rule", "Enlarged").await;
        expect_fit(browser, "the rule builder").await;
    })
    .await;
}

/// Moves over a button and opens a part of the form, and gives what was set into motion.
async fn motions(browser: &Browser) -> Vec<String> {
    let watch =
        "window.moved = []; addEventListener('transitionrun', (e) => moved.push(e.propertyName), true)";
    browser.run(watch, &[]).await.unwrap();
    let button = browser.find("button", "Create endpoint").await;
    let over = json!({ "type": "pointerMove", "origin": button.to_value(), "x": 0, "y": 0 });
    browser.act(json!([{ "type": "pointer", "id": "mouse", "actions": [over] }])).await;
    browser.click("button", "Retries").await;
    browser.find("field", "Timeout").await;
    let frames =
        "await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))); return moved";
    let moved = browser.run_async(frames).await;
    moved.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn nothing_moves_for_those_who_do_not_want_it() {
    browse("motion", async |stage, browser| {
        let prefer =
            |value: &str| json!({ "features": [{ "name": "prefers-reduced-motion", "value": value }] });
        browser.chromium("Emulation.setEmulatedMedia", prefer("no-preference")).await;
        browser.open(stage, "endpoints/new").await;
        assert!(motions(browser).await.contains(&"transform".to_owned()), "what moves is noticed");
        browser.chromium("Emulation.setEmulatedMedia", prefer("reduce")).await;
        browser.reload().await;
        browser.settle().await;
        assert_eq!(motions(browser).await, Vec::<String>::new());

        // It can be used all the same.
        let receiver = Receiver::start().await;
        browser.fill("URL", receiver.url()).await;
        browser.click("button", "Create endpoint").await;
        browser.see("The signing secret, shown this once").await;
        let moving: Value = browser
            .run_async("return document.getAnimations().filter((a) => a instanceof CSSTransition).length")
            .await;
        assert_eq!(moving, json!(0));
    })
    .await;
}
