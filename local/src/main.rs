//! `cargo local`: the whole platform on this machine, in one process.

use std::process::ExitCode;

use clap::Parser as _;
use local::options::{Command, Options};

/// Several small allocations an event add up: with the system's allocator a sixth of all time went there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(code) => code,
        Err(error) => {
            // One line with its causes; a backtrace helps nobody whose port is taken.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    match &options.command {
        Some(Command::Demo(demo)) => local::demo::run(demo).await,
        Some(Command::Receive(receive)) => local::receive::run(receive).await,
        None => local::serve::run(options).await,
    }
}
