//! How does an alert look in Microsoft Teams?
//! The body for a workflow that posts to a channel "when a webhook request is received": one Adaptive Card.
//!
//! <https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook>,
//! <https://adaptivecards.io/explorer/RichTextBlock.html>

use serde_json::{Value, json};

use super::Alert;

/// The body of the request.
pub fn body(alert: &Alert) -> Vec<u8> {
    let headline = json!({ "type": "TextRun", "text": alert.headline, "weight": "Bolder", "size": "Medium" });
    let mut blocks = vec![block(vec![headline])];
    blocks
        .extend(alert.paragraphs.iter().map(|text| block(vec![json!({ "type": "TextRun", "text": text })])));
    blocks.extend(alert.steps.iter().map(|step| {
        let label = json!({ "type": "TextRun", "text": format!("{} ", step.label) });
        block(vec![label, json!({ "type": "TextRun", "text": step.command, "fontType": "Monospace" })])
    }));
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard", "version": "1.4", "body": blocks, "msteams": { "width": "Full" },
    });
    let attachment = json!({
        "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card,
    });
    json!({ "type": "message", "attachments": [attachment] }).to_string().into_bytes()
}

/// Text runs are shown as they are; a `TextBlock` would read them as Markdown. Teams notifies people only
/// for mention entities, and the card has no such entity.
fn block(runs: Vec<Value>) -> Value {
    json!({ "type": "RichTextBlock", "inlines": runs })
}
