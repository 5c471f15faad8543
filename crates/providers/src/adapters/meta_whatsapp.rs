//! How are the webhooks of Meta's WhatsApp Cloud API verified and read?
//! `X-Hub-Signature-256: sha256=…`: HMAC-SHA256 of the raw body, with the secret of the Meta app.
//!
//! There is no time in it: repeats are recognised by the message's id and status, for a week. Before it posts, Meta asks
//! with GET whether the address is ours, by the verify token. Source: Meta's "Webhooks" of the WhatsApp Business Platform,
//! and WhatsApp-Nodejs-SDK.

use std::collections::HashMap;

use domain::source::received::Reason;
use domain::source::secret::ProviderSecret;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::adapter::{Adapter, Answer, Part, Parts, Refusal, Setup, Split, Verdict, Verified};
use crate::body::data::{self, Data, text_at, word_at};
use crate::body::form;
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::mac::{self, Hash};

const HEADER: &str = "x-hub-signature-256";
const UNKNOWN: &str = "whatsapp.unknown";
/// Longest challenge that is given back. Meta's are numbers of about ten digits.
const MAX_CHALLENGE: usize = 128;
/// Longest id, number, time or name that every event of a request repeats. A longer one is not Meta's, and left out: the
/// events of a request would grow with its square.
const MAX_SHARED_BYTES: usize = 128;

/// The adapter of Meta's WhatsApp Cloud API.
#[derive(Debug)]
pub(crate) struct MetaWhatsapp;

impl Adapter for MetaWhatsapp {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        if let Some(answer) = handshake(request, setup) {
            return answer.map_or_else(Verdict::Invalid, Verdict::Answered);
        }
        verify(request, setup).map(|()| Verified::new(request)).into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        parts(verified.request().body).map(Split::from)
    }
}

fn verify(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    let header = request.header(HEADER).ok_or_else(|| Refusal::missing("X-Hub-Signature-256"))?;
    let malformed =
        || Refusal::new(Reason::SignatureMalformed, "its signature does not begin with `sha256=`");
    let signature = mac::from_hex(header.strip_prefix("sha256=").ok_or_else(malformed)?)?;
    mac::require_match(Hash::Sha256, &setup.secrets, &[request.body], &[signature]).map_err(|refusal| {
        Refusal {
            detail:
                "no secret of this source makes its signature; is the secret the App Secret of the Meta app?"
                    .to_owned(),
            ..refusal
        }
    })
}

/// The answer to the question whether the address is ours; `None` if the request does not ask it.
fn handshake(request: &Request<'_>, setup: &Setup<'_>) -> Option<Result<Answer, Refusal>> {
    if !request.method.eq_ignore_ascii_case("GET") {
        return None;
    }
    let query = form::pairs(request.query().as_bytes());
    let get = |name| form::first(&query, name);
    let (mode, token, challenge) = (get("hub.mode"), get("hub.verify_token"), get("hub.challenge"));
    mode.or(token).or(challenge)?;
    let ours =
        setup.options.verify_token.as_ref().map(ProviderSecret::reveal).filter(|token| !token.is_empty());
    let same = ours.zip(token).is_some_and(|(ours, token)| mac::equal(ours.as_bytes(), token.as_bytes()));
    let refused = |detail: &str| Err(Refusal::new(Reason::VerifyTokenMismatch, detail));
    if mode != Some("subscribe") {
        return Some(refused("it is a handshake whose `hub.mode` is not `subscribe`"));
    }
    if !same {
        return Some(refused("it is a handshake whose `hub.verify_token` is another than the source's"));
    }
    // Whatever is given back is seen under our name: nothing that could be a page or a script.
    let plain = |challenge: &&str| {
        (1..=MAX_CHALLENGE).contains(&challenge.len())
            && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    Some(match challenge.filter(plain) {
        Some(challenge) => Ok(Answer::text(challenge)),
        None => refused("it is a handshake whose `hub.challenge` is no short word"),
    })
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    entry: Vec<&'a RawValue>,
}

/// What became of one WhatsApp Business account.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    time: Value,
    #[serde(borrow)]
    changes: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Change<'a> {
    field: String,
    #[serde(borrow)]
    value: &'a RawValue,
}

