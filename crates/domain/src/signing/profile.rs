//! Which signature scheme does an endpoint use?
//! Signature profiles: Standard Webhooks with HMAC or ed25519, two HMAC profiles for older systems, or none.

use serde::{Deserialize, Serialize};

/// A signature profile: Standard Webhooks with a shared secret (`standard`) or an ed25519 key (`standard-asymmetric`), a
/// signature over the body alone (`body`), over timestamp, nonce, path and body (`covered`), or no signature (`none`,
/// only where the workspace allows it).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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

/// How deliveries to an endpoint are signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignatureSettings {
    /// The signature profile.
    pub profile: Profile,
}
