//! How are GitHub's webhooks verified and read?
//! `X-Hub-Signature-256: sha256=…`: HMAC-SHA256 of the raw body, in hexadecimal digits.
//!
//! A form (`payload=…`) is signed as it stands. The older `X-Hub-Signature` with SHA-1 is never read. Neither the event's
//! name nor the delivery's id is signed, and there is no time. Source: GitHub Docs, "Validating webhook deliveries" and
//! "Webhook events and payloads".

use domain::source::received::Reason;
use serde_json::Value;

use crate::adapter::{Adapter, Part, Refusal, Setup, Split, Verdict, Verified};
use crate::body::data::{self, Data, text_at};
use crate::body::form;
use crate::body::payload::{self, Payload};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::mac::{self, Hash};

const SIGNATURE: &str = "x-hub-signature-256";
const EVENT: &str = "x-github-event";
const DELIVERY: &str = "x-github-delivery";

/// GitHub's adapter.
#[derive(Debug)]
pub(crate) struct Github;

impl Adapter for Github {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        verify(request, setup).map(|()| Verified::new(request)).into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        let request = verified.request();
        let Payload { value, raw } = payload(request)?;
        let header = |name| request.header(name).filter(|text| !text.is_empty());
        let event = header(EVENT).unwrap_or("unknown");
        let delivery = header(DELIVERY);
        let action = text_at(&value, "/action").filter(|action| !action.is_empty());
        let part = Part {
            event_type: action
                .as_ref()
                .map_or_else(|| event.to_owned(), |action| format!("{event}.{action}")),
            provider_type: event.to_owned(),
            dedupe_key: delivery.map_or_else(|| data::digest(request.body), str::to_owned),
            occurred_at: None,
            data: Data::new()
                .with("id", delivery)
                .with("action", action)
                .with("repository", text_at(&value, "/repository/full_name"))
                .with("organization", text_at(&value, "/organization/login"))
                .with("sender", text_at(&value, "/sender/login"))
                .with("installation_id", text_at(&value, "/installation/id"))
                .with("hook_id", text_at(&value, "/hook_id"))
                .with("ref", text_at(&value, "/ref"))
                .with("number", number(&value))
                .build(),
            raw,
        };
        Ok(Split::of(vec![part]))
    }
}

fn verify(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    let header = request.header(SIGNATURE).ok_or_else(|| Refusal::missing("X-Hub-Signature-256"))?;
    let digits = header.strip_prefix("sha256=");
    let digits = digits.ok_or_else(|| {
        Refusal::new(Reason::SignatureMalformed, "its `X-Hub-Signature-256` does not begin with `sha256=`")
    })?;
    mac::require_match(Hash::Sha256, &setup.secrets, &[request.body], &[mac::from_hex(digits)?])
}

/// The JSON of a request: its body, or the form's `payload`.
fn payload(request: &Request<'_>) -> Result<Payload, Refusal> {
    if !request.is_form() && !request.body.starts_with(b"payload=") {
        return payload::json(request.body);
    }
    let pairs = form::pairs(request.body);
    let json =
        form::first(&pairs, "payload").ok_or_else(|| Refusal::malformed("its form has no `payload`"))?;
    payload::json(json.as_bytes())
}

/// The number of the issue, pull request or discussion.
fn number(value: &Value) -> Option<Value> {
    let places = ["/number", "/issue/number", "/pull_request/number", "/discussion/number"];
    places.iter().find_map(|place| value.pointer(place)).filter(|number| number.is_number()).cloned()
}