/// The value of a change in the field `messages`.
#[derive(Deserialize)]
struct Messages<'a> {
    #[serde(default)]
    metadata: Value,
    #[serde(default)]
    contacts: Value,
    #[serde(default, borrow)]
    messages: Vec<&'a RawValue>,
    #[serde(default, borrow)]
    statuses: Vec<&'a RawValue>,
    #[serde(default, borrow)]
    errors: Vec<&'a RawValue>,
}

/// The events of a body in Meta's form, which other providers use, too.
///
/// # Errors
/// [`Reason::BodyMalformed`] when it is no object with an `entry`, or has too many events.
pub(crate) fn parts(body: &[u8]) -> Result<Parts, Refusal> {
    let payload: Payload<'_> = data::json(body)?;
    let mut parts = Parts::default();
    for raw in payload.entry {
        match serde_json::from_str::<Entry<'_>>(raw.get()) {
            Ok(mut entry) => {
                if !is_short(&entry.time) {
                    entry.time = Value::Null;
                }
                parts_of_entry(&entry, &mut parts)?;
            }
            Err(_) => parts.push(unknown(raw, "unknown", None))?,
        }
    }
    Ok(parts)
}

fn is_short(value: &Value) -> bool {
    value.as_str().is_none_or(|text| text.len() <= MAX_SHARED_BYTES)
}

/// A text that stands in each event of a list, unless it is too long for that.
fn shared(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).filter(|value| is_short(value)).and_then(|value| text_at(value, ""))
}

fn parts_of_entry(entry: &Entry<'_>, parts: &mut Parts) -> Result<(), Refusal> {
    for raw in &entry.changes {
        let Ok(change) = serde_json::from_str::<Change<'_>>(raw.get()) else {
            parts.push(unknown(raw, "unknown", Some(entry)))?;
            continue;
        };
        let messages = (change.field == "messages")
            .then(|| serde_json::from_str::<Messages<'_>>(change.value.get()).ok())
            .flatten()
            .filter(|it| !(it.messages.is_empty() && it.statuses.is_empty() && it.errors.is_empty()));
        match messages {
            Some(messages) => parts_of_messages(entry, &messages, parts)?,
            None => parts.push(unknown(raw, &change.field, Some(entry)))?,
        }
    }
    Ok(())
}

fn parts_of_messages(entry: &Entry<'_>, value: &Messages<'_>, parts: &mut Parts) -> Result<(), Refusal> {
    let names = names(&value.contacts);
    for raw in &value.messages {
        let part = read(raw).and_then(|message| received(raw, &message, &names, &value.metadata, entry));
        parts.push(part.unwrap_or_else(|| unknown(raw, "messages", Some(entry))))?;
    }
    for raw in &value.statuses {
        let part = read(raw).and_then(|status| changed(raw, &status, &value.metadata, entry));
        parts.push(part.unwrap_or_else(|| unknown(raw, "statuses", Some(entry))))?;
    }
    for raw in &value.errors {
        let mut part = unknown(raw, "errors", Some(entry));
        let error = read(raw).unwrap_or_default();
        part.data.extend(with_error(Data::new(), &error, "").build());
        parts.push(part)?;
    }
    Ok(())
}

fn read(raw: &RawValue) -> Option<Value> {
    data::value(raw.get().as_bytes()).ok()
}

/// The names of the people who wrote, by their number or id.
fn names(contacts: &Value) -> HashMap<&str, &str> {
    let contacts = contacts.as_array().into_iter().flatten();
    let named = contacts.filter_map(|contact| {
        let name = contact.pointer("/profile/name").filter(|name| is_short(name))?;
        Some((contact, name.as_str()?))
    });
    let keys = named.flat_map(|(contact, name)| {
        let keys = [contact.get("wa_id"), contact.get("user_id")].into_iter().flatten();
        keys.filter_map(Value::as_str).map(move |key| (key, name))
    });
    keys.collect()
}

