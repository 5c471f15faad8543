//! What makes a source's address secret?
//! The address token: 32 random bytes in the path `/in/{token}`, stored sealed and found by its SHA-256.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::hex::hex;

/// The last part of a source's address. `Debug` keeps it out of every log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceToken(String);

impl SourceToken {
    /// A token of 32 random bytes: 43 characters of base64url.
    pub fn new(randomness: &[u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(randomness))
    }

    /// A token as it stands in a request's path. Any text is one; most lead to no source.
    pub fn of_path(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The token as it stands in the address.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The SHA-256 by which its source is found, in hex.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(self.0.as_bytes()))
    }
}

impl fmt::Debug for SourceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SourceToken")
    }
}
