//! How are Vonage's webhooks of messages verified and read?
//! Messages API: a JWT in `Authorization` with the body's digest (HS256). SMS API: `sig`, a digest of the sorted parameters.
//!
//! Which of the two, and which digest of `sig`, is the source's setting. After an internal fault Vonage may send an
//! unsigned request; it is asked to repeat it. Source: Vonage's "Signed webhooks" and "Signing messages", and
//! vonage-php-sdk-core, vonage-php-jwt and vonage-python-sdk.

use std::borrow::Cow;

use domain::source::options::Algorithm;
use domain::source::received::Reason;
use domain::source::scheme::Scheme;
use md5::Md5;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::adapter::{Adapter, Answer, Part, Refusal, Setup, Split, Verdict, Verified};
use crate::body::data::{self, Data, text_at};
use crate::body::form;
use crate::body::params::{self, Params};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::jwt;
use crate::signature::mac::{self, Hash};

const HEADER: &str = "authorization";
const SIGNATURE: &str = "sig";

/// Vonage's adapter.
#[derive(Debug)]
pub(crate) struct Vonage;

impl Adapter for Vonage {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        match setup.scheme {
            Scheme::VonageJwt => verify_jwt(request, setup),
            Scheme::VonageLegacy => verify_legacy(request, setup),
            _ => Err(Refusal::mismatch()),
        }
        .map(|()| Verified::new(request))
        .into()
    }

    fn split(&self, verified: &Verified<'_>, setup: &Setup<'_>) -> Result<Split, Refusal> {
        let request = verified.request();
        let part = if setup.scheme == Scheme::VonageLegacy { sms(request) } else { message(request.body) };
        part.map(|part| Split::of(vec![part]))
    }

    /// A request without a signature is repeated with one; any other 4xx ends the retries.
    fn refused(&self, reason: Reason) -> Answer {
        match reason {
            Reason::SignatureMissing => Answer::empty(503),
            _ => Answer::refusing(reason),
        }
    }
}

/// What a token claims. Other claims tell nothing about the request.
#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    api_key: Option<String>,
    payload_hash: Option<String>,
    #[serde(default)]
    iat: Value,
    #[serde(default)]
    nbf: Value,
    #[serde(default)]
    exp: Value,
}

fn token<'a>(request: &Request<'a>) -> Result<&'a str, Refusal> {
    let header = request.header(HEADER).ok_or_else(|| Refusal::missing("Authorization"))?;
    let (kind, token) = header.split_once(' ').unwrap_or_default();
    if kind.eq_ignore_ascii_case("bearer") {
        return Ok(token.trim());
    }
    Err(Refusal::new(Reason::SignatureMalformed, "its `Authorization` is not `Bearer` and a token"))
}

/// Whether the request's JWT is signed by one of the secrets, by its signature alone.
pub(crate) fn check_token(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    claims::<IgnoredAny>(request, setup).map(drop)
}

fn claims<T: DeserializeOwned>(request: &Request<'_>, setup: &Setup<'_>) -> Result<T, Refusal> {
    jwt::claims(token(request)?, &setup.secrets, &[jsonwebtoken::Algorithm::HS256])
}

fn verify_jwt(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    let claims: Claims = claims(request, setup)?;
    let refused = |detail: &str| Err(Refusal::new(Reason::TokenRefused, detail));
    if claims.iss.as_deref() != Some("Vonage") {
        return refused("its token's issuer is not Vonage");
    }
    if let Some(ours) = &setup.options.account_api_key {
        let theirs = claims.api_key.unwrap_or_default();
        if !mac::equal(ours.as_bytes(), theirs.as_bytes()) {
            return refused("its token is of another account than `options.account_api_key` names");
        }
    }
    // Without it, a token that was seen once would fit any body.
    let Some(digest) = claims.payload_hash else {
        return refused("its token has no `payload_hash`: nothing covers the body");
    };
    if !mac::from_hex(&digest).is_ok_and(|digest| mac::equal(&digest, &Sha256::digest(request.body))) {
        return refused("its body is another one than its token's `payload_hash` says");
    }
    let issued = data::unix_seconds(&claims.iat);
    let issued =
        issued.ok_or_else(|| Refusal::new(Reason::TimestampMissing, "its token has no readable `iat`"))?;
    setup.check_time(issued)?;
    if data::unix_seconds(&claims.exp).is_some_and(|end| end < setup.now) {
        return Err(Refusal::new(Reason::TimestampTooOld, "its token has expired (`exp`)"));
    }
    if data::unix_seconds(&claims.nbf).is_some_and(|start| start > setup.now) {
        return Err(Refusal::new(Reason::TimestampInFuture, "its token is not valid yet (`nbf`)"));
    }
    Ok(())
}

