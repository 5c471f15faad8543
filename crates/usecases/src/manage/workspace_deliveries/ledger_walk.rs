//! How are deliveries listed that no index lists?
//! By a walk over the ledgers of the events: each entry gives the key of a delivery's row, and rows are read in batches.
//! Work is bounded by events, rows and bytes.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;

use domain::delivery::Delivery;
use domain::endpoint::Endpoint;
use domain::event::Event;
use domain::event::ledger::SkipReason;
use domain::id::{DeliveryId, EndpointId, EndpointKey, SortableId as _};
use store::rows::ledgers::ListedEvent;
use store::{Listing, Order};

use crate::error::UseCaseError;
use crate::manage::read_ledger::{endpoints_of, first_attempt_pending};
use crate::manage::workspace_deliveries::position::Boundary;
use crate::manage::workspace_deliveries::{EXAMINED_AT_MOST, Listed, Read, Reading};

/// The most events that are walked for one page.
const WALKED_AT_MOST: usize = 2_000;
/// The events that are listed at once after the first ones. The page's bound of bytes holds for each listing.
const EVENTS_AT_ONCE: usize = 500;
/// Rows of deliveries that are read at once when many are left out.
const ROWS_AT_ONCE: usize = 500;

/// An entry of a ledger whose row was not read yet.
struct Candidate {
    /// The event, without its ledger.
    event: Arc<Event>,
    place: u32,
    endpoint: EndpointId,
    skipped: Option<SkipReason>,
}

/// A walk: the entries to look at, and what was found.
struct Walk<'a> {
    reading: &'a Reading<'a>,
    start: Option<Boundary>,
    waiting: VecDeque<Candidate>,
    rows: Vec<Listed>,
    examined: usize,
}

impl Reading<'_> {
    /// Reads the ledgers from `start` on.
    pub(super) async fn walk_ledgers(&self, start: Option<Boundary>) -> Result<Read<Boundary>, UseCaseError> {
        let store = &self.context.store;
        let mut walk = Walk { reading: self, start, waiting: VecDeque::new(), rows: Vec::new(), examined: 0 };
        let newest_first = self.order == Order::NewestFirst;
        // The event of the boundary is read again: entries of it may be left.
        let mut beyond = start.map(|start| match newest_first {
            true => start.event.successor(),
            false => start.event.predecessor(),
        });
        let (mut walked, mut wanted) = (0, self.limit + 1);
        loop {
            // 1. List events.
            let (types, window) = (self.filter.types.as_slice(), self.window);
            let listing = Listing { order: self.order, beyond, window, filter: types, limit: wanted };
            let page = store.list_ledgers(self.workspace, &listing, self.context.clock.now()).await?;
            let is_short = page.rows.len() < wanted;
            walked += page.rows.len();

            // 2. Look at the entries of their ledgers.
            for event in page.rows {
                if let Some(boundary) = walk.take(event).await? {
                    return Ok(walk.stopped(Some(boundary)));
                }
            }
            if let Some(boundary) = walk.look_at_all().await? {
                return Ok(walk.stopped(Some(boundary)));
            }

            // 3. Go on, unless the page is full, the list has ended, or as much was read as may be for one page.
            let Some(last) = page.next else { return Ok(walk.stopped(None)) };
            if is_short || walked >= WALKED_AT_MOST || walk.is_over() {
                let boundary = if newest_first { Boundary::after(last) } else { Boundary::before(last) };
                return Ok(walk.stopped(Some(boundary)));
            }
            (beyond, wanted) = (Some(last), EVENTS_AT_ONCE);
        }
    }
}

