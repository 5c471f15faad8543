//! When is a failed call of an action repeated at once?
//! Quick retries: a few within seconds, while the caller waits, and only where a repetition does no harm.

use std::time::Duration;

use crate::action::ActionSettings;
use crate::action::invocation::Content;
use crate::policy::outcome::{ErrorClass, Judgement, Outcome, StatusPattern};
use crate::policy::retry::parse_retry_after;
use crate::timestamp::Timestamp;

/// Most quick retries of an action.
pub const MAX_QUICK_RETRIES: u32 = 5;
/// How long an invocation takes at most, from the request to the end of the last attempt. API Gateway gives up at 30 s, and
/// on Lambda nothing runs after the answer: so all of it must fit, and the record too.
pub const LONGEST_INVOCATION: Duration = Duration::from_secs(25);
/// The wait after the first failure; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// An attempt with less time than this is not begun: it would be cut off, and its outcome unknown.
pub const SHORTEST_ATTEMPT: Duration = Duration::from_secs(1);

/// An attempt that has ended, as the decision about the next one sees it.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// Its number, from 1.
    pub number: u32,
    /// What the system did.
    pub outcome: &'a Outcome,
    /// What that is by the action's rules.
    pub judgement: Judgement,
    /// When it ended.
    pub at: Timestamp,
    /// What is left of [`LONGEST_INVOCATION`].
    pub time_left: Duration,
}

/// How long to wait before the call is repeated; `None` if it is not. `randomness` in 0 to 1 decides the jitter.
pub fn wait_before_retry(settings: &ActionSettings, ended: Ended<'_>, randomness: f64) -> Option<Duration> {
    let Judgement::Retryable(class) = ended.judgement else { return None };
    if ended.number > settings.retries || !may_be_repeated(settings, ended.outcome, class) {
        return None;
    }
    let planned = FIRST_WAIT * 2_u32.saturating_pow(ended.number.saturating_sub(1));
    let wait = planned.mul_f64(1.0 + 0.25 * randomness.clamp(0.0, 1.0)).max(asked_for(ended));
    (wait + SHORTEST_ATTEMPT <= ended.time_left).then_some(wait)
}

/// Whether a repetition can help, and does no harm.
fn may_be_repeated(settings: &ActionSettings, outcome: &Outcome, class: ErrorClass) -> bool {
    let can_help = match outcome {
        Outcome::Unreachable(_) => class != ErrorClass::BlockedAddress,
        Outcome::Answered(answer) => match answer.status {
            408 | 425 | 429 | 500..=599 => true,
            status => settings.outcomes.retryable.contains(&StatusPattern::Code(status)),
        },
    };
    can_help && (settings.is_repeatable() || !may_have_been_carried_out(settings, outcome))
}

/// Whether the system may have done what it was called for. `false` only where nothing was sent, or the system says that it
/// has not done it.
pub fn may_have_been_carried_out(settings: &ActionSettings, outcome: &Outcome) -> bool {
    match outcome {
        // Nothing was sent, but where the connection stood.
        Outcome::Unreachable(class) => !matches!(
            class,
            ErrorClass::ConnectionRefused
                | ErrorClass::DnsError
                | ErrorClass::TlsError
                | ErrorClass::BlockedAddress
        ),
        Outcome::Answered(answer) => match answer.status {
            // RFC 6585 and RFC 9110: not now. Nothing was carried out.
            429 | 503 => false,
            408 | 425 => true,
            // A bad call, or one that belongs elsewhere; but what the action calls worth a retry may be anything.
            status @ 300..=499 => settings.outcomes.retryable.contains(&StatusPattern::Code(status)),
            _ => true,
        },
    }
}

/// Whether an invocation that failed is worth another one, later and under the same key, which does no harm either.
pub fn is_tried_again(settings: &ActionSettings, content: &Content) -> bool {
    let Some(last) = content.attempt_log.last() else { return true };
    match settings.outcomes.judge(&last.outcome) {
        Judgement::Retryable(class) => may_be_repeated(settings, &last.outcome, class),
        Judgement::Success | Judgement::Permanent(_) | Judgement::Gone => false,
    }
}

