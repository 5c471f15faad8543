//! What may a customer see and do in the portal?
//! An embedded page with its rights, its end, and its frame.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use api::client::ApiClient;
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use serde_json::{Value, json};
use stories::stage::Endpoint;
use stories::{Answer, Receiver, Stage};
use tokio::net::TcpListener;

use crate::person::browse;
use crate::webdriver::Browser;

/// The guide whose page frames the portal here.
const GUIDE: &str = include_str!("../../docs/guides/portal.md");
const MANAGE: [&str; 3] = ["webhooks", "deliveries", "events:ro"];
const LOOK: [&str; 3] = ["webhooks:ro", "deliveries:ro", "events:ro"];

#[tokio::test]
async fn who_may_only_look_finds_nothing_to_press() {
    browse("portal-look", async |stage, browser| {
        let receiver = Receiver::start().await;
        let (endpoint, delivery) = a_failed_delivery(stage, &receiver).await;
        visit(browser, &link(stage, json!({ "scopes": LOOK })).await).await;
        let pages = ["Overview", "Endpoints", "Deliveries", "Events", "Catalogue"];
        assert_eq!(browser.texts("#nav [role=group] a").await, pages);

        browser.click("link", "Endpoints").await;
        browser.click("link", "Bookkeeping").await;
        browser.see("Last deliveries").await;
        expect_none(browser, &["Pause", "Send test", "New endpoint"]).await;
        browser.click("tab", "Settings").await;
        browser.find("field", "Name").await;
        expect_none(browser, &["Save changes", "Rotate secret", "Delete endpoint"]).await;
        let name = browser.find("field", "Name").await;
        let is_enabled = browser.run("return !arguments[0].matches(':disabled')", &[name.to_value()]).await;
        assert_eq!(is_enabled.unwrap(), json!(false));

        browser.click("link", "Deliveries").await;
        browser.click("link", "invoice.paid").await;
        browser.see("Your endpoint answered 500").await;
        expect_none(browser, &["Send again", "Copy as curl"]).await;
        browser.click("link", "Open event").await;
        browser.see("What became of it").await;
        expect_none(browser, &["Send to …", "Erase payload"]).await;

        // Nor does an address help.
        let page = |page: &str| format!("{}/portal/{}/{page}", stage.platform.url(), stage.workspace);
        browser.load(&page("endpoints/new")).await;
        browser.see("You do not have access to this").await;
        browser.load(&page(&format!("deliveries/{delivery}"))).await;
        browser.see("Your endpoint answered 500").await;
        browser.press(&["r"]).await;
        browser.load(&page(&format!("endpoints/{}", endpoint.id))).await;
        browser.see("Last deliveries").await;
        assert_eq!(receiver.seen().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn who_may_manage_does_so_under_their_own_name() {
    browse("portal-manage", async |stage, browser| {
        let receiver = Receiver::start().await;
        let (endpoint, delivery) = a_failed_delivery(stage, &receiver).await;
        receiver.answer(Answer::Status(200));
        visit(browser, &link(stage, json!({ "scopes": MANAGE, "user": "user-17" })).await).await;

        browser.click("link", "Deliveries").await;
        browser.click("link", "invoice.paid").await;
        browser.see("Your endpoint answered 500").await;
        browser.click("button", "Send again").await;
        browser.see("The delivery is sent again.").await;
        browser.see("Delivered").await;
        receiver.wait_for(2).await;
        stage.deliveries(&endpoint, 1, "delivered").await;
        let delivery =
            stage.read(&format!("/v1/deliveries/{delivery}?workspace_id={}", stage.workspace)).await;
        assert_eq!(delivery["attempts"], 2);

        browser.click("link", "Bookkeeping").await;
        browser.click("button", "Pause").await;
        browser.see("Pause Bookkeeping?").await;
        browser.click("button", "Pause").await;
        browser.see("Paused. New events are skipped.").await;
        browser.see("switched off by hand").await;
        assert_eq!(stage.read(&format!("/v1/webhook-endpoints/{}", endpoint.id)).await["active"], false);
        let log =
            stage.read(&format!("/v1/audit?workspace_id={}&action=endpoint.updated", stage.workspace)).await;
        let actor = &log["data"][0]["actor"];
        assert_eq!((&actor["type"], &actor["user"]), (&json!("portal_link"), &json!("user-17")));

        // What belongs to the product's own people is not there.
        browser.click("link", "Events").await;
        browser.click("link", "invoice.paid").await;
        browser.see("What became of it").await;
        expect_none(browser, &["Erase payload", "Send an event", "Replay a period"]).await;
    })
    .await;
}

#[tokio::test]
async fn who_may_see_deliveries_alone_sees_them() {
    browse("portal-deliveries", async |stage, browser| {
        let receiver = Receiver::start().await;
        a_failed_delivery(stage, &receiver).await;
        visit(browser, &link(stage, json!({ "scopes": ["deliveries:ro"] })).await).await;
        assert_eq!(browser.texts("#nav [role=group] a").await, ["Overview", "Deliveries", "Catalogue"]);
        browser.see("Last failures").await;
        browser.see("invoice.paid").await;
        assert!(!browser.shown().await.contains("do not have access"));
        browser.click("link", "Deliveries").await;
        browser.click("link", "invoice.paid").await;
        browser.see("Your endpoint answered 500").await;
        expect_none(browser, &["Send again", "Open event", "Bookkeeping"]).await;
        assert!(browser.texts("main a[href*='/endpoints']").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_ids_of_another_workspace_show_nothing() {
    browse("portal-others", async |stage, browser| {
        let receiver = Receiver::start().await;
        let (endpoint, delivery) = a_failed_delivery(stage, &receiver).await;
        let event = stage.read(&format!("/v1/events?workspace_id={}", stage.workspace)).await;
        let event = event["data"][0]["id"].as_str().unwrap();
        let other = stage.admin.post("/v1/workspaces", &json!({ "name": "Another customer" })).await.unwrap();
        let other = other["id"].as_str().unwrap();
        let wishes = json!({ "workspace_id": other, "scopes": MANAGE });
        visit(browser, &link(stage, wishes).await).await;

        for page in [
            format!("endpoints/{}", endpoint.id),
            format!("deliveries/{delivery}"),
            format!("events/{event}"),
            format!("events/{event}?why={}", endpoint.id),
        ] {
            browser.load(&format!("{}/portal/{other}/{page}", stage.platform.url())).await;
            browser.see("Not found").await;
            let shown = browser.shown().await;
            assert!(!shown.contains("Bookkeeping") && !shown.contains("invoice.paid"), "{page}: {shown}");
            browser.expect_silence(&[404]).await;
        }
        // The link is not one for the other workspace.
        browser.load(&format!("{}/portal/{}/endpoints", stage.platform.url(), stage.workspace)).await;
        browser.see("This link has expired").await;
        assert!(!browser.shown().await.contains("Bookkeeping"));
    })
    .await;
}

#[tokio::test]
async fn a_link_that_has_expired_leads_to_where_a_new_one_is_made() {
    browse("portal-expired", async |stage, browser| {
        let receiver = Receiver::start().await;
        stage.endpoint(&receiver, json!({ "description": "Bookkeeping" })).await;
        let product = Product::start(stage).await;
        let look = json!({ "name": "Acme", "refresh_url": format!("{}/webhooks/again", product.origin) });
        set_look(stage, look).await;
        let short = json!({ "scopes": MANAGE, "expires_in_seconds": 60 });
        let short = link(stage, short).await;
        visit(browser, &short).await;
        browser.click("link", "Endpoints").await;
        browser.see("Bookkeeping").await;

        stage.advance(Duration::from_secs(61));
        browser.click("link", "Events").await;
        browser
            .until("the product was asked for a new link", async || Ok((product.links() == 1).then_some(())))
            .await;
        // The customer is let in again, without doing anything.
        browser.click("link", "Endpoints").await;
        browser.see("Bookkeeping").await;
        browser.expect_silence(&[401]).await;

        // The old link, from a bookmark, leads there, too.
        visit(browser, &short).await;
        browser.click("link", "Endpoints").await;
        browser.see("Bookkeeping").await;
        assert_eq!(product.links(), 2);
        browser.expect_silence(&[401]).await;
    })
    .await;
}

#[tokio::test]
async fn a_link_that_was_ended_says_so_and_where_to_get_another() {
    browse("portal-ended", async |stage, browser| {
        let product = Product::start(stage).await;
        let look = json!({ "name": "Acme", "return_url": format!("{}/", product.origin), "origins": [product.origin] });
        set_look(stage, look).await;
        let ended = link(stage, json!({ "scopes": MANAGE })).await;
        visit(browser, &ended).await;
        browser.see("No endpoints yet").await;

        let path = format!("/v1/portal-links/{}", ended["id"].as_str().unwrap());
        assert_eq!(stage.admin.call("DELETE", &path, String::new(), &[]).await.unwrap().0, 204);
        stage.advance(Duration::from_secs(6));
        browser.click("link", "Events").await;
        browser.see("This link has expired").await;
        browser.see("Open the webhook settings again in Acme, which makes a new link.").await;
        // A reload does not help, but the way back is there.
        browser.reload().await;
        browser.see("This link has expired").await;
        browser.expect_silence(&[401]).await;
        browser.click("link", "Back to the product").await;
        browser.see("Acme: webhooks").await;
        browser.until("a new link", async || Ok((product.links() == 1).then_some(()))).await;
    })
    .await;
}

#[tokio::test]
async fn the_guides_page_frames_the_portal_as_high_as_it_is() {
    browse("portal-framed", async |stage, browser| {
        let receiver = Receiver::start().await;
        for number in 1..=30 {
            stage.endpoint(&receiver, json!({ "description": format!("Shop {number}") })).await;
        }
        let product = Product::start(stage).await;
        set_look(stage, json!({ "name": "Acme", "origins": [product.origin] })).await;
        browser.load(&product.origin).await;
        browser.see("Acme: webhooks").await;
        let frame = browser.find("css", "iframe").await;
        browser.enter(Some(&frame)).await;
        browser.settle().await;
        browser.click("link", "Endpoints").await;
        browser.see("Shop 1").await;
        // It has no scroll bar of its own: all thirty rows are on the product's page.
        let high = height(browser).await;
        assert!(high > 1_000, "{high}");

        browser.click("link", "Catalogue").await;
        browser.settle().await;
        browser
            .until("it is as low as its page", async || Ok((height(browser).await < high).then_some(())))
            .await;

        // When the link ends, the product's page brings a new one into the same frame.
        assert_eq!(product.links(), 1);
        stage.advance(Duration::from_secs(3_601));
        browser.click("link", "Events").await;
        browser.enter(None).await;
        browser.until("a new link", async || Ok((product.links() == 2).then_some(()))).await;
        let frame = browser.find("css", "iframe").await;
        browser.enter(Some(&frame)).await;
        browser.click("link", "Endpoints").await;
        browser.see("Shop 1").await;
        browser.enter(None).await;
        browser.expect_silence(&[401]).await;
    })
    .await;
}

#[tokio::test]
async fn a_page_that_may_not_frame_the_portal_does_not_get_it() {
    browse("portal-not-framed", async |stage, browser| {
        let (product, stranger) = (Product::start(stage).await, Product::start(stage).await);
        set_look(stage, json!({ "name": "Acme", "origins": [product.origin] })).await;
        browser.load(&stranger.origin).await;
        browser.see("Acme: webhooks").await;
        browser.until("the stranger has a link", async || Ok((stranger.links() == 1).then_some(()))).await;
        let refusal = browser
            .until("the browser refuses", async || {
                Ok(browser.said().await.into_iter().find(|(_, said)| said.contains("frame-ancestors")))
            })
            .await;
        assert!(refusal.1.contains(&product.origin), "{refusal:?}");
        let frame = browser.find("css", "iframe").await;
        let height = browser.run("return arguments[0].style.height", &[frame.to_value()]).await.unwrap();
        assert_eq!(height, "600px", "nothing was told to the stranger");
        browser.enter(Some(&frame)).await;
        let inside = browser.run("return document.getElementById('app')", &[]).await.unwrap();
        assert_eq!(inside, Value::Null);
        browser.enter(None).await;
    })
    .await;
}

/// The frame's height, once it has neither a scroll bar nor more room than the portal fills.
async fn height(browser: &Browser) -> i64 {
    let script =
        "const page = document.documentElement; const all = document.getElementById('app').scrollHeight;
        return [innerHeight, page.scrollHeight, all]";
    browser
        .until("the frame is as high as its content", async || {
            let heights = browser.run(script, &[]).await?;
            Ok((heights[0] == heights[1] && heights[1] == heights[2]).then(|| heights[0].as_i64().unwrap()))
        })
        .await
}

/// An endpoint that has refused an invoice for good, and its delivery.
async fn a_failed_delivery(stage: &Stage, receiver: &Receiver) -> (Endpoint, String) {
    receiver.answer(Answer::Status(500));
    let settings = json!({ "description": "Bookkeeping", "retry": { "schedule_seconds": [] } });
    let endpoint = stage.endpoint(receiver, settings).await;
    stage.send("invoice.paid", json!({ "number": 1003 })).await;
    let delivery = stage.deliveries(&endpoint, 1, "failed").await[0]["id"].as_str().unwrap().to_owned();
    (endpoint, delivery)
}

/// A link into the portal, as a product's backend makes it.
async fn link(stage: &Stage, wishes: Value) -> Value {
    let mut body = json!({ "workspace_id": stage.workspace });
    body.as_object_mut().unwrap().extend(wishes.as_object().unwrap().clone());
    stage.admin.post("/v1/portal-links", &body).await.unwrap()
}

/// Opens a link in the tab.
async fn visit(browser: &Browser, link: &Value) {
    browser.load(link["url"].as_str().unwrap()).await;
    browser.settle().await;
}

async fn set_look(stage: &Stage, look: Value) {
    let (path, body) = (format!("/v1/workspaces/{}", stage.workspace), json!({ "portal": look }));
    let (status, answer) = stage.admin.call("PATCH", &path, body.to_string(), &[]).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    // Other functions may know the settings of before for some seconds.
    stage.advance(Duration::from_secs(6));
}

/// None of these is there to be pressed.
async fn expect_none(browser: &Browser, names: &[&str]) {
    for name in names {
        for kind in ["button", "link"] {
            assert!(!browser.has(kind, name).await, "{name}");
        }
    }
}

/// The product whose customer it is: the page of the guide, and the backend that makes links for it.
struct Product {
    origin: String,
    links: Arc<AtomicUsize>,
}

impl Product {
    async fn start(stage: &Stage) -> Self {
        let page = GUIDE.split_once("```html\n").unwrap().1.split_once("```").unwrap().0;
        let (links, workspace) = (Arc::new(AtomicUsize::new(0)), stage.workspace.clone());
        let api = Arc::new(ApiClient::new(&stage.platform.url(), stage.admin_key()));
        let counted = Arc::clone(&links);
        let make = async move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let body = json!({ "workspace_id": workspace, "scopes": MANAGE, "user": "user-17" });
            api.post("/v1/portal-links", &body).await.unwrap()
        };
        let again = make.clone();
        #[expect(clippy::disallowed_methods, reason = "it is the product's server, not Posthorn's")]
        let router = Router::new()
            .route("/webhooks/link", post(async move || axum::Json(make().await)))
            .route(
                "/webhooks/again",
                get(async move || {
                    let url = again().await["url"].as_str().unwrap().to_owned();
                    (StatusCode::SEE_OTHER, [(LOCATION, url)]).into_response()
                }),
            )
            .fallback(get(async move || ([(CONTENT_TYPE, "text/html; charset=utf-8")], page)));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { origin, links }
    }

    /// So many links were made.
    fn links(&self) -> usize {
        self.links.load(Ordering::SeqCst)
    }
}
