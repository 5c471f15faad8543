//! Which signature scheme does an endpoint use? Its signature profile.

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
    /// A signature over the body alone, as many older systems send it. It does not stop a replay.
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
}

/// How deliveries to an endpoint are signed, as its settings say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureSettings {
    /// The profile.
    pub profile: Profile,
}
