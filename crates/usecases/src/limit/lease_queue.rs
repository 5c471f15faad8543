//! Which waiting job gets the lease of an attempt that has ended?
//! The first in the queue: for each endpoint with a concurrency limit, a FIFO queue in memory of this process's jobs.
//!
//! A lease that is handed on here is never free in between, and costs no write. A job waits only if its turn is to be
//! expected soon: what waits holds its invocation, which is paid for, and in local mode one of the batches.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::id::EndpointId;
use domain::timestamp::Timestamp;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Longest that a job waits for a lease in place.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// How long an attempt is taken to last as long as none has ended.
const UNKNOWN_PACE: Duration = Duration::from_millis(500);
/// Most jobs of one endpoint that wait in one process.
const MAX_WAITING: usize = 100;
/// Most jobs of all endpoints: half the batches that local mode handles at once.
const MAX_WAITING_IN_ALL: usize = 250;

/// The most endpoints whose pace is kept while no job waits for one of their leases.
const KEPT_IDLE: usize = 10_000;

/// Which lease is asked for: one of `leases`, from the number `first` on; it would end at `until`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) leases: u32,
    pub(crate) first: u32,
    pub(crate) until: Timestamp,
}

/// One of an endpoint's numbered leases, until it is released or expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbered {
    pub(crate) number: u32,
    pub(crate) until: Timestamp,
}

/// The answer to a job that asks for a lease.
#[derive(Debug)]
pub(crate) enum Entry {
    /// Try to claim this lease: no other job of this process holds it.
    Try(Numbered),
    /// Wait in the queue.
    Wait(Turn),
    /// Come back later.
    Full,
}

/// A place in the queue, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) lease: oneshot::Receiver<Numbered>,
    /// Counts this job among all that wait.
    _waits: Arc<()>,
}

impl Turn {
    /// Leaves the queue; gives the lease that was handed over at the last moment.
    pub(crate) fn leave(mut self) -> Option<Numbered> {
        self.lease.close();
        self.lease.try_recv().ok()
    }
}

/// The queues of this process.
#[derive(Debug, Default)]
pub(crate) struct LeaseQueues {
    queues: Mutex<HashMap<EndpointId, LeaseQueue>>,
    /// As many more references as jobs wait.
    waits: Arc<()>,
}

/// The queue of one endpoint.
#[derive(Debug, Default)]
struct LeaseQueue {
    /// The leases that this process holds, or is just taking, and when they end.
    held: BTreeMap<u32, Timestamp>,
    waiting: VecDeque<oneshot::Sender<Numbered>>,
    /// How long its attempts have lasted lately.
    pace: Option<Duration>,
    /// When one of those that wait may look into the table again.
    next_look: Option<Instant>,
}

impl LeaseQueues {
    /// What a job does that asks for a lease at `now`.
    pub(crate) fn enter(&self, endpoint: EndpointId, wanted: Wanted, now: Timestamp) -> Entry {
        let mut queues = self.lock();
        let queue = queues.entry(endpoint).or_default();
        queue.held.retain(|_, until| *until > now);
        queue.waiting.retain(|waiting| !waiting.is_closed());
        if queue.waiting.is_empty()
            && let Some(lease) = queue.hold(wanted, |_| true)
        {
            return Entry::Try(lease);
        }
        self.wait(queue, wanted.leases)
    }

    /// What a job does that has found no lease in the table.
    pub(crate) fn join(&self, endpoint: EndpointId, leases: u32) -> Entry {
        let mut queues = self.lock();
        self.wait(queues.entry(endpoint).or_default(), leases)
    }

    fn wait(&self, queue: &mut LeaseQueue, leases: u32) -> Entry {
        if !self.has_room(queue, leases) {
            return Entry::Full;
        }
        let (sender, lease) = oneshot::channel();
        queue.waiting.push_back(sender);
        Entry::Wait(Turn { lease, _waits: Arc::clone(&self.waits) })
    }

    /// Whether so many wait for one of `leases` that no other job may.
    pub(crate) fn is_full(&self, endpoint: EndpointId, leases: u32) -> bool {
        let mut queues = self.lock();
        queues
            .get_mut(&endpoint)
            .is_some_and(|queue| !queue.waiting.is_empty() && !self.has_room(queue, leases))
    }

