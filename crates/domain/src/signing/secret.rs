//! What is a signing secret?
//! A symmetric key, an ed25519 key pair or a plain text; its `Debug` keeps it out of every log.
//!
//! - `whsec_` and base64 of 24 to 64 random bytes (Standard Webhooks 1.0.0), the usual form;
//! - `whsk_` and base64 of an ed25519 seed and public key, of which the customer gets only the public half;
//! - plain text from an owner's older system, for the profiles that sign with the text itself.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{KEYPAIR_LENGTH, PUBLIC_KEY_LENGTH, SigningKey};
use serde::{Deserialize, Serialize};

use crate::signing::profile::Profile;
use crate::timestamp::Timestamp;

const SYMMETRIC_PREFIX: &str = "whsec_";
const ASYMMETRIC_PREFIX: &str = "whsk_";
const PUBLIC_PREFIX: &str = "whpk_";
/// Length of a plain secret, in characters.
const PLAIN_CHARS: std::ops::RangeInclusive<usize> = 16..=128;

/// The largest number of old secrets that still sign beside the current one.
pub const MAX_OLD_SECRETS: usize = 10;
/// The default overlap: for so many seconds an old secret goes on signing.
pub const DEFAULT_OVERLAP_SECONDS: u64 = 24 * 3600;
/// The longest overlap, in seconds.
pub const MAX_OVERLAP_SECONDS: u64 = 7 * 24 * 3600;

/// A signing secret, exactly as it was shown to its owner.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Secret {
    text: String,
    key: Key,
}

/// The key material that the text encodes.
#[derive(Clone, PartialEq, Eq)]
enum Key {
    Symmetric(Vec<u8>),
    Asymmetric(Box<SigningKey>),
    Plain,
}

/// A secret in use, until `expires_at` if it was rotated out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveSecret {
    /// The secret that signs.
    pub secret: Secret,
    /// When it stops signing; `None` for the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// The error for a text that is not a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be `whsec_` followed by standard base64 of 24 to 64 bytes, `whsk_` followed by an ed25519 key, or plain \
     text of 16 to 128 visible ASCII characters"
)]
pub struct BadSecret;

impl Secret {
    /// A new symmetric secret of 32 random bytes.
    pub fn new(randomness: &[u8; 32]) -> Self {
        Self {
            text: format!("{SYMMETRIC_PREFIX}{}", STANDARD.encode(randomness)),
            key: Key::Symmetric(randomness.to_vec()),
        }
    }

    /// A new ed25519 key from 32 random bytes.
    pub fn new_asymmetric(randomness: &[u8; 32]) -> Self {
        let pair = SigningKey::from_bytes(randomness);
        let text = format!("{ASYMMETRIC_PREFIX}{}", STANDARD.encode(pair.to_keypair_bytes()));
        Self { text, key: Key::Asymmetric(Box::new(pair)) }
    }

    /// A new secret that signs under `profile`.
    pub fn for_profile(profile: Profile, randomness: &[u8; 32]) -> Self {
        match profile {
            Profile::StandardAsymmetric => Self::new_asymmetric(randomness),
            Profile::Standard | Profile::Body | Profile::Covered | Profile::None => Self::new(randomness),
        }
    }

