//! What follows from an attempt? The delivery is done, retried, parked or given up.
//!
//! [`decide`] is the one retry decision: a pure function of the attempt, its number in the schedule, the endpoint's
//! settings and health, randomness and time. The sender, the test event and the simulated outage all call it.

use std::time::Duration;

use crate::delivery::attempt::Attempt;
use crate::endpoint::EndpointSettings;
use crate::policy::circuit::Health;
use crate::policy::outcome::Judgement;
use crate::policy::retry::parse_retry_after;
use crate::timestamp::Timestamp;

/// What follows from an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The delivery has succeeded.
    Delivered,
    /// Try again after this long.
    RetryIn(Duration),
    /// The last attempt of the schedule failed.
    Exhausted,
    /// The endpoint's rules say that trying again would not help.
    Permanent,
    /// The endpoint answered 410: switch it off.
    Gone,
    /// Park the delivery until the endpoint recovers: it probed the endpoint, or too many wait for a retry already.
    Park {
        /// Whether the attempt counts for the delivery's schedule.
        counts_for_schedule: bool,
    },
}

impl Decision {
    /// The stable word for the decision.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::RetryIn(_) => "retry",
            Self::Exhausted => "exhausted",
            Self::Permanent => "permanent",
            Self::Gone => "gone",
            Self::Park { .. } => "parked",
        }
    }

    /// Whether the attempt counts for the delivery's schedule. Only a probe that is parked again does not.
    pub const fn counts_for_schedule(self) -> bool {
        match self {
            Self::Park { counts_for_schedule } => counts_for_schedule,
            Self::Delivered | Self::RetryIn(_) | Self::Exhausted | Self::Permanent | Self::Gone => true,
        }
    }
}

/// Everything the decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The attempt that has ended.
    pub attempt: &'a Attempt,
    /// What it is by the endpoint's rules.
    pub judgement: Judgement,
    /// Its number in the delivery's schedule, from 1: attempts that do not count are left out.
    pub number_in_schedule: u32,
    /// How the endpoint is treated.
    pub settings: &'a EndpointSettings,
    /// The endpoint's health, in which this attempt's failure has been counted.
    pub health: Health,
    /// Whether the attempt was to find out whether the endpoint has recovered.
    pub is_probe: bool,
    /// From 0 to 1: decides the jitter of a retry.
    pub randomness: f64,
    /// When the attempt ended.
    pub now: Timestamp,
}

/// Decides everything that follows from an attempt.
pub fn decide(circumstances: &Circumstances<'_>) -> Decision {
    let Circumstances { judgement, health, is_probe, .. } = circumstances;
    match judgement {
        Judgement::Success => return Decision::Delivered,
        Judgement::Gone => return Decision::Gone,
        Judgement::Permanent(_) => return Decision::Permanent,
        Judgement::Retryable(_) => {}
    }
    // A failed probe says something about the endpoint and nothing about its delivery, which is parked again with all the
    // retries it had. Not when the circuit has closed meanwhile: then perhaps no drain is owed any more, and a delivery
    // parked now could wait for ever.
    if *is_probe && health.is_open() {
        return Decision::Park { counts_for_schedule: false };
    }
    match retry_delay(circumstances) {
        None => Decision::Exhausted,
        Some(_) if !health.may_wait() => Decision::Park { counts_for_schedule: true },
        Some(delay) => Decision::RetryIn(delay),
    }
}

