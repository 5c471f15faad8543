//! Does one of the secrets make this signature?
//! HMAC by RustCrypto, compared in constant time, for each secret in force.

use domain::source::received::Reason;
use hmac::digest::KeyInit as _;
use hmac::{Hmac, Mac as _};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::adapter::Refusal;

/// A hash function that signatures are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

/// Whether one of `keys` makes one of `signatures` of the concatenated `parts`. Empty keys make none: an HMAC with an empty
/// key can be computed by anybody.
pub(crate) fn any_matches<K: AsRef<[u8]>>(
    hash: Hash,
    keys: &[K],
    parts: &[&[u8]],
    signatures: &[Vec<u8>],
) -> bool {
    let keys = keys.iter().map(AsRef::as_ref).filter(|key: &&[u8]| !key.is_empty());
    // No early end: how long it takes does not say which secret made it.
    keys.fold(false, |found, key| found | matches(hash, key, parts, signatures))
}

/// As [`any_matches`], as a result.
///
/// # Errors
/// [`Reason::SignatureMismatch`].
pub(crate) fn require_match<K: AsRef<[u8]>>(
    hash: Hash,
    keys: &[K],
    parts: &[&[u8]],
    signatures: &[Vec<u8>],
) -> Result<(), Refusal> {
    if any_matches(hash, keys, parts, signatures) { Ok(()) } else { Err(Refusal::mismatch()) }
}

/// Hashes the parts once a key, however many signatures a request brings.
fn matches(hash: Hash, key: &[u8], parts: &[&[u8]], signatures: &[Vec<u8>]) -> bool {
    macro_rules! verify {
        ($hash:ty) => {
            Hmac::<$hash>::new_from_slice(key).is_ok_and(|mut mac| {
                parts.iter().for_each(|part| mac.update(part));
                signatures
                    .iter()
                    .fold(false, |found, signature| found | mac.clone().verify_slice(signature).is_ok())
            })
        };
    }
    match hash {
        Hash::Md5 => verify!(Md5),
        Hash::Sha1 => verify!(Sha1),
        Hash::Sha256 => verify!(Sha256),
        Hash::Sha512 => verify!(Sha512),
    }
}

/// The HMAC of the concatenated `parts`, for samples.
pub(crate) fn sign(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    macro_rules! sign {
        ($hash:ty) => {
            Hmac::<$hash>::new_from_slice(key).map_or_else(
                |_| Vec::new(),
                |mut mac| {
                    parts.iter().for_each(|part| mac.update(part));
                    mac.finalize().into_bytes().to_vec()
                },
            )
        };
    }
    match hash {
        Hash::Md5 => sign!(Md5),
        Hash::Sha1 => sign!(Sha1),
        Hash::Sha256 => sign!(Sha256),
        Hash::Sha512 => sign!(Sha512),
    }
}

/// The bytes of a signature in hexadecimal digits, of either case.
///
/// # Errors
/// [`Reason::SignatureMalformed`].
pub(crate) fn from_hex(text: &str) -> Result<Vec<u8>, Refusal> {
    let malformed = || Refusal::new(Reason::SignatureMalformed, "its signature is not hexadecimal");
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(malformed());
    }
    let digits = text.as_bytes().chunks(2);
    let byte =
        |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    digits.map(|pair| byte(pair).ok_or_else(malformed)).collect()
}

/// The bytes of a signature in base64.
///
/// # Errors
/// [`Reason::SignatureMalformed`].
pub(crate) fn from_base64(text: &str) -> Result<Vec<u8>, Refusal> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let malformed = |_| Refusal::new(Reason::SignatureMalformed, "its signature is not base64");
    STANDARD.decode(text).map_err(malformed)
}

/// Whether two texts are equal, in constant time.
pub(crate) fn equal(one: &[u8], other: &[u8]) -> bool {
    use subtle::ConstantTimeEq as _;
    one.ct_eq(other).into()
}