impl Walk<'_> {
    /// Takes an event's entries in. Gives the boundary where the walk ends, if it does.
    async fn take(&mut self, mut listed: ListedEvent) -> Result<Option<Boundary>, UseCaseError> {
        let is_newest_first = self.reading.order == Order::NewestFirst;
        let mut first = 0;
        if !listed.is_complete() {
            // Most pages are full before the rest of a long ledger is needed.
            if is_newest_first {
                self.add(&listed, 0);
                first = listed.event.ledger.len();
            }
            if let Some(boundary) = self.look_at_all().await? {
                return Ok(Some(boundary));
            }
            if self.is_over() {
                let place = if is_newest_first { place(first) } else { u32::MAX };
                return Ok(Some(Boundary { event: listed.event.id, place }));
            }
            self.reading.context.store.complete_ledger(&mut listed).await?;
        }
        self.add(&listed, first);
        if self.waiting.len() < ROWS_AT_ONCE { Ok(None) } else { self.look_at_all().await }
    }

    /// Adds the entries from the place `first` on, those on the right side of the walk's start that the filter may select.
    fn add(&mut self, listed: &ListedEvent, first: usize) {
        let Reading { filter, endpoint: only, hidden, order, .. } = self.reading;
        let event = Event { ledger: domain::event::ledger::Ledger::default(), ..listed.event.clone() };
        let event = Arc::new(event);
        let is_newest_first = *order == Order::NewestFirst;
        let start = self.start.filter(|start| start.event == event.id);
        let entries = (0..).zip(listed.event.ledger.entries()).skip(first);
        let entries = entries.filter(|(place, (endpoint, skipped))| {
            let on_this_side = start.is_none_or(|start| is_newest_first == (*place >= start.place));
            // With one endpoint, a replay to an endpoint that was skipped costs no more than a look at one row.
            let may_be_asked_for = skipped.is_none() || filter.asks_for_skipped() || only.is_some();
            on_this_side
                && may_be_asked_for
                && only.is_none_or(|only| only == *endpoint)
                && !hidden.contains(endpoint)
        });
        let candidates = entries.map(|(place, (endpoint, skipped))| Candidate {
            event: Arc::clone(&event),
            place,
            endpoint,
            skipped,
        });
        let at = self.waiting.len();
        self.waiting.extend(candidates);
        if !is_newest_first {
            self.waiting.make_contiguous()[at..].reverse();
        }
    }

    /// Looks at all waiting entries. Gives the boundary before the first one that is left over, if one is.
    async fn look_at_all(&mut self) -> Result<Option<Boundary>, UseCaseError> {
        while let Some(next) = self.waiting.front() {
            if self.is_over() {
                return Ok(Some(self.boundary_before(next)));
            }
            // At first as many as the page has rows; the more were left out, the more are read at once.
            let wanted = (self.reading.limit - self.rows.len()).max(self.examined.min(ROWS_AT_ONCE));
            let now: Vec<Candidate> = self.waiting.drain(..wanted.min(self.waiting.len())).collect();
            self.examined += now.len();
            let mut found = self.load(&now).await?;
            let waiting =
                now.iter().filter(|one| one.skipped.is_none() && !found.contains_key(&one.delivery()));
            let waiting = waiting.map(|one| EndpointKey::new(one.event.workspace_id, one.endpoint));
            let endpoints = endpoints_of(self.reading.context, waiting).await?;
            for candidate in now {
                let row = found.remove(&candidate.delivery());
                let endpoint = endpoints.get(&candidate.endpoint).map(AsRef::as_ref);
                let Some(listed) = self.listed(&candidate, row, endpoint) else { continue };
                if self.rows.len() == self.reading.limit {
                    return Ok(Some(self.boundary_before(&candidate)));
                }
                self.rows.push(listed);
            }
        }
        Ok(None)
    }

    async fn load(&self, candidates: &[Candidate]) -> Result<HashMap<DeliveryId, Delivery>, UseCaseError> {
        let context = self.reading.context;
        let keys: Vec<_> =
            candidates.iter().map(|candidate| (candidate.endpoint, candidate.delivery())).collect();
        let rows = context.store.load_deliveries(&keys, context.clock.now()).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }

    /// The row of the list, if the filter selects it. A delivery's row says more than the ledger.
    fn listed(
        &self,
        candidate: &Candidate,
        row: Option<Delivery>,
        known: Option<&Endpoint>,
    ) -> Option<Listed> {
        let Candidate { event, endpoint, skipped, .. } = candidate;
        let filter = self.reading.filter;
        let delivery = match (row, skipped) {
            (Some(row), _) => row,
            (None, None) => first_attempt_pending(event, *endpoint, known),
            (None, Some(reason)) => {
                let (endpoint, reason, event_type) = (*endpoint, *reason, event.event_type.clone());
                let listed = Listed::Skipped { endpoint, event: event.id, event_type, reason };
                return filter.asks_for_skipped().then_some(listed);
            }
        };
        self.reading.asks_for(&delivery).then(|| Listed::Delivery(Box::new(delivery)))
    }

    /// Whether the page is full, or has taken as much work as it may.
    fn is_over(&self) -> bool {
        self.rows.len() == self.reading.limit || self.examined >= EXAMINED_AT_MOST
    }

    fn boundary_before(&self, candidate: &Candidate) -> Boundary {
        let place = match self.reading.order {
            Order::NewestFirst => candidate.place,
            Order::OldestFirst => candidate.place.saturating_add(1),
        };
        Boundary { event: candidate.event.id, place }
    }

    fn stopped(self, stopped_at: Option<Boundary>) -> Read<Boundary> {
        Read { rows: self.rows, stopped_at, examined: self.examined }
    }
}

fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl Candidate {
    fn delivery(&self) -> DeliveryId {
        DeliveryId::of(self.event.id, self.endpoint)
    }
}