fn verify_legacy(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    let unreadable =
        |_| Refusal::new(Reason::SignatureMalformed, "its parameters, which are signed, cannot be read");
    let params = Params::of(request).map_err(unreadable)?;
    let signature = params.get(SIGNATURE).ok_or_else(|| Refusal::missing(SIGNATURE))?;
    let signature = mac::from_hex(signature)?;
    if params.pairs().iter().any(|(name, _)| name.contains(['&', '='])) {
        // `a` with the value `b&c=d` is signed as `a=b_c=d`; a name must not say the same with other words.
        let detail = "a parameter's name has `&` or `=`, which separate parameters where they are signed";
        return Err(Refusal::new(Reason::SignatureMalformed, detail));
    }
    let text = signed(&params);
    let Some(algorithm) = setup.options.algorithm else {
        return Err(Refusal::new(Reason::SignatureMismatch, "this source has no `options.algorithm`"));
    };
    let found = match hash(algorithm) {
        Some(hash) => mac::any_matches(hash, &setup.secrets, &[text.as_bytes()], &[signature]),
        None => {
            let secrets = setup.secrets.iter().filter(|secret| !secret.is_empty());
            secrets.fold(false, |found, secret| found | mac::equal(&md5_hash(&text, secret), &signature))
        }
    };
    if !found {
        let detail = "no secret of this source makes its signature; are the secret and `options.algorithm` the signature \
                      secret and method that Vonage shows?";
        return Err(Refusal::new(Reason::SignatureMismatch, detail));
    }
    setup.check_unix_seconds(params.get("timestamp"))
}

/// The hash of an HMAC; `None` for `md5hash`, which is not an HMAC.
const fn hash(algorithm: Algorithm) -> Option<Hash> {
    match algorithm {
        Algorithm::Md5hash => None,
        Algorithm::Md5 => Some(Hash::Md5),
        Algorithm::Sha1 => Some(Hash::Sha1),
        Algorithm::Sha256 => Some(Hash::Sha256),
        Algorithm::Sha512 => Some(Hash::Sha512),
    }
}

/// The digest of the parameters and the secret behind them.
fn md5_hash(text: &str, secret: &str) -> Vec<u8> {
    Md5::new().chain_update(text).chain_update(secret).finalize().to_vec()
}

/// `&name=value` of each parameter but the signature, sorted by name, with `_` for `&` and `=` in a value.
fn signed(params: &Params<'_>) -> String {
    let mut params: Vec<_> = params.pairs().iter().filter(|(name, _)| name != SIGNATURE).collect();
    params.sort_by(|one, other| one.0.cmp(&other.0));
    let mut text = String::new();
    for (name, value) in params {
        text.push('&');
        text.push_str(name);
        text.push('=');
        text.extend(value.chars().map(|char| if matches!(char, '&' | '=') { '_' } else { char }));
    }
    text
}

