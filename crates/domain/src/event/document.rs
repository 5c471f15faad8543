//! What may filters and templates read of an event?
//! The event as a document: `type`, `id`, `timestamp`, `channels` and `data`; its payload is parsed when it is first read.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;

use payload::Document;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Number, Value};

use crate::event::Event;
use crate::event::cause::Cause;
use crate::event::channel::Channel;
use crate::event::event_type::EventType;
use crate::id::EventId;
use crate::timestamp::Timestamp;

/// The members of an event's document, with which every path of a filter or template begins.
pub const MEMBERS: [&str; 5] = ["type", "id", "timestamp", "channels", "data"];

/// What the fan-out may ask of an event. Most events meet no filter, so the document is made when it is first asked for, and
/// once for all endpoints.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The event's id.
    pub(crate) id: EventId,
    /// The event's type.
    pub(crate) event_type: &'a EventType,
    /// When it happened.
    pub(crate) occurred_at: Timestamp,
    /// The labels for routing.
    pub(crate) channels: &'a [Channel],
    /// The producer's data.
    pub(crate) payload: &'a RawValue,
    /// The rules that led to it.
    pub(crate) caused_by: Option<&'a Cause>,
    document: OnceCell<Document>,
}

impl<'a> Facts<'a> {
    /// An event of this type with this payload, without channels, that no rule made.
    pub fn new(
        id: EventId,
        event_type: &'a EventType,
        occurred_at: Timestamp,
        payload: &'a RawValue,
    ) -> Self {
        let (channels, document) = (&[], OnceCell::new());
        Self { id, event_type, occurred_at, channels, payload, caused_by: None, document }
    }

    /// The facts of a stored event.
    pub fn of(event: &'a Event) -> Self {
        let facts = Self::new(event.id, &event.event_type, event.occurred_at, &event.payload);
        facts.in_channels(&event.channels).caused_by(event.caused_by.as_ref())
    }

    /// The same with these channels.
    #[must_use]
    pub fn in_channels(self, channels: &'a [Channel]) -> Self {
        Self { channels, document: OnceCell::new(), ..self }
    }

    /// The same with this payload: a list of events gives them without.
    #[must_use]
    pub fn with_payload(self, payload: &'a RawValue) -> Self {
        Self { payload, document: OnceCell::new(), ..self }
    }

    /// The same, made by these rules.
    #[must_use]
    pub fn caused_by(self, caused_by: Option<&'a Cause>) -> Self {
        Self { caused_by, ..self }
    }

    /// The event as filters and templates read it.
    pub fn document(&self) -> &Document {
        self.document.get_or_init(|| {
            let channels: Vec<Value> = self.channels.iter().map(|name| name.to_string().into()).collect();
            Document::new([
                ("type", self.event_type.as_str().into()),
                ("id", self.id.to_string().into()),
                ("timestamp", self.occurred_at.to_string().into()),
                ("channels", channels.into()),
                ("data", parsed(self.payload)),
            ])
        })
    }

    /// Whether the payload was parsed.
    pub fn was_read(&self) -> bool {
        self.document.get().is_some()
    }
}

/// The payload as a value. Two things are JSON that a value cannot hold: a number beyond the range of a double reads as the
/// largest double, half of a surrogate pair (`\ud800`) as the replacement character.
fn parsed(json: &RawValue) -> Value {
    serde_json::from_str(json.get()).unwrap_or_else(|_| parsed_by_parts(json))
}

/// The same by way of its parts, for a payload in which one part cannot be read. Payloads are nested at most 100 levels deep.
fn parsed_by_parts(json: &RawValue) -> Value {
    let text = json.get();
    match text.as_bytes().first() {
        Some(b'{') => {
            let members: BTreeMap<Lossy, &RawValue> = serde_json::from_str(text).unwrap_or_default();
            Value::Object(members.into_iter().map(|(Lossy(name), value)| (name, parsed(value))).collect())
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
            Value::Array(items.into_iter().map(parsed).collect())
        }
        Some(b'-') => Number::from_f64(f64::MIN).map_or(Value::Null, Value::Number),
        Some(b'0'..=b'9') => Number::from_f64(f64::MAX).map_or(Value::Null, Value::Number),
        _ => serde_json::from_str(text).map_or(Value::Null, |Lossy(text)| text.into()),
    }
}

/// Text in which the replacement character stands for what is no Unicode.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Lossy(String);

impl<'de> Deserialize<'de> for Lossy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Lossy;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Lossy, E> {
                Ok(Lossy(String::from_utf8_lossy(bytes).into_owned()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn now() -> Timestamp {
        Timestamp::parse("2026-01-05T09:30:00.25Z").unwrap()
    }

    fn document_of(payload: &str) -> Value {
        let event_type = EventType::parse("invoice.paid").unwrap();
        let channels = [Channel::parse("eu").unwrap()];
        let payload = serde_json::from_str(payload).unwrap();
        let facts = Facts::new(EventId::new(now(), 1), &event_type, now(), payload);
        facts.in_channels(&channels).document().as_json().clone()
    }

    #[test]
    fn the_document_has_the_members_that_paths_begin_with() {
        let document = document_of(r#"{"amount":4200}"#);
        assert_eq!(
            document,
            json!({
                "type": "invoice.paid", "id": EventId::new(now(), 1).to_string(),
                "timestamp": "2026-01-05T09:30:00.250Z", "channels": ["eu"], "data": { "amount": 4200 },
            })
        );
        let mut members: Vec<&String> = document.as_object().unwrap().keys().collect();
        let mut expected = MEMBERS;
        members.sort();
        expected.sort_unstable();
        assert_eq!(members, expected);
    }

    #[test]
    fn a_part_that_no_value_can_hold_hides_nothing_else() {
        let document = document_of(r#"{"a":[1e999,-1e999,{"b":"x"}],"c":1,"d":"e\ud800f","g\udc00":true}"#);
        let data = &document["data"];
        assert!(data["d"].as_str().unwrap().starts_with("e\u{fffd}"), "{data}");
        assert!(data.as_object().unwrap().values().any(|value| *value == json!(true)), "{data}");
        assert_eq!((&data["a"][2]["b"], &data["c"]), (&json!("x"), &json!(1)));
        assert_eq!((data["a"][0].as_f64(), data["a"][1].as_f64()), (Some(f64::MAX), Some(f64::MIN)));
    }

    proptest! {
        #[test]
        fn the_payload_is_read_as_it_is(text in ".{0,40}", number in any::<i64>()) {
            let payload = json!({ "text": text, "numbers": [number, u64::MAX] });
            prop_assert_eq!(&document_of(&payload.to_string())["data"], &payload);
        }
    }
}
