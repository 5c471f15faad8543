//! Does a list of ten thousand deliveries stay usable?
//! Pages, filters in the address, the back button, rows that arrive.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};

use crate::look::Loaded;
use crate::person::{browse, tell};
use crate::seed::seed;
use crate::webdriver::Browser;

const EVENTS: usize = 2_000;
const ENDPOINTS: usize = 5;
/// One delivery in so many has failed.
const FAILED: usize = 50;
/// So many pages are turned.
const PAGES: usize = 6;
/// The browser works less for a page, however busy the machine is.
const WORK: Duration = Duration::from_secs(1);
/// Of one answer.
const BYTES: u64 = 50_000;

#[tokio::test]
async fn ten_thousand_deliveries_stay_usable() {
    browse("many-deliveries", async |stage, browser| {
        let receiver = Receiver::start().await;
        let mut endpoints = Vec::new();
        for number in 1..=ENDPOINTS {
            let settings =
                json!({ "description": format!("Shop {number}"), "events": ["invoice.*", "order.*"] });
            endpoints.push(stage.endpoint(&receiver, settings).await);
        }
        let began = Instant::now();
        seed(stage, &endpoints, EVENTS, |number| if number % FAILED == 7 { 500 } else { 200 }).await;
        eprintln!("{} deliveries were written in {:?}", EVENTS * ENDPOINTS, began.elapsed());
        the_pages_are_turned(stage, browser).await;
        the_way_back_leads_to_the_same_place(browser).await;
        an_address_holds_its_filters(stage, browser, &endpoints[3]).await;
        a_row_that_arrives_moves_nothing(stage, browser).await;
    })
    .await;
}

/// Someone leafs from the newest page on, and no row is missing or comes twice.
async fn the_pages_are_turned(stage: &Stage, browser: &Browser) {
    browser.open(stage, "deliveries").await;
    let first = rows(browser).await;
    let mut seen = first.clone();
    browser.chromium("Performance.enable", json!({ "timeDomain": "threadTicks" })).await;
    for number in 2..=PAGES {
        browser.count_from_here().await;
        let (began, before) = (Instant::now(), worked(browser).await);
        let page = turn(browser, "Older").await;
        let (took, work) = (began.elapsed(), worked(browser).await - before);
        let Loaded { requests, bytes } = browser.loaded(false).await;
        eprintln!(
            "page {number} was there after {took:?}: {work:?} of work, {bytes} bytes in {requests} requests"
        );
        // Besides the page itself, the one after it is loaded, and perhaps the newest again.
        assert!(work < WORK && bytes < BYTES * requests.max(1), "page {number}: {work:?}, {bytes} bytes");
        seen.extend(page);
    }
    assert_eq!(seen, listed(stage, "", PAGES).await);

    // Whoever has seen enough is back at the newest by one click.
    let page = turn(browser, "Newest").await;
    assert_eq!(page, first);
    assert!(!browser.has("button", "Newest").await);
}

/// Someone opens a delivery in the middle of a page, and comes back to where they were.
async fn the_way_back_leads_to_the_same_place(browser: &Browser) {
    turn(browser, "Older").await;
    let page = turn(browser, "Older").await;
    let (address, opened) = (browser.address().await, &page[30]);
    let row = format!("[data-row='{opened}'] .row-link");
    let row = browser.find("css", &row).await;
    browser.run("arguments[0].scrollIntoView({ block: 'center' })", &[row.to_value()]).await.unwrap();
    let places = places_of_rows(browser).await;
    browser.click_element(&row).await.unwrap();
    browser.see("What happened").await;
    assert!(browser.address().await.ends_with(&format!("/deliveries/{opened}")));

    browser.back().await;
    browser
        .until("the rows at their places", async || {
            Ok((places_of_rows(browser).await == places).then_some(()))
        })
        .await;
    assert_eq!(browser.address().await, address);

    // Further back is the page before.
    browser.back().await;
    browser
        .until("the page before", async || {
            let before = rows(browser).await;
            Ok((before.len() == page.len() && before != page).then_some(()))
        })
        .await;
    browser.click("button", "Older").await;
    browser.until("the page again", async || Ok((rows(browser).await == page).then_some(()))).await;
}

