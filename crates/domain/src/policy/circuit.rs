//! When is an endpoint left in peace, when is its owner warned, and when is it switched off?
//! The rules of the circuit breaker: an endpoint's health counts consecutive failures.
//!
//! A dead endpoint must not fill the queue: once its circuit is open, further deliveries are parked, and the bounded
//! number that wait for their retry are its probes. The first success closes the circuit, and the parked deliveries are
//! drained. (An endpoint that fails now and then keeps its circuit closed; where jobs that wait long become very many,
//! they are not in flight either, see [`crate::policy::backoff`].)

use std::fmt;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::policy::outcome::ErrorClass;
use crate::timestamp::Timestamp;

/// The circuit opens at this many consecutive failures.
pub const OPEN_AFTER: u32 = 5;
/// After this many consecutive failures a failing delivery is parked instead of waiting for its retry. This bounds the
/// messages that one dead endpoint keeps in flight.
pub const MAX_WAITING: u32 = 100;
/// An open circuit at which nothing has failed for this long is probed with a parked delivery. The schedule looks once a
/// minute, and a probe may itself take some seconds: with a whole minute here every other look would come too early.
pub const PROBE_EVERY: Duration = Duration::from_secs(45);
/// How far on the way to being switched off an endpoint's owner is warned, in percent.
pub const WARN_AT_PERCENT: [u8; 3] = [50, 70, 90];

/// About how many deliveries are parked for an endpoint while it is off for failing; further events are skipped. For
/// small events, that many rows and index entries take some 200 MB, cost about a quarter of a dollar to park and drain,
/// and drain within minutes. The bound keeps an abandoned endpoint from costing more.
pub const MAX_PARKED_WHILE_OFF: u64 = 100_000;

/// When an endpoint is switched off for failing: when both conditions hold.
///
/// Read from `{"consecutive_failures": n, "window_seconds": n}` or from the name of a preset, and written as the two
/// numbers: what is stored and shown needs no list of names to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DisablePolicy {
    /// The number of consecutive failures, 1 to 10,000.
    pub consecutive_failures: u32,
    /// The smallest age of the first of these failures, in seconds, 0 to 604,800.
    pub window_seconds: u32,
}

impl Default for DisablePolicy {
    /// Ten failures in a row over at least a day. Many attempts may fail within a minute while a receiver is deployed:
    /// a minute of failures must not switch a customer off.
    fn default() -> Self {
        Self { consecutive_failures: 10, window_seconds: 86_400 }
    }
}

impl DisablePolicy {
    /// Bounds of `consecutive_failures`.
    pub const FAILURES: std::ops::RangeInclusive<u32> = 1..=10_000;
    /// Bounds of `window_seconds`.
    pub const WINDOW_SECONDS: std::ops::RangeInclusive<u32> = 0..=604_800;
    /// The names that may be given instead of the numbers.
    pub const PRESETS: [&str; 3] = ["default", "strict-10", "strict-5"];

    /// The policy with this name.
    pub fn preset(name: &str) -> Option<Self> {
        let in_a_row = |consecutive_failures| Self { consecutive_failures, window_seconds: 0 };
        match name {
            "default" => Some(Self::default()),
            "strict-10" => Some(in_a_row(10)),
            "strict-5" => Some(in_a_row(5)),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for DisablePolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumbersOrPreset)
    }
}

/// The policy as numbers; what is left out takes its default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    consecutive_failures: Option<u32>,
    window_seconds: Option<u32>,
}

struct NumbersOrPreset;

impl<'de> Visitor<'de> for NumbersOrPreset {
    type Value = DisablePolicy;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, or the name of a preset: `default`, `strict-10` or `strict-5`")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<DisablePolicy, E> {
        DisablePolicy::preset(name).ok_or_else(|| E::unknown_variant(name, &DisablePolicy::PRESETS))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<DisablePolicy, A::Error> {
        let numbers = Numbers::deserialize(MapAccessDeserializer::new(members))?;
        let default = DisablePolicy::default();
        Ok(DisablePolicy {
            consecutive_failures: numbers.consecutive_failures.unwrap_or(default.consecutive_failures),
            window_seconds: numbers.window_seconds.unwrap_or(default.window_seconds),
        })
    }
}

/// How many deliveries are parked for an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParkedCount {
    /// The number; when it is not exact, there are more.
    pub deliveries: u64,
    /// Whether all of them were counted.
    pub is_exact: bool,
}

