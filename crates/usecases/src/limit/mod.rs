//! May a delivery go out now?
//! Rate limit, concurrency limit and bulkhead; the drain of the deliveries that the limits keep back; and the load of the
//! jobs queue.

pub(crate) mod bulkhead;
pub(crate) mod concurrency_limit;
pub(crate) mod drain_later;
pub(crate) mod lease_queue;
pub mod queue_load;
pub(crate) mod rate_limit;
