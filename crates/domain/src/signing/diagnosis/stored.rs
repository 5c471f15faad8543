//! What does the rest of the request, or the delivery's log, say about a signature that nothing explains?
//! Evidence: ids, sizes and digests that contradict each other name the part that was exchanged.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::hex::hex;
use crate::id::{DeliveryId, EndpointId, EventId};
use crate::signing::diagnosis::entry::Entry;
use crate::signing::diagnosis::presented::{Presented, header, header_ending};
use crate::signing::diagnosis::reason::Reason;
use crate::signing::diagnosis::{
    Explanation, Known, Request, Sent, VerificationKey, body_change, explanation,
};

/// The `id` of the default body.
fn body_id(body: &[u8]) -> Option<EventId> {
    let body: Value = serde_json::from_slice(body).ok()?;
    body.get("id")?.as_str()?.parse().ok()
}

/// The event that a request is of, by `webhook-id` or by its body.
pub fn event_of(request: &Request<'_>) -> Option<EventId> {
    let of_headers = header(request.headers, "webhook-id").and_then(|id| id.parse().ok());
    of_headers.or_else(|| body_id(request.body))
}

/// The delivery to `endpoint` that a request is of, by its own header or by its event.
pub fn delivery_of(request: &Request<'_>, endpoint: EndpointId) -> Option<DeliveryId> {
    delivery_header(request).or_else(|| event_of(request).map(|event| DeliveryId::of(event, endpoint)))
}

fn delivery_header(request: &Request<'_>) -> Option<DeliveryId> {
    let named = header_ending(request.headers, "-delivery");
    named.or_else(|| header(request.headers, "idempotency-key"))?.parse().ok()
}

/// Ids that may have been signed instead of `webhook-id`.
pub(super) fn ids(request: &Request<'_>, known: &Known<'_>) -> Vec<String> {
    let of_body = body_id(request.body).map(|id| id.to_string());
    let of_log = known.sent.map(|sent| sent.event.to_string());
    let of_delivery = header_ending(request.headers, "-delivery").map(str::to_owned);
    of_body.into_iter().chain(of_log).chain(of_delivery).collect()
}

/// Timestamp and nonce of each attempt.
pub(super) fn occasions(known: &Known<'_>) -> Vec<(String, String)> {
    let attempts = known.sent.map_or(&[][..], |sent| sent.attempts).iter();
    let text = |headers, ending| header_ending(headers, ending).unwrap_or_default().to_owned();
    attempts
        .map(|attempt| &attempt.sent.headers[..])
        .map(|headers| (text(headers, "-timestamp"), text(headers, "-nonce")))
        .collect()
}

/// Paths that may have been signed instead of `path`.
pub(super) fn paths(request: &Request<'_>, path: &str) -> Vec<String> {
    let bare = path.split(['?', '#']).next().unwrap_or_default();
    let slash = bare.strip_suffix('/').map_or_else(|| format!("{bare}/"), str::to_owned);
    let decoded = percent_decoded(bare);
    let seen = request.path.map(str::to_owned);
    [bare.to_owned(), slash, "/".to_owned()].into_iter().chain(decoded).chain(seen).collect()
}

fn percent_decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|_| first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => (bytes.push(byte), rest = &after[2..]).1,
            None => (bytes.push(first), rest = after).1,
        }
    }
    String::from_utf8(bytes).ok()
}

