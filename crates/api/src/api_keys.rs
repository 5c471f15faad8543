//! What does the API show of an API key? The shapes of `/v1/api-keys`.

use std::fmt;

use domain::access::api_key::{ApiKeySecret, Scope};
use domain::access::login::LoginKind;
use domain::access::role::Role;
use domain::id::{ApiKeyId, PortalLinkId, SessionId, WorkspaceId};
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
    /// The roles of its holder.
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub roles: Vec<Role>,
    /// When the key was created.
    pub created_at: Timestamp,
    /// When the key stops to authenticate; `null` if it does not expire.
    pub expires_at: Option<Timestamp>,
    /// When the key was last used, to the hour; `null` if it never was.
    pub last_used_at: Option<Timestamp>,
    /// The old keys that still authenticate after a rotation. Only where one key is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_keys: Option<Vec<OldKey>>,
}

/// A secret of an API key that was rotated out and still authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OldKey {
    /// When the key stops to authenticate.
    pub expires_at: Timestamp,
}

/// The rotation of an API key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RotateApiKey {
    /// How long the old key still authenticates, in seconds; a day, if left out.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 604_800, examples(3_600)))]
    pub overlap_seconds: Option<u64>,
}

/// What a caller authenticated with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallerKind {
    /// An API key.
    Key,
    /// A session in the console.
    Session,
    /// A portal link.
    Portal,
}

/// The caller: what the key of the request may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// What the caller authenticated with.
    pub kind: CallerKind,
    /// The key of the request. In a session: the key that it was opened with, with the scopes and the end of the session. With
    /// a portal link: its scopes, workspace and end.
    pub api_key: ApiKey,
    /// The session of the request, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The portal link of the request, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portal_link_id: Option<PortalLinkId>,
    /// Who the portal link was handed to, in the words of its maker.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(examples("user-17")))]
    pub user: Option<String>,
    /// The name of the only workspace of the key, for a key or session that is limited to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(examples("Acme GmbH")))]
    pub workspace_name: Option<String>,
    /// The version of Posthorn that answers.
    #[cfg_attr(feature = "openapi", schema(examples("0.1.0")))]
    pub version: String,
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
        let domain::access::api_key::ApiKey {
            id,
            name,
            workspace_id,
            scopes,
            roles,
            created_at,
            expires_at,
            last_used_at,
            login: _,
        } = key;
        Self { id, name, workspace_id, scopes, roles, created_at, expires_at, last_used_at, old_keys: None }
    }
}

impl Me {
    /// The caller, and the version that answers it.
    pub fn of(caller: &domain::access::api_key::ApiKey, version: &str) -> Self {
        let mut me = Self {
            kind: CallerKind::Key,
            api_key: caller.clone().into(),
            session_id: None,
            portal_link_id: None,
            user: None,
            workspace_name: None,
            version: version.to_owned(),
        };
        match caller.login.as_deref().map(|login| &login.kind) {
            None => {}
            Some(LoginKind::Session { id }) => {
                (me.kind, me.session_id, me.api_key.id) = (CallerKind::Session, Some(*id), caller.holder());
            }
            Some(LoginKind::PortalLink { id, user }) => {
                (me.kind, me.portal_link_id, me.user) = (CallerKind::Portal, Some(*id), user.clone());
            }
        }
        me
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
