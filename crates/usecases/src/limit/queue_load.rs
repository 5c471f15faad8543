//! Does the jobs queue hold many messages in flight?
//! Its load, read once a minute: while it is high, long waits are delayed messages, which are not in flight.

use crate::context::Context;
use crate::error::Fault;

/// Reads how many messages are in flight, and writes the load if it has changed; gives 1 if it has.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used.
pub async fn read_queue_load(context: &Context) -> Result<usize, Fault> {
    let in_flight = context.queue.in_flight().await?;
    let before = context.store.recent_queue_load().await?;
    let load = before.at(in_flight);
    if load == before {
        return Ok(0);
    }
    context.store.save_queue_load(load, in_flight, context.clock.now()).await?;
    context.cache.know_queue_load(load).await;
    tracing::warn!(?load, in_flight, "load of the jobs queue has changed");
    Ok(1)
}
