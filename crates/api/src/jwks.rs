//! How are public keys shown? The shape of `…/jwks.json`: a JWK set (RFC 7517) of ed25519 keys (RFC 8037).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// A set of keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// The keys, by endpoint, the current one first.
    pub keys: Vec<Jwk>,
}

/// A public key of ed25519.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// Always `OKP`.
    pub kty: Cow<'static, str>,
    /// Always `Ed25519`.
    pub crv: Cow<'static, str>,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub key_use: Cow<'static, str>,
    /// Always `EdDSA`.
    pub alg: Cow<'static, str>,
    /// Its thumbprint (RFC 7638).
    pub kid: String,
    /// The key, in base64url.
    pub x: String,
}

impl Jwk {
    /// The key with this thumbprint.
    pub fn ed25519(key: [u8; 32], thumbprint: [u8; 32]) -> Self {
        Self {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            key_use: "sig".into(),
            alg: "EdDSA".into(),
            kid: URL_SAFE_NO_PAD.encode(thumbprint),
            x: URL_SAFE_NO_PAD.encode(key),
        }
    }
}
