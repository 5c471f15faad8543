//! When did a rule fire, and how often?

use serde_json::{Value, json};
use stories::{Receiver, Stage};

use super::{change, rule, step};

#[tokio::test]
async fn firings_say_for_each_event_what_each_step_did_and_statistics_count_them() {
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let own = stage.endpoint(&receiver, json!({ "events": ["none"] })).await;
    let made = rule(&stage, json!({
        "mode": "watch", "when": { "events": ["order.*"] }, "if": { "data.amount": { "$gte": 100 } },
        "then": [{ "id": "post", "do": "deliver", "url": receiver.url() }, { "id": "own", "do": "deliver", "endpoint_id": own.id }],
    })).await;
    stage.send("order.made", json!({ "amount": 500 })).await;
    change(&stage, &made, json!({ "mode": "live" })).await;
    let small = stage.send("order.made", json!({ "amount": 5 })).await;
    stage.send("ticket.created", json!({ "amount": 500 })).await;
    let large = stage.send("order.made", json!({ "amount": 100 })).await;
    receiver.wait_for(2).await;
    stage.deliveries(&own, 1, "delivered").await;
    stage.deliveries(&step(&made, 0), 1, "delivered").await;

    let path = format!("/v1/rules/{}", made["id"].as_str().unwrap());
    let page = stage.read(&format!("{path}/firings")).await;
    let rows = page["data"].as_array().unwrap();
    let results: Vec<_> =
        rows.iter().map(|row| (&row["steps"][0]["result"], &row["steps"][0]["reason"])).collect();
    let expected = [
        (json!("fired"), Value::Null),
        (json!("not_fired"), json!("filter")),
        (json!("would_have_fired"), Value::Null),
    ];
    assert_eq!(results, expected.iter().map(|(result, reason)| (result, reason)).collect::<Vec<_>>());
    assert_eq!((&rows[0]["event_id"], &rows[1]["event_id"]), (&large["id"], &small["id"]));
    let forwarded = &rows[0]["steps"][1];
    assert_eq!((&forwarded["step"], &forwarded["result"]), (&json!("own"), &json!("fired")));
    assert_eq!(forwarded["endpoint_id"], json!(own.id));
    let delivery = format!(
        "/v1/deliveries/{}?workspace_id={}",
        forwarded["delivery_id"].as_str().unwrap(),
        stage.workspace
    );
    assert_eq!(stage.read(&delivery).await["status"], "delivered");

    let one = stage.read(&format!("{path}/firings?result=not_fired&limit=1")).await;
    assert_eq!(one["data"][0]["event_id"], small["id"]);
    let first = stage.read(&format!("{path}/firings?limit=1")).await;
    let next = first["next"].as_str().unwrap();
    let second = stage.read(&format!("{path}/firings?limit=1&cursor={next}")).await;
    assert_eq!(second["data"][0]["event_id"], small["id"]);

    let statistics = stage.read(&format!("{path}/statistics")).await;
    assert_eq!((&statistics["events"], &statistics["complete"]), (&json!(4), &json!(true)));
    let step =
        |name: &str| json!({ "step": name, "fired": 1, "would_have_fired": 1, "not_fired": { "filter": 1 } });
    assert_eq!(statistics["steps"], json!([step("own"), step("post")]));

    // All rules at once: both steps fired for one event, which counts once.
    let idle = rule(&stage, json!({
        "when": { "events": ["ticket.*"] }, "then": [{ "id": "post", "do": "deliver", "url": receiver.url() }],
    })).await;
    let of_all = format!("/v1/rules/statistics?workspace_id={}", stage.workspace);
    let fired = stage.read(&of_all).await;
    assert_eq!((&fired["events"], &fired["at_least"]), (&json!(4), &json!(false)));
    let nothing = json!({ "rule_id": idle["id"], "fired": 0, "would_have_fired": 0, "last_at": null });
    let last_at = &rows[0]["accepted_at"];
    let row = json!({ "rule_id": made["id"], "fired": 1, "would_have_fired": 1, "last_at": last_at });
    assert_eq!(fired["data"], json!([nothing, row]));
    let before = stage.read(&format!("{of_all}&until={}", last_at.as_str().unwrap())).await;
    assert_eq!((&before["data"][1]["fired"], &before["data"][1]["would_have_fired"]), (&json!(0), &json!(1)));
    stage.end().await;
}
