//! How are Gupshup's webhooks of WhatsApp messages verified and read?
//! Nothing is signed: Gupshup repeats a header that is set on the subscription, and that is compared; or the address alone.
//!
//! The body is version 2, an object of Gupshup's own, or version 3, which has Meta's form. Answers must be empty. Source:
//! Gupshup's partner documentation ("Set subscription", "Message events") and "What is a webhook".

use domain::source::received::Reason;
use domain::source::scheme::Scheme;
use domain::timestamp::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::adapter::{Adapter, Part, Refusal, Setup, Split, Verdict, Verified};
use crate::adapters::meta_whatsapp;
use crate::body::data::{self, Data, text_at};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::mac;

const DEFAULT_HEADER: &str = "Authorization";

/// Gupshup's adapter.
#[derive(Debug)]
pub(crate) struct Gupshup;

impl Adapter for Gupshup {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        verify(request, setup).map(|()| Verified::new(request)).into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        let body = verified.request().body;
        let Form { entry } = data::json(body)?;
        match entry {
            Some(_) => meta_whatsapp::parts(body).map(Split::from),
            None => event(body).map(|part| Split::of(vec![part])),
        }
    }
}

fn verify(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    match setup.scheme {
        Scheme::AddressOnly => Ok(()),
        Scheme::StaticHeader => {
            let name = setup.options.header.as_deref().unwrap_or(DEFAULT_HEADER);
            let value = request.header(&name.to_lowercase()).ok_or_else(|| Refusal::missing(name))?;
            let mut found = false;
            for secret in setup.secrets.iter().filter(|secret| !secret.is_empty()) {
                found |= mac::equal(secret.as_bytes(), value.as_bytes());
            }
            let detail = format!(
                "its `{name}` is not one of the source's secrets, which are the header's whole value"
            );
            if found { Ok(()) } else { Err(Refusal::new(Reason::SignatureMismatch, detail)) }
        }
        _ => Err(Refusal::mismatch()),
    }
}

/// Only version 3 has an `entry`.
#[derive(Deserialize)]
struct Form {
    entry: Option<IgnoredAny>,
}

/// The event of a body of version 2.
fn event(body: &[u8]) -> Result<Part, Refusal> {
    let event: Value = data::value(body)?;
    let word = text_at(&event, "/type").unwrap_or_else(|| "unknown".to_owned());
    let inner = text_at(&event, "/payload/type");
    let at = event.get("timestamp").and_then(Value::as_i64).filter(|millis| *millis > 0);
    let at = at.map(Timestamp::from_millis);
    let id = text_at(&event, "/payload/id");
    let mut part = Part {
        event_type: meta_whatsapp::event_type("").to_owned(),
        provider_type: inner.clone().unwrap_or_else(|| word.clone()),
        dedupe_key: data::digest(body),
        occurred_at: at,
        data: Data::new().with("id", id.clone()).with("app", text_at(&event, "/app")).build(),
        raw: data::json(body)?,
    };
    match (word.as_str(), id, inner) {
        ("message", Some(id), Some(kind)) => {
            part.event_type = "whatsapp.message.received".to_owned();
            part.data = received(&event, &id, &kind);
            part.dedupe_key = id;
        }
        ("message-event", Some(id), Some(status)) => {
            // `id` is Gupshup's in the first event and WhatsApp's in the later ones, which have Gupshup's as `gsId`.
            let sent = text_at(&event, "/payload/gsId").unwrap_or_else(|| id.clone());
            part.event_type = meta_whatsapp::event_type(&status).to_owned();
            part.dedupe_key = format!("{sent}:{status}");
            part.occurred_at = event.pointer("/payload/payload/ts").and_then(data::unix_seconds).or(at);
            part.data = changed(&event, &id, &sent);
        }
        _ => {}
    }
    Ok(part)
}

/// A message that arrived.
fn received(event: &Value, id: &str, kind: &str) -> serde_json::Map<String, Value> {
    let at = |pointer: &str| text_at(event, pointer);
    let text = ["text", "caption", "title", "emoji"];
    let text = text.iter().find_map(|member| at(&format!("/payload/payload/{member}")));
    let media = matches!(kind, "image" | "audio" | "voice" | "video" | "file" | "document" | "sticker");
    Data::new()
        .with("app", at("/app"))
        .with("message_id", Some(id))
        .with("from", at("/payload/source").or_else(|| at("/payload/sender/phone")))
        .with("to", at("/payload/destination"))
        .with("text", text)
        .with("media", media.then_some(1))
        .with("contact_name", at("/payload/sender/name"))
        .with("reply_to", at("/payload/context/id").or_else(|| at("/payload/context/gsId")))
        .build()
}

