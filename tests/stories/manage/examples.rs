//! Do the examples in `docs/api.md` and the README work?
//! Each printed curl command is run as it stands, in the order of the page, and its answer is compared with the printed
//! one. A block that no step of the story runs is a failure.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::timestamp::Timestamp;
use serde_json::{Value, json};
use stories::page::{Example, Received, examples, run};
use stories::printed::PrintedPage;
use stories::stage::Endpoint;
use stories::tools::is_installed;
use stories::{Answer, Receiver, Stage};

/// When the examples of the page happen.
const BEGINNING: &str = "2026-11-21T12:46:00Z";
/// Where the pages say that local mode and a receiver listen.
const PRINTED_API: &str = "http://127.0.0.1:8787";
const PRINTED_RECEIVER: &str = "http://127.0.0.1:9000/hooks";

/// A page, as it is now: a change of it needs no compilation.
fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)).unwrap()
}

/// `docs/api.md`, read from top to bottom by a newcomer with a shell.
struct Newcomer<'a> {
    stage: &'a Stage,
    examples: VecDeque<Example>,
    printed: PrintedPage,
    differences: Vec<String>,
}

impl Newcomer<'_> {
    /// Runs the next example, which stands below `heading`, and compares its answer with the printed one.
    async fn run(&mut self, heading: &str, variables: &[(&str, &str)]) -> Value {
        let example = self.examples.pop_front().unwrap();
        assert_eq!(example.heading, heading, "line {}: the story does not run this block", example.line);
        let (api, workspace) = (self.stage.platform.url(), &self.stage.workspace);
        let key = self.stage.admin.key();
        let mut all = vec![("API", api.as_str()), ("KEY", key), ("WORKSPACE", workspace)];
        all.extend(variables);
        let Received { status, body } = run(&example.command, &all, &folder()).await;
        let body = with_printed_port(&body);
        let printed: Option<Value> = serde_json::from_str(&example.answer).ok();
        let printed_status = printed.and_then(|answer| answer["status"].as_u64());
        let is_expected = match (example.status, printed_status) {
            (Some(said), _) => status == said,
            (None, Some(printed)) => u64::from(status) == printed,
            (None, None) => (200..300).contains(&status),
        };
        if !is_expected {
            self.differences.push(format!("line {}: the status is {status}\n{body}", example.line));
        }
        if let Err(difference) = self.printed.compare(&example.answer, &body) {
            self.differences.push(format!("line {}: {difference}\n{body}", example.line));
        }
        serde_json::from_str(&body).unwrap_or(Value::Null)
    }

    /// Every block has been run, and every answer was as printed.
    fn end(self) {
        assert_eq!(self.examples, VecDeque::new(), "the story does not run these blocks");
        assert!(self.differences.is_empty(), "{}", self.differences.join("\n\n"));
    }
}

/// The three endpoints that the page's answers show.
struct Endpoints {
    /// Takes everything.
    healthy: Endpoint,
    /// Has taken two deliveries, and is out of order since.
    failing: Endpoint,
    /// Takes only events of a channel that the page's events do not name.
    restricted: Endpoint,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples")
}

/// The receivers of a story listen on free ports; the page prints one.
fn with_printed_port(text: &str) -> String {
    let mut parts = text.split("http://127.0.0.1:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + "http://127.0.0.1:9000" + part.trim_start_matches(|c: char| c.is_ascii_digit())
    })
}

fn id(answer: &Value) -> &str {
    answer["id"].as_str().unwrap_or_else(|| panic!("no id in {answer}"))
}

