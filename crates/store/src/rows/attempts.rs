//! How is an attempt kept?
//! As one document, compressed with a dictionary.
//!
//! Names and structure are the same in every attempt, so the compressed document is small, and a delivery that succeeds at
//! once stays within the kilobyte that DynamoDB bills as one write.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::Duration;

use domain::delivery::attempt::{Attempt, SentRequest, Trigger};
use domain::policy::outcome::{Answer, ErrorClass, Outcome};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use zstd::bulk::Compressor;
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::error::StoreError;

/// A smaller document is an attempt with a short answer, which fits a write unit with its delivery at any level.
const SMALL: usize = 1_200;
/// One of zstd's fast levels, for small documents: a third of the default level's time, and a seventh more bytes.
const FAST: i32 = -3;
/// zstd's default level, for documents that may cost several write units.
const DENSE: i32 = 3;
/// A larger document is damaged: 4,096 bytes of body as JSON escapes and two sets of headers fit well.
const MAX_BYTES: usize = 1024 * 1024;
/// The dictionary: text that all documents have in common. It never changes, because rows are read with the dictionary
/// with which they were written; a new dictionary gets a new version byte.
const DICTIONARY: &[u8] = include_bytes!("attempt_dictionary.txt");
const VERSION: u8 = 1;

thread_local! {
    /// Creating a compressor costs more than compressing an attempt.
    static COMPRESSORS: RefCell<[Option<Compressor<'static>>; 2]> = const { RefCell::new([None, None]) };
}

static ENCODERS: LazyLock<[EncoderDictionary<'static>; 2]> =
    LazyLock::new(|| [FAST, DENSE].map(|level| EncoderDictionary::copy(DICTIONARY, level)));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

#[derive(Serialize, Deserialize)]
struct Document<'a> {
    number: u32,
    trigger: Trigger,
    started_at: i64,
    duration_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<ErrorClass>,
    sent: Cow<'a, SentRequest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerDocument<'a>>,
    /// Why no status arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unreachable: Option<ErrorClass>,
}

#[derive(Serialize, Deserialize)]
struct AnswerDocument<'a> {
    status: u16,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    headers: Cow<'a, [(String, String)]>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    body: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    body_truncated: bool,
}

/// The bytes to store.
pub(crate) fn encode(attempt: &Attempt) -> Result<Vec<u8>, StoreError> {
    let damaged = |error: &dyn std::fmt::Display| StoreError::damaged("attempt", error);
    let json = serde_json::to_vec(&document(attempt)).map_err(|error| damaged(&error))?;
    let which = usize::from(json.len() >= SMALL);
    let compressed = COMPRESSORS.with_borrow_mut(|compressors| match &mut compressors[which] {
        Some(compressor) => compressor.compress(&json),
        none => none.insert(Compressor::with_prepared_dictionary(&ENCODERS[which])?).compress(&json),
    });
    let mut bytes = vec![VERSION];
    bytes.extend(compressed.map_err(|error| damaged(&error))?);
    Ok(bytes)
}

/// Decodes the stored bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<Attempt, StoreError> {
    let damaged = |detail: &str| StoreError::damaged("attempt", detail);
    let Some((&VERSION, compressed)) = bytes.split_first() else {
        return Err(damaged("it is of an unknown version"));
    };
    let mut decompressor = zstd::bulk::Decompressor::with_prepared_dictionary(&DECODER)
        .map_err(|_| damaged("no decompressor"))?;
    let json =
        decompressor.decompress(compressed, MAX_BYTES).map_err(|_| damaged("it cannot be decompressed"))?;
    let document: Document<'_> = serde_json::from_slice(&json).map_err(|_| damaged("it cannot be read"))?;
    Ok(attempt(document))
}

