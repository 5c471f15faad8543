use std::time::Duration;

use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::*;
use crate::delivery::render;
use crate::endpoint::BodyForm;

const ENDPOINT: &str = "we_01M7Z1JAMKQPD2HG5WX446SMTT";
const DELIVERY: &str = "wd_01M7Z294KEZCHAZHKHD9R5A5SD";

fn at() -> Timestamp {
    Timestamp::parse("2026-11-21T12:33:56.876Z").unwrap()
}

/// The bodies of an event of this type in each form.
fn with_message<T>(event_type: &str, data: &Value, read: impl FnOnce(&Message<'_>) -> T) -> T {
    let event_type = EventType::parse(event_type).unwrap();
    let event_id = EventId::new(at(), 7);
    let payload = RawValue::from_string(data.to_string()).unwrap();
    let delivery_id = DELIVERY.parse().unwrap();
    read(&Message {
        event_id,
        event_type: &event_type,
        occurred_at: at(),
        channels: &[],
        payload: &payload,
        delivery_id,
    })
}

fn alert(event_type: &str, data: Value) -> Alert {
    with_message(event_type, &data, Alert::of)
}

fn body(event_type: &str, data: &Value, form: BodyForm) -> Value {
    let bytes = with_message(event_type, data, |message| render::body(message, form, None));
    serde_json::from_slice(&bytes.unwrap().bytes).unwrap()
}

/// An alert as one text.
fn text(alert: &Alert) -> String {
    let steps = alert.steps.iter().map(|step| format!("{}\n  {}\n", step.label, step.command));
    format!("{}\n{}\n{}", alert.headline, alert.paragraphs.join("\n"), steps.collect::<String>())
}

fn endpoint(more: Value) -> Value {
    let mut data = json!({
        "endpoint_id": ENDPOINT, "endpoint_description": "Billing", "endpoint_host": "crm.example.com",
    });
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    data
}

#[test]
fn each_kind_says_what_happened_what_comes_next_and_what_to_do() {
    let failures = json!({ "failures": 12, "failing_since": "2026-11-20T12:33:44.611Z" });
    let failing =
        endpoint(json!({ "failures": 5, "failing_since": "2026-11-20T12:33:44.611Z", "percent": 50 }));
    assert_eq!(
        text(&alert("posthorn.endpoint.failing", failing)),
        "Billing (crm.example.com) is failing
5 attempts in a row have failed since 2026-11-20 12:33 UTC. That is 50 % of the way to being switched off.
Posthorn keeps its deliveries and goes on trying. If it goes on failing, Posthorn switches it off; its events are then \
kept until it is switched on again, or expire.
we_01M7Z1JAMKQPD2HG5WX446SMTT · 2026-11-21 12:33 UTC
See its last deliveries:
  curl \"$API/v1/webhook-endpoints/we_01M7Z1JAMKQPD2HG5WX446SMTT/deliveries\" -H \"X-API-Key: $KEY\"
"
    );
    let mut off = endpoint(failures.clone());
    off["reason"] = json!("failing");
    assert_eq!(
        text(&alert("posthorn.endpoint.disabled", off)),
        "Billing (crm.example.com) was switched off
12 attempts in a row have failed since 2026-11-20 12:33 UTC, so Posthorn switched it off.
Its events are kept until it is switched on again, or expire. It does not come back by itself.
we_01M7Z1JAMKQPD2HG5WX446SMTT · 2026-11-21 12:33 UTC
When its receiver works again, switch it on:
  curl -X PATCH \"$API/v1/webhook-endpoints/we_01M7Z1JAMKQPD2HG5WX446SMTT\" -H \"X-API-Key: $KEY\" -d '{\"active\":true}'
"
    );
    assert_eq!(
        text(&alert("posthorn.endpoint.disabled", endpoint(json!({ "reason": "gone" })))),
        "Billing (crm.example.com) was switched off
It answered 410 Gone, which means that it wants no more deliveries.
Posthorn sends it nothing while it is off, and does not keep new events for it.
we_01M7Z1JAMKQPD2HG5WX446SMTT · 2026-11-21 12:33 UTC
When its receiver works again, switch it on:
  curl -X PATCH \"$API/v1/webhook-endpoints/we_01M7Z1JAMKQPD2HG5WX446SMTT\" -H \"X-API-Key: $KEY\" -d '{\"active\":true}'
"
    );
    assert_eq!(
        text(&alert("posthorn.endpoint.recovered", endpoint(failures))),
        "Billing (crm.example.com) works again
It accepted a delivery. 12 attempts in a row had failed since 2026-11-20 12:33 UTC.
Posthorn now sends what it has kept, oldest first. There is nothing to do.
we_01M7Z1JAMKQPD2HG5WX446SMTT · 2026-11-21 12:33 UTC
"
    );
}

#[test]
fn a_failed_delivery_names_its_event_and_how_to_send_it_again() {
    let exhausted = json!({
        "delivery_id": DELIVERY, "event_id": "evt_01M7Z1JPMCEVD8W4EZ7PYC6DEM", "event_type": "invoice.paid",
    });
    assert_eq!(
        text(&alert("posthorn.delivery.exhausted", endpoint(exhausted))),
        "A delivery to Billing (crm.example.com) failed
Event evt_01M7Z1JPMCEVD8W4EZ7PYC6DEM of the type invoice.paid was given up, and will not be tried again.
If more deliveries to this endpoint fail within the next hour, there is no further message like this one.
we_01M7Z1JAMKQPD2HG5WX446SMTT · wd_01M7Z294KEZCHAZHKHD9R5A5SD · 2026-11-21 12:33 UTC
See its attempts:
  curl \"$API/v1/webhook-endpoints/we_01M7Z1JAMKQPD2HG5WX446SMTT/deliveries/wd_01M7Z294KEZCHAZHKHD9R5A5SD\" \
-H \"X-API-Key: $KEY\"
Send it again:
  curl -X POST \"$API/v1/webhook-endpoints/we_01M7Z1JAMKQPD2HG5WX446SMTT/deliveries/wd_01M7Z294KEZCHAZHKHD9R5A5SD/replay\" \
-H \"X-API-Key: $KEY\"
"
    );
}

#[test]
fn each_service_gets_the_form_that_it_reads() {
    let data = json!({
        "endpoint_id": ENDPOINT, "endpoint_description": "A<B> & *co*", "endpoint_host": "crm.example.com",
        "failures": 2, "failing_since": "2026-11-20T12:33:44.611Z",
    });
    let body = |form| body("posthorn.endpoint.recovered", &data, form);
    let slack = |headline: &str| {
        format!(
            "{headline}\nIt accepted a delivery. 2 attempts in a row had failed since 2026-11-20 12:33 UTC.\n\
             Posthorn now sends what it has kept, oldest first. There is nothing to do.\n\
             we_01M7Z1JAMKQPD2HG5WX446SMTT · 2026-11-21 12:33 UTC"
        )
    };
    assert_eq!(
        body(BodyForm::Slack),
        json!({
            "text": "A&lt;B&gt; &amp; *co* (crm.example.com) works again",
            "blocks": [{ "type": "section", "text": {
                "type": "mrkdwn", "verbatim": true,
                "text": slack("*A&lt;B&gt; &amp; *co* (crm.example.com) works again*"),
            }}],
            "unfurl_links": false, "unfurl_media": false,
        })
    );
    let run =
        |text: &str| json!({ "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": text }] });
    let headline = json!({
        "type": "TextRun", "text": "A<B> & *co* (crm.example.com) works again", "weight": "Bolder", "size": "Medium",
    });
    assert_eq!(
        body(BodyForm::Teams),
        json!({ "type": "message", "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard",
                "version": "1.4", "msteams": { "width": "Full" },
                "body": [
                    { "type": "RichTextBlock", "inlines": [headline] },
                    run("It accepted a delivery. 2 attempts in a row had failed since 2026-11-20 12:33 UTC."),
                    run("Posthorn now sends what it has kept, oldest first. There is nothing to do."),
                    run("we_01M7Z1JAMKQPD2HG5WX446SMTT · 2026-11-21 12:33 UTC"),
                ],
            },
        }]})
    );
    assert_eq!(
        body(BodyForm::Discord),
        json!({
            "content": "**A\\<B\\> & \\*co\\* \\(crm.example.com\\) works again**\n\
                It accepted a delivery. 2 attempts in a row had failed since 2026\\-11\\-20 12\\:33 UTC.\n\
                Posthorn now sends what it has kept, oldest first. There is nothing to do.\n\
                we\\_01M7Z1JAMKQPD2HG5WX446SMTT · 2026\\-11\\-21 12\\:33 UTC",
            "allowed_mentions": { "parse": [] }, "flags": 4,
        })
    );
}

