//! Where does a refused form say what is wrong?
//! Validation beside the field: nothing that was typed is lost.

use std::time::Duration;

use serde_json::{Value, json};
use stories::{Receiver, Stage};

use crate::person::browse;
use crate::webdriver::Browser;

/// A URL that nobody is asked at.
const URL: &str = "https://shop.example.com/hooks";
/// A text that is longer than a name may be.
const LONG: &str = match str::from_utf8(&[b'x'; 501]) {
    Ok(text) => text,
    Err(_) => "",
};

/// Mistakes: the part of the form that has the field, the field, what is typed, and the same as the API takes it.
type Mistakes = Vec<(&'static str, &'static str, &'static str, Value)>;

/// Mistakes that the API tells together.
fn told_together() -> Mistakes {
    vec![
        ("", "URL", "https://10.0.0.7/hooks", json!({ "url": "https://10.0.0.7/hooks" })),
        ("", "Name", LONG, json!({ "description": LONG })),
        ("Retries", "Timeout", "31", json!({ "timeout_seconds": 31 })),
        ("Retries", "Delay of the first attempt", "13 h", json!({ "delay_seconds": 46_800 })),
        ("Retries", "Also a success", "410", json!({ "outcomes": { "success": [410] } })),
        ("Retries", "failures in a row", "0", json!({ "disable": { "consecutive_failures": 0 } })),
        ("Limits", "Deliveries at most", "0", json!({ "rate_limit": { "per_second": 0 } })),
        ("Limits", "At the same time at most", "101", json!({ "max_concurrency": 101 })),
        ("Signature", "Prefix of header names", "X Shop", json!({ "header_prefix": "X Shop" })),
        ("Body and template", "Template", r#"{ "a": "{{ b" }"#, json!({ "template": { "a": "{{ b" } })),
        (
            "Filter",
            "Conditions",
            r#"{ "data.a": { "$near": 3 } }"#,
            json!({ "filter": { "data.a": { "$near": 3 } } }),
        ),
    ]
}

/// Mistakes that the API tells one at a time.
fn told_alone() -> Mistakes {
    vec![
        ("", "URL", "shop.example.com/hooks", json!({ "url": "shop.example.com/hooks" })),
        ("", "URL", "ftp://shop.example.com", json!({ "url": "ftp://shop.example.com" })),
        ("", "Another type or family", "Invoice paid", json!({ "events": ["Invoice paid"] })),
        ("Retries", "Delays", "soon", json!({ "retry": { "schedule_seconds": "soon" } })),
        ("Retries", "Delays", "1 s, 2 days", json!({ "retry": { "schedule_seconds": [1, 172_800] } })),
        ("Retries", "Timeout", "long", json!({ "timeout_seconds": "long" })),
        ("Retries", "Fail at once", "9xx", json!({ "outcomes": { "permanent": ["9xx"] } })),
        ("Limits", "Channels", "eu/west", json!({ "channels": ["eu/west"] })),
        ("Signature", "Your own secret", "too short", json!({ "secret": "too short" })),
        ("Own id and metadata", "Your own id", "a/b", json!({ "uid": "a/b" })),
    ]
}

#[tokio::test]
async fn all_that_is_wrong_is_said_at_once_each_beside_its_field() {
    browse("refused-at-once", async |stage, browser| {
        browser.open(stage, "endpoints/new").await;
        browser.click("button", "Filter").await;
        browser.click("button", "JSON").await;
        unfold(browser, "Headers").await;
        add_header(browser, "Host", "a").await;
        let mut all = json!({ "headers": { "Host": "a" } });
        let mistakes = told_together();
        for (part, field, typed, sent) in &mistakes {
            unfold(browser, part).await;
            browser.fill(field, typed).await;
            all.as_object_mut().unwrap().extend(sent.as_object().unwrap().clone());
        }

        browser.click("button", "Create endpoint").await;
        browser.see("values need a change").await;
        let refused = refusals(stage, &all).await;
        assert_eq!(refused.len(), mistakes.len() + 1, "{refused:?}");
        for (_, field, typed, sent) in &mistakes {
            says(browser, field, &refused, sent).await;
            assert_eq!(browser.typed(field).await, *typed);
        }
        says(browser, "Value", &refused, &json!({ "headers": {} })).await;
        // The first of them can be mended at once.
        browser.see_focus("field", "URL").await;
        browser.expect_silence(&[422]).await;
        assert_eq!(endpoints(stage).await, Vec::<Value>::new());
    })
    .await;
}

#[tokio::test]
async fn a_mistake_is_said_in_the_servers_words_until_it_is_mended() {
    browse("refused-one-by-one", async |stage, browser| {
        let receiver = Receiver::start().await;
        browser.open(stage, "endpoints/new").await;
        browser.fill("URL", URL).await;
        browser.click("button", "Chosen types").await;
        unfold(browser, "Retries").await;
        browser.fill("Retries", "Own schedule").await;
        browser.fill("Delays", "1 s, 30 s").await;
        for (part, field, typed, sent) in told_alone() {
            unfold(browser, part).await;
            browser.fill("Name", field).await;
            let good = browser.typed(field).await;
            browser.fill(field, typed).await;
            browser.click("button", "Create endpoint").await;
            says(browser, field, &refusals(stage, &sent).await, &sent).await;
            assert_eq!(browser.typed("Name").await, field, "what is right is kept, too");
            mend(browser, field, typed, &good).await;
        }

        browser.fill("Name", "All is mended").await;
        browser.fill("URL", receiver.url()).await;
        browser.click("button", "Create endpoint").await;
        browser.see("The signing secret, shown this once").await;
        browser.expect_silence(&[422]).await;
        let made = endpoints(stage).await.remove(0);
        assert_eq!((&made["description"], &made["url"]), (&json!("All is mended"), &json!(receiver.url())));
        assert_eq!((&made["retry"], &made["events"]), (&json!({ "schedule_seconds": [1, 30] }), &json!([])));
    })
    .await;
}

/// A type becomes a chip when it is added: the field is empty, and the chip has what was typed.
async fn mend(browser: &Browser, field: &str, typed: &str, good: &str) {
    if field == "Another type or family" {
        browser.click("button", &format!("Remove {typed}")).await;
        return;
    }
    assert_eq!(browser.typed(field).await, typed);
    browser.fill(field, good).await;
}

#[tokio::test]
async fn what_was_typed_outlives_a_reload_and_the_end_of_the_session() {
    browse("draft", async |stage, browser| {
        let receiver = Receiver::start().await;
        browser.open(stage, "endpoints/new").await;
        browser.fill("URL", receiver.url()).await;
        browser.fill("Name", "Läden & Söhne </script>").await;
        browser.click("button", "Chosen types").await;
        browser.fill("Another type or family", "invoice.*").await;
        browser.click("button", "Add").await;
        unfold(browser, "Retries").await;
        browser.fill("Retries", "Own schedule").await;
        browser.fill("Delays", "1 s, 5 min").await;
        unfold(browser, "Headers").await;
        add_header(browser, "X-Shop", "42").await;
        unfold(browser, "Signature").await;
        browser.fill("Your own secret", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").await;

        browser.reload().await;
        browser.settle().await;
        is_still_typed(browser, receiver.url()).await;
        unfold(browser, "Signature").await;
        assert_eq!(browser.typed("Your own secret").await, "", "a secret is never stored");

        browser.rest().await; // the preview is there: it will not be what asks for a login
        stage.advance(Duration::from_secs(13 * 3_600));
        browser.click("button", "Create endpoint").await;
        browser.see("Your session has ended. Log in to go on where you were.").await;
        browser.fill("API key", stage.admin_key()).await;
        browser.press(&["Enter"]).await;
        browser.see("New endpoint").await;
        browser.expect_silence(&[401]).await;
        is_still_typed(browser, receiver.url()).await;
        assert_eq!(endpoints(stage).await, Vec::<Value>::new());

        browser.click("button", "Create endpoint").await;
        browser.see("The signing secret, shown this once").await;
        let made = endpoints(stage).await.remove(0);
        assert_eq!(made["description"], "Läden & Söhne </script>");
        assert_eq!((&made["events"], &made["headers"]), (&json!(["invoice.*"]), &json!({ "X-Shop": "42" })));
        assert_eq!(made["retry"], json!({ "schedule_seconds": [1, 300] }));

        // The next one begins anew.
        browser.open(stage, "endpoints/new").await;
        assert_eq!((browser.typed("URL").await, browser.typed("Name").await), (String::new(), String::new()));
    })
    .await;
}

/// Adds a row for a header, which takes the focus, and types into it.
async fn add_header(browser: &Browser, name: &str, value: &str) {
    browser.click("button", "Add a header").await;
    let is_there = "return document.activeElement.closest('.row-pair') !== null";
    browser
        .until("the new row has the focus", async || {
            Ok((browser.run(is_there, &[]).await? == json!(true)).then_some(()))
        })
        .await;
    browser.press(&[name, "Tab", value]).await;
}

async fn is_still_typed(browser: &Browser, url: &str) {
    assert_eq!(browser.typed("URL").await, url);
    assert_eq!(browser.typed("Name").await, "Läden & Söhne </script>");
    browser.find("button", "Remove invoice.*").await;
    unfold(browser, "Retries").await;
    assert_eq!(browser.typed("Delays").await, "1 s, 5 min");
    unfold(browser, "Headers").await;
    assert_eq!(browser.typed("Value").await, "42");
}

/// Opens a part of the form that is folded away; the first fields are in none.
async fn unfold(browser: &Browser, part: &str) {
    let script = "const fold = [...document.querySelectorAll('details')].find((d) => d.firstElementChild.innerText.trim().startsWith(arguments[0]));
        return arguments[0] === '' || fold.open";
    if browser.run(script, &[json!(part)]).await.unwrap() == json!(false) {
        browser.click("button", part).await;
    }
}

/// What the API says of an endpoint with these settings: pointers and words.
async fn refusals(stage: &Stage, settings: &Value) -> Vec<(String, String)> {
    let mut body = json!({ "workspace_id": stage.workspace, "url": URL });
    body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let (status, problem) =
        stage.admin.call("POST", "/v1/webhook-endpoints", body.to_string(), &[]).await.unwrap();
    assert_eq!(status, 422, "{settings}: {problem}");
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|error| (text(error, "pointer"), text(error, "detail"))).collect()
}

/// Waits until the page says beside `field` what the API says of the setting in `sent`.
async fn says(browser: &Browser, field: &str, refused: &[(String, String)], sent: &Value) {
    let member = sent.as_object().unwrap().keys().next().unwrap();
    let of_it = |(pointer, _): &&(String, String)| pointer.split('/').nth(1) == Some(member.as_str());
    // Code between backticks is shown as code.
    let words = refused.iter().find(of_it).unwrap().1.replace('`', "");
    browser
        .until(("said beside", field, &words), async || {
            Ok(browser.said_beside(field).await.ends_with(words.as_str()).then_some(()))
        })
        .await;
}

async fn endpoints(stage: &Stage) -> Vec<Value> {
    let path = format!("/v1/webhook-endpoints?workspace_id={}", stage.workspace);
    stage.read(&path).await["data"].as_array().unwrap().clone()
}
