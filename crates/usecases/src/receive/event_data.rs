//! What is the event of a provider's part?
//! The request for an event: the source's type, and `data` with what all providers share and the provider's own JSON.

use domain::event::{MAX_PAYLOAD_BYTES, MAX_PAYLOAD_LEVELS, Payload};
use domain::id::ReceivedRequestId;
use domain::json_depth::is_deeper_than;
use domain::source::Source;
use domain::source::provider::Provider;
use domain::source::scheme::AuthStrength;
use providers::adapter::Part;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::accept::event_request::EventRequest;
use crate::error::Fault;

/// The `data` of an event.
#[derive(Serialize)]
struct Data<'a> {
    provider: Provider,
    provider_type: &'a str,
    source_id: String,
    request_id: ReceivedRequestId,
    auth_strength: AuthStrength,
    #[serde(flatten)]
    shared: &'a Map<String, Value>,
    raw: Option<&'a RawValue>,
    /// Why there is no `raw`. The whole body can be read by the request's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_omitted: Option<&'static str>,
}

/// The event of a part.
///
/// # Errors
/// [`Fault::Broken`] when it cannot be written as JSON.
pub(super) fn event_of(
    source: &Source,
    request: ReceivedRequestId,
    part: &Part,
) -> Result<EventRequest, Fault> {
    let broken = |error: &dyn std::fmt::Display| Fault::Broken(format!("no event of a provider: {error}"));
    let event_type = source.settings.event_type(&part.event_type).map_err(|error| broken(&error))?;
    let payload = payload(source, request, part).map_err(|error| broken(&error))?;
    Ok(EventRequest {
        event_type,
        data: Payload::new(payload.into()),
        workspace_id: None,
        id: None,
        uid: None,
        occurred_at: part.occurred_at,
        channels: source.settings.channels.clone(),
        deliver_at: None,
        trace: None,
        caused_by: None,
    })
}

/// What is too large or too deep for an event is left out, so that its rest is not lost.
fn payload(source: &Source, request: ReceivedRequestId, part: &Part) -> serde_json::Result<Box<RawValue>> {
    let nothing = Map::new();
    let mut data = Data {
        provider: source.settings.provider,
        provider_type: shortened(&part.provider_type),
        source_id: source.id.to_string(),
        request_id: request,
        auth_strength: source.settings.scheme().strength(),
        shared: &part.data,
        raw: Some(&part.raw),
        raw_omitted: None,
    };
    if is_deeper_than(part.raw.get(), MAX_PAYLOAD_LEVELS - 1) {
        (data.raw, data.raw_omitted) = (None, Some("too_deep"));
    }
    let whole = serde_json::value::to_raw_value(&data)?;
    if fits(&whole) {
        return Ok(whole);
    }
    (data.raw, data.raw_omitted) = (None, Some("too_large"));
    let without_raw = serde_json::value::to_raw_value(&data)?;
    if fits(&without_raw) {
        return Ok(without_raw);
    }
    data.shared = &nothing;
    serde_json::value::to_raw_value(&data)
}

fn fits(json: &RawValue) -> bool {
    json.get().len() <= MAX_PAYLOAD_BYTES && !is_deeper_than(json.get(), MAX_PAYLOAD_LEVELS)
}

/// A provider's word is short; what a forged or odd request has in its place need not be.
fn shortened(text: &str) -> &str {
    let end = (0..=text.len().min(256)).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}
