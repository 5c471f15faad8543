//! How are Stripe's webhooks verified and read?
//! `Stripe-Signature: t=…,v1=…`: HMAC-SHA256 of the time, a dot and the raw body, with the secret as text.
//!
//! Only `v1` counts: `v0` is a scheme of test mode. There may be several `v1` while a secret is rolled. Each attempt is
//! signed anew. Source: docs.stripe.com/webhooks#verify-manually.

use domain::source::received::Reason;
use serde_json::Value;

use crate::adapter::{Adapter, Part, Refusal, Setup, Split, Verdict, Verified};
use crate::body::data::{self, Data, text_at};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::mac::{self, Hash};

const HEADER: &str = "stripe-signature";

/// Stripe's adapter.
#[derive(Debug)]
pub(crate) struct Stripe;

impl Adapter for Stripe {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        verify(request, setup).map(|()| Verified::new(request)).into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        let body = verified.request().body;
        let event: Value = data::json(body)?;
        let name = text_at(&event, "/type").unwrap_or_else(|| "unknown".to_owned());
        let data = Data::new()
            .with("id", text_at(&event, "/id"))
            .with("account", text_at(&event, "/account"))
            .with("livemode", event.get("livemode").cloned())
            .with("object_type", text_at(&event, "/data/object/object"))
            .with("object_id", text_at(&event, "/data/object/id"))
            .build();
        let part = Part {
            event_type: name.clone(),
            provider_type: name,
            dedupe_key: text_at(&event, "/id").unwrap_or_else(|| data::digest(body)),
            occurred_at: event.get("created").and_then(data::unix_seconds),
            data,
            raw: data::json(body)?,
        };
        Ok(Split::of(vec![part]))
    }
}

fn verify(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    let header = request.header(HEADER).ok_or_else(|| Refusal::missing("Stripe-Signature"))?;
    let (mut time, mut signatures) = (None, Vec::new());
    for (name, value) in header.split(',').filter_map(|item| item.split_once('=')) {
        match name.trim() {
            "t" => time = Some(value.trim()),
            "v1" => signatures.extend(mac::from_hex(value.trim())),
            _ => {}
        }
    }
    let Some(time) = time else {
        return Err(Refusal::new(Reason::TimestampMissing, "its signature has no `t`"));
    };
    if signatures.is_empty() {
        return Err(Refusal::new(Reason::SignatureMalformed, "its signature has no readable `v1`"));
    }
    let parts: [&[u8]; 3] = [time.as_bytes(), b".", request.body];
    mac::require_match(Hash::Sha256, &setup.secrets, &parts, &signatures)?;
    setup.check_unix_seconds(Some(time))
}

/// A paid invoice.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    let time = draft.unix_seconds();
    let body = serde_json::json!({
        "id": format!("evt_{}", draft.id()), "object": "event", "api_version": "2026-06-24.dahlia",
        "created": draft.now.as_millis() / 1000, "type": "invoice.paid", "livemode": false, "pending_webhooks": 1,
        "data": { "object": { "id": "in_1003", "object": "invoice", "customer": "cus_acme", "amount_paid": 4200, "currency": "eur", "status": "paid" } },
    });
    let body = body.to_string();
    let signature =
        mac::sign(Hash::Sha256, draft.secret().as_bytes(), &[time.as_bytes(), b".", body.as_bytes()]);
    let header = format!("t={time},v1={}", domain::hex::hex(&signature));
    Sample::json(body).with(HEADER, header)
}
