//! How are webhooks by Standard Webhooks and by Svix verified and read?
//! `webhook-signature: v1,…` or `v1a,…`: HMAC-SHA256 or ed25519 of `{id}.{time}.{raw body}`, in base64.
//!
//! The header lists several signatures while a secret is rotated; one that matches is enough, and other versions are passed
//! over. The kind of the secret decides which version counts: `whsec_` for `v1`, a public key `whpk_` for `v1a`. Svix names
//! the headers `svix-…`; its libraries take both. Each attempt is signed anew, with the same id. Source: the specification
//! and the libraries of Standard Webhooks and Svix.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::signing::secret::PublicKey;
use domain::source::received::Reason;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::adapter::{Adapter, Part, Refusal, Setup, Split, Verdict, Verified};
use crate::body::data::{self, Data, text_at};
use crate::body::payload::{self, Payload};
use crate::request::Request;
use crate::sample::{Draft, Sample};
use crate::signature::mac::{self, Hash};

/// The headers of a signature, by the name of the family: `webhook` or `svix`.
struct Headers<'a> {
    family: &'static str,
    id: Option<&'a str>,
    time: Option<&'a str>,
    signature: Option<&'a str>,
}

const STANDARD_FAMILY: &[&str] = &["webhook"];
const SVIX_FAMILIES: &[&str] = &["svix", "webhook"];
/// Most signatures of one version that are tried: a rotation has two or three, and each costs a hash of the body.
const MAX_SIGNATURES: usize = 20;

/// The adapter of senders by Standard Webhooks.
#[derive(Debug)]
pub(crate) struct StandardWebhooks;

impl Adapter for StandardWebhooks {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        verify(request, setup).map(|()| Verified::new(request)).into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        split(verified.request(), STANDARD_FAMILY)
    }
}

/// The adapter of senders by Svix.
#[derive(Debug)]
pub(crate) struct Svix;

impl Adapter for Svix {
    fn verify<'a>(&self, request: &Request<'a>, setup: &Setup<'_>) -> Verdict<'a> {
        verify_by(request, setup, SVIX_FAMILIES).map(|()| Verified::new(request)).into()
    }

    fn split(&self, verified: &Verified<'_>, _setup: &Setup<'_>) -> Result<Split, Refusal> {
        split(verified.request(), SVIX_FAMILIES)
    }
}

/// Verifies by the headers `webhook-…`.
///
/// # Errors
/// Why it is refused.
pub(crate) fn verify(request: &Request<'_>, setup: &Setup<'_>) -> Result<(), Refusal> {
    verify_by(request, setup, STANDARD_FAMILY)
}

/// The id of the message, which is the same in each attempt.
pub(crate) fn message_id<'a>(request: &Request<'a>) -> Option<&'a str> {
    headers(request, STANDARD_FAMILY).id
}

