//! How are MessageBird's webhooks verified and read?
//! `MessageBird-Signature-JWT`: a token with digests of the URL and the body; before it, an HMAC over the query.
//!
//! The token (HS256, HS384 or HS512 with the signing key as text) claims `iss` MessageBird, `nbf`, `exp`, `jti`, `url_hash`
//! and, if and only if there is a body, `payload_hash`. The older `MessageBird-Signature` is HMAC-SHA256 of
//! `{time}\n{sorted query}\n{SHA-256 of the body}`: neither host nor path are signed. Status reports of SMS come as GET, with
//! the parameters in the query. Source: MessageBird's documentation of SMS and Conversations; the SDKs messagebird-nodejs
//! and php-rest-api.

use std::borrow::Cow;

use domain::source::received::Reason;
use domain::source::scheme::Scheme;
use domain::timestamp::Timestamp;
use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::adapter::{Adapter, Part, Refusal, Setup, Split, Verdict, Verified};
use crate::body::data::{self, Data, text_at, word_at};
use crate::body::form;
use crate::body::payload::{self, Payload};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::jwt;
use crate::signature::mac::{self, Hash};

const TOKEN: &str = "messagebird-signature-jwt";
const SIGNATURE: &str = "messagebird-signature";
const TIME: &str = "messagebird-request-timestamp";
const ALGORITHMS: [Algorithm; 3] = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];

/// MessageBird's adapter.
#[derive(Debug)]
pub(crate) struct Messagebird;

impl Adapter for Messagebird {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        let result = match setup.scheme {
            Scheme::MessagebirdLegacy => verify_legacy(request, setup),
            _ => verify_token(request, setup),
        };
        result.map(|()| Verified::new(request)).into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        let request = verified.request();
        let payload = if request.body.is_empty() {
            let pairs = form::pairs(request.query().as_bytes());
            Payload { value: Value::Object(form::object(&pairs)), raw: form::raw(&pairs) }
        } else {
            payload::any(request)?
        };
        let part = if ["conversation", "message"]
            .iter()
            .any(|name| payload.value.get(name).is_some_and(Value::is_object))
        {
            conversation(payload, request)
        } else {
            sms(payload, request)
        };
        Ok(Split::of(vec![part]))
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    nbf: i64,
    exp: i64,
    jti: String,
    url_hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload_hash: Option<String>,
}

fn verify_token(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    let token = request.header(TOKEN).ok_or_else(|| Refusal::missing("MessageBird-Signature-JWT"))?;
    let claims: Claims = jwt::claims(token, &setup.secrets, &ALGORITHMS)?;
    let refused = |detail: &str| Err(Refusal::new(Reason::TokenRefused, detail));
    if claims.iss != "MessageBird" || claims.jti.is_empty() {
        return refused("its token is not by MessageBird, or has no id");
    }
    if !mac::equal(claims.url_hash.as_bytes(), data::digest(request.url.as_bytes()).as_bytes()) {
        return refused(
            "its token is for another URL; is `public_base_url` the address as MessageBird calls it, and does no proxy \
             change path or query?",
        );
    }
    match (&claims.payload_hash, request.body) {
        (None, []) => {}
        (Some(digest), body @ [_, ..]) if mac::equal(digest.as_bytes(), data::digest(body).as_bytes()) => {}
        (None, _) => return refused("its token is for a request without a body, but it has one"),
        (Some(_), []) => return refused("its token is for a request with a body, but it has none"),
        (Some(_), _) => return refused("its token is for another body"),
    }
    let at = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1000));
    if at(claims.nbf) > setup.now {
        setup.check_time(at(claims.nbf))?;
    }
    if at(claims.exp) < setup.now {
        setup.check_time(at(claims.exp))?;
    }
    Ok(())
}

fn verify_legacy(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    let header = request.header(SIGNATURE).ok_or_else(|| Refusal::missing("MessageBird-Signature"))?;
    let signature = [mac::from_base64(header)?];
    let time = request.header(TIME);
    let time = time
        .ok_or_else(|| Refusal::new(Reason::TimestampMissing, "it has no `MessageBird-Request-Timestamp`"))?;
    let digest = Sha256::digest(request.body);
    let query = sorted(query(request));
    let parts: [&[u8]; 5] = [time.as_bytes(), b"\n", query.as_bytes(), b"\n", digest.as_ref()];
    mac::require_match(Hash::Sha256, &setup.secrets, &parts, &signature)?;
    setup.check_unix_seconds(Some(time))
}

