//! What do log lines look like?
//! Log set-up (`tracing`): in Lambda one JSON object per line, which CloudWatch Logs can search; on a laptop text for
//! people.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
pub use usecases::chain;

use crate::config;

/// JSON lines on standard output. The level is Lambda's setting `AWS_LAMBDA_LOG_LEVEL`; `info` when that is not set.
pub fn init() {
    init_to(std::io::stdout);
}

/// JSON lines as [`init`] writes them, but to another writer.
pub fn init_to(writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_target(false)
        .with_writer(writer)
        .with_max_level(config::log_level())
        .init();
}

/// Lines for people on standard error; `RUST_LOG` overrides `directives`.
pub fn init_local(directives: &str) {
    let filter = local_filter(config::local_log_filter().as_deref(), directives);
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(colours);
    lines.with_target(false).with_max_level(LevelFilter::TRACE).finish().with(filter).init();
}

/// The filter of the local log that `RUST_LOG` asks for; `None` if it is not set or cannot be read.
pub fn wanted_locally() -> Option<Targets> {
    config::local_log_filter()?.parse().ok()
}

/// Levels and targets, `info,usecases=debug`. (`EnvFilter` takes spans and fields too, and has regular expressions compiled
/// for it.) Directives that cannot be read count as none.
fn local_filter(wanted: Option<&str>, directives: &str) -> Targets {
    let read = |text: &str| text.parse().ok();
    let filter = wanted.and_then(read).or_else(|| read(directives));
    filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn rust_log_overrides_what_is_logged_on_a_laptop_unless_it_cannot_be_read() {
        let directives = "info,dynoxide=error";
        for wanted in [None, Some("info=no level")] {
            let filter = local_filter(wanted, directives);
            assert!(filter.would_enable("usecases::deliver", &Level::INFO), "{wanted:?}");
            assert!(!filter.would_enable("usecases::deliver", &Level::DEBUG), "{wanted:?}");
            assert!(!filter.would_enable("dynoxide::storage", &Level::WARN), "{wanted:?}");
        }
        let filter = local_filter(Some("warn,usecases=debug"), directives);
        assert!(filter.would_enable("usecases::deliver", &Level::DEBUG));
        assert!(!filter.would_enable("sender", &Level::INFO));
    }
}