impl ParkedCount {
    /// So many are counted one by one.
    pub const COUNTED_AT_MOST: usize = 1_000;
}

/// An endpoint's health. It is kept only while the endpoint fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    /// Attempts that failed without a success between them.
    pub failures: u32,
    /// When the first of them ended.
    pub failing_since: Option<Timestamp>,
    /// When the last of them ended.
    pub last_failure_at: Option<Timestamp>,
    /// What was wrong with the last of them. Rows of older versions have none.
    pub last_error: Option<ErrorClass>,
    /// What the last of them was answered, if it was.
    pub response_status: Option<u16>,
    /// Since when its circuit is open.
    pub open_since: Option<Timestamp>,
    /// The highest of [`WARN_AT_PERCENT`] of which the owner was notified.
    pub warned_percent: u8,
}

/// A failed attempt, as the circuit breaker sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// When it ended.
    pub at: Timestamp,
    /// What was wrong.
    pub error: ErrorClass,
    /// What it was answered, if it was.
    pub response_status: Option<u16>,
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// The circuit opens.
    Open,
    /// The owner is notified how far on the way to being switched off the endpoint is.
    Warn(u8),
    /// The endpoint is switched off.
    Disable,
}

impl Health {
    /// Whether further deliveries are parked.
    pub fn is_open(&self) -> bool {
        self.open_since.is_some()
    }

    /// Whether a failed delivery may wait for its retry.
    pub fn may_wait(&self) -> bool {
        self.failures <= MAX_WAITING
    }

    /// Whether it is time to probe an open circuit.
    pub fn is_probe_due(&self, now: Timestamp) -> bool {
        self.is_open() && self.last_failure_at.is_none_or(|last| now.since(last) >= PROBE_EVERY)
    }

    /// About when an open circuit is probed next, if a delivery is parked then; `None` while it is closed. The schedule
    /// looks once a minute, so a probe that is due waits for the next minute.
    pub fn next_probe_at(&self, now: Timestamp) -> Option<Timestamp> {
        const MINUTE_MILLIS: i64 = 60_000;
        self.open_since?;
        let due = self.last_failure_at.map_or(now, |last| last.plus(PROBE_EVERY)).max(now);
        let minutes = due.as_millis().saturating_add(MINUTE_MILLIS - 1) / MINUTE_MILLIS;
        Some(Timestamp::from_millis(minutes * MINUTE_MILLIS))
    }

    /// What follows at `now` from the failure that led to this health.
    pub fn consequences(&self, policy: DisablePolicy, now: Timestamp) -> Vec<Consequence> {
        let mut consequences = Vec::new();
        if !self.is_open() && self.failures >= OPEN_AFTER {
            consequences.push(Consequence::Open);
        }
        let percent = self.percent_to_disabling(policy, now);
        if percent >= 100 {
            consequences.push(Consequence::Disable);
        } else if let Some(mark) = WARN_AT_PERCENT.into_iter().rev().find(|mark| u64::from(*mark) <= percent)
            && mark > self.warned_percent
        {
            consequences.push(Consequence::Warn(mark));
        }
        consequences
    }

