//! What does one do with an action?
//! A form made from its schema, its roles, and what an agent sees.

#[path = "../stories/agents/client.rs"]
mod client;

use serde_json::{Value, json};
use stories::{Answer, Receiver, Stage};

use crate::person::browse;
use crate::webdriver::Browser;
use client::{Agent, REVISIONS};

/// Makes an action that calls `receiver`.
async fn action(stage: &Stage, receiver: &Receiver, more: Value) {
    let mut settings = json!({
        "workspace_id": stage.workspace, "url": receiver.url(), "roles": ["support"],
        "description": "About one order.",
        "parameters": {
            "type": "object", "required": ["order"],
            "properties": {
                "order": { "type": "string", "pattern": "^[0-9]+$" },
                "cents": { "type": "integer", "minimum": 1 },
                "reason": { "enum": ["damaged", "late"] },
            },
        },
    });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (status, made) = stage.admin.call("POST", "/v1/actions", settings.to_string(), &[]).await.unwrap();
    assert_eq!(status, 201, "{made}");
}

async fn actions(stage: &Stage, receiver: &Receiver) {
    action(stage, receiver, json!({ "name": "refund_order", "title": "Refund an order" })).await;
    action(
        stage,
        receiver,
        json!({ "name": "look_up_order", "title": "Look up an order", "effect": "read" }),
    )
    .await;
    action(stage, receiver, json!({ "name": "cancel_order", "effect": "destructive" })).await;
    action(stage, receiver, json!({ "name": "hire", "roles": ["people"] })).await;
    action(stage, receiver, json!({ "name": "switched_off", "active": false })).await;
}

/// An API key of the stage's workspace.
async fn key(stage: &Stage, name: &str, scopes: &[&str], roles: &[&str]) -> String {
    let body = json!({ "name": name, "workspace_id": stage.workspace, "scopes": scopes, "roles": roles });
    stage.admin.post("/v1/api-keys", &body).await.unwrap()["key"].as_str().unwrap().to_owned()
}

/// Logs out, and in again with another key.
async fn log_in_with(browser: &Browser, key: &str) {
    browser.click("button", "Log out").await;
    browser.fill("API key", key).await;
    browser.click("button", "Log in").await;
    browser.find("button", "Log out").await;
}

