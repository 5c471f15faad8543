//! How is a payload kept?
//! As its JSON text, byte for byte; compressed with zstd where that saves write units.

use std::borrow::Cow;
use std::cell::RefCell;

use domain::event::{MAX_PAYLOAD_BYTES, Payload};
use serde_json::value::RawValue;
use zstd::bulk::Compressor;

use crate::error::StoreError;

/// A write unit is 1 KB, and the rest of an event's row takes about 300 bytes: smaller payloads gain nothing.
const COMPRESS_ABOVE_BYTES: usize = 700;
/// zstd's default level: 256 KB of JSON in about a millisecond.
const LEVEL: i32 = 3;

/// The encoding of the stored bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// The JSON text.
    Json,
    /// The JSON text, compressed with zstd.
    Zstd,
}

impl Encoding {
    /// The stable word for it in the row.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Zstd => "zstd",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Json, Self::Zstd].into_iter().find(|encoding| encoding.as_str() == word)
    }
}

/// The bytes to store.
pub fn encode(payload: &RawValue) -> (Encoding, Vec<u8>) {
    let json = payload.get().as_bytes();
    if json.len() > COMPRESS_ABOVE_BYTES
        && let Ok(compressed) = compress(json)
        && compressed.len() < json.len()
    {
        return (Encoding::Zstd, compressed);
    }
    (Encoding::Json, json.to_vec())
}

/// Compresses with zstd at the level of payloads.
pub(super) fn compress(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    thread_local! {
        /// Creating a compressor costs more than compressing a small payload.
        static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    }
    COMPRESSOR.with_borrow_mut(|compressor| match compressor {
        Some(compressor) => compressor.compress(plain),
        None => compressor.insert(Compressor::new(LEVEL)?).compress(plain),
    })
}

/// Decodes the stored bytes.
///
/// # Errors
/// [`StoreError::Damaged`] when they are not what `encoding` says, or larger than a payload may be.
pub fn decode(encoding: &str, bytes: &[u8]) -> Result<Payload, StoreError> {
    let raw = RawValue::from_string(decode_text(encoding, bytes)?.into_owned());
    Ok(Payload::new(raw.map_err(|_| damaged("payload is not JSON"))?.into()))
}

/// Decodes the stored bytes without a look at whether they are JSON, which takes far longer.
///
/// # Errors
/// As for [`decode`].
pub fn decode_text<'a>(encoding: &str, bytes: &'a [u8]) -> Result<Cow<'a, str>, StoreError> {
    let not_text = "payload is not UTF-8";
    match Encoding::parse(encoding).ok_or_else(|| damaged("unknown payload encoding"))? {
        Encoding::Json => Ok(Cow::Borrowed(std::str::from_utf8(bytes).map_err(|_| damaged(not_text))?)),
        Encoding::Zstd => {
            let json = zstd::bulk::decompress(bytes, MAX_PAYLOAD_BYTES)
                .map_err(|_| damaged("payload cannot be decompressed"))?;
            Ok(Cow::Owned(String::from_utf8(json).map_err(|_| damaged(not_text))?))
        }
    }
}

fn damaged(detail: &str) -> StoreError {
    StoreError::damaged("event", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_byte_of_a_payload_comes_back(text in "[a-z é🎺]{0,3000}") {
            let raw = RawValue::from_string(serde_json::to_string(&text).unwrap()).unwrap();
            let (encoding, bytes) = encode(&raw);
            prop_assert!(bytes.len() <= raw.get().len());
            let decoded = decode(encoding.as_str(), &bytes).unwrap();
            prop_assert_eq!(decoded.get(), raw.get());
        }
    }

    #[test]
    fn a_repetitive_payload_of_the_largest_size_comes_back() {
        let raw = RawValue::from_string(format!("\"{}\"", "a".repeat(MAX_PAYLOAD_BYTES - 2))).unwrap();
        let (encoding, bytes) = encode(&raw);
        assert_eq!(encoding, Encoding::Zstd);
        assert_eq!(decode(encoding.as_str(), &bytes).unwrap().get(), raw.get());
    }

    #[test]
    fn damaged_bytes_are_an_error() {
        for (encoding, bytes) in
            [("zstd", &b"nonsense"[..]), ("json", b"{"), ("json", b"\xff"), ("gzip", b"{}")]
        {
            assert!(decode(encoding, bytes).is_err(), "{encoding}");
        }
    }
}
