//! How are the events of SendGrid's Event Webhook verified and read?
//! ECDSA over P-256 with SHA-256, of the time's text and the raw body, by the verification key that SendGrid shows.
//!
//! The body is an array of events. Unique arguments of the sender stand among an event's own members. Sources: SendGrid
//! documentation, "Getting Started with the Event Webhook Security Features" and "Event Webhook Reference"; SDK
//! `@sendgrid/eventwebhook`.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::adapter::{Adapter, Part, Parts, Refusal, Setup, Split, Verdict, Verified};
use crate::body::data::{self, Data, text_at};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::ecdsa::{self, SampleKey};

/// The header with the signature.
pub(crate) const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
/// The header with the time that is signed.
pub(crate) const TIMESTAMP: &str = "x-twilio-email-event-webhook-timestamp";

/// The adapter of the Event Webhook.
#[derive(Debug)]
pub(crate) struct Sendgrid;

impl Adapter for Sendgrid {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        verify(request, setup).map(|()| Verified::new(request)).into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        let events: Vec<&RawValue> = data::json(verified.request().body)?;
        Parts::of(events.into_iter().map(part)).map(Split::from)
    }
}

/// Also Inbound Parse is signed so.
pub(crate) fn verify(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    let signature = request
        .header(SIGNATURE)
        .ok_or_else(|| Refusal::missing("X-Twilio-Email-Event-Webhook-Signature"))?;
    let time = request.header(TIMESTAMP);
    let parts: [&[u8]; 2] = [time.unwrap_or_default().as_bytes(), request.body];
    ecdsa::require_match(&setup.secrets, &parts, signature)?;
    setup.check_unix_seconds(time)
}

/// A signed request for a sample, by a new key.
pub(crate) fn signed(draft: &Draft<'_>, mut sample: Sample) -> Sample {
    let Some(key) = SampleKey::of(&draft.derive(b"key")) else { return sample };
    let time = draft.unix_seconds();
    let signature = key.sign(&[time.as_bytes(), &sample.body]);
    sample.secret = Some(key.public());
    sample.with(SIGNATURE, signature).with(TIMESTAMP, time)
}

fn part(raw: &RawValue) -> Part {
    let event: Value = data::value(raw.get().as_bytes()).unwrap_or_default();
    let name = text_at(&event, "/event");
    let reason = text_at(&event, "/reason").or_else(|| text_at(&event, "/response"));
    let event_type = name.as_deref().map_or("email.unknown", event_type);
    let bounce_class = match text_at(&event, "/type").as_deref() {
        _ if event_type != "email.bounced" => None,
        None | Some("bounce") => Some("hard"),
        Some("blocked") => Some("blocked"),
        Some(_) => Some("soft"),
    };
    let data = Data::new()
        .with("message_id", text_at(&event, "/sg_message_id").map(|id| message_id(&id).to_owned()))
        .with("recipient", text_at(&event, "/email"))
        .with("subject", text_at(&event, "/subject"))
        .with("bounce_class", bounce_class)
        .with("reason", reason)
        .with("code", text_at(&event, "/status"))
        .with("url", text_at(&event, "/url"))
        .with("ip", text_at(&event, "/ip"))
        .with("user_agent", text_at(&event, "/useragent"))
        .build();
    Part {
        event_type: event_type.to_owned(),
        provider_type: name.unwrap_or_else(|| "unknown".to_owned()),
        dedupe_key: text_at(&event, "/sg_event_id")
            .filter(|id| !id.is_empty())
            .unwrap_or_else(|| data::digest(raw.get().as_bytes())),
        occurred_at: event.get("timestamp").and_then(data::unix_seconds),
        data,
        raw: raw.to_owned(),
    }
}

fn event_type(name: &str) -> &'static str {
    match name {
        "processed" => "email.processed",
        "deferred" => "email.deferred",
        "delivered" => "email.delivered",
        "bounce" => "email.bounced",
        "dropped" => "email.rejected",
        "open" => "email.opened",
        "click" => "email.clicked",
        "spamreport" => "email.complained",
        "unsubscribe" | "group_unsubscribe" => "email.unsubscribed",
        "group_resubscribe" => "email.resubscribed",
        _ => "email.unknown",
    }
}

