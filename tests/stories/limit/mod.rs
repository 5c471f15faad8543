//! How much is sent at once?
//! Stories of rate limit, concurrency limit and quota.

mod at_once;
mod limits;
