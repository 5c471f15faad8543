//! How is a delivery signed?
//! HMAC-SHA256 or ed25519 by the endpoint's signature profile, over the exact bytes that are sent, once with every
//! active secret.
//!
//! | profile | headers | signed bytes | key |
//! |---|---|---|---|
//! | `standard` | `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,<base64>` | `id.timestamp.body` | what `whsec_` encodes |
//! | `standard-asymmetric` | the same, `v1a,<base64>` | the same | ed25519 |
//! | `body` | `<prefix>-Signature: sha256=<hex>` | the body | the secret's text |
//! | `covered` | `<prefix>-Timestamp`, `-Nonce`, `-Signature: sha256=<hex>` | `timestamp.nonce.path.body` | the secret's text |
//! | `covered`, call of an action | the same | `timestamp.nonce.path.action.actor.body` | the same |
//! | `none` | – | – | – |
//!
//! All but `standard-asymmetric` are HMAC-SHA256. `id` is the id of the event or invocation, `timestamp` the attempt's unix seconds,
//! `path` the path of the endpoint's URL without its query. While a secret is rotated the signatures of all active
//! secrets are in one header, separated by spaces, the current secret's first.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::signing::profile::Profile;

use crate::hex::hex;
use crate::signing::secret::Secret;
use crate::timestamp::Timestamp;

/// The parts of a request that a signature may cover.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The id of the event or invocation.
    pub id: &'a str,
    /// The attempt's instant.
    pub at: Timestamp,
    /// Random, new for each attempt.
    pub nonce: [u8; 16],
    /// The path of the endpoint's URL, without its query.
    pub path: &'a str,
    /// The prefix of Posthorn's own header names.
    pub prefix: &'a str,
    /// The exact bytes sent.
    pub body: &'a [u8],
    /// Of the call of an action: the headers that say so.
    pub invoked: Option<Invoked<'a>>,
}

/// The headers of the call of an action that its signature may cover.
#[derive(Debug, Clone, Copy)]
pub struct Invoked<'a> {
    /// The name of the action.
    pub action: &'a str,
    /// For whom it is invoked; empty if the invoker does not say.
    pub actor: &'a str,
}

/// The headers that `profile` adds, signed with each of `secrets`, the current one first.
///
/// A secret that does not fit the profile signs nothing. Endpoints with such a secret are refused when they are saved.
pub fn headers<'a>(
    profile: Profile,
    secrets: impl IntoIterator<Item = &'a Secret>,
    signed: &Signed<'_>,
) -> Vec<(String, String)> {
    let Signed { id, at, nonce, path, prefix, body, invoked } = *signed;
    let secrets = secrets.into_iter();
    let seconds = at.as_seconds().to_string();
    let standard = |signature| {
        let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        names.map(str::to_owned).into_iter().zip([id.to_owned(), seconds.clone(), signature]).collect()
    };
    match profile {
        Profile::Standard => standard(sign_standard(secrets, id, at, body)),
        Profile::StandardAsymmetric => {
            let message = [id.as_bytes(), b".", seconds.as_bytes(), b".", body].concat();
            let pairs = secrets.filter_map(Secret::key_pair);
            standard(list(
                pairs.map(|pair| format!("v1a,{}", STANDARD.encode(pair.sign(&message).to_bytes()))),
            ))
        }
        Profile::Body => {
            let signatures = secrets.map(|secret| sha256(secret, &[body]));
            vec![(format!("{prefix}-Signature"), list(signatures))]
        }
        Profile::Covered => {
            let nonce = hex(&nonce);
            let mut parts = vec![seconds.as_bytes(), b".", nonce.as_bytes(), b".", path.as_bytes(), b"."];
            if let Some(Invoked { action, actor }) = invoked {
                parts.extend([action.as_bytes(), b".", actor.as_bytes(), b"."]);
            }
            parts.push(body);
            let signatures = list(secrets.map(|secret| sha256(secret, &parts)));
            vec![
                (format!("{prefix}-Timestamp"), seconds.clone()),
                (format!("{prefix}-Nonce"), nonce.clone()),
                (format!("{prefix}-Signature"), signatures),
            ]
        }
        Profile::None => Vec::new(),
    }
}

fn list(signatures: impl Iterator<Item = String>) -> String {
    signatures.collect::<Vec<_>>().join(" ")
}

/// `sha256=` and hex, keyed with the secret's text as it was shown.
fn sha256(secret: &Secret, parts: &[&[u8]]) -> String {
    let tag = hmac_of(secret.reveal().as_bytes(), parts).finalize().into_bytes();
    format!("sha256={}", hex(&tag))
}

pub(crate) fn hmac_of(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "RFC 2104 takes a key of any length")]
    let mut mac = Hmac::new_from_slice(key).expect("a key of any length makes an HMAC");
    parts.iter().for_each(|part| mac.update(part));
    mac
}

/// How far a `webhook-timestamp` may lie from the verifier's clock, both ways, in seconds.
pub const TOLERANCE_SECONDS: i64 = 300;

