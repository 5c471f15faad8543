//! How is a delivery signed? Standard Webhooks 1.0.0: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`,
//! one signature per active secret, separated by spaces.
//!
//! `id` is the event's id and `timestamp` the attempt's unix seconds; the body is the exact bytes sent.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::secret::Secret;
use crate::timestamp::Timestamp;

/// How far a `webhook-timestamp` may lie from the verifier's clock, both ways, in seconds.
pub const TOLERANCE_SECONDS: i64 = 300;

/// The value of `webhook-signature`: one `v1` signature per secret, in the order given.
pub fn sign_standard<'a>(
    secrets: impl IntoIterator<Item = &'a Secret>,
    id: &str,
    at: Timestamp,
    body: &[u8],
) -> String {
    let mut header = String::with_capacity(64);
    for secret in secrets {
        if !header.is_empty() {
            header.push(' ');
        }
        header.push_str("v1,");
        STANDARD.encode_string(standard_tag(secret, id, &at.as_seconds().to_string(), body), &mut header);
    }
    header
}

/// Why a signature was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// The timestamp is no whole number of seconds.
    #[error("webhook-timestamp is not an integer")]
    MalformedTimestamp,
    /// The timestamp is too far from the verifier's clock.
    #[error("webhook-timestamp is outside the tolerance of {TOLERANCE_SECONDS} seconds")]
    OutsideTolerance,
    /// No signature of the list matches.
    #[error("no signature matches")]
    NoMatch,
}

/// Checks a `webhook-signature` header against one secret, as a receiver would.
///
/// Unknown identifiers of the list are passed over; any `v1` that matches is enough. Compares in constant time.
///
/// # Errors
/// [`BadSignature`] says why it was refused.
pub fn verify_standard(
    secret: &Secret,
    id: &str,
    timestamp: &str,
    header: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), BadSignature> {
    if timestamp.is_empty() || !timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadSignature::MalformedTimestamp);
    }
    let seconds: i64 = timestamp.parse().map_err(|_| BadSignature::MalformedTimestamp)?;
    if now.as_seconds().abs_diff(seconds) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(BadSignature::OutsideTolerance);
    }
    let expected = standard_tag(secret, id, timestamp, body);
    let matches = header
        .split(' ')
        .filter_map(|entry| entry.strip_prefix("v1,"))
        .filter_map(|encoded| STANDARD.decode(encoded).ok())
        .any(|tag| aws_lc_rs::constant_time::verify_slices_are_equal(&tag, expected.as_ref()).is_ok());
    if matches { Ok(()) } else { Err(BadSignature::NoMatch) }
}

fn standard_tag(secret: &Secret, id: &str, timestamp: &str, body: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret.key()));
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        context.update(part);
    }
    context.sign()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VECTOR_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const VECTOR_ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const VECTOR_BODY: &[u8] = br#"{"test": 2432232314}"#;
    const VECTOR_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn vector_time() -> Timestamp {
        Timestamp::from_millis(1_614_265_330_000)
    }

    fn verify_vector(timestamp: &str, header: &str, body: &[u8], now: Timestamp) -> Result<(), BadSignature> {
        verify_standard(&Secret::parse(VECTOR_SECRET).unwrap(), VECTOR_ID, timestamp, header, body, now)
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

    /// The crate `standardwebhooks` is the judge: nobody here wrote it. It reads the system's clock.
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

    proptest! {
        #[test]
        fn any_flipped_bit_of_the_body_fails_verification(mut body in proptest::collection::vec(any::<u8>(), 1..200), at: usize, bit in 0u8..8) {
            let secret = Secret::new(&[9; 32]);
            let header = sign_standard([&secret], "evt_1", vector_time(), &body);
            let verify = |body: &[u8]| verify_standard(&secret, "evt_1", "1614265330", &header, body, vector_time());
            prop_assert_eq!(verify(&body), Ok(()));
            let at = at % body.len();
            body[at] ^= 1 << bit;
            prop_assert_eq!(verify(&body), Err(BadSignature::NoMatch));
        }
    }
}
