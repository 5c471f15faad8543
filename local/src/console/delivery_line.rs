//! What does one line say of a delivery, or of a call of an action?
//! `12:03:01 invoice.paid → crm 200 3 ms`; of a failure also its class and when it is tried again. Of a call that was refused
//! `12:03:01 refund_order ← support agent refused (not_found)`.

use std::fmt;
use std::time::Duration;

use domain::id::EndpointKey;
use domain::timestamp::Timestamp;
use tracing::Event;
use tracing::field::{Field, Visit};

use super::{printable, time_of_day};

/// The widest columns: a longer text moves the rest of its line only.
const WIDEST: usize = 28;

/// What the log says of one job.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) endpoint: Option<EndpointKey>,
    message: String,
    event_type: String,
    attempt: u64,
    status: Option<u64>,
    error: Option<String>,
    milliseconds: Option<u64>,
    decision: String,
    retry_in: Option<u64>,
    reason: String,
    /// Who called, of a call that was refused.
    pub(super) caller: Option<String>,
}

/// The parts of the endpoint's key, which the log writes as two fields.
#[derive(Debug, Default)]
struct Fields {
    line: Line,
    workspace: String,
    endpoint: String,
}

impl Line {
    /// The line of an event of the log, if it tells of a delivery that was attempted, parked or cancelled.
    pub(super) fn of(event: &Event<'_>) -> Option<Self> {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Fields { mut line, workspace, endpoint } = fields;
        line.endpoint = workspace
            .parse()
            .ok()
            .zip(endpoint.parse().ok())
            .map(|(workspace, id)| EndpointKey::new(workspace, id));
        // A job that is put back or dropped changes nothing for its delivery.
        (!line.message.starts_with("job ")).then_some(line)
    }

    /// What came of it.
    fn outcome(&self) -> String {
        let Some(milliseconds) = self.milliseconds else {
            let what = self
                .message
                .trim_start_matches("delivery ")
                .trim_start_matches("action ")
                .trim_end_matches(" without an attempt");
            return format!("{what} ({})", self.reason);
        };
        let took = spell_out(Duration::from_millis(milliseconds));
        let answer = match (self.status, &self.error) {
            (Some(status), _) => status.to_string(),
            (None, Some(class)) => class.clone(),
            (None, None) => "?".to_owned(),
        };
        // The class of a failure without an answer stands in the place of the status already.
        let class = self.error.as_deref().filter(|_| self.status.is_some());
        let class = class.map(|class| format!("{class}, ")).unwrap_or_default();
        let next = format!("{class}{}", self.what_next().unwrap_or_default());
        match next.trim_end_matches(", ") {
            "" => format!("{answer} {took}"),
            next => format!("{answer} {took}  {next}"),
        }
    }

    /// What happens after a failure.
    fn what_next(&self) -> Option<String> {
        let attempts = match self.attempt {
            1 => "1 attempt".to_owned(),
            many => format!("{many} attempts"),
        };
        match (self.decision.as_str(), self.retry_in) {
            ("delivered", _) if self.attempt > 1 => Some(format!("at attempt {}", self.attempt)),
            ("delivered", _) => None,
            // A call of an action, whose quick retries have lines of their own.
            ("", _) => (self.attempt > 1).then(|| format!("at attempt {}", self.attempt)),
            (_, Some(wait)) => {
                Some(format!("attempt {}, again in {}", self.attempt, spell_out(Duration::from_millis(wait))))
            }
            ("parked", _) => Some("parked until the endpoint recovers".to_owned()),
            ("gone", _) => Some("the endpoint is switched off".to_owned()),
            ("permanent", _) => Some("not tried again".to_owned()),
            _ => Some(format!("given up after {attempts}")),
        }
    }
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "attempt" => self.line.attempt = value,
            "status" => self.line.status = Some(value),
            "duration_ms" => self.line.milliseconds = Some(value),
            "retry_in_ms" => self.line.retry_in = Some(value),
            _ => {}
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.line.message),
            "event_type" | "action" => value.clone_into(&mut self.line.event_type),
            "api_key_name" => self.line.caller = Some(printable(value)),
            "error" => self.line.error = Some(value.to_owned()),
            "decision" => value.clone_into(&mut self.line.decision),
            "reason" => value.clone_into(&mut self.line.reason),
            "workspace" => value.clone_into(&mut self.workspace),
            "endpoint" => value.clone_into(&mut self.endpoint),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// How wide the columns are: as wide as the widest text so far, so that lines stand below each other.
#[derive(Debug, Default)]
pub(super) struct Columns {
    event_type: usize,
    name: usize,
}

impl Columns {
    /// The text of a line.
    pub(super) fn write(&mut self, line: &Line, name: &str, now: Timestamp) -> String {
        let widen = |width: usize, text: &str| width.max(text.chars().count().min(WIDEST));
        self.event_type = widen(self.event_type, &line.event_type);
        self.name = widen(self.name, name);
        let (time, event_type, outcome) = (time_of_day(now), &line.event_type, line.outcome());
        let arrow = if line.caller.is_some() { '←' } else { '→' };
        format!("{time} {event_type:<0$} {arrow} {name:<1$} {outcome}", self.event_type, self.name)
    }
}