/// Reads `path` until the answer is as wanted; meanwhile the story's clock moves on by `step` each time.
async fn until(stage: &Stage, path: &str, step: Duration, is_wanted: impl Fn(&Value) -> bool) {
    let mut last = Value::Null;
    for _ in 0..500 {
        last = stage.read(path).await;
        if is_wanted(&last) {
            return;
        }
        stage.advance(step);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{path} stays {last:#}")
}

/// Waits until the event's delivery to the endpoint has this status.
async fn until_status(stage: &Stage, event: &Value, endpoint: &Endpoint, status: &str) {
    let path = format!("/v1/events/{}/deliveries?workspace_id={}", id(event), stage.workspace);
    // A retry is due after a minute.
    let step = if status == "failed" { Duration::from_secs(1) } else { Duration::ZERO };
    let is_wanted = |ledger: &Value| {
        let mut rows = ledger["data"].as_array().unwrap().iter();
        rows.any(|row| row["endpoint_id"] == *endpoint.id && row["status"] == status)
    };
    until(stage, &path, step, is_wanted).await;
}

/// What has happened before the page begins: the failing endpoint took two events and failed a third for good.
async fn history(stage: &Stage, good: &Receiver, bad: &Receiver) -> Endpoints {
    let later = || stage.advance(Duration::from_secs(1));
    let healthy = stage.endpoint(good, json!({ "events": ["invoice.*"] })).await;
    later();
    let retry = json!({ "events": ["invoice.paid"], "retry": { "schedule_seconds": [60] } });
    let failing = stage.endpoint(bad, retry).await;
    later();
    let restricted = stage.endpoint(good, json!({ "channels": ["eu"] })).await;
    later();
    for _ in 0..2 {
        stage.send("invoice.paid", json!({ "amount": 4200 })).await;
        later();
    }
    stage.deliveries(&failing, 2, "delivered").await;
    bad.answer(Answer::Status(500));
    let failed = stage.send("invoice.paid", json!({ "amount": 4200 })).await;
    until_status(stage, &failed, &failing, "failed").await;
    Endpoints { healthy, failing, restricted }
}

/// The id of an accepted event's delivery to an endpoint.
fn delivery_to<'a>(event: &'a Value, endpoint: &Endpoint) -> &'a str {
    let deliveries = event["deliveries"].as_array().unwrap();
    id(deliveries.iter().find(|row| row["endpoint_id"] == *endpoint.id).unwrap())
}

/// "Events": one is accepted, with a delivery that will be retried.
async fn read_events(reader: &mut Newcomer<'_>, endpoints: &Endpoints) -> Value {
    reader.run("Errors", &[]).await;
    let event = reader.run("Send an event", &[]).await;
    reader.run("Send many events", &[]).await;
    until_status(reader.stage, &event, &endpoints.failing, "retrying").await;
    reader.stage.deliveries(&endpoints.healthy, 5, "delivered").await;
    reader.run("List and read events", &[]).await;
    reader.run("List and read events", &[]).await;
    reader.run("The ledger", &[("EVENT", id(&event))]).await;
    let explained = [("EVENT", id(&event)), ("ENDPOINT", endpoints.restricted.id.as_str())];
    reader.run("Why did an endpoint get an event, or why not?", &explained).await;
    event
}

