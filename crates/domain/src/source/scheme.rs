//! What does a signature scheme cover, and what can it not protect?
//! The signature schemes of providers, with their coverage, their tolerance in time and the form of their secrets.
//!
//! What is covered follows from the strings that each provider signs, which the crate `providers` builds.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::signing::secret::{PublicKey, Secret};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// How a provider's requests are verified. It is a setting of the source: a request never chooses a weaker scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// SendGrid: ECDSA over P-256 with SHA-256, of the timestamp and the raw body.
    EcdsaP256,
    /// None: all who know the source's address may post to it.
    AddressOnly,
    /// A header with a fixed value, which the provider repeats in every request.
    StaticHeader,
    /// Twilio: HMAC-SHA1 of the URL and the form's parameters, or of the URL with a digest of the body in it.
    Twilio,
    /// Meta and GitHub: `X-Hub-Signature-256`, HMAC-SHA256 of the raw body.
    #[serde(rename = "hub_signature_256")]
    HubSignature256,
    /// MessageBird: a JWT with digests of the URL and the body.
    MessagebirdJwt,
    /// MessageBird's older scheme: HMAC-SHA256 of the time, the query and the body's digest.
    MessagebirdLegacy,
    /// Bird's webhook subscriptions: HMAC-SHA256 of the time, the URL and the body's digest.
    BirdNotifications,
    /// Standard Webhooks: HMAC-SHA256 or ed25519 of id, time and body.
    StandardWebhooks,
    /// Amazon SNS: RSA over the message's fields, by a certificate of AWS.
    Sns,
    /// Vonage: a JWT with a digest of the body.
    VonageJwt,
    /// Vonage's older `sig`: a digest of the sorted parameters.
    VonageLegacy,
    /// Plivo V2: HMAC-SHA256 of the URL without its query, and a nonce.
    PlivoV2,
    /// Plivo V3: HMAC-SHA256 of the URL, the parameters and a nonce.
    PlivoV3,
    /// Mailgun: HMAC-SHA256 of a timestamp and a token.
    Mailgun,
    /// Stripe: HMAC-SHA256 of the time and the raw body.
    Stripe,
    /// Shopify: HMAC-SHA256 of the raw body, in base64.
    Shopify,
    /// Slack: HMAC-SHA256 of the time and the raw body.
    SlackV0,
    /// An HMAC of the raw body, whose details are set by the source's `options`.
    Hmac,
}

/// How certain it is that a request comes from the provider, unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuthStrength {
    /// A signature covers the payload.
    Signed,
    /// A signature proves who sent the request, but does not cover the payload.
    SenderOnly,
    /// A fixed credential comes with every request; nothing is signed.
    Static,
    /// Only the address is secret.
    AddressOnly,
}

