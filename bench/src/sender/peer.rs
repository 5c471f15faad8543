//! What does the sender call in its benchmark?
//! The peer process: the embedded DynamoDB and SQS, with a workspace and an endpoint, and the receiver.

use std::time::Duration;

use anyhow::Context as _;
use api::client::ApiClient;
use local::data_dir::DataDir;
use local::first_run::prepare;
use local::platform::{Platform, Setup};
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use usecases::Clock;

use super::{ENDPOINT, RECEIVER, WORKSPACE};
use crate::posthorn::Folder;
use crate::receiver::Receiver;

/// Prints the environment for a function that calls the peer, one `NAME=value` per line and an empty line at the end;
/// then serves until its input ends.
pub(crate) async fn run() -> anyhow::Result<()> {
    let folder = Folder::new();
    let data = DataDir::open(&folder.0)?;
    let clock = Clock::system();
    let setup = Setup { data: Some(&data), clock: clock.clone(), ..Setup::default() };
    let platform = Platform::start(setup).await?;
    let begin = prepare(&platform.store, Some(&data), None, &clock).await?;
    let receiver = Receiver::start(Duration::ZERO).await?;

    let api = ApiClient::new(&platform.url(), begin.admin_key.reveal());
    let endpoint = json!({ "workspace_id": begin.workspace, "url": receiver.url });
    let endpoint = api.post("/v1/webhook-endpoints", &endpoint).await?;
    let endpoint = endpoint["id"].as_str().context("an endpoint without an id")?;

    print!("{}", platform.aws.environment(&platform.queue, &data));
    println!("{WORKSPACE}={}\n{ENDPOINT}={endpoint}\n{RECEIVER}={}\n", begin.workspace, receiver.url);
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    platform.stop().await;
    Ok(())
}
