//! How are Mailgun's webhooks and routes verified and read?
//! HMAC-SHA256 in hexadecimal digits, of a timestamp and a token that stand in the body. The rest of the body is not signed:
//! a token may come again with the same content only.
//!
//! Webhooks post JSON (`signature` and `event-data`); routes, which forward mails that arrive, and the older webhooks post a
//! form or multipart. Sources: Mailgun documentation, "Webhooks" ("Securing Webhooks", "Retries") and "Receive, Forward and
//! Store Messages"; SDK `mailgun-php`.

use std::borrow::Cow;

use domain::source::received::Reason;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::adapter::{Adapter, Answer, Attachment, Part, Refusal, Setup, Split, Verdict, Verified};
use crate::body::data::{self, Data, text_at};
use crate::body::form;
use crate::body::multipart::{self, Field};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::mac::{self, Hash};

/// The members of the signature. In a form they stand among all others.
const SIGNATURE: [&str; 3] = ["timestamp", "token", "signature"];

/// The adapter of Mailgun.
#[derive(Debug)]
pub(crate) struct Mailgun;

impl Adapter for Mailgun {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        verify(request, setup).map(|token| Verified::once(request, token, content(request))).into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        let request = verified.request();
        let part = match Body::of(request) {
            Body::Json => webhook(request.body)?,
            Body::Form => form_part(form::pairs(request.body), &[]),
            Body::Multipart => {
                let fields = multipart::fields(request)?;
                form_part(texts(&fields), &fields)
            }
        };
        Ok(Split::of(vec![part]))
    }

    /// Mailgun gives up after 406 and repeats after every other status for 8 hours: a secret that is corrected in this time
    /// loses nothing.
    fn refused(&self, reason: Reason) -> Answer {
        match reason {
            Reason::BodyMalformed
            | Reason::BodyTooLarge
            | Reason::SignatureMalformed
            | Reason::TimestampTooOld => Answer::empty(406),
            _ => Answer::empty(401),
        }
    }

    fn attachment(&self, request: &Request<'_>, number: usize) -> Option<Attachment> {
        multipart::is_multipart(request)
            .then(|| multipart::fields(request).ok())
            .flatten()
            .and_then(|fields| multipart::attachment(&fields, number))
    }
}

/// What the body is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    Json,
    Form,
    Multipart,
}

impl Body {
    fn of(request: &Request<'_>) -> Self {
        let first = request.body.iter().find(|byte| !byte.is_ascii_whitespace());
        match first {
            _ if multipart::is_multipart(request) => Self::Multipart,
            _ if request.is_form() => Self::Form,
            Some(b'{') | None => Self::Json,
            Some(_) => Self::Form,
        }
    }
}

/// The signed members, as texts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Signature {
    timestamp: Option<Word>,
    token: Option<Word>,
    signature: Option<Word>,
}

/// A text, or a number as the text that it is written as.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Word {
    Text(String),
    Number(serde_json::Number),
    Other(IgnoredAny),
}

impl Word {
    fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(number) => Some(number.to_string()),
            Self::Other(IgnoredAny) => None,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Webhook<'a> {
    #[serde(default)]
    signature: Signature,
    #[serde(borrow, rename = "event-data")]
    event: Option<&'a RawValue>,
}

/// Checks the signature, and says which token it is of.
fn verify(request: &Request<'_>, setup: &Setup<'_>) -> Result<String, Refusal> {
    let [timestamp, token, signature] = signature(request)?;
    let signature = signature.filter(|text| !text.is_empty()).ok_or_else(|| Refusal::missing("signature"))?;
    let token = token.filter(|text| !text.is_empty()).ok_or_else(|| Refusal::missing("token"))?;
    let time = timestamp.as_deref().unwrap_or_default();
    let parts = [time.as_bytes(), token.as_bytes()];
    mac::require_match(Hash::Sha256, &setup.secrets, &parts, &[mac::from_hex(&signature)?])?;
    setup.check_unix_seconds(timestamp.as_deref())?;
    Ok(token)
}

