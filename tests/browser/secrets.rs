//! When is a signing secret seen?
//! Shown once, rotated with an overlap.

use std::time::Duration;

use serde_json::{Value, json};
use standardwebhooks::Webhook;
use stories::{Receiver, Stage};

use crate::person::browse;
use crate::webdriver::Browser;

const ONCE: &str = "The signing secret, shown this once";

#[tokio::test]
async fn a_secret_is_shown_once_and_then_nowhere() {
    browse("secret", async |stage, browser| {
        let receiver = Receiver::start().await;
        browser.open(stage, "endpoints/new").await;
        browser.fill("URL", receiver.url()).await;
        browser.click("button", "Create endpoint").await;
        let secret = shown_once(browser).await;
        stage.send("invoice.paid", json!({ "amount": 1 })).await;
        assert!(receiver.wait_for(1).await[0].is_signed_with(&secret));

        // It is there while one reads how to verify, and in the samples.
        browser.click("link", "See how to verify").await;
        browser.see("The secret of this endpoint is filled in. It is shown only now.").await;
        assert_eq!(shown_once(browser).await, secret);
        let page = browser.run("return document.body.innerText", &[]).await.unwrap();
        assert!(page.as_str().unwrap().matches(&secret).count() > 1, "the samples have it, too");

        browser.reload().await;
        browser.settle().await;
        browser.see("The code reads the secret from WEBHOOK_SECRET.").await;
        is_nowhere(browser, &secret).await;
        browser.click("tab", "Settings").await;
        browser.see("It was shown once, when it was made. If it is lost, rotate it.").await;
        is_nowhere(browser, &secret).await;
        let endpoints = stage.read(&format!("/v1/webhook-endpoints?workspace_id={}", stage.workspace)).await;
        assert!(!endpoints.to_string().contains(&secret));
    })
    .await;
}

#[tokio::test]
async fn both_secrets_sign_until_the_overlap_is_over() {
    browse("rotated", async |stage, browser| {
        let receiver = Receiver::start().await;
        let endpoint = stage.endpoint(&receiver, json!({})).await;
        let first = endpoint.secret.as_str();
        browser.open(stage, &format!("endpoints/{}?tab=settings", endpoint.id)).await;

        // A secret of one's own that is refused stays typed, and rotates nothing.
        browser.click("button", "Rotate secret").await;
        browser.fill("Your own secret", "too short").await;
        browser.click("button", "Rotate secret").await;
        browser.see("must be whsec_ followed by").await;
        assert_eq!(browser.typed("Your own secret").await, "too short");
        browser.expect_silence(&[422]).await;
        browser.fill("Your own secret", "").await;
        browser.fill("Overlap", "1 hour").await;
        browser.click("button", "Rotate secret").await;
        browser.see("Rotated. The new secret is shown once.").await;
        let second = shown_once(browser).await;
        browser.see("Each request is signed with the old secret too, for 1 h").await;
        assert_eq!(signed_with(stage, &receiver, &[first, &second]).await, [true, true]);

        // The overview says that it ends, and leads there.
        browser.click("link", "Overview").await;
        browser.see("The old secret stops working in").await;
        stage.advance(Duration::from_secs(3_601));
        assert_eq!(signed_with(stage, &receiver, &[first, &second]).await, [false, true]);
        browser.reload().await;
        browser.see("Nothing needs you.").await;
        is_nowhere(browser, &second).await;
        browser.click("link", "Endpoints").await;
        browser.click("link", "127.0.0.1").await;
        browser.click("tab", "Settings").await;
        browser.see("It was shown once, when it was made. If it is lost, rotate it.").await;
        browser.see_gone("An old secret still signs").await;
    })
    .await;
}

#[tokio::test]
async fn an_overlap_is_ended_at_once_when_a_secret_has_leaked() {
    browse("leaked", async |stage, browser| {
        let receiver = Receiver::start().await;
        let endpoint = stage.endpoint(&receiver, json!({})).await;
        let first = endpoint.secret.as_str();
        browser.open(stage, &format!("endpoints/{}?tab=settings", endpoint.id)).await;
        browser.click("button", "Rotate secret").await;
        browser.see("Rotate the signing secret?").await;
        browser.click("button", "Rotate secret").await;
        let second = shown_once(browser).await;
        browser.see("Each request is signed with the old secret too, for").await;
        browser.click("button", "I have kept it").await;
        browser.see_gone(ONCE).await;
        is_nowhere(browser, &second).await;

        browser.click("button", "End the overlap").await;
        browser.see("A receiver that still has an old one will refuse its deliveries.").await;
        browser.click("button", "End the overlap").await;
        browser.see("Only the current secret signs now.").await;
        browser.see_gone("An old secret still signs").await;
        assert_eq!(signed_with(stage, &receiver, &[first, &second]).await, [false, true]);

        browser.click("button", "Rotate secret").await;
        browser.fill("Overlap", "None: the old secret has leaked").await;
        browser.click("button", "Rotate secret").await;
        let third = shown_once(browser).await;
        assert!(!browser.shown().await.contains("An old secret still signs"));
        assert_eq!(signed_with(stage, &receiver, &[first, &second, &third]).await, [false, false, true]);
    })
    .await;
}

/// The secret that the page shows.
async fn shown_once(browser: &Browser) -> String {
    browser.see(ONCE).await;
    let secret = browser.texts(".secret-line code").await.remove(0);
    assert!(secret.starts_with("whsec_"), "{secret}");
    secret
}

/// Neither on the page nor in what the browser keeps.
async fn is_nowhere(browser: &Browser, secret: &str) {
    let kept = "return document.documentElement.outerHTML + JSON.stringify([sessionStorage, localStorage, history.state]) + location.href";
    let kept = browser.run(kept, &[]).await.unwrap();
    assert!(!kept.as_str().unwrap().contains(secret));
    assert!(!browser.shown().await.contains(secret));
}

/// Which of the secrets the next delivery is signed with.
async fn signed_with(stage: &Stage, receiver: &Receiver, secrets: &[&str]) -> Vec<bool> {
    let before = receiver.seen().len();
    let sent: Value = stage.send("invoice.paid", json!({ "amount": before })).await;
    assert_eq!(sent["deliveries_count"], 1);
    let seen = receiver.wait_for(before + 1).await;
    let request = &seen[before];
    // The story's clock may be ahead of the library's, so the signature alone is compared.
    let (id, at) = (request.header("webhook-id"), request.header("webhook-timestamp").parse().unwrap());
    let is_there = |secret: &&str| {
        let signature = Webhook::new(secret).unwrap().sign(id, at, &request.body).unwrap();
        request.header("webhook-signature").split(' ').any(|one| one == signature)
    };
    secrets.iter().map(is_there).collect()
}
