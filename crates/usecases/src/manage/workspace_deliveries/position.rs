//! Where does a page of a workspace's deliveries begin?
//! Positions between two rows, which stay where they are while new deliveries are added: an event and a place in its
//! ledger, or a place among the sorted ids of an index.

use std::fmt;
use std::str::FromStr;

use domain::id::{DeliveryId, EventId};
use domain::timestamp::Timestamp;

/// A position between two rows of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// In a walk over ledgers.
    Ledger(Boundary),
    /// In the merged index of undelivered deliveries: the deliveries with this id or a greater one are on the newer side.
    Undelivered(DeliveryId),
}

/// A position in a walk over ledgers: newer events, and the entries of this event before `place`, are on the newer side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boundary {
    /// The event.
    pub(super) event: EventId,
    /// The place in its ledger, from 0.
    pub(super) place: u32,
}

impl Boundary {
    /// On the newer side of the whole event.
    pub(super) fn before(event: EventId) -> Self {
        Self { event, place: 0 }
    }

    /// On the older side of the whole event.
    pub(super) fn after(event: EventId) -> Self {
        Self { event, place: u32::MAX }
    }
}

impl Position {
    /// When the events beside it were accepted.
    pub(super) fn time(self) -> Timestamp {
        match self {
            Self::Ledger(boundary) => boundary.event.time(),
            Self::Undelivered(delivery) => delivery.time(),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger(Boundary { event, place }) => write!(f, "{event}:{place}"),
            Self::Undelivered(delivery) => delivery.fmt(f),
        }
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.split_once(':') {
            Some((event, place)) => {
                let (event, place) = (event.parse().map_err(|_| ())?, place.parse().map_err(|_| ())?);
                Ok(Self::Ledger(Boundary { event, place }))
            }
            None => text.parse().map(Self::Undelivered).map_err(|_| ()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back_as_it_was_written() {
        let at = Timestamp::from_millis(7);
        let event = EventId::new(at, 7);
        for position in [
            Position::Ledger(Boundary { event, place: 12 }),
            Position::Ledger(Boundary::after(event)),
            Position::Undelivered(DeliveryId::new(at, 7)),
        ] {
            assert_eq!(position.to_string().parse(), Ok(position));
        }
        for text in ["", ":", "evt_01M7Z294KETHNPJB3QG0VDG1JA", "evt_01M7Z294KETHNPJB3QG0VDG1JA:-1", "7:7"] {
            assert_eq!(text.parse::<Position>(), Err(()), "{text}");
        }
    }
}
