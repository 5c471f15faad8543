//! Which templates may an endpoint have?
//! A template must be sound, and fit the form of the body: a chat service takes a text, or a message in its own form.

use payload::Template;
use serde_json::Value;

use crate::delivery::templated::{DISCORD_MENTIONS, SLACK_LISTS, SLACK_MENTIONS};
use crate::endpoint::{BodyForm, EndpointSettings};
use crate::problem::Invalid;

/// Notes what is wrong with an endpoint's template.
pub(super) fn check(settings: &EndpointSettings, invalid: &mut Invalid) {
    if let Some(template) = &settings.template {
        check_in(settings.body, template, "/template", invalid);
    }
}

/// The same of a template for a body of this form; `within` is the pointer to the template.
pub fn check_in(form: BodyForm, template: &Template, within: &str, invalid: &mut Invalid) {
    for mistake in template.mistakes() {
        invalid.push(format!("{within}{}", mistake.pointer), mistake.detail);
    }
    let source = serde_json::to_value(template).unwrap_or_default();
    if let Some((pointer, detail)) = misfit(form, &source) {
        invalid.push(format!("{within}{pointer}"), detail);
    }
}

/// What the form of the body does not take.
fn misfit(form: BodyForm, source: &Value) -> Option<(String, &'static str)> {
    let members = match (form, source) {
        (BodyForm::Envelope | BodyForm::Data, _) => return None,
        (BodyForm::Email, _) => {
            let detail = "cannot be combined with the body `email`: Posthorn writes e-mails itself, because each form of one \
                          needs headings and plain text; use `slack`, `teams` or `discord`, or leave the template out";
            return Some((String::new(), detail));
        }
        (BodyForm::Slack | BodyForm::Teams | BodyForm::Discord, Value::String(_)) => return None,
        (BodyForm::Slack | BodyForm::Teams | BodyForm::Discord, Value::Object(members)) => members,
        (BodyForm::Slack | BodyForm::Teams | BodyForm::Discord, _) => {
            let detail = "must be a text, or an object that is a message of the service";
            return Some((String::new(), detail));
        }
    };
    match form {
        BodyForm::Slack => {
            if let Some(setting) = SLACK_MENTIONS.into_iter().find(|name| members.contains_key(*name)) {
                let detail = "must be left out: with it, a text of an event could notify a whole channel";
                return Some((format!("/{setting}"), detail));
            }
            let is_text = |name: &&str| members.get(*name).is_some_and(Value::is_string);
            let list = SLACK_LISTS.into_iter().find(is_text)?;
            let detail = "must be a list whose objects the template writes: those of an event could notify a whole channel";
            Some((format!("/{list}"), detail))
        }
        BodyForm::Discord => members.contains_key(DISCORD_MENTIONS).then(|| {
            let pointer = format!("/{DISCORD_MENTIONS}");
            (pointer, "must be left out: Posthorn sends it, so that no text of an event mentions anybody")
        }),
        BodyForm::Teams => {
            let kind = members.get("type").and_then(Value::as_str);
            let is_card = matches!(kind, Some("AdaptiveCard" | "message"));
            let detail = "must be `AdaptiveCard`: a Teams workflow shows Adaptive Cards (or `message`, for a message with \
                          attachments of your own)";
            (!is_card).then(|| ("/type".to_owned(), detail))
        }
        BodyForm::Envelope | BodyForm::Data | BodyForm::Email => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::address::AllowedTargets;
    use serde_json::json;

    fn refused_at(body: &str, template: Value) -> Vec<String> {
        let url = match body {
            "slack" => "https://hooks.slack.com/services/T0/B0/hush",
            "teams" => {
                "https://prod-1.westeurope.logic.azure.com/workflows/0/triggers/manual/paths/invoke?sig=hush"
            }
            "discord" => "https://discord.com/api/webhooks/1/hush",
            "email" => "mailto:ops@example.com",
            _ => "https://example.com",
        };
        let settings = json!({ "url": url, "body": body, "template": template, "events": ["ticket.*"] });
        let settings: EndpointSettings = serde_json::from_value(settings).unwrap();
        let refused = settings.completed().check(&AllowedTargets::public_only().with_mail(true)).err();
        let errors = refused.map(|problem| problem.errors()).unwrap_or_default();
        errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn a_template_fits_the_form_of_the_body() {
        let card = json!({ "type": "AdaptiveCard", "body": [] });
        for (body, template, refused) in [
            ("envelope", json!([1, "{{ data.id }}"]), &[][..]),
            ("data", json!(null), &[]),
            ("slack", json!("Ticket {{ data.id }}"), &[]),
            ("slack", json!({ "blocks": [] }), &[]),
            ("slack", json!({ "text": "a", "link_names": true }), &["/template/link_names"]),
            ("slack", json!({ "blocks": "{{ data.blocks }}" }), &["/template/blocks"]),
            ("slack", json!([]), &["/template"]),
            ("discord", json!({ "content": "a" }), &[]),
            ("discord", json!({ "content": "a", "allowed_mentions": {} }), &["/template/allowed_mentions"]),
            ("teams", card.clone(), &[]),
            ("teams", json!({ "type": "message", "attachments": [card] }), &[]),
            ("teams", json!({ "text": "an Office 365 connector" }), &["/template/type"]),
            ("email", json!("a"), &["/template"]),
        ] {
            assert_eq!(refused_at(body, template.clone()), refused, "{body} {template}");
        }
    }
}
