//! Which benchmarks are there?
//! The command line of the benchmarks; each prints one JSON line per figure: `{"figure":…,"value":…,"unit":…}`.

mod cold_start;
mod concurrency;
mod cost;
mod cpu;
mod crash;
mod deliveries;
mod drain;
mod figure;
mod functions;
mod inbound;
mod latency;
mod many_endpoints;
mod memory;
mod outage;
mod posthorn;
mod receiver;
mod rules;
mod sender;
mod simulate;
mod sizes;
mod throughput;

use std::path::PathBuf;

use clap::Parser;

/// The benchmark to run. Benchmarks of local mode start `cargo local`'s binary of the same profile, so build that
/// first. Benchmarks of the functions need `--release`, the profile in which the functions are shipped.
#[derive(Debug, Parser)]
#[command(name = "bench")]
enum Benchmark {
    /// Time from process start to first poll of every function, compared with an empty function; then `sizes`.
    ColdStart {
        /// Where the functions' binaries are; beside this one, if left out.
        #[arg(long)]
        folder: Option<PathBuf>,
    },
    /// Size of every function's zip; fails when one is larger than its budget.
    Sizes {
        /// Where the functions' binaries are; beside this one, if left out.
        #[arg(long)]
        folder: Option<PathBuf>,
    },
    /// Cost of a million deliveries, from counted calls and capacity at list price.
    Cost {
        /// Fail when a case costs more than its budget.
        #[arg(long)]
        budget: bool,
    },
    /// Processor time and allocations of a delivery, compared with a bare POST of the same bytes.
    Sender,
    /// The process that the sender calls in its benchmark; started by `sender`.
    #[command(name = sender::PEER, hide = true)]
    SenderPeer,
    /// The process of the sender's benchmark; started by `sender`, with the peer's addresses in its environment.
    #[command(name = sender::CONTEST, hide = true)]
    SenderContest,
    /// Time from accepting an event to its arrival, one event at a time, in idle local mode.
    Latency,
    /// Throughput and latency of a source: providers' requests at 100 and 1,000 a second, and as fast as it goes. Takes
    /// about a minute and a half.
    Inbound,
    /// Memory of local mode after 10,000 deliveries.
    Memory,
    /// Pages of the list of a workspace's deliveries, over 100,000 events to two endpoints.
    Deliveries {
        /// The number of events.
        #[arg(long, default_value_t = 100_000)]
        events: usize,
    },
    /// kill -9 in the middle of 1,000 accepted events, then a restart: the time until every event is delivered.
    Crash,
    /// One dead endpoint with 50,000 parked events beside 20 healthy endpoints, then the drain. Takes about five
    /// minutes.
    Outage,
    /// How much of what `max_concurrency` allows is reached, by one sender and by two. Takes about three
    /// minutes.
    Concurrency,
    /// Time and order of a drain of 50,000 deliveries, 500 of which wait for a retry. Takes about three minutes.
    Drain,
    /// Time to accept an event in a workspace of 10,000 endpoints. Takes about two minutes.
    ManyEndpoints,
    /// What 100 rules add to an event, and a test of a rule over 100 events.
    Rules,
    /// Throughput of local mode to one and to five endpoints; latency at 200 events a second, alone and beside an
    /// endpoint that hangs.
    Throughput,
    /// The biggest customer is down for an hour, on AWS: a simulation of queue and circuit breaker, which sends
    /// nothing.
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
        Benchmark::Inbound => inbound::run().await,
        Benchmark::Memory => memory::run().await,
        Benchmark::Deliveries { events } => deliveries::run(events).await,
        Benchmark::Crash => crash::run().await,
        Benchmark::Outage => outage::run().await,
        Benchmark::Concurrency => concurrency::run().await,
        Benchmark::Drain => drain::run().await,
        Benchmark::ManyEndpoints => many_endpoints::run().await,
        Benchmark::Rules => rules::run().await,
        Benchmark::Throughput => throughput::run().await,
        Benchmark::Simulate(outage) => simulate::run(&outage),
    }
}
