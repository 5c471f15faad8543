//! Posthorn's benchmarks. Each prints one JSON line a figure: `{"figure":…,"value":…,"unit":…}`.

mod cost;
mod cpu;
mod crash;
mod figure;
mod latency;
mod memory;
mod outage;
mod posthorn;
mod receiver;
mod simulate;
mod throughput;

use clap::Parser;

/// Which benchmark to run. All but `simulate` start `cargo local`'s binary of the same profile, so build that
/// first.
#[derive(Debug, Parser)]
#[command(name = "bench")]
enum Benchmark {
    /// What a million deliveries cost, from counted calls and capacity at list price.
    Cost,
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

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Benchmark::parse() {
        Benchmark::Cost => cost::run().await,
        Benchmark::Latency => latency::run().await,
        Benchmark::Memory => memory::run().await,
        Benchmark::Crash => crash::run().await,
        Benchmark::Outage => outage::run().await,
        Benchmark::Throughput => throughput::run().await,
        Benchmark::Simulate(outage) => simulate::run(&outage),
    }
}
