//! When is a failed attempt tried again? The retry policy: a schedule of delays, jitter that only delays, and
//! `Retry-After`, which may only push an attempt later.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// Jitter adds at most this share of a delay, so that receivers that failed together are not retried together.
pub const JITTER: f64 = 0.1;
/// A receiver's `Retry-After` is honoured up to this; a longer one is cut.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);
/// Most retries a schedule may hold.
pub const MAX_RETRIES: usize = 30;
/// Longest single delay a schedule may hold.
pub const MAX_DELAY: Duration = Duration::from_secs(24 * 3600);
/// Longest whole schedule. SQS keeps a message 14 days at most, and jitter, attempts and `Retry-After` come on top.
pub const MAX_SCHEDULE: Duration = Duration::from_secs(10 * 24 * 3600);

const fn seconds<const N: usize>(seconds: [u64; N]) -> [Duration; N] {
    let mut delays = [Duration::ZERO; N];
    let mut i = 0;
    while i < N {
        delays[i] = Duration::from_secs(seconds[i]);
        i += 1;
    }
    delays
}

const DEFAULT: &[Duration] = &seconds([1, 5, 30, 300, 1_800, 7_200]);
const STEADY: &[Duration] = &seconds([60, 300, 1_200, 3_600, 7_200]);
const THREE_TRIES: &[Duration] = &seconds([30, 300]);
/// Doubling from 42 s: 11 retries over 23 h 53 min.
const EXPONENTIAL: &[Duration] =
    &seconds([42, 84, 168, 336, 672, 1_344, 2_688, 5_376, 10_752, 21_504, 43_008]);
/// The example schedule of Standard Webhooks 1.0.0.
const STANDARD_WEBHOOKS: &[Duration] =
    &seconds([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);

/// A schedule with a name. `default`: 1 s, 5 s, 30 s, 5 min, 30 min, 2 h. `1m-5m-20m-1h-2h`: as it says.
/// `three-tries`: 30 s, 5 min. `24h-exponential`: from 42 s, doubling 10 times. `standard-webhooks`: 5 s, 5 min,
/// 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Preset {
    /// 1 s, 5 s, 30 s, 5 min, 30 min, 2 h.
    #[serde(rename = "default")]
    Default,
    /// 1 min, 5 min, 20 min, 1 h, 2 h.
    #[serde(rename = "1m-5m-20m-1h-2h")]
    Steady,
    /// Three attempts in all: 30 s and 5 min after a failure.
    #[serde(rename = "three-tries")]
    ThreeTries,
    /// Doubling from 42 s for a day.
    #[serde(rename = "24h-exponential")]
    Exponential,
    /// The example schedule of Standard Webhooks 1.0.0: 5 s to 24 h, nine retries.
    #[serde(rename = "standard-webhooks")]
    StandardWebhooks,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 5] =
        [Self::Default, Self::Steady, Self::ThreeTries, Self::Exponential, Self::StandardWebhooks];

    fn schedule(self) -> &'static [Duration] {
        match self {
            Self::Default => DEFAULT,
            Self::Steady => STEADY,
            Self::ThreeTries => THREE_TRIES,
            Self::Exponential => EXPONENTIAL,
            Self::StandardWebhooks => STANDARD_WEBHOOKS,
        }
    }
}

/// How an endpoint's failed deliveries are retried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RetryShape", into = "RetryShape")]
pub enum RetryPolicy {
    /// A schedule with a name.
    Preset(Preset),
    /// An explicit list of delays.
    Schedule(Vec<Duration>),
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::Preset(Preset::Default)
    }
}

impl RetryPolicy {
    /// The delays, the first one following the first failed attempt.
    pub fn schedule(&self) -> &[Duration] {
        match self {
            Self::Preset(preset) => preset.schedule(),
            Self::Schedule(delays) => delays,
        }
    }

    /// How long to wait after attempt `number` (from 1) failed, or `None` when it was the last.
    ///
    /// `randomness` in 0 to 1 decides the jitter; `retry_after` is what the receiver asked for.
    pub fn delay_after(
        &self,
        number: u32,
        randomness: f64,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        let retry = usize::try_from(number).ok()?.checked_sub(1)?;
        let planned = *self.schedule().get(retry)?;
        let jittered = planned.mul_f64(1.0 + JITTER * randomness.clamp(0.0, 1.0));
        let asked = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
        Some(jittered.max(asked))
    }
}

/// Reads a `Retry-After` header (RFC 9110 §10.2.3): whole seconds or an HTTP date. `None` for anything else.
pub fn parse_retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let millis = date.duration_since(std::time::UNIX_EPOCH).ok()?.as_millis();
    Some(Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX)).since(now))
}

/// `{"preset": …}` or `{"schedule_seconds": […]}`, as the API takes and shows it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RetryShape {
    #[serde(skip_serializing_if = "Option::is_none")]
    preset: Option<Preset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_seconds: Option<Cow<'static, [u64]>>,
}

impl TryFrom<RetryShape> for RetryPolicy {
    type Error = &'static str;

