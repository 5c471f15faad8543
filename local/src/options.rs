//! Which commands and options does `cargo local` have?
//! The command-line parser (clap); the comments here are its help texts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Posthorn on this machine: real HTTP, an embedded DynamoDB and SQS, no AWS account.
#[derive(Debug, Parser)]
#[command(name = "cargo local", bin_name = "cargo local", version, disable_help_subcommand = true)]
pub struct Options {
    /// A command to run instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Port of the API on 127.0.0.1; 0 takes any free port.
    #[arg(long, default_value_t = 8787)]
    pub port: u16,
    /// Folder that keeps the data between runs.
    #[arg(long, value_name = "DIR", default_value = ".posthorn")]
    pub data: PathBuf,
    /// Keep nothing: all data is gone when the process ends.
    #[arg(long, conflicts_with = "data")]
    pub memory: bool,
    /// The API key with access to everything: `phk_` and at least 32 URL-safe characters. Created on the first run if
    /// not set.
    #[arg(long, env = "POSTHORN_ADMIN_KEY", hide_env_values = true, value_name = "KEY")]
    pub admin_key: Option<String>,
}

/// A command to run instead of serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs everything in memory with sample events and three receivers, and shows the result of every delivery.
    Demo(DemoOptions),
    /// Receives deliveries on this machine, and shows each one and whether its signature is valid.
    Receive(ReceiveOptions),
}

/// The options of the demo.
#[derive(Debug, Args)]
pub struct DemoOptions {
    /// A folder of JSON files, each `{"type":…,"data":…}`, to send instead of the sample events.
    #[arg(long, value_name = "DIR")]
    pub payloads: Option<PathBuf>,
}

/// The options of the receiver.
#[derive(Debug, Args)]
pub struct ReceiveOptions {
    /// Port on 127.0.0.1; 0 takes any free port.
    #[arg(long, default_value_t = 9000)]
    pub port: u16,
    /// A secret (`whsec_…` or text) or public key (`whpk_…`) that signatures are checked with. May be given several
    /// times. Other users of this machine can see a command line: the variable may hold several, separated by spaces.
    #[arg(long, env = "POSTHORN_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub secret: Vec<String>,
    /// A file of further secrets, one a line.
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// The status of every answer.
    #[arg(long, value_name = "STATUS", default_value_t = 200)]
    pub answer: u16,
}
