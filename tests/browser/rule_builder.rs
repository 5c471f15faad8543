//! Does the rule builder make the same rule by mouse and keyboard?
//! Drag and drop, the keyboard and the Move buttons; backtest; watch and live.

use serde_json::{Value, json};
use stories::{Answer, Receiver, Stage};

use crate::person::browse;
use crate::webdriver::Browser;

/// Tickets as they were sent, oldest first, and whether the rule that is built fires for them.
const TICKETS: [(&str, bool); 5] = [
    (r#"{"subject":"Refund","tier":"gold","amount":200,"country":"FR"}"#, true),
    (r#"{"subject":"Hello","tier":"gold","amount":20,"country":"FR"}"#, false),
    (r#"{"subject":"Refund","tier":"silver","amount":500,"country":"DE"}"#, false),
    (r#"{"subject":"Hello","tier":"gold","amount":20,"country":"DE"}"#, true),
    (r#"{"subject":"Refund","tier":"gold","amount":120.50,"country":"DE"}"#, true),
];

/// A place in the group inside of the conditions.
const IN_GROUP: [&str; 2] = [".r-box [data-slot$='/0']", ".r-box [data-slot$='/1']"];

/// Sends an event with this payload, byte for byte.
async fn send(stage: &Stage, event_type: &str, data: &str) -> Value {
    let body = format!(r#"{{"workspace_id":"{}","type":"{event_type}","data":{data}}}"#, stage.workspace);
    let (status, answer) = stage.admin.call("POST", "/v1/events", body, &[]).await.unwrap();
    assert_eq!(status, 202, "{answer}");
    answer
}

async fn send_tickets(stage: &Stage) {
    for (data, _) in TICKETS {
        send(stage, "ticket.created", data).await;
    }
    send(stage, "invoice.paid", r#"{"tier":"gold","amount":200}"#).await;
}

/// Begins a rule about tickets that posts to `url`, up to its conditions.
async fn begin(browser: &Browser, stage: &Stage, name: &str, url: &str) {
    browser.open(stage, "rules/new").await;
    browser.fill("Name of the rule", name).await;
    browser.fill("Event types", "ticket.created").await;
    browser.press(&["Enter"]).await;
    browser.fill("URL", url).await;
    browser.see("of the last 5 events").await;
    browser.find("button", "Drag tier").await;
}

/// Saves what was built so that it watches, and gives its JSON without what is the rule's own.
async fn save(browser: &Browser, stage: &Stage) -> (String, Value) {
    browser.click("button", "Save and watch").await;
    browser.see("Secrets of the new steps").await;
    browser.click("button", "I have copied them").await;
    browser.see("Watching").await;
    let address = browser.address().await;
    let id = address.rsplit_once("/rules/").unwrap().1.to_owned();
    let rule = stage.read(&format!("/v1/rules/{id}")).await;
    assert_eq!(rule["mode"], "watch");
    let then: Vec<_> = rule["then"].as_array().unwrap().iter().map(|step| &step["url"]).collect();
    let json = json!({ "when": rule["when"], "if": rule["if"], "urls": then });
    (id, json)
}

/// Drags what is under the handle with this name to a place: only what is seen to be over it is dropped.
async fn drag(browser: &Browser, handle: &str, place: &str) {
    let pointer = |actions: Value| json!([{ "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" }, "actions": actions }]);
    let to = |origin: Value, x: i32| json!({ "type": "pointerMove", "origin": origin, "x": x, "y": 0, "duration": 40 });
    let (handle, place_now) = (browser.find("button", handle).await, browser.find("css", place).await);
    let lift =
        [to(handle.to_value(), 0), json!({ "type": "pointerDown", "button": 0 }), to(json!("pointer"), 12)];
    browser.act(pointer(json!(lift))).await;
    browser.find("css", ".drag-ghost").await;
    browser.act(pointer(json!([to(place_now.to_value(), 0)]))).await;
    browser.find("css", &format!("{place}.over")).await;
    browser.act(pointer(json!([{ "type": "pointerUp", "button": 0 }]))).await;
    browser
        .until("nothing is dragged", async || Ok((!browser.has("css", ".drag-ghost").await).then_some(())))
        .await;
}

/// Goes back to a button by Shift and Tab alone.
async fn back_to(browser: &Browser, name: &str) {
    let button = browser.find("button", name).await.to_value();
    let is_there = "return document.activeElement === arguments[0]";
    for _ in 0..100 {
        if browser.run(is_there, std::slice::from_ref(&button)).await.unwrap() == json!(true) {
            return;
        }
        browser.press(&["Shift+Tab"]).await;
    }
    panic!("{name} cannot be reached by Tab");
}

async fn build_by_mouse(browser: &Browser) {
    browser.click("button", "Group").await;
    drag(browser, "Drag tier", "[data-slot='root/0']").await;
    browser.see("tier is “gold”").await;
    drag(browser, "Drag country", IN_GROUP[0]).await;
    // In front of what is there.
    drag(browser, "Drag amount", IN_GROUP[0]).await;
    browser.see("(amount is at least 120.50 or country is “DE”)").await;
}

async fn build_by_keyboard(browser: &Browser) {
    back_to(browser, "Group").await;
    browser.press(&["Enter"]).await;
    browser.find("css", ".r-box").await;
    back_to(browser, "Drag tier").await;
    browser.press(&["Space"]).await;
    browser.see("Lifted: tier is “gold”. Place 2 of 2.").await;
    browser.press(&["ArrowUp"]).await;
    browser.see("Place 1 of 1 in the group Any of.").await;
    browser.press(&["ArrowUp"]).await;
    browser.see("Place 1 of 2.").await;
    browser.press(&["Space"]).await;
    browser.see("Dropped: tier is “gold”. Place 1 of").await;

    // Escape leaves everything as it was.
    back_to(browser, "Drag amount").await;
    browser.press(&["Space", "ArrowUp", "Escape"]).await;
    browser.see("Cancelled. amount is at least 120.50 stays where it was.").await;
    browser.press(&["Space", "ArrowUp", "Space"]).await;
    browser.see("Dropped: amount is at least 120.50. Place").await;
    back_to(browser, "Drag country").await;
    browser.press(&["Space", "ArrowUp", "Space"]).await;
    browser.see("(amount is at least 120.50 or country is “DE”)").await;
}

/// Chooses from the menu of the condition that begins with `path`.
async fn choose(browser: &Browser, path: &str, item: &str) {
    browser.click("css", &format!(".r-condition[aria-label^='{path} '] [aria-haspopup=menu]")).await;
    browser.click("button", item).await;
}

async fn build_by_buttons(browser: &Browser) {
    browser.click("button", "Group").await;
    browser.click("button", "Add a condition on tier").await;
    choose(browser, "tier", "Move up").await;
    browser.click("button", "Add a condition on country").await;
    choose(browser, "country", "Move into: Any of").await;
    browser.click("button", "Add a condition on amount").await;
    choose(browser, "amount", "Move into: country is “DE”").await;
    choose(browser, "amount", "Move up").await;
    browser.see("(amount is at least 120.50 or country is “DE”)").await;
}

#[tokio::test]
async fn mouse_keyboard_and_buttons_build_the_same_rule_and_the_backtest_counts_real_events() {
    browse("rule-builder", async |stage, browser| {
        let receiver = Receiver::start().await;
        send_tickets(stage).await;
        let mut rules = Vec::new();
        for way in ["Mouse", "Keyboard", "Buttons"] {
            begin(browser, stage, way, receiver.url()).await;
            match way {
                "Mouse" => build_by_mouse(browser).await,
                "Keyboard" => build_by_keyboard(browser).await,
                _ => build_by_buttons(browser).await,
            }
            let fires = TICKETS.iter().filter(|(_, fires)| *fires).count();
            browser.see(&format!("Fires for {fires} of the last {} events", TICKETS.len())).await;
            rules.push(save(browser, stage).await.1);
        }
        let expected = json!({ "$and": [
            { "data.tier": { "$eq": "gold" } },
            { "$or": [{ "data.amount": { "$gte": 120.50 } }, { "data.country": { "$eq": "DE" } }] },
        ] });
        assert_eq!((&rules[0]["if"], &rules[0]["when"]["events"]), (&expected, &json!(["ticket.created"])));
        assert_eq!(rules[0], rules[1], "mouse and keyboard");
        assert_eq!(rules[0], rules[2], "mouse and buttons");

        // Those for which it does not fire, each with the reason.
        browser.click("button", "Does not fire").await;
        browser.see("tier is “silver”").await;
        browser.see("amount is 20").await;
        assert_eq!(browser.texts(".r-tested li").await.len(), 2);
        assert_eq!(receiver.seen().len(), 0, "nothing is sent while a rule is built or watches");
    })
    .await;
}

/// The bytes of the step's request as they are copied.
async fn copied_body(browser: &Browser, step: usize) -> String {
    browser.run("navigator.clipboard.writeText('')", &[]).await.unwrap();
    browser.click("css", &format!(".r-request-shown:nth-of-type({step}) [aria-label='Copy the body']")).await;
    browser
        .until("the body is copied", async || {
            let text = browser.run_async("return await navigator.clipboard.readText()").await;
            Ok(text.as_str().filter(|text| !text.is_empty()).map(str::to_owned))
        })
        .await
}

#[tokio::test]
async fn a_rule_that_watches_sends_nothing_and_a_live_one_the_bytes_that_were_shown() {
    browse("rule-live", async |stage, browser| {
        let receiver = Receiver::start().await;
        receiver.answer(Answer::Status(204));
        let everything = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
        browser.chromium("Browser.grantPermissions", everything).await;
        send_tickets(stage).await;
        begin(browser, stage, "Tell support", receiver.url()).await;
        browser.click("button", "Add a condition on tier").await;
        browser.fill("Format", "Payload only").await;
        browser.click("button", "What to do with step 1").await;
        browser.click("button", "Duplicate").await;
        browser.click("css", "[data-step='1'] textarea").await;
        browser
            .press(&[r#"{"text": "{{ data.subject }} from {{ data.country }}: {{ data.amount }}"}"#])
            .await;
        browser.see("Fires for 4 of the last 5 events").await;
        browser.see("Refund from DE: 120.5").await;
        browser.see("Nothing is sent while you look.").await;
        let shown = [copied_body(browser, 1).await, copied_body(browser, 2).await];
        assert_eq!(shown[0], TICKETS[4].0, "the payload, byte for byte");

        let (id, _) = save(browser, stage).await;
        let watched = send(stage, "ticket.created", TICKETS[4].0).await;
        browser.click("tab", "Firings").await;
        browser.see("1 would have fired").await;
        let firings = stage.read(&format!("/v1/rules/{id}/firings")).await;
        assert_eq!(firings["data"][0]["event_id"], watched["id"]);
        assert_eq!(firings["data"][0]["steps"][0]["result"], "would_have_fired");
        assert_eq!(receiver.seen().len(), 0, "it only watched");

        browser.click("button", "Set live").await;
        browser.see("The rule is live within five seconds").await;
        browser.find("button", "Only watch").await;
        stage.advance(std::time::Duration::from_secs(6));
        send(stage, "ticket.created", TICKETS[4].0).await;
        let mut received: Vec<_> = receiver.wait_for(2).await.into_iter().map(|seen| seen.body).collect();
        received.sort_by_key(|body| body.starts_with(b"{\"text\""));
        assert_eq!(received, shown, "what was shown is what was sent");
        browser.click("tab", "Builder").await;
        browser.click("tab", "Firings").await;
        browser.see("1 fired").await;
    })
    .await;
}