    fn has_room(&self, queue: &mut LeaseQueue, leases: u32) -> bool {
        queue.waiting.retain(|waiting| !waiting.is_closed());
        queue.waiting.len() < queue.room(leases) && Arc::strong_count(&self.waits) <= MAX_WAITING_IN_ALL
    }

    /// Whether this process holds, or is taking, as many leases as there may be.
    pub(crate) fn holds_all(&self, endpoint: EndpointId, leases: u32) -> bool {
        let queues = self.lock();
        queues.get(&endpoint).is_some_and(|queue| queue.holds_all(leases))
    }

    /// Chooses a lease that is free in the table and that no other job of this process is claiming, and marks it as held.
    pub(crate) fn choose(
        &self,
        endpoint: EndpointId,
        wanted: Wanted,
        is_free: impl Fn(u32) -> bool,
    ) -> Option<Numbered> {
        self.lock().entry(endpoint).or_default().hold(wanted, is_free)
    }

    /// Hands a lease to the first that waits; `false` if no job waits.
    pub(crate) fn hand_on(&self, endpoint: EndpointId, lease: Numbered) -> bool {
        let mut queues = self.lock();
        let Some(queue) = queues.get_mut(&endpoint) else { return false };
        queue.held.insert(lease.number, lease.until);
        while let Some(first) = queue.waiting.pop_front() {
            if first.send(lease).is_ok() {
                return true;
            }
        }
        false
    }

    /// A lease is no longer held: it was released, lost, or could not be claimed.
    pub(crate) fn forget(&self, endpoint: EndpointId, number: u32) {
        let mut queues = self.lock();
        if let Some(queue) = queues.get_mut(&endpoint) {
            queue.held.remove(&number);
            let idle = queue.held.is_empty() && queue.waiting.is_empty();
            if idle && queues.len() > KEPT_IDLE {
                queues.remove(&endpoint);
            }
        }
    }

    /// Whether a job waits.
    pub(crate) fn is_awaited(&self, endpoint: EndpointId) -> bool {
        let queues = self.lock();
        queues.get(&endpoint).is_some_and(|queue| queue.waiting.iter().any(|waiting| !waiting.is_closed()))
    }

    /// Whether the job that asks may look into the table, on behalf of all that wait: one does, until `next`.
    pub(crate) fn may_look(&self, endpoint: EndpointId, now: Instant, next: Instant) -> bool {
        let mut queues = self.lock();
        let Some(queue) = queues.get_mut(&endpoint) else { return false };
        let may = queue.next_look.is_none_or(|at| at <= now);
        if may {
            queue.next_look = Some(next);
        }
        may
    }

    /// Notes how long an attempt has lasted; gives how long they last lately.
    pub(crate) fn note_attempt(&self, endpoint: EndpointId, lasted: Duration) -> Duration {
        let mut queues = self.lock();
        let queue = queues.entry(endpoint).or_default();
        let pace = queue.pace.map_or(lasted, |pace| (pace * 3 + lasted) / 4);
        queue.pace = Some(pace);
        pace
    }

