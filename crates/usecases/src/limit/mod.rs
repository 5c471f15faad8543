//! May a delivery go out now? Rate limit, concurrency limit and bulkhead.

pub(crate) mod bulkhead;
pub(crate) mod turn;
