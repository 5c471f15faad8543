//! Which endpoints does a list show?
//! A filter on their settings and on whether they fail.

use serde::{Deserialize, Serialize};

use crate::endpoint::EndpointSettings;
use crate::endpoint::purpose::Purpose;
use crate::event::event_type::{EventType, wants};
use crate::event::operational;
use crate::search::NamePart;

/// The state of an endpoint, as a list is filtered by it: `active`, it is switched on; `disabled`, it is switched off;
/// `failing`, it is switched on and its last attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndpointState {
    /// It is switched on, whether it fails or not.
    Active,
    /// It is switched off.
    Disabled,
    /// It is switched on, and its last attempt failed.
    Failing,
}

/// The filter of a list of endpoints; `None` selects all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointFilter {
    /// Only endpoints whose description contains this.
    pub description: Option<NamePart>,
    /// Only endpoints whose URL contains this.
    pub url: Option<NamePart>,
    /// Only endpoints that subscribe to this type.
    pub event_type: Option<EventType>,
    /// Only endpoints in this state.
    pub state: Option<EndpointState>,
    /// Whether steps of rules are listed, too.
    pub include_rules: bool,
}

impl EndpointFilter {
    /// Whether the filter selects an endpoint with this purpose. An action is listed among actions.
    pub fn selects_purpose(&self, purpose: &Purpose) -> bool {
        match purpose {
            Purpose::Subscriber => true,
            Purpose::Rule(_) => self.include_rules,
            Purpose::Action => false,
        }
    }

    /// Whether the filter selects an endpoint with these settings; `fails` says whether its last attempt failed.
    pub fn selects(&self, settings: &EndpointSettings, fails: bool) -> bool {
        let Self { description, url, event_type, state, .. } = self;
        description.as_ref().is_none_or(|part| part.is_in(&settings.description))
            && url.as_ref().is_none_or(|part| part.is_in(&settings.url))
            && event_type.as_ref().is_none_or(|event_type| subscribes(settings, event_type))
            && state.is_none_or(|state| match state {
                EndpointState::Active => settings.active,
                EndpointState::Disabled => !settings.active,
                EndpointState::Failing => settings.active && fails,
            })
    }
}

/// Whether events of the type are meant for the endpoint. Operational events are sent only to endpoints that list them.
fn subscribes(settings: &EndpointSettings, event_type: &EventType) -> bool {
    let lists_none = settings.events.is_empty();
    wants(&settings.events, event_type) && !(lists_none && operational::is_posthorns_own(event_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> EndpointSettings {
        serde_json::from_str(&format!(r#"{{"url":"https://Hooks.example.com/Acme"{more}}}"#)).unwrap()
    }

    #[test]
    fn every_part_of_the_filter_must_select_the_endpoint() {
        let part = |text: &str| Some(NamePart::parse(text).unwrap());
        let endpoint = settings(r#","description":"Billing of Acme","events":["invoice.*"]"#);
        let all = EndpointFilter::default();
        for (filter, selected) in [
            (all.clone(), true),
            (EndpointFilter { description: part("billing"), url: part("/acme"), ..all.clone() }, true),
            (EndpointFilter { description: part("billing"), url: part("other"), ..all.clone() }, false),
            (EndpointFilter { description: part("bill of"), ..all.clone() }, false),
        ] {
            assert_eq!(filter.selects(&endpoint, false), selected, "{filter:?}");
        }
    }

    #[test]
    fn a_failing_endpoint_is_active_too_and_one_that_is_off_is_only_disabled() {
        let (on, off) = (settings(""), settings(r#","active":false"#));
        for (state, healthy, failing, switched_off) in [
            (EndpointState::Active, true, true, false),
            (EndpointState::Disabled, false, false, true),
            (EndpointState::Failing, false, true, false),
        ] {
            let filter = EndpointFilter { state: Some(state), ..EndpointFilter::default() };
            assert_eq!(filter.selects(&on, false), healthy, "{state:?}");
            assert_eq!(filter.selects(&on, true), failing, "{state:?}");
            assert_eq!(filter.selects(&off, true), switched_off, "{state:?}");
        }
    }

    #[test]
    fn a_type_is_subscribed_to_by_name_by_family_or_by_an_empty_list() {
        let with_type = |event_type: &str| EndpointFilter {
            event_type: Some(EventType::parse(event_type).unwrap()),
            ..EndpointFilter::default()
        };
        for (events, event_type, selected) in [
            ("[]", "invoice.paid", true),
            (r#"["invoice.*"]"#, "invoice.paid", true),
            (r#"["invoice.void"]"#, "invoice.paid", false),
            ("[]", "posthorn.endpoint.failing", false),
            (r#"["posthorn.*"]"#, "posthorn.endpoint.failing", true),
        ] {
            let endpoint = settings(&format!(r#","events":{events}"#));
            assert_eq!(with_type(event_type).selects(&endpoint, false), selected, "{events} {event_type}");
        }
    }
}
