//! What does an outage of the biggest customer, or of very many endpoints, do to queue, circuit and the other customers on
//! AWS? A simulation: nothing is sent, and the same seed gives the same figures. A delivery goes on as `domain` decides.

mod bill;
mod counts;
mod milliseconds;
mod parked;
mod queued;
mod waits;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::ensure;
use clap::ValueEnum;
use domain::endpoint::EndpointSettings;
use domain::policy::backoff::HIGH_FROM;
use domain::policy::circuit::DisablePolicy;
use serde_json::json;
use usecases::Randomness;

use crate::figure::print;
use queued::real;
use world::{MOST_IN_FLIGHT, OUTAGE_BEGINS_MS, World};

/// The outage, and what it meets.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Outage {
    /// Deliveries a second, of all customers together.
    #[arg(long, default_value_t = 1_000)]
    deliveries_per_second: u32,
    /// The biggest customer's share of them, 0 to 1.
    #[arg(long, default_value_t = 0.3)]
    share: f64,
    /// So many endpoints go down at once, and have this share together. (The biggest customer has one.)
    #[arg(long, default_value_t = 1)]
    endpoints: usize,
    /// How long an endpoint takes to answer that is well.
    #[arg(long, default_value_t = 100)]
    answer_ms: u64,
    /// What the biggest customer's endpoint does while it is down.
    #[arg(long, value_enum, default_value_t = WhileDown::Hangs)]
    while_down: WhileDown,
    /// When an attempt on an endpoint that hangs is given up.
    #[arg(long, default_value_t = 10)]
    timeout_seconds: u64,
    /// How long it is down.
    #[arg(long, default_value_t = 3_600)]
    outage_seconds: u64,
    /// Most deliveries that a drain sends in one step.
    #[arg(long, default_value_t = usecases::recover::drain::MAX_RATE)]
    drain_rate: u32,
    /// Batches attempted at once, as `SenderMaximumConcurrency` of the template.
    #[arg(long, default_value_t = 50)]
    senders: u64,
    /// For how long the endpoint may fail before it is switched off.
    #[arg(long, default_value_t = DisablePolicy::default().window_seconds)]
    disable_window_seconds: u32,
    /// No circuit, no parking: every delivery is retried by its schedule.
    #[arg(long)]
    without_circuit: bool,
    /// A plain queue, in which quiet customers are not served before a noisy one.
    #[arg(long)]
    without_fair_queue: bool,
    /// Another seed is another course of chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What an endpoint does while it is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum WhileDown {
    /// It takes connections and never answers.
    Hangs,
    /// It refuses at once.
    Refuses,
}

impl Outage {
    /// From the start of an attempt to its failure. A refusal takes as long as an answer.
    fn failure_ms(&self) -> u64 {
        match self.while_down {
            WhileDown::Hangs => self.timeout_seconds * 1_000,
            WhileDown::Refuses => self.answer_ms,
        }
    }

    fn world(&self) -> anyhow::Result<World<'_>> {
        ensure!((0.0..=1.0).contains(&self.share), "--share must be 0 to 1");
        ensure!(self.deliveries_per_second > 0 && self.senders > 0, "nothing would ever be delivered");
        ensure!(self.drain_rate > 0, "nothing would ever be drained");
        ensure!(self.endpoints > 0, "nothing would ever go down");
        let disable =
            DisablePolicy { window_seconds: self.disable_window_seconds, ..DisablePolicy::default() };
        let settings: EndpointSettings =
            serde_json::from_value(json!({ "url": "https://example.com", "disable": disable }))?;
        Ok(World::new(self, settings, seeded(self.seed)))
    }
}

pub(crate) fn run(outage: &Outage) -> anyhow::Result<()> {
    let mut world = outage.world()?;
    let lost = world.run()?;
    let (recovery, counts) = (world.recovery(), &world.counts);
    let drained = counts.drained_ms.unwrap_or_default();
    let seconds = |ms: u64| real(ms) / 1_000.0;
    let waits = &counts.waits;
    let usual = waits.p99_ms(0, OUTAGE_BEGINS_MS);
    print("peak in flight", real(counts.peak_in_flight), "jobs");
    print("the same, of what a queue holds", 100.0 * real(counts.peak_in_flight) / real(MOST_IN_FLIGHT), "%");
    let above = format!("longest time with more than {HIGH_FROM} in flight");
    print(&above, seconds(counts.longest_above_ms), "s");
    print("peak delayed", real(counts.peak_delayed), "jobs");
    print("parked at the end of the outage", real(counts.parked_at_end), "deliveries");
    print("attempts on the dead endpoint", real(counts.wasted), "attempts");
    print("probes", real(counts.probes), "probes");
    if let Some(at) = counts.switched_off_ms {
        print("first switched off after", seconds(at - OUTAGE_BEGINS_MS), "s");
        print("skipped while it was off, to be replayed", real(counts.skipped), "deliveries");
    }
    let first_success = counts.first_success_ms.unwrap_or_default();
    print("recovery to first success", seconds(first_success - recovery), "s");
    print("recovery to drained", seconds(drained - recovery), "s");
    print("wait of the others for a sender, p99, before", seconds(usual), "s");
    let extra = |ms: u64| seconds(ms) - seconds(usual);
    print("the same, p99, of the outage", seconds(waits.p99_ms(OUTAGE_BEGINS_MS, recovery)), "s");
    print("extra, p99, of the outage", extra(waits.p99_ms(OUTAGE_BEGINS_MS, recovery)), "s");
    print("extra, p99, of its worst minute", extra(waits.worst_p99_ms(OUTAGE_BEGINS_MS, recovery)), "s");
    print("extra, longest, of the outage", extra(waits.longest_ms(OUTAGE_BEGINS_MS, recovery)), "s");
    print("extra, p99, of the drain's worst minute", extra(waits.worst_p99_ms(recovery, drained)), "s");
    print("given up after the last attempt of their schedule", real(counts.given_up), "deliveries");
    print("lost", real(lost), "deliveries");
    print("the outage at list prices", counts.extra.dollars(), "$");
    Ok(())
}

