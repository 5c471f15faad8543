//! How are public keys shown? The shape of `…/jwks.json`: a JWK set (RFC 7517) of ed25519 keys (RFC 8037).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// A JWK set (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Jwks {
    /// The public keys, by endpoint, each endpoint's current key first.
    pub keys: Vec<Jwk>,
}

/// The public half of an ed25519 key (RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Jwk {
    /// Always `OKP`.
    #[cfg_attr(feature = "openapi", schema(examples("OKP")))]
    pub kty: Cow<'static, str>,
    /// Always `Ed25519`.
    #[cfg_attr(feature = "openapi", schema(examples("Ed25519")))]
    pub crv: Cow<'static, str>,
    /// Always `sig`.
    #[cfg_attr(feature = "openapi", schema(examples("sig")))]
    #[serde(rename = "use")]
    pub key_use: Cow<'static, str>,
    /// Always `EdDSA`.
    #[cfg_attr(feature = "openapi", schema(examples("EdDSA")))]
    pub alg: Cow<'static, str>,
    /// The thumbprint of the key (RFC 7638).
    #[cfg_attr(feature = "openapi", schema(examples("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")))]
    pub kid: String,
    /// The key, in base64url.
    #[cfg_attr(feature = "openapi", schema(examples("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")))]
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
