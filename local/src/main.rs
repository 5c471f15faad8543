//! `cargo local`: the whole platform on this machine, in one process.

use clap::Parser as _;
use local::options::{Command, Options};

#[tokio::main]
async fn main() -> anyhow::Result<std::process::ExitCode> {
    let options = Options::parse();
    match options.command {
        Some(Command::Demo(demo)) => local::demo::run(&demo).await,
        None => local::serve::run(&options).await,
    }
}
