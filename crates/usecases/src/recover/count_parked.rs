//! How is it counted what is parked for an endpoint that is off for failing?
//! Deliveries that are parked within a few milliseconds are one write to a counter; the fan-out reads it and skips what is
//! beyond the bound.

use std::collections::HashMap;

use domain::id::EndpointKey;

use crate::context::Context;
use crate::error::Fault;
use crate::write_coalescer::{Mode, WriteCoalescer};

/// Counts parked deliveries of endpoints that are off.
#[derive(Debug)]
pub(crate) struct ParkedCounter(WriteCoalescer<EndpointKey>);

impl ParkedCounter {
    /// Must be made inside a tokio runtime.
    pub(crate) fn new(context: Context) -> Self {
        Self(WriteCoalescer::new(Mode::Delay, move |batch: Vec<EndpointKey>| {
            let context = context.clone();
            async move {
                let mut counts: HashMap<EndpointKey, u64> = HashMap::new();
                for endpoint in batch {
                    *counts.entry(endpoint).or_default() += 1;
                }
                for (endpoint, parked) in counts {
                    context.store.count_parked(endpoint, parked).await?;
                }
                Ok(())
            }
        }))
    }

    /// Counts one. The delivery is parked whether or not it can be counted: the bound is against waste, not a promise.
    pub(crate) async fn count(&self, endpoint: EndpointKey) {
        let counted: Result<(), Fault> = self.0.write(endpoint).await;
        if let Err(fault) = counted {
            tracing::error!(endpoint = %endpoint.id, workspace = %endpoint.workspace, error = %fault, "a parked delivery could not be counted");
        }
    }
}