/// The event of the SMS API: a delivery receipt, or a message that arrived.
fn sms(request: &Request<'_>) -> Result<Part, Refusal> {
    let params = Params::of(request)?;
    // Without the signature, which could be used again: events go to customers.
    let raw = if params::is_json(request.body) {
        let mut members: serde_json::Map<String, Value> = data::json(request.body)?;
        members.remove("sig");
        data::raw(&members)
    } else {
        let unsigned = params.pairs().iter().filter(|(name, _)| name != "sig");
        form::raw(&unsigned.cloned().collect::<Vec<_>>())
    };
    let get = |name| params.get(name);
    let (id, status, time) = (get("messageId"), get("status"), get("message-timestamp"));
    let error_code = get("err-code").filter(|code| *code != "0");
    let is_message = ["text", "data", "keyword", "concat-ref"].iter().any(|name| params.get(name).is_some());
    // A receipt names our sender as `to` and the other side's number as `msisdn`, a message that arrived the reverse.
    let (from, to) = if status.is_some() { (get("to"), get("msisdn")) } else { (get("msisdn"), get("to")) };
    let (event_type, word, dedupe_key) = match (id, status) {
        (Some(id), Some(status)) => {
            let key = [id, status, time.unwrap_or_default(), error_code.unwrap_or_default()].join(":");
            (sms_type(status), status, key)
        }
        (Some(id), None) if is_message => ("sms.received", get("type").unwrap_or("text"), id.to_owned()),
        _ => ("sms.unknown", status.unwrap_or("unknown"), data::digest(raw.get().as_bytes())),
    };
    let data = Data::new()
        .with("message_id", id)
        .with("from", from)
        .with("to", to)
        .with("text", get("text"))
        .with("error_code", error_code)
        .with("price", get("price"))
        .with("client_ref", get("client-ref"))
        .build();
    Ok(Part {
        event_type: event_type.to_owned(),
        provider_type: word.to_owned(),
        dedupe_key,
        occurred_at: time.and_then(data::utc),
        data,
        raw,
    })
}

fn sms_type(status: &str) -> &'static str {
    match status {
        "accepted" | "buffered" => "sms.accepted",
        "delivered" => "sms.delivered",
        "expired" => "sms.expired",
        "failed" => "sms.failed",
        "rejected" => "sms.rejected",
        _ => "sms.unknown",
    }
}

/// The event of the Messages API.
fn message(body: &[u8]) -> Result<Part, Refusal> {
    let event: Value = data::value(body)?;
    let at = |pointer: &str| text_at(&event, pointer);
    let channel = at("/channel").or_else(|| at("/to/type")).unwrap_or_default();
    let channel = match channel.as_str() {
        "sms" | "mms" => "sms",
        "whatsapp" => "whatsapp",
        "rcs" => "rcs",
        "viber_service" => "viber_service",
        "messenger" => "messenger",
        _ => "message",
    };
    let (id, status) = (at("/message_uuid"), at("/status"));
    let kind = at("/message_type").or_else(|| at("/message/content/type"));
    let (event_type, word, dedupe_key) = match (id.clone(), status, kind.clone()) {
        (Some(id), Some(status), _) => {
            let key = format!("{id}:{status}");
            (message_type(channel, &status), status, key)
        }
        (Some(id), None, Some(kind)) => {
            let name = if channel == "whatsapp" { "message.received" } else { "received" };
            (format!("{channel}.{name}"), kind, id)
        }
        _ => (format!("{channel}.unknown"), "unknown".to_owned(), data::digest(body)),
    };
    let text = [
        "/text",
        "/message/content/text",
        "/image/caption",
        "/video/caption",
        "/file/caption",
        "/reply/title",
    ];
    let media =
        kind.as_deref().is_some_and(|kind| matches!(kind, "image" | "audio" | "video" | "file" | "sticker"));
    let data = Data::new()
        .with("message_id", id)
        .with("from", at("/from").or_else(|| at("/from/number")).or_else(|| at("/from/id")))
        .with("to", at("/to").or_else(|| at("/to/number")).or_else(|| at("/to/id")))
        .with("text", text.iter().find_map(|pointer| at(pointer)))
        .with("error_code", at("/error/title").or_else(|| at("/error/code")))
        .with("error_message", at("/error/detail").or_else(|| at("/error/reason")))
        .with("media", media.then_some(1))
        .with("price", at("/usage/price"))
        .with("currency", at("/usage/currency"))
        .with("contact_name", at("/profile/name"))
        .with("reply_to", at("/context/message_uuid"))
        .with("client_ref", at("/client_ref"))
        .build();
    Ok(Part {
        event_type,
        provider_type: word,
        dedupe_key,
        occurred_at: at("/timestamp").and_then(|time| data::rfc3339(&time)),
        data,
        raw: data::json(body)?,
    })
}

