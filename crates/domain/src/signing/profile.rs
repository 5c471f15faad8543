//! Which signature scheme does an endpoint use?
//! Signature profiles: Standard Webhooks with HMAC or ed25519, two HMAC profiles for older systems, or none.

use serde::{Deserialize, Serialize};

/// How deliveries to an endpoint are signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Standard Webhooks 1.0.0 with a shared secret.
    #[default]
    Standard,
    /// Standard Webhooks 1.0.0 with a key pair: the customer only holds the public half.
    StandardAsymmetric,
    /// A signature over the body alone, as many older systems use it. It does not protect against replay attacks.
    Body,
    /// A signature over timestamp, nonce, path and body.
    Covered,
    /// No signature; only where the workspace allows it.
    None,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 5] =
        [Self::Standard, Self::StandardAsymmetric, Self::Body, Self::Covered, Self::None];

    /// The profile as the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::StandardAsymmetric => "standard-asymmetric",
            Self::Body => "body",
            Self::Covered => "covered",
            Self::None => "none",
        }
    }
}

/// The setting `signature` of an endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureSettings {
    /// The signature profile of every delivery to the endpoint.
    pub profile: Profile,
}
