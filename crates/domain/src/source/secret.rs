//! What is a provider's secret?
//! A key, token or public key that the provider shows its user, in a list with rotation; `Debug` keeps it out of logs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// Most secrets of one source, those that expire included.
pub const MAX_SOURCE_SECRETS: usize = 10;

/// A secret as its owner gave it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct ProviderSecret(String);

impl ProviderSecret {
    /// The secret with this text; its scheme decides whether the text has the right form.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ProviderSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderSecret")
    }
}

/// A secret of a source, until `expires_at` if it was rotated out or is for a sample only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSecret {
    /// The secret.
    pub secret: ProviderSecret,
    /// When it was given.
    pub created_at: Timestamp,
    /// When requests are no longer verified by it; `None` for the current ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Whether it belongs to a sample: it was made for it, and is thrown away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_sample: bool,
}

impl SourceSecret {
    /// A current secret.
    pub fn current(secret: ProviderSecret, now: Timestamp) -> Self {
        Self { secret, created_at: now, expires_at: None, is_sample: false }
    }

    /// Whether requests are verified by it at `now`.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}
