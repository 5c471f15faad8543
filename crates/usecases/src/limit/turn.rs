//! May a delivery go out now? An endpoint's rate gives it a slot, its concurrency a place.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::endpoint::Endpoint;
use domain::id::EndpointId;
use domain::policy::limits::RateLimit;
use domain::timestamp::Timestamp;
use moka::future::Cache;

use crate::context::Context;
use crate::error::Fault;
use crate::recover::drain::start_drain;
use crate::write_coalescer::{Gather, WriteCoalescer};

/// A place is taken for so much longer than an attempt may take; then it is free whatever became of its holder.
const GRACE: Duration = Duration::from_secs(10);
/// Places looked at before a delivery is told to come back.
const LOOKS: u32 = 4;

/// When a delivery may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// At this instant; perhaps now.
    At(Timestamp),
    /// So late that it had better be parked.
    TooFar,
}

/// Whether a delivery has a place among the attempts under way.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// The endpoint takes as many as come.
    Unlimited,
    /// This one, until it is given back or its time is over.
    Taken { number: u32, until: Timestamp },
    /// All are taken.
    None,
}

type Slots = Arc<Mutex<HashMap<EndpointId, VecDeque<Slot>>>>;

/// Gives slots and places.
#[derive(Debug)]
pub(crate) struct Turns {
    context: Context,
    slots: WriteCoalescer<Arc<Endpoint>, Slots>,
    draining: Cache<EndpointId, ()>,
}

impl Turns {
    /// Must be made inside a tokio runtime.
    pub(crate) fn new(context: Context) -> Self {
        let reserving = context.clone();
        let slots = WriteCoalescer::new(Gather::Linger, move |group: Vec<Arc<Endpoint>>| {
            let context = reserving.clone();
            async move { Ok(Arc::new(Mutex::new(reserve(&context, group).await?))) }
        });
        let draining = Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(3)).build();
        Self { context, slots, draining }
    }

    /// The slot of one attempt; now, if the endpoint has no rate. Attempts that ask at once share one write.
    pub(crate) async fn slot(&self, endpoint: &Arc<Endpoint>) -> Result<Slot, Fault> {
        if endpoint.settings.rate_limit.is_none() {
            return Ok(Slot::At(self.context.clock.now()));
        }
        let slots = self.slots.write(Arc::clone(endpoint)).await?;
        let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.get_mut(&endpoint.id).and_then(VecDeque::pop_front);
        slot.ok_or_else(|| Fault::Broken("fewer slots were given than asked for".to_owned()))
    }

    /// Sees to it that what is parked for want of a slot is drained.
    pub(crate) async fn drain_later(&self, endpoint: &Endpoint) -> Result<(), Fault> {
        // Thousands may be parked in a moment; one of them in a while is enough to begin the drain.
        // On the heap: or every attempt's future would be twice as large, for what hardly one does.
        let begin = async {
            self.draining.try_get_with(endpoint.id, start_drain(&self.context, endpoint.key())).await
        };
        let begun = Box::pin(begin).await;
        begun.map_err(|fault| Fault::clone(&fault))
    }

    /// A place for one attempt. Give it back with [`Turns::leave`].
    pub(crate) async fn place(&self, endpoint: &Endpoint) -> Result<Place, Fault> {
        let Some(places) = endpoint.settings.max_concurrency else { return Ok(Place::Unlimited) };
        let now = self.context.clock.now();
        let until = now.plus(endpoint.timeout() + GRACE);
        let first = u32::from_le_bytes(self.context.randomness.bytes());
        for look in 0..LOOKS.min(places) {
            let number = first.wrapping_add(look) % places;
            if self.context.store.take_place(endpoint.key(), number, now, until).await? {
                return Ok(Place::Taken { number, until });
            }
        }
        Ok(Place::None)
    }

    /// Gives a place back.
    pub(crate) async fn leave(&self, endpoint: &Endpoint, place: Place) -> Result<(), Fault> {
        let Place::Taken { number, until } = place else { return Ok(()) };
        Ok(self.context.store.leave_place(endpoint.key(), number, until).await?)
    }
}

async fn reserve(
    context: &Context,
    group: Vec<Arc<Endpoint>>,
) -> Result<HashMap<EndpointId, VecDeque<Slot>>, Fault> {
    let mut asked: HashMap<EndpointId, (Arc<Endpoint>, u32)> = HashMap::new();
    for endpoint in group {
        asked.entry(endpoint.id).or_insert_with(|| (endpoint, 0)).1 += 1;
    }
    let now = context.clock.now();
    let mut slots = HashMap::new();
    for (we, (endpoint, count)) in asked {
        let Some(limit) = endpoint.settings.rate_limit else { continue };
        slots.insert(we, reserve_for(context, &endpoint, limit, count, now).await?);
    }
    Ok(slots)
}

/// Reserves in parts, so that one large group does not reach far beyond the horizon.
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
        let now_asked = left.min(part);
        let Some(first) = context.store.reserve_slots(endpoint.key(), limit, now_asked, now).await? else {
            break;
        };
        slots.extend((0..now_asked).map(|index| Slot::At(first.plus(interval * index))));
        left -= now_asked;
    }
    slots.extend((0..left).map(|_| Slot::TooFar));
    Ok(slots)
}