/// What the API called `X-Message-Id` when the mail was sent: what follows names servers and the recipient's number.
fn message_id(id: &str) -> &str {
    let ends = [".filter", ".recv"].into_iter().filter_map(|end| id.find(end));
    ends.min().map_or(id, |end| &id[..end])
}

/// A delivery and a bounce.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    let (id, now) = (draft.id(), draft.now.as_seconds());
    let event = |number: usize, name: &str, more: Value| {
        let mut event = json!({
            "email": "someone@acme.example", "event": name, "timestamp": now, "category": ["invoices"],
            "sg_event_id": format!("{id}{number}"),
            "sg_message_id": format!("{id}.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.{number}"),
            "smtp-id": format!("<{id}@ismtpd0039p1iad1.sendgrid.net>"),
        });
        if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
            event.extend(more);
        }
        event
    };
    let delivered = event(0, "delivered", json!({ "response": "250 OK", "ip": "192.0.2.10", "tls": 1 }));
    let bounced = event(
        1,
        "bounce",
        json!({ "email": "nobody@acme.example", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 user unknown" }),
    );
    // SendGrid separates and ends by CRLF.
    signed(draft, Sample::json(format!("[{delivered},\r\n{bounced}]\r\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::MAX_PARTS;
    use crate::body::testing::{self, Case};
    use domain::source::provider::Provider;
    use domain::source::received::Reason;
    use domain::source::scheme::Scheme;

    fn case() -> Case {
        Case::sample(Provider::Sendgrid, Scheme::EcdsaP256)
    }

    fn split(body: &str) -> Vec<Part> {
        testing::split(&Sendgrid, "application/json", body.as_bytes()).unwrap().parts
    }

    #[test]
    fn each_word_has_its_type() {
        for (word, expected) in [
            ("processed", "email.processed"),
            ("deferred", "email.deferred"),
            ("delivered", "email.delivered"),
            ("bounce", "email.bounced"),
            ("dropped", "email.rejected"),
            ("open", "email.opened"),
            ("click", "email.clicked"),
            ("spamreport", "email.complained"),
            ("unsubscribe", "email.unsubscribed"),
            ("group_unsubscribe", "email.unsubscribed"),
            ("group_resubscribe", "email.resubscribed"),
            ("something_new", "email.unknown"),
        ] {
            let part = &split(&json!([{ "event": word, "sg_event_id": "a" }]).to_string())[0];
            assert_eq!((part.event_type.as_str(), part.provider_type.as_str()), (expected, word));
        }
    }

    #[test]
    fn a_bounce_says_how_hard_it_is() {
        for (kind, class) in [
            (json!("bounce"), "hard"),
            (Value::Null, "hard"),
            (json!("blocked"), "blocked"),
            (json!("expired"), "soft"),
        ] {
            let part = &split(&json!([{ "event": "bounce", "type": kind }]).to_string())[0];
            assert_eq!(part.data["bounce_class"], class);
        }
        let dropped = &split(r#"[{ "event": "dropped", "type": "bounce" }]"#)[0];
        assert_eq!(dropped.data.get("bounce_class"), None);
    }

    #[test]
    fn the_members_have_the_names_of_the_channel() {
        let raw = r#"{"email":"hello@world.com",  "event":"click","sg_event_id":"Zm9v",
            "sg_message_id":"14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0","timestamp":1600112492,
            "url":"https://example.com/a","ip":"192.0.2.1","useragent":"Mozilla/5.0","status":"5.0.0","response":"250 OK"}"#;
        let part = &split(&format!("[{raw}]\r\n"))[0];
        let data = json!({
            "message_id": "14c5d75ce93.dfd.64b469", "recipient": "hello@world.com", "url": "https://example.com/a",
            "ip": "192.0.2.1", "user_agent": "Mozilla/5.0", "code": "5.0.0", "reason": "250 OK",
        });
        assert_eq!(Value::Object(part.data.clone()), data);
        assert_eq!(part.raw.get(), raw, "byte for byte");
        assert_eq!(part.dedupe_key, "Zm9v");
        assert_eq!(part.occurred_at.unwrap().as_millis(), 1_600_112_492_000);
        assert_eq!(message_id("a.recvd-1"), "a");
        assert_eq!(message_id("a.b"), "a.b");
    }

    #[test]
    fn a_bad_part_does_not_harm_the_others() {
        let parts = split(
            r#"[{"event":"open","sg_event_id":"a"}, 7, null, {"event":{}}, {"sg_event_id":""}, "x", {"event":"click","sg_event_id":"b"}]"#,
        );
        let types: Vec<_> = parts.iter().map(|part| part.event_type.as_str()).collect();
        let unknown = "email.unknown";
        assert_eq!(types, ["email.opened", unknown, unknown, unknown, unknown, unknown, "email.clicked"]);
        assert_eq!(parts[1].raw.get(), "7");
        let keys: std::collections::BTreeSet<_> = parts.iter().map(|part| &part.dedupe_key).collect();
        assert_eq!(keys.len(), parts.len(), "each part has its own key: {keys:?}");
        assert!(keys.iter().all(|key| !key.is_empty()), "{keys:?}");
        assert!(split("[]").is_empty());
    }

    #[test]
    fn only_a_body_that_is_no_array_is_refused() {
        for body in ["", "[", "{}", "[{]", "\"[]\""] {
            let refusal = testing::split(&Sendgrid, "application/json", body.as_bytes()).unwrap_err();
            assert_eq!(refusal.reason, Reason::BodyMalformed, "{body:?}");
        }
    }

    #[test]
    fn ten_thousand_parts_are_read_in_one_go() {
        let body: Vec<_> =
            (0..10_000).map(|id| json!({ "event": "open", "sg_event_id": id.to_string() })).collect();
        let parts = split(&Value::Array(body).to_string());
        assert_eq!((parts.len(), parts[9_999].dedupe_key.as_str()), (10_000, "9999"));
    }

    #[test]
    fn more_events_than_a_request_may_have_are_refused() {
        let body = |count: usize| format!("[{}]", vec!["1"; count].join(","));
        assert_eq!(split(&body(MAX_PARTS)).len(), MAX_PARTS);
        let refusal =
            testing::split(&Sendgrid, "application/json", body(MAX_PARTS + 1).as_bytes()).unwrap_err();
        assert_eq!(refusal.reason, Reason::BodyMalformed);
    }

    #[test]
    fn a_wrong_signature_counts_before_the_time() {
        let good = case();
        assert_eq!(good.reason(), None);
        let late = Case { now: good.now.plus(std::time::Duration::from_secs(73 * 3600)), ..good.clone() };
        assert_eq!(late.reason(), Some(Reason::TimestampTooOld));
        let mut body = late.body.clone();
        body.truncate(body.len() - 2);
        assert_eq!(Case { body, ..late }.reason(), Some(Reason::SignatureMismatch), "without its last CRLF");
        assert_eq!(good.without(TIMESTAMP).reason(), Some(Reason::SignatureMismatch));
        assert_eq!(good.without(SIGNATURE).reason(), Some(Reason::SignatureMissing));
        assert_eq!(good.with(SIGNATURE, "").reason(), Some(Reason::SignatureMalformed));
        assert_eq!(good.with(TIMESTAMP, "1790000001").reason(), Some(Reason::SignatureMismatch));
    }

    #[test]
    fn a_signed_text_that_is_no_time_is_refused() {
        let key = SampleKey::of(&[9; 32]).unwrap();
        let mut case = case();
        case.secrets = vec![key.public()];
        for (time, reason) in [
            ("", Reason::TimestampMissing),
            ("soon", Reason::TimestampMissing),
            ("1600112502", Reason::TimestampTooOld),
        ] {
            let signature = key.sign(&[time.as_bytes(), &case.body]);
            let signed = case.with(SIGNATURE, &signature).with(TIMESTAMP, time);
            assert_eq!(signed.reason(), Some(reason), "{time:?}");
        }
        let signature = key.sign(&[b"", &case.body]);
        let untimed = case.with(SIGNATURE, &signature).without(TIMESTAMP);
        assert_eq!(untimed.reason(), Some(Reason::TimestampMissing));
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_signed_as_they_are() {
        let key = SampleKey::of(&[9; 32]).unwrap();
        let mut case = case();
        (case.secrets, case.body) = (vec![String::new(), key.public()], b"[\xff]".to_vec());
        let signature = key.sign(&[b"1790000000", &case.body]);
        let signed = case.with(SIGNATURE, &signature).with(TIMESTAMP, "1790000000");
        assert_eq!(signed.reason(), None);
        assert_eq!(Case { body: "[\u{fffd}]".into(), ..signed }.reason(), Some(Reason::SignatureMismatch));
    }
}
