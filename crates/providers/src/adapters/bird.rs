//! How are Bird's webhooks verified and read?
//! By Standard Webhooks; webhook subscriptions of the older API by HMAC-SHA256 of `{time}\n{URL}\n{SHA-256 of the body}`.
//!
//! The older scheme (`bird_notifications`) has the headers `MessageBird-Signature`, in base64, and
//! `MessageBird-Request-Timestamp`; the digest is signed as 32 bytes, the URL as Bird calls it. Retries were seen with the
//! time of the first attempt. Source: Bird's documentation, "Verifying a webhook subscription" and "Message status and
//! interactions"; the SDKs bird-sdk-typescript, bird-sdk-python and bird-sdk-go.

use domain::source::received::Reason;
use domain::source::scheme::Scheme;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::adapter::{Adapter, Part, Refusal, Setup, Split, Verdict, Verified};
use crate::adapters::standard_webhooks;
use crate::body::data::{self, Data, text_at};
use crate::body::payload::{self, Payload};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::mac::{self, Hash};

const SIGNATURE: &str = "messagebird-signature";
const TIME: &str = "messagebird-request-timestamp";

/// Bird's adapter.
#[derive(Debug)]
pub(crate) struct Bird;

impl Adapter for Bird {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        let result = match setup.scheme {
            Scheme::BirdNotifications => verify_notification(request, setup),
            _ => standard_webhooks::verify(request, setup),
        };
        result.map(|()| Verified::new(request)).into()
    }

    fn split(&self, verified: &Verified<'_>, setup: &Setup<'_>) -> Result<Split, Refusal> {
        let request = verified.request();
        let payload = payload::json(request.body)?;
        let part = match setup.scheme {
            Scheme::BirdNotifications => notification(payload, request.body),
            _ => event(payload, request),
        };
        Ok(Split::of(vec![part]))
    }
}

fn verify_notification(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    let header = request.header(SIGNATURE).ok_or_else(|| Refusal::missing("MessageBird-Signature"))?;
    let signature = mac::from_base64(header)?;
    let time = request.header(TIME);
    let time = time
        .ok_or_else(|| Refusal::new(Reason::TimestampMissing, "it has no `MessageBird-Request-Timestamp`"))?;
    let digest = Sha256::digest(request.body);
    let parts: [&[u8]; 5] = [time.as_bytes(), b"\n", request.url.as_bytes(), b"\n", digest.as_ref()];
    mac::require_match(Hash::Sha256, &setup.secrets, &parts, &[signature])?;
    setup.check_unix_seconds(Some(time))
}

/// A channel with types and names that all its providers share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Email,
    Sms,
    Whatsapp,
}

impl Channel {
    fn of(name: &str) -> Option<Self> {
        match name {
            "email" => Some(Self::Email),
            "sms" => Some(Self::Sms),
            "whatsapp" => Some(Self::Whatsapp),
            _ => None,
        }
    }
}

/// An event of Standard Webhooks. Its types are the canonical ones but for a few; those of other products (domains, calls,
/// verifications) have none and are kept.
fn event(Payload { value, raw }: Payload, request: &Request<'_>) -> Part {
    let id = standard_webhooks::message_id(request);
    let kind =
        text_at(&value, "/type").filter(|kind| !kind.is_empty()).unwrap_or_else(|| "unknown".to_owned());
    let channel = kind.split_once('.').and_then(|(channel, _)| Channel::of(channel));
    let data = match channel {
        Some(Channel::Email) => email_data(&value),
        Some(Channel::Sms | Channel::Whatsapp) => message_data(&value),
        None => Data::new().with("id", id).with("object_id", text_at(&value, "/data/id")),
    };
    Part {
        event_type: if channel.is_some() { canonical(&kind).to_owned() } else { kind.clone() },
        provider_type: kind,
        dedupe_key: id.map_or_else(|| data::digest(request.body), str::to_owned),
        occurred_at: text_at(&value, "/timestamp").and_then(|text| data::rfc3339(&text)),
        data: data.build(),
        raw,
    }
}

