//! How much processor time does a delivery cost the sender?
//! A CPU benchmark, compared with a bare POST of the same bytes to the same receiver. The rule: at most 1.5 times as
//! much.
//!
//! Three processes, so that the processor time of each is counted separately: the [`peer`] runs table, queues and
//! receiver, which the sender calls; the [`contest`] runs the sender and the bare client in turns; this process starts
//! them and waits.

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

/// The variable with the workspace of the deliveries, set by the peer for the contest.
const WORKSPACE: &str = "BENCH_WORKSPACE";
/// The variable with the endpoint of the deliveries.
const ENDPOINT: &str = "BENCH_ENDPOINT";
/// The variable with the URL of that endpoint.
const RECEIVER: &str = "BENCH_RECEIVER";

/// Runs the benchmark. `AWS_LAMBDA_LOG_LEVEL=warn` in the environment excludes the cost of the sender's log.
pub(crate) async fn run() -> anyhow::Result<()> {
    let program = std::env::current_exe()?;
    let mut peer = Command::new(&program)
        .arg(PEER)
        // The peer ends when its standard input is closed.
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
        let (name, value) = line.split_once('=').context("a line of the peer is not NAME=value")?;
        environment.push((name.to_owned(), value.to_owned()));
    }

    let contest = Command::new(&program)
        .arg(CONTEST)
        .envs(environment)
        // Its standard output is the sender's log, written as on Lambda; the figures come on standard error.
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
