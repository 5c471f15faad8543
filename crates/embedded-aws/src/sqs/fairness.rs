//! Who is in flight, and who is served next? The model of a fair queue: among visible messages, the message group
//! with the fewest in flight comes first. It reorders; it never holds a message back.

use std::collections::{BTreeSet, HashMap};

/// What is in flight of one queue. Kept in memory, rebuilt from the file when it is opened.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    messages: HashMap<i64, (i64, Option<String>)>,
    by_expiry: BTreeSet<(i64, i64)>,
    by_group: HashMap<String, usize>,
}

impl InFlight {
    /// A message is in flight until `visible_at`.
    pub(super) fn insert(&mut self, message: i64, visible_at: i64, group: Option<String>) {
        self.remove(message);
        if let Some(group) = &group {
            *self.by_group.entry(group.clone()).or_default() += 1;
        }
        self.by_expiry.insert((visible_at, message));
        self.messages.insert(message, (visible_at, group));
    }

    /// A message was deleted, moved or made visible.
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

    /// Forgets what is visible again at `now`.
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
        mut candidates: Vec<T>,
        wanted: usize,
        group: impl Fn(&T) -> Option<&str>,
    ) -> Vec<T> {
        let mut busy: HashMap<String, usize> = HashMap::new();
        let mut picked = Vec::with_capacity(wanted);
        while picked.len() < wanted && !candidates.is_empty() {
            let load = |candidate: &T| {
                group(candidate).map_or(0, |group| {
                    self.by_group.get(group).copied().unwrap_or(0) + busy.get(group).copied().unwrap_or(0)
                })
            };
            // `min_by_key` takes the first of equals: the one that has waited longest.
            let Some(next) = (0..candidates.len()).min_by_key(|index| load(&candidates[*index])) else {
                break;
            };
            let candidate = candidates.remove(next);
            if let Some(group) = group(&candidate) {
                *busy.entry(group.to_owned()).or_default() += 1;
            }
            picked.push(candidate);
        }
        picked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_group_is_served_before_a_busy_one() {
        let mut in_flight = InFlight::default();
        (0..5).for_each(|message| in_flight.insert(message, 100, Some("noisy".into())));
        let candidates = vec!["noisy", "noisy", "quiet", "noisy", "quiet"];
        assert_eq!(in_flight.pick(candidates, 3, |group| Some(group)), ["quiet", "quiet", "noisy"]);
    }

    #[test]
    fn equals_are_served_in_turn_and_in_order() {
        let in_flight = InFlight::default();
        let candidates = vec![("a", 1), ("a", 2), ("b", 3), ("b", 4)];
        let picked = in_flight.pick(candidates, 4, |(group, _)| Some(group));
        assert_eq!(picked.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [1, 3, 2, 4]);
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
}