/// The value of `webhook-signature`: one `v1` signature per secret, in the order given.
pub fn sign_standard<'a>(
    secrets: impl IntoIterator<Item = &'a Secret>,
    id: &str,
    at: Timestamp,
    body: &[u8],
) -> String {
    let seconds = at.as_seconds().to_string();
    let keys = secrets.into_iter().filter_map(Secret::standard_key);
    list(keys.map(|key| {
        format!("v1,{}", STANDARD.encode(standard_mac(key, id, &seconds, body).finalize().into_bytes()))
    }))
}

/// Why a signature was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// The timestamp is not a whole number of seconds.
    #[error("webhook-timestamp is not an integer")]
    MalformedTimestamp,
    /// The timestamp is too far from the verifier's clock.
    #[error("webhook-timestamp is outside the tolerance of {TOLERANCE_SECONDS} seconds")]
    OutsideTolerance,
    /// No signature of the list matches.
    #[error("no signature matches")]
    NoMatch,
}

/// A delivery as a receiver got it: the signature's headers and the body.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    /// The value of the header `webhook-id`.
    pub id: &'a str,
    /// The value of the header `webhook-timestamp`.
    pub timestamp: &'a str,
    /// The value of the header `webhook-signature`.
    pub signature: &'a str,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// Checks a `webhook-signature` header against one secret, as a receiver would.
///
/// Entries with unknown identifiers are ignored; one matching `v1` entry is enough. Compares in constant time.
///
/// # Errors
/// [`BadSignature`] with the reason of the refusal.
pub fn verify_standard(secret: &Secret, received: Received<'_>, now: Timestamp) -> Result<(), BadSignature> {
    let Received { id, timestamp, signature, body } = received;
    if timestamp.is_empty() || !timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadSignature::MalformedTimestamp);
    }
    let seconds: i64 = timestamp.parse().map_err(|_| BadSignature::MalformedTimestamp)?;
    if now.as_seconds().abs_diff(seconds) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(BadSignature::OutsideTolerance);
    }
    let key = secret.standard_key().ok_or(BadSignature::NoMatch)?;
    let mac = standard_mac(key, id, timestamp, body);
    let matches = signature
        .split(' ')
        .filter_map(|entry| entry.strip_prefix("v1,"))
        .filter_map(|encoded| STANDARD.decode(encoded).ok())
        .any(|tag| mac.clone().verify_slice(&tag).is_ok());
    if matches { Ok(()) } else { Err(BadSignature::NoMatch) }
}

