//! What does the API show of an API key? The shapes of `/v1/api-keys`.

use std::fmt;

use domain::access::api_key::{ApiKeySecret, Scope};
use domain::id::{ApiKeyId, WorkspaceId};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

pub use domain::access::api_key::ApiKeySettings;

/// An API key as lists show it, without the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKey {
    /// The id of the API key. It is not the key itself and gives no access.
    pub id: ApiKeyId,
    /// A name for people.
    #[cfg_attr(feature = "openapi", schema(examples("billing service")))]
    pub name: String,
    /// The only workspace that the key has access to; `null` means access to all workspaces.
    pub workspace_id: Option<WorkspaceId>,
    /// The permissions of the key.
    pub scopes: Vec<Scope>,
    /// When the key was created.
    pub created_at: Timestamp,
}

/// A new API key, with the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewApiKey {
    /// The members that lists show.
    #[serde(flatten)]
    pub api_key: ApiKey,
    /// The key itself, sent as `X-API-Key`. This answer shows it once; no later answer shows it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^phk_[A-Za-z0-9_-]{32,128}$", examples("phk_Yt6DSOnV9HqVi0XWbVNx637moCtnHKKmfhGv_sgSsdY")))]
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
