//! What runs when `cargo local` is called?
//! The command-line entry point: serve, demo or receive.

use std::process::ExitCode;

use clap::Parser as _;
use local::options::{Command, Options};

/// Each event makes several small allocations: with the system's allocator they took a sixth of all time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(code) => code,
        Err(error) => {
            // One line with its causes: a backtrace does not help a user whose port is taken.
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
