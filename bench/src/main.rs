//! Posthorn's benchmarks. Each prints one JSON line a figure: `{"figure":…,"value":…,"unit":…}`.

mod cold_start;
mod cost;
mod cpu;
mod crash;
mod figure;
mod functions;
mod latency;
mod memory;
mod outage;
mod posthorn;
mod receiver;
mod sender;
mod simulate;
mod sizes;
mod throughput;

use std::path::PathBuf;

use clap::Parser;

/// Which benchmark to run. Those of local mode start `cargo local`'s binary of the same profile, so build that first;
/// those of the functions are for `--release`, in which the functions are shipped.
#[derive(Debug, Parser)]
#[command(name = "bench")]
enum Benchmark {
    /// Process start to first poll of every function, compared with an empty one; then `sizes`.
    ColdStart {
        /// Where the functions' binaries are; beside this one, if left out.
        #[arg(long)]
        folder: Option<PathBuf>,
    },
    /// Every function's size when zipped; fails when one is larger than 5 MB.
    Sizes {
        /// Where the functions' binaries are; beside this one, if left out.
        #[arg(long)]
        folder: Option<PathBuf>,
    },
    /// What a million deliveries cost, from counted calls and capacity at list price.
    Cost {
        /// Fail when a case costs more than its budget.
        #[arg(long)]
        budget: bool,
    },
    /// Processor time and allocations of a delivery, compared with a bare POST of the same bytes.
    Sender,
    /// What the sender calls in its benchmark, which starts it.
    #[command(name = sender::PEER, hide = true)]
    SenderPeer,
    /// The sender's benchmark itself, with the peer in its environment.
    #[command(name = sender::CONTEST, hide = true)]
    SenderContest,
    /// Accept to receive, one event at a time, in idle local mode.
    Latency,
    /// Memory of local mode after 10,000 deliveries.
    Memory,
    /// kill -9 in the middle of 1,000 accepted events, then a restart: when is every one delivered?
    Crash,
    /// One endpoint dead with 50,000 events parked, 20 healthy ones beside it, then the drain. Takes about five minutes.
    Outage,
    /// As many events as local mode takes, to one and to five endpoints; 200 a second; beside one that hangs.
    Throughput,
    /// The biggest customer is down for an hour, on AWS: queue and circuit simulated, with nothing sent anywhere.
    Simulate(simulate::Outage),
}

fn main() -> anyhow::Result<()> {
    match Benchmark::parse() {
        // As the functions run.
        Benchmark::SenderContest => lambda_kit::runtime::run(sender::contest::run()),
        benchmark => tokio::runtime::Runtime::new()?.block_on(run(benchmark)),
    }
}

async fn run(benchmark: Benchmark) -> anyhow::Result<()> {
    match benchmark {
        Benchmark::ColdStart { folder } => cold_start::run(folder.as_deref()).await,
        Benchmark::Sizes { folder } => sizes::run(folder.as_deref()),
        Benchmark::Cost { budget } => cost::run(budget).await,
        Benchmark::Sender => sender::run().await,
        Benchmark::SenderPeer => sender::peer::run().await,
        Benchmark::SenderContest => sender::contest::run().await,
        Benchmark::Latency => latency::run().await,
        Benchmark::Memory => memory::run().await,
        Benchmark::Crash => crash::run().await,
        Benchmark::Outage => outage::run().await,
        Benchmark::Throughput => throughput::run().await,
        Benchmark::Simulate(outage) => simulate::run(&outage),
    }
}