/// An opened issue.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    let at = draft.now.to_string();
    let body = serde_json::json!({
        "action": "opened",
        "issue": {
            "id": 2_718_281_828_u32, "number": 42, "title": "A sample issue", "state": "open", "created_at": at,
            "user": { "login": "octocat", "id": 583_231 },
        },
        "repository": { "id": 35_129_377, "full_name": "octo-org/octo-repo", "private": false },
        "organization": { "login": "octo-org", "id": 6_811_672 },
        "sender": { "login": "octocat", "id": 583_231, "type": "User" },
    });
    let body = body.to_string();
    let signature = mac::sign(Hash::Sha256, draft.secret().as_bytes(), &[body.as_bytes()]);
    let signature = format!("sha256={}", domain::hex::hex(&signature));
    Sample::json(body).with(EVENT, "issues").with(DELIVERY, draft.id()).with(SIGNATURE, signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::{Case, part, refusal, split};
    use domain::source::scheme::Scheme;

    const KEY: &str = "a secret that nobody can guess";

    fn case(body: &[u8]) -> Case {
        let signature = domain::hex::hex(&mac::sign(Hash::Sha256, KEY.as_bytes(), &[body]));
        Case::new(Scheme::HubSignature256, KEY).body(body).header(SIGNATURE, &format!("sha256={signature}"))
    }

    #[test]
    fn the_type_is_the_event_and_its_action() {
        for (event, body, expected) in [
            ("issues", r#"{"action":"opened"}"#, "issues.opened"),
            ("push", r#"{"ref":"refs/heads/main"}"#, "push"),
            ("ping", r#"{"zen":"Design for failure.","hook_id":7}"#, "ping"),
            ("check_run", r#"{"action":7}"#, "check_run.7"),
            ("star", r#"{"action":null}"#, "star"),
            ("", r#"{"action":"created"}"#, "unknown.created"),
        ] {
            let part = part(&Github, &case(body.as_bytes()).header(EVENT, event));
            assert_eq!(part.event_type, expected);
            assert_eq!(part.raw.get(), body);
        }
    }

    #[test]
    fn the_delivery_is_the_dedupe_key_and_without_one_the_body_is() {
        let with = |id| part(&Github, &case(b"{}").header(EVENT, "push").header(DELIVERY, id)).dedupe_key;
        assert_eq!(with("72d3162e-cc78-11e3-81ab-4c9367dc0958"), "72d3162e-cc78-11e3-81ab-4c9367dc0958");
        let bare = |body| part(&Github, &case(body)).dedupe_key;
        assert_eq!(bare(b"{}"), bare(b"{}"));
        assert_ne!(bare(b"{}"), bare(b"{ }"));
    }

    #[test]
    fn a_form_is_signed_as_it_stands_and_its_payload_is_raw() {
        let body = b"payload=%7B%22action%22%3A+%22opened%22%2C%22issue%22%3A%7B%22number%22%3A3%7D%7D";
        let form = case(body).header("content-type", "application/x-www-form-urlencoded");
        for case in [form.clone(), case(body)] {
            let part = part(&Github, &case.header(EVENT, "issues"));
            assert_eq!(part.event_type, "issues.opened");
            assert_eq!(part.raw.get(), r#"{"action": "opened","issue":{"number":3}}"#);
            assert_eq!(part.data["number"], 3);
        }
        let other = case(b"other=1").header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(split(&Github, &other).unwrap_err().reason, Reason::BodyMalformed);
    }

    #[test]
    fn only_the_signature_with_sha_256_counts() {
        let good = case(b"{}");
        assert_eq!(refusal(&Github, &good), None);
        let sha1 = domain::hex::hex(&mac::sign(Hash::Sha1, KEY.as_bytes(), &[b"{}"]));
        let bare = Case::new(Scheme::HubSignature256, KEY).body(b"{}");
        let old = bare.clone().header("x-hub-signature", &format!("sha1={sha1}"));
        assert_eq!(refusal(&Github, &old), Some(Reason::SignatureMissing));
        for malformed in [format!("sha1={sha1}"), "foo".to_owned(), "sha256=xyz".to_owned(), String::new()] {
            let case = bare.clone().header(SIGNATURE, &malformed);
            assert_eq!(refusal(&Github, &case), Some(Reason::SignatureMalformed), "{malformed}");
        }
        for wrong in ["sha256=", "sha256=00", &format!("sha256={sha1}")] {
            let case = bare.clone().header(SIGNATURE, wrong);
            assert_eq!(refusal(&Github, &case), Some(Reason::SignatureMismatch), "{wrong}");
        }
    }

    #[test]
    fn a_body_that_is_no_json_verifies_and_cannot_be_read() {
        assert_eq!(refusal(&Github, &case(b"Hello, World!")), None);
        assert_eq!(split(&Github, &case(b"Hello, World!")).unwrap_err().reason, Reason::BodyMalformed);
    }
}
