//! Which events does Posthorn itself send to a workspace?
//! Operational events (operational webhooks) about endpoints and deliveries, delivered like any other event.
//!
//! Only endpoints that list their types (`endpoint.*`) get them, not endpoints that subscribe to every type. An
//! endpoint never gets an operational event about itself.

use crate::event::event_type::{BadEventType, EventType};

/// The type of the event that tests an endpoint.
pub const TEST_EVENT_TYPE: &str = "posthorn.test";

/// A kind of operational event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationalEvent {
    /// An endpoint will be switched off soon if it goes on failing.
    EndpointFailing,
    /// An endpoint was switched off by Posthorn.
    EndpointDisabled,
    /// An endpoint that had been failing accepted a delivery.
    EndpointRecovered,
    /// A delivery failed and will not be retried.
    DeliveryExhausted,
}

impl OperationalEvent {
    /// Every operational event.
    pub const ALL: [Self; 4] =
        [Self::EndpointFailing, Self::EndpointDisabled, Self::EndpointRecovered, Self::DeliveryExhausted];

    /// The text of its event type.
    pub fn name(self) -> &'static str {
        match self {
            Self::EndpointFailing => "endpoint.failing",
            Self::EndpointDisabled => "endpoint.disabled",
            Self::EndpointRecovered => "endpoint.recovered",
            Self::DeliveryExhausted => "delivery.exhausted",
        }
    }

    /// The event type under which it is sent.
    ///
    /// # Errors
    /// Never: each name is a valid event type; a test proves it.
    pub fn event_type(self) -> Result<EventType, BadEventType> {
        EventType::parse(self.name())
    }

    /// Whether `event_type` is an operational event. Their deliveries cause no operational events, which would never
    /// end.
    pub fn is_one(event_type: &EventType) -> bool {
        Self::ALL.iter().any(|event| event.name() == event_type.as_str())
    }
}

/// Whether `event_type` is the type of test events.
pub fn is_test(event_type: &EventType) -> bool {
    event_type.as_str() == TEST_EVENT_TYPE
}

/// Whether only Posthorn itself may send `event_type`. So receivers can trust such an event.
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