/// Randomness that takes the same course every time: splitmix64, as Vigna gives it.
fn seeded(seed: u64) -> Randomness {
    let state = AtomicU64::new(seed);
    Randomness::new(move |bytes| {
        for chunk in bytes.chunks_mut(8) {
            let mut z = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use counts::Counts;
    use domain::policy::circuit::{MAX_PARKED_WHILE_OFF, MAX_WAITING, PROBE_EVERY};
    use proptest::prelude::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        outage: Outage,
    }

    fn defaults() -> Outage {
        Command::parse_from(["simulate"]).outage
    }

    /// A small platform, so that a test takes no time.
    fn small() -> Outage {
        Outage { deliveries_per_second: 40, senders: 4, outage_seconds: 300, ..defaults() }
    }

    fn simulated(outage: &Outage) -> (u64, Counts) {
        let mut world = outage.world().unwrap();
        (world.run().unwrap(), world.counts)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn nothing_is_lost_and_a_queue_holds_what_is_in_flight(
            rate in 5u32..80, share in 0.0f64..=1.0, hangs: bool, senders in 4u64..12, seconds in 1u64..400,
            window in 0u32..400, without_circuit: bool, without_fair_queue: bool, seed: u64,
        ) {
            let while_down = if hangs { WhileDown::Hangs } else { WhileDown::Refuses };
            let outage = Outage {
                deliveries_per_second: rate, share, while_down, senders, outage_seconds: seconds,
                disable_window_seconds: window, without_circuit, without_fair_queue, seed, ..defaults()
            };
            prop_assume!(share * f64::from(rate) >= 0.1);
            let (lost, counts) = simulated(&outage);
            prop_assert_eq!(lost, 0);
            prop_assert!(counts.peak_in_flight <= MOST_IN_FLIGHT);
        }

        #[test]
        fn with_a_circuit_attempts_on_the_dead_endpoint_do_not_grow_with_its_deliveries(
            rate in 20u32..80, more in 2u32..6, seed: u64,
        ) {
            let few = Outage { deliveries_per_second: rate, seed, ..small() };
            let many = Outage { deliveries_per_second: rate * more, ..few.clone() };
            // What the senders hold when the first attempt times out, those that wait, and the probes.
            let most = few.senders * 10 + 2 * u64::from(MAX_WAITING) + few.outage_seconds / PROBE_EVERY.as_secs() + 1;
            prop_assert!(simulated(&few).1.wasted <= most && simulated(&many).1.wasted <= most);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_figures() {
        let outage = |seed| format!("{:?}", simulated(&Outage { seed, ..small() }));
        assert_eq!(outage(7), outage(7));
        assert_ne!(outage(7), outage(8));
    }

    #[test]
    fn without_a_circuit_every_delivery_wastes_attempts() {
        let with = simulated(&small()).1;
        let without = simulated(&Outage { without_circuit: true, ..small() }).1;
        assert!(without.wasted > 3 * with.wasted, "{} and {}", without.wasted, with.wasted);
        assert_eq!((without.parked_at_end, without.probes), (0, 0));
        assert!(with.parked_at_end > 0 && with.probes > 0);
    }

    #[test]
    fn for_an_endpoint_that_is_switched_off_events_are_parked_and_only_those_past_the_bound_are_skipped() {
        let off = Outage { disable_window_seconds: 60, ..small() };
        let (lost, counts) = simulated(&off);
        assert!(counts.switched_off_ms.is_some() && counts.parked_at_end > 0);
        assert_eq!((lost, counts.skipped), (0, 0));
        let (lost, counts) = simulated(&Outage { deliveries_per_second: 3_000, senders: 200, ..off });
        assert!(counts.skipped > 0 && counts.parked_at_end >= MAX_PARKED_WHILE_OFF);
        assert_eq!(lost, 0);
    }

    #[test]
    fn an_attempt_that_outlives_the_outage_may_switch_the_endpoint_off_and_nothing_is_lost() {
        let mut switched_off = 0;
        for seed in 0..60 {
            let outage = Outage { deliveries_per_second: 5, share: 0.656, senders: 9, seed, ..defaults() };
            let outage = Outage { outage_seconds: 273, disable_window_seconds: 270, ..outage };
            let (lost, counts) = simulated(&outage);
            assert_eq!(lost, 0, "seed {seed}");
            switched_off += u32::from(counts.switched_off_ms.is_some_and(|at| at > 120_000 + 273_000));
        }
        assert!(switched_off > 0, "none of them was");
    }

    #[test]
    fn the_drain_keeps_its_rate() {
        let slow = simulated(&Outage { drain_rate: 20, ..small() }).1;
        let quick = simulated(&small()).1;
        assert!(slow.drained_ms > quick.drained_ms);
        assert!(slow.drained_ms.unwrap() >= (120 + 300) * 1_000 + slow.parked_at_end / 20 * 1_000);
    }
}