fn document(attempt: &Attempt) -> Document<'_> {
    let (answer, unreachable) = match &attempt.outcome {
        Outcome::Unreachable(class) => (None, Some(*class)),
        Outcome::Answered(answer) => {
            let document = AnswerDocument {
                status: answer.status,
                headers: Cow::Borrowed(&answer.headers),
                body: String::from_utf8_lossy(&answer.body),
                body_truncated: answer.body_truncated,
            };
            (Some(document), None)
        }
    };
    Document {
        number: attempt.number,
        trigger: attempt.trigger,
        started_at: attempt.started_at.as_millis(),
        duration_ms: u64::try_from(attempt.duration.as_millis()).unwrap_or(u64::MAX),
        error: attempt.error,
        sent: Cow::Borrowed(&attempt.sent),
        answer,
        unreachable,
    }
}

fn attempt(document: Document<'_>) -> Attempt {
    let outcome = match document.answer {
        Some(answer) => Outcome::Answered(Answer {
            status: answer.status,
            headers: answer.headers.into_owned(),
            body: answer.body.into_owned().into_bytes(),
            body_truncated: answer.body_truncated,
        }),
        None => Outcome::Unreachable(document.unreachable.unwrap_or(ErrorClass::Unknown)),
    };
    Attempt {
        number: document.number,
        trigger: document.trigger,
        started_at: Timestamp::from_millis(document.started_at),
        duration: Duration::from_millis(document.duration_ms),
        sent: document.sent.into_owned(),
        outcome,
        error: document.error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn example() -> Attempt {
        Attempt {
            number: 1,
            trigger: Trigger::Automatic,
            started_at: Timestamp::from_millis(1_767_605_400_123),
            duration: Duration::from_millis(148),
            sent: SentRequest {
                method: Some(domain::endpoint::Method::Post),
                url: Some("https://hooks.example.com/posthorn/orders".to_owned()),
                headers: pairs(&[
                    ("content-type", "application/json"),
                    ("user-agent", "Posthorn/0.1.0"),
                    ("webhook-id", "evt_01KE6QVWE0MY9QPS5RSAJRY0VJ"),
                    ("webhook-timestamp", "1767605400"),
                    ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
                    ("X-Webhook-Event", "invoice.paid"),
                    ("X-Webhook-Delivery", "wd_01KE6QVWE0EPA2BPJS7K2A04QN"),
                    ("X-Webhook-Attempt", "1"),
                    ("Idempotency-Key", "wd_01KE6QVWE0EPA2BPJS7K2A04QN"),
                ]),
                body_bytes: 1_213,
                body_sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
                ..SentRequest::default()
            },
            outcome: Outcome::Answered(Answer {
                status: 200,
                headers: pairs(&[
                    ("server", "nginx/1.24.0"),
                    ("date", "Mon, 05 Jan 2026 09:30:00 GMT"),
                    ("content-type", "application/json; charset=utf-8"),
                    ("content-length", "15"),
                    ("connection", "keep-alive"),
                    ("x-request-id", "5f0c3a7e-51f1-4a2c-9d6c-6d3b6b9e6f10"),
                ]),
                body: br#"{"status":"ok"}"#.to_vec(),
                body_truncated: false,
            }),
            error: None,
        }
    }

    /// The rest of a delivery's row is about 500 bytes, and a write unit is 1,024.
    #[test]
    fn a_usual_attempt_fits_a_write_unit_with_its_delivery() {
        let bytes = encode(&example()).unwrap().len();
        assert!(bytes < 400, "{bytes} bytes");
    }

    proptest! {
        #[test]
        fn what_is_stored_is_read_back(number in 1u32..40, status in 200u16..600, headers in proptest::collection::vec(("[a-z-]{1,12}", "[ -~]{0,40}"), 0..8), body in ".{0,300}", reached: bool) {
            let mut attempt = Attempt { number, ..example() };
            if reached {
                let body = body.into_bytes();
                attempt.outcome = Outcome::Answered(Answer { status, headers, body, body_truncated: true });
            } else {
                attempt.outcome = Outcome::Unreachable(ErrorClass::DnsError);
                attempt.error = Some(ErrorClass::DnsError);
            }
            prop_assert_eq!(decode(&encode(&attempt).unwrap()).unwrap(), attempt);
        }

        #[test]
        fn garbage_is_damage_and_never_a_panic(bytes: Vec<u8>) {
            prop_assert!(decode(&bytes).is_err());
        }
    }
}