fn message_type(channel: &str, status: &str) -> String {
    let name = match status {
        "submitted" => "sent",
        "delivered" => "delivered",
        // An SMS does not say whether it was read.
        "read" if channel != "sms" => "read",
        "rejected" | "undeliverable" => "failed",
        _ => "unknown",
    };
    format!("{channel}.{name}")
}

/// A WhatsApp message that was delivered, or the receipt of an SMS.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    if draft.setup.scheme == Scheme::VonageLegacy { sample_sms(draft) } else { sample_message(draft) }
}

fn sample_message(draft: &Draft<'_>) -> Sample {
    let body = serde_json::json!({
        "message_uuid": draft.id(), "to": "447700900000", "from": "447700900001",
        "timestamp": draft.now.to_string(), "status": "delivered", "channel": "whatsapp",
        "usage": { "currency": "EUR", "price": "0.0333" },
    });
    let body = body.to_string();
    let claims = serde_json::json!({
        "iat": draft.now.as_seconds(), "jti": draft.id(), "iss": "Vonage",
        "payload_hash": data::digest(body.as_bytes()),
        "api_key": draft.setup.options.account_api_key.as_deref().unwrap_or("a1b2c3d4"),
    });
    Sample::json(body).with(HEADER, format!("Bearer {}", jwt::sign(&claims, draft.secret())))
}

