//! How does an agent find out about deliveries?
//! By tools that call what the API's routes call, as far as the scopes of its key go.

use serde_json::json;
use stories::{Answer, Receiver, Stage};

use super::client::Agent;
use super::{action, key};

#[tokio::test]
async fn a_key_has_the_tools_that_its_scopes_allow() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    for (scopes, tools) in [
        (&["actions"][..], &[][..]),
        (&["deliveries:ro"], &["list_deliveries"]),
        (&["events:ro"], &["why_not_delivered"]),
        (&["deliveries", "events:ro"], &["list_deliveries", "replay_delivery", "why_not_delivered"]),
        (&["events"], &["why_not_delivered"]),
    ] {
        let agent = Agent::connect(&stage, &key(&stage, scopes, &[]).await).await;
        assert_eq!(agent.tool_names().await, tools, "{scopes:?}");
    }
    // An action of the same name is what the workspace means by it.
    action(&stage, &receiver, "list_deliveries", json!({ "effect": "read" })).await;
    let key = key(&stage, &["actions", "deliveries:ro"], &["support"]).await;
    let agent = Agent::connect(&stage, &key).await;
    assert_eq!(agent.tool_names().await, ["list_deliveries"]);
    assert!(!agent.call("list_deliveries", json!({ "order": "7" })).await.is_error);
    assert_eq!(receiver.seen().len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn an_agent_finds_a_failed_delivery_learns_why_and_sends_it_again_when_told_to() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    receiver.answer_first(&[Answer::Status(422)]);
    let no_retry =
        json!({ "retry": { "schedule_seconds": [] }, "disable": { "consecutive_failures": 10_000 } });
    let endpoint = stage.endpoint(&receiver, no_retry).await;
    let event = stage.send("invoice.paid", json!({ "amount": 1 })).await;
    let delivery = stage.deliveries(&endpoint, 1, "failed").await.remove(0);
    let agent = Agent::connect(&stage, &key(&stage, &["deliveries", "events:ro"], &[]).await).await;

    let said = agent.call("list_deliveries", json!({ "status": "failed", "limit": 5 })).await;
    assert_eq!((&said.structured["data"][0]["id"], said.is_error), (&delivery["id"], false), "{said:?}");
    let said = agent.call("list_deliveries", json!({ "status": "delivered" })).await;
    assert_eq!(said.structured["data"], json!([]));
    for (bad, pointer) in [
        (json!({ "status": "lost" }), "/status"),
        (json!({ "limit": 251 }), "/limit"),
        (json!({ "cursor": "x" }), "/cursor"),
        (json!({ "colour": "red" }), "/colour"),
        (json!({ "workspace_id": stage.workspace }), "/workspace_id"),
    ] {
        let said = agent.call("list_deliveries", bad.clone()).await;
        assert!(said.is_error && said.text.contains(&format!("- {pointer}: ")), "{bad}: {said:?}");
    }

    let asked = json!({ "event_id": event["id"], "endpoint_id": endpoint.id });
    let path = format!(
        "/v1/events/{}/explain?endpoint_id={}&workspace_id={}",
        event["id"].as_str().unwrap(),
        endpoint.id,
        stage.workspace
    );
    let said = agent.call("why_not_delivered", asked).await;
    assert_eq!(said.structured, stage.read(&path).await, "as the API has it");

    let first = agent.call("replay_delivery", json!({ "delivery_id": delivery["id"] })).await;
    assert!(first.is_error && first.text.starts_with("Nothing was sent."), "{first:?}");
    assert_eq!(receiver.seen().len(), 1);
    let confirmation = &first.structured["confirmation"];
    let forced = json!({ "delivery_id": delivery["id"], "confirmation": confirmation, "force": true });
    let said = agent.call("replay_delivery", forced).await;
    assert!(said.is_error && said.text.contains("- /confirmation: "), "{said:?}");
    stage.advance(std::time::Duration::from_secs(301));
    let late = json!({ "delivery_id": delivery["id"], "confirmation": confirmation });
    assert!(agent.call("replay_delivery", late).await.text.contains("- /confirmation: "));
    let first = agent.call("replay_delivery", json!({ "delivery_id": delivery["id"] })).await;
    let confirmed =
        json!({ "delivery_id": delivery["id"], "confirmation": first.structured["confirmation"] });
    let said = agent.call("replay_delivery", confirmed).await;
    assert_eq!((said.is_error, &said.structured["status"]), (false, &json!("pending")), "{said:?}");
    receiver.wait_for(2).await;
    stage.deliveries(&endpoint, 1, "delivered").await;

    // Of another workspace there is nothing to find.
    let body = json!({ "name": "other" });
    let other = stage.admin.post("/v1/workspaces", &body).await.unwrap();
    let body = json!({ "name": "agent", "workspace_id": other["id"], "scopes": ["deliveries", "events:ro"] });
    let made = stage.admin.post("/v1/api-keys", &body).await.unwrap();
    let stranger = Agent::connect(&stage, made["key"].as_str().unwrap()).await;
    assert_eq!(stranger.call("list_deliveries", json!({})).await.structured["data"], json!([]));
    let said = stranger.call("replay_delivery", json!({ "delivery_id": delivery["id"] })).await;
    assert!(said.is_error && said.text.contains("not_found"), "{said:?}");
    stage.end().await;
}
