//! How are Stripe's webhooks verified and read?
//! `Stripe-Signature: t=…,v1=…`: HMAC-SHA256 of the time, a dot and the raw body, with the secret as text.
//!
//! Only `v1` counts: `v0` is a scheme of test mode. There may be several `v1` while a secret is rolled. Each attempt is
//! signed anew. Thin events (`v2.core.event`) name the object instead of holding it. Source: Stripe's documentation, "Verify
//! webhook signatures manually" and "Event destinations"; the SDKs stripe-node and stripe-dotnet.

use domain::source::received::Reason;
use domain::timestamp::Timestamp;
use serde_json::Value;

use crate::adapter::{Adapter, Part, Refusal, Setup, Split, Verdict, Verified};
use crate::body::data::{self, Data, text_at};
use crate::body::payload::{self, Payload};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::mac::{self, Hash};

const HEADER: &str = "stripe-signature";
/// Most signatures that are tried: while a secret is rolled, there are two.
const MAX_SIGNATURES: usize = 20;

/// Stripe's adapter.
#[derive(Debug)]
pub(crate) struct Stripe;

impl Adapter for Stripe {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        verify(request, setup).map(|()| Verified::new(request)).into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        let body = verified.request().body;
        let Payload { value: event, raw } = payload::json(body)?;
        let name = text_at(&event, "/type").filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| "unknown".to_owned());
        let id = text_at(&event, "/id").filter(|id| !id.is_empty());
        let is_thin = text_at(&event, "/object").as_deref() == Some("v2.core.event");
        let [account, kind, object] = if is_thin {
            ["/context", "/related_object/type", "/related_object/id"]
        } else {
            ["/account", "/data/object/object", "/data/object/id"]
        };
        let data = Data::new()
            .with("id", id.clone())
            .with("account", text_at(&event, account))
            .with("livemode", event.get("livemode").filter(|live| live.is_boolean()).cloned())
            .with("object_type", text_at(&event, kind))
            .with("object_id", text_at(&event, object))
            .build();
        let part = Part {
            event_type: name.clone(),
            provider_type: name,
            dedupe_key: id.unwrap_or_else(|| data::digest(body)),
            occurred_at: event.get("created").and_then(created),
            data,
            raw,
        };
        Ok(Split::of(vec![part]))
    }
}

/// Unix seconds in an event, RFC 3339 in a thin one.
fn created(value: &Value) -> Option<Timestamp> {
    data::unix_seconds(value).or_else(|| data::rfc3339(value.as_str()?))
}

fn verify(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    let header = request.header(HEADER).ok_or_else(|| Refusal::missing("Stripe-Signature"))?;
    let (mut time, mut signatures) = (None, Vec::new());
    for (name, value) in header.split(',').filter_map(|item| item.split_once('=')) {
        match name.trim() {
            "t" => time = Some(value.trim()),
            "v1" if signatures.len() < MAX_SIGNATURES => signatures.extend(mac::from_hex(value.trim())),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::{Case, NOW, part, refusal, split};
    use domain::source::scheme::Scheme;

    const KEY: &str = "whsec_test_secret";

    fn signature(key: &str, body: &str) -> String {
        let time = NOW.to_string();
        domain::hex::hex(&mac::sign(Hash::Sha256, key.as_bytes(), &[time.as_bytes(), b".", body.as_bytes()]))
    }

    fn case(body: &str) -> Case {
        let header = format!("t={NOW},v1={}", signature(KEY, body));
        Case::new(Scheme::Stripe, KEY).body(body).header(HEADER, &header)
    }

    #[test]
    fn an_event_names_its_object_account_and_time() {
        let body = r#"{"id":"evt_1","object":"event","account":"acct_1","created":1533204620,"livemode":true,"type":"customer.created","data":{"object":{"id":"cus_1","object":"customer"}}}"#;
        let found = part(&Stripe, &case(body));
        assert_eq!((found.event_type.as_str(), found.dedupe_key.as_str()), ("customer.created", "evt_1"));
        assert_eq!(found.occurred_at.unwrap().as_seconds(), 1_533_204_620);
        let expected = serde_json::json!({
            "id": "evt_1", "account": "acct_1", "livemode": true, "object_type": "customer", "object_id": "cus_1",
        });
        assert_eq!((Value::Object(found.data), found.raw.get()), (expected, body));
    }

    #[test]
    fn a_thin_event_names_the_related_object() {
        let body = r#"{"id":"evt_test_65","object":"v2.core.event","type":"v1.billing.meter.error_report_triggered","created":"2024-09-17T06:20:52.246Z","livemode":false,"context":"acct_2","related_object":{"id":"mtr_1","type":"billing.meter","url":"/v1/billing/meters/mtr_1"}}"#;
        let found = part(&Stripe, &case(body));
        assert_eq!(found.event_type, "v1.billing.meter.error_report_triggered");
        assert_eq!(found.occurred_at.unwrap().to_string(), "2024-09-17T06:20:52.246Z");
        let expected = serde_json::json!({
            "id": "evt_test_65", "account": "acct_2", "livemode": false, "object_type": "billing.meter",
            "object_id": "mtr_1",
        });
        assert_eq!(Value::Object(found.data), expected);
    }

    #[test]
    fn what_has_no_type_is_unknown_and_what_is_no_json_malformed() {
        for body in ["{}", "[]", r#"{"type":""}"#, r#"{"type":null,"id":{}}"#] {
            let found = part(&Stripe, &case(body));
            assert_eq!(
                (found.event_type.as_str(), found.dedupe_key),
                ("unknown", data::digest(body.as_bytes()))
            );
        }
        assert_eq!(split(&Stripe, &case("id=1")).unwrap_err().reason, Reason::BodyMalformed);
    }

    #[test]
    fn one_v1_is_enough_and_v0_is_never() {
        let (good, wrong) = (signature(KEY, "{}"), signature("other", "{}"));
        let with = |header: &str| refusal(&Stripe, &case("{}").header(HEADER, header));
        assert_eq!(with(&format!("t={NOW},v1={wrong},v1={good},v0={wrong}")), None);
        assert_eq!(with(&format!(" v1 = {good} , t = {NOW} ")), None);
        assert_eq!(with(&format!("t={NOW},v1={wrong}")), Some(Reason::SignatureMismatch));
        assert_eq!(with(&format!("t={NOW},v0={good}")), Some(Reason::SignatureMalformed));
        assert_eq!(with(&format!("v1={good}")), Some(Reason::TimestampMissing));
        assert_eq!(with(&format!("t={},v1={good}", NOW + 1)), Some(Reason::SignatureMismatch));
        let wrong = format!("v1={wrong},").repeat(MAX_SIGNATURES);
        assert_eq!(with(&format!("t={NOW},{wrong}v1={good}")), Some(Reason::SignatureMismatch));
    }

    #[test]
    fn the_time_counts_to_the_second() {
        assert_eq!(refusal(&Stripe, &case("{}").at(NOW + 300)), None);
        assert_eq!(refusal(&Stripe, &case("{}").at(NOW + 301)), Some(Reason::TimestampTooOld));
        assert_eq!(refusal(&Stripe, &case("{}").at(NOW - 301)), Some(Reason::TimestampInFuture));
    }
}