/// Names the part of the request that does not fit the others.
pub(super) fn explain(request: &Request<'_>, known: &Known<'_>, presented: &Presented<'_>) -> Explanation {
    let has_public = |key: &VerificationKey| match key {
        VerificationKey::Public(_) => true,
        VerificationKey::Secret(secret) => secret.public_key().is_some(),
    };
    let public = known.keys.iter().filter(|known| has_public(&known.key)).count();
    let found = match presented.entries.iter().any(Entry::is_asymmetric) {
        true if public == 0 => {
            "The signature is asymmetric (`v1a`): only the public key `whpk_…` verifies it."
        }
        false if public == known.keys.len() => "The signature is an HMAC: a public key does not verify it.",
        _ => "",
    };
    if !found.is_empty() {
        return explanation(Reason::WrongSecret, found.to_owned());
    }
    let length = header(request.headers, "content-length").and_then(|length| length.parse::<usize>().ok());
    if request.body.is_empty() && length.is_none_or(|length| length > 0) {
        return explanation(Reason::BodyEmpty, String::new());
    }
    if let Some(found) = other_endpoint(request, known) {
        return explanation(Reason::OtherEndpoint, found);
    }
    if let Some(sent) = known.sent.filter(|sent| !sent.attempts.is_empty()) {
        return by_log(request, presented, &sent);
    }
    let of_headers: Option<EventId> = presented.id.parse().ok();
    if of_headers.is_some_and(|id| body_id(request.body).is_some_and(|of_body| of_body != id)) {
        return explanation(Reason::BodyOfOtherEvent, String::new());
    }
    match length {
        Some(length) if length != request.body.len() => {
            let found = format!("`Content-Length` is {length}, the body has {} bytes.", request.body.len());
            explanation(Reason::BodyChanged, found)
        }
        Some(_) => {
            let found = "The body is as long as `Content-Length` says, and no usual change of it explains the signature.";
            explanation(Reason::WrongSecret, found.to_owned())
        }
        None => explanation(Reason::NoMatch, String::new()),
    }
}

/// A delivery's id follows from its event and its endpoint, so it shows when the endpoint is another one.
fn other_endpoint(request: &Request<'_>, known: &Known<'_>) -> Option<String> {
    let delivery = delivery_header(request)?;
    let event = event_of(request).or(known.sent.map(|sent| sent.event))?;
    let own = DeliveryId::of(event, known.endpoint?);
    // Of another event, the id could not follow from this one.
    let is_of_event = delivery.time() == event.time();
    if delivery == own || !is_of_event {
        return None;
    }
    let endpoints = known.sent.map_or(&[][..], |sent| sent.endpoints);
    let other = endpoints.iter().find(|&&endpoint| DeliveryId::of(event, endpoint) == delivery);
    Some(other.map_or_else(String::new, |endpoint| format!("It was made for `{endpoint}`.")))
}

/// Compares the request with the delivery as it was sent.
fn by_log(request: &Request<'_>, presented: &Presented<'_>, sent: &Sent<'_>) -> Explanation {
    let digest = hex(&Sha256::digest(request.body));
    if sent.attempts.iter().any(|attempt| attempt.sent.body_sha256 == digest) {
        let is_given = |(name, value): &(String, String)| {
            name.to_ascii_lowercase().ends_with("-signature") && value == presented.signature
        };
        let was_sent = sent.attempts.iter().any(|attempt| attempt.sent.headers.iter().any(is_given));
        return match was_sent {
            true => {
                let found = "Posthorn sent this request with a secret that the endpoint no longer has.";
                explanation(Reason::SecretExpired, found.to_owned())
            }
            false => explanation(Reason::SignatureChanged, String::new()),
        };
    }
    if body_id(request.body).is_some_and(|id| id != sent.event) {
        return explanation(Reason::BodyOfOtherEvent, String::new());
    }
    match sent.body {
        Some(body) if body_change::is_same_json(body, request.body) => {
            explanation(Reason::BodyReserialised, String::new())
        }
        Some(body) => explanation(Reason::BodyChanged, difference(body, request.body)),
        None => explanation(Reason::BodyChanged, String::new()),
    }
}

fn difference(sent: &[u8], got: &[u8]) -> String {
    let at = sent.iter().zip(got).position(|(one, other)| one != other);
    let at = at.unwrap_or_else(|| sent.len().min(got.len()));
    format!("{} bytes were sent, these are {}; they differ from byte {} on.", sent.len(), got.len(), at + 1)
}