/// The parts of a request that a signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// The URL, or its query.
    pub url: bool,
    /// The payload.
    pub body: bool,
    /// An instant, so that an old request can be refused.
    pub time: bool,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; 19] = [
        Self::EcdsaP256,
        Self::AddressOnly,
        Self::StaticHeader,
        Self::Twilio,
        Self::HubSignature256,
        Self::MessagebirdJwt,
        Self::MessagebirdLegacy,
        Self::BirdNotifications,
        Self::StandardWebhooks,
        Self::Sns,
        Self::VonageJwt,
        Self::VonageLegacy,
        Self::PlivoV2,
        Self::PlivoV3,
        Self::Mailgun,
        Self::Stripe,
        Self::Shopify,
        Self::SlackV0,
        Self::Hmac,
    ];

    /// The scheme as the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ecdsa_p256",
            Self::AddressOnly => "address_only",
            Self::StaticHeader => "static_header",
            Self::Twilio => "twilio",
            Self::HubSignature256 => "hub_signature_256",
            Self::MessagebirdJwt => "messagebird_jwt",
            Self::MessagebirdLegacy => "messagebird_legacy",
            Self::BirdNotifications => "bird_notifications",
            Self::StandardWebhooks => "standard_webhooks",
            Self::Sns => "sns",
            Self::VonageJwt => "vonage_jwt",
            Self::VonageLegacy => "vonage_legacy",
            Self::PlivoV2 => "plivo_v2",
            Self::PlivoV3 => "plivo_v3",
            Self::Mailgun => "mailgun",
            Self::Stripe => "stripe",
            Self::Shopify => "shopify",
            Self::SlackV0 => "slack_v0",
            Self::Hmac => "hmac",
        }
    }

    /// What a signature of this scheme covers.
    pub const fn coverage(self) -> Coverage {
        let (url, body, time) = match self {
            Self::AddressOnly | Self::StaticHeader => (false, false, false),
            Self::Mailgun => (false, false, true),
            Self::PlivoV2 => (true, false, false),
            Self::HubSignature256 | Self::Shopify => (false, true, false),
            Self::Twilio | Self::PlivoV3 => (true, true, false),
            Self::EcdsaP256
            | Self::StandardWebhooks
            | Self::Sns
            | Self::VonageJwt
            | Self::VonageLegacy
            | Self::Stripe
            | Self::SlackV0
            | Self::Hmac => (false, true, true),
            Self::MessagebirdJwt | Self::MessagebirdLegacy | Self::BirdNotifications => (true, true, true),
        };
        Coverage { url, body, time }
    }

    /// How certain it is that a verified request comes from the provider, unchanged.
    pub const fn strength(self) -> AuthStrength {
        match self {
            Self::AddressOnly => AuthStrength::AddressOnly,
            Self::StaticHeader => AuthStrength::Static,
            Self::Mailgun | Self::PlivoV2 => AuthStrength::SenderOnly,
            _ => AuthStrength::Signed,
        }
    }

    /// What the scheme cannot protect, for the owner of the source; `None` where there is nothing to warn of.
    pub const fn warning(self) -> Option<&'static str> {
        match self {
            Self::AddressOnly => Some(
                "Nothing is signed: anybody who knows the address can post anything to it. Keep the address secret.",
            ),
            Self::StaticHeader => Some(
                "Nothing is signed: anybody who sees one request can post anything to this source. Rotate the secret if \
                 a request was exposed.",
            ),
            Self::Mailgun => Some(
                "Mailgun does not sign the payload, only a timestamp and a token: a body that was changed on its way is \
                 not noticed. A token that comes again with another content is refused.",
            ),
            Self::PlivoV2 => Some(
                "Plivo V2 signs neither the payload nor the query, only the address and a nonce: a body that was changed \
                 on its way is not noticed. A nonce counts once for 30 days: with another body it is refused. Use \
                 plivo_v3 where Plivo sends it.",
            ),
            Self::VonageLegacy => Some(
                "The parameters are signed, but `&` and `=` in a value count as `_`. With the algorithm md5hash, MD5 \
                 collisions make two texts with one signature: choose sha256 or sha512 at Vonage.",
            ),
            _ => None,
        }
    }

    /// How far the time of a request may be from now, if the source does not say; `None` for a scheme without a time.
    ///
    /// Five minutes where each attempt is signed anew. Where a retry may carry the first attempt's time, as long as the
    /// provider retries; repeated events are recognised all the same.
    pub const fn default_tolerance(self) -> Option<Duration> {
        let seconds = match self {
            // The time is signed, but no tolerance is documented, nor whether a retry is signed anew; retries end after
            // 24 h (Event Webhook) or 72 h (Inbound Parse).
            Self::EcdsaP256 => 72 * HOUR,
            // The same token may be sent for 24 h.
            Self::VonageJwt => 24 * HOUR,
            // Retries were seen with the first attempt's time, and go on for 8 h.
            Self::BirdNotifications => 24 * HOUR,
            // Retries go on for 8 h.
            Self::Mailgun => 8 * HOUR,
            // SNS's longest retry policy takes 3,600 s.
            Self::Sns => HOUR,
            Self::MessagebirdLegacy => 100,
            // A token is valid for a minute by its own claims; this is the leeway for clocks that differ.
            Self::MessagebirdJwt => 1,
            Self::StandardWebhooks | Self::VonageLegacy | Self::Stripe | Self::SlackV0 | Self::Hmac => {
                5 * MINUTE
            }
            Self::AddressOnly
            | Self::StaticHeader
            | Self::Twilio
            | Self::HubSignature256
            | Self::PlivoV2
            | Self::PlivoV3
            | Self::Shopify => return None,
        };
        Some(Duration::from_secs(seconds))
    }

    /// Whether a source with this scheme needs a secret.
    pub const fn needs_secret(self) -> bool {
        !matches!(self, Self::AddressOnly | Self::Sns)
    }

    /// Checks the form of a secret.
    ///
    /// # Errors
    /// What is wrong with it, for the caller.
    pub fn check_secret(self, text: &str) -> Result<(), &'static str> {
        let is_line = !text.is_empty() && !text.chars().any(char::is_control) && text.trim() == text;
        let within = |least: usize| is_line && (least..=MAX_SECRET_CHARS).contains(&text.len());
        match self {
            Self::AddressOnly => Err("must be left out: with `address_only` nothing is signed"),
            Self::Sns => Err("must be left out: SNS signs with a certificate, which is fetched from AWS"),
            Self::EcdsaP256 => is_p256_key(text).then_some(()).ok_or(
                "must be the verification key as SendGrid shows it: base64 of a P-256 public key, beginning with `MFkw`",
            ),
            Self::StandardWebhooks => {
                let symmetric = text.starts_with("whsec_") && Secret::parse(text).is_ok();
                let is_key = symmetric || PublicKey::parse(text).is_some();
                is_key.then_some(()).ok_or(
                    "must be `whsec_` followed by base64 of 24 to 64 bytes, or the public key `whpk_…`",
                )
            }
            Self::StaticHeader => {
                within(32).then_some(()).ok_or("must be 32 to 512 characters: the header's whole value")
            }
            _ => within(8).then_some(()).ok_or("must be one line of 8 to 512 characters, without spaces around it"),
        }
    }
}

