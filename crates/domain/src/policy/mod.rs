//! How is an endpoint treated?
//! Delivery policies: retries, status rules, circuit breaker and limits.

pub mod circuit;
pub mod limits;
pub mod outcome;
pub mod retry;