/// The digest of all that an event is made of, the same for each retry: a boundary, spaces around `event-data` and the
/// signature are not in it.
fn content(request: &Request<'_>) -> String {
    match Body::of(request) {
        Body::Json => match data::json(request.body) {
            // Byte for byte, since its receivers get these bytes.
            Ok(Webhook { event: Some(raw), .. }) => data::digest(raw.get().as_bytes()),
            _ => data::digest(
                others(request.body).unwrap_or_else(|_| RawValue::NULL.to_owned()).get().as_bytes(),
            ),
        },
        Body::Form => digest(&form::pairs(request.body), &[], true),
        Body::Multipart => {
            let fields = multipart::fields(request).unwrap_or_default();
            digest(&texts(&fields), &fields, true)
        }
    }
}

/// The members of a webhook but its signature.
fn others(body: &[u8]) -> Result<Box<RawValue>, Refusal> {
    let mut others: Map<String, Value> = data::json(body)?;
    others.remove("signature");
    Ok(data::raw(&others))
}

/// Timestamp, token and signature.
fn signature(request: &Request<'_>) -> Result<[Option<String>; 3], Refusal> {
    let no_body = |_| Refusal::new(Reason::SignatureMissing, "its body has no `signature` that can be read");
    match Body::of(request) {
        Body::Json => {
            let webhook: Webhook<'_> = data::json(request.body).map_err(no_body)?;
            let Signature { timestamp, token, signature } = webhook.signature;
            Ok([timestamp, token, signature].map(|word| word.and_then(Word::into_text)))
        }
        Body::Form => {
            let pairs = form::pairs(request.body);
            Ok(SIGNATURE.map(|name| form::first(&pairs, name).map(str::to_owned)))
        }
        Body::Multipart => {
            let fields = multipart::fields(request).map_err(no_body)?;
            let text = |name: &str| {
                let field = fields.iter().find(|field| field.name == name && !field.is_file())?;
                std::str::from_utf8(&field.bytes).ok().map(str::to_owned)
            };
            Ok(SIGNATURE.map(text))
        }
    }
}

/// The event of a webhook. `raw` is its `event-data`: with the signature, which does not cover the body, its receivers could
/// make requests of their own.
fn webhook(body: &[u8]) -> Result<Part, Refusal> {
    let webhook: Webhook<'_> = data::json(body)?;
    let Some(raw) = webhook.event else {
        let others = others(body)?;
        return Ok(unknown(data::digest(others.get().as_bytes()), others));
    };
    let event: Value = data::value(raw.get().as_bytes()).unwrap_or_default();
    let at = |pointer: &str| text_at(&event, pointer).filter(|text| !text.is_empty());
    let Some(name) = at("/event") else {
        let key = at("/id").unwrap_or_else(|| data::digest(raw.get().as_bytes()));
        return Ok(unknown(key, raw.to_owned()));
    };
    let severity = at("/severity");
    let (event_type, bounce_class) = event_type(&name, severity.as_deref());
    let status = "/delivery-status";
    let reason = at(&format!("{status}/description")).or_else(|| at(&format!("{status}/message")));
    let data = Data::new()
        .with("message_id", at("/message/headers/message-id"))
        .with("recipient", at("/recipient"))
        .with("sender", at("/envelope/sender").or_else(|| at("/message/headers/from")))
        .with("subject", at("/message/headers/subject"))
        .with("bounce_class", bounce_class)
        .with("reason", reason.or_else(|| at("/reason")))
        .with("code", at(&format!("{status}/enhanced-code")).or_else(|| at(&format!("{status}/code"))))
        .with("url", at("/url"))
        .with("ip", at("/ip"))
        .with("user_agent", at("/client-info/user-agent"))
        .build();
    Ok(Part {
        event_type: event_type.to_owned(),
        provider_type: name,
        dedupe_key: at("/id").unwrap_or_else(|| data::digest(raw.get().as_bytes())),
        occurred_at: event.get("timestamp").and_then(data::unix_seconds),
        data,
        raw: raw.to_owned(),
    })
}