fn canonical(kind: &str) -> &str {
    match kind {
        "email.accepted" | "email.processed" | "email.deferred" | "email.sent" | "email.delivered"
        | "email.bounced" | "email.rejected" | "email.opened" | "email.clicked" | "email.complained"
        | "email.unsubscribed" | "email.resubscribed" | "email.received" => kind,
        "email.out_of_band_bounce" => "email.bounced",
        "email.list_unsubscribed" => "email.unsubscribed",
        "sms.accepted" | "sms.sent" | "sms.delivered" | "sms.undelivered" | "sms.failed" | "sms.rejected"
        | "sms.expired" | "sms.received" => kind,
        "whatsapp.accepted"
        | "whatsapp.sent"
        | "whatsapp.delivered"
        | "whatsapp.read"
        | "whatsapp.failed"
        | "whatsapp.message.received"
        | "whatsapp.message.deleted" => kind,
        "whatsapp.rejected" => "whatsapp.failed",
        "whatsapp.received" => "whatsapp.message.received",
        _ if kind.starts_with("email.") => "email.unknown",
        _ if kind.starts_with("sms.") => "sms.unknown",
        _ => "whatsapp.unknown",
    }
}

/// The first of these places that has a text.
fn first(value: &Value, places: &[&str]) -> Option<String> {
    places.iter().find_map(|place| text_at(value, place)).filter(|text| !text.is_empty())
}

fn email_data(value: &Value) -> Data {
    let class = match text_at(value, "/data/bounce_type").as_deref() {
        Some("hard") => Some("hard"),
        Some("soft") => Some("soft"),
        Some("block" | "admin") => Some("blocked"),
        _ => None,
    };
    Data::new()
        .with("message_id", first(value, &["/data/email_id", "/data/inbound_message_id", "/data/id"]))
        .with("recipient", first(value, &["/data/recipient", "/data/to", "/data/to/0"]))
        .with("sender", first(value, &["/data/from", "/data/from/email"]))
        .with("subject", first(value, &["/data/subject"]))
        .with("bounce_class", class)
        .with("reason", first(value, &["/data/error/description", "/data/reason"]))
        .with("code", first(value, &["/data/error/code", "/data/smtp_status_code"]))
        .with("url", first(value, &["/data/url"]))
        .with("ip", first(value, &["/data/ip_address", "/data/ip"]))
        .with("user_agent", first(value, &["/data/user_agent"]))
}

fn message_data(value: &Value) -> Data {
    Data::new()
        .with(
            "message_id",
            first(value, &["/data/sms_id", "/data/whatsapp_id", "/data/message_id", "/data/id"]),
        )
        .with("from", first(value, &["/data/from"]))
        .with("to", first(value, &["/data/to"]))
        .with("text", first(value, &["/data/text", "/data/body", "/data/text/body"]))
        .with("error_code", first(value, &["/data/error/code", "/data/last_error/code"]))
        .with("error_message", first(value, &["/data/error/description", "/data/last_error/description"]))
        .with("contact_name", first(value, &["/data/contact_name", "/data/profile/name"]))
        .with("reply_to", first(value, &["/data/reply_to", "/data/context/message_id"]))
}

/// An event of a webhook subscription: `{"service", "event": "sms.outbound", "payload": {…}}`.
fn notification(Payload { value, raw }: Payload, body: &[u8]) -> Part {
    let event =
        text_at(&value, "/event").filter(|event| !event.is_empty()).unwrap_or_else(|| "unknown".to_owned());
    let status = text_at(&value, "/payload/status").filter(|status| !status.is_empty());
    let id = text_at(&value, "/payload/id");
    let (channel, direction) = event.split_once('.').unwrap_or((&event, ""));
    let channel = Channel::of(channel);
    let event_type = channel.map_or_else(
        || event.clone(),
        |channel| notification_type(channel, direction, status.as_deref().unwrap_or_default()).to_owned(),
    );
    let data = if channel.is_some() {
        notification_data(&value, channel == Some(Channel::Email))
    } else {
        Data::new().with("id", id.clone()).with("status", status.clone())
    };
    let at = first(&value, &["/payload/lastStatusAt", "/payload/updatedAt", "/payload/createdAt"]);
    let key = |id: String| format!("{id}:{event}:{}", status.as_deref().unwrap_or_default());
    Part {
        event_type,
        dedupe_key: id.map_or_else(|| data::digest(body), key),
        provider_type: status.as_ref().map_or_else(|| event.clone(), |status| format!("{event}.{status}")),
        occurred_at: at.and_then(|text| data::rfc3339(&text)),
        data: data.build(),
        raw,
    }
}