#[test]
fn commands_stand_apart_from_the_sentences() {
    let data = json!({ "endpoint_id": ENDPOINT });
    let command =
        "curl \"$API/v1/webhook-endpoints/we_01M7Z1JAMKQPD2HG5WX446SMTT/deliveries\" -H \"X-API-Key: $KEY\"";
    let body = |form| body("posthorn.endpoint.failing", &data, form);
    assert_eq!(
        body(BodyForm::Slack)["blocks"][1]["text"]["text"],
        format!("See its last deliveries:\n```{command}```")
    );
    let content = &body(BodyForm::Teams)["attachments"][0]["content"];
    assert_eq!(
        content["body"][4]["inlines"][1],
        json!({ "type": "TextRun", "text": command, "fontType": "Monospace" })
    );
    let discord = body(BodyForm::Discord);
    let discord = discord["content"].as_str().unwrap();
    assert!(discord.ends_with(&format!("See its last deliveries:\n```sh\n{command}\n```")), "{discord}");
}

#[test]
fn an_event_of_an_earlier_version_or_without_sense_still_makes_an_alert() {
    for data in [json!({}), json!(null), json!([1]), json!({ "endpoint_id": "none", "failures": -1 })] {
        for (event, headline) in [
            ("posthorn.endpoint.failing", "An endpoint is failing"),
            ("posthorn.delivery.exhausted", "A delivery to An endpoint failed"),
        ] {
            let alert = alert(event, data.clone());
            assert_eq!((alert.headline.as_str(), alert.steps.len()), (headline, 0));
        }
    }
    let old = alert(
        "posthorn.endpoint.recovered",
        json!({ "endpoint_id": ENDPOINT, "failures": 1, "failing_since": at() }),
    );
    assert_eq!(old.headline, format!("{ENDPOINT} works again"));
    assert_eq!(old.paragraphs[0], "It accepted a delivery. 1 attempt had failed since 2026-11-21 12:33 UTC.");
}

