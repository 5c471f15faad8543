//! How soon does a newcomer see a delivery?
//! Onboarding by the keyboard alone, in an empty workspace, timed.

use std::time::{Duration, Instant};

use serde_json::json;
use stories::{Receiver, Stage};

use crate::person::visit;
use crate::webdriver::Browser;

/// What is promised: from an empty console to the first delivery.
const PROMISED: Duration = Duration::from_secs(600);

#[tokio::test]
async fn a_newcomer_gets_from_a_key_to_a_verified_delivery_by_the_keyboard_alone() {
    visit("first-delivery", Stage::set(), async |stage, browser| {
        let receiver = Receiver::start().await;
        let began = Instant::now();
        browser.load(&format!("{}/console/", stage.platform.url())).await;
        browser.see("Log in").await;
        browser.press(&[stage.admin_key(), "Enter"]).await;

        // The workspace is empty, and the page says where to begin. The navigation is skipped.
        browser.see("No endpoints yet").await;
        browser.tab_to("link", "Skip to content").await;
        browser.press(&["Enter"]).await;
        browser.tab_to("link", "Set up the first endpoint").await;
        browser.press(&["Enter"]).await;

        browser.see("Make an endpoint").await;
        browser.see_focus("field", "URL of your receiver").await;
        browser.press(&[receiver.url(), "Enter"]).await;

        // Each step that is done puts the focus on the next one.
        browser.see_focus("button", "Send a test event").await;
        browser.press(&["Enter"]).await;
        browser.see("Delivered: the endpoint answered 200").await;
        let delivered = began.elapsed();
        browser.see_focus("button", "Next step").await;
        browser.press(&["Enter"]).await;

        // The newcomer puts the secret that is shown into the receiver, which now checks signatures.
        browser.see("The signing secret, shown this once").await;
        let secret = browser.texts(".secret-line code").await.remove(0);
        receiver.check_with(&secret);
        browser.tab_to("button", "Send both").await;
        browser.press(&["Enter"]).await;
        browser.see("Proved: the receiver accepts a right signature, and refuses a wrong one.").await;
        browser.see_focus("button", "Next step").await;
        browser.press(&["Enter"]).await;

        own_event(browser).await;
        let done = began.elapsed();
        eprintln!(
            "the first delivery is seen after {delivered:.1?}, a verified event of one's own after {done:.1?}"
        );
        assert!(done < PROMISED / 4, "{done:?}");

        browser.tab_to("link", "Watch deliveries").await;
        browser.press(&["Enter"]).await;
        browser.see("invoice.paid").await;
        arrived(stage, &receiver, &secret).await;
    })
    .await;
}

/// Sends the event that the page proposes, with another amount.
async fn own_event(browser: &Browser) {
    browser.tab_to("field", "Event type").await;
    browser.press(&["Tab", "Mod+a", r#"{ "amount": 1003 }"#]).await;
    browser.tab_to("button", "Send the event").await;
    browser.press(&["Enter"]).await;
    browser.see("Accepted. It is on its way to 1 endpoint.").await;
    browser.see("Everything works.").await;
}

/// A test, both requests of the proof, and the event have arrived: all signed but one.
async fn arrived(stage: &Stage, receiver: &Receiver, secret: &str) {
    let seen = receiver.wait_for(4).await;
    let signed: Vec<_> = seen.iter().map(|request| request.is_signed_with(secret)).collect();
    assert_eq!(signed, [true, true, false, true]);
    let body: serde_json::Value = serde_json::from_slice(&seen[3].body).unwrap();
    assert_eq!((&body["type"], &body["data"]), (&json!("invoice.paid"), &json!({ "amount": 1003 })));
    let endpoints = stage.read(&format!("/v1/webhook-endpoints?workspace_id={}", stage.workspace)).await;
    assert_eq!(endpoints["data"].as_array().unwrap().len(), 1, "what the proof made is gone: {endpoints}");
}

#[tokio::test]
async fn a_key_that_is_refused_is_said_and_typed_again() {
    visit("login", Stage::set(), async |stage, browser| {
        browser.load(&format!("{}/console/login", stage.platform.url())).await;
        browser.see("Log in").await;
        browser.press(&["Enter"]).await;
        browser.see("Enter an API key.").await;
        browser.press(&["phk_mistyped", "Enter"]).await;
        browser.see("This key is unknown or has expired.").await;
        browser.expect_silence(&[401]).await;

        // What was wrong is selected, so that typing replaces it.
        browser.press(&[stage.admin_key(), "Enter"]).await;
        browser.see("No endpoints yet").await;
        let kept = "return JSON.stringify([sessionStorage, localStorage]) + document.cookie";
        let kept = browser.run(kept, &[]).await.unwrap().to_string();
        assert!(kept.contains("phs_") && !kept.contains(stage.admin_key()), "{kept}");
    })
    .await;
}

#[tokio::test]
async fn an_installation_without_a_workspace_asks_for_its_name() {
    visit("first-workspace", Stage::set(), async |stage, browser| {
        let path = format!("/v1/workspaces/{}", stage.workspace);
        assert_eq!(stage.admin.call("DELETE", &path, String::new(), &[]).await.unwrap().0, 204);
        browser.load(&format!("{}/console/", stage.platform.url())).await;
        browser.see("Log in").await;
        browser.press(&[stage.admin_key(), "Enter"]).await;
        browser.see("This installation has no workspace yet.").await;
        browser.see_focus("field", "Name of the workspace").await;
        browser.press(&["Acme", "Enter"]).await;
        browser.see("Four steps until your own events reach your receiver.").await;
        let workspaces = stage.read("/v1/workspaces").await;
        assert_eq!(workspaces["data"][0]["name"], "Acme");
    })
    .await;
}
