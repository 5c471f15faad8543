//! Why does a signature not verify?
//! The signature doctor on requests that were sabotaged.

use std::time::Duration;

use serde_json::{Value, json};
use stories::{Answer, Receiver, Seen};

use crate::person::browse;
use crate::webdriver::Browser;

const WRONG: &str = "The signature is wrong";
/// The request is right, and what the receiver computed is not.
const DIFFERS: &str = "The request is right, your code’s signature is not";
const LATE: &str = "The signature is right, its time is not";

/// The headers of a request as somebody pastes them, without those in `without`.
fn pasted(seen: &Seen, without: &[&str]) -> String {
    let lines = seen.headers.iter().filter(|(name, _)| !without.contains(&name.as_str()));
    let lines: Vec<_> = lines.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    lines.join("\n")
}

/// What another secret makes of the same request.
fn signed_with(secret: &str, seen: &Seen) -> String {
    let at = seen.header("webhook-timestamp").parse().unwrap();
    standardwebhooks::Webhook::new(secret).unwrap().sign(seen.header("webhook-id"), at, &seen.body).unwrap()
}

/// Asks, and sees this.
async fn examine(browser: &Browser, expected: &str, advice: &str) {
    browser.click("button", "Check the signature").await;
    browser.see(advice).await;
    browser.see(expected).await;
}

/// What proxies, frameworks and people do to a request.
async fn spoil_on_the_way(browser: &Browser, seen: &Seen, body: &str) {
    browser.fill("Body", &body.replace("Zoë", "Zoe")).await;
    examine(browser, WRONG, "The body is not the one that was sent.").await;
    let parsed: Value = serde_json::from_str(body).unwrap();
    assert_ne!(parsed.to_string(), body);
    browser.fill("Body", &parsed.to_string()).await;
    examine(browser, WRONG, "The body is JSON that was parsed and written again, so its bytes differ.").await;
    browser.fill("Body", body).await;
    browser.fill("Headers", &pasted(seen, &["webhook-signature"])).await;
    examine(browser, "A header is missing", "Let every proxy pass the header on").await;
    browser.see("webhook-signature").await;
}

#[tokio::test]
async fn a_refused_delivery_opens_the_doctor_and_each_sabotage_is_named_in_words() {
    browse("signature-doctor", async |stage, browser| {
        let receiver = Receiver::start().await;
        receiver.answer(Answer::Status(401));
        let one_try = json!({ "description": "Shop", "retry": { "schedule_seconds": [] } });
        let endpoint = stage.endpoint(&receiver, one_try).await;
        // The receiver has not heard of the new secret.
        let rotate = format!("/v1/webhook-endpoints/{}/secret/rotate", endpoint.id);
        let rotated = stage.admin.post(&rotate, &json!({ "overlap_seconds": 60 })).await.unwrap();
        stage.advance(Duration::from_secs(61));
        let secret = rotated["secret"].as_str().unwrap();
        stage.send("invoice.paid", json!({ "name": "Zoë", "url": "a/b", "n": [1.50, null] })).await;
        let delivery = stage.deliveries(&endpoint, 1, "failed").await.remove(0);
        let seen = receiver.seen().remove(0);
        let body = String::from_utf8(seen.body.to_vec()).unwrap();

        // From the failed delivery, with everything filled in.
        browser.open(stage, &format!("deliveries/{}", delivery["id"].as_str().unwrap())).await;
        browser.see("The signature check, a login or a firewall refuses it.").await;
        browser.click("link", "Check the signature").await;
        browser.see("the headers and body as they were sent").await;
        assert_eq!(browser.typed("Endpoint").await, endpoint.id);
        assert_eq!(browser.typed("Body").await, body, "byte for byte");
        let headers = browser.typed("Headers").await;
        assert!(
            headers.contains(&format!("webhook-signature: {}", seen.header("webhook-signature"))),
            "{headers}"
        );
        examine(
            browser,
            "The signature is right",
            "If your code refuses this request, its own computation differs",
        )
        .await;

        spoil_on_the_way(browser, &seen, &body).await;

        // The receiver has another secret: what it computes is compared.
        browser.fill("Headers", &pasted(&seen, &[])).await;
        browser.click("button", "More about the request").await;
        let computed = "The signature that your code computed";
        browser.fill(computed, &signed_with(&endpoint.secret, &seen)).await;
        examine(browser, DIFFERS, "an old secret of this endpoint, which no longer signs").await;
        let another = signed_with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &seen);
        browser.fill(computed, &another).await;
        examine(browser, DIFFERS, "the secret is not this endpoint's").await;
        browser.fill(computed, &signed_with(secret, &seen)).await;
        examine(browser, "Both signatures are right", "so the comparison is at fault").await;
        browser.fill(computed, "").await;
        let forged = pasted(&seen, &[]).replace(seen.header("webhook-signature"), &another);
        browser.fill("Headers", &forged).await;
        examine(browser, WRONG, "Everything is as it was sent but the signature, which is another one.")
            .await;
        browser.fill("Headers", &pasted(&seen, &[])).await;

        // The request came long ago: somebody plays it again.
        let later = stage.clock().now().plus(Duration::from_secs(3_600)).to_string();
        browser.fill("Your server’s clock", later.split('.').next().unwrap()).await;
        examine(browser, LATE, "the timestamp is more than 300 s in the past").await;

        // What is no request is refused beside its field, before anything is asked.
        browser.fill("Headers", "no colon here").await;
        browser.click("button", "Check the signature").await;
        browser.see("This line is not a header: no colon here").await;
        assert_eq!(receiver.seen().len(), 1, "the doctor calls nobody");
    })
    .await;
}
