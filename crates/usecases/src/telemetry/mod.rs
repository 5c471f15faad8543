//! How does an operator see what Posthorn does?
//! Observability: metrics, traces, statistics and log lines.

pub(crate) mod attempt_log;
pub(crate) mod call_log;
pub(crate) mod count_attempts;
pub(crate) mod count_misfits;
pub mod meter;
pub mod trace;
