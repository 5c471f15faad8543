//! How does an alert look as an e-mail?
//! The content of a message for SES: a subject and a plain text.
//!
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_EmailContent.html>

use serde_json::json;

use super::Alert;

/// The member `Content` of the request.
pub fn body(alert: &Alert) -> Vec<u8> {
    let mut text = alert.paragraphs.join("\n\n");
    for step in &alert.steps {
        text.push_str(&format!("\n\n{}\n\n    {}", step.label, step.command));
    }
    text.push('\n');
    let data = |text: &str| json!({ "Data": text, "Charset": "UTF-8" });
    let message = json!({ "Subject": data(&alert.headline), "Body": { "Text": data(&text) } });
    json!({ "Simple": message }).to_string().into_bytes()
}
