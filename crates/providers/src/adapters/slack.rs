//! How are Slack's requests verified and read?
//! `X-Slack-Signature: v0=…`: HMAC-SHA256 of `v0:{time}:{raw body}`, in hexadecimal digits.
//!
//! The Events API posts JSON; slash commands and interactivity post forms, the latter with JSON in `payload`. The handshake
//! `url_verification` is signed; the probe `ssl_check` is not, and is answered without looking further. Source: Slack's
//! documentation, "Verifying requests from Slack" and "The Events API"; the SDKs bolt-js and python-slack-sdk.

use domain::source::received::Reason;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::adapter::{Adapter, Answer, Part, Refusal, Setup, Split, Verdict, Verified};
use crate::body::data::{self, Data, text_at, word_at};
use crate::body::form;
use crate::body::payload::{self, Payload};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::mac::{self, Hash};

const SIGNATURE: &str = "x-slack-signature";
const TIME: &str = "x-slack-request-timestamp";
/// Longest form that may be a probe, in bytes: it has two parameters.
const MAX_PROBE_BYTES: usize = 2_048;

/// Slack's adapter.
#[derive(Debug)]
pub(crate) struct Slack;

impl Adapter for Slack {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        if request.header(SIGNATURE).is_none() && is_probe(request) {
            return Verdict::Answered(Answer::empty(200));
        }
        verify(request, setup).map(|()| Verified::new(request)).into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        let request = verified.request();
        if is_json(request) {
            let payload = payload::json(request.body)?;
            return if text_at(&payload.value, "/type").as_deref() == Some("url_verification") {
                challenge(&payload.value)
            } else {
                Ok(Split::of(vec![event(payload, request.body)]))
            };
        }
        let pairs = form::pairs(request.body);
        if form::first(&pairs, "ssl_check") == Some("1") {
            return Ok(Split::answered(Answer::empty(200)));
        }
        let part = match form::first(&pairs, "payload") {
            Some(json) => interaction(payload::json(json.as_bytes())?, request.body),
            None => command(&Value::Object(form::object(&pairs)), form::raw(&pairs), request.body),
        };
        Ok(Split::of(vec![part]))
    }

    /// Slack repeats what does not get a 2xx three times. Where the same request can only fail again, it is told not to. A
    /// signature may be right once the secret is corrected.
    fn refused(&self, reason: Reason) -> Answer {
        let is_final = |status| Answer::empty(status).with_header("x-slack-no-retry", "1");
        match reason {
            Reason::BodyMalformed => is_final(400),
            Reason::BodyTooLarge => is_final(413),
            _ => Answer::refusing(reason),
        }
    }
}

fn verify(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    let header = request.header(SIGNATURE).ok_or_else(|| Refusal::missing("X-Slack-Signature"))?;
    let digits = header.strip_prefix("v0=");
    let digits = digits.ok_or_else(|| {
        Refusal::new(Reason::SignatureMalformed, "its `X-Slack-Signature` does not begin with `v0=`")
    })?;
    let signature = mac::from_hex(digits)?;
    let time = request.header(TIME);
    let time =
        time.ok_or_else(|| Refusal::new(Reason::TimestampMissing, "it has no `X-Slack-Request-Timestamp`"))?;
    let parts: [&[u8]; 4] = [b"v0:", time.as_bytes(), b":", request.body];
    mac::require_match(Hash::Sha256, &setup.secrets, &parts, &[signature])?;
    setup.check_unix_seconds(Some(time))
}

/// Whether it is Slack's check of the certificate: `ssl_check=1` in a form or in the query.
fn is_probe(request: &Request<'_>) -> bool {
    let says = |text: &[u8]| {
        text.len() <= MAX_PROBE_BYTES && form::first(&form::pairs(text), "ssl_check") == Some("1")
    };
    says(request.body) || says(request.query().as_bytes())
}

fn is_json(request: &Request<'_>) -> bool {
    let first = request.body.iter().find(|byte| !byte.is_ascii_whitespace());
    let says_so = request.media_type().to_ascii_lowercase().ends_with("json");
    says_so || (!request.is_form() && matches!(first, Some(b'{' | b'[')))
}

fn challenge(value: &Value) -> Result<Split, Refusal> {
    let challenge = value.pointer("/challenge").and_then(Value::as_str);
    let challenge = challenge.ok_or_else(|| Refusal::malformed("its handshake has no `challenge`"))?;
    Ok(Split::answered(Answer::text(challenge)))
}