/// A message that arrived.
fn received(
    raw: &RawValue,
    message: &Value,
    names: &HashMap<&str, &str>,
    metadata: &Value,
    entry: &Entry<'_>,
) -> Option<Part> {
    let id = word_at(message, "/id")?;
    let kind = text_at(message, "/type").unwrap_or_else(|| "unknown".to_owned());
    let sender = ["/from", "/from_user_id"].map(|pointer| text_at(message, pointer));
    let name = sender.iter().flatten().find_map(|sender| names.get(sender.as_str()).copied());
    let media = matches!(kind.as_str(), "image" | "audio" | "video" | "document" | "sticker").then_some(1);
    let reply_to = text_at(message, "/context/id").or_else(|| text_at(message, "/reaction/message_id"));
    let data = about(entry, metadata)
        .with("message_id", Some(id.as_str()))
        .with("from", sender.into_iter().flatten().next())
        .with("to", shared(metadata, "/display_phone_number"))
        .with("text", text_of(message))
        .with("media", media)
        .with("contact_name", name)
        .with("reply_to", reply_to);
    Some(Part {
        event_type: "whatsapp.message.received".to_owned(),
        provider_type: kind,
        dedupe_key: id,
        occurred_at: message.get("timestamp").and_then(data::unix_seconds),
        data: with_error(data, message, "/errors/0").build(),
        raw: raw.to_owned(),
    })
}

/// What was written: the text, the caption, or the choice that was made.
fn text_of(message: &Value) -> Option<String> {
    const PLACES: [&str; 8] = [
        "/text/body",
        "/button/text",
        "/interactive/button_reply/title",
        "/interactive/list_reply/title",
        "/image/caption",
        "/video/caption",
        "/document/caption",
        "/reaction/emoji",
    ];
    PLACES.iter().find_map(|place| text_at(message, place))
}

/// What became of a message that was sent.
fn changed(raw: &RawValue, status: &Value, metadata: &Value, entry: &Entry<'_>) -> Option<Part> {
    // Gupshup adds its own id, which is the one that its sender knows.
    let id = word_at(status, "/gs_id").or_else(|| word_at(status, "/id"))?;
    let word = text_at(status, "/status")?;
    let to = text_at(status, "/recipient_id").or_else(|| text_at(status, "/recipient_user_id"));
    let data = about(entry, metadata)
        .with("message_id", Some(id.as_str()))
        .with("from", shared(metadata, "/display_phone_number"))
        .with("to", to);
    Some(Part {
        event_type: event_type(&word).to_owned(),
        dedupe_key: format!("{id}:{word}"),
        provider_type: word,
        occurred_at: status.get("timestamp").and_then(data::unix_seconds),
        data: with_error(data, status, "/errors/0").build(),
        raw: raw.to_owned(),
    })
}

/// The canonical type of a message's status; `enqueued` is Gupshup's.
pub(crate) fn event_type(status: &str) -> &'static str {
    match status {
        "enqueued" => "whatsapp.accepted",
        "sent" => "whatsapp.sent",
        "delivered" => "whatsapp.delivered",
        "read" => "whatsapp.read",
        "failed" => "whatsapp.failed",
        "deleted" => "whatsapp.message.deleted",
        _ => UNKNOWN,
    }
}

/// The account and the number: one Meta app posts for all of its tenants.
fn about(entry: &Entry<'_>, metadata: &Value) -> Data {
    Data::new()
        .with("business_account_id", shared(&entry.id, ""))
        .with("phone_number_id", shared(metadata, "/phone_number_id"))
}

fn with_error(data: Data, value: &Value, place: &str) -> Data {
    let at = |member: &str| text_at(value, &format!("{place}/{member}"));
    data.with("error_code", at("code"))
        .with("error_message", at("title").or_else(|| at("message")))
        .with("status_detail", at("error_data/details"))
}

/// What has no canonical type, or cannot be read: told apart by what it says and when.
fn unknown(raw: &RawValue, word: &str, entry: Option<&Entry<'_>>) -> Part {
    let time = entry.map(|entry| &entry.time).filter(|time| is_short(time));
    let said_at = time.and_then(|time| text_at(time, "")).unwrap_or_default();
    Part {
        event_type: UNKNOWN.to_owned(),
        provider_type: word.to_owned(),
        dedupe_key: data::digest(format!("{}{said_at}", raw.get()).as_bytes()),
        occurred_at: time.and_then(data::unix_seconds),
        data: entry.map(|entry| about(entry, &Value::Null).build()).unwrap_or_default(),
        raw: raw.to_owned(),
    }
}

