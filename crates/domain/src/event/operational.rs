//! Which events does Posthorn itself send to a workspace?
//! Operational events (operational webhooks) about endpoints and deliveries, delivered like any other event.
//!
//! Only endpoints that list their types (`posthorn.*`, `posthorn.endpoint.failing`) get them, not endpoints that subscribe
//! to every type. An endpoint never gets an operational event about itself.
//!
//! Names that begin with `posthorn.` are Posthorn's own, so a new one never takes a name that a customer uses. Until
//! version 0.1 the operational events had names among the customers': each is an alias. An endpoint that lists an alias and
//! not the name gets the event under the alias.

use crate::event::event_type::{BadEventType, EventType};

/// The type of the event that tests an endpoint.
pub const TEST_EVENT_TYPE: &str = "posthorn.test";
/// What the names of all types begin with that only Posthorn sends.
pub const OWN_PREFIX: &str = "posthorn.";

/// A kind of operational event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
            Self::EndpointFailing => "posthorn.endpoint.failing",
            Self::EndpointDisabled => "posthorn.endpoint.disabled",
            Self::EndpointRecovered => "posthorn.endpoint.recovered",
            Self::DeliveryExhausted => "posthorn.delivery.exhausted",
        }
    }

    /// The name that it had until version 0.1.
    pub fn alias(self) -> &'static str {
        let name = self.name();
        name.strip_prefix(OWN_PREFIX).unwrap_or(name)
    }

    /// The event types under which it is sent: its name, and its alias.
    ///
    /// # Errors
    /// Never: each name is a valid event type; a test proves it.
    pub fn event_types(self) -> Result<(EventType, EventType), BadEventType> {
        Ok((EventType::parse(self.name())?, EventType::parse(self.alias())?))
    }

    /// Whether `event_type` is that of an operational event, by name or alias. Their deliveries cause no operational
    /// events, which would be an endless loop. The same applies to a producer's event whose type equals an alias.
    pub fn is_one(event_type: &EventType) -> bool {
        let text = event_type.as_str();
        Self::ALL.iter().any(|event| event.name() == text || event.alias() == text)
    }
}

/// Whether `event_type` is the type of test events.
pub fn is_test(event_type: &EventType) -> bool {
    event_type.as_str() == TEST_EVENT_TYPE
}

/// Whether only Posthorn itself may send `event_type`. So receivers can trust such an event.
pub fn is_posthorns_own(event_type: &EventType) -> bool {
    event_type.as_str().starts_with(OWN_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_an_event_type_of_posthorns_own_and_no_alias_is() {
        for event in OperationalEvent::ALL {
            let (name, alias) = event.event_types().unwrap();
            assert!(OperationalEvent::is_one(&name) && is_posthorns_own(&name));
            assert!(OperationalEvent::is_one(&alias) && !is_posthorns_own(&alias));
            assert_eq!(name.as_str(), format!("posthorn.{alias}"));
        }
        for (text, own) in [("endpoint.created", false), ("posthorn", false), ("posthorn.anything", true)] {
            let other = EventType::parse(text).unwrap();
            assert_eq!((OperationalEvent::is_one(&other), is_posthorns_own(&other)), (false, own), "{text}");
        }
        let test = EventType::parse(TEST_EVENT_TYPE).unwrap();
        assert!(!OperationalEvent::is_one(&test) && is_posthorns_own(&test));
    }
}