    fn try_from(shape: RetryShape) -> Result<Self, Self::Error> {
        match (shape.preset, shape.schedule_seconds) {
            (Some(preset), None) => Ok(Self::Preset(preset)),
            (None, Some(seconds)) => {
                if seconds.len() > MAX_RETRIES {
                    return Err("schedule_seconds holds at most 30 delays");
                }
                if seconds.iter().any(|s| !(1..=MAX_DELAY.as_secs()).contains(s)) {
                    return Err("each of schedule_seconds must be 1 to 86400");
                }
                if seconds.iter().sum::<u64>() > MAX_SCHEDULE.as_secs() {
                    return Err("schedule_seconds may add up to 864000 (10 days) at most");
                }
                Ok(Self::Schedule(seconds.iter().copied().map(Duration::from_secs).collect()))
            }
            _ => Err("must hold either preset or schedule_seconds"),
        }
    }
}

impl From<RetryPolicy> for RetryShape {
    fn from(policy: RetryPolicy) -> Self {
        match policy {
            RetryPolicy::Preset(preset) => Self { preset: Some(preset), schedule_seconds: None },
            RetryPolicy::Schedule(delays) => Self {
                preset: None,
                schedule_seconds: Some(delays.iter().map(Duration::as_secs).collect::<Vec<_>>().into()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_policy() -> impl Strategy<Value = RetryPolicy> {
        prop_oneof![
            (0usize..Preset::ALL.len()).prop_map(|i| RetryPolicy::Preset(Preset::ALL[i])),
            proptest::collection::vec(1u64..20_000, 0..MAX_RETRIES)
                .prop_map(|s| RetryPolicy::Schedule(s.into_iter().map(Duration::from_secs).collect())),
        ]
    }

    proptest! {
        #[test]
        fn jitter_only_delays_and_by_a_tenth_at_most(policy in any_policy(), number in 1u32..40, randomness in -1.0f64..2.0) {
            match (policy.schedule().get(number as usize - 1), policy.delay_after(number, randomness, None)) {
                (Some(planned), Some(delay)) => {
                    prop_assert!(delay >= *planned && delay <= planned.mul_f64(1.0 + JITTER));
                }
                (None, None) => {}
                (planned, delay) => prop_assert!(false, "{planned:?} {delay:?}"),
            }
        }

        #[test]
        fn retry_after_never_makes_an_attempt_earlier(policy in any_policy(), number in 1u32..40, randomness in 0.0f64..1.0, asked in 0u64..200_000) {
            let asked = Duration::from_secs(asked);
            let without = policy.delay_after(number, randomness, None);
            let with = policy.delay_after(number, randomness, Some(asked));
            prop_assert_eq!(without.is_some(), with.is_some());
            if let (Some(without), Some(with)) = (without, with) {
                prop_assert!(with >= without);
                prop_assert!(with >= asked.min(MAX_RETRY_AFTER));
            }
        }

        #[test]
        fn a_policy_survives_its_json(policy in any_policy()) {
            let json = serde_json::to_string(&policy).unwrap();
            prop_assert_eq!(serde_json::from_str::<RetryPolicy>(&json).unwrap(), policy);
        }

        #[test]
        fn no_retry_after_header_is_a_panic(value in ".*") {
            parse_retry_after(&value, Timestamp::from_millis(0));
        }
    }

    #[test]
    fn every_preset_keeps_the_bounds_of_an_explicit_schedule() {
        for preset in Preset::ALL {
            let policy = RetryPolicy::Preset(preset);
            let seconds: Vec<_> = policy.schedule().iter().map(Duration::as_secs).collect();
            let json = serde_json::json!({ "schedule_seconds": seconds });
            assert_eq!(serde_json::from_value::<RetryPolicy>(json).unwrap().schedule(), policy.schedule());
        }
    }

    #[test]
    fn the_default_is_the_documented_schedule() {
        let seconds: Vec<_> = RetryPolicy::default().schedule().iter().map(Duration::as_secs).collect();
        assert_eq!(seconds, [1, 5, 30, 300, 1_800, 7_200]);
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_an_http_date() {
        let now = Timestamp::parse("2026-01-05T09:30:00Z").unwrap();
        let after = |value| parse_retry_after(value, now);
        assert_eq!(after("120"), Some(Duration::from_secs(120)));
        assert_eq!(after("Mon, 05 Jan 2026 09:32:00 GMT"), Some(Duration::from_secs(120)));
        assert_eq!(after("Mon, 05 Jan 2026 09:00:00 GMT"), Some(Duration::ZERO), "a date that has passed");
        assert_eq!(after("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        for value in ["", "-1", "1.5", "soon"] {
            assert_eq!(after(value), None, "{value}");
        }
    }

    #[test]
    fn schedules_out_of_bounds_are_refused() {
        for json in [
            r#"{}"#,
            r#"{"preset":"default","schedule_seconds":[1]}"#,
            r#"{"preset":"never"}"#,
            r#"{"schedule_seconds":[0]}"#,
            r#"{"schedule_seconds":[86401]}"#,
            r#"{"schedule_seconds":[86400,86400,86400,86400,86400,86400,86400,86400,86400,86400,1]}"#,
            r#"{"schedule_seconds":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}"#,
            r#"{"schedule_minutes":[1]}"#,
        ] {
            assert!(serde_json::from_str::<RetryPolicy>(json).is_err(), "{json}");
        }
        assert!(
            serde_json::from_str::<RetryPolicy>(r#"{"schedule_seconds":[]}"#).is_ok(),
            "no retries is a choice"
        );
    }
}