fn retry_delay(circumstances: &Circumstances<'_>) -> Option<Duration> {
    let Circumstances { attempt, number_in_schedule, settings, randomness, now, .. } = circumstances;
    let retry_after = attempt.outcome.retry_after_header();
    let retry_after = retry_after.and_then(|value| parse_retry_after(value, *now));
    settings.retry.delay_after(*number_in_schedule, *randomness, retry_after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::attempt::{SentRequest, Trigger};
    use crate::policy::circuit::MAX_WAITING;
    use crate::policy::outcome::{Answer, ErrorClass, Outcome};
    use proptest::prelude::*;
    use serde_json::json;

    /// What a test varies.
    #[derive(Debug, Clone)]
    struct Case {
        outcome: Outcome,
        settings: EndpointSettings,
        number_in_schedule: u32,
        health: Health,
        is_probe: bool,
        randomness: f64,
    }

    impl Case {
        fn of(outcome: Outcome, more: &serde_json::Value) -> Self {
            let (health, settings) = (Health::default(), settings(more));
            Self { outcome, settings, number_in_schedule: 1, health, is_probe: false, randomness: 0.0 }
        }

        fn decided(&self) -> Decision {
            let judgement = self.settings.outcomes.judge(&self.outcome);
            let attempt = Attempt {
                number: self.number_in_schedule,
                trigger: Trigger::Automatic,
                started_at: now(),
                duration: Duration::from_millis(20),
                sent: SentRequest::default(),
                outcome: self.outcome.clone(),
                error: judgement.error(),
            };
            decide(&Circumstances {
                attempt: &attempt,
                judgement,
                number_in_schedule: self.number_in_schedule,
                settings: &self.settings,
                health: self.health,
                is_probe: self.is_probe,
                randomness: self.randomness,
                now: now(),
            })
        }
    }

    fn now() -> Timestamp {
        Timestamp::parse("2026-01-05T09:30:00Z").unwrap()
    }

    fn settings(more: &serde_json::Value) -> EndpointSettings {
        let mut json = json!({ "url": "https://example.com" });
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(json).unwrap()
    }

    fn answered(status: u16, headers: &[(&str, &str)]) -> Outcome {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Outcome::Answered(Answer { status, headers, body: Vec::new(), body_truncated: false })
    }

    fn open(failures: u32) -> Health {
        Health { failures, open_since: Some(now()), ..Health::default() }
    }

    fn any_outcome() -> impl Strategy<Value = Outcome> {
        prop_oneof![
            4 => (200u16..600).prop_map(|status| answered(status, &[])),
            1 => Just(answered(410, &[])),
            1 => Just(Outcome::Unreachable(ErrorClass::Timeout)),
        ]
    }

    fn any_health() -> impl Strategy<Value = Health> {
        let failures = prop_oneof![0u32..12, MAX_WAITING - 2..MAX_WAITING + 3, 0u32..100_000];
        (failures, any::<bool>()).prop_map(|(failures, is_open)| match is_open {
            true => open(failures),
            false => Health { failures, ..Health::default() },
        })
    }

    prop_compose! {
        fn any_case()(
            outcome in any_outcome(), retries in 0usize..30, number_in_schedule in 1u32..40, health in any_health(),
            is_probe: bool, randomness in 0.0f64..=1.0, outcomes in prop_oneof![
                Just(json!({})), Just(json!({ "success": [409, "5xx"], "permanent": ["4xx"] })),
            ],
        ) -> Case {
            let settings = settings(&json!({ "retry": { "schedule_seconds": vec![7; retries] }, "outcomes": outcomes }));
            Case { outcome, settings, number_in_schedule, health, is_probe, randomness }
        }
    }

    proptest! {
        #[test]
        fn success_always_delivers_and_nothing_else_does(case in any_case()) {
            let succeeded = case.settings.outcomes.judge(&case.outcome) == Judgement::Success;
            prop_assert_eq!(case.decided() == Decision::Delivered, succeeded);
        }

        #[test]
        fn a_410_always_ends(case in any_case()) {
            prop_assert_eq!(Case { outcome: answered(410, &[]), ..case }.decided(), Decision::Gone);
        }

        #[test]
        fn a_probe_never_shortens_a_schedule(
            retries in 0usize..30, probes in proptest::collection::vec(any::<bool>(), 80),
        ) {
            // One failure after another, some of them of probes of an open circuit, until the delivery is given up.
            let retry = json!({ "retry": { "schedule_seconds": vec![7; retries] } });
            let failing = Case { health: open(7), ..Case::of(answered(503, &[]), &retry) };
            let (mut counted, mut given_up) = (0, false);
            for is_probe in probes.into_iter().chain([false; 31]) {
                let decision = Case { number_in_schedule: counted + 1, is_probe, ..failing.clone() }.decided();
                prop_assert_eq!(decision.counts_for_schedule(), !is_probe);
                counted += u32::from(decision.counts_for_schedule());
                given_up = decision == Decision::Exhausted;
                if given_up {
                    break;
                }
            }
            prop_assert!(given_up);
            prop_assert_eq!(counted as usize, retries + 1);
        }

        #[test]
        fn a_probe_that_fails_never_ends_a_delivery_that_another_attempt_could_still_save(case in any_case()) {
            let probe = Case { is_probe: true, ..case.clone() };
            let ordinary = Case { is_probe: false, ..case };
            match (ordinary.decided(), probe.decided()) {
                (ordinary, probe) if ordinary == probe => {}
                (Decision::RetryIn(_) | Decision::Exhausted | Decision::Park { .. }, probe) => {
                    prop_assert!(ordinary.health.is_open());
                    prop_assert_eq!(probe, Decision::Park { counts_for_schedule: false });
                }
                (ordinary, probe) => prop_assert!(false, "{ordinary:?} {probe:?}"),
            }
        }

        #[test]
        fn more_failures_never_unpark(case in any_case(), more in 1u32..1_000) {
            let is_parked = |case: &Case| matches!(case.decided(), Decision::Park { .. });
            let mut worse = case.clone();
            worse.health.failures += more;
            prop_assert!(!is_parked(&case) || worse.decided() == case.decided());
            worse.health.open_since = Some(now());
            prop_assert!(!is_parked(&case) || is_parked(&worse));
        }

        #[test]
        fn retry_after_only_delays(case in any_case(), status in 400u16..600, seconds in prop_oneof![0u64..14, 0u64..200_000]) {
            let without = Case { outcome: answered(status, &[]), ..case.clone() };
            let with = Case { outcome: answered(status, &[("retry-after", &seconds.to_string())]), ..case };
            match (without.decided(), with.decided()) {
                (Decision::RetryIn(planned), Decision::RetryIn(asked)) => prop_assert!(asked >= planned),
                (without, with) => prop_assert_eq!(without, with),
            }
        }

        #[test]
        fn a_failing_delivery_is_attempted_once_more_than_its_schedule_is_long(case in any_case()) {
            let mut failing = Case { outcome: answered(500, &[]), health: Health::default(), number_in_schedule: 1, ..case };
            failing.settings.outcomes = settings(&json!({})).outcomes;
            while let Decision::RetryIn(_) = failing.decided() {
                failing.number_in_schedule += 1;
            }
            prop_assert_eq!(failing.number_in_schedule as usize, failing.settings.retry.schedule().len() + 1);
        }
    }

    #[test]
    fn only_2xx_delivers_and_410_means_gone() {
        let decided = |outcome| Case::of(outcome, &json!({})).decided();
        for status in 200..600 {
            let decision = decided(answered(status, &[]));
            match status {
                200..=299 => assert_eq!(decision, Decision::Delivered, "{status}"),
                410 => assert_eq!(decision, Decision::Gone),
                _ => assert_eq!(decision, Decision::RetryIn(Duration::from_secs(1)), "{status}"),
            }
        }
        assert!(matches!(decided(Outcome::Unreachable(ErrorClass::Timeout)), Decision::RetryIn(_)));
    }

    #[test]
    fn the_owner_says_which_statuses_succeed_and_which_are_not_worth_repeating() {
        let rules = json!({ "outcomes": { "success": [409], "permanent": ["4xx"] } });
        let decided = |status| Case::of(answered(status, &[]), &rules).decided();
        assert_eq!(decided(409), Decision::Delivered);
        assert_eq!(decided(404), Decision::Permanent);
        assert_eq!(decided(410), Decision::Gone);
        assert!(matches!(decided(500), Decision::RetryIn(_)));
    }

    #[test]
    fn a_receiver_may_ask_for_more_time() {
        let outcome = answered(503, &[("retry-after", "120")]);
        assert_eq!(Case::of(outcome, &json!({})).decided(), Decision::RetryIn(Duration::from_secs(120)));
    }

    #[test]
    fn a_failed_probe_is_parked_only_while_the_circuit_is_open() {
        let probe = Case { is_probe: true, ..Case::of(answered(500, &[]), &json!({})) };
        let with = |health| Case { health, ..probe.clone() }.decided();
        assert_eq!(with(open(9)), Decision::Park { counts_for_schedule: false });
        assert!(matches!(with(Health { failures: 1, ..Health::default() }), Decision::RetryIn(_)));
    }

    #[test]
    fn a_retry_is_parked_when_too_many_wait_and_its_attempt_counts() {
        let failing = Case::of(answered(500, &[]), &json!({}));
        let with = |failures| Case { health: open(failures), ..failing.clone() }.decided();
        assert!(matches!(with(MAX_WAITING), Decision::RetryIn(_)));
        assert_eq!(with(MAX_WAITING + 1), Decision::Park { counts_for_schedule: true });
        let last = Case { number_in_schedule: 7, health: open(MAX_WAITING + 1), ..failing };
        assert_eq!(last.decided(), Decision::Exhausted);
    }
}
