//! What can be said on the command line?

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Posthorn on this machine: real HTTP, an embedded DynamoDB and SQS, no AWS account.
#[derive(Debug, Parser)]
#[command(name = "cargo local", bin_name = "cargo local", version, disable_help_subcommand = true)]
pub struct Options {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Port of the API on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 8787)]
    pub port: u16,
    /// Where data is kept between runs.
    #[arg(long, value_name = "DIR", default_value = ".posthorn")]
    pub data: PathBuf,
    /// Keep nothing: all data is gone when the process ends.
    #[arg(long, conflicts_with = "data")]
    pub memory: bool,
    /// The key that opens everything: `phk_` and at least 32 URL-safe characters. Made on the first run if not set.
    #[arg(long, env = "POSTHORN_ADMIN_KEY", hide_env_values = true, value_name = "KEY")]
    pub admin_key: Option<String>,
}

/// What to do instead of serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the whole story in memory with sample events and three receivers, and shows every attempt.
    Demo(DemoOptions),
    /// Receives deliveries on this machine, and shows each with whether its signature is good.
    Receive(ReceiveOptions),
}

/// How to run the demo.
#[derive(Debug, Args)]
pub struct DemoOptions {
    /// A folder of JSON files, each `{"type":…,"data":…}`, to send instead of the sample events.
    #[arg(long, value_name = "DIR")]
    pub payloads: Option<PathBuf>,
}

/// How to receive.
#[derive(Debug, Args)]
pub struct ReceiveOptions {
    /// Port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 9000)]
    pub port: u16,
    /// The endpoint's secret, to check signatures with.
    #[arg(long, value_name = "SECRET")]
    pub secret: Option<String>,
    /// The status to answer every delivery with.
    #[arg(long, value_name = "STATUS", default_value_t = 200)]
    pub answer: u16,
}
