//! What do a hundred rules cost an event, and how long does a test of a rule take?
//! Local mode in this process, in memory; events of 4 KB.

use std::time::{Duration, Instant};

use api::client::ApiClient;
use domain::rule::MAX_RULES;
use local::first_run::prepare;
use local::platform::{Platform, Setup};
use serde_json::{Value, json};
use usecases::Clock;

use crate::figure::{print, quantile_ms};
use crate::receiver::Receiver;

/// How often each request is made.
const TIMES: usize = 101;

/// Measures events without and with rules, and a test over a hundred events.
pub(crate) async fn run() -> anyhow::Result<()> {
    let clock = Clock::system();
    let platform = Platform::start(Setup { clock: clock.clone(), ..Setup::default() }).await?;
    let beginnings = prepare(&platform.store, None, None, &clock).await?;
    let api = ApiClient::new(&platform.url(), beginnings.admin_key.reveal());
    let receiver = Receiver::start(Duration::ZERO).await?;
    let workspace = json!(beginnings.workspace);

    // 1. Events that no rule looks at, and then a hundred, none of which fires: every condition is asked.
    let event = event(&workspace);
    let took = median_of(&api, "/v1/events", &event).await?;
    print("an event of 4 KB, without rules, p50", took, "ms");
    for number in 0..MAX_RULES {
        api.post("/v1/rules", &rule(&workspace, &receiver.url, number)).await?;
    }
    let took_with_rules = median_of(&api, "/v1/events", &event).await?;
    print("the same with 100 rules of 3 steps and 10 conditions, p50", took_with_rules, "ms");
    print("what the rules add", took_with_rules - took, "ms");

    // 2. A test of a rule over a hundred events.
    let mut draft = rule(&workspace, &receiver.url, MAX_RULES);
    if let Some(members) = draft.as_object_mut() {
        members.remove("workspace_id"); // the request names it
    }
    let test = json!({ "workspace_id": workspace, "rule": draft, "recent": 100 });
    let tested = api.post("/v1/rules/test", &test).await?;
    anyhow::ensure!(tested["of"] == 100, "a test looked at {} events", tested["of"]);
    print("a test of a rule over 100 events, p50", median_of(&api, "/v1/rules/test", &test).await?, "ms");
    platform.stop().await;
    Ok(())
}

/// The median time of a request, in milliseconds.
async fn median_of(api: &ApiClient, path: &str, body: &Value) -> anyhow::Result<f64> {
    let mut took = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let began = Instant::now();
        api.post(path, body).await?;
        took.push(began.elapsed());
    }
    Ok(quantile_ms(&mut took, 0.5))
}

fn event(workspace: &Value) -> Value {
    let text = "I would like a refund for my last order, please. ".repeat(80);
    let members = (0..9).map(|n| (format!("member{n}"), json!(n)));
    let data: Value = members.chain([("text".to_owned(), json!(text))]).collect();
    json!({ "workspace_id": workspace, "type": "ticket.created", "data": data })
}

/// A rule of ten conditions, the last of which does not hold of the events.
fn rule(workspace: &Value, url: &str, number: usize) -> Value {
    let conditions = (0..9).map(|n| (format!("data.member{n}"), json!({ "$gte": n })));
    let keyword = json!({ "$contains": format!("Chargeback {number}") });
    let conditions: Value = conditions.chain([("data.text".to_owned(), keyword)]).collect();
    let template = json!({ "text": "{{ data.text }}" });
    json!({
        "workspace_id": workspace, "name": format!("Rule {number}"), "when": { "events": ["ticket.*"] }, "if": conditions,
        "then": [
            { "do": "deliver", "url": url, "preset": "slack", "template": template },
            { "do": "deliver", "url": url, "preset": "json", "template": { "of": "{{ data.member1 }}" } },
            { "do": "emit", "type": "vip.ticket", "data": { "of": "{{ data.member1 }}" } },
        ],
    })
}
