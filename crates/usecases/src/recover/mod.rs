//! What happens while an endpoint fails, and afterwards?
//! Circuit breaker, probes and drains.

pub(crate) mod circuit_breaker;
pub mod drain;
pub mod probe_circuits;
