//! What does the API show of an API key? The shapes of `/v1/api-keys`.

use std::fmt;

use domain::access::api_key::{ApiKeySecret, Scope};
use domain::access::role::Role;
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
    /// The roles of its holder.
    pub roles: Vec<Role>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops to authenticate; `null` if it does not expire.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the hour; `null` if it never was.
    pub last_used_at: Option<Timestamp>,
    /// When each secret that was rotated out stops to authenticate; only where one key is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_keys: Option<Vec<OldKey>>,
}

/// A secret of an API key that was rotated out and still authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldKey {
    /// When it stops to authenticate.
    pub expires_at: Timestamp,
}

/// How an API key is rotated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotateApiKey {
    /// How long the old key still authenticates, 0 to 604,800 s; a day, if left out.
    pub overlap_seconds: Option<u64>,
}

/// What the caller's own key may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// The key of the request.
    pub api_key: ApiKey,
    /// The version of Posthorn that answers.
    pub version: String,
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
        let domain::access::api_key::ApiKey {
            id,
            name,
            workspace_id,
            scopes,
            roles,
            created_at,
            expires_at,
            last_used_at,
        } = key;
        Self { id, name, workspace_id, scopes, roles, created_at, expires_at, last_used_at, old_keys: None }
    }
}

impl ApiKey {
    /// The key with the ends of its old secrets.
    pub fn with_old_keys(
        key: domain::access::api_key::ApiKey,
        ends: impl IntoIterator<Item = Timestamp>,
    ) -> Self {
        let old_keys = ends.into_iter().map(|expires_at| OldKey { expires_at }).collect();
        Self { old_keys: Some(old_keys), ..key.into() }
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
