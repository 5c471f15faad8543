//! What do log lines look like?
//! Log set-up (`tracing`): in Lambda one JSON object per line, which CloudWatch Logs can search; on a laptop text for
//! people.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
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
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(directives));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(colours);
    lines.with_target(false).with_env_filter(filter).init();
}
