//! What does `cargo local demo` show?
//! An end-to-end run in memory, on real ports, with a healthy, a flaky and a vanished receiver.
//!
//! A table shows each event's delivery to each receiver; the exit code is 0 only if all of them are as expected.

mod payloads;
mod progress;
mod receivers;
mod report;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use usecases::Clock;

use crate::catalogues;
use crate::first_run::prepare;
use crate::options::DemoOptions;
use crate::platform::{Platform, Setup};
use api::client::ApiClient;
use payloads::Sample;
use progress::{Progress, State};
use receivers::{Behaviour, Receiver};
use report::{Fate, Report};

/// The log filter. The embedded DynamoDB logs a warning for every failed condition, which is a normal answer.
const LOG: &str = "warn,dynoxide=error";
/// The longest time that the demo waits until every delivery is settled.
const PATIENCE: Duration = Duration::from_secs(60);

/// One event that was accepted.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) sample: Sample,
}

/// Runs the demo.
///
/// # Errors
/// When the platform cannot be started or the payloads cannot be read.
pub async fn run(options: &DemoOptions) -> anyhow::Result<ExitCode> {
    lambda_kit::logging::init_local(LOG);
    println!("\nPosthorn {}, demo: starting in memory", env!("CARGO_PKG_VERSION"));
    let samples = payloads::load(options.payloads.as_deref().map(Path::to_owned))?;

    // 1. The platform and three receivers, all on real ports.
    let clock = Clock::system();
    let platform = Platform::start(Setup { clock: clock.clone(), ..Setup::default() }).await?;
    let beginnings = prepare(&platform.store, None, None, &clock).await?;
    let api = ApiClient::new(&platform.url(), beginnings.admin_key.reveal());
    catalogues::import(&api).await?;
    let workspace = beginnings.workspace.to_string();
    let mut receivers = Vec::new();
    for behaviour in Behaviour::ALL {
        let receiver = Receiver::start(behaviour).await?;
        let endpoint = api.post("/v1/webhook-endpoints", &endpoint_request(&workspace, &receiver)).await?;
        receiver.expect(text(&endpoint, "id")?, text(&endpoint, "secret")?)?;
        receivers.push(receiver);
    }
    println!("API on {}\n", platform.url());
    println!("Sending {} events to {} endpoints:", samples.len(), receivers.len());
    for receiver in &receivers {
        println!("  {:<8} {}", receiver.behaviour().name(), receiver.behaviour().describe());
    }

    // 2. Every sample becomes an event.
    let mut sent = Vec::new();
    for sample in samples {
        let body = format!(
            r#"{{"workspace_id":"{workspace}","type":{},"data":{}}}"#,
            json!(sample.event_type),
            sample.data.get()
        );
        let answer = api.post_text("/v1/events", body).await.with_context(|| sample.event_type.clone())?;
        sent.push(Sent { id: text(&answer, "id")?.to_owned(), sample });
    }

    // 3. Wait until no delivery is under way, then read every event's ledger.
    let fates = settled(&api, &workspace, &sent).await?;

    // 4. Compare the ledgers with the requests that the receivers saw.
    let report = Report::new(&sent, &fates, &receivers);
    println!("\n{}\n{}", report.table(), report.summary());
    if options.keep {
        let key = beginnings.admin_key.reveal();
        println!("{}", explore(&platform.url(), key, &workspace, &sent, &receivers));
        tokio::signal::ctrl_c().await?;
    }
    platform.stop().await;
    Ok(if report.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every fate, as soon as all are settled. Shows meanwhile how far that is.
async fn settled(api: &ApiClient, workspace: &str, sent: &[Sent]) -> anyhow::Result<Vec<Fate>> {
    println!();
    let (began, mut progress) = (Instant::now(), Progress::begin());
    loop {
        let fates = fates(api, workspace, sent).await?;
        let waiting = fates.iter().filter(|fate| !fate.is_settled()).count();
        let attempts = fates.iter().map(Fate::attempts).sum();
        progress.show(began.elapsed(), State { settled: fates.len() - waiting, all: fates.len(), attempts });
        if waiting == 0 {
            progress.end();
            return Ok(fates);
        }
        if began.elapsed() >= PATIENCE {
            progress.end();
            bail!("{waiting} deliveries are still under way after {} s", PATIENCE.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What can be looked at after the report.
fn explore(url: &str, key: &str, workspace: &str, sent: &[Sent], receivers: &[Receiver]) -> String {
    let flaky = receivers.iter().find(|receiver| receiver.behaviour() == Behaviour::Flaky);
    let endpoint = flaky.map(Receiver::endpoint_id).unwrap_or_default();
    let event = sent.first().map(|event| event.id.as_str()).unwrap_or_default();
    let get = format!("curl -sS -H 'X-API-Key: {key}'");
    format!(
        "Kept in memory until Ctrl-C:\n  \
         API        {url}\n  \
         API key    {key}\n  \
         workspace  {workspace}\n\n\
         The first event at each receiver:\n  \
         {get} '{url}/v1/events/{event}/deliveries?workspace_id={workspace}'\n\
         The deliveries of the flaky receiver; each has its attempts under its id:\n  \
         {get} {url}/v1/webhook-endpoints/{endpoint}/deliveries\n"
    )
}

fn endpoint_request(workspace: &str, receiver: &Receiver) -> Value {
    let behaviour = receiver.behaviour();
    json!({
        "workspace_id": workspace,
        "url": receiver.url(),
        "description": format!("{}: {}", behaviour.name(), behaviour.describe()),
        // Short delays, so that the demo shows retries without a long wait.
        "retry": { "schedule_seconds": [1, 2, 2] },
    })
}

async fn fates(api: &ApiClient, workspace: &str, sent: &[Sent]) -> anyhow::Result<Vec<Fate>> {
    let mut fates = Vec::new();
    for event in sent {
        let path = format!("/v1/events/{}/deliveries?workspace_id={workspace}", event.id);
        let answer = api.get(&path).await?;
        let rows = answer["data"].as_array().context("the answer with the ledger has no list `data`")?;
        fates.extend(rows.iter().map(|row| Fate::read(&event.id, row)));
    }
    Ok(fates)
}

fn text<'a>(value: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    value[name].as_str().with_context(|| format!("the API's answer has no `{name}`"))
}
