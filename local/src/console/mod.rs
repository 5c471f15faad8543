//! What does a person see while local mode runs?
//! The console: one short line for each delivery and call on standard output, or the full log on standard error.

mod delivery_line;
pub(crate) mod greeting;
mod sparing;

use std::collections::HashMap;
use std::io::Write as _;

use domain::endpoint::Endpoint;
use domain::id::EndpointKey;
use domain::timestamp::Timestamp;
use tokio::sync::mpsc;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt as _, Targets};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use usecases::{Cache, Clock};

use delivery_line::{Columns, Line};
use sparing::Sparing;

/// What the full log has. The embedded DynamoDB logs a warning for every failed condition, which is a normal answer. The
/// SDKs want to close the connection of a failed call; in this process there is none.
const FULL: &str = "info,dynoxide=error,aws_smithy_runtime::client::http::connection_poisoning=off";
/// What is logged beside the short lines: trouble, and e-mails that were not sent.
const TROUBLE: &str = "warn,local::http::mailbox=info,dynoxide=error,aws_smithy_runtime::client::http::connection_poisoning=off";
/// The modules whose log lines tell of deliveries, and of calls of actions.
const SHOWN: [&str; 2] = ["usecases::telemetry::attempt_log", "usecases::telemetry::call_log"];
/// Lines that wait to be printed; a terminal that is slower than this loses some, and is told how many.
const WAITING: usize = 4_096;
/// The longest name of an endpoint, in characters.
const LONGEST_NAME: usize = 24;

/// The short lines, while they are wanted.
pub(crate) struct Console(Option<mpsc::Receiver<Line>>);

impl Console {
    /// Sets the log up: in full if `full` or if `RUST_LOG` says what to log, otherwise short lines. Both leave out what
    /// repeats itself.
    pub(crate) fn init(full: bool) -> Self {
        let wanted = lambda_kit::logging::wanted_locally();
        let short = !full && wanted.is_none();
        let usual = || if full { FULL } else { TROUBLE }.parse().ok();
        let filter = wanted.or_else(usual).unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
        let (sender, receiver) = mpsc::channel(WAITING);
        let log = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .with_target(false)
            .with_filter(filter.and(Sparing::default()));
        let shown = Targets::new().with_targets(SHOWN.map(|module| (module, LevelFilter::INFO)));
        let lines = Lines(sender).with_filter(shown);
        tracing_subscriber::registry().with(log).with(short.then_some(lines)).init();
        Self(short.then_some(receiver))
    }

    /// Prints the short lines from now on. An endpoint is named by what `cache` knows of it.
    pub(crate) fn print(self, cache: Cache, clock: Clock) {
        if let Some(lines) = self.0 {
            tokio::spawn(print(lines, cache, clock));
        }
    }
}

/// The layer of the log that makes the short lines.
struct Lines(mpsc::Sender<Line>);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if let Some(line) = Line::of(event) {
            // A full channel drops the line: the log must not make deliveries wait.
            self.0.try_send(line).ok();
        }
    }
}

async fn print(mut lines: mpsc::Receiver<Line>, cache: Cache, clock: Clock) {
    let (mut columns, mut names) = (Columns::default(), HashMap::new());
    while let Some(line) = lines.recv().await {
        let name = match line.endpoint {
            Some(key) => name_of(&cache, &mut names, key).await,
            None => line.caller.clone().unwrap_or_else(|| "?".to_owned()),
        };
        let text = columns.write(&line, &name, clock.now());
        // Standard output may be closed: that is no reason to stop.
        writeln!(std::io::stdout(), "{text}").ok();
    }
}

/// The endpoint's name for people; of one that was deleted, the last that is known.
async fn name_of(cache: &Cache, names: &mut HashMap<EndpointKey, String>, key: EndpointKey) -> String {
    if let Ok(Some(endpoint)) = cache.endpoint(key).await {
        let name = name(&endpoint);
        names.insert(key, name);
    }
    names.get(&key).cloned().unwrap_or_else(|| key.id.to_string())
}

/// Its description, or the host of its URL.
fn name(endpoint: &Endpoint) -> String {
    let description = endpoint.settings.description.trim();
    let text = if description.is_empty() { endpoint.url.host() } else { description };
    printable(text)
}

/// A name that fits its column.
fn printable(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match text.char_indices().nth(LONGEST_NAME) {
        Some(_) => text.chars().take(LONGEST_NAME - 1).chain(['…']).collect(),
        None => text,
    }
}

/// The time of day, UTC.
fn time_of_day(now: Timestamp) -> String {
    let text = now.to_string();
    text.get(11..19).unwrap_or_default().to_owned()
}