fn verify_by(request: &Request<'_>, setup: &Setup<'_>, families: &[&'static str]) -> Result<(), Refusal> {
    let Headers { family, id, time, signature } = headers(request, families);
    let list = signature.ok_or_else(|| Refusal::missing(&format!("{family}-signature")))?;
    let id = id.ok_or_else(|| Refusal::missing(&format!("{family}-id")))?;
    let time = time
        .ok_or_else(|| Refusal::new(Reason::TimestampMissing, format!("it has no `{family}-timestamp`")))?;
    let (symmetric, asymmetric) = (versions(list, "v1"), versions(list, "v1a"));
    if symmetric.is_empty() && asymmetric.is_empty() {
        let detail = format!("its `{family}-signature` has no readable `v1,` or `v1a,`");
        return Err(Refusal::new(Reason::SignatureMalformed, detail));
    }
    let parts: [&[u8]; 5] = [id.as_bytes(), b".", time.as_bytes(), b".", request.body];
    let keys: Vec<_> = setup.secrets.iter().filter_map(|secret| symmetric_key(secret)).collect();
    let public: Vec<_> = setup.secrets.iter().filter_map(|secret| public_key(secret)).collect();
    // Both kinds are tried, without an early end.
    let by_secret = mac::any_matches(Hash::Sha256, &keys, &parts, &symmetric);
    let by_key = any_key_matches(&public, &parts, &asymmetric);
    if !(by_secret | by_key) {
        return Err(Refusal::mismatch());
    }
    setup.check_unix_seconds(Some(time))
}

/// The headers of the first family that has all, or else of the first that has a signature.
fn headers<'a>(request: &Request<'a>, families: &[&'static str]) -> Headers<'a> {
    let of = |family: &'static str| {
        let header =
            |name| request.header(&format!("{family}-{name}")).filter(|text: &&str| !text.is_empty());
        Headers { family, id: header("id"), time: header("timestamp"), signature: header("signature") }
    };
    let all =
        |headers: &Headers<'_>| headers.id.is_some() && headers.time.is_some() && headers.signature.is_some();
    let mut found = families.iter().map(|family| of(family));
    let first = families.iter().map(|family| of(family)).find(|headers| headers.signature.is_some());
    let nothing = || Headers {
        family: families.first().copied().unwrap_or("webhook"),
        id: None,
        time: None,
        signature: None,
    };
    found.find(all).or(first).unwrap_or_else(nothing)
}

/// The signatures of one version in a list such as `v1,… v1a,…`.
fn versions(list: &str, version: &str) -> Vec<Vec<u8>> {
    let signatures = list.split_ascii_whitespace().filter_map(|signature| signature.split_once(','));
    let of_version = signatures.filter(|(found, _)| *found == version);
    of_version.filter_map(|(_, text)| mac::from_base64(text).ok()).take(MAX_SIGNATURES).collect()
}

/// The key that a secret encodes: base64 with or without `whsec_`.
fn symmetric_key(secret: &str) -> Option<Vec<u8>> {
    STANDARD.decode(secret.strip_prefix("whsec_").unwrap_or(secret)).ok()
}

fn public_key(secret: &str) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(&PublicKey::parse(secret)?.to_bytes()).ok()
}

fn any_key_matches(keys: &[VerifyingKey], parts: &[&[u8]], signatures: &[Vec<u8>]) -> bool {
    if keys.is_empty() {
        return false;
    }
    let signed = parts.concat();
    let signatures: Vec<_> =
        signatures.iter().filter_map(|bytes| Signature::from_slice(bytes).ok()).collect();
    let matches = |key: &VerifyingKey| {
        signatures
            .iter()
            .fold(false, |found, signature| found | key.verify_strict(&signed, signature).is_ok())
    };
    keys.iter().fold(false, |found, key| found | matches(key))
}

/// An event is what the body says: `{"type", "timestamp", "data"}`, if it follows the specification.
fn split(request: &Request<'_>, families: &[&'static str]) -> Result<Split, Refusal> {
    let Payload { value, raw } = payload::json(request.body)?;
    let id = headers(request, families).id;
    let name =
        text_at(&value, "/type").filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned());
    let part = Part {
        event_type: name.clone(),
        provider_type: name,
        dedupe_key: id.map_or_else(|| data::digest(request.body), str::to_owned),
        occurred_at: text_at(&value, "/timestamp").and_then(|text| data::rfc3339(&text)),
        data: Data::new().with("id", id).with("object_id", text_at(&value, "/data/id")).build(),
        raw,
    };
    Ok(Split::of(vec![part]))
}

/// A paid invoice, from a sender by Standard Webhooks.
pub(crate) fn sample(draft: &Draft<'_>) -> Sample {
    signed(draft, "webhook", &invoice(draft))
}

/// A paid invoice, from a sender by Svix.
pub(crate) fn sample_svix(draft: &Draft<'_>) -> Sample {
    signed(draft, "svix", &invoice(draft))
}

fn invoice(draft: &Draft<'_>) -> String {
    let body = serde_json::json!({
        "type": "invoice.paid", "timestamp": draft.now, "data": { "id": "inv_1003", "amount": "42.00", "currency": "EUR" },
    });
    body.to_string()
}