/// What became of a message that was sent.
fn changed(event: &Value, id: &str, sent: &str) -> serde_json::Map<String, Value> {
    let at = |pointer: &str| text_at(event, pointer);
    let whatsapp_id = at("/payload/payload/whatsappMessageId").or((id != sent).then(|| id.to_owned()));
    Data::new()
        .with("app", at("/app"))
        .with("message_id", Some(sent))
        .with("whatsapp_message_id", whatsapp_id)
        .with("to", at("/payload/destination"))
        .with("error_code", at("/payload/payload/code"))
        .with("error_message", at("/payload/payload/reason"))
        .build()
}

/// A message that was delivered.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    let seconds = draft.now.as_seconds();
    let payload = serde_json::json!({
        "id": format!("wamid.{}", draft.id()), "gsId": draft.id(), "type": "delivered",
        "destination": "917506080480", "payload": { "ts": seconds },
    });
    let body = serde_json::json!({
        "app": "DemoApp", "timestamp": draft.now.as_millis(), "version": 2, "type": "message-event", "payload": payload,
    });
    let sample = Sample::json(body.to_string());
    match draft.setup.scheme {
        Scheme::StaticHeader => {
            let name = draft.setup.options.header.as_deref().unwrap_or(DEFAULT_HEADER);
            sample.with(name.to_lowercase(), draft.secret())
        }
        _ => sample,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::{Case, part, refusal, split};

    const SECRET: &str = "Bearer 0123456789abcdef0123456789abcdef";

    fn request(body: &str) -> Case {
        Case::new(Scheme::StaticHeader, SECRET).body(body).header("authorization", SECRET)
    }

    fn event(kind: &str, payload: &str) -> Part {
        let body = format!(
            r#"{{"app":"Demo","timestamp":1776944128172,"version":2,"type":"{kind}","payload":{payload}}}"#
        );
        let part = part(&Gupshup, &request(&body));
        assert_eq!(part.raw.get(), body);
        part
    }

    #[test]
    fn a_status_has_its_type() {
        for (word, name) in [
            ("enqueued", "whatsapp.accepted"),
            ("sent", "whatsapp.sent"),
            ("delivered", "whatsapp.delivered"),
            ("read", "whatsapp.read"),
            ("failed", "whatsapp.failed"),
            ("deleted", "whatsapp.message.deleted"),
            ("new_one", "whatsapp.unknown"),
        ] {
            let payload =
                format!(r#"{{"id":"wa","gsId":"gs","type":"{word}","payload":{{"ts":1776944126}}}}"#);
            let part = event("message-event", &payload);
            assert_eq!((part.event_type.as_str(), part.provider_type.as_str()), (name, word));
            assert_eq!(part.dedupe_key, format!("gs:{word}"));
            assert_eq!(part.occurred_at.map(Timestamp::as_millis), Some(1_776_944_126_000));
        }
    }

    #[test]
    fn both_ids_of_a_message_are_kept() {
        let first = event(
            "message-event",
            r#"{"id":"gs","type":"enqueued","destination":"91","payload":{"whatsappMessageId":"wa","type":"session"}}"#,
        );
        let later = event(
            "message-event",
            r#"{"id":"wa","gsId":"gs","type":"sent","destination":"91","payload":{"ts":1}}"#,
        );
        for part in [&first, &later] {
            assert_eq!(
                (&part.data["message_id"], &part.data["whatsapp_message_id"]),
                (&"gs".into(), &"wa".into())
            );
            assert_eq!((&part.data["to"], &part.data["app"]), (&"91".into(), &"Demo".into()));
        }
        assert_eq!(first.occurred_at.map(Timestamp::as_millis), Some(1_776_944_128_172));
        let late = event("message-event", r#"{"id":"wa","type":"read"}"#);
        assert_eq!((late.dedupe_key.as_str(), &late.data["message_id"]), ("wa:read", &"wa".into()));
    }

    #[test]
    fn a_failure_says_why() {
        let part = event(
            "message-event",
            r#"{"id":"gs","type":"failed","payload":{"code":1002,"reason":"Number does not exist on WhatsApp"}}"#,
        );
        let (code, message) = (&part.data["error_code"], &part.data["error_message"]);
        assert_eq!((code, message), (&"1002".into(), &"Number does not exist on WhatsApp".into()));
    }

    #[test]
    fn a_message_that_arrived_has_its_sender_and_text() {
        let part = event(
            "message",
            r#"{"id":"wa","source":"91","type":"image","payload":{"url":"https://x","caption":"Look"},
                "sender":{"phone":"91","name":"Ada"},"context":{"id":"wa0","gsId":"gs0"}}"#,
        );
        assert_eq!(
            (part.event_type.as_str(), part.provider_type.as_str()),
            ("whatsapp.message.received", "image")
        );
        assert_eq!(part.dedupe_key, "wa");
        let data = serde_json::json!({
            "app": "Demo", "message_id": "wa", "from": "91", "text": "Look", "media": 1, "contact_name": "Ada",
            "reply_to": "wa0",
        });
        assert_eq!(Value::Object(part.data), data);
    }

    #[test]
    fn other_events_are_unknown_and_told_apart_by_their_body() {
        let one = event("user-event", r#"{"phone":"callbackSetPhone","type":"sandbox-start"}"#);
        let other = event("template-event", r#"{"id":"t1","status":"approved"}"#);
        assert_eq!(
            (one.event_type.as_str(), one.provider_type.as_str()),
            ("whatsapp.unknown", "sandbox-start")
        );
        assert_eq!(
            (other.event_type.as_str(), other.provider_type.as_str()),
            ("whatsapp.unknown", "template-event")
        );
        assert_ne!(one.dedupe_key, other.dedupe_key);
        assert_eq!(event("message", r#"{"type":"text"}"#).event_type, "whatsapp.unknown");
    }

    #[test]
    fn version_3_has_metas_form() {
        let body = r#"{"gs_app_id":"a","entry":[{"id":"1","changes":[{"field":"messages","value":{"statuses":[
            {"gs_id":"gs","id":"wa","status":"enqueued"},{"gs_id":"gs","id":"wa","status":"read"}]}},
            {"field":"billing-event","value":{}}]}]}"#;
        let parts = split(&Gupshup, &request(body)).unwrap().parts;
        let found: Vec<_> =
            parts.iter().map(|part| (part.event_type.as_str(), part.provider_type.as_str())).collect();
        assert_eq!(
            found,
            [
                ("whatsapp.accepted", "enqueued"),
                ("whatsapp.read", "read"),
                ("whatsapp.unknown", "billing-event")
            ]
        );
        assert_eq!(parts[1].dedupe_key, "gs:read");
    }

    #[test]
    fn the_header_must_be_one_of_the_secrets() {
        let mut case = request("{}");
        case.secrets.insert(0, "Bearer fedcba9876543210fedcba9876543210".to_owned());
        assert_eq!(refusal(&Gupshup, &case), None);
        for wrong in ["", "Bearer", &SECRET[..20], &SECRET.to_uppercase(), &format!("{SECRET}0")] {
            let case = case.clone().header("authorization", wrong);
            assert_eq!(refusal(&Gupshup, &case), Some(Reason::SignatureMismatch), "{wrong}");
        }
        case.options.header = Some("X-Shared-Secret".to_owned());
        assert_eq!(refusal(&Gupshup, &case), Some(Reason::SignatureMissing));
        assert_eq!(refusal(&Gupshup, &case.clone().header("x-shared-secret", SECRET)), None);
        case.options.header = None;
        case.secrets = vec![String::new()];
        assert_eq!(refusal(&Gupshup, &case.header("authorization", "")), Some(Reason::SignatureMismatch));
    }

    #[test]
    fn only_the_address_counts_where_the_source_says_so() {
        assert_eq!(refusal(&Gupshup, &Case::new(Scheme::AddressOnly, "")), None);
        let case = Case::new(Scheme::AddressOnly, "").body("no JSON");
        assert_eq!(split(&Gupshup, &case).unwrap_err().reason, Reason::BodyMalformed);
        assert_eq!(refusal(&Gupshup, &Case::new(Scheme::Stripe, SECRET)), Some(Reason::SignatureMismatch));
    }
}
