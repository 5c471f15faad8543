//! How is a signature written?
//! One entry of a signature header, read in every usual encoding and compared in constant time.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

use crate::hex::hex;
use crate::signing::diagnosis::presented::Scheme;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
/// Standard base64 as lenient decoders read it.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Length of an HMAC-SHA256, in bytes.
pub(super) const TAG_BYTES: usize = 32;
/// Length of an ed25519 signature, in bytes.
pub(super) const ED25519_BYTES: usize = 64;

/// The most signatures of a list that are looked at: each secret that is in force makes one, and there are 11 at most.
const MAX_ENTRIES: usize = 16;

/// One signature of a list.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    text: &'a str,
    /// The whole signature; empty where the text is not one. Part of a signature is never compared: the answers would
    /// let a caller find a valid one byte by byte.
    pub(super) bytes: Vec<u8>,
}

impl<'a> Entry<'a> {
    /// The entries of a header's value.
    pub(super) fn list(value: &'a str) -> Vec<Self> {
        value.split_ascii_whitespace().take(MAX_ENTRIES).map(Self::read).collect()
    }

    fn read(text: &'a str) -> Self {
        let labels = ["v1,", "v1a,", "sha256="];
        let encoded = labels.iter().find_map(|label| text.strip_prefix(label)).unwrap_or(text);
        let whole = |bytes: &Vec<u8>| matches!(bytes.len(), TAG_BYTES | ED25519_BYTES);
        let bytes = unhex(encoded).filter(whole);
        let bytes = bytes.or_else(|| BASE64.decode(encoded).ok().filter(whole));
        let bytes = bytes.or_else(|| URL_SAFE.decode(encoded).ok().filter(whole));
        Self { text, bytes: bytes.unwrap_or_default() }
    }

    /// Whether the text is that of an asymmetric signature.
    pub(super) fn is_asymmetric(&self) -> bool {
        self.text.starts_with("v1a,")
    }

    /// Whether it is written as the scheme says.
    pub(super) fn is_spelled_for(&self, scheme: Scheme) -> bool {
        let label = match self.bytes.len() {
            ED25519_BYTES => "v1a,",
            _ => "v1,",
        };
        match scheme {
            Scheme::Standard => self.text == format!("{label}{}", STANDARD.encode(&self.bytes)),
            Scheme::Body | Scheme::Covered => self.text == format!("sha256={}", hex(&self.bytes)),
        }
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?)).collect()
}