#[tokio::test]
async fn the_form_of_an_action_says_what_is_wrong_beside_each_field_then_runs_it_and_logs_it() {
    browse("run-action", async |stage, browser| {
        let receiver = Receiver::start().await;
        receiver.answer(Answer::Text(r#"{"refunded":true}"#));
        actions(stage, &receiver).await;
        // Who manages actions may not invoke them.
        browser.open(stage, "actions/refund_order").await;
        browser.see("Your session lacks the scope actions.").await;
        let support = key(stage, "Sue of support", &["actions"], &["support"]).await;
        log_in_with(browser, &support).await;
        browser.click("link", "Actions").await;
        browser.click("link", "refund_order").await;

        browser.fill("order", "A7").await;
        browser.fill("cents", "0").await;
        browser.fill("reason", "late").await;
        browser.click("button", "Show the request").await;
        browser.see("values need a change").await;
        browser.expect_silence(&[422]).await;
        let [order, cents] = [browser.said_beside("order").await, browser.said_beside("cents").await];
        assert!(order.contains("^[0-9]+$") && cents.contains('1'), "{order} | {cents}");
        assert_eq!(browser.said_beside("reason").await, "");
        assert_eq!(receiver.seen().len(), 0);

        // Nothing typed was lost; the request is shown before it is made.
        browser.fill("order", "7").await;
        browser.fill("cents", "1250").await;
        browser.fill("For whom", "user_81").await;
        browser.click("button", "Show the request").await;
        browser.see("This would be sent").await;
        assert_eq!(receiver.seen().len(), 0, "it is only shown");
        browser.click("button", "Invoke").await;
        browser.see("It worked.").await;
        browser.see("refunded").await;
        let seen = receiver.seen();
        assert_eq!(seen.len(), 1);
        let sent: Value = serde_json::from_slice(&seen[0].body).unwrap();
        assert_eq!(sent, json!({ "order": "7", "cents": 1250, "reason": "late" }));
        assert_eq!(seen[0].header("x-webhook-actor"), "user_81");

        // The log has it, for whom, and how it ended.
        browser.click("tab", "Log").await;
        browser.see("user_81").await;
        let row = browser.texts("tr[data-row]").await.join("\n");
        for word in ["Succeeded", "Sue of support", "200"] {
            assert!(row.contains(word), "{word}: {row}");
        }
        browser.click("css", "tr[data-row] .row-link").await;
        browser.see("Attempt 1").await;
        browser.see("1250").await;
    })
    .await;
}

#[tokio::test]
async fn what_is_destructive_is_confirmed_and_what_needs_another_role_is_not_offered() {
    browse("confirm-action", async |stage, browser| {
        let receiver = Receiver::start().await;
        actions(stage, &receiver).await;
        let support = key(stage, "Sue", &["actions"], &["support"]).await;
        log_in_with(browser, &support).await;
        browser.open(stage, "actions/cancel_order").await;
        browser.fill("order", "7").await;
        browser.click("button", "Review and confirm").await;
        browser.see("Nothing was sent yet").await;
        // A confirmation is for what was shown, and for nothing else.
        browser.fill("order", "8").await;
        browser.see("You changed something after this was shown.").await;
        browser.fill("order", "7").await;
        browser.see("You can confirm it for another").await;
        assert_eq!(receiver.seen().len(), 0);
        browser.click("button", "Confirm and invoke").await;
        browser.see("It worked.").await;
        assert_eq!(&receiver.seen()[0].body[..], br#"{"order":"7"}"#);

        browser.open(stage, "actions/hire").await;
        browser.see("Your session has none of its roles: people.").await;
        assert!(!browser.has("button", "Invoke").await && !browser.has("button", "Show the request").await);
        browser.open(stage, "actions/switched_off").await;
        browser.see("This action is switched off and cannot be invoked.").await;
    })
    .await;
}

#[tokio::test]
async fn what_the_page_says_an_agent_sees_is_what_the_agent_sees_in_each_revision() {
    browse("agent-sees", async |stage, browser| {
        let receiver = Receiver::start().await;
        receiver.answer(Answer::Text(r#"{"state":"paid"}"#));
        actions(stage, &receiver).await;
        let agents = [
            ("Helper", "support", key(stage, "Helper", &["actions", "deliveries:ro"], &["support"]).await),
            (
                "Recruiter",
                "people",
                key(stage, "Recruiter", &["actions", "deliveries", "events:ro"], &["people"]).await,
            ),
            ("Watcher", "support", key(stage, "Watcher", &["deliveries:ro"], &["support"]).await),
        ];
        browser.open(stage, "actions?tab=agents").await;
        let mut told = Vec::new();
        for (name, role, key) in &agents {
            browser.fill("Key", name).await;
            browser.see(&format!("Roles: {role}")).await;
            let mut shown = browser.texts(".tool-list .tool-head > .mono").await;
            shown.sort();
            for revision in REVISIONS {
                let agent = Agent::connect_in(stage, key, revision.clone()).await;
                assert_eq!(agent.revision(), revision.to_string());
                let mut tools = agent.tool_names().await;
                tools.sort();
                assert_eq!(shown, tools, "{name} in {revision}");
            }
            told.push(shown);
        }
        assert_eq!(told[0], ["cancel_order", "list_deliveries", "look_up_order", "refund_order"]);
        assert_eq!(told[1], ["hire", "list_deliveries", "replay_delivery", "why_not_delivered"]);
        assert_eq!(told[2], ["list_deliveries"]);
        browser.see("needs the scope actions").await;

        // The server's own answer for a pasted key, whole; the key is not kept.
        let agent = Agent::connect(stage, &agents[0].2).await;
        let field = browser.find("css", "input[type=password]").await;
        browser.type_into(&field, &agents[0].2).await.unwrap();
        browser.click("button", "Ask").await;
        browser.see("4 tools").await;
        let listed = browser.texts("pre[aria-label='The server’s answer']").await.remove(0);
        let listed: Value = serde_json::from_str(&listed).unwrap();
        let tools = serde_json::to_value(agent.tools().await).unwrap();
        assert_eq!(listed, tools);
        assert_eq!(browser.run("return arguments[0].value", &[field.to_value()]).await.unwrap(), json!(""));

        // What it does is in the log under its name.
        let said = agent.call("look_up_order", json!({ "order": "7" })).await;
        assert!(!said.is_error && said.text.contains("paid"), "{said:?}");
        assert_eq!(said.structured["status"], "succeeded");
        browser.click("tab", "Log").await;
        browser.see("look_up_order").await;
        browser.see("Helper").await;
        browser.see("story-agent").await;
    })
    .await;
}
