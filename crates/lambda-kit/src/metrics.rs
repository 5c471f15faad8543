//! How do metrics reach CloudWatch?
//! As log lines in CloudWatch's embedded metric format (EMF): no call, no agent. One line per invocation, and one more
//! for each further outcome of attempts or reason of jobs that were turned away.
//!
//! Format: CloudWatch user guide, "Embedded metric format specification".

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};
use usecases::{Clock, Readings};

/// CloudWatch accepts at most 100 values of one metric in one line.
const MAX_VALUES: usize = 100;

/// Writes the readings of invocations, if a namespace is configured. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    namespace: Option<Arc<str>>,
    clock: Clock,
    sink: Option<Sink>,
}

type Sink = Arc<dyn Fn(&str) + Send + Sync>;

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

impl Metrics {
    /// Metrics under `namespace`. If that is empty or not set, nothing is written.
    pub fn new(namespace: Option<String>, clock: Clock) -> Self {
        let namespace = namespace.filter(|name| !name.is_empty()).map(Into::into);
        Self { namespace, clock, sink: None }
    }

    /// These metrics, but each line is given to `sink` instead of being printed.
    #[must_use]
    pub fn with_sink(self, sink: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { sink: Some(Arc::new(sink)), ..self }
    }

    /// Metrics that write nothing, for local mode and tests.
    pub fn none() -> Self {
        Self::new(None, Clock::system())
    }

    /// Writes the readings of one invocation to standard output.
    pub fn write(&self, readings: &Readings) {
        self.write_with(readings, &());
    }

    /// Writes the readings, and the fields of `what` in the same line. Gives `false` if nothing was written, because
    /// there is no namespace or no reading.
    pub fn write_with(&self, readings: &Readings, what: &impl Serialize) -> bool {
        let Some(namespace) = &self.namespace else { return false };
        let mut lines = lines(namespace, readings, self.clock.now().as_millis());
        if let (Some(Value::Object(first)), Ok(Value::Object(what))) =
            (lines.first_mut(), serde_json::to_value(what))
        {
            first.extend(what);
        }
        for line in &lines {
            match &self.sink {
                None => println!("{line}"),
                Some(sink) => sink(&line.to_string()),
            }
        }
        !lines.is_empty()
    }
}

/// The lines of `readings`; none when nothing happened.
fn lines(namespace: &str, readings: &Readings, at_millis: i64) -> Vec<Value> {
    let mut body = Map::new();
    let mut metrics = Vec::new();
    for (name, count) in [
        ("EventsAccepted", readings.events_accepted),
        ("EventsRefused", readings.events_refused),
        ("DeliveriesQueued", readings.deliveries_queued),
        ("RequestsValid", readings.requests_valid),
        ("RequestsInvalid", readings.requests_invalid),
        ("RequestsFailed", readings.requests_failed),
        ("Parked", readings.parked),
        ("Retries", readings.retries),
        ("Exhausted", readings.exhausted),
        ("Faults", readings.faults),
        ("DeadLettered", readings.dead_lettered),
    ] {
        if count > 0 {
            metrics.push(json!({ "Name": name, "Unit": "Count" }));
            body.insert(name.to_owned(), json!(count));
        }
    }
    for (name, durations) in
        [("DeliveryLatency", &readings.delivery_latency), ("FirstAttemptLag", &readings.first_attempt_lag)]
    {
        if !durations.is_empty() {
            metrics.push(json!({ "Name": name, "Unit": "Milliseconds" }));
            let values: Vec<_> = durations.iter().take(MAX_VALUES).map(Duration::as_millis).collect();
            body.insert(name.to_owned(), json!(values));
        }
    }

    let mut sets = Vec::new();
    if !metrics.is_empty() {
        sets.push(json!({ "Namespace": namespace, "Dimensions": [[]], "Metrics": metrics }));
    }
    // The first outcome and the first reason are in one line; each further one needs another line, because a dimension has
    // one value per line.
    let mut lines = Vec::new();
    let (mut outcomes, mut reasons) = (readings.attempts.iter(), readings.turned_away.iter());
    loop {
        for (name, dimension, next) in
            [("Attempts", "Outcome", outcomes.next()), ("TurnedAway", "Reason", reasons.next())]
        {
            let Some((value, count)) = next else { continue };
            let metrics = [json!({ "Name": name, "Unit": "Count" })];
            sets.push(json!({ "Namespace": namespace, "Dimensions": [[dimension]], "Metrics": metrics }));
            body.insert(dimension.to_owned(), json!(value));
            body.insert(name.to_owned(), json!(count));
        }
        if sets.is_empty() {
            return lines;
        }
        let header = json!({ "Timestamp": at_millis, "CloudWatchMetrics": std::mem::take(&mut sets) });
        body.insert("_aws".to_owned(), header);
        lines.push(Value::Object(std::mem::take(&mut body)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_a_line_names_stands_in_it() {
        let mut readings = Readings { parked: 1, retries: 2, ..Readings::default() };
        readings.attempts = [("delivered", 3), ("timeout", 1)].into();
        readings.delivery_latency = vec![Duration::from_millis(7), Duration::from_millis(9)];
        readings.turned_away = [("not_due", 1), ("settled", 4), ("superseded", 1)].into();
        let lines = lines("posthorn", &readings, 1_700_000_000_000);
        assert_eq!(lines.len(), 3);
        for line in &lines {
            for set in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
                assert_eq!(set["Namespace"], "posthorn");
                for metric in set["Metrics"].as_array().unwrap() {
                    assert!(line.get(metric["Name"].as_str().unwrap()).is_some(), "{metric} {line}");
                }
                for dimension in set["Dimensions"][0].as_array().unwrap() {
                    assert!(line[dimension.as_str().unwrap()].is_string());
                }
            }
        }
        assert_eq!(lines[0]["DeliveryLatency"], json!([7, 9]));
        let values = |name: &str| lines.iter().map(|line| line[name].clone()).collect::<Vec<_>>();
        assert_eq!(values("Outcome"), [json!("delivered"), json!("timeout"), Value::Null]);
        assert_eq!(values("Reason"), [json!("not_due"), json!("settled"), json!("superseded")]);
        assert_eq!(values("TurnedAway"), [json!(1), json!(4), json!(1)]);
    }

    #[test]
    fn nothing_done_is_nothing_written() {
        assert!(lines("posthorn", &Readings::default(), 0).is_empty());
    }

    #[test]
    fn a_line_never_holds_more_values_than_cloudwatch_takes() {
        let readings =
            Readings { first_attempt_lag: vec![Duration::from_millis(1); 150], ..Readings::default() };
        assert_eq!(lines("posthorn", &readings, 0)[0]["FirstAttemptLag"].as_array().unwrap().len(), 100);
    }
}
