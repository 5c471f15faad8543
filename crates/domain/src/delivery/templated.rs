//! What becomes of a template's JSON on the wire?
//! It takes the payload's place in the body, or is a message for a chat service, in which mentions are defused: no text of an
//! event may notify a whole channel.
//!
//! See docs/adr/0030-templates-compose-with-the-body.md.

use std::borrow::Cow;
use std::collections::BTreeMap;

use payload::Template;
use payload::template::{Escape, Failure};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::delivery::alert::{Alert, email};
use crate::delivery::render::{Body, Message, envelope};
use crate::endpoint::BodyForm;

/// Slack's settings of a message that turn plain words such as `@channel` into mentions.
pub(crate) const SLACK_MENTIONS: [&str; 2] = ["parse", "link_names"];
/// The lists of objects in a Slack message. A text there could hold such a list as JSON.
pub(crate) const SLACK_LISTS: [&str; 2] = ["blocks", "attachments"];
/// Discord's setting of a message that says who may be mentioned.
pub(crate) const DISCORD_MENTIONS: &str = "allowed_mentions";
/// Nobody may be: <https://docs.discord.com/developers/resources/message#allowed-mentions-object>.
const NO_MENTIONS: &str = r#""allowed_mentions":{"parse":[]}"#;

/// The body that `template` makes of `message`. The same message always gives the same bytes.
pub(super) fn body(message: &Message<'_>, form: BodyForm, template: &Template) -> Result<Body, Failure> {
    let rendered = template.render(message.facts().document(), escape_in(form))?;
    let json = rendered.json;
    let bytes = match form {
        BodyForm::Data => json.into_bytes(),
        BodyForm::Envelope => envelope(message, &json),
        BodyForm::Slack => slack(json)?,
        BodyForm::Teams => teams(json)?,
        BodyForm::Discord => discord(&json)?,
        // Refused when it is saved.
        BodyForm::Email => email::body(&Alert::of(message)),
    };
    Ok(Body { bytes, undefined: rendered.undefined })
}

/// How texts of an event are escaped in a message of this form.
pub fn escape_in(form: BodyForm) -> Escape {
    match form {
        BodyForm::Slack => Escape::Slack,
        BodyForm::Teams => Escape::NoObjects,
        // Discord is told that nobody may be mentioned.
        BodyForm::Envelope | BodyForm::Data | BodyForm::Discord | BodyForm::Email => Escape::None,
    }
}

/// What a template gives to a chat service.
enum Shape<'a> {
    /// A text, as JSON.
    Text(&'a str),
    /// A message in the service's own form.
    Members(BTreeMap<Cow<'a, str>, &'a RawValue>),
}

fn shape(json: &str) -> Result<Shape<'_>, Failure> {
    match json.as_bytes().first() {
        Some(b'"') => Ok(Shape::Text(json)),
        Some(b'{') => serde_json::from_str(json).map(Shape::Members).map_err(|_| no_message()),
        _ => Err(no_message()),
    }
}

fn no_message() -> Failure {
    Failure {
        pointer: String::new(),
        detail: "makes neither a text nor an object for the service".to_owned(),
    }
}

