//! Which commands and options does `cargo local` have?
//! The command-line parser (clap); the comments here are its help texts.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::defaults::EndpointDefaults;
use embedded_aws::Durability;

/// Posthorn on this machine: real HTTP, an embedded DynamoDB and SQS, no AWS account.
#[derive(Debug, Parser)]
#[command(name = "cargo local", bin_name = "cargo local", version, disable_help_subcommand = true)]
pub struct Options {
    /// A command to run instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Port of the API; 0 takes any free port.
    #[arg(long, default_value_t = 8787)]
    pub port: u16,
    /// Address of this machine on which the API answers; in a container `0.0.0.0`.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub listen: IpAddr,
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
    /// Host that endpoints may have although its address is private: a container's name, `host.docker.internal`. Can be
    /// given several times.
    #[arg(long, value_name = "NAME", conflicts_with = "strict")]
    pub allow_host: Vec<String>,
    /// Refuse what production refuses: endpoints on this machine or a private address, and plain http.
    #[arg(long)]
    pub strict: bool,
    /// Default settings of endpoints, a JSON object with any of `retry`, `timeout_seconds`, `disable`, `signature` and
    /// `body`.
    #[arg(long, env = "POSTHORN_ENDPOINT_DEFAULTS", value_name = "JSON", value_parser = EndpointDefaults::of_installation)]
    pub endpoint_defaults: Option<EndpointDefaults>,
    /// Answer before the disk is synced: faster, and a power cut may lose the last second.
    #[arg(long, env = "POSTHORN_RELAXED")]
    pub relaxed: bool,
    /// Log everything on standard error, instead of one line for each delivery.
    #[arg(long)]
    pub log: bool,
    /// Create the workspace, the endpoint and the API key that the files in `events/` name.
    #[arg(long, conflicts_with = "strict")]
    pub samples: bool,
    /// Do not create an endpoint for the built-in receiver on the first run.
    #[arg(long, env = "POSTHORN_NO_RECEIVER")]
    pub no_receiver: bool,
    /// Serve the console's files from this folder, uncached, while you change them.
    #[arg(long, value_name = "DIR")]
    pub console_dir: Option<PathBuf>,
}

impl Options {
    /// When a write is durable.
    pub fn durability(&self) -> Durability {
        if self.relaxed { Durability::Relaxed } else { Durability::Full }
    }

    /// The targets that endpoints may have.
    pub fn targets(&self) -> AllowedTargets {
        if self.strict {
            return AllowedTargets::public_only();
        }
        let name = |host: &String| host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        // Kept as long as the program runs, like the client that they are for.
        let hosts: &'static [String] = Vec::leak(self.allow_host.iter().map(name).collect());
        AllowedTargets::loopback_and_http().with_hosts(hosts)
    }
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
    /// Keep serving after the report until Ctrl-C, so that its workspace can be explored.
    #[arg(long)]
    pub keep: bool,
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
    /// The status of every answer, but of those to a wrong signature: they are refused with 401.
    #[arg(long, value_name = "STATUS", default_value_t = 200)]
    pub answer: u16,
}