fn notification_type(channel: Channel, direction: &str, status: &str) -> &'static str {
    use Channel::{Email, Sms, Whatsapp};
    match (channel, direction, status) {
        (Email, "inbound", _) => "email.received",
        (Sms, "inbound", _) => "sms.received",
        (Whatsapp, "inbound", _) => "whatsapp.message.received",
        (Email, "outbound", "accepted") => "email.accepted",
        (Email, "outbound", "rejected" | "sending_failed") => "email.rejected",
        (Email, "outbound", "sent") => "email.sent",
        (Email, "outbound", "delivered") => "email.delivered",
        (Email, "outbound", "delivery_failed") => "email.bounced",
        (Sms, "outbound", "accepted") => "sms.accepted",
        (Sms, "outbound", "rejected") => "sms.rejected",
        (Sms, "outbound", "sent") => "sms.sent",
        (Sms, "outbound", "sending_failed") => "sms.failed",
        (Sms, "outbound", "delivered") => "sms.delivered",
        (Sms, "outbound", "delivery_failed") => "sms.undelivered",
        (Whatsapp, "outbound", "accepted") => "whatsapp.accepted",
        (Whatsapp, "outbound", "sent") => "whatsapp.sent",
        (Whatsapp, "outbound", "delivered") => "whatsapp.delivered",
        (Whatsapp, "outbound", "read") => "whatsapp.read",
        (Whatsapp, "outbound", "rejected" | "sending_failed" | "delivery_failed") => "whatsapp.failed",
        (Email, ..) => "email.unknown",
        (Sms, ..) => "sms.unknown",
        (Whatsapp, ..) => "whatsapp.unknown",
    }
}

/// Bird names a person by a contact and our end by a connector, in either direction.
fn notification_data(value: &Value, is_email: bool) -> Data {
    let party = |side: &str| {
        let places = ["contact", "contacts/0", "connector"]
            .map(|who| format!("/payload/{side}/{who}/identifierValue"));
        places.iter().find_map(|place| text_at(value, place))
    };
    let (from, to) = if is_email { ("sender", "recipient") } else { ("from", "to") };
    let detail = first(value, &["/payload/reason"]);
    let data = Data::new()
        .with("message_id", text_at(value, "/payload/id"))
        .with(from, party("sender"))
        .with(to, party("receiver"));
    if is_email {
        return data
            .with("subject", first(value, &["/payload/body/html/metadata/subject"]))
            .with("reason", detail);
    }
    data.with("text", first(value, &["/payload/body/text/text", "/payload/body/text/body"]))
        .with("status_detail", detail)
        .with("error_code", first(value, &["/payload/failure/code"]))
        .with("error_message", first(value, &["/payload/failure/description"]))
        .with("contact_name", first(value, &["/payload/sender/contact/annotations/name"]))
        .with("reply_to", first(value, &["/payload/replyTo/id"]))
}

