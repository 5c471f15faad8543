//! How much processor time does a delivery cost the sender, and how much a bare POST of the same bytes to the same
//! receiver? The rule: at most 1.5 times as much.
//!
//! Three processes, so that nobody's processor time is counted as another's: the [`peer`] is whatever the sender calls,
//! that is table, queues and receiver; the [`contest`] is the sender and what it is compared with, in turns; this one
//! starts them and waits.

pub(crate) mod contest;
mod jobs;
pub(crate) mod peer;

use std::process::Stdio;

use anyhow::{Context as _, ensure};
use lambda_kit::config;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

/// The subcommand that runs the peer.
pub(crate) const PEER: &str = "sender-peer";
/// The subcommand that runs the contest.
pub(crate) const CONTEST: &str = "sender-contest";

/// The workspace of the deliveries, as the peer tells the contest.
const WORKSPACE: &str = "BENCH_WORKSPACE";
/// Their endpoint.
const ENDPOINT: &str = "BENCH_ENDPOINT";
/// That endpoint's URL.
const RECEIVER: &str = "BENCH_RECEIVER";

/// Runs the contest. `AWS_LAMBDA_LOG_LEVEL=warn` in the environment takes the sender's log out of it.
pub(crate) async fn run() -> anyhow::Result<()> {
    let program = std::env::current_exe()?;
    let mut peer = Command::new(&program)
        .arg(PEER)
        // It ends with its input.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(peer.stdout.take().context("the peer has no output")?).lines();
    let mut environment = vec![(config::METRICS_NAMESPACE.to_owned(), "Posthorn".to_owned())];
    loop {
        let line = lines.next_line().await?.context("the peer ended before it had begun")?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once('=').context("the peer tells of no variable")?;
        environment.push((name.to_owned(), value.to_owned()));
    }

    let contest = Command::new(&program)
        .arg(CONTEST)
        .envs(environment)
        // Its standard output is the sender's log, written as on Lambda; its figures come on the other one.
        .stdout(Stdio::null())
        .stderr(std::io::stdout())
        .kill_on_drop(true)
        .status()
        .await?;
    drop(peer.stdin.take());
    peer.wait().await?;
    ensure!(contest.success(), "the contest ended with {contest}");
    Ok(())
}