/// The parameters of the query. The `+` of a time's offset may come unencoded, and means a plus all the same.
fn query<'a>(request: &Request<'a>) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
    let mut pairs = form::pairs(request.query().as_bytes());
    for (name, value) in &mut pairs {
        if name == "statusDatetime" && value.contains(' ') {
            *value = value.replace(' ', "+").into();
        }
    }
    pairs
}

/// The parameters sorted by name, as a form.
fn sorted(mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)>) -> String {
    pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A status report of an SMS, or an SMS that arrived.
fn sms(Payload { value, raw }: Payload, request: &Request<'_>) -> Part {
    let text = |name: &str| text_at(&value, &format!("/{name}")).filter(|text| !text.is_empty());
    let status = text("status");
    let message = text("body").or_else(|| text("message"));
    let arrived = status.is_none() && text("originator").is_some() && message.is_some();
    let (id, to) = (text("id"), text("recipient"));
    // The plus of its offset becomes a space where it comes unencoded.
    let at = text("statusDatetime").or_else(|| text("createdDatetime")).map(|at| at.replace(' ', "+"));
    let event_type = if arrived { "sms.received" } else { sms_type(status.as_deref().unwrap_or_default()) };
    let word = if arrived { "received" } else { status.as_deref().unwrap_or("unknown") };
    // A message to many has one id, and a report for each recipient.
    let key = |id: &String| {
        let [to, at] = [&to, &at].map(|text| text.as_deref().unwrap_or_default());
        if arrived { format!("{id}:received") } else { format!("{id}:{to}:{word}:{at}") }
    };
    Part {
        event_type: event_type.to_owned(),
        dedupe_key: id.as_ref().map_or_else(|| data::digest(&whole(request)), key),
        provider_type: word.to_owned(),
        occurred_at: at.as_deref().and_then(data::rfc3339),
        data: Data::new()
            .with("message_id", id)
            .with("from", text("originator"))
            .with("to", to)
            .with("text", message.filter(|_| arrived))
            .with("status_detail", text("statusReason"))
            .with("error_code", text("statusErrorCode"))
            .with("price", text("price[amount]"))
            .with("currency", text("price[currency]"))
            .with("reference", text("reference"))
            .build(),
        raw,
    }
}

fn sms_type(status: &str) -> &'static str {
    match status {
        "scheduled" => "sms.accepted",
        "sent" | "buffered" => "sms.sent",
        "delivered" => "sms.delivered",
        "expired" => "sms.expired",
        "delivery_failed" => "sms.failed",
        _ => "sms.unknown",
    }
}

/// What tells a request without an id apart.
fn whole(request: &Request<'_>) -> Vec<u8> {
    [request.query().as_bytes(), b"\n", request.body].concat()
}

/// A webhook of Conversations: `message.created` and `message.updated`, on any channel; others are kept by their names.
fn conversation(Payload { value, raw }: Payload, request: &Request<'_>) -> Part {
    let kind = word_at(&value, "/type").unwrap_or_else(|| "unknown".to_owned());
    let text = |name: &str| text_at(&value, &format!("/message/{name}")).filter(|text| !text.is_empty());
    let (id, status) = (text("id"), text("status").unwrap_or_default());
    let received = text("direction").as_deref() == Some("received");
    let channel = text("platform").or_else(|| text("channel"));
    let event_type = match (kind.as_str(), channel.as_deref()) {
        ("message.created" | "message.updated", Some("sms")) => message_type("sms", received, &status),
        ("message.created" | "message.updated", Some("whatsapp")) => {
            message_type("whatsapp", received, &status)
        }
        _ => kind.clone(),
    };
    let at = if kind == "message.updated" { text("updatedDatetime") } else { text("createdDatetime") };
    let key = |id: &String| format!("{id}:{kind}:{status}");
    Part {
        event_type,
        dedupe_key: id.as_ref().map_or_else(|| data::digest(&whole(request)), key),
        occurred_at: at.as_deref().and_then(data::rfc3339),
        data: Data::new()
            .with("message_id", id)
            .with("from", text("from"))
            .with("to", text("to"))
            .with("text", text("content/text"))
            .with("error_code", text("error/code"))
            .with("error_message", text("error/description"))
            .with("contact_name", text_at(&value, "/contact/displayName").filter(|name| !name.is_empty()))
            .with("conversation_id", text_at(&value, "/conversation/id"))
            .build(),
        provider_type: if status.is_empty() { kind } else { format!("{kind}.{status}") },
        raw,
    }
}