/// A delivered SMS.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    let at = draft.now;
    let id = draft.id();
    if draft.setup.scheme != Scheme::BirdNotifications {
        let body = serde_json::json!({
            "type": "sms.delivered", "timestamp": at,
            "data": { "sms_id": format!("sms_{id}"), "from": "+15550001111", "to": "+31612345678" },
        });
        return standard_webhooks::signed(draft, "webhook", &body.to_string());
    }
    let body = serde_json::json!({
        "service": "channels", "event": "sms.outbound",
        "payload": {
            "id": id, "channelId": "5c6d8a37-3c95-4d7b-8a0f-6c0ff2b7d2f1", "status": "delivered", "direction": "outgoing",
            "sender": { "connector": { "identifierValue": "+15550001111" } },
            "receiver": { "contacts": [{ "identifierKey": "phonenumber", "identifierValue": "+31612345678" }] },
            "body": { "type": "text", "text": { "text": "Your parcel is on its way" } },
            "createdAt": at, "lastStatusAt": at,
        },
    });
    let body = body.to_string();
    let time = draft.unix_seconds();
    let digest = Sha256::digest(body.as_bytes());
    let parts: [&[u8]; 5] = [time.as_bytes(), b"\n", draft.url.as_bytes(), b"\n", digest.as_ref()];
    let signature = mac::sign(Hash::Sha256, draft.secret().as_bytes(), &parts);
    Sample::json(body).with(TIME, time).with(SIGNATURE, data::base64(&signature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::{Case, NOW, URL, part, refusal, split};

    const KEY: &str = "the signing key of a subscription";
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn subscription(body: &str) -> Case {
        let digest = Sha256::digest(body.as_bytes());
        let time = NOW.to_string();
        let parts: [&[u8]; 5] = [time.as_bytes(), b"\n", URL.as_bytes(), b"\n", digest.as_ref()];
        let signature = data::base64(&mac::sign(Hash::Sha256, KEY.as_bytes(), &parts));
        Case::new(Scheme::BirdNotifications, KEY).body(body).header(TIME, &time).header(SIGNATURE, &signature)
    }

    fn standard(body: &str) -> Case {
        let (id, time) = ("msg_1", NOW.to_string());
        let key = mac::from_base64(SECRET.trim_start_matches("whsec_")).unwrap();
        let parts: [&[u8]; 5] = [id.as_bytes(), b".", time.as_bytes(), b".", body.as_bytes()];
        let signature = format!("v1,{}", data::base64(&mac::sign(Hash::Sha256, &key, &parts)));
        let case = Case::new(Scheme::StandardWebhooks, SECRET).body(body).header("webhook-id", id);
        case.header("webhook-timestamp", &time).header("webhook-signature", &signature)
    }

    #[test]
    fn the_scheme_is_that_of_the_source() {
        assert_eq!(refusal(&Bird, &subscription("{}")), None);
        assert_eq!(refusal(&Bird, &standard("{}")), None);
        let mut other = subscription("{}");
        other.scheme = Scheme::StandardWebhooks;
        assert_eq!(refusal(&Bird, &other), Some(Reason::SignatureMissing));
        let mut other = standard("{}");
        other.scheme = Scheme::BirdNotifications;
        assert_eq!(refusal(&Bird, &other), Some(Reason::SignatureMissing));
    }

    #[test]
    fn a_subscription_signs_url_body_and_time() {
        let good = subscription("{}");
        let mut elsewhere = good.clone();
        elsewhere.url.push_str("?a=1");
        assert_eq!(refusal(&Bird, &elsewhere), Some(Reason::SignatureMismatch));
        assert_eq!(refusal(&Bird, &good.clone().body("{ }")), Some(Reason::SignatureMismatch));
        let moved = good.clone().header(TIME, &(NOW + 1).to_string());
        assert_eq!(refusal(&Bird, &moved), Some(Reason::SignatureMismatch));
        // A retry of the next day carries the time of the first attempt.
        assert_eq!(refusal(&Bird, &good.clone().at(NOW + 86_400)), None);
        assert_eq!(refusal(&Bird, &good.clone().at(NOW + 86_401)), Some(Reason::TimestampTooOld));
        assert_eq!(refusal(&Bird, &good.clone().header(SIGNATURE, "-")), Some(Reason::SignatureMalformed));
        let mut timeless = good;
        timeless.headers.retain(|(name, _)| name != TIME);
        assert_eq!(refusal(&Bird, &timeless), Some(Reason::TimestampMissing));
    }

    #[test]
    fn the_types_of_the_current_platform_are_canonical() {
        for (kind, expected) in [
            ("email.accepted", "email.accepted"),
            ("email.bounced", "email.bounced"),
            ("email.out_of_band_bounce", "email.bounced"),
            ("email.list_unsubscribed", "email.unsubscribed"),
            ("email.received", "email.received"),
            ("email.scheduled", "email.unknown"),
            ("sms.delivered", "sms.delivered"),
            ("sms.undelivered", "sms.undelivered"),
            ("sms.expired", "sms.expired"),
            ("sms.lost_in_space", "sms.unknown"),
            ("whatsapp.read", "whatsapp.read"),
            ("whatsapp.received", "whatsapp.message.received"),
            ("whatsapp.rejected", "whatsapp.failed"),
            ("whatsapp.typing", "whatsapp.unknown"),
            ("domain.verified", "domain.verified"),
            ("email_mailbox.message_received", "email_mailbox.message_received"),
            ("sms", "sms"),
        ] {
            let found = part(&Bird, &standard(&format!(r#"{{"type":"{kind}","data":{{}}}}"#)));
            assert_eq!((found.event_type.as_str(), found.provider_type.as_str()), (expected, kind));
            assert_eq!(found.dedupe_key, "msg_1");
        }
        assert_eq!(part(&Bird, &standard("[]")).event_type, "unknown");
        assert_eq!(split(&Bird, &standard("")).unwrap_err().reason, Reason::BodyMalformed);
    }

    #[test]
    fn data_has_the_names_of_its_channel() {
        let sms = r#"{"type":"sms.undelivered","timestamp":"2026-09-09T10:15:30Z","data":{"sms_id":"sms_1","from":"+1","to":"+2","error":{"code":"unreachable","description":"Handset out of coverage"}}}"#;
        let found = part(&Bird, &standard(sms));
        let expected = serde_json::json!({ "message_id": "sms_1", "from": "+1", "to": "+2", "error_code": "unreachable", "error_message": "Handset out of coverage" });
        assert_eq!(Value::Object(found.data), expected);
        assert_eq!(found.occurred_at.unwrap().to_string(), "2026-09-09T10:15:30.000Z");
        for (kind, class) in [("hard", "hard"), ("soft", "soft"), ("block", "blocked"), ("admin", "blocked")]
        {
            let email = format!(r#"{{"type":"email.bounced","data":{{"bounce_type":"{kind}"}}}}"#);
            assert_eq!(part(&Bird, &standard(&email)).data["bounce_class"], class);
        }
        let unclear = r#"{"type":"email.bounced","data":{"bounce_type":"undetermined"}}"#;
        assert!(part(&Bird, &standard(unclear)).data.is_empty());
    }

    #[test]
    fn each_status_of_a_subscription_has_its_type() {
        for (event, status, expected) in [
            ("sms.inbound", "delivered", "sms.received"),
            ("whatsapp.inbound", "delivered", "whatsapp.message.received"),
            ("email.inbound", "delivered", "email.received"),
            ("sms.outbound", "accepted", "sms.accepted"),
            ("sms.outbound", "rejected", "sms.rejected"),
            ("sms.outbound", "sent", "sms.sent"),
            ("sms.outbound", "sending_failed", "sms.failed"),
            ("sms.outbound", "delivered", "sms.delivered"),
            ("sms.outbound", "delivery_failed", "sms.undelivered"),
            ("sms.outbound", "pondered", "sms.unknown"),
            ("whatsapp.outbound", "accepted", "whatsapp.accepted"),
            ("whatsapp.outbound", "sent", "whatsapp.sent"),
            ("whatsapp.outbound", "delivered", "whatsapp.delivered"),
            ("whatsapp.outbound", "read", "whatsapp.read"),
            ("whatsapp.outbound", "rejected", "whatsapp.failed"),
            ("whatsapp.outbound", "delivery_failed", "whatsapp.failed"),
            ("whatsapp.interaction", "", "whatsapp.unknown"),
            ("email.outbound", "accepted", "email.accepted"),
            ("email.outbound", "sending_failed", "email.rejected"),
            ("email.outbound", "sent", "email.sent"),
            ("email.outbound", "delivered", "email.delivered"),
            ("email.outbound", "delivery_failed", "email.bounced"),
            ("email.outbound", "", "email.unknown"),
            ("viber.outbound", "delivered", "viber.outbound"),
        ] {
            let body = format!(r#"{{"event":"{event}","payload":{{"id":"m1","status":"{status}"}}}}"#);
            let found = part(&Bird, &subscription(&body));
            assert_eq!(found.event_type, expected, "{event} {status}");
            assert_eq!(found.dedupe_key, format!("m1:{event}:{status}"));
            assert_eq!(found.raw.get(), body);
        }
        assert_eq!(part(&Bird, &subscription("{}")).event_type, "unknown");
    }

    #[test]
    fn both_ends_of_a_message_are_found_in_either_direction() {
        let inbound = r#"{"event":"whatsapp.inbound","payload":{"id":"m1","status":"delivered","sender":{"contact":{"identifierValue":"+31","annotations":{"name":"Ann"}}},"receiver":{"connector":{"identifierValue":"+1"}},"body":{"type":"text","text":{"text":"hi"}},"createdAt":"2026-09-09T10:15:30.123Z"}}"#;
        let found = part(&Bird, &subscription(inbound));
        let expected = serde_json::json!({ "message_id": "m1", "from": "+31", "to": "+1", "text": "hi", "contact_name": "Ann" });
        assert_eq!(Value::Object(found.data), expected);
        assert_eq!(found.occurred_at.unwrap().to_string(), "2026-09-09T10:15:30.123Z");
        let outbound = r#"{"event":"sms.outbound","payload":{"id":"m2","status":"delivery_failed","reason":"absent","sender":{"connector":{"identifierValue":"+1"}},"receiver":{"contacts":[{"identifierValue":"+31"}]}}}"#;
        let found = part(&Bird, &subscription(outbound));
        let expected =
            serde_json::json!({ "message_id": "m2", "from": "+1", "to": "+31", "status_detail": "absent" });
        assert_eq!(Value::Object(found.data), expected);
    }
}