/// Someone narrows the list down, and sends its address to a colleague.
async fn an_address_holds_its_filters(stage: &Stage, browser: &Browser, endpoint: &Endpoint) {
    browser.open(stage, "deliveries").await;
    choose(browser, "Status", "Failed").await;
    browser.press(&["Escape"]).await;
    browser
        .until("only failed ones", async || {
            let states = browser.texts("[data-row] .status").await;
            Ok((!states.is_empty() && states.iter().all(|state| state == "Failed")).then_some(()))
        })
        .await;
    let failed = rows(browser).await;
    assert_eq!(failed, listed(stage, "&status=failed", 1).await);

    choose(browser, "Endpoint", "Shop 4").await;
    let of_one =
        browser.until("fewer", async || Ok(Some(rows(browser).await).filter(|rows| *rows != failed))).await;
    let query = format!("&status=failed&endpoint_id={}", endpoint.id);
    assert_eq!(of_one, listed(stage, &query, 1).await);
    let address = browser.address().await;
    assert!(address.contains(&endpoint.id) && address.contains("status=failed"), "{address}");

    let colleague = Browser::start().await;
    colleague.log_in(stage).await;
    let opens = async {
        colleague.load(&address).await;
        colleague.settle().await;
        colleague.see("Shop 4").await;
        assert_eq!(rows(&colleague).await, of_one);
        for chosen in ["Status Failed", "Endpoint Shop 4"] {
            assert!(colleague.has("button", chosen).await, "{chosen}");
        }
    };
    tell("many-deliveries-colleague", &colleague, opens).await;
    colleague.close().await;

    // Back takes the last filter off, and one click takes off all.
    browser.back().await;
    browser.until("all that failed", async || Ok((rows(browser).await == failed).then_some(()))).await;
    browser.click("button", "Clear filters").await;
    browser
        .until("all deliveries", async || {
            Ok((rows(browser).await == listed(stage, "", 1).await).then_some(()))
        })
        .await;
    assert!(!browser.address().await.contains('?'));
}

/// Someone reads the newest page while deliveries come in: what is read stays where it is.
async fn a_row_that_arrives_moves_nothing(stage: &Stage, browser: &Browser) {
    let receiver = Receiver::start().await;
    let settings =
        json!({ "description": "Live", "events": ["parcel.*"], "retry": { "schedule_seconds": [60] } });
    let live = stage.endpoint(&receiver, settings).await;
    receiver.answer_first(&[Answer::Status(503)]);
    stage.send("parcel.packed", json!({})).await;
    stage.attempted(&live, 1).await;
    browser.open(stage, "deliveries").await;
    browser.see("parcel.packed").await;
    let (before, states) = (places_of_rows(browser).await, browser.texts("[data-row] .status").await);
    assert!(states[0].starts_with("Retrying"), "{states:?}");

    stage.send("parcel.sent", json!({})).await;
    stage.advance(Duration::from_secs(61));
    stage.deliveries(&live, 2, "delivered").await;
    browser.find("button", "Show 1 new").await;
    assert_eq!(places_of_rows(browser).await, before);
    assert!(!browser.shown().await.contains("parcel.sent"));
    // The one that waited for its retry has changed at its place.
    assert_eq!(browser.texts("[data-row] .status").await[0], "Delivered");

    browser.click("button", "Show 1 new").await;
    browser.see("parcel.sent").await;
    let mut expected: Vec<String> = listed(stage, "", 1).await;
    expected.truncate(2);
    assert_eq!(rows(browser).await[..2], expected);
    assert!(!browser.has("button", "Show").await);
    assert_eq!(receiver.seen().len(), 3);
}

/// Chooses one value of a filter.
async fn choose(browser: &Browser, filter: &str, value: &str) {
    browser.click("button", filter).await;
    browser.click("field", value).await;
}

/// Clicks on a button of the pager; gives the page that comes.
async fn turn(browser: &Browser, button: &str) -> Vec<String> {
    let before = rows(browser).await;
    browser.click("button", button).await;
    browser
        .until(("another page", button), async || {
            Ok(Some(rows(browser).await).filter(|rows| !rows.is_empty() && *rows != before))
        })
        .await
}

/// How long the page's thread has worked so far. It is the processor's time, not that of a clock on the wall.
async fn worked(browser: &Browser) -> Duration {
    let metrics = browser.chromium("Performance.getMetrics", json!({})).await;
    let all = metrics["metrics"].as_array().unwrap();
    let work = all.iter().find(|metric| metric["name"] == "TaskDuration").unwrap();
    Duration::from_secs_f64(work["value"].as_f64().unwrap())
}

/// The rows that are shown, by their deliveries' ids.
async fn rows(browser: &Browser) -> Vec<String> {
    places_of_rows(browser).await.into_iter().map(|(id, _)| id).collect()
}

/// The rows that are shown, and where each stands in the window.
async fn places_of_rows(browser: &Browser) -> Vec<(String, i64)> {
    let script = "return [...document.querySelectorAll('[data-row]')].map((row) => [row.dataset.row, Math.round(row.getBoundingClientRect().top)])";
    let places = browser.run(script, &[]).await.unwrap();
    let place = |of: &Value| (of[0].as_str().unwrap().to_owned(), of[1].as_i64().unwrap());
    places.as_array().unwrap().iter().map(place).collect()
}

/// The ids of the first pages of the list that the API gives.
async fn listed(stage: &Stage, query: &str, pages: usize) -> Vec<String> {
    let list = format!("/v1/deliveries?workspace_id={}&limit=50{query}", stage.workspace);
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    for _ in 0..pages {
        let page = stage.read(&format!("{list}{cursor}")).await;
        ids.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        cursor = format!("&cursor={}", page["next"].as_str().unwrap_or_default());
    }
    ids
}
