//! What does the API show of an API key? The shapes of `/v1/api-keys`.

use std::fmt;

use domain::access::api_key::{ApiKeySecret, Scope};
use domain::id::{ApiKeyId, WorkspaceId};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

pub use domain::access::api_key::ApiKeySettings;

/// An API key, without the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// `key_` and a ULID; it opens nothing.
    pub id: ApiKeyId,
    /// For people.
    pub name: String,
    /// The one workspace it opens; `null` opens all.
    pub workspace_id: Option<WorkspaceId>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A new API key, with the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewApiKey {
    /// What later answers show, too.
    #[serde(flatten)]
    pub api_key: ApiKey,
    /// What its holder sends. Shown here and never again.
    pub key: RevealedKey,
}

/// The key itself. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RevealedKey(String);

impl From<domain::access::api_key::ApiKey> for ApiKey {
    fn from(key: domain::access::api_key::ApiKey) -> Self {
        let domain::access::api_key::ApiKey { id, name, workspace_id, scopes, created_at } = key;
        Self { id, name, workspace_id, scopes, created_at }
    }
}

impl From<&ApiKeySecret> for RevealedKey {
    fn from(secret: &ApiKeySecret) -> Self {
        Self(secret.reveal().to_owned())
    }
}

impl fmt::Debug for RevealedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RevealedKey(redacted)")
    }
}
