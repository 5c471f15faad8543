//! Which rules made an event?
//! The cause of a derived event: the chain of rules that led to it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{EventId, RuleId};

/// Most rules of a chain: an event that this many rules led to makes no further event.
pub const MAX_DEPTH: usize = 3;

/// Why there is a derived event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cause {
    /// The event that the last rule of the chain fired for.
    pub event_id: EventId,
    /// The rules that led to it, the first one first; at most 3.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 3))]
    pub rules: Vec<RuleId>,
}

impl Cause {
    /// The cause of an event that `rule` makes of an event, which has the cause `before` itself. `None` where the chain ends:
    /// it has as many rules as it may have, or this rule already.
    pub fn of(event_id: EventId, before: Option<&Self>, rule: RuleId) -> Option<Self> {
        let mut rules = before.map(|cause| cause.rules.clone()).unwrap_or_default();
        if rules.len() >= MAX_DEPTH || rules.contains(&rule) {
            return None;
        }
        rules.push(rule);
        Some(Self { event_id, rules })
    }
}

/// The error for a stored text that is no cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stored cause is damaged")]
pub struct DamagedCause;

impl fmt::Display for Cause {
    /// The stored form: the event and the rules, with a space between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.event_id)?;
        self.rules.iter().try_for_each(|rule| write!(f, " {rule}"))
    }
}

impl FromStr for Cause {
    type Err = DamagedCause;

    fn from_str(text: &str) -> Result<Self, DamagedCause> {
        let mut ids = text.split(' ');
        let event_id = ids.next().and_then(|id| id.parse().ok()).ok_or(DamagedCause)?;
        let rules: Result<Vec<RuleId>, _> = ids.map(str::parse).collect();
        Ok(Self { event_id, rules: rules.map_err(|_| DamagedCause)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::Timestamp;

    fn rule(number: u128) -> RuleId {
        RuleId::new(Timestamp::from_millis(0), number)
    }

    #[test]
    fn a_chain_ends_at_the_third_rule_and_at_one_that_it_has() {
        let event = |number| EventId::new(Timestamp::from_millis(0), number);
        let first = Cause::of(event(1), None, rule(1)).unwrap();
        assert_eq!(first, Cause { event_id: event(1), rules: vec![rule(1)] });
        assert_eq!(Cause::of(event(2), Some(&first), rule(1)), None);
        let second = Cause::of(event(2), Some(&first), rule(2)).unwrap();
        let third = Cause::of(event(3), Some(&second), rule(3)).unwrap();
        assert_eq!((third.event_id, third.rules.len()), (event(3), MAX_DEPTH));
        assert_eq!(Cause::of(event(4), Some(&third), rule(4)), None);
    }

    #[test]
    fn a_cause_is_stored_and_read_back() {
        let rules = vec![rule(1), rule(2)];
        let cause = Cause { event_id: EventId::new(Timestamp::from_millis(0), 9), rules };
        assert_eq!(cause.to_string().parse(), Ok(cause));
        assert_eq!("evt_x".parse::<Cause>(), Err(DamagedCause));
    }

    #[test]
    fn each_step_of_each_rule_makes_one_event_of_an_event() {
        let at = Timestamp::from_millis(1_000);
        let (event, other) = (EventId::new(at, 1), EventId::new(at, 2));
        let made = EventId::derived(event, rule(1), "a1");
        assert_eq!((made, made.time()), (EventId::derived(event, rule(1), "a1"), at));
        for different in [
            EventId::derived(event, rule(1), "a2"),
            EventId::derived(event, rule(2), "a1"),
            EventId::derived(other, rule(1), "a1"),
        ] {
            assert_ne!(made, different);
        }
    }
}
