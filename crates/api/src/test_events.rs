//! What is sent to test an endpoint? The body of `…/test`.

use domain::event::Payload;
use domain::event::event_type::EventType;
use serde::{Deserialize, Serialize};

use crate::previews::given;

/// The event to test an endpoint with. What is left out is that of the event `posthorn.test`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(examples(json!({ "type": "invoice.paid", "data": { "amount": 4200 } }))))]
pub struct TestEvent {
    /// Its type; `posthorn.test` if left out.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<EventType>,
    /// Its payload; a sentence that says what it is if left out.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = domain::event::PayloadText, required = false))]
    pub data: Option<Payload>,
}