/// Texts of the event are escaped already: `<!channel>` does not mention. What would read mentions in plain words is left out,
/// and a text in the place of a list of objects.
fn slack(json: String) -> Result<Vec<u8>, Failure> {
    let mut members = match shape(&json)? {
        Shape::Text(text) => return Ok(format!(r#"{{"text":{text}}}"#).into_bytes()),
        Shape::Members(members) => members,
    };
    let before = members.len();
    members.retain(|name, value| {
        let is_text_for_a_list = SLACK_LISTS.contains(&&**name) && value.get().starts_with('"');
        !SLACK_MENTIONS.contains(&&**name) && !is_text_for_a_list
    });
    if members.len() == before { Ok(json.into_bytes()) } else { written(&members).map(String::into_bytes) }
}

fn discord(json: &str) -> Result<Vec<u8>, Failure> {
    let members = match shape(json)? {
        Shape::Text(text) => return Ok(format!(r#"{{"content":{text},{NO_MENTIONS}}}"#).into_bytes()),
        Shape::Members(members) => members,
    };
    let mut others = members;
    let object = match others.remove(DISCORD_MENTIONS) {
        None => Cow::Borrowed(json),
        Some(_) => Cow::Owned(written(&others)?),
    };
    let rest = object[1..].trim_start();
    let comma = if rest.starts_with('}') { "" } else { "," };
    Ok(format!("{{{NO_MENTIONS}{comma}{rest}").into_bytes())
}

/// An Adaptive Card in the message that a workflow takes. Mentions need entities of the card, which are objects: an event's
/// texts cannot add one, and an event's objects are not taken.
fn teams(json: String) -> Result<Vec<u8>, Failure> {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(borrow, default, rename = "type")]
        name: Option<Cow<'a, str>>,
    }
    let card = match shape(&json)? {
        // Text runs are shown as they are; a text block would read them as Markdown.
        Shape::Text(text) => Cow::Owned(format!(
            r#"{{"$schema":"http://adaptivecards.io/schemas/adaptive-card.json","type":"AdaptiveCard","version":"1.4","body":[{{"type":"RichTextBlock","inlines":[{{"type":"TextRun","text":{text}}}]}}],"msteams":{{"width":"Full"}}}}"#
        )),
        Shape::Members(_) => {
            let kind: Kind<'_> = serde_json::from_str(&json).map_err(|_| no_message())?;
            if kind.name.as_deref() == Some("message") {
                return Ok(json.into_bytes());
            }
            Cow::Borrowed(json.as_str())
        }
    };
    Ok(format!(
        r#"{{"type":"message","attachments":[{{"contentType":"application/vnd.microsoft.card.adaptive","contentUrl":null,"content":{card}}}]}}"#
    )
    .into_bytes())
}

fn written(members: &BTreeMap<Cow<'_, str>, &RawValue>) -> Result<String, Failure> {
    serde_json::to_string(members).map_err(|_| no_message())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::event_type::EventType;
    use crate::id::{DeliveryId, EndpointId, EventId};
    use crate::timestamp::Timestamp;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn made(form: BodyForm, template: &Value, data: &Value) -> Result<Value, Failure> {
        let at = Timestamp::parse("2026-01-05T09:30:00Z").unwrap();
        let (event_type, event_id) = (EventType::parse("ticket.created").unwrap(), EventId::new(at, 7));
        let payload = RawValue::from_string(data.to_string()).unwrap();
        let message = Message {
            event_id,
            event_type: &event_type,
            occurred_at: at,
            channels: &[],
            payload: &payload,
            delivery_id: DeliveryId::of(event_id, EndpointId::new(at, 1)),
        };
        let body = body(&message, form, &serde_json::from_value(template.clone()).unwrap())?;
        Ok(serde_json::from_slice(&body.bytes).unwrap())
    }

    #[test]
    fn the_json_takes_the_payloads_place() {
        let (template, data) = (json!({ "id": "{{ data.id }}", "of": "{{ type }}" }), json!({ "id": 7 }));
        let expected = json!({ "id": 7, "of": "ticket.created" });
        assert_eq!(made(BodyForm::Data, &template, &data).unwrap(), expected);
        let envelope = made(BodyForm::Envelope, &template, &data).unwrap();
        assert_eq!((&envelope["data"], &envelope["type"]), (&expected, &json!("ticket.created")));
    }

    #[test]
    fn a_text_is_a_message_of_each_service() {
        let (template, data) = (json!("Ticket {{ data.id }}"), json!({ "id": 7 }));
        let message = |form| made(form, &template, &data).unwrap();
        assert_eq!(message(BodyForm::Slack), json!({ "text": "Ticket 7" }));
        let discord = json!({ "content": "Ticket 7", "allowed_mentions": { "parse": [] } });
        assert_eq!(message(BodyForm::Discord), discord);
        let teams = message(BodyForm::Teams);
        let card = &teams["attachments"][0]["content"];
        assert_eq!(
            (&card["type"], &card["body"][0]["inlines"][0]["text"]),
            (&json!("AdaptiveCard"), &json!("Ticket 7"))
        );
    }

    #[test]
    fn a_message_in_a_services_own_form_is_left_as_it_is_but_for_mentions() {
        let data = json!({ "subject": "<!channel> & @everyone", "mentions": { "parse": ["everyone"] } });
        let slack =
            json!({ "text": "{{ data.subject }}", "blocks": [], "parse": "full", "link_names": true });
        assert_eq!(
            made(BodyForm::Slack, &slack, &data).unwrap(),
            json!({ "text": "&lt;!channel&gt; &amp; @everyone", "blocks": [] })
        );
        for template in [
            json!({ "content": "{{ data.subject }}" }),
            json!({ "content": "{{ data.subject }}", "allowed_mentions": { "parse": ["everyone"] } }),
            json!({ "content": "{{ data.subject }}", "allowed_mentions": "{{ data.mentions }}" }),
        ] {
            assert_eq!(
                made(BodyForm::Discord, &template, &data).unwrap(),
                json!({ "content": "<!channel> & @everyone", "allowed_mentions": { "parse": [] } })
            );
        }
        let nothing_else = made(BodyForm::Discord, &json!({}), &data).unwrap();
        assert_eq!(nothing_else, json!({ "allowed_mentions": { "parse": [] } }));
        let card = json!({ "type": "AdaptiveCard", "version": "1.4", "body": [] });
        let sent = made(BodyForm::Teams, &card, &data).unwrap();
        assert_eq!((&sent["type"], &sent["attachments"][0]["content"]), (&json!("message"), &card));
        let whole = json!({ "type": "message", "attachments": [] });
        assert_eq!(made(BodyForm::Teams, &whole, &data).unwrap(), whole);
    }

    #[test]
    fn a_service_gets_no_message_that_is_neither_text_nor_object() {
        for form in [BodyForm::Slack, BodyForm::Teams, BodyForm::Discord] {
            let failure = made(form, &json!("{{ data.list }}"), &json!({ "list": [1] })).unwrap_err();
            assert_eq!(failure.pointer, "", "{form:?}");
        }
    }

    #[test]
    fn no_object_of_an_event_mentions_anybody() {
        let everybody = json!({ "type": "rich_text", "elements": [
            { "type": "rich_text_section", "elements": [{ "type": "broadcast", "range": "channel" }] },
        ] });
        let entity =
            json!({ "type": "mention", "text": "<at>Ada</at>", "mentioned": { "id": "ada", "name": "Ada" } });
        let data = json!({
            "blocks": [everybody], "block": everybody, "text": json!([everybody]).to_string(),
            "entities": [entity], "entity": entity,
        });
        let card = |entities: Value| json!({ "type": "AdaptiveCard", "msteams": { "entities": entities } });
        for (form, template, pointer) in [
            (BodyForm::Slack, json!({ "blocks": "{{ data.blocks }}" }), "/blocks"),
            (BodyForm::Slack, json!({ "blocks": ["{{ data.block }}"] }), "/blocks/0"),
            (
                BodyForm::Slack,
                json!({ "attachments": [{ "blocks": "{{ data.blocks }}" }] }),
                "/attachments/0/blocks",
            ),
            (BodyForm::Slack, json!("{{ data.block }}"), ""),
            (BodyForm::Teams, card(json!("{{ data.entities }}")), "/msteams/entities"),
            (BodyForm::Teams, card(json!(["{{ data.entity }}"])), "/msteams/entities/0"),
            (BodyForm::Teams, json!("{{ data }}"), ""),
        ] {
            let failure = made(form, &template, &data).unwrap_err();
            assert_eq!(failure.pointer, pointer, "{template}");
            assert!(failure.detail.contains("object"), "{failure}");
        }
        let as_text = json!({ "text": "a", "blocks": "{{ data.text }}", "attachments": " {{ data.text }}" });
        assert_eq!(made(BodyForm::Slack, &as_text, &data).unwrap(), json!({ "text": "a" }));
        // What the template's author writes may mention, and its texts are the event's.
        let own = card(json!([{ "type": "mention", "text": "<at>{{ data.entity.mentioned.name }}</at>" }]));
        let sent = made(BodyForm::Teams, &own, &data).unwrap();
        let text = &sent["attachments"][0]["content"]["msteams"]["entities"][0]["text"];
        assert_eq!(text, "<at>Ada</at>");
    }

    proptest! {
        /// Whatever an event holds, and however deep a template puts it in.
        #[test]
        fn no_text_of_an_event_mentions_anybody(text in ".{0,20}(<!(channel|here|everyone)>|<@U1>|@everyone).{0,20}") {
            let data = json!({ "text": text, "nested": { "list": [text] } });
            let places = json!(["{{ data.text }}", "about {{ data.text }}", "{{ data.nested.list }}", "{{ data.nested }}."]);
            let slack = made(BodyForm::Slack, &json!({ "blocks": places.clone() }), &data).unwrap().to_string();
            prop_assert!(!slack.contains(['<', '>']), "{}", slack);
            let discord = made(BodyForm::Discord, &json!({ "embeds": places }), &data).unwrap();
            prop_assert_eq!(&discord["allowed_mentions"], &json!({ "parse": [] }));
        }
    }
}
