//! `cargo local demo`: the whole story in memory, on real ports. Sample events go to a healthy receiver, a flaky one
//! and one that is gone; a table shows every fate, and the exit code says whether all of them are right.

mod payloads;
mod receivers;
mod report;

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use usecases::Clock;

use crate::first_run::prepare;
use crate::options::DemoOptions;
use crate::platform::{Platform, Setup};
use api::client::ApiClient;
use payloads::Sample;
use receivers::{Behaviour, Receiver};
use report::{Fate, Report};

/// The embedded DynamoDB warns of every refused condition, which are answers like any other.
const LOG: &str = "warn,dynoxide=error";
/// Longest the demo waits until everything is settled.
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
/// When the platform cannot be started or the payloads not be read.
pub async fn run(options: &DemoOptions) -> anyhow::Result<ExitCode> {
    lambda_kit::logging::init_local(LOG);
    let samples = payloads::load(options.payloads.as_deref().map(Path::to_owned))?;

    // 1. The platform and three receivers, all on real ports.
    let clock = Clock::system();
    let platform = Platform::start(Setup {
        data: None,
        port: 0,
        clock: clock.clone(),
        observer: None,
        traces: usecases::Traces::default(),
    })
    .await?;
    let beginnings = prepare(&platform.store, None, None, &clock).await?;
    let api = ApiClient::new(&platform.url(), beginnings.admin_key.reveal());
    let workspace = beginnings.workspace.to_string();
    let mut receivers = Vec::new();
    for behaviour in Behaviour::ALL {
        let receiver = Receiver::start(behaviour).await?;
        let endpoint = api.post("/v1/webhook-endpoints", &endpoint_request(&workspace, &receiver)).await?;
        receiver.expect(text(&endpoint, "id")?, text(&endpoint, "secret")?)?;
        receivers.push(receiver);
    }
    println!("\nPosthorn {}, demo on {}\n", env!("CARGO_PKG_VERSION"), platform.url());
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

    // 3. Wait until nothing is under way, then look at every fate.
    let began = Instant::now();
    let fates = loop {
        let fates = fates(&api, &workspace, &sent).await?;
        let waiting = fates.iter().filter(|fate| !fate.is_settled()).count();
        if waiting == 0 {
            break fates;
        }
        if began.elapsed() > PATIENCE {
            bail!("{waiting} deliveries are still under way after {} s", PATIENCE.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };

    // 4. Hold what the API says against what the receivers saw.
    let report = Report::new(&sent, &fates, &receivers);
    println!("\n{}\n{}", report.table(), report.summary());
    platform.stop().await;
    Ok(if report.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
        let rows = answer["data"].as_array().context("the ledger is no list")?;
        fates.extend(rows.iter().map(|row| Fate::read(&event.id, row)));
    }
    Ok(fates)
}

fn text<'a>(value: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    value[name].as_str().with_context(|| format!("the API's answer has no `{name}`"))
}