    /// Reads a secret that a caller supplied.
    ///
    /// # Errors
    /// [`BadSecret`] unless it has one of the three forms.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let key = if let Some(encoded) = text.strip_prefix(SYMMETRIC_PREFIX) {
            let key = STANDARD.decode(encoded).map_err(|_| BadSecret)?;
            if !(24..=64).contains(&key.len()) {
                return Err(BadSecret);
            }
            Key::Symmetric(key)
        } else if let Some(encoded) = text.strip_prefix(ASYMMETRIC_PREFIX) {
            let bytes = STANDARD.decode(encoded).map_err(|_| BadSecret)?;
            let bytes: [u8; KEYPAIR_LENGTH] = bytes.try_into().map_err(|_| BadSecret)?;
            // Refuses a public half that does not belong to the seed: with such a pair, two signatures reveal the
            // private key.
            Key::Asymmetric(Box::new(SigningKey::from_keypair_bytes(&bytes).map_err(|_| BadSecret)?))
        } else {
            let visible = text.bytes().all(|b| b.is_ascii_graphic());
            if !visible || !PLAIN_CHARS.contains(&text.len()) || text.starts_with(PUBLIC_PREFIX) {
                return Err(BadSecret);
            }
            Key::Plain
        };
        Ok(Self { text: text.to_owned(), key })
    }

    /// Whether this secret can sign deliveries under `profile`.
    pub fn fits(&self, profile: Profile) -> bool {
        match profile {
            Profile::Standard => matches!(self.key, Key::Symmetric(_)),
            Profile::StandardAsymmetric => matches!(self.key, Key::Asymmetric(_)),
            Profile::Body | Profile::Covered => !matches!(self.key, Key::Asymmetric(_)),
            Profile::None => true,
        }
    }

    /// The secret as its owner sees it. Only for the answer that shows it once, and for storage.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The text that a customer needs: the whole of a symmetric secret, nothing of an asymmetric one.
    pub fn shown_to_customer(&self) -> Option<&str> {
        match self.key {
            Key::Symmetric(_) | Key::Plain => Some(&self.text),
            Key::Asymmetric(_) => None,
        }
    }

    /// The HMAC key of the `standard` profile: the decoded bytes of a `whsec_` secret.
    pub fn standard_key(&self) -> Option<&[u8]> {
        match &self.key {
            Key::Symmetric(key) => Some(key),
            Key::Asymmetric(_) | Key::Plain => None,
        }
    }

    /// The key pair of the `standard-asymmetric` profile.
    pub fn key_pair(&self) -> Option<&SigningKey> {
        match &self.key {
            Key::Asymmetric(pair) => Some(pair),
            Key::Symmetric(_) | Key::Plain => None,
        }
    }

    /// The public half of an asymmetric secret.
    pub fn public_key(&self) -> Option<PublicKey> {
        match &self.key {
            Key::Asymmetric(pair) => Some(PublicKey(pair.verifying_key().to_bytes())),
            Key::Symmetric(_) | Key::Plain => None,
        }
    }
}

/// The public half of an ed25519 key, which can verify signatures but not make them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; PUBLIC_KEY_LENGTH]);

impl PublicKey {
    /// Reads `whpk_` and base64; `None` if it is not that.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(PUBLIC_PREFIX)?).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The raw 32 bytes.
    pub fn to_bytes(self) -> [u8; PUBLIC_KEY_LENGTH] {
        self.0
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("is no public key"))
    }
}

/// The format of Standard Webhooks: `whpk_` and base64.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC_PREFIX}{}", STANDARD.encode(self.0))
    }
}

impl ActiveSecret {
    /// Whether the secret still signs at `now`.
    pub fn signs_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

impl TryFrom<String> for Secret {
    type Error = BadSecret;

    fn try_from(text: String) -> Result<Self, BadSecret> {
        Self::parse(&text)
    }
}

impl From<Secret> for String {
    fn from(secret: Secret) -> Self {
        secret.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_secret() {
        let secret = Secret::new(&[7; 32]);
        assert_eq!(format!("{secret:?}"), "Secret(redacted)");
    }

    #[test]
    fn what_is_shown_is_read_back() {
        let secret = Secret::new(&[7; 32]);
        assert_eq!(Secret::parse(secret.reveal()), Ok(secret));
    }

    #[test]
    fn too_short_too_long_or_unencoded_secrets_are_refused() {
        let encoded = |n: usize| format!("whsec_{}", STANDARD.encode(vec![1; n]));
        assert!(Secret::parse(&encoded(24)).is_ok() && Secret::parse(&encoded(64)).is_ok());
        for text in [encoded(23), encoded(65), "whsec_".into(), "whsec_not base64".into(), "tooshort".into()]
        {
            assert_eq!(Secret::parse(&text), Err(BadSecret), "{text}");
        }
    }

    /// Computed by the reference implementation of Standard Webhooks, not by us.
    #[test]
    fn the_public_half_of_the_specifications_key_is_reproduced() {
        let secret = Secret::parse(
            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==",
        )
        .unwrap();
        let public = secret.public_key().unwrap().to_string();
        assert_eq!(public, "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=");
        assert_eq!(secret.shown_to_customer(), None);
        assert!(secret.fits(Profile::StandardAsymmetric) && !secret.fits(Profile::Body));
    }

    #[test]
    fn a_key_whose_halves_do_not_match_is_refused() {
        let mut bytes = vec![7; 64];
        assert!(Secret::parse(&format!("whsk_{}", STANDARD.encode(&bytes))).is_err());
        bytes.truncate(31);
        assert!(Secret::parse(&format!("whsk_{}", STANDARD.encode(&bytes))).is_err());
    }

    #[test]
    fn plain_text_signs_only_where_the_text_is_the_key() {
        let secret = Secret::parse("a-legacy-secret-of-yore").unwrap();
        let fitting = Profile::ALL.map(|profile| secret.fits(profile));
        assert_eq!(fitting, [false, false, true, true, true]);
    }
}