/// A message that arrived.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    let body = sample_body(draft);
    let signature = mac::sign(Hash::Sha256, draft.secret().as_bytes(), &[body.as_bytes()]);
    Sample::json(body).with(HEADER, format!("sha256={}", domain::hex::hex(&signature)))
}

fn sample_body(draft: &Draft<'_>) -> String {
    let message = serde_json::json!({
        "from": "16505551234", "id": format!("wamid.{}", draft.id()), "timestamp": draft.unix_seconds(),
        "type": "text", "text": { "body": "Does it come in another color?" },
    });
    let value = serde_json::json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "15550783881", "phone_number_id": "106540352242922" },
        "contacts": [{ "profile": { "name": "Sheena Nelson" }, "wa_id": "16505551234" }],
        "messages": [message],
    });
    let changes = serde_json::json!([{ "value": value, "field": "messages" }]);
    let entry = serde_json::json!([{ "id": "102290129340398", "changes": changes }]);
    serde_json::json!({ "object": "whatsapp_business_account", "entry": entry }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::MAX_PARTS;
    use crate::adapters::testing::{Case, part, probe, refusal, split};
    use domain::source::scheme::Scheme;

    const SECRET: &str = "the secret of a Meta app";

    fn request(body: &str) -> Case {
        let signature = mac::sign(Hash::Sha256, SECRET.as_bytes(), &[body.as_bytes()]);
        let header = format!("sha256={}", domain::hex::hex(&signature));
        Case::new(Scheme::HubSignature256, SECRET).body(body).header(HEADER, &header)
    }

    fn messages(value: &str) -> Case {
        let metadata = r#""metadata":{"display_phone_number":"1555","phone_number_id":"106"}"#;
        request(&format!(
            r#"{{"entry":[{{"id":"102","time":1749416390,"changes":[{{"field":"messages","value":{{{metadata},{value}}}}}]}}]}}"#
        ))
    }

    fn types(case: &Case) -> Vec<(String, String)> {
        let parts = split(&MetaWhatsapp, case).unwrap().parts;
        parts.into_iter().map(|part| (part.event_type, part.provider_type)).collect()
    }

    #[test]
    fn a_status_has_its_type() {
        for (word, name) in [
            ("sent", "whatsapp.sent"),
            ("delivered", "whatsapp.delivered"),
            ("read", "whatsapp.read"),
            ("failed", "whatsapp.failed"),
            ("deleted", "whatsapp.message.deleted"),
            ("played", "whatsapp.unknown"),
            ("new_one", "whatsapp.unknown"),
        ] {
            let status = format!(
                r#"{{"id":"wamid.1","status":"{word}","timestamp":"1749416383","recipient_id":"49"}}"#
            );
            let part = part(&MetaWhatsapp, &messages(&format!(r#""statuses":[{status}]"#)));
            assert_eq!((part.event_type.as_str(), part.provider_type.as_str()), (name, word));
            assert_eq!((part.dedupe_key, part.raw.get()), (format!("wamid.1:{word}"), status.as_str()));
            assert_eq!(part.occurred_at.map(|at| at.as_seconds()), Some(1_749_416_383));
            let data = serde_json::json!({
                "message_id": "wamid.1", "from": "1555", "to": "49", "business_account_id": "102",
                "phone_number_id": "106",
            });
            assert_eq!(Value::Object(part.data), data);
        }
    }

    #[test]
    fn a_failure_says_why() {
        let value = r#""statuses":[{"id":"w","status":"failed","errors":[{"code":131026,"title":"Undeliverable",
            "error_data":{"details":"not on WhatsApp"}}]}]"#;
        let data = part(&MetaWhatsapp, &messages(value)).data;
        assert_eq!(
            (&data["error_code"], &data["error_message"]),
            (&"131026".into(), &"Undeliverable".into())
        );
        assert_eq!(data["status_detail"], "not on WhatsApp");
    }

    #[test]
    fn what_every_event_repeats_is_short() {
        let long = "a".repeat(MAX_SHARED_BYTES + 1);
        let of = |length: usize| {
            let word = &long[..length];
            request(&format!(
                r#"{{"entry":[{{"id":"{word}","time":"{word}","changes":[{{"field":"messages","value":{{
                "metadata":{{"display_phone_number":"{word}","phone_number_id":"{word}"}},
                "contacts":[{{"wa_id":"49","profile":{{"name":"{word}"}}}}],
                "messages":[{{"from":"49","id":"wamid.1"}},7],"statuses":[{{"id":"wamid.2","status":"sent"}}]}}}}]}}]}}"#
            ))
        };
        let repeated = |case: &Case| -> Vec<usize> {
            let parts = split(&MetaWhatsapp, case).unwrap().parts;
            let long = |value: &&Value| value.as_str().is_some_and(|text| text.starts_with("aa"));
            parts.iter().map(|part| part.data.values().filter(long).count()).collect()
        };
        assert_eq!(repeated(&of(MAX_SHARED_BYTES)), [4, 1, 3]);
        assert_eq!(repeated(&of(MAX_SHARED_BYTES + 1)), [0, 0, 0]);
        let key = |case: &Case| split(&MetaWhatsapp, case).unwrap().parts.remove(1).dedupe_key;
        assert_eq!(key(&of(MAX_SHARED_BYTES + 1)), data::digest(b"7"), "its time is not read");
    }

    #[test]
    fn a_message_that_arrived_has_its_sender_and_text() {
        let value = r#""contacts":[{"wa_id":"48","profile":{"name":"Eve"}},{"wa_id":"49","profile":{"name":"Ada"}}],
            "messages":[{"from":"49","id":"wamid.2","type":"image","timestamp":"1749416383","image":{"caption":"Look"},
            "context":{"id":"wamid.1"}}]"#;
        let part = part(&MetaWhatsapp, &messages(value));
        assert_eq!(
            (part.event_type.as_str(), part.provider_type.as_str()),
            ("whatsapp.message.received", "image")
        );
        assert_eq!(part.dedupe_key, "wamid.2");
        let data = serde_json::json!({
            "message_id": "wamid.2", "from": "49", "to": "1555", "text": "Look", "media": 1, "contact_name": "Ada",
            "reply_to": "wamid.1", "business_account_id": "102", "phone_number_id": "106",
        });
        assert_eq!(Value::Object(part.data), data);
    }

    #[test]
    fn what_was_written_is_found_in_each_kind_of_message() {
        for (message, text) in [
            (r#""text":{"body":"Hi"}"#, "Hi"),
            (r#""button":{"text":"Yes"}"#, "Yes"),
            (r#""interactive":{"button_reply":{"title":"One"}}"#, "One"),
            (r#""interactive":{"list_reply":{"title":"Two"}}"#, "Two"),
            (r#""document":{"caption":"Three"}"#, "Three"),
            (r#""reaction":{"emoji":"👍","message_id":"wamid.0"}"#, "👍"),
        ] {
            let part = part(&MetaWhatsapp, &messages(&format!(r#""messages":[{{"id":"w",{message}}}]"#)));
            assert_eq!(part.data["text"], text);
        }
    }

    #[test]
    fn an_empty_id_is_no_key() {
        let value = r#""messages":[{"id":"","a":1},{"id":"","a":2}],"statuses":[{"id":"","status":"sent"}]"#;
        let parts = split(&MetaWhatsapp, &messages(value)).unwrap().parts;
        assert!(parts.iter().all(|part| part.event_type == UNKNOWN && part.dedupe_key.len() == 64));
        assert_ne!(parts[0].dedupe_key, parts[1].dedupe_key);
    }

    #[test]
    fn one_bad_part_harms_no_other() {
        let body = r#"{"entry":[
            {"id":"1","time":5,"changes":[
                {"field":"messages","value":{"messages":[{"id":"w1","type":"text"},7,{"type":"no id"}],
                    "statuses":["x",{"id":"w2","status":"sent"},{"id":"w3"}],"errors":[{"code":1,"title":"Oops"}]}},
                {"field":"messages","value":{"messages":"none"}},
                {"field":"messages","value":{}},
                {"field":"account_update","value":{"event":"X"}},
                "not a change"]},
            {"id":"2"},
            "not an entry"]}"#;
        let expected = [
            ("whatsapp.message.received", "text"),
            ("whatsapp.unknown", "messages"),
            ("whatsapp.unknown", "messages"),
            ("whatsapp.unknown", "statuses"),
            ("whatsapp.sent", "sent"),
            ("whatsapp.unknown", "statuses"),
            ("whatsapp.unknown", "errors"),
            ("whatsapp.unknown", "messages"),
            ("whatsapp.unknown", "messages"),
            ("whatsapp.unknown", "account_update"),
            ("whatsapp.unknown", "unknown"),
            ("whatsapp.unknown", "unknown"),
            ("whatsapp.unknown", "unknown"),
        ];
        let expected: Vec<_> = expected.map(|(one, other)| (one.to_owned(), other.to_owned())).into();
        assert_eq!(types(&request(body)), expected);
        let parts = split(&MetaWhatsapp, &request(body)).unwrap().parts;
        let keys: std::collections::HashSet<_> = parts.iter().map(|part| &part.dedupe_key).collect();
        assert_eq!(keys.len(), parts.len());
        assert_eq!(parts[9].raw.get(), r#"{"field":"account_update","value":{"event":"X"}}"#);
    }

    #[test]
    fn another_field_is_told_apart_by_its_time() {
        let at = |time: u32| {
            let body = format!(
                r#"{{"entry":[{{"id":"1","time":{time},"changes":[{{"field":"f","value":{{}}}}]}}]}}"#
            );
            part(&MetaWhatsapp, &request(&body))
        };
        assert_eq!(at(5).dedupe_key, at(5).dedupe_key);
        assert_ne!(at(5).dedupe_key, at(6).dedupe_key);
        assert_eq!(at(5).occurred_at.map(|at| at.as_seconds()), Some(5));
    }

    #[test]
    fn a_body_that_is_not_metas_is_malformed() {
        for body in ["test", "[]", "{}", r#"{"entry":{}}"#] {
            let refusal = split(&MetaWhatsapp, &request(body)).unwrap_err();
            assert_eq!(refusal.reason, Reason::BodyMalformed, "{body}");
        }
    }

    #[test]
    fn a_large_batch_is_split_in_one_go() {
        let one = r#"{"id":"w","status":"sent","timestamp":"1"},"#.repeat(10_000);
        let case = messages(&format!(r#""statuses":[{}]"#, one.trim_end_matches(',')));
        assert_eq!(split(&MetaWhatsapp, &case).unwrap().parts.len(), 10_000);
    }

    /// A body of almost the longest that is taken, of which half is one value that its events share.
    fn hostile(long: &str, events: usize) -> String {
        let statuses = vec![r#"{"id":"w","status":"sent"}"#; events / 2].join(",");
        let messages = vec![r#"{"id":"w","from":"1","type":"text"}"#; events / 2].join(",");
        let metadata = format!(r#"{{"display_phone_number":"{long}","phone_number_id":"{long}"}}"#);
        let contacts = format!(r#"[{{"profile":{{"name":"{long}"}},"wa_id":"1"}}]"#);
        let value = format!(
            r#"{{"metadata":{metadata},"contacts":{contacts},"messages":[{messages}],"statuses":[{statuses}]}}"#
        );
        let known = format!(r#"{{"field":"messages","value":{value}}}"#);
        format!(
            r#"{{"entry":[{{"id":"{long}","time":"{long}","changes":[{known},{{"field":"f","value":1}}]}}]}}"#
        )
    }

    #[test]
    fn what_events_share_does_not_grow_with_their_number() {
        for (long, is_kept) in [(MAX_SHARED_BYTES, true), (MAX_SHARED_BYTES + 1, false), (400_000, false)] {
            let body = hostile(&"7".repeat(long), 19_000);
            let parts = split(&MetaWhatsapp, &request(&body)).unwrap().parts;
            assert_eq!(parts.len(), 19_001);
            let length = |part: &Part| {
                let data = serde_json::to_string(&part.data).unwrap().len();
                data + part.raw.get().len() + part.dedupe_key.len() + part.provider_type.len()
            };
            let bytes: usize = parts.iter().map(length).sum();
            let most = body.len() + 19_001 * (200 + if is_kept { 4 * MAX_SHARED_BYTES } else { 0 });
            assert!(bytes <= most, "{bytes} bytes of events of a body of {} bytes", body.len());
            assert_eq!(parts[0].data.contains_key("contact_name"), is_kept);
            assert_eq!(parts[0].data.contains_key("business_account_id"), is_kept);
        }
    }

    #[test]
    fn more_events_than_a_request_may_have_are_refused() {
        for body in [
            hostile("7", MAX_PARTS),
            format!(r#"{{"entry":[{}]}}"#, vec!["1"; MAX_PARTS + 1].join(",")),
            format!(r#"{{"entry":[{{"changes":[{}]}}]}}"#, vec!["1"; MAX_PARTS + 1].join(",")),
        ] {
            let refusal = split(&MetaWhatsapp, &request(&body)).unwrap_err();
            assert_eq!(refusal.reason, Reason::BodyMalformed);
        }
    }

    #[test]
    fn only_a_sha256_of_the_raw_body_counts() {
        let good = request("{}");
        let hex = String::from_utf8(good.headers[0].1.clone()).unwrap();
        assert_eq!(
            refusal(&MetaWhatsapp, &good.clone().header(HEADER, &hex.to_uppercase().replace("SHA", "sha"))),
            None
        );
        for bad in ["", "sha256=", "sha256=xyz", &hex[7..], &hex.replace("256", "1")] {
            let reason = refusal(&MetaWhatsapp, &good.clone().header(HEADER, bad));
            let wanted =
                if bad == "sha256=" { Reason::SignatureMismatch } else { Reason::SignatureMalformed };
            assert_eq!(reason, Some(wanted), "{bad}");
        }
        // The older header is no proof.
        let mut sha1 = good.clone().header("x-hub-signature", "sha1=00");
        sha1.headers.retain(|(name, _)| name != HEADER);
        assert_eq!(refusal(&MetaWhatsapp, &sha1), Some(Reason::SignatureMissing));
    }

    fn handshake_of(query: &str, token: Option<&str>) -> Case {
        let mut case = Case::new(Scheme::HubSignature256, SECRET).query(query);
        case.options.verify_token = token.map(ProviderSecret::new);
        case
    }

    #[test]
    fn the_challenge_is_given_back_to_who_knows_the_token() {
        let query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meaty%20hamhock";
        let answer = probe(&MetaWhatsapp, &handshake_of(query, Some("meaty hamhock"))).unwrap();
        assert_eq!(answer, Answer::text("1158201444"));
        assert_eq!(answer.content_type, Some("text/plain"));
        let mut posted = handshake_of(query, Some("meaty hamhock"));
        posted.method = "POST";
        assert_eq!(refusal(&MetaWhatsapp, &posted), Some(Reason::SignatureMissing));
    }

    #[test]
    fn no_other_handshake_is_answered() {
        let long = "1".repeat(MAX_CHALLENGE + 1);
        for (query, token) in [
            ("hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong", Some("right")),
            ("hub.mode=subscribe&hub.challenge=1&hub.verify_token=", Some("")),
            ("hub.mode=subscribe&hub.challenge=1&hub.verify_token=", None),
            ("hub.mode=subscribe&hub.challenge=1", Some("right")),
            ("hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=right", Some("right")),
            ("hub.challenge=1&hub.verify_token=right", Some("right")),
            ("hub.mode=subscribe&hub.verify_token=right", Some("right")),
            ("hub.mode=subscribe&hub.challenge=&hub.verify_token=right", Some("right")),
            ("hub.mode=subscribe&hub.challenge=<script>&hub.verify_token=right", Some("right")),
            (&format!("hub.mode=subscribe&hub.challenge={long}&hub.verify_token=right"), Some("right")),
        ] {
            let case = handshake_of(query, token);
            assert_eq!(refusal(&MetaWhatsapp, &case), Some(Reason::VerifyTokenMismatch), "{query}");
        }
        assert_eq!(
            refusal(&MetaWhatsapp, &handshake_of("x=1", Some("right"))),
            Some(Reason::SignatureMissing)
        );
        assert_eq!(MetaWhatsapp.refused(Reason::VerifyTokenMismatch).status, 403);
    }
}
