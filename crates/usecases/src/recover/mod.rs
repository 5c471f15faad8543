//! What happens while an endpoint fails, and afterwards?
//! Circuit breaker, probes and drains.

pub(crate) mod circuit_breaker;
pub(crate) mod count_parked;
pub mod drain;
pub mod probe_circuits;
