//! How does an alert look in Discord?
//! The body for a webhook: one text in Discord's Markdown, in which mentions are switched off.
//!
//! <https://docs.discord.com/developers/resources/webhook#execute-webhook>

use serde_json::json;

use super::Alert;

/// `SUPPRESS_EMBEDS`: no previews of links.
const FLAGS: u32 = 1 << 2;

/// The body of the request.
pub fn body(alert: &Alert) -> Vec<u8> {
    let mut lines = vec![format!("**{}**", escaped(&alert.headline))];
    lines.extend(alert.paragraphs.iter().map(|text| escaped(text)));
    lines.extend(alert.steps.iter().map(|step| format!("{}\n```sh\n{}\n```", step.label, step.command)));
    json!({ "content": lines.join("\n"), "allowed_mentions": { "parse": [] }, "flags": FLAGS })
        .to_string()
        .into_bytes()
}

/// A backslash before each character that Markdown may read: also before `<`, which begins mentions and emoji.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\*_~`|<>[]()#@:-".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