fn message_type(channel: &str, received: bool, status: &str) -> String {
    let sms = channel == "sms";
    let name = match status {
        _ if received && status != "deleted" => {
            return if sms { "sms.received" } else { "whatsapp.message.received" }.to_owned();
        }
        "accepted" | "pending" => "accepted",
        "sent" | "transmitted" => "sent",
        "delivered" => "delivered",
        "read" if !sms => "read",
        "rejected" if sms => "rejected",
        "failed" | "rejected" => "failed",
        "deleted" if !sms => "message.deleted",
        _ => "unknown",
    };
    format!("{channel}.{name}")
}

/// A status report: a delivered SMS.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    let at = draft.now.to_string();
    let id = draft.id();
    let parameters = [
        ("id", id.as_str()),
        ("reference", "order-1003"),
        ("recipient", "31612345678"),
        ("status", "delivered"),
        ("statusReason", "successfully delivered"),
        ("statusDatetime", at.as_str()),
        ("mccmnc", "20408"),
        ("ported", "0"),
    ];
    let pairs = || parameters.map(|(name, value)| (Cow::from(name), Cow::from(value)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs()).finish();
    let url = format!("{}?{query}", draft.url);
    let bare = Sample {
        method: "GET",
        query: format!("?{query}"),
        headers: Vec::new(),
        body: Vec::new(),
        secret: None,
    };
    if draft.setup.scheme == Scheme::MessagebirdLegacy {
        let time = draft.unix_seconds();
        let query = sorted(pairs().to_vec());
        let digest = Sha256::digest(b"");
        let parts: [&[u8]; 5] = [time.as_bytes(), b"\n", query.as_bytes(), b"\n", digest.as_ref()];
        let signature = mac::sign(Hash::Sha256, draft.secret().as_bytes(), &parts);
        return bare.with(TIME, time).with(SIGNATURE, data::base64(&signature));
    }
    let now = draft.now.as_seconds();
    let claims = Claims {
        iss: "MessageBird".to_owned(),
        nbf: now,
        exp: now + 60,
        jti: id.clone(),
        url_hash: data::digest(url.as_bytes()),
        payload_hash: None,
    };
    bare.with(TOKEN, jwt::sign(&claims, draft.secret()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::{Case, NOW, part, refusal, split};

    const KEY: &str = "36efdd1aace2e26cd490f0d951138253bef2f7c6d34d18981da781555cc4cebb";

    fn claims(case: &Case) -> Claims {
        Claims {
            iss: "MessageBird".to_owned(),
            nbf: NOW,
            exp: NOW + 60,
            jti: "1".to_owned(),
            url_hash: data::digest(case.url.as_bytes()),
            payload_hash: (!case.body.is_empty()).then(|| data::digest(&case.body)),
        }
    }

    fn with_claims(case: &Case, claims: &Claims) -> Case {
        case.clone().header(TOKEN, &jwt::sign(claims, KEY))
    }

    fn report(query: &str) -> Case {
        let case = Case::new(Scheme::MessagebirdJwt, KEY).query(query);
        with_claims(&case, &claims(&case))
    }

    fn posted(body: &str, content_type: &str) -> Case {
        let case = Case::new(Scheme::MessagebirdJwt, KEY).body(body).header("content-type", content_type);
        with_claims(&case, &claims(&case))
    }

    fn legacy(case: Case, query: &str) -> Case {
        let digest = Sha256::digest(&case.body);
        let time = NOW.to_string();
        let parts: [&[u8]; 5] = [time.as_bytes(), b"\n", query.as_bytes(), b"\n", digest.as_ref()];
        let signature = data::base64(&mac::sign(Hash::Sha256, KEY.as_bytes(), &parts));
        case.header(TIME, &time).header(SIGNATURE, &signature)
    }

    #[test]
    fn each_status_of_a_report_has_its_type() {
        for (status, expected) in [
            ("scheduled", "sms.accepted"),
            ("sent", "sms.sent"),
            ("buffered", "sms.sent"),
            ("delivered", "sms.delivered"),
            ("expired", "sms.expired"),
            ("delivery_failed", "sms.failed"),
            ("vanished", "sms.unknown"),
        ] {
            let query = format!(
                "id=m1&recipient=31612345678&status={status}&statusDatetime=2019-01-11T09:17:11%2B00:00"
            );
            let found = part(&Messagebird, &report(&query));
            assert_eq!((found.event_type.as_str(), found.provider_type.as_str()), (expected, status));
            assert_eq!(found.dedupe_key, format!("m1:31612345678:{status}:2019-01-11T09:17:11+00:00"));
            assert_eq!(found.occurred_at.unwrap().to_string(), "2019-01-11T09:17:11.000Z");
        }
        let empty = part(&Messagebird, &report("a=b"));
        assert_eq!((empty.event_type.as_str(), empty.dedupe_key.len()), ("sms.unknown", 64));
        assert_ne!(empty.dedupe_key, part(&Messagebird, &report("a=c")).dedupe_key);
    }

    #[test]
    fn a_report_has_the_names_of_all_sms_and_its_parameters_raw() {
        let query = "id=m1&recipient=316&status=delivery_failed&statusReason=unknown+subscriber&statusErrorCode=1&price%5Bamount%5D=0.06&price%5Bcurrency%5D=EUR&reference=r1";
        let found = part(&Messagebird, &report(query));
        let expected = serde_json::json!({
            "message_id": "m1", "to": "316", "status_detail": "unknown subscriber", "error_code": "1", "price": "0.06",
            "currency": "EUR", "reference": "r1",
        });
        assert_eq!(Value::Object(found.data), expected);
        let raw: Value = serde_json::from_str(found.raw.get()).unwrap();
        assert_eq!((&raw["status"], &raw["price[amount]"]), (&"delivery_failed".into(), &"0.06".into()));
    }

    #[test]
    fn recipients_of_one_message_are_told_apart() {
        let key =
            |to: &str| part(&Messagebird, &report(&format!("id=m1&status=sent&recipient={to}"))).dedupe_key;
        assert_ne!(key("1"), key("2"));
    }

    #[test]
    fn an_sms_that_arrives_is_received_as_query_form_or_json() {
        let query =
            "id=m1&originator=316&recipient=317&body=hi+you&createdDatetime=2019-01-11T09:17:11%2B00:00";
        let json = r#"{"id":"m1","type":"sms","originator":"316","recipient":"317","body":"hi you","createdDatetime":"2019-01-11T09:17:11+00:00"}"#;
        let form = posted(query, "application/x-www-form-urlencoded");
        for case in [report(query), form, posted(json, "application/json")] {
            let found = part(&Messagebird, &case);
            assert_eq!(
                (found.event_type.as_str(), found.dedupe_key.as_str()),
                ("sms.received", "m1:received")
            );
            let expected =
                serde_json::json!({ "message_id": "m1", "from": "316", "to": "317", "text": "hi you" });
            assert_eq!(Value::Object(found.data), expected);
        }
        let broken = split(&Messagebird, &posted("{", "application/json")).unwrap_err();
        assert_eq!(broken.reason, Reason::BodyMalformed);
    }

    #[test]
    fn a_conversation_is_named_by_its_channel() {
        for (kind, platform, direction, status, expected) in [
            ("message.created", "whatsapp", "received", "received", "whatsapp.message.received"),
            ("message.created", "sms", "received", "received", "sms.received"),
            ("message.created", "sms", "sent", "pending", "sms.accepted"),
            ("message.updated", "sms", "sent", "transmitted", "sms.sent"),
            ("message.updated", "sms", "sent", "delivered", "sms.delivered"),
            ("message.updated", "sms", "sent", "rejected", "sms.rejected"),
            ("message.updated", "sms", "sent", "read", "sms.unknown"),
            ("message.updated", "whatsapp", "sent", "read", "whatsapp.read"),
            ("message.updated", "whatsapp", "sent", "failed", "whatsapp.failed"),
            ("message.updated", "whatsapp", "sent", "rejected", "whatsapp.failed"),
            ("message.updated", "whatsapp", "received", "deleted", "whatsapp.message.deleted"),
            ("message.updated", "whatsapp", "sent", "lost", "whatsapp.unknown"),
            ("message.created", "telegram", "received", "received", "message.created"),
            ("conversation.created", "sms", "", "", "conversation.created"),
        ] {
            let body = serde_json::json!({
                "type": kind, "conversation": { "id": "c1" }, "contact": { "displayName": "Ann" },
                "message": { "id": "m1", "platform": platform, "direction": direction, "status": status, "content": { "text": "hi" } },
            });
            let body = body.to_string();
            let found = part(&Messagebird, &posted(&body, "application/json"));
            assert_eq!(found.event_type, expected, "{kind} {platform} {direction} {status}");
            assert_eq!(found.dedupe_key, format!("m1:{kind}:{status}"));
            assert_eq!((&found.data["text"], &found.data["contact_name"]), (&"hi".into(), &"Ann".into()));
            assert_eq!(found.raw.get(), body);
        }
    }

    #[test]
    fn a_conversation_without_a_type_is_unknown() {
        for body in [r#"{"message":{"id":"m1"}}"#, r#"{"type":"","message":{"id":"m1"}}"#] {
            let found = part(&Messagebird, &posted(body, "application/json"));
            assert_eq!((found.event_type.as_str(), found.dedupe_key.as_str()), ("unknown", "m1:unknown:"));
        }
    }

    #[test]
    fn a_token_is_for_one_url_and_one_body() {
        let good = report("id=1");
        assert_eq!(refusal(&Messagebird, &good), None);
        let refused = Some(Reason::TokenRefused);
        assert_eq!(refusal(&Messagebird, &good.clone().query("id=2")), refused);
        assert_eq!(refusal(&Messagebird, &good.clone().body("added")), refused);
        let post = posted("{}", "application/json");
        assert_eq!(refusal(&Messagebird, &post), None);
        assert_eq!(refusal(&Messagebird, &post.clone().body("")), refused);
        assert_eq!(refusal(&Messagebird, &post.clone().body("{ }")), refused);
        for change in [
            (|claims: &mut Claims| claims.iss = "messagebird".to_owned()) as fn(&mut Claims),
            |claims| claims.jti.clear(),
            |claims| claims.url_hash.clear(),
            |claims| claims.payload_hash = Some(data::digest(b"")),
        ] {
            let mut claims = claims(&good);
            change(&mut claims);
            assert_eq!(refusal(&Messagebird, &with_claims(&good, &claims)), refused);
        }
    }

    #[test]
    fn a_token_is_valid_for_its_minute_and_a_second() {
        let good = report("id=1");
        assert_eq!(refusal(&Messagebird, &good.clone().at(NOW - 1)), None);
        assert_eq!(refusal(&Messagebird, &good.clone().at(NOW - 2)), Some(Reason::TimestampInFuture));
        assert_eq!(refusal(&Messagebird, &good.clone().at(NOW + 61)), None);
        assert_eq!(refusal(&Messagebird, &good.clone().at(NOW + 62)), Some(Reason::TimestampTooOld));
        // Its validity is what it claims, however long.
        let mut long = claims(&good);
        long.exp = NOW + 3600;
        assert_eq!(refusal(&Messagebird, &with_claims(&good, &long).at(NOW + 3600)), None);
        // A wrong signature is a mismatch first.
        let mut other = good.at(NOW + 9999);
        other.secrets = vec!["another".to_owned()];
        assert_eq!(refusal(&Messagebird, &other), Some(Reason::SignatureMismatch));
    }

    #[test]
    fn the_older_signature_covers_the_sorted_query_however_it_is_written() {
        let signed = "a=x+y&b=2019-01-11T09%3A17%3A11&statusDatetime=2019-01-11T09%3A17%3A11%2B00%3A00";
        let case = Case::new(Scheme::MessagebirdLegacy, KEY);
        for query in [
            signed,
            "statusDatetime=2019-01-11T09:17:11%2B00:00&b=2019-01-11T09:17:11&a=x%20y",
            "statusDatetime=2019-01-11T09:17:11+00:00&b=2019-01-11T09:17:11&a=x+y",
        ] {
            assert_eq!(refusal(&Messagebird, &legacy(case.clone().query(query), signed)), None, "{query}");
        }
        let other = legacy(case.clone().query("a=x+z"), signed);
        assert_eq!(refusal(&Messagebird, &other), Some(Reason::SignatureMismatch));
        let good = legacy(case.query("a=1").body("x"), "a=1");
        assert_eq!(refusal(&Messagebird, &good), None);
        assert_eq!(refusal(&Messagebird, &good.clone().body("y")), Some(Reason::SignatureMismatch));
        assert_eq!(refusal(&Messagebird, &good.clone().at(NOW + 100)), None);
        assert_eq!(refusal(&Messagebird, &good.clone().at(NOW + 101)), Some(Reason::TimestampTooOld));
        // Neither scheme stands in for the other.
        let mut as_token = good.clone();
        as_token.scheme = Scheme::MessagebirdJwt;
        assert_eq!(refusal(&Messagebird, &as_token), Some(Reason::SignatureMissing));
        let mut as_legacy = report("a=1");
        as_legacy.scheme = Scheme::MessagebirdLegacy;
        assert_eq!(refusal(&Messagebird, &as_legacy), Some(Reason::SignatureMissing));
    }
}
