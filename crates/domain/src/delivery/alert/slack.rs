//! How does an alert look in Slack?
//! The body for an incoming webhook: blocks of `mrkdwn`, and a text for the notification on a phone.
//!
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>,
//! <https://docs.slack.dev/messaging/formatting-message-text>

use serde_json::json;

use super::Alert;

/// The body of the request.
pub fn body(alert: &Alert) -> Vec<u8> {
    let headline = escaped(&alert.headline);
    let paragraphs = alert.paragraphs.iter().map(|text| escaped(text)).collect::<Vec<_>>().join("\n");
    let section = |text: String| {
        // `verbatim`: Slack makes no links and mentions of words that look like them.
        json!({ "type": "section", "text": { "type": "mrkdwn", "text": text, "verbatim": true } })
    };
    let mut blocks = vec![section(format!("*{headline}*\n{paragraphs}"))];
    let steps = alert.steps.iter();
    blocks.extend(steps.map(|step| section(format!("{}\n```{}```", step.label, escaped(&step.command)))));
    json!({ "text": headline, "blocks": blocks, "unfurl_links": false, "unfurl_media": false })
        .to_string()
        .into_bytes()
}

/// The three characters by which Slack marks links, channels and mentions (`<!channel>`).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
