//! How is a log kept readable while everything fails in the same way?
//! A rate limit of the log: of warnings and errors of the same kind, one line a minute. A full disk would otherwise log
//! thousands a second.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

/// The time in which a kind is logged once.
const WINDOW: Duration = Duration::from_secs(60);
/// The most kinds that are kept.
const MOST_KINDS: usize = 1_000;

/// The kind of a line: where it is logged, and its error.
type Kind = (Identifier, String);

/// A filter of the log.
#[derive(Debug, Default)]
pub(super) struct Sparing(Mutex<HashMap<Kind, Seen>>);

/// When a kind was logged last, and how often it was left out since.
#[derive(Debug)]
struct Seen {
    at: Instant,
    left_out: u64,
}

impl Sparing {
    /// Whether a line of this kind is logged now; if so, how many were left out before it.
    fn admit(&self, kind: Kind, now: Instant) -> Option<u64> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = kinds.get_mut(&kind)
            && now.duration_since(seen.at) < WINDOW
        {
            seen.left_out += 1;
            return None;
        }
        if kinds.len() >= MOST_KINDS {
            kinds.clear();
        }
        let before = kinds.insert(kind, Seen { at: now, left_out: 0 });
        Some(before.map_or(0, |seen| seen.left_out))
    }
}

impl<S: Subscriber> Filter<S> for Sparing {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        if *event.metadata().level() > Level::WARN {
            return true;
        }
        let mut error = ErrorText::default();
        event.record(&mut error);
        let admitted = self.admit((event.metadata().callsite(), error.0), Instant::now());
        if let Some(left_out @ 1..) = admitted {
            eprintln!("({left_out} more of the next line were left out in the last minutes)");
        }
        admitted.is_some()
    }
}

/// The field `error` of a line.
#[derive(Debug, Default)]
struct ErrorText(String);

impl Visit for ErrorText {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "error" {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "error" {
            self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tracing_subscriber::Layer as _;
    use tracing_subscriber::layer::SubscriberExt as _;

    #[derive(Debug, Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_kind_is_logged_once_a_minute_and_says_what_was_left_out() {
        let sparing = Sparing::default();
        let callsite = tracing::callsite!(name: "a", kind: tracing::metadata::Kind::EVENT, fields: error);
        let identifier = tracing::Callsite::metadata(callsite).callsite();
        let kind = |error: &str| (identifier.clone(), error.to_owned());
        let start = Instant::now();
        assert_eq!(sparing.admit(kind("full"), start), Some(0));
        assert_eq!(sparing.admit(kind("full"), start + Duration::from_secs(59)), None);
        assert_eq!(sparing.admit(kind("locked"), start + Duration::from_secs(59)), Some(0));
        assert_eq!(sparing.admit(kind("full"), start + Duration::from_secs(60)), Some(1));
        assert_eq!(sparing.admit(kind("full"), start + Duration::from_secs(119)), None);
    }

    #[test]
    fn ordinary_lines_are_never_left_out() {
        let written = Written::default();
        let writer = written.clone();
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(Sparing::default()));
        tracing::subscriber::with_default(subscriber, || {
            for request in 0..5 {
                tracing::info!(request, "answered");
                tracing::error!(request, error = "database or disk is full", "request failed");
            }
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(
            (text.matches("answered").count(), text.matches("request failed").count()),
            (5, 1),
            "{text}"
        );
    }
}