/// "Endpoints": the healthy one is changed and tested.
async fn read_endpoints(reader: &mut Newcomer<'_>, endpoints: &Endpoints) {
    let healthy = [("ENDPOINT", endpoints.healthy.id.as_str())];
    let created = reader.run("Create", &[]).await;
    reader.run("List, read, change, delete", &healthy).await;
    let path = format!("/v1/webhook-endpoints/{}", id(&created));
    assert_eq!(reader.stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    reader.run("Deleted endpoints", &[("ENDPOINT", id(&created))]).await;
    let body = json!({ "workspace_id": reader.stage.workspace, "url": "http://127.0.0.1:9000/hooks", "events": ["invoice.*"] });
    let shaped = reader.stage.admin.post("/v1/webhook-endpoints", &body).await.unwrap();
    reader.run("Filters", &[("ENDPOINT", id(&shaped))]).await;
    reader.run("Templates", &[("ENDPOINT", id(&shaped))]).await;
    reader.run("Templates", &[("ENDPOINT", id(&shaped))]).await;
    let path = format!("/v1/webhook-endpoints/{}", id(&shaped));
    assert_eq!(reader.stage.admin.call("DELETE", &path, "", &[]).await.unwrap().0, 204);
    reader.run("Secrets", &healthy).await;
    reader.run("Test", &healthy).await;
    reader.run("Preview", &healthy).await;
    reader.run("Why is a signature refused?", &healthy).await;
}

/// "Deliveries": one has failed for good.
async fn read_deliveries(reader: &mut Newcomer<'_>, endpoints: &Endpoints, event: &Value) {
    until_status(reader.stage, event, &endpoints.failing, "failed").await;
    reader.run("List a workspace's deliveries", &[]).await;
    reader.run("List an endpoint's deliveries", &[("ENDPOINT", &endpoints.healthy.id)]).await;
    let delivery = delivery_to(event, &endpoints.failing);
    let failed = [("ENDPOINT", endpoints.failing.id.as_str()), ("DELIVERY", delivery)];
    reader.run("Read one, with its attempts", &failed).await;
    reader.run("Read one, with its attempts", &failed).await;
    reader.run("As a curl command", &failed).await;
    reader.run("Undelivered", &[]).await;
}

/// "Replay": the endpoint works again, and takes what it had failed.
async fn read_replays(reader: &mut Newcomer<'_>, endpoints: &Endpoints, event: &Value) {
    let failing = ("ENDPOINT", endpoints.failing.id.as_str());
    let delivery = delivery_to(event, &endpoints.failing);
    reader.run("One delivery", &[failing, ("DELIVERY", delivery)]).await;
    until_status(reader.stage, event, &endpoints.failing, "delivered").await;
    let restricted = ("ENDPOINT", endpoints.restricted.id.as_str());
    reader.run("An event to chosen endpoints", &[restricted, ("EVENT", id(event))]).await;
    reader.run("A window", &[failing]).await;
    let replay = reader.run("A window", &[failing]).await;
    let path = format!("/v1/replays/{}", id(&replay));
    until(reader.stage, &path, Duration::ZERO, |replay| replay["status"] == "completed").await;
    reader.stage.deliveries(&endpoints.failing, 4, "delivered").await;
}

async fn read_sources(reader: &mut Newcomer<'_>) {
    let made = reader.run("Sources", &[]).await;
    let source = ("SOURCE", id(&made));
    reader.run("Sources", &[source]).await;
    let address = made["address"].as_str().unwrap();
    let (_, token) = address.split_once("/in/").unwrap();
    let time = reader.stage.clock().now().as_millis() / 1000;
    let headers = [("stripe-signature", format!("t={time},v1=00"))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let body = r#"{"type":"invoice.paid"}"#;
    reader.stage.admin.exchange("POST", &format!("/in/{token}"), body, &headers).await.unwrap();
    let page = reader.run("What a source received", &[source]).await;
    reader.run("What a source received", &[source, ("REQUEST", id(&page["data"][0]))]).await;
}

/// "Actions": one is made, shown, confirmed and called.
async fn read_actions(reader: &mut Newcomer<'_>) {
    let (stage, system) = (reader.stage, Receiver::start().await);
    let agent = json!({
        "name": "agent", "workspace_id": stage.workspace, "scopes": ["actions"], "roles": ["support"],
    });
    let agent = stage.admin.post("/v1/api-keys", &agent).await.unwrap();
    let agent = ("AGENT", agent["key"].as_str().unwrap());
    reader.run("Actions", &[("CRM", system.url().trim_end_matches("/hooks"))]).await;
    let shown = reader.run("Invoke", &[agent]).await;
    let confirmation = ("CONFIRMATION", shown["confirmation"].as_str().unwrap());
    reader.run("Confirm", &[agent, confirmation]).await;
    reader.run("Who may read an invocation", &[agent]).await;
    assert_eq!(system.seen()[0].path, "/orders/7/refund");
}

#[tokio::test]
async fn every_example_of_the_api_page_is_answered_as_printed() {
    if !is_installed("curl", "--version").await {
        return;
    }
    let stage = Stage::set_at(Timestamp::parse(BEGINNING).unwrap()).await;
    let (good, bad) = (Receiver::start().await, Receiver::start().await);
    let endpoints = history(&stage, &good, &bad).await;
    let (printed, examples) = (PrintedPage::default(), examples(&page("docs/api.md")));
    let mut reader = Newcomer { stage: &stage, examples, printed, differences: Vec::new() };
    let event = read_events(&mut reader, &endpoints).await;
    read_endpoints(&mut reader, &endpoints).await;
    read_deliveries(&mut reader, &endpoints, &event).await;
    bad.answer(Answer::Status(200));
    read_replays(&mut reader, &endpoints, &event).await;
    let statistics = format!("/v1/webhook-endpoints/{}/statistics", endpoints.failing.id);
    for _ in 0..100 {
        stage.platform.flush().await.unwrap();
        if stage.read(&statistics).await["total"]["attempts"] == 8 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    read_sources(&mut reader).await;
    read_actions(&mut reader).await;
    reader.run("Statistics", &[("ENDPOINT", &endpoints.failing.id)]).await;
    reader.run("Statistics", &[("ENDPOINT", &endpoints.failing.id)]).await;
    reader.run("Notifications", &[]).await;
    reader.run("Workspaces", &[]).await;
    reader.run("Workspaces", &[]).await;
    reader.run("Workspaces", &[]).await;
    reader.run("The portal's look", &[]).await;
    reader.run("API keys", &[]).await;
    reader.run("Sessions", &[]).await;
    reader.run("Portal links", &[]).await;
    reader.run("Audit", &[("ENDPOINT", &endpoints.healthy.id)]).await;
    reader.end();
    stage.end().await;
}

/// The blocks below the headings of a page whose commands call the API, with real values in place of the printed ones.
fn filled_in(page: &str, values: &[(&str, &str)]) -> Vec<String> {
    let blocks = page.split("```sh\n").skip(1).map(|block| block.split_once("```").unwrap().0);
    let calls = blocks.filter(|block| block.contains("curl "));
    calls
        .map(|block| values.iter().fold(block.to_owned(), |text, (from, to)| text.replace(from, to)))
        .collect()
}

#[tokio::test]
async fn the_readme_sends_a_first_event_and_the_debugging_page_follows_it() {
    if !is_installed("curl", "--version").await {
        return;
    }
    let (stage, receiver) = (Stage::set().await, Receiver::start().await);
    let (api, key, workspace) = (stage.platform.url(), stage.admin.key().to_owned(), stage.workspace.clone());
    let known = [(PRINTED_API, api.as_str()), (PRINTED_RECEIVER, receiver.url()), ("phk_…", &key)];
    let known = [&known[..], &[("ws_…", &workspace)]].concat();
    let blocks = filled_in(&page("README.md"), &known);
    let [block] = &blocks[..] else { panic!("the story runs one block of the README, not {blocks:#?}") };
    let steps: Vec<_> = block.split("\n\n").collect();
    let [variables, create, send, look] = steps[..] else {
        panic!("the story knows other steps: {steps:#?}")
    };
    let step = async |status: u16, command: &str| -> Value {
        let received = run(&format!("{variables}\n{command}"), &[], &folder()).await;
        assert_eq!(received.status, status, "{command}\n{}", received.body);
        serde_json::from_str(&received.body).unwrap()
    };
    let endpoint = step(201, create).await;
    assert!(endpoint["secret"].as_str().unwrap().starts_with("whsec_"));
    let event = step(202, send).await;
    assert!(receiver.wait_for(1).await[0].is_signed_with(endpoint["secret"].as_str().unwrap()));
    let made = Endpoint { id: id(&endpoint).to_owned(), secret: String::new() };
    stage.deliveries(&made, 1, "delivered").await;
    let ledger = step(200, &look.replace("evt_…", id(&event))).await;
    assert_eq!(ledger["data"][0]["status"], "delivered");

    let ids = [("evt_…", id(&event)), ("we_…", id(&endpoint)), ("wd_…", delivery_to(&event, &made))];
    let blocks = filled_in(&page("docs/debugging.md"), &[&known[..], &ids].concat());
    let [of_event, of_delivery] = &blocks[..] else { panic!("the story runs two blocks, not {blocks:#?}") };
    let (variables, of_event) = of_event.split_once('\n').unwrap();
    let follow = async |command: &str| run(&format!("{variables}\n{command}"), &[], &folder()).await;
    let rows: Value = serde_json::from_str(&follow(of_event).await.body).unwrap();
    assert_eq!(rows, ledger);
    let delivery: Value = serde_json::from_str(&follow(of_delivery).await.body).unwrap();
    assert_eq!(delivery["attempt_log"].as_array().unwrap().len(), 1);
    stage.end().await;
}
