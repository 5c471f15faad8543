//! How does one get about without a mouse?
//! The palette, which also opens any pasted id, keyboard shortcuts, and the sheet that lists them.

use serde_json::json;
use stories::{Receiver, Stage};

use crate::person::browse;
use crate::webdriver::Browser;

/// Types into the palette until it offers this, and takes it.
async fn go_to(browser: &Browser, typed: &str, offered: &str) {
    browser.press(&["Mod+k"]).await;
    browser.see_focus("field", "Go to a page").await;
    browser.press(&[typed]).await;
    browser
        .until(("offered", offered), async || {
            let chosen = browser.texts(".hit[aria-selected=true]").await;
            Ok(chosen.first().is_some_and(|hit| hit.contains(offered)).then_some(()))
        })
        .await;
    browser.press(&["Enter"]).await;
}

async fn expect_page(stage: &Stage, browser: &Browser, page: &str) {
    let address = format!("{}/console/{}/{page}", stage.platform.url(), stage.workspace);
    browser.until(("at", &address), async || Ok((browser.address().await == address).then_some(()))).await;
    browser.settle().await;
}

#[tokio::test]
async fn the_palette_finds_pages_and_things_and_opens_any_pasted_id() {
    browse("palette", async |stage, browser| {
        let receiver = Receiver::start().await;
        let endpoint = stage.endpoint(&receiver, json!({ "description": "Warehouse" })).await;
        stage.admin.post("/v1/event-types", &json!({ "name": "invoice.paid" })).await.unwrap();
        let event = stage.send("invoice.paid", json!({})).await;
        let event = event["id"].as_str().unwrap();
        let delivery = stage.deliveries(&endpoint, 1, "delivered").await.remove(0);
        let delivery = delivery["id"].as_str().unwrap();

        browser.open(stage, "overview").await;
        go_to(browser, "deliv", "Deliveries").await;
        expect_page(stage, browser, "deliveries").await;
        go_to(browser, "wareh", "Warehouse").await;
        expect_page(stage, browser, &format!("endpoints/{}", endpoint.id)).await;
        go_to(browser, "invoice.p", "invoice.paid").await;
        expect_page(stage, browser, "catalogue/invoice.paid").await;
        for (id, page) in [(event, "events"), (delivery, "deliveries"), (&endpoint.id, "endpoints")] {
            go_to(browser, id, id).await;
            expect_page(stage, browser, &format!("{page}/{id}")).await;
        }

        browser.press(&["Mod+k"]).await;
        browser.see_focus("field", "Go to a page").await;
        browser.press(&["nothing of that name"]).await;
        browser.see("Events whose payload contains “nothing of that name”").await;
        browser.press(&["Escape"]).await;
        browser.see("Warehouse").await;
    })
    .await;
}

#[tokio::test]
async fn lists_are_read_and_opened_by_single_keys_which_a_sheet_explains() {
    browse("keys", async |stage, browser| {
        let receiver = Receiver::start().await;
        let endpoint = stage.endpoint(&receiver, json!({ "description": "Warehouse" })).await;
        for number in 1..=3 {
            stage.send("order.created", json!({ "number": number })).await;
        }
        let rows = stage.deliveries(&endpoint, 3, "delivered").await;

        browser.open(stage, "overview").await;
        browser.press(&["?"]).await;
        browser.see("Keyboard shortcuts").await;
        browser.see("Go to Deliveries").await;
        browser.press(&["Escape"]).await;
        browser.see_gone("Go to Deliveries").await;
        browser.press(&["g", "d"]).await;
        expect_page(stage, browser, "deliveries").await;
        browser.see("order.created").await;

        // The second row, by j and j; Enter opens it, and the back button comes back to the list.
        browser.press(&["j", "j", "Enter"]).await;
        let second = rows[1]["id"].as_str().unwrap();
        expect_page(stage, browser, &format!("deliveries/{second}")).await;
        browser.back().await;
        expect_page(stage, browser, "deliveries").await;
    })
    .await;
}