fn unknown(dedupe_key: String, raw: Box<RawValue>) -> Part {
    let provider_type = "unknown".to_owned();
    let event_type = "email.unknown".to_owned();
    Part { event_type, provider_type, dedupe_key, occurred_at: None, data: Map::new(), raw }
}

/// The canonical type, and how hard a bounce is.
fn event_type(name: &str, severity: Option<&str>) -> (&'static str, Option<&'static str>) {
    let event_type = match (name, severity) {
        ("failed", Some("temporary")) => "email.deferred",
        ("failed", Some("permanent")) | ("bounced", _) => return ("email.bounced", Some("hard")),
        ("failed", _) => "email.bounced",
        ("accepted", _) => "email.accepted",
        ("delivered", _) => "email.delivered",
        ("opened", _) => "email.opened",
        ("clicked", _) => "email.clicked",
        ("unsubscribed", _) => "email.unsubscribed",
        ("complained", _) => "email.complained",
        ("stored", _) => "email.received",
        ("rejected" | "dropped", _) => "email.rejected",
        _ => "email.unknown",
    };
    (event_type, None)
}

fn texts(fields: &[Field]) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    let texts = fields.iter().filter(|field| !field.is_file());
    texts.map(|field| (Cow::Borrowed(field.name.as_str()), multipart::decode(&field.bytes, None))).collect()
}

/// A mail that a route forwards, or with a parameter `event` an event of the older webhooks.
fn form_part(mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)>, fields: &[Field]) -> Part {
    let text = |name: &str| {
        let found = pairs.iter().find(|(found, value)| found.eq_ignore_ascii_case(name) && !value.is_empty());
        found.map(|(_, value)| value.to_string())
    };
    let name = text("event");
    let (event_type, bounce_class) = name
        .as_deref()
        .map_or(("email.received", None), |name| event_type(name, text("severity").as_deref()));
    let at = text("timestamp").map(Value::String);
    let message_id = text("message-id").map(|id| id.trim_matches(['<', '>']).to_owned());
    let reason = ["description", "error", "notification", "reason"].iter().find_map(|name| text(name));
    let members = Data::new()
        .with("message_id", message_id)
        .with("recipient", text("recipient"))
        .with("sender", text("sender").or_else(|| text("from")))
        .with("subject", text("subject"))
        .with("bounce_class", bounce_class)
        .with("reason", reason.filter(|_| name.is_some()))
        .with("code", text("code"))
        .with("url", text("url").or_else(|| text("message-url")))
        .with("ip", text("ip"))
        .with("user_agent", text("user-agent"))
        .with("attachments", multipart::attachments(fields));
    let dedupe_key = digest(&pairs, fields, name.is_some());
    pairs.retain(|(name, _)| !["token", "signature"].contains(&name.as_ref()));
    let cut = multipart::shorten(&mut pairs);
    Part {
        event_type: event_type.to_owned(),
        provider_type: name.unwrap_or_else(|| "route".to_owned()),
        dedupe_key,
        occurred_at: at.as_ref().and_then(data::unix_seconds),
        data: members.with("shortened", (!cut.is_empty()).then_some(cut)).build(),
        raw: form::raw(&pairs),
    }
}

/// The digest of all parameters and files but the signature's, which may be another when the request is sent again. An event
/// has no other time than the signature's, by which two openings of one mail differ.
fn digest(pairs: &[(Cow<'_, str>, Cow<'_, str>)], fields: &[Field], is_event: bool) -> String {
    let is_kept = |name: &str| (name == "timestamp" && is_event) || !SIGNATURE.contains(&name);
    let texts = pairs.iter().filter(|(name, _)| is_kept(name));
    let texts = texts.flat_map(|(name, value)| [&b"text"[..], name.as_bytes(), value.as_bytes()]);
    let files = fields.iter().filter(|field| field.is_file()).flat_map(|file| {
        let filename = file.filename.as_deref().unwrap_or_default().as_bytes();
        let content_type = file.content_type.as_deref().unwrap_or_default().as_bytes();
        [&b"file"[..], file.name.as_bytes(), filename, content_type, &file.bytes[..]]
    });
    data::digest_of(texts.chain(files))
}

