//! Can an endpoint that hangs block the whole sender?
//! A bulkhead: at most 50 slow attempts per endpoint and process.
//!
//! While so many are under way, further deliveries of the endpoint come back later, and other endpoints have the room.
//! (Its circuit opens when the first attempts time out, which takes seconds.)

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::id::EndpointId;

/// With this many slow attempts of an endpoint under way in one process, no further one begins.
const MAX_SLOW: usize = 50;
/// An attempt that takes longer is slow.
const SLOW: Duration = Duration::from_millis(500);

type UnderWay = Arc<Mutex<HashMap<EndpointId, BTreeSet<(Instant, u64)>>>>;

/// Attempts under way in this process.
#[derive(Debug, Default)]
pub(crate) struct Bulkhead(UnderWay);

/// The right to one attempt, until it is dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    bulkhead: UnderWay,
    endpoint: EndpointId,
    entry: (Instant, u64),
}

impl Bulkhead {
    /// Whether no attempt may begin at `now`: asked before anything is read for it.
    pub(crate) fn is_full(&self, endpoint: EndpointId, now: Instant) -> bool {
        let bulkhead = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bulkhead.get(&endpoint).is_some_and(|under_way| too_many(under_way, now))
    }

    /// Lets an attempt begin at `now`, unless too many slow ones are under way.
    pub(crate) fn enter(&self, endpoint: EndpointId, now: Instant) -> Option<Ticket> {
        let mut bulkhead = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way = bulkhead.entry(endpoint).or_default();
        if too_many(under_way, now) {
            return None;
        }
        let number = under_way.last().map_or(0, |(_, number)| number + 1);
        under_way.insert((now, number));
        Some(Ticket { bulkhead: Arc::clone(&self.0), endpoint, entry: (now, number) })
    }
}

fn too_many(under_way: &BTreeSet<(Instant, u64)>, now: Instant) -> bool {
    let slow = under_way.iter().take_while(|(began, _)| now.duration_since(*began) > SLOW);
    slow.take(MAX_SLOW).count() == MAX_SLOW
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut bulkhead = self.bulkhead.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(under_way) = bulkhead.get_mut(&self.endpoint) {
            under_way.remove(&self.entry);
            if under_way.is_empty() {
                bulkhead.remove(&self.endpoint);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::timestamp::Timestamp;

    fn endpoint(number: u128) -> EndpointId {
        EndpointId::new(Timestamp::from_millis(1_700_000_000_000), number)
    }

    #[test]
    fn fast_attempts_are_never_held_up_and_slow_ones_only_their_own() {
        let (bulkhead, began) = (Bulkhead::default(), Instant::now());
        let tickets: Vec<_> = (0..200).map(|_| bulkhead.enter(endpoint(1), began).unwrap()).collect();
        let later = began + SLOW + Duration::from_millis(1);
        assert!(bulkhead.is_full(endpoint(1), later) && bulkhead.enter(endpoint(1), later).is_none());
        assert!(!bulkhead.is_full(endpoint(2), later) && bulkhead.enter(endpoint(2), later).is_some());
        drop(tickets);
        assert!(bulkhead.enter(endpoint(1), later).is_some());
    }

    #[test]
    fn only_slow_attempts_fill_a_bulkhead() {
        let (bulkhead, began) = (Bulkhead::default(), Instant::now());
        let later = began + SLOW * 5;
        let mut tickets: Vec<_> =
            (0..MAX_SLOW - 1).map(|_| bulkhead.enter(endpoint(1), began).unwrap()).collect();
        // However many have just begun: they may be quick.
        tickets.extend((0..200).map(|_| bulkhead.enter(endpoint(1), later).unwrap()));
        assert!(bulkhead.enter(endpoint(1), later + SLOW / 2).is_some());
        assert!(bulkhead.enter(endpoint(1), later + SLOW * 2).is_none());
        tickets.remove(0);
        tickets.truncate(MAX_SLOW - 1);
        assert!(bulkhead.enter(endpoint(1), later + SLOW * 2).is_some());
    }
}
