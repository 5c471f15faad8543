//! What can be seen of our work from outside? Metrics, traces, statistics and log lines.

pub(crate) mod attempt_log;
pub(crate) mod count_attempts;
pub mod meter;
pub mod trace;
