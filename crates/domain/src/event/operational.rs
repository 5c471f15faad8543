//! What does Posthorn itself tell a workspace? Operational events, delivered like any other to endpoints that name
//! them (`endpoint.*`); an endpoint that asks for everything does not get them, and none is told of itself.

use crate::event::event_type::{BadEventType, EventType};

/// The type of the event that tries an endpoint.
pub const TEST_EVENT_TYPE: &str = "posthorn.test";

/// Something Posthorn tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationalEvent {
    /// An endpoint is on the way to being switched off.
    EndpointFailing,
    /// An endpoint was switched off by Posthorn.
    EndpointDisabled,
    /// An endpoint that had been failing took a delivery.
    EndpointRecovered,
    /// A delivery was given up.
    DeliveryExhausted,
}

impl OperationalEvent {
    /// Every one.
    pub const ALL: [Self; 4] =
        [Self::EndpointFailing, Self::EndpointDisabled, Self::EndpointRecovered, Self::DeliveryExhausted];

    /// Its name as an event type.
    pub fn name(self) -> &'static str {
        match self {
            Self::EndpointFailing => "endpoint.failing",
            Self::EndpointDisabled => "endpoint.disabled",
            Self::EndpointRecovered => "endpoint.recovered",
            Self::DeliveryExhausted => "delivery.exhausted",
        }
    }

    /// Its event type.
    ///
    /// # Errors
    /// Never: each name is one; a test holds it.
    pub fn event_type(self) -> Result<EventType, BadEventType> {
        EventType::parse(self.name())
    }

    /// Whether `event_type` is one of these. What happens to their deliveries is not told, or it would never end.
    pub fn is_one(event_type: &EventType) -> bool {
        Self::ALL.iter().any(|event| event.name() == event_type.as_str())
    }
}

/// Whether `event_type` is that of tests.
pub fn is_test(event_type: &EventType) -> bool {
    event_type.as_str() == TEST_EVENT_TYPE
}

/// Whether only Posthorn itself may send `event_type`: whoever gets one may believe what it says.
pub fn is_posthorns_own(event_type: &EventType) -> bool {
    OperationalEvent::is_one(event_type) || is_test(event_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_an_event_type() {
        for event in OperationalEvent::ALL {
            let event_type = event.event_type().unwrap();
            assert!(OperationalEvent::is_one(&event_type) && is_posthorns_own(&event_type));
        }
        let others = EventType::parse("endpoint.created").unwrap();
        assert!(!OperationalEvent::is_one(&others) && !is_posthorns_own(&others));
        let test = EventType::parse(TEST_EVENT_TYPE).unwrap();
        assert!(!OperationalEvent::is_one(&test) && is_posthorns_own(&test));
    }
}