/// The id of a person, channel or team, which Slack gives as text or as an object.
fn id_at(value: &Value, place: &str) -> Option<String> {
    text_at(value, place).or_else(|| text_at(value, &format!("{place}/id")))
}

/// An event of the Events API.
fn event(Payload { value, raw }: Payload, body: &[u8]) -> Part {
    let is_event = value.get("event").is_some_and(Value::is_object);
    let kind = word_at(&value, if is_event { "/event/type" } else { "/type" });
    let kind = kind.unwrap_or_else(|| "unknown".to_owned());
    let id = word_at(&value, "/event_id");
    let at = value.get("event_time").or_else(|| value.get("minute_rate_limited"));
    let data = Data::new()
        .with("id", id.clone())
        .with("team_id", text_at(&value, "/team_id"))
        .with("app_id", text_at(&value, "/api_app_id"))
        .with("subtype", text_at(&value, "/event/subtype"))
        .with("user_id", id_at(&value, "/event/user"))
        .with("channel_id", id_at(&value, "/event/channel").or_else(|| id_at(&value, "/event/item/channel")))
        .with("ts", text_at(&value, "/event/ts"))
        .with("thread_ts", text_at(&value, "/event/thread_ts"));
    Part {
        event_type: kind.clone(),
        provider_type: kind,
        dedupe_key: id.unwrap_or_else(|| data::digest(body)),
        occurred_at: at.and_then(data::unix_seconds),
        data: data.build(),
        raw,
    }
}

/// A click, a shortcut or a submitted view.
fn interaction(Payload { value, raw }: Payload, body: &[u8]) -> Part {
    let kind = word_at(&value, "/type").unwrap_or_else(|| "unknown".to_owned());
    let id = word_at(&value, "/trigger_id");
    let callback = text_at(&value, "/callback_id").or_else(|| text_at(&value, "/view/callback_id"));
    let data = Data::new()
        .with("id", id.clone())
        .with("team_id", id_at(&value, "/team"))
        .with("app_id", text_at(&value, "/api_app_id"))
        .with("user_id", id_at(&value, "/user"))
        .with("channel_id", id_at(&value, "/channel"))
        .with("callback_id", callback)
        .with("action_id", text_at(&value, "/actions/0/action_id").or_else(|| text_at(&value, "/action_id")));
    Part {
        event_type: kind.clone(),
        provider_type: kind,
        dedupe_key: id.unwrap_or_else(|| data::digest(body)),
        occurred_at: value.get("action_ts").and_then(data::unix_seconds),
        data: data.build(),
        raw,
    }
}

/// A slash command.
fn command(value: &Value, raw: Box<RawValue>, body: &[u8]) -> Part {
    let command = text_at(value, "/command");
    let id = word_at(value, "/trigger_id");
    let data = Data::new()
        .with("id", id.clone())
        .with("command", command.clone())
        .with("text", text_at(value, "/text").filter(|text| !text.is_empty()))
        .with("team_id", text_at(value, "/team_id"))
        .with("app_id", text_at(value, "/api_app_id"))
        .with("user_id", text_at(value, "/user_id"))
        .with("channel_id", text_at(value, "/channel_id"));
    Part {
        event_type: if command.is_some() { "slash_command" } else { "unknown" }.to_owned(),
        provider_type: command.unwrap_or_else(|| "unknown".to_owned()),
        dedupe_key: id.unwrap_or_else(|| data::digest(body)),
        occurred_at: None,
        data: data.build(),
        raw,
    }
}