fn standard_mac(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    hmac_of(key, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VECTOR_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const VECTOR_ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const VECTOR_BODY: &[u8] = br#"{"test": 2432232314}"#;
    const OPENSSL_BODY: &str = "80ec8a89ce3cd22133a1066caecb4d04fea7467657c8514d717ec42c38a5c94c";
    const OPENSSL_COVERED: &str = "3242460de4e9340b065c0ff16a9b40b480876546a972955b101206217f40ddb7";
    const VECTOR_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn vector_time() -> Timestamp {
        Timestamp::from_millis(1_614_265_330_000)
    }

    fn verify_vector(timestamp: &str, header: &str, body: &[u8], now: Timestamp) -> Result<(), BadSignature> {
        {
            let received = Received { id: VECTOR_ID, timestamp, signature: header, body };
            verify_standard(&Secret::parse(VECTOR_SECRET).unwrap(), received, now)
        }
    }

    #[test]
    fn the_specifications_vector_is_reproduced() {
        let secret = Secret::parse(VECTOR_SECRET).unwrap();
        assert_eq!(sign_standard([&secret], VECTOR_ID, vector_time(), VECTOR_BODY), VECTOR_SIGNATURE);
    }

    #[test]
    fn a_match_anywhere_in_the_list_is_enough() {
        let wrong = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
        for header in [
            format!("{VECTOR_SIGNATURE} {wrong} v2,abc"),
            format!("{wrong} {VECTOR_SIGNATURE} v1a,abc"),
            format!("v2,abc {wrong} {VECTOR_SIGNATURE}"),
        ] {
            assert_eq!(verify_vector("1614265330", &header, VECTOR_BODY, vector_time()), Ok(()), "{header}");
        }
    }

    #[test]
    fn what_the_reference_libraries_refuse_is_refused() {
        let truncated = &VECTOR_SIGNATURE[..VECTOR_SIGNATURE.len() - 4];
        let other_version = VECTOR_SIGNATURE.replace("v1", "v2");
        for header in ["", "v1", "v1,", truncated, &VECTOR_SIGNATURE[3..], &other_version] {
            assert_eq!(
                verify_vector("1614265330", header, VECTOR_BODY, vector_time()),
                Err(BadSignature::NoMatch),
                "{header}"
            );
        }
        for timestamp in ["word", "1614265330.0", "-1614265330", "+1614265330", "", "99999999999999999999"] {
            assert_eq!(
                verify_vector(timestamp, VECTOR_SIGNATURE, VECTOR_BODY, vector_time()),
                Err(BadSignature::MalformedTimestamp),
                "{timestamp}"
            );
        }
    }

    #[test]
    fn five_minutes_either_way_are_tolerated_and_no_second_more() {
        for (off, expected) in [
            (300, Ok(())),
            (-300, Ok(())),
            (301, Err(BadSignature::OutsideTolerance)),
            (-301, Err(BadSignature::OutsideTolerance)),
        ] {
            let now = Timestamp::from_millis(vector_time().as_millis() + off * 1000);
            assert_eq!(verify_vector("1614265330", VECTOR_SIGNATURE, VECTOR_BODY, now), expected, "{off}");
        }
    }

    /// The independent crate `standardwebhooks` is the oracle. It reads the system's clock.
    #[test]
    fn the_reference_library_accepts_each_secret_of_a_rotation() {
        #[expect(clippy::disallowed_methods, reason = "the judge compares with the real clock")]
        let now = Timestamp::from_millis(jiff::Timestamp::now().as_millisecond());
        let (old, new) = (Secret::new(&[1; 32]), Secret::new(&[2; 32]));
        let body = br#"{"type":"invoice.paid"}"#;
        let mut headers = standardwebhooks_headers(now);
        let value = sign_standard([&new, &old], "evt_1", now, body);
        headers.insert("webhook-signature", value.parse().unwrap());
        for secret in [&old, &new] {
            let judge = standardwebhooks::Webhook::new(secret.reveal()).unwrap();
            assert!(judge.verify(body, &headers).is_ok());
            assert!(judge.verify(b"another body", &headers).is_err());
        }
    }

    fn standardwebhooks_headers(now: Timestamp) -> http::HeaderMap {
        let mut headers = http::HeaderMap::new();
        headers.insert("webhook-id", "evt_1".parse().unwrap());
        headers.insert("webhook-timestamp", now.as_seconds().into());
        headers
    }

    fn signed(body: &[u8]) -> Signed<'_> {
        let at = vector_time();
        Signed {
            id: VECTOR_ID,
            at,
            nonce: [0xab; 16],
            path: "/hooks/42",
            prefix: "X-OWC",
            body,
            invoked: None,
        }
    }

    #[test]
    fn the_specifications_asymmetric_vector_is_reproduced() {
        let secret = Secret::parse(
            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==",
        )
        .unwrap();
        let headers = headers(Profile::StandardAsymmetric, [&secret], &signed(VECTOR_BODY));
        assert_eq!(headers[2].0, "webhook-signature");
        assert_eq!(
            headers[2].1,
            "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
        );
    }

    /// Computed with `openssl dgst -sha256 -hmac whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`.
    #[test]
    fn body_and_covered_are_what_openssl_computes() {
        let secret = Secret::parse(VECTOR_SECRET).unwrap();
        let body = headers(Profile::Body, [&secret], &signed(VECTOR_BODY));
        assert_eq!(body, [("X-OWC-Signature".to_owned(), format!("sha256={OPENSSL_BODY}"))]);
        let covered = headers(Profile::Covered, [&secret], &signed(VECTOR_BODY));
        let names: Vec<_> = covered.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["X-OWC-Timestamp", "X-OWC-Nonce", "X-OWC-Signature"]);
        assert_eq!(covered[0].1, "1614265330");
        assert_eq!(covered[1].1, "ab".repeat(16));
        assert_eq!(covered[2].1, format!("sha256={OPENSSL_COVERED}"));
    }

    #[test]
    fn every_active_secret_signs_the_current_one_first() {
        let (old, new) = (Secret::new(&[1; 32]), Secret::new(&[2; 32]));
        for profile in [Profile::Standard, Profile::Body, Profile::Covered] {
            let value = |secrets: &[&Secret]| {
                headers(profile, secrets.iter().copied(), &signed(b"{}")).pop().unwrap().1
            };
            assert_eq!(value(&[&new, &old]), format!("{} {}", value(&[&new]), value(&[&old])), "{profile:?}");
        }
        assert!(headers(Profile::None, [&new], &signed(b"{}")).is_empty());
    }

    proptest! {
        #[test]
        fn any_flipped_bit_of_the_body_fails_verification(mut body in proptest::collection::vec(any::<u8>(), 1..200), at: usize, bit in 0u8..8) {
            let secret = Secret::new(&[9; 32]);
            let header = sign_standard([&secret], "evt_1", vector_time(), &body);
            let verify = |body: &[u8]| {
                let received = Received { id: "evt_1", timestamp: "1614265330", signature: &header, body };
                verify_standard(&secret, received, vector_time())
            };
            prop_assert_eq!(verify(&body), Ok(()));
            let at = at % body.len();
            body[at] ^= 1 << bit;
            prop_assert_eq!(verify(&body), Err(BadSignature::NoMatch));
        }
    }
}