    /// Learns from the table how long attempts last, if none has ended here yet.
    pub(crate) fn learn_pace(&self, endpoint: EndpointId, pace: Option<Duration>) {
        let mut queues = self.lock();
        let queue = queues.entry(endpoint).or_default();
        queue.pace = queue.pace.or(pace);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<EndpointId, LeaseQueue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LeaseQueue {
    /// Holds a lease that is not held here yet and `is_free`; `None` also while as many are held as there may be.
    fn hold(&mut self, wanted: Wanted, is_free: impl Fn(u32) -> bool) -> Option<Numbered> {
        let Wanted { leases, first, until } = wanted;
        if self.holds_all(leases) {
            return None;
        }
        let mut numbers = (0..leases).map(|index| first.wrapping_add(index) % leases);
        let number = numbers.find(|number| !self.held.contains_key(number) && is_free(*number))?;
        self.held.insert(number, until);
        Some(Numbered { number, until })
    }

    fn holds_all(&self, leases: u32) -> bool {
        self.held.len() >= usize::try_from(leases).unwrap_or(usize::MAX)
    }

    /// How many jobs may wait: as many as get a lease while they do, as far as one can tell.
    fn room(&self, leases: u32) -> usize {
        let pace = self.pace.unwrap_or(UNKNOWN_PACE).as_millis().max(1);
        let served = LONGEST_WAIT.as_millis() * u128::from(leases) / pace;
        usize::try_from(served).unwrap_or(usize::MAX).clamp(1, MAX_WAITING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000)
    }

    fn endpoint() -> EndpointId {
        EndpointId::new(now(), 1)
    }

    fn enter(queues: &LeaseQueues, leases: u32, now: Timestamp) -> Entry {
        let until = now.plus(Duration::from_secs(40));
        queues.enter(endpoint(), Wanted { leases, first: 0, until }, now)
    }

    fn lease(entry: Entry) -> Numbered {
        let Entry::Try(lease) = entry else { panic!("{entry:?}") };
        lease
    }

    fn turn(entry: Entry) -> Turn {
        let Entry::Wait(turn) = entry else { panic!("{entry:?}") };
        turn
    }

    #[test]
    fn a_lease_goes_to_the_first_that_still_waits() {
        let queues = LeaseQueues::default();
        let held = lease(enter(&queues, 1, now()));
        let [gone, mut first, mut second] = [(); 3].map(|()| turn(enter(&queues, 1, now())));
        assert_eq!(gone.leave(), None);
        assert!(queues.hand_on(endpoint(), held));
        assert_eq!((first.lease.try_recv(), second.lease.try_recv().is_err()), (Ok(held), true));
        assert!(queues.hand_on(endpoint(), held));
        assert_eq!(second.leave(), Some(held), "handed over at the last moment");
        assert!(!queues.hand_on(endpoint(), held));
    }

    #[test]
    fn nobody_overtakes_those_that_wait_and_no_lease_is_tried_twice() {
        let queues = LeaseQueues::default();
        let numbers = [(); 2].map(|()| lease(enter(&queues, 2, now())).number);
        assert_eq!(numbers, [0, 1]);
        let waits = turn(enter(&queues, 2, now()));
        queues.forget(endpoint(), 1);
        let behind = turn(enter(&queues, 2, now()));
        drop((waits, behind));
        assert_eq!(lease(enter(&queues, 2, now())).number, 1);
        // A holder that never gave its lease back has it no longer than until it ends.
        assert_eq!(lease(enter(&queues, 2, now().plus(Duration::from_secs(41)))).number, 0);
    }

    #[test]
    fn so_many_wait_as_are_served_while_they_wait() {
        let queues = LeaseQueues::default();
        lease(enter(&queues, 1, now()));
        for (lasted, room) in [(Duration::from_millis(300), 10), (Duration::from_secs(60), 1)] {
            for _ in 0..30 {
                queues.note_attempt(endpoint(), lasted);
            }
            let turns: Vec<_> = (0..room).map(|_| turn(enter(&queues, 1, now()))).collect();
            assert!(queues.is_full(endpoint(), 1));
            assert!(matches!(enter(&queues, 1, now()), Entry::Full), "{room}");
            drop(turns);
            assert!(!queues.is_full(endpoint(), 1));
        }
    }

    #[test]
    fn jobs_of_all_endpoints_together_have_a_bound() {
        let queues = LeaseQueues::default();
        let mut turns = Vec::new();
        for number in 0..10 {
            let endpoint = EndpointId::new(now(), number);
            for _ in 0..MAX_WAITING {
                let wanted = Wanted { leases: 100, first: 0, until: now().plus(LONGEST_WAIT) };
                match queues.enter(endpoint, wanted, now()) {
                    Entry::Wait(turn) => turns.push(turn),
                    Entry::Try(_) | Entry::Full => {}
                }
                if let Entry::Wait(turn) = queues.join(endpoint, 100) {
                    turns.push(turn);
                }
            }
        }
        assert_eq!(turns.len(), MAX_WAITING_IN_ALL);
        turns.clear();
        assert!(matches!(queues.join(endpoint(), 1), Entry::Wait(_)));
    }
}