/// A body that is signed with the source's secret. To a source that has a public key, with a new key.
pub(crate) fn signed(draft: &Draft<'_>, family: &str, body: &str) -> Sample {
    let (id, time) = (format!("msg_{}", draft.id()), draft.unix_seconds());
    let parts: [&[u8]; 5] = [id.as_bytes(), b".", time.as_bytes(), b".", body.as_bytes()];
    let (signature, public) = if draft.secret().starts_with("whpk_") {
        let key = SigningKey::from_bytes(&draft.derive(b"key"));
        let signature = key.sign(&parts.concat()).to_bytes();
        let public = format!("whpk_{}", data::base64(key.verifying_key().as_bytes()));
        (format!("v1a,{}", data::base64(&signature)), Some(public))
    } else {
        let key = symmetric_key(draft.secret()).unwrap_or_default();
        (format!("v1,{}", data::base64(&mac::sign(Hash::Sha256, &key, &parts))), None)
    };
    let sample = Sample::json(body)
        .with(format!("{family}-id"), id)
        .with(format!("{family}-timestamp"), time)
        .with(format!("{family}-signature"), signature);
    Sample { secret: public, ..sample }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::testing::{Case, NOW, SAMPLE_ID, part, refusal, split};
    use domain::source::options::SourceOptions;
    use domain::source::scheme::Scheme;
    use domain::timestamp::Timestamp;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    fn draft_setup<'a>(secret: &'a str, options: &'a SourceOptions) -> Setup<'a> {
        let scheme = Scheme::StandardWebhooks;
        let now = Timestamp::from_millis(NOW * 1000);
        let tolerance = scheme.default_tolerance();
        Setup { scheme, secrets: vec![secret], options, tolerance, now, certificate: None }
    }

    /// A request of `family` that is signed with `secret`, to a source that has it.
    fn case(family: &str, secret: &str, body: &str) -> Case {
        let options = SourceOptions::default();
        let setup = draft_setup(secret, &options);
        let draft = Draft { setup: &setup, url: "", now: setup.now, randomness: [7; 32] };
        let sample = signed(&draft, family, body);
        let mut case = Case::new(Scheme::StandardWebhooks, secret).body(body);
        case.secrets.extend(sample.secret);
        case.headers = sample.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
        case
    }

    fn value(case: &Case, name: &str) -> String {
        let (_, value) = case.headers.iter().find(|(found, _)| found == name).unwrap();
        String::from_utf8(value.clone()).unwrap()
    }

    #[test]
    fn svix_takes_both_families_of_headers_and_standard_webhooks_its_own() {
        assert_eq!(refusal(&StandardWebhooks, &case("webhook", SECRET, "{}")), None);
        assert_eq!(refusal(&Svix, &case("svix", SECRET, "{}")), None);
        assert_eq!(refusal(&Svix, &case("webhook", SECRET, "{}")), None);
        let svix = case("svix", SECRET, "{}");
        assert_eq!(refusal(&StandardWebhooks, &svix), Some(Reason::SignatureMissing));
        // A proxy's header does not hide the other family.
        let both = case("webhook", SECRET, "{}").header("svix-id", "x");
        assert_eq!(refusal(&Svix, &both), None);
        assert_eq!(part(&Svix, &both).dedupe_key, format!("msg_{SAMPLE_ID}"));
    }

    #[test]
    fn one_signature_of_a_list_is_enough_and_other_versions_are_passed_over() {
        let good = case("webhook", SECRET, "{}");
        let signature = value(&good, "webhook-signature");
        let wrong = value(&case("webhook", OTHER, "{}"), "webhook-signature");
        let with = |list: &str| refusal(&StandardWebhooks, &good.clone().header("webhook-signature", list));
        assert_eq!(with(&format!("{wrong} {signature}")), None);
        assert_eq!(with(&format!("v2,x v1,! {signature} {wrong}")), None);
        assert_eq!(with(&wrong), Some(Reason::SignatureMismatch));
        assert_eq!(with(&signature.replace("v1,", "v2,")), Some(Reason::SignatureMalformed));
        assert_eq!(with(&signature.replace("v1,", "")), Some(Reason::SignatureMalformed));
        assert_eq!(with(&signature.replace("v1,", "v1a,")), Some(Reason::SignatureMismatch));
        assert_eq!(with("v1,"), Some(Reason::SignatureMismatch));
        assert_eq!(with(""), Some(Reason::SignatureMissing));
    }

    #[test]
    fn each_secret_in_force_is_tried_with_or_without_its_prefix() {
        let mut rotated = case("webhook", SECRET, "{}");
        rotated.secrets = vec![OTHER.to_owned(), SECRET.trim_start_matches("whsec_").to_owned()];
        assert_eq!(refusal(&StandardWebhooks, &rotated), None);
        for secrets in [vec![], vec![""], vec!["whsec_"], vec![OTHER], vec!["whsec_!"]] {
            rotated.secrets = secrets.iter().map(ToString::to_string).collect();
            assert_eq!(refusal(&StandardWebhooks, &rotated), Some(Reason::SignatureMismatch), "{secrets:?}");
        }
        // With an empty key anybody could sign.
        let forged = case("webhook", "whsec_", "{}");
        assert_eq!(refusal(&StandardWebhooks, &forged), Some(Reason::SignatureMismatch));
    }

    #[test]
    fn a_public_key_verifies_what_its_private_half_signs() {
        let theirs = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
        let mut signed = case("svix", theirs, "{}");
        assert_eq!(refusal(&Svix, &signed), None);
        assert_eq!(refusal(&Svix, &signed.clone().body("{ }")), Some(Reason::SignatureMismatch));
        signed.secrets.truncate(1);
        assert_eq!(refusal(&Svix, &signed), Some(Reason::SignatureMismatch));
        for short in ["v1a,", "v1a,AAAA"] {
            let case = signed.clone().header("svix-signature", short);
            assert_eq!(refusal(&Svix, &case), Some(Reason::SignatureMismatch));
        }
    }

    #[test]
    fn id_and_time_are_signed_and_needed() {
        let good = case("webhook", SECRET, "{}");
        let with = |name: &str, value: &str| refusal(&StandardWebhooks, &good.clone().header(name, value));
        assert_eq!(with("webhook-id", "msg_other"), Some(Reason::SignatureMismatch));
        assert_eq!(with("webhook-timestamp", &(NOW + 1).to_string()), Some(Reason::SignatureMismatch));
        assert_eq!(with("webhook-id", ""), Some(Reason::SignatureMissing));
        assert_eq!(with("webhook-timestamp", ""), Some(Reason::TimestampMissing));
        assert_eq!(refusal(&StandardWebhooks, &good.clone().at(NOW + 300)), None);
        assert_eq!(refusal(&StandardWebhooks, &good.clone().at(NOW + 301)), Some(Reason::TimestampTooOld));
        assert_eq!(refusal(&StandardWebhooks, &good.clone().at(NOW - 301)), Some(Reason::TimestampInFuture));
    }

    #[test]
    fn an_event_is_what_the_body_says() {
        let body = r#"{"type":"user.created","timestamp":"2026-01-05T09:30:00Z","data":{"id":"u1"}}"#;
        let found = part(&StandardWebhooks, &case("webhook", SECRET, body));
        assert_eq!((found.event_type.as_str(), found.raw.get()), ("user.created", body));
        assert_eq!(found.occurred_at.unwrap().to_string(), "2026-01-05T09:30:00.000Z");
        assert_eq!(
            (&found.data["id"], &found.data["object_id"]),
            (&found.dedupe_key.as_str().into(), &"u1".into())
        );
        for other in ["{}", "[]", r#"{"type":""}"#, r#"{"type":{}}"#] {
            assert_eq!(part(&Svix, &case("svix", SECRET, other)).event_type, "unknown", "{other}");
        }
        let broken = split(&StandardWebhooks, &case("webhook", SECRET, "nope")).unwrap_err();
        assert_eq!(broken.reason, Reason::BodyMalformed);
    }
}