fn sample_sms(draft: &Draft<'_>) -> Sample {
    let id = draft.id().to_uppercase();
    let at = draft.now.to_string().replace('T', " ");
    let (seconds, at) = (draft.unix_seconds(), at.get(..19).unwrap_or_default());
    let pairs = [
        ("err-code", "0"),
        ("message-timestamp", at),
        ("messageId", id.get(..16).unwrap_or_default()),
        ("msisdn", "447547232824"),
        ("network-code", "23410"),
        ("nonce", &id),
        ("price", "0.03330000"),
        ("status", "delivered"),
        ("timestamp", &seconds),
        ("to", "Vonage"),
    ];
    let params = pairs.map(|(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value)));
    let text = signed(&Params::from(params.to_vec()));
    let signature = match draft.setup.options.algorithm.and_then(hash) {
        Some(hash) => mac::sign(hash, draft.secret().as_bytes(), &[text.as_bytes()]),
        None => md5_hash(&text, draft.secret()),
    };
    let signature = domain::hex::hex(&signature);
    let mut pairs = pairs.to_vec();
    pairs.push((SIGNATURE, &signature));
    Sample::form(&pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::{Case, NOW, part, refusal, split};
    use serde_json::json;

    const SECRET: &str = "the signature secret of an account";

    fn claimed(body: &str, change: &Value) -> Case {
        let mut claims = json!({
            "iat": NOW, "jti": "1", "iss": "Vonage", "payload_hash": data::digest(body.as_bytes()), "api_key": "a1b2c3d4",
        });
        for (name, value) in change.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        if let Some(claims) = claims.as_object_mut() {
            claims.retain(|_, value| !value.is_null());
        }
        let header = format!("Bearer {}", jwt::sign(&claims, SECRET));
        Case::new(Scheme::VonageJwt, SECRET).body(body).header(HEADER, &header)
    }

    fn event(body: &str) -> Part {
        let part = part(&Vonage, &claimed(body, &Value::Null));
        assert_eq!(part.raw.get(), body);
        part
    }

    #[test]
    fn a_status_of_the_messages_api_has_its_type() {
        for (status, sms, other) in [
            ("submitted", "sms.sent", "sent"),
            ("delivered", "sms.delivered", "delivered"),
            ("read", "sms.unknown", "read"),
            ("rejected", "sms.failed", "failed"),
            ("undeliverable", "sms.failed", "failed"),
            ("new_one", "sms.unknown", "unknown"),
        ] {
            for channel in ["sms", "mms", "whatsapp", "rcs", "viber_service", "messenger", "new_channel", ""]
            {
                let body = json!({ "message_uuid": "u", "channel": channel, "status": status }).to_string();
                let part = event(&body);
                let name = match channel {
                    "sms" | "mms" => sms.to_owned(),
                    "new_channel" | "" => format!("message.{other}"),
                    _ => format!("{channel}.{other}"),
                };
                assert_eq!((part.event_type, part.provider_type.as_str()), (name, status));
                assert_eq!(part.dedupe_key, format!("u:{status}"));
            }
        }
    }

    #[test]
    fn a_status_says_when_and_why() {
        let part = event(
            r#"{"message_uuid":"u","to":"447700900000","from":"447700900001","timestamp":"2026-01-05T09:30:00.000Z","status":"rejected","error":{"title":"1170","detail":"Invalid number"},"usage":{"currency":"EUR","price":"0.0333"},"channel":"whatsapp"}"#,
        );
        assert_eq!(part.occurred_at.map(|at| at.to_string()).as_deref(), Some("2026-01-05T09:30:00.000Z"));
        let data = json!({
            "message_id": "u", "from": "447700900001", "to": "447700900000", "error_code": "1170",
            "error_message": "Invalid number", "price": "0.0333", "currency": "EUR",
        });
        assert_eq!(Value::Object(part.data), data);
        // The older form of the Messages API.
        let older = event(
            r#"{"message_uuid":"u","to":{"type":"sms","number":"44"},"from":{"type":"sms","number":"1"},"status":"submitted"}"#,
        );
        assert_eq!((older.event_type.as_str(), &older.data["to"]), ("sms.sent", &"44".into()));
    }

    #[test]
    fn a_message_that_arrived_has_its_text() {
        for (channel, name) in [
            ("sms", "sms.received"),
            ("whatsapp", "whatsapp.message.received"),
            ("viber_service", "viber_service.received"),
        ] {
            let body = json!({
                "message_uuid": "u", "channel": channel, "message_type": "image", "image": { "caption": "Look" },
                "profile": { "name": "Ada" }, "context": { "message_uuid": "u0" },
            });
            let part = event(&body.to_string());
            assert_eq!((part.event_type.as_str(), part.provider_type.as_str()), (name, "image"));
            assert_eq!((part.dedupe_key.as_str(), &part.data["text"]), ("u", &"Look".into()));
            assert_eq!((&part.data["media"], &part.data["contact_name"]), (&1.into(), &"Ada".into()));
            assert_eq!(part.data["reply_to"], "u0");
        }
        let other = event(r#"{"conversation_uuid":"CON-1","status":"started"}"#);
        assert_eq!((other.event_type.as_str(), other.dedupe_key.len()), ("message.unknown", 64));
        let malformed = split(&Vonage, &claimed("no JSON", &Value::Null)).unwrap_err();
        assert_eq!(malformed.reason, Reason::BodyMalformed);
    }

    #[test]
    fn every_claim_must_be_right() {
        let reason = |change: Value| refusal(&Vonage, &claimed("{}", &change));
        assert_eq!(reason(json!({})), None);
        assert_eq!(reason(json!({ "api_key": null })), None);
        for change in [
            json!({ "iss": null }),
            json!({ "iss": "Vonag" }),
            json!({ "iss": 7 }),
            json!({ "payload_hash": null }),
            json!({ "payload_hash": "" }),
            json!({ "payload_hash": data::digest(b"other") }),
        ] {
            assert_eq!(reason(change.clone()), Some(Reason::TokenRefused), "{change}");
        }
        assert_eq!(reason(json!({ "iat": null })), Some(Reason::TimestampMissing));
        assert_eq!(reason(json!({ "iat": NOW - 24 * 3600 })), None);
        assert_eq!(reason(json!({ "iat": NOW - 24 * 3600 - 1 })), Some(Reason::TimestampTooOld));
        assert_eq!(reason(json!({ "iat": NOW + 24 * 3600 + 1 })), Some(Reason::TimestampInFuture));
        assert_eq!(reason(json!({ "exp": NOW })), None);
        assert_eq!(reason(json!({ "exp": NOW - 1 })), Some(Reason::TimestampTooOld));
        assert_eq!(reason(json!({ "nbf": NOW + 1 })), Some(Reason::TimestampInFuture));
        assert_eq!(refusal(&Vonage, &claimed("{}", &json!({})).body("{} ")), Some(Reason::TokenRefused));
    }

    #[test]
    fn the_token_must_be_of_the_account_if_the_source_names_it() {
        let mut case = claimed("{}", &json!({}));
        case.options.account_api_key = Some("a1b2c3d4".to_owned());
        assert_eq!(refusal(&Vonage, &case), None);
        case.options.account_api_key = Some("another".to_owned());
        assert_eq!(refusal(&Vonage, &case), Some(Reason::TokenRefused));
        let mut without = claimed("{}", &json!({ "api_key": null }));
        without.options.account_api_key = Some("a1b2c3d4".to_owned());
        assert_eq!(refusal(&Vonage, &without), Some(Reason::TokenRefused));
    }

    #[test]
    fn the_token_is_a_bearers_and_of_hs256() {
        let case = claimed("{}", &json!({}));
        let header = String::from_utf8(case.headers[0].1.clone()).unwrap();
        let reason = |header: &str| refusal(&Vonage, &case.clone().header(HEADER, header));
        assert_eq!(reason(&header.replace("Bearer", "bearer")), None);
        for bad in [&header[7..], "Bearer", "Bearer ", &header.replace("Bearer", "Basic"), ""] {
            assert_eq!(reason(bad), Some(Reason::SignatureMalformed), "{bad}");
        }
        let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
        let longer = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS512);
        let token = jsonwebtoken::encode(&longer, &json!({ "iss": "Vonage" }), &key).unwrap();
        assert_eq!(reason(&format!("Bearer {token}")), Some(Reason::TokenRefused));
    }

    /// A request with parameters, signed as the source's algorithm says.
    fn params(algorithm: Algorithm, query: &str) -> (Case, String) {
        let text = signed(&Params::from(form::pairs(query.as_bytes())));
        let signature = match hash(algorithm) {
            Some(hash) => mac::sign(hash, SECRET.as_bytes(), &[text.as_bytes()]),
            None => md5_hash(&text, SECRET),
        };
        let mut case = Case::new(Scheme::VonageLegacy, SECRET);
        case.options.algorithm = Some(algorithm);
        (case, domain::hex::hex(&signature))
    }

    /// A receipt with these parameters, as a form.
    fn receipt(query: &str) -> Case {
        let query = format!("{query}&timestamp={NOW}");
        let (case, signature) = params(Algorithm::Sha256, &query);
        case.body(format!("{query}&sig={signature}"))
    }

    #[test]
    fn a_receipt_of_the_sms_api_has_its_type() {
        for (status, name) in [
            ("accepted", "sms.accepted"),
            ("buffered", "sms.accepted"),
            ("delivered", "sms.delivered"),
            ("expired", "sms.expired"),
            ("failed", "sms.failed"),
            ("rejected", "sms.rejected"),
            ("unknown", "sms.unknown"),
            ("new_one", "sms.unknown"),
        ] {
            let part = part(&Vonage, &receipt(&format!("messageId=m&status={status}")));
            assert_eq!((part.event_type.as_str(), part.provider_type.as_str()), (name, status));
        }
    }

    #[test]
    fn a_receipt_says_who_when_and_why() {
        let query = "messageId=m&status=failed&message-timestamp=2018-10-25+12%3A10%3A29&err-code=6&msisdn=44&to=Acme&price=0.03";
        let one = part(&Vonage, &receipt(query));
        assert_eq!(one.dedupe_key, "m:failed:2018-10-25 12:10:29:6");
        assert_eq!(one.occurred_at.map(|at| at.to_string()).as_deref(), Some("2018-10-25T12:10:29.000Z"));
        let data =
            json!({ "message_id": "m", "from": "Acme", "to": "44", "error_code": "6", "price": "0.03" });
        assert_eq!(Value::Object(one.data), data);
        let good = part(&Vonage, &receipt("messageId=m&status=delivered&err-code=0&client-ref=r"));
        assert_eq!(Value::Object(good.data), json!({ "message_id": "m", "client_ref": "r" }));
    }

    #[test]
    fn an_sms_that_arrived_has_its_sender() {
        let sms = part(&Vonage, &receipt("messageId=m&msisdn=44&to=1&text=Hi+%26+bye&type=unicode"));
        assert_eq!((sms.event_type.as_str(), sms.provider_type.as_str()), ("sms.received", "unicode"));
        assert_eq!(sms.dedupe_key, "m");
        let data = json!({ "message_id": "m", "from": "44", "to": "1", "text": "Hi & bye" });
        assert_eq!(Value::Object(sms.data), data);
        let nothing = part(&Vonage, &receipt("a=1"));
        assert_eq!((nothing.event_type.as_str(), nothing.dedupe_key.len()), ("sms.unknown", 64));
    }

    #[test]
    fn each_algorithm_and_each_kind_of_body_verifies() {
        use Algorithm::{Md5, Md5hash, Sha1, Sha256, Sha512};
        let query = format!("text=a%26b%3Dc&messageId=m&nonce=n&Zeta=&timestamp={NOW}");
        for algorithm in [Md5hash, Md5, Sha1, Sha256, Sha512] {
            let (case, signature) = params(algorithm, &query);
            let signature = signature.to_uppercase();
            let json = json!({
                "text": "a&b=c", "messageId": "m", "nonce": "n", "Zeta": null, "timestamp": NOW, "sig": signature,
            });
            let get = case.clone().query(&format!("{query}&sig={signature}"));
            let form = case.clone().body(format!("sig={signature}&{query}"));
            for case in [get, form, case.clone().body(json.to_string())] {
                assert_eq!(refusal(&Vonage, &case), None, "{algorithm:?}");
                for other in
                    [Md5hash, Md5, Sha1, Sha256, Sha512].into_iter().filter(|other| *other != algorithm)
                {
                    let mut case = case.clone();
                    case.options.algorithm = Some(other);
                    assert_eq!(
                        refusal(&Vonage, &case),
                        Some(Reason::SignatureMismatch),
                        "{algorithm:?} {other:?}"
                    );
                }
                let none =
                    Case { options: domain::source::options::SourceOptions::default(), ..case.clone() };
                assert_eq!(refusal(&Vonage, &none), Some(Reason::SignatureMismatch));
                let empty = Case { secrets: vec![String::new()], ..case };
                assert_eq!(refusal(&Vonage, &empty), Some(Reason::SignatureMismatch));
            }
        }
    }

    #[test]
    fn an_empty_secret_signs_nothing() {
        let (mut case, _) = params(Algorithm::Md5hash, "a=1");
        case.secrets = vec![String::new()];
        let signature = domain::hex::hex(&md5_hash(&format!("&a=1&timestamp={NOW}"), ""));
        let case = case.query(&format!("a=1&timestamp={NOW}&sig={signature}"));
        assert_eq!(refusal(&Vonage, &case), Some(Reason::SignatureMismatch));
    }

    #[test]
    fn the_parameters_are_signed_in_order() {
        let text = signed(&Params::from(form::pairs(b"b=x%3Dy%26z&a+c=1&sig=0&B=")));
        assert_eq!(text, "&B=&a c=1&b=x_y_z");
    }

    #[test]
    fn a_name_cannot_hold_other_parameters() {
        let query = format!("messageId=m&status=delivered&text=a&timestamp={NOW}");
        let (case, signature) = params(Algorithm::Sha256, &query);
        let with = |query: &str| case.clone().query(&format!("{query}&timestamp={NOW}&sig={signature}"));
        assert_eq!(refusal(&Vonage, &with("messageId=m&status=delivered&text=a")), None);
        for regrouped in
            ["messageId=m&status%3Ddelivered%26text=a", "messageId%3Dm%26status=delivered&text=a"]
        {
            assert_eq!(refusal(&Vonage, &with(regrouped)), Some(Reason::SignatureMalformed), "{regrouped}");
        }
        for name in ["a%3Db", "a%26b"] {
            let query = format!("{name}=c&timestamp={NOW}");
            let (case, signature) = params(Algorithm::Sha256, &query);
            let case = case.query(&format!("{query}&sig={signature}"));
            assert_eq!(refusal(&Vonage, &case), Some(Reason::SignatureMalformed), "{name}");
        }
    }

    #[test]
    fn an_old_receipt_is_refused_only_if_it_is_genuine() {
        let case = receipt("messageId=m");
        assert_eq!(refusal(&Vonage, &case.clone().at(NOW + 300)), None);
        assert_eq!(refusal(&Vonage, &case.clone().at(NOW + 301)), Some(Reason::TimestampTooOld));
        assert_eq!(refusal(&Vonage, &case.clone().at(NOW - 301)), Some(Reason::TimestampInFuture));
        let other = Case { secrets: vec!["another".to_owned()], ..case };
        assert_eq!(refusal(&Vonage, &other.at(NOW + 301)), Some(Reason::SignatureMismatch));
        let (case, signature) = params(Algorithm::Sha256, "a=1");
        let no_time = case.query(&format!("a=1&sig={signature}"));
        assert_eq!(refusal(&Vonage, &no_time), Some(Reason::TimestampMissing));
    }

    #[test]
    fn json_that_two_readers_may_read_differently_is_refused() {
        let query = format!("text=good&timestamp={NOW}");
        let (case, signature) = params(Algorithm::Sha256, &query);
        let body = |text: &str| format!(r#"{{{text},"timestamp":"{NOW}","sig":"{signature}"}}"#);
        assert_eq!(refusal(&Vonage, &case.clone().body(body(r#""text":"good""#))), None);
        for bad in [r#""text":"evil","text":"good""#, r#""text":"good","text":"evil""#, r#""text":["good"]"#]
        {
            let case = case.clone().body(body(bad));
            assert_eq!(refusal(&Vonage, &case), Some(Reason::SignatureMalformed), "{bad}");
        }
    }

    #[test]
    fn without_a_signature_it_is_asked_to_repeat() {
        assert_eq!(refusal(&Vonage, &Case::new(Scheme::VonageJwt, SECRET)), Some(Reason::SignatureMissing));
        let (case, _) = params(Algorithm::Sha256, "a=1");
        assert_eq!(refusal(&Vonage, &case.clone().query("a=1")), Some(Reason::SignatureMissing));
        assert_eq!(refusal(&Vonage, &case.query("a=1&sig=")), Some(Reason::SignatureMissing));
        let status = |reason| Vonage.refused(reason).status;
        assert_eq!(status(Reason::SignatureMissing), 503);
        assert_eq!((status(Reason::SignatureMismatch), status(Reason::TimestampTooOld)), (401, 401));
        assert_eq!((status(Reason::BodyMalformed), status(Reason::BodyTooLarge)), (400, 413));
    }

    #[test]
    fn the_request_does_not_choose_the_scheme() {
        let jwt = Case { scheme: Scheme::VonageLegacy, ..claimed("{}", &json!({})) };
        assert_eq!(refusal(&Vonage, &jwt), Some(Reason::SignatureMissing));
        let legacy = Case { scheme: Scheme::VonageJwt, ..receipt("messageId=m") };
        assert_eq!(refusal(&Vonage, &legacy), Some(Reason::SignatureMissing));
    }
}
