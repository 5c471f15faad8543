//! Does one of the public keys belong to this signature?
//! ECDSA over P-256 with SHA-256: the signature as base64 of ASN.1 DER, the keys as base64 of `SubjectPublicKeyInfo`
//! (RFC 5480). By RustCrypto, whose DER is strict and which refuses an r or s of zero.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::source::received::Reason;
use p256::ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};
use sha2::{Digest as _, Sha256};

use crate::adapter::Refusal;
use crate::signature::mac;

/// Checks that one of `keys` belongs to `signature` of the concatenated `parts`. A key that cannot be read belongs to
/// none.
///
/// # Errors
/// [`Reason::SignatureMalformed`] or [`Reason::SignatureMismatch`].
pub(crate) fn require_match(keys: &[&str], parts: &[&[u8]], signature: &str) -> Result<(), Refusal> {
    let malformed =
        |_| Refusal::new(Reason::SignatureMalformed, "its signature is no ECDSA signature in DER");
    let signature = Signature::from_der(&mac::from_base64(signature)?).map_err(malformed)?;
    let digest = digest(parts);
    let matches = |key: VerifyingKey| key.verify_prehash(&digest, &signature).is_ok();
    let found = keys.iter().filter_map(|key| public_key(key)).any(matches);
    if found { Ok(()) } else { Err(Refusal::mismatch()) }
}

fn public_key(text: &str) -> Option<VerifyingKey> {
    let der = STANDARD.decode(text).ok()?;
    VerifyingKey::from_public_key_der(&der).ok()
}

/// Hashed part by part: a body of megabytes is not copied.
fn digest(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().to_vec()
}

/// A key pair for one sample.
#[derive(Debug)]
pub(crate) struct SampleKey(SigningKey);

impl SampleKey {
    /// The key pair of this randomness.
    pub(crate) fn of(randomness: &[u8; 32]) -> Option<Self> {
        // One of 2^32 numbers is too large for a key of P-256; its digest is not.
        let key =
            SigningKey::from_slice(randomness).or_else(|_| SigningKey::from_slice(&digest(&[randomness])));
        key.ok().map(Self)
    }

    /// The public key as SendGrid shows it.
    pub(crate) fn public(&self) -> String {
        let der = self.0.verifying_key().to_public_key_der();
        der.map(|der| STANDARD.encode(der.as_bytes())).unwrap_or_default()
    }

    /// The signature of the concatenated `parts`, as base64.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> String {
        let signature: Result<Signature, _> = self.0.sign_prehash(&digest(parts));
        signature.map(|signature| STANDARD.encode(signature.to_der().as_bytes())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(keys: &[&str], signature: &str) -> Option<Reason> {
        require_match(keys, &[b"1790000000", b"body \xff\xfe"], signature).err().map(|refusal| refusal.reason)
    }

    #[test]
    fn any_of_the_keys_may_belong_to_it() {
        let (key, other) = (SampleKey::of(&[7; 32]).unwrap(), SampleKey::of(&[8; 32]).unwrap());
        let signature = key.sign(&[b"1790000000body \xff\xfe"]);
        let (public, wrong) = (key.public(), other.public());
        assert_eq!(reason(&[&public], &signature), None);
        assert_eq!(reason(&["", "no key", &wrong, &public], &signature), None);
        assert_eq!(reason(&[&wrong], &signature), Some(Reason::SignatureMismatch));
        assert_eq!(reason(&["", "no key"], &signature), Some(Reason::SignatureMismatch));
        assert_eq!(reason(&[], &signature), Some(Reason::SignatureMismatch));
    }

    #[test]
    fn only_strict_der_is_a_signature() {
        let key = SampleKey::of(&[7; 32]).unwrap();
        let public = key.public();
        let good = STANDARD.decode(key.sign(&[b"1790000000", b"body \xff\xfe"])).unwrap();
        let with_more = [&good[..], &[0]].concat();
        // SEQUENCE { INTEGER 0, INTEGER 1 } and SEQUENCE { INTEGER 1, INTEGER 0 }.
        let zero_r = vec![0x30, 6, 2, 1, 0, 2, 1, 1];
        let zero_s = vec![0x30, 6, 2, 1, 1, 2, 1, 0];
        // The length in the long form, where the short one would do.
        let long_form = [&[0x30, 0x81, good[1]], &good[2..]].concat();
        for bad in
            [vec![], good[..good.len() - 1].to_vec(), with_more, zero_r, zero_s, long_form, vec![7; 64]]
        {
            assert_eq!(
                reason(&[&public], &STANDARD.encode(&bad)),
                Some(Reason::SignatureMalformed),
                "{bad:?}"
            );
        }
        assert_eq!(reason(&[&public], "no base64!"), Some(Reason::SignatureMalformed));
        assert_eq!(reason(&[&public], &STANDARD.encode(good)), None);
    }

    #[test]
    fn every_randomness_makes_a_key() {
        for randomness in [[0; 32], [0xff; 32], [1; 32]] {
            assert!(SampleKey::of(&randomness).is_some());
        }
    }
}