/// Longest secret, in characters.
const MAX_SECRET_CHARS: usize = 512;

/// Whether the text is base64 of a DER `SubjectPublicKeyInfo` with an uncompressed point of P-256 (RFC 5480), of which
/// the first 27 bytes are always the same. Whether the point is on the curve is judged where the key is used.
fn is_p256_key(text: &str) -> bool {
    const START: [u8; 27] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
        0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];
    STANDARD.decode(text).is_ok_and(|bytes| bytes.len() == START.len() + 64 && bytes.starts_with(&START))
}

impl std::fmt::Display for Scheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::provider::Provider;

    #[test]
    fn names_are_those_of_the_api() {
        for scheme in Scheme::ALL {
            assert_eq!(serde_json::to_value(scheme).unwrap(), scheme.as_str());
        }
        for provider in Provider::ALL {
            assert_eq!(serde_json::to_value(provider).unwrap(), provider.as_str());
        }
    }

    #[test]
    fn every_scheme_belongs_to_a_provider() {
        for scheme in Scheme::ALL {
            assert!(Provider::ALL.iter().any(|provider| provider.schemes().contains(&scheme)), "{scheme}");
        }
    }

    #[test]
    fn a_scheme_that_does_not_cover_the_payload_warns() {
        for scheme in Scheme::ALL {
            let signed = scheme.strength() == AuthStrength::Signed;
            assert_eq!(signed, scheme.coverage().body, "{scheme}");
            assert!(signed || scheme.warning().is_some(), "{scheme}");
            assert_eq!(scheme.coverage().time, scheme.default_tolerance().is_some(), "{scheme}");
        }
    }

    #[test]
    fn a_secret_has_the_form_of_its_scheme() {
        let key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
        for (scheme, good) in [
            (Scheme::EcdsaP256, key),
            (Scheme::StandardWebhooks, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            (Scheme::StandardWebhooks, "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="),
            (Scheme::Stripe, "whsec_test_secret"),
            (Scheme::StaticHeader, "Bearer 0123456789abcdef0123456789abcdef"),
        ] {
            assert_eq!(scheme.check_secret(good), Ok(()), "{scheme}");
        }
        for (scheme, bad) in [
            (Scheme::EcdsaP256, &key[..80]),
            (Scheme::EcdsaP256, "-----BEGIN PUBLIC KEY-----"),
            (Scheme::StandardWebhooks, "whsec_short"),
            (Scheme::StandardWebhooks, "a secret in plain text"),
            (Scheme::Stripe, ""),
            (Scheme::Stripe, "short"),
            (Scheme::HubSignature256, " spaces around it "),
            (Scheme::HubSignature256, "two\nlines of text"),
            (Scheme::StaticHeader, "Bearer short"),
            (Scheme::Sns, "anything at all"),
            (Scheme::AddressOnly, "anything at all"),
        ] {
            assert!(scheme.check_secret(bad).is_err(), "{scheme} {bad:?}");
        }
    }
}
