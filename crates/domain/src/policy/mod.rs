//! How is an endpoint treated? Retries, status rules, circuit breaker and limits.

pub mod circuit;
pub mod limits;
pub mod outcome;
pub mod retry;