#[test]
fn a_test_and_an_event_that_was_sent_by_hand_say_so_and_show_no_payload() {
    let test = alert("posthorn.test", json!({ "message": "hush" }));
    assert_eq!(test.headline, "This is a test");
    let other = alert("invoice.paid", json!({ "amount": "hush" }));
    assert_eq!(other.paragraphs[0], "An event of the type invoice.paid was sent here by hand.");
    assert!(!text(&test).contains("hush") && !text(&other).contains("hush"));
}

#[test]
fn a_name_is_one_short_line() {
    assert_eq!(shortened(" a\n\tb\u{0}c \r\n"), "a b c");
    assert_eq!(shortened(&"ü".repeat(100)), "ü".repeat(100));
    assert_eq!(shortened(&"ü".repeat(101)), format!("{}…", "ü".repeat(100)));
}

/// Words that a chat service might read as more than words.
fn any_words() -> impl Strategy<Value = String> {
    let marks = prop_oneof![
        Just("<!channel>".to_owned()),
        Just("<!everyone>".to_owned()),
        Just("<@U0>".to_owned()),
        Just("@everyone".to_owned()),
        Just("@here".to_owned()),
        Just("<@&1>".to_owned()),
        Just("<at>all</at>".to_owned()),
        Just("[a](https://example.com)".to_owned()),
        Just("```".to_owned()),
        Just("\\".to_owned()),
        Just("\"},{\"".to_owned()),
        Just("\u{2028}\u{202e}\u{0}\n".to_owned()),
        any::<String>(),
    ];
    proptest::collection::vec(marks, 0..8).prop_map(|words| words.join(" "))
}

/// Every text in `value`.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// The characters of a Markdown text that no backslash takes the meaning from.
fn unescaped(text: &str) -> String {
    let mut left = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            c => left.push(c),
        }
    }
    left
}

proptest! {
    #[test]
    fn no_words_break_an_alert_or_mention_anybody(
        description in any_words(),
        host in any_words(),
        kind in 0..OperationalEvent::ALL.len(),
        long_type in "[a-z_:-]{1,256}",
    ) {
        let data = json!({
            "endpoint_id": ENDPOINT, "endpoint_description": description, "endpoint_host": host,
            "failures": u32::MAX, "failing_since": at().plus(Duration::from_secs(1)), "percent": 90,
            "delivery_id": DELIVERY, "event_id": EventId::new(at(), 1), "event_type": long_type,
        });
        let event = OperationalEvent::ALL[kind].name();

        let slack = body(event, &data, BodyForm::Slack);
        for text in texts(&slack) {
            // A block's text has at most 3,000 characters.
            prop_assert!(!text.contains(['<', '>']) && text.chars().count() <= 3_000, "{}", text);
        }

        let teams = body(event, &data, BodyForm::Teams);
        prop_assert!(teams.to_string().len() < 28_000, "the size that Teams takes");
        let card = &teams["attachments"][0]["content"];
        prop_assert!(card["msteams"]["entities"].is_null(), "a mention takes an entity");
        for block in card["body"].as_array().unwrap() {
            prop_assert_eq!(&block["type"], "RichTextBlock");
            prop_assert!(block["inlines"].as_array().unwrap().iter().all(|run| run["type"] == "TextRun"));
        }

        let discord = body(event, &data, BodyForm::Discord);
        prop_assert_eq!(&discord["allowed_mentions"], &json!({ "parse": [] }));
        let content = discord["content"].as_str().unwrap();
        prop_assert!(content.chars().count() <= 2_000, "{} characters", content.chars().count());
        let prose = content.split("\n```sh\n").next().unwrap();
        let prose = unescaped(prose.trim_start_matches("**").split_once("**\n").unwrap().1);
        prop_assert!(!prose.contains(['<', '@', '`', '[', '*', '_', '|', '~']), "{}", prose);
        let headline = unescaped(content.split('\n').next().unwrap());
        prop_assert!(headline.starts_with("**") && headline.ends_with("**"), "{}", headline);
        prop_assert!(!headline.contains(['<', '@', '`', '[', '_', '|', '~']), "{}", headline);
    }
}