    /// How far on the way to being switched off: the lesser of both conditions.
    fn percent_to_disabling(&self, policy: DisablePolicy, now: Timestamp) -> u64 {
        let Some(since) = self.failing_since else { return 0 };
        let by_count = u64::from(self.failures) * 100 / u64::from(policy.consecutive_failures.max(1));
        let elapsed = u64::try_from(now.since(since).as_millis()).unwrap_or(u64::MAX);
        let window = u64::from(policy.window_seconds) * 1_000;
        let by_time = elapsed.saturating_mul(100).checked_div(window).unwrap_or(100);
        by_count.min(by_time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::parse("2026-01-05T09:30:00Z").unwrap().plus(Duration::from_secs(seconds))
    }

    fn failing(failures: u32) -> Health {
        Health { failures, failing_since: Some(at(0)), last_failure_at: Some(at(0)), ..Health::default() }
    }

    #[test]
    fn an_open_circuit_is_probed_in_the_minute_after_45_seconds_of_quiet() {
        assert_eq!(failing(9).next_probe_at(at(0)), None, "it is closed");
        let open = Health { open_since: Some(at(0)), ..failing(9) };
        for (now, probed) in [(0, 60), (45, 60), (60, 60), (61, 120), (3_601, 3_660)] {
            assert_eq!(open.next_probe_at(at(now)), Some(at(probed)), "at {now}");
            assert!(open.is_probe_due(at(probed)));
        }
        let failed_again = Health { last_failure_at: Some(at(50)), ..open };
        assert_eq!(failed_again.next_probe_at(at(51)), Some(at(120)));
    }

    #[test]
    fn failures_of_less_than_a_day_do_not_switch_off_and_the_tenth_after_it_does() {
        let (policy, day) = (DisablePolicy::default(), 86_400);
        assert_eq!(failing(10).consequences(policy, at(90)), [Consequence::Open]);
        assert!(!failing(10_000).consequences(policy, at(day - 1)).contains(&Consequence::Disable));
        assert!(failing(10).consequences(policy, at(day)).contains(&Consequence::Disable));
        assert!(!failing(9).consequences(policy, at(2 * day)).contains(&Consequence::Disable));
    }

    fn read(json: &str) -> Result<DisablePolicy, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn every_preset_is_read_by_its_name_and_written_as_its_numbers() {
        for name in DisablePolicy::PRESETS {
            let policy = read(&format!("\"{name}\"")).unwrap();
            assert_eq!(DisablePolicy::preset(name), Some(policy));
            assert_eq!(read(&serde_json::to_string(&policy).unwrap()), Ok(policy));
        }
        let disables = |name: &str, failures| {
            let policy = DisablePolicy::preset(name).unwrap();
            failing(failures).consequences(policy, at(0)).contains(&Consequence::Disable)
        };
        assert!(disables("strict-5", 5) && !disables("strict-5", 4));
        assert!(disables("strict-10", 10) && !disables("strict-10", 9) && !disables("default", 10));
    }

    #[test]
    fn an_unknown_preset_names_the_known_ones_and_nothing_else_is_a_policy() {
        let error = read("\"strict-7\"").unwrap_err();
        assert!(error.contains("one of `default`, `strict-10`, `strict-5`"), "{error}");
        for json in ["[3, 60]", "7", "null", r#"{"preset":"strict-5"}"#, r#"{"window_seconds":"x"}"#] {
            assert!(read(json).is_err(), "{json}");
        }
        let (default, own) =
            (DisablePolicy::default(), DisablePolicy { consecutive_failures: 4, ..Default::default() });
        assert_eq!((read("{}"), read(r#"{"consecutive_failures":4}"#)), (Ok(default), Ok(own)));
    }

    #[test]
    fn without_a_window_the_count_alone_decides() {
        let policy = DisablePolicy { consecutive_failures: 3, window_seconds: 0 };
        assert_eq!(failing(3).consequences(policy, at(0)), [Consequence::Disable]);
    }

    #[test]
    fn each_mark_is_told_once_and_the_lesser_condition_counts() {
        let policy = DisablePolicy { consecutive_failures: 100, window_seconds: 100 };
        assert_eq!(failing(55).consequences(policy, at(90)), [Consequence::Open, Consequence::Warn(50)]);
        assert_eq!(failing(99).consequences(policy, at(71)), [Consequence::Open, Consequence::Warn(70)]);
        let warned = Health { warned_percent: 70, open_since: Some(at(1)), ..failing(80) };
        assert!(warned.consequences(policy, at(85)).is_empty());
        assert_eq!(warned.consequences(policy, at(95)), [] as [Consequence; 0], "80 of 100");
        let worse = Health { failures: 95, ..warned };
        assert_eq!(worse.consequences(policy, at(95)), [Consequence::Warn(90)]);
    }

    #[test]
    fn an_open_circuit_is_probed_at_every_look_of_the_schedule() {
        let open = Health { open_since: Some(at(0)), ..failing(5) };
        assert!(!open.is_probe_due(at(44)) && open.is_probe_due(at(45)) && !failing(5).is_probe_due(at(60)));
    }

    proptest! {
        #[test]
        fn of_a_row_of_failures_only_a_bounded_number_waits(failures in 1u32..1_000_000) {
            let waiting = (1..=failures.min(10_000)).filter(|n| failing(*n).may_wait()).count();
            prop_assert!(waiting <= MAX_WAITING as usize);
        }

        #[test]
        fn more_failures_or_more_time_never_lead_away_from_disabling(failures in 1u32..50, more in 0u32..50, seconds in 0u64..200_000, later in 0u64..200_000) {
            let policy = DisablePolicy::default();
            let disabled = |failures, seconds| failing(failures).consequences(policy, at(seconds)).contains(&Consequence::Disable);
            prop_assert!(!disabled(failures, seconds) || disabled(failures + more, seconds + later));
        }
    }
}