/// What the system asks for with `Retry-After`.
fn asked_for(ended: Ended<'_>) -> Duration {
    let Outcome::Answered(answer) = ended.outcome else { return Duration::ZERO };
    let header = answer.headers.iter().find(|(name, _)| name == "retry-after");
    header.and_then(|(_, value)| parse_retry_after(value, ended.at)).unwrap_or_default()
}

/// Whether the system itself fails. What it answers to a bad call says nothing about it.
pub fn counts_against_health(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Unreachable(_) => true,
        Outcome::Answered(answer) => answer.status >= 500,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::outcome::Answer;
    use serde_json::json;

    fn settings(more: serde_json::Value) -> ActionSettings {
        let mut document = json!({ "name": "a", "url": "https://a.example.com/" });
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(document).unwrap()
    }

    fn answered(status: u16, headers: &[(&str, &str)]) -> Outcome {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Outcome::Answered(Answer { status, headers, body: Vec::new(), body_truncated: false })
    }

    fn wait(settings: &ActionSettings, outcome: &Outcome, number: u32, left: u64) -> Option<Duration> {
        let judgement = settings.outcomes.judge(outcome);
        let (at, time_left) = (Timestamp::from_millis(0), Duration::from_secs(left));
        wait_before_retry(settings, Ended { number, outcome, judgement, at, time_left }, 0.0)
    }

    #[test]
    fn a_write_is_repeated_only_if_nothing_can_have_been_carried_out() {
        let (write, idempotent) = (settings(json!({})), settings(json!({ "idempotent": true })));
        let read = settings(json!({ "effect": "read" }));
        for (outcome, safe) in [
            (Outcome::Unreachable(ErrorClass::ConnectionRefused), true),
            (Outcome::Unreachable(ErrorClass::DnsError), true),
            (answered(429, &[]), true),
            (answered(503, &[]), true),
            (Outcome::Unreachable(ErrorClass::Timeout), false),
            (Outcome::Unreachable(ErrorClass::ConnectionReset), false),
            (answered(500, &[]), false),
            (answered(502, &[]), false),
        ] {
            assert_eq!(may_have_been_carried_out(&write, &outcome), !safe, "{outcome:?}");
            assert_eq!(wait(&write, &outcome, 1, 20).is_some(), safe, "{outcome:?}");
            assert!(wait(&idempotent, &outcome, 1, 20).is_some() && wait(&read, &outcome, 1, 20).is_some());
        }
        for never in [answered(200, &[]), answered(404, &[]), answered(410, &[]), answered(302, &[])] {
            assert_eq!(wait(&read, &never, 1, 20), None, "{never:?}");
        }
        assert_eq!(wait(&read, &Outcome::Unreachable(ErrorClass::BlockedAddress), 1, 20), None);
    }

    #[test]
    fn retries_are_few_quick_and_fit_the_time_that_is_left() {
        let (read, failed) = (settings(json!({ "effect": "read" })), answered(500, &[]));
        assert_eq!(wait(&read, &failed, 1, 20), Some(Duration::from_millis(500)));
        assert_eq!(wait(&read, &failed, 2, 20), Some(Duration::from_secs(1)));
        assert_eq!(wait(&read, &failed, 3, 20), None, "two by default");
        assert_eq!(wait(&read, &failed, 1, 1), None, "no time for another attempt");
        assert_eq!(wait(&settings(json!({ "retries": 0 })), &failed, 1, 20), None);
        let asked = answered(503, &[("retry-after", "3")]);
        assert_eq!(wait(&read, &asked, 1, 20), Some(Duration::from_secs(3)));
        assert_eq!(wait(&read, &asked, 1, 3), None, "not earlier than the system asks for");
    }

    #[test]
    fn an_answer_to_a_bad_call_says_nothing_about_the_system() {
        assert!(!counts_against_health(&answered(422, &[])) && counts_against_health(&answered(500, &[])));
        assert!(counts_against_health(&Outcome::Unreachable(ErrorClass::Timeout)));
    }
}