/// A bounced mail.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    let (id, timestamp) = (draft.id(), draft.unix_seconds());
    let token = domain::hex::hex(&draft.derive(b"token")[..25]);
    let signature =
        mac::sign(Hash::Sha256, draft.secret().as_bytes(), &[timestamp.as_bytes(), token.as_bytes()]);
    let body = json!({
        "signature": { "timestamp": timestamp, "token": token, "signature": domain::hex::hex(&signature) },
        "event-data": {
            "event": "failed", "id": &id[..22], "timestamp": draft.now.as_seconds(), "log-level": "error",
            "severity": "permanent", "reason": "bounce", "recipient": "nobody@acme.example",
            "recipient-domain": "acme.example", "tags": ["invoices"], "user-variables": {},
            "envelope": { "transport": "smtp", "sender": "billing@example.com", "targets": "nobody@acme.example" },
            "message": { "headers": {
                "message-id": format!("{id}@example.com"), "from": "billing@example.com", "to": "nobody@acme.example",
                "subject": "Your invoice 1003",
            }, "attachments": [], "size": 111 },
            "delivery-status": {
                "code": 550, "enhanced-code": "5.1.1", "message": "5.1.1 user unknown", "description": "",
                "attempt-no": 1,
            },
        },
    });
    Sample::json(body.to_string()).with("user-agent", "mailgun/treq-22.10.0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::SAMPLE_ID;
    use crate::body::multipart::SampleField;
    use crate::body::testing::{self, Case};
    use domain::source::options::SourceOptions;
    use domain::source::provider::Provider;
    use domain::source::scheme::Scheme;

    const KEY: &str = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0";
    const NOW: &str = "1790000000";

    fn signed(timestamp: &str, token: &str) -> String {
        domain::hex::hex(&mac::sign(Hash::Sha256, KEY.as_bytes(), &[timestamp.as_bytes(), token.as_bytes()]))
    }

    fn case(content_type: &str, body: impl Into<Vec<u8>>) -> Case {
        let scheme = Scheme::Mailgun;
        let sample = Case::sample_with(Provider::Mailgun, scheme, &[KEY], SourceOptions::default());
        Case { body: body.into(), ..sample.with("content-type", content_type) }
    }

    fn json_case(signature: Value) -> Case {
        case("application/json", json!({ "signature": signature, "event-data": {} }).to_string())
    }

    fn split(event: Value) -> Part {
        let body = json!({ "signature": { "token": "secret" }, "event-data": event }).to_string();
        testing::split(&Mailgun, "application/json", body.as_bytes()).unwrap().parts.remove(0)
    }

    fn split_form(pairs: &[(&str, &str)]) -> Part {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let body = form.extend_pairs(pairs).finish();
        let split = testing::split(&Mailgun, "application/x-www-form-urlencoded", body.as_bytes());
        split.unwrap().parts.remove(0)
    }

    #[test]
    fn the_signature_stands_in_json_a_form_or_multipart() {
        let signature = signed(NOW, "token");
        let form = format!("event=opened&timestamp={NOW}&token=token&signature={signature}&token=another");
        let parts: [SampleField<'_>; 4] = [
            ("attachment-1", Some(("signature", "text/plain")), b"\xff"),
            ("signature", None, signature.as_bytes()),
            ("timestamp", None, NOW.as_bytes()),
            ("token", None, b"token"),
        ];
        let good = [
            json_case(json!({ "timestamp": NOW, "token": "token", "signature": signature })),
            json_case(
                json!({ "timestamp": 1_790_000_000, "token": "token", "signature": signature.to_uppercase() }),
            ),
            case("application/x-www-form-urlencoded", form.clone()),
            case("", form),
            case("multipart/form-data; boundary=b", multipart::write("b", &parts)),
        ];
        for good in good {
            assert_eq!(good.reason(), None, "{good:?}");
            let Verdict::Valid(verified) = good.verdict() else { panic!() };
            assert_eq!(verified.one_time().map(|once| once.token.as_str()), Some("token"));
            let other = Case { secrets: vec![String::new(), "another key".to_owned()], ..good.clone() };
            assert_eq!(other.reason(), Some(Reason::SignatureMismatch));
            let rotated = Case { secrets: vec!["another key".to_owned(), KEY.to_owned()], ..good };
            assert_eq!(rotated.reason(), None);
        }
    }

    fn content(case: &Case) -> String {
        let Verdict::Valid(verified) = case.verdict() else { panic!("{case:?}") };
        verified.one_time().unwrap().content.clone()
    }

    #[test]
    fn a_retry_has_the_same_content_and_another_body_another() {
        let signature = signed(NOW, "token");
        let webhook = |event: &str, space: &str| {
            let signature = json!({ "timestamp": NOW, "token": "token", "signature": signature });
            let body = format!("{{{space}\"signature\":{signature},\"event-data\":{space}{event}}}");
            content(&case("application/json", body))
        };
        assert_eq!(webhook(r#"{"event":"opened"}"#, ""), webhook(r#"{"event":"opened"}"#, " \n"));
        assert_ne!(webhook(r#"{"event":"opened"}"#, ""), webhook(r#"{"event":"clicked"}"#, ""));
        // Receivers get the bytes, and may read the first of two members.
        assert_ne!(webhook(r#"{"id":"a"}"#, ""), webhook(r#"{"id":"b","id":"a"}"#, ""));
        let multipart = |boundary: &str, file: &[u8], content_type: &str, time: &str| {
            let parts: [SampleField<'_>; 5] = [
                ("subject", None, b"Hi"),
                ("timestamp", None, time.as_bytes()),
                ("token", None, b"token"),
                ("signature", None, signature.as_bytes()),
                ("attachment-1", Some(("a.bin", content_type)), file),
            ];
            let content_type = format!("multipart/form-data; boundary={boundary}");
            case(&content_type, multipart::write(boundary, &parts))
        };
        let first = content(&multipart("first", b"file", "text/plain", NOW));
        assert_eq!(first, content(&multipart("second", b"file", "text/plain", NOW)));
        assert_ne!(first, content(&multipart("first", b"evil", "text/plain", NOW)));
        assert_ne!(first, content(&multipart("first", b"file", "text/html", NOW)));
        let form = |more: &str| {
            let form = format!("timestamp={NOW}&token=token&signature={signature}{more}");
            content(&case("application/x-www-form-urlencoded", form))
        };
        assert_eq!(form("&subject=a+b"), form("&subject=a%20b&token=other"));
        for other in ["&subject=a", "&subjecta=+b", "&subject=a+b&timestamp=1", "&subject=a+b&subject="] {
            assert_ne!(form("&subject=a+b"), form(other), "{other}");
        }
    }

    #[test]
    fn a_bad_signature_is_told_by_its_reason() {
        let good = signed(NOW, "token");
        let late = "1789970000";
        for (signature, reason) in [
            (json!({}), Reason::SignatureMissing),
            (Value::Null, Reason::SignatureMissing),
            (json!({ "timestamp": NOW, "token": "token" }), Reason::SignatureMissing),
            (json!({ "timestamp": NOW, "token": "token", "signature": "" }), Reason::SignatureMissing),
            (json!({ "timestamp": NOW, "token": "token", "signature": ["a"] }), Reason::SignatureMissing),
            (
                json!({ "timestamp": NOW, "token": "", "signature": signed(NOW, "") }),
                Reason::SignatureMissing,
            ),
            (json!({ "timestamp": NOW, "token": "token", "signature": "xyz" }), Reason::SignatureMalformed),
            (
                json!({ "timestamp": NOW, "token": "token", "signature": &good[..40] }),
                Reason::SignatureMismatch,
            ),
            (json!({ "timestamp": NOW, "token": "other", "signature": good }), Reason::SignatureMismatch),
            (json!({ "timestamp": late, "token": "token", "signature": good }), Reason::SignatureMismatch),
            (json!({ "token": "token", "signature": signed("", "token") }), Reason::TimestampMissing),
            (
                json!({ "timestamp": late, "token": "token", "signature": signed(late, "token") }),
                Reason::TimestampTooOld,
            ),
            // The same bytes are signed when a digit is moved from the token to the time.
            (
                json!({ "timestamp": "17900000001", "token": "2", "signature": signed(NOW, "12") }),
                Reason::TimestampInFuture,
            ),
        ] {
            assert_eq!(json_case(signature.clone()).reason(), Some(reason), "{signature}");
        }
        for (content_type, body) in [
            ("application/json", "no JSON"),
            ("application/json", ""),
            ("application/x-www-form-urlencoded", "a=b"),
            ("multipart/form-data; boundary=b", "a=b"),
            ("application/json", r#"{"signature":{"token":"a","token":"b"}}"#),
        ] {
            assert_eq!(case(content_type, body).reason(), Some(Reason::SignatureMissing), "{body}");
        }
    }

    #[test]
    fn each_word_has_its_type() {
        for (word, severity, expected, class) in [
            ("accepted", None, "email.accepted", None),
            ("delivered", None, "email.delivered", None),
            ("failed", Some("permanent"), "email.bounced", Some("hard")),
            ("failed", Some("temporary"), "email.deferred", None),
            ("failed", None, "email.bounced", None),
            ("opened", None, "email.opened", None),
            ("clicked", None, "email.clicked", None),
            ("unsubscribed", None, "email.unsubscribed", None),
            ("complained", None, "email.complained", None),
            ("stored", None, "email.received", None),
            ("rejected", None, "email.rejected", None),
            ("something_new", None, "email.unknown", None),
        ] {
            let part = split(json!({ "event": word, "severity": severity, "id": "a" }));
            assert_eq!((part.event_type.as_str(), part.provider_type.as_str()), (expected, word));
            assert_eq!(part.data.get("bounce_class").and_then(Value::as_str), class);
        }
        for (word, expected) in
            [("bounced", "email.bounced"), ("dropped", "email.rejected"), ("new", "email.unknown")]
        {
            assert_eq!(split_form(&[("event", word)]).event_type, expected);
        }
    }

    #[test]
    fn the_members_have_the_names_of_the_channel() {
        let case = Case::sample_with(Provider::Mailgun, Scheme::Mailgun, &[KEY], SourceOptions::default());
        let part = case.split().unwrap().parts.remove(0);
        let id = SAMPLE_ID;
        let data = json!({
            "message_id": format!("{id}@example.com"), "recipient": "nobody@acme.example",
            "sender": "billing@example.com", "subject": "Your invoice 1003", "bounce_class": "hard",
            "reason": "5.1.1 user unknown", "code": "5.1.1",
        });
        assert_eq!(Value::Object(part.data), data);
        assert_eq!(part.dedupe_key, &id[..22]);
        assert_eq!(part.occurred_at, Some(case.now));
        let opened = split(json!({
            "event": "opened", "id": "a", "timestamp": 1521243339.873676, "ip": "192.0.2.1", "url": "https://a.example",
            "client-info": { "user-agent": "Mozilla/5.0" }, "delivery-status": { "code": 250 },
        }));
        assert_eq!(opened.data["user_agent"], "Mozilla/5.0");
        assert_eq!(opened.data["code"], "250");
        assert_eq!(opened.occurred_at.unwrap().as_millis(), 1_521_243_339_874);
    }

    #[test]
    fn raw_is_the_event_byte_for_byte_and_never_the_signature() {
        let body = r#"{"signature":{"token":"t0ken"},"event-data":{ "event" : "opened","id":"a" }}"#;
        let split = testing::split(&Mailgun, "application/json", body.as_bytes()).unwrap();
        assert_eq!(split.parts[0].raw.get(), r#"{ "event" : "opened","id":"a" }"#);
        let other = testing::split(&Mailgun, "application/json", br#"{"signature":{"token":"t0ken"},"a":1}"#)
            .unwrap();
        assert_eq!(
            (other.parts[0].event_type.as_str(), other.parts[0].raw.get()),
            ("email.unknown", r#"{"a":1}"#)
        );
        let form =
            split_form(&[("event", "opened"), ("token", "t0ken"), ("signature", "s"), ("recipient", "a@b")]);
        assert_eq!(form.raw.get(), r#"{"event":"opened","recipient":"a@b"}"#);
        for strange in [json!(7), json!({}), json!({ "event": [] })] {
            assert_eq!(super::tests::split(strange).event_type, "email.unknown");
        }
    }

    #[test]
    fn a_route_forwards_a_mail_with_its_files() {
        let parts: [SampleField<'_>; 8] = [
            ("recipient", None, b"support@example.com"),
            ("sender", None, b"ada@acme.example"),
            ("from", None, b"Ada <ada@acme.example>"),
            ("subject", None, "Café".as_bytes()),
            ("Message-Id", None, b"<a@acme.example>"),
            ("timestamp", None, NOW.as_bytes()),
            ("token", None, b"token"),
            ("attachment-1", Some(("a.bin", "application/octet-stream")), b"\x00\xff"),
        ];
        let case = case("multipart/form-data; boundary=b", multipart::write("b", &parts));
        let part = case.split().unwrap().parts.remove(0);
        assert_eq!((part.event_type.as_str(), part.provider_type.as_str()), ("email.received", "route"));
        assert_eq!(part.data["message_id"], "a@acme.example");
        assert_eq!(part.data["sender"], "ada@acme.example");
        assert_eq!(part.data["attachments"][0]["filename"], "a.bin");
        assert_eq!(Mailgun.attachment(&case.request(), 0).unwrap().bytes, b"\x00\xff");
        assert_eq!(Mailgun.attachment(&case.with("content-type", "text/plain").request(), 0), None);
    }

    #[test]
    fn a_form_that_is_signed_again_is_the_same_event() {
        let mail = |time: &str, token: &str| {
            split_form(&[("recipient", "a@b"), ("Message-Id", "<c>"), ("timestamp", time), ("token", token)])
                .dedupe_key
        };
        assert_eq!(mail("1", "a"), mail("2", "b"));
        let opened = |time: &str, token: &str| {
            split_form(&[("event", "opened"), ("recipient", "a@b"), ("timestamp", time), ("token", token)])
                .dedupe_key
        };
        assert_eq!(opened("1", "a"), opened("1", "b"));
        assert_ne!(opened("1", "a"), opened("2", "a"), "another opening");
        assert_ne!(
            split_form(&[("recipient", "a@b"), ("subject", "c")]).dedupe_key,
            split_form(&[("recipient", "a@b"), ("subject", "d")]).dedupe_key
        );
    }

    #[test]
    fn mailgun_gives_up_only_where_repeating_cannot_help() {
        for (reason, status) in [
            (Reason::SignatureMismatch, 401),
            (Reason::SignatureMissing, 401),
            (Reason::TimestampInFuture, 401),
            (Reason::TimestampTooOld, 406),
            (Reason::SignatureReused, 401),
            (Reason::BodyMalformed, 406),
            (Reason::BodyTooLarge, 406),
        ] {
            assert_eq!(Mailgun.refused(reason).status, status, "{reason:?}");
        }
        assert_eq!(Mailgun.accepted().status, 200);
    }
}