/// `3 ms`, `12.5 s`, `5 min`, `2 h`.
fn spell_out(duration: Duration) -> String {
    let (seconds, milliseconds) = (duration.as_secs(), duration.as_millis());
    match seconds {
        0..=9 if milliseconds % 1_000 != 0 || seconds == 0 => match seconds {
            0 => format!("{milliseconds} ms"),
            _ => format!("{} s", format!("{:.1}", duration.as_secs_f64()).trim_end_matches(".0")),
        },
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(decision: &str, status: Option<u64>, error: Option<&str>) -> Line {
        Line {
            message: "delivery attempted".to_owned(),
            event_type: "invoice.paid".to_owned(),
            attempt: 1,
            status,
            error: error.map(str::to_owned),
            milliseconds: Some(3),
            decision: decision.to_owned(),
            ..Line::default()
        }
    }

    fn written(line: &Line) -> String {
        Columns::default().write(line, "crm", Timestamp::parse("2026-11-27T12:03:01.250Z").unwrap())
    }

    #[test]
    fn a_delivery_is_one_short_line() {
        assert_eq!(written(&line("delivered", Some(200), None)), "12:03:01 invoice.paid → crm 200 3 ms");
        let second = Line { attempt: 2, ..line("delivered", Some(200), None) };
        assert_eq!(written(&second), "12:03:01 invoice.paid → crm 200 3 ms  at attempt 2");
    }

    #[test]
    fn a_call_of_an_action_is_one_line_and_a_refused_one_says_whose_it_was() {
        let called = |attempt, status, error| {
            let event_type = "refund_order".to_owned();
            Line { message: "action called".to_owned(), event_type, attempt, ..line("", status, error) }
        };
        for (line, outcome) in [
            (called(1, Some(200), None), "200 3 ms"),
            (called(2, Some(200), None), "200 3 ms  at attempt 2"),
            (called(1, Some(500), Some("http_status")), "500 3 ms  http_status"),
            (called(3, None, Some("timeout")), "timeout 3 ms  at attempt 3"),
        ] {
            assert_eq!(written(&line), format!("12:03:01 refund_order → crm {outcome}"));
        }
        let refused = Line {
            message: "action refused".to_owned(),
            milliseconds: None,
            reason: "not_found".to_owned(),
            caller: Some("agent".to_owned()),
            ..called(0, None, None)
        };
        assert_eq!(written(&refused), "12:03:01 refund_order ← crm refused (not_found)");
    }

    #[test]
    fn a_failure_says_its_class_and_what_comes_next() {
        let retry = Line { retry_in: Some(5_321), ..line("retry", Some(500), Some("http_status")) };
        let timeout = Line {
            retry_in: Some(7_200_000),
            attempt: 4,
            milliseconds: Some(10_000),
            ..line("retry", None, Some("timeout"))
        };
        for (line, outcome) in [
            (retry, "500 3 ms  http_status, attempt 1, again in 5.3 s"),
            (timeout, "timeout 10 s  attempt 4, again in 2 h"),
            (
                line("parked", None, Some("connect_failed")),
                "connect_failed 3 ms  parked until the endpoint recovers",
            ),
            (
                line("gone", Some(410), Some("endpoint_gone")),
                "410 3 ms  endpoint_gone, the endpoint is switched off",
            ),
            (line("permanent", Some(400), Some("http_status")), "400 3 ms  http_status, not tried again"),
            (
                line("exhausted", Some(503), Some("http_status")),
                "503 3 ms  http_status, given up after 1 attempt",
            ),
        ] {
            assert_eq!(written(&line), format!("12:03:01 invoice.paid → crm {outcome}"));
        }
        let parked = Line {
            message: "delivery parked without an attempt".to_owned(),
            reason: "endpoint_failing".to_owned(),
            milliseconds: None,
            ..line("", None, None)
        };
        assert_eq!(written(&parked), "12:03:01 invoice.paid → crm parked (endpoint_failing)");
    }

    #[test]
    fn lines_stand_below_each_other() {
        let mut columns = Columns::default();
        let now = Timestamp::parse("2026-11-27T12:03:01Z").unwrap();
        let wide = Line { event_type: "customer.signed_up".to_owned(), ..line("delivered", Some(200), None) };
        assert_eq!(columns.write(&wide, "billing", now), "12:03:01 customer.signed_up → billing 200 3 ms");
        let narrow = line("delivered", Some(200), None);
        assert_eq!(columns.write(&narrow, "crm", now), "12:03:01 invoice.paid       → crm     200 3 ms");
    }

    #[test]
    fn times_are_short() {
        for (milliseconds, text) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1 s"),
            (1_020, "1 s"),
            (1_500, "1.5 s"),
            (10_400, "10 s"),
            (119_000, "119 s"),
            (120_000, "2 min"),
            (7_200_000, "2 h"),
        ] {
            assert_eq!(spell_out(Duration::from_millis(milliseconds)), text);
        }
    }
}
