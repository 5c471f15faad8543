//! When does an endpoint's rate limit let a delivery go out?
//! Each attempt gets a slot of the rate, reserved ahead in the table for all processes together.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use domain::endpoint::Endpoint;
use domain::id::EndpointId;
use domain::policy::limits::RateLimit;
use domain::timestamp::Timestamp;

use crate::context::Context;
use crate::error::Fault;
use crate::write_coalescer::{Mode, WriteCoalescer};

/// When a delivery may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// At this instant, which may be now.
    At(Timestamp),
    /// The slot is beyond the horizon: the delivery is parked instead of waiting.
    TooFar,
}

type Slots = Arc<Mutex<HashMap<EndpointId, VecDeque<Slot>>>>;

/// Gives each attempt a slot of its endpoint's rate.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    context: Context,
    slots: WriteCoalescer<Arc<Endpoint>, Slots>,
}

impl RateLimiter {
    /// Must be made inside a tokio runtime.
    pub(crate) fn new(context: Context) -> Self {
        let reserving = context.clone();
        let slots = WriteCoalescer::new(Mode::Delay, move |batch: Vec<Arc<Endpoint>>| {
            let context = reserving.clone();
            async move { Ok(Arc::new(Mutex::new(reserve(&context, batch).await?))) }
        });
        Self { context, slots }
    }

    /// The slot of one attempt; now, if the endpoint has no rate limit. Concurrent attempts share one write.
    pub(crate) async fn slot(&self, endpoint: &Arc<Endpoint>) -> Result<Slot, Fault> {
        if endpoint.settings.rate_limit.is_none() {
            return Ok(Slot::At(self.context.clock.now()));
        }
        let slots = self.slots.write(Arc::clone(endpoint)).await?;
        let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.get_mut(&endpoint.id).and_then(VecDeque::pop_front);
        slot.ok_or_else(|| Fault::Broken("fewer slots were reserved than asked for".to_owned()))
    }
}

async fn reserve(
    context: &Context,
    batch: Vec<Arc<Endpoint>>,
) -> Result<HashMap<EndpointId, VecDeque<Slot>>, Fault> {
    let mut asked: HashMap<EndpointId, (Arc<Endpoint>, u32)> = HashMap::new();
    for endpoint in batch {
        asked.entry(endpoint.id).or_insert_with(|| (endpoint, 0)).1 += 1;
    }
    let now = context.clock.now();
    let mut slots = HashMap::new();
    for (id, (endpoint, count)) in asked {
        let Some(limit) = endpoint.settings.rate_limit else { continue };
        slots.insert(id, reserve_for(context, &endpoint, limit, count, now).await?);
    }
    Ok(slots)
}

/// Reserves in parts, so that one large batch does not reach far beyond the horizon.
async fn reserve_for(
    context: &Context,
    endpoint: &Endpoint,
    limit: RateLimit,
    count: u32,
    now: Timestamp,
) -> Result<VecDeque<Slot>, Fault> {
    let (interval, horizon) = (limit.interval(), limit.horizon());
    let fitting = horizon.as_micros() / interval.as_micros().max(1);
    let part = u32::try_from(fitting / 8).unwrap_or(u32::MAX).clamp(1, 100);
    let mut slots = VecDeque::new();
    let mut left = count;
    while left > 0 {
        let asked = left.min(part);
        let first = context.store.reserve_slots(endpoint.key(), limit, asked, now).await?;
        let Some(first) = first else { break };
        slots.extend((0..asked).map(|index| Slot::At(first.plus(interval * index))));
        left -= asked;
    }
    slots.extend((0..left).map(|_| Slot::TooFar));
    Ok(slots)
}
