//! Which messages are in flight, and which message group is served next?
//! A model of SQS's fair queues: among visible messages, the message group with the fewest messages in flight comes
//! first.
//!
//! The model only reorders messages; it never holds a message back.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// The messages in flight of one queue. Kept in memory, and rebuilt when the file is opened.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    messages: HashMap<i64, (i64, Option<Arc<str>>)>,
    by_expiry: BTreeSet<(i64, i64)>,
    by_group: HashMap<Arc<str>, usize>,
}

/// The candidates of one message group, or one candidate without a group.
struct Waiting<T> {
    group: Option<Arc<str>>,
    /// How many messages of the group are in flight or picked.
    busy: usize,
    /// The messages, each with its position among all candidates.
    candidates: VecDeque<(usize, T)>,
}

impl InFlight {
    /// Adds a message that is in flight until `visible_at`.
    pub(super) fn insert(&mut self, message: i64, visible_at: i64, group: Option<Arc<str>>) {
        self.remove(message);
        if let Some(group) = &group {
            *self.by_group.entry(group.clone()).or_default() += 1;
        }
        self.by_expiry.insert((visible_at, message));
        self.messages.insert(message, (visible_at, group));
    }

    /// Removes a message that was deleted, moved or made visible.
    pub(super) fn remove(&mut self, message: i64) {
        let Some((visible_at, group)) = self.messages.remove(&message) else { return };
        self.by_expiry.remove(&(visible_at, message));
        if let Some(group) = group
            && let Some(count) = self.by_group.get_mut(&group)
        {
            *count -= 1;
            if *count == 0 {
                self.by_group.remove(&group);
            }
        }
    }

    /// Removes the messages that are visible again at `now`.
    pub(super) fn expire(&mut self, now: i64) {
        while let Some((_, message)) = self.by_expiry.first().copied().filter(|(at, _)| *at <= now) {
            self.remove(message);
        }
    }

    /// How many messages are in flight.
    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Picks up to `wanted` of `candidates` (in the order they became visible), the least busy groups first.
    pub(super) fn pick<T>(
        &self,
        candidates: Vec<T>,
        wanted: usize,
        group: impl Fn(&T) -> Option<&Arc<str>>,
    ) -> Vec<T> {
        let mut groups: Vec<Waiting<T>> = Vec::new();
        for (place, candidate) in candidates.into_iter().enumerate() {
            let group = group(&candidate).cloned();
            // Messages of a group are mostly adjacent.
            let same = |waiting: &&mut Waiting<T>| group.is_some() && waiting.group == group;
            match groups.iter_mut().rev().find(same) {
                Some(waiting) => waiting.candidates.push_back((place, candidate)),
                None => {
                    let busy = group.as_ref().and_then(|group| self.by_group.get(group)).copied();
                    let candidates = [(place, candidate)].into();
                    groups.push(Waiting { group, busy: busy.unwrap_or(0), candidates });
                }
            }
        }
        std::iter::from_fn(|| {
            // Among equally busy groups, take the message that has waited longest.
            let next = groups.iter_mut().filter(|waiting| !waiting.candidates.is_empty());
            let next = next
                .min_by_key(|waiting| (waiting.busy, waiting.candidates.front().map(|(place, _)| *place)))?;
            next.busy += 1;
            next.candidates.pop_front().map(|(_, candidate)| candidate)
        })
        .take(wanted)
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_quiet_group_is_served_before_a_busy_one() {
        let mut in_flight = InFlight::default();
        (0..5).for_each(|message| in_flight.insert(message, 100, Some("noisy".into())));
        let candidates = ["noisy", "noisy", "quiet", "noisy", "quiet"].map(Arc::from).into();
        let picked = in_flight.pick(candidates, 3, |group| Some(group));
        assert_eq!(picked, ["quiet", "quiet", "noisy"].map(Arc::from));
    }

    #[test]
    fn equals_are_served_in_turn_and_in_order() {
        let in_flight = InFlight::default();
        let candidates =
            [("a", 1), ("a", 2), ("b", 3), ("b", 4)].map(|(group, n)| (Arc::from(group), n)).into();
        let picked = in_flight.pick(candidates, 4, |(group, _)| Some(group));
        assert_eq!(picked.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [1, 3, 2, 4]);
    }

    #[test]
    fn messages_without_a_group_are_nobodys_neighbours() {
        let mut in_flight = InFlight::default();
        in_flight.insert(1, 100, Some("busy".into()));
        let candidates =
            vec![(Some(Arc::from("busy")), 1), (None, 2), (None, 3), (Some(Arc::from("busy")), 4)];
        let picked = in_flight.pick(candidates, 3, |(group, _)| group.as_ref());
        assert_eq!(picked.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [2, 3, 1]);
    }

    #[test]
    fn what_is_visible_again_is_no_longer_in_flight() {
        let mut in_flight = InFlight::default();
        in_flight.insert(1, 10, Some("a".into()));
        in_flight.insert(2, 20, None);
        in_flight.expire(10);
        assert_eq!(in_flight.len(), 1);
        assert!(in_flight.by_group.is_empty());
    }

    proptest! {
        /// The rule in its simplest form: again and again, pick the first candidate whose group is least busy.
        #[test]
        fn it_picks_by_the_rule(
            busy in prop::collection::vec(prop::option::of(0..4_u8), 0..12),
            candidates in prop::collection::vec(prop::option::of(0..4_u8), 0..30),
            wanted in 0..12_usize,
        ) {
            let name = |group: u8| Arc::<str>::from(group.to_string());
            let mut in_flight = InFlight::default();
            for (message, group) in (0..).zip(&busy) {
                in_flight.insert(message, 100, group.map(name));
            }
            let mut rest: Vec<_> = candidates.iter().map(|group| group.map(name)).enumerate().collect();
            let found = in_flight.pick(rest.clone(), wanted, |(_, group)| group.as_ref());

            let mut picked: Vec<(usize, Option<Arc<str>>)> = Vec::new();
            while picked.len() < wanted && !rest.is_empty() {
                let load = |(_, group): &(usize, Option<Arc<str>>)| group.as_ref().map_or(0, |group| {
                    let before = in_flight.by_group.get(group).copied().unwrap_or(0);
                    before + picked.iter().filter(|(_, other)| other.as_ref() == Some(group)).count()
                });
                let next = (0..rest.len()).min_by_key(|index| load(&rest[*index])).unwrap();
                picked.push(rest.remove(next));
            }
            prop_assert_eq!(found, picked);
        }
    }
}
