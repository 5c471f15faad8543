//! Is what a provider signs accepted, and split into legal events?
//! Every body whatever, signed as the provider would: never a panic, no type that Posthorn does not take, nothing that
//! grows faster than the body.

use domain::event::operational::is_posthorns_own;
use domain::source::SourceSettings;
use domain::source::provider::Provider;
use domain::source::received::Reason;
use providers::adapter::{Adapter, Certificate, Part, Setup, Split, Verdict, Verified};
use url::Url;

use crate::TOPIC;
use crate::input::Input;
use crate::keys::Keys;
use crate::oracle::verify;
use crate::signing::{self, Signed, Signer};
use crate::source;

/// How much longer the events of a request may be than the request. A control character becomes six characters of JSON,
/// and stands in `data` and `raw`.
const GROWTH: usize = 16;
/// So many recipients of one notification of SES are an event each, which holds the whole notification.
const MAX_RECIPIENTS: usize = 50;
/// What an event has beside the request: its digest, the names of its members, and short ids and names that all events
/// repeat.
const PART_BYTES: usize = 4096;
/// What a request without a byte may become.
const REQUEST_BYTES: usize = 4096;

/// Checks an input that is signed by its provider.
///
/// # Panics
/// When a law is broken.
pub fn check(data: &[u8]) {
    let input = Input::parse(data);
    let keys = Keys::ours();
    let secret = keys.secret(input.scheme);
    let request = signing::sign(&input, Signer::new(keys, secret.as_deref().unwrap_or_default()));
    let secrets: Vec<String> = secret.into_iter().collect();
    let settings = source::settings(&input);
    let adapter = providers::adapter(input.provider);
    let mut setup = source::setup(&settings, &secrets, None);
    let mut verdict = adapter.verify(&request.request(), &setup);
    let needed = match &verdict {
        Verdict::NeedsCertificate(url) => Some(url.clone()),
        _ => None,
    };
    if let Some(url) = &needed {
        setup.certificate = Some(Certificate { url, pem: &keys.certificate });
        verdict = adapter.verify(&request.request(), &setup);
    }
    match verdict {
        Verdict::Valid(verified) => check_parts(&input, &request, &verified, &secrets),
        Verdict::Answered(_) => {}
        Verdict::NeedsCertificate(url) => panic!("{url} is asked for again"),
        Verdict::Undecided(refusal) => panic!("undecided with the certificate: {refusal:?}"),
        Verdict::Invalid(refusal) => {
            verify::refusal_is_harmless(&refusal, &secrets);
            assert!(!request.must_be_valid, "what the provider signed is refused: {refusal:?}");
        }
    }
}

/// Checks the events of a verified request.
///
/// # Panics
/// When a law is broken.
pub fn check_parts(input: &Input, request: &Signed, verified: &Verified<'_>, secrets: &[String]) {
    let settings = source::settings(input);
    let setup = source::setup(&settings, secrets, None);
    let adapter = providers::adapter(input.provider);
    let split = match adapter.split(verified, &setup) {
        Ok(split) => split,
        Err(refusal) => {
            verify::refusal_is_harmless(&refusal, secrets);
            assert_eq!(refusal.reason, Reason::BodyMalformed, "a verified request is refused: {refusal:?}");
            return;
        }
    };
    for part in &split.parts {
        check_part(part, &settings);
    }
    check_size(&split, request.bytes(), settings.provider);
    if let Some(url) = &split.confirm {
        check_confirmation(url);
    }
    check_repeat(adapter, &split, verified, &setup);
}

fn check_part(part: &Part, settings: &SourceSettings) {
    let named = settings.event_type(&part.event_type);
    assert!(named.is_ok() && !part.event_type.is_empty(), "{:?} is no type: {named:?}", part.event_type);
    let is_own = named.is_ok_and(|named| is_posthorns_own(&named));
    assert!(!is_own, "{:?} is a type that only Posthorn may send", part.event_type);
    assert!(!part.dedupe_key.is_empty(), "without a dedupe key, every such event is the same: {part:?}");
    let at = part.occurred_at.map(|at| at.to_string());
    let is_good = at.as_ref().is_none_or(|at| at.len() == "2026-01-05T09:30:00.000Z".len());
    assert!(is_good, "{at:?} is no instant that receivers can read");
}

fn check_size(split: &Split, bytes: usize, provider: Provider) {
    let length = |part: &Part| {
        let data = serde_json::to_string(&part.data).map_or(0, |data| data.len());
        data + part.raw.get().len() + part.dedupe_key.len() + part.provider_type.len() + part.event_type.len()
    };
    let parts = split.parts.len();
    assert!(parts <= bytes, "{parts} events of {bytes} bytes");
    let length: usize = split.parts.iter().map(length).sum();
    let times = if provider == Provider::AwsSes { GROWTH * MAX_RECIPIENTS } else { GROWTH };
    let bound = times * bytes + PART_BYTES * parts + REQUEST_BYTES;
    assert!(length <= bound, "{length} bytes of {parts} events of a request of {bytes} bytes");
    let answer = split.answer.as_ref().map_or(0, |answer| answer.body.len());
    assert!(answer <= bytes, "an answer of {answer} bytes");
}

/// Only SNS is called, for the topic that is listed.
fn check_confirmation(text: &str) {
    let url = Url::parse(text).unwrap_or_else(|error| panic!("{text} would be called: {error}"));
    let has = |name: &str, value: &str| {
        let values: Vec<_> =
            url.query_pairs().filter(|(found, _)| found == name).map(|(_, value)| value).collect();
        values == [value]
    };
    let is_good = verify::is_at_sns(&url)
        && has("Action", "ConfirmSubscription")
        && has("TopicArn", TOPIC)
        && has("AuthenticateOnUnsubscribe", "true");
    assert!(is_good, "{text} would be called");
}

/// The same request again is the same events: what is repeated must be recognised.
fn check_repeat(adapter: &dyn Adapter, split: &Split, verified: &Verified<'_>, setup: &Setup<'_>) {
    let keys = |split: &Split| -> Vec<(String, String)> {
        split.parts.iter().map(|part| (part.event_type.clone(), part.dedupe_key.clone())).collect()
    };
    let again = adapter.split(verified, setup).map(|split| keys(&split));
    assert_eq!(again, Ok(keys(split)), "the same request is other events");
}
