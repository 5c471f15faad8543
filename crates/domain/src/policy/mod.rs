//! How is an endpoint treated?
//! Delivery policies: retries and their backoff, status rules, circuit breaker and limits.

pub mod backoff;
pub mod circuit;
pub mod limits;
pub mod outcome;
pub mod retry;
