//! What is a signing secret? `whsec_` and base64 of 24 to 64 random bytes (Standard Webhooks 1.0.0), kept out of
//! every log by its `Debug`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

const PREFIX: &str = "whsec_";

/// A symmetric signing secret, exactly as it was shown to its owner.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Secret {
    text: String,
    key: Vec<u8>,
}

/// A secret in use, until `expires_at` if it was rotated out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveSecret {
    /// The secret.
    pub secret: Secret,
    /// When it stops signing; `None` for the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// The text is no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be `whsec_` followed by standard base64 of 24 to 64 bytes")]
pub struct BadSecret;

impl Secret {
    /// A new secret of 32 random bytes.
    pub fn new(chance: &[u8; 32]) -> Self {
        Self { text: format!("{PREFIX}{}", STANDARD.encode(chance)), key: chance.to_vec() }
    }

    /// Reads a secret a caller brought along.
    ///
    /// # Errors
    /// [`BadSecret`] unless it is `whsec_` and base64 of 24 to 64 bytes.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(BadSecret)?;
        let key = STANDARD.decode(encoded).map_err(|_| BadSecret)?;
        if !(24..=64).contains(&key.len()) {
            return Err(BadSecret);
        }
        Ok(Self { text: text.to_owned(), key })
    }

    /// The secret as its owner sees it. Only for the answer that shows it once, and for storage.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The HMAC key of the `standard` profile: the decoded bytes.
    pub fn key(&self) -> &[u8] {
        &self.key
    }
}

impl ActiveSecret {
    /// Whether it still signs at `now`.
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
        for text in
            [encoded(23), encoded(65), "whsec_".into(), "whsec_not base64".into(), STANDARD.encode([1; 32])]
        {
            assert_eq!(Secret::parse(&text), Err(BadSecret), "{text}");
        }
    }
}