/// A message that mentions the app.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    let time = draft.unix_seconds();
    let seconds = draft.now.as_seconds();
    let body = serde_json::json!({
        "token": "one-long-verification-token", "team_id": "T0001", "api_app_id": "A0001", "type": "event_callback",
        "event": {
            "type": "app_mention", "user": "U0001", "text": "<@U0LAN0Z89> is it everything a river should be?",
            "ts": format!("{time}.000200"), "channel": "C0001", "event_ts": format!("{time}.000200"),
        },
        "event_id": format!("Ev{}", draft.id()), "event_time": seconds,
    });
    let body = body.to_string();
    let parts: [&[u8]; 4] = [b"v0:", time.as_bytes(), b":", body.as_bytes()];
    let signature = mac::sign(Hash::Sha256, draft.secret().as_bytes(), &parts);
    Sample::json(body).with(TIME, time).with(SIGNATURE, format!("v0={}", domain::hex::hex(&signature)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::{Case, NOW, part, probe, refusal, split};
    use domain::source::scheme::Scheme;

    const KEY: &str = "8f742231b10e8888abcd99yyyzzz85a5";

    fn signed(mut case: Case) -> Case {
        let time = NOW.to_string();
        let parts: [&[u8]; 4] = [b"v0:", time.as_bytes(), b":", &case.body];
        let signature = domain::hex::hex(&mac::sign(Hash::Sha256, KEY.as_bytes(), &parts));
        case = case.header(TIME, &time);
        case.header(SIGNATURE, &format!("v0={signature}"))
    }

    fn json(body: &str) -> Case {
        signed(Case::new(Scheme::SlackV0, KEY).body(body).header("content-type", "application/json"))
    }

    fn posted_form(body: &str) -> Case {
        let case = Case::new(Scheme::SlackV0, KEY).body(body);
        signed(case.header("content-type", "application/x-www-form-urlencoded"))
    }

    #[test]
    fn an_empty_id_or_type_is_none() {
        for case in [
            json(r#"{"event":{"type":""},"event_id":""}"#),
            json(r#"{"type":"","trigger_id":""}"#),
            posted_form("payload=%7B%22type%22%3A%22%22%2C%22trigger_id%22%3A%22%22%7D"),
            posted_form("trigger_id=&user_id=U1"),
        ] {
            let found = part(&Slack, &case);
            assert_eq!((found.event_type.as_str(), found.dedupe_key.len()), ("unknown", 64), "{found:?}");
        }
    }

    #[test]
    fn an_event_has_its_own_type_id_and_time() {
        let body = r#"{"type":"event_callback","team_id":"T1","event":{"type":"message","subtype":"bot_message","user":"U1","channel":"C1","ts":"1.2"},"event_id":"Ev1","event_time":1789999999}"#;
        let found = part(&Slack, &json(body));
        assert_eq!((found.event_type.as_str(), found.dedupe_key.as_str()), ("message", "Ev1"));
        assert_eq!(found.occurred_at.unwrap().as_seconds(), 1_789_999_999);
        assert_eq!(found.raw.get(), body);
        assert_eq!((&found.data["user_id"], &found.data["subtype"]), (&"U1".into(), &"bot_message".into()));
        let joined = json(r#"{"type":"event_callback","event":{"type":"team_join","user":{"id":"U2"}}}"#);
        let joined = part(&Slack, &joined);
        assert_eq!((joined.event_type.as_str(), &joined.data["user_id"]), ("team_join", &"U2".into()));
        assert_eq!(joined.dedupe_key.len(), 64);
    }

    #[test]
    fn other_envelopes_keep_their_type_and_none_is_an_error() {
        let limited = part(&Slack, &json(r#"{"type":"app_rate_limited","minute_rate_limited":1518467820}"#));
        assert_eq!(limited.event_type, "app_rate_limited");
        assert_eq!(limited.occurred_at.unwrap().as_seconds(), 1_518_467_820);
        assert_eq!(part(&Slack, &json(r#"{"event":{"text":"no type"}}"#)).event_type, "unknown");
        assert_eq!(part(&Slack, &json("{}")).event_type, "unknown");
        for broken in ["{", "hello", ""] {
            assert_eq!(split(&Slack, &json(broken)).unwrap_err().reason, Reason::BodyMalformed, "{broken}");
        }
    }

    #[test]
    fn the_handshake_is_signed_and_answered_with_its_challenge() {
        let body = r#"{"token":"t","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}"#;
        let Split { parts, answer, .. } = split(&Slack, &json(body)).unwrap();
        let answer = answer.unwrap();
        assert!(parts.is_empty());
        assert_eq!((answer.status, answer.content_type), (200, Some("text/plain")));
        assert_eq!(answer.body, "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P");
        let unsigned = Case::new(Scheme::SlackV0, KEY).body(body);
        assert_eq!(refusal(&Slack, &unsigned), Some(Reason::SignatureMissing));
        let without = json(r#"{"type":"url_verification"}"#);
        assert_eq!(split(&Slack, &without).unwrap_err().reason, Reason::BodyMalformed);
    }

    #[test]
    fn a_slash_command_is_named_so_and_its_parameters_are_raw() {
        let body =
            "token=x&team_id=T1&user_id=U1&channel_id=C1&command=%2Fdeploy&text=now+please&trigger_id=1.2.a";
        let found = part(&Slack, &posted_form(body));
        assert_eq!((found.event_type.as_str(), found.provider_type.as_str()), ("slash_command", "/deploy"));
        assert_eq!((found.dedupe_key.as_str(), &found.data["text"]), ("1.2.a", &"now please".into()));
        let raw: Value = serde_json::from_str(found.raw.get()).unwrap();
        assert_eq!(raw["command"], "/deploy");
        assert_eq!(part(&Slack, &posted_form("a=b")).event_type, "unknown");
    }

    #[test]
    fn an_interaction_is_the_json_of_its_payload() {
        for (json, kind, id) in [
            (
                r#"{"type":"block_actions","trigger_id":"1.2","user":{"id":"U1"},"actions":[{"action_id":"a1"}]}"#,
                "block_actions",
                "1.2",
            ),
            (
                r#"{"type":"view_submission","trigger_id":"1.3","view":{"callback_id":"cb"}}"#,
                "view_submission",
                "1.3",
            ),
            (r#"{"type":"shortcut","trigger_id":"1.4","callback_id":"cb"}"#, "shortcut", "1.4"),
            (r#"{"type":"message_action","trigger_id":"1.5"}"#, "message_action", "1.5"),
        ] {
            let body = form_urlencoded::Serializer::new(String::new()).append_pair("payload", json).finish();
            let found = part(&Slack, &posted_form(&body));
            assert_eq!((found.event_type.as_str(), found.dedupe_key.as_str()), (kind, id));
            assert_eq!(found.raw.get(), json);
        }
        let closed = part(&Slack, &posted_form("payload=%7B%22type%22%3A%22view_closed%22%7D"));
        assert_eq!((closed.event_type.as_str(), closed.dedupe_key.len()), ("view_closed", 64));
        assert_eq!(split(&Slack, &posted_form("payload=no")).unwrap_err().reason, Reason::BodyMalformed);
    }

    #[test]
    fn the_probe_is_unsigned_and_has_no_event() {
        let bare = Case::new(Scheme::SlackV0, KEY);
        let form = bare.clone().body("token=x&ssl_check=1");
        let typed = form.clone().header("content-type", "application/x-www-form-urlencoded");
        for case in [form, typed, bare.clone().query("ssl_check=1&token=x")] {
            assert_eq!(probe(&Slack, &case), Some(Answer::empty(200)));
        }
        for other in ["ssl_check=0", "text=ssl_check%3D1", "x=1"] {
            assert_eq!(refusal(&Slack, &bare.clone().body(other)), Some(Reason::SignatureMissing), "{other}");
        }
        // With a signature, it must be right.
        let forged = bare.body("ssl_check=1").header(SIGNATURE, "v0=00").header(TIME, &NOW.to_string());
        assert_eq!(refusal(&Slack, &forged), Some(Reason::SignatureMismatch));
        let Split { parts, answer, .. } = split(&Slack, &posted_form("ssl_check=1&token=x")).unwrap();
        assert!(parts.is_empty() && answer == Some(Answer::empty(200)));
    }

    #[test]
    fn the_time_is_judged_after_the_signature() {
        let good = json("{}");
        assert_eq!(refusal(&Slack, &good.clone().at(NOW + 300)), None);
        assert_eq!(refusal(&Slack, &good.clone().at(NOW + 301)), Some(Reason::TimestampTooOld));
        assert_eq!(refusal(&Slack, &good.clone().at(NOW - 301)), Some(Reason::TimestampInFuture));
        let moved = good.clone().header(TIME, &(NOW + 1).to_string());
        assert_eq!(refusal(&Slack, &moved.at(NOW + 9999)), Some(Reason::SignatureMismatch));
        let mut timeless = good.clone();
        timeless.headers.retain(|(name, _)| name != TIME);
        assert_eq!(refusal(&Slack, &timeless), Some(Reason::TimestampMissing));
        let v1 = good.clone().header(SIGNATURE, "v1=00");
        assert_eq!(refusal(&Slack, &v1), Some(Reason::SignatureMalformed));
    }

    #[test]
    fn a_repeat_that_would_fail_again_is_declined() {
        let header = |reason| Slack.refused(reason).header.is_some();
        for reason in [Reason::BodyMalformed, Reason::BodyTooLarge] {
            assert!(header(reason), "{reason:?}");
        }
        for reason in [
            Reason::SignatureMissing,
            Reason::SignatureMismatch,
            Reason::SignatureMalformed,
            Reason::TimestampTooOld,
            Reason::TimestampInFuture,
        ] {
            assert!(!header(reason), "{reason:?}: the secret or a clock may be corrected");
        }
        assert_eq!(Slack.refused(Reason::BodyTooLarge).status, 413);
    }
}
