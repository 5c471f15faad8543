//! May a delivery go out now?
//! Rate limit, concurrency limit and bulkhead; and the drain of the deliveries that the limits keep back.

pub(crate) mod bulkhead;
pub(crate) mod concurrency_limit;
pub(crate) mod drain_later;
pub(crate) mod lease_queue;
pub(crate) mod rate_limit;
