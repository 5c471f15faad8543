//! What may a caller do?
//! API keys with scopes, for one workspace or for all; only the SHA-256 of a key is stored.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::hex::hex;
use crate::id::{ApiKeyId, WorkspaceId};
use crate::problem::{Invalid, Problem};
use crate::timestamp::Timestamp;

/// The prefix of every key.
pub const PREFIX: &str = "phk_";
/// Fewest characters after the prefix; 32 of base64url carry 192 bits.
pub const MIN_RANDOM_CHARS: usize = 32;
const MAX_RANDOM_CHARS: usize = 128;
const MAX_NAME_CHARS: usize = 100;

/// The key itself, as its holder sends it. Never stored, never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeySecret(String);

/// The error for a text that is not an API key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be `phk_` followed by 32 to 128 characters of A-Z, a-z, 0-9, `-` and `_`")]
pub struct BadApiKey;

/// A permission of an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Scope {
    /// Send and read events.
    #[serde(rename = "events")]
    Events,
    /// Read events.
    #[serde(rename = "events:ro")]
    EventsRead,
    /// Manage and read endpoints.
    #[serde(rename = "webhooks")]
    Webhooks,
    /// Read endpoints.
    #[serde(rename = "webhooks:ro")]
    WebhooksRead,
    /// Read and replay deliveries.
    #[serde(rename = "deliveries")]
    Deliveries,
    /// Read deliveries.
    #[serde(rename = "deliveries:ro")]
    DeliveriesRead,
    /// Everything, workspaces and API keys too.
    #[serde(rename = "admin")]
    Admin,
    /// Read everything.
    #[serde(rename = "admin:ro")]
    AdminRead,
}

impl Scope {
    /// The scope as the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::EventsRead => "events:ro",
            Self::Webhooks => "webhooks",
            Self::WebhooksRead => "webhooks:ro",
            Self::Deliveries => "deliveries",
            Self::DeliveriesRead => "deliveries:ro",
            Self::Admin => "admin",
            Self::AdminRead => "admin:ro",
        }
    }

    /// Whether a key with the scope `self` may carry out an operation that needs `wanted`.
    fn covers(self, wanted: Self) -> bool {
        let reads =
            matches!(wanted, Self::EventsRead | Self::WebhooksRead | Self::DeliveriesRead | Self::AdminRead);
        self == wanted
            || self == Self::Admin
            || (self == Self::AdminRead && reads)
            || matches!(
                (self, wanted),
                (Self::Events, Self::EventsRead)
                    | (Self::Webhooks, Self::WebhooksRead)
                    | (Self::Deliveries, Self::DeliveriesRead)
            )
    }
}

/// An API key as it is stored and shown: everything but the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The key's public id, which gives no access.
    pub id: ApiKeyId,
    /// A name for people.
    pub name: String,
    /// The only workspace that the key has access to; `None` for access to all workspaces.
    pub workspace_id: Option<WorkspaceId>,
    /// The permissions of the key.
    pub scopes: Vec<Scope>,
    /// When the key was created.
    pub created_at: Timestamp,
}

/// The settings of a new API key, as a caller sends them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "workspace_id": "ws_01M7Z294KETHNPJB3QG0VDG1JA", "name": "billing service", "scopes": ["events"],
}))))]
pub struct ApiKeySettings {
    /// A name for people, 1 to 100 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100, examples("billing service")))]
    pub name: String,
    /// The only workspace that the key has access to. If left out, the key has access to all workspaces; only a key
    /// with `admin` for all workspaces may create such a key.
    #[serde(default)]
    pub workspace_id: Option<WorkspaceId>,
    /// The permissions of the key; at least one.
    #[cfg_attr(feature = "openapi", schema(min_items = 1))]
    pub scopes: Vec<Scope>,
}

impl ApiKeySettings {
    /// Checks every bound.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer for each field out of bounds.
    pub fn check(&self) -> Result<(), Problem> {
        let mut invalid = Invalid::new();
        let chars = self.name.trim().chars().count();
        invalid.require((1..=MAX_NAME_CHARS).contains(&chars), "/name", "must be 1 to 100 characters");
        invalid.require(!self.scopes.is_empty(), "/scopes", "must name at least one scope");
        invalid.into_result()
    }
}

impl ApiKey {
    /// Requires that the key may carry out an operation that needs `scope`.
    ///
    /// # Errors
    /// [`Problem::MissingScope`] when no scope of the key covers it.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.iter().any(|held| held.covers(scope)) {
            Ok(())
        } else {
            Err(Problem::MissingScope(scope.as_str()))
        }
    }

    /// The workspace of a request: the key's workspace, or the workspace named with a key for all workspaces.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when the key belongs to another workspace; [`Problem::Invalid`] when no workspace is named
    /// with a key for all workspaces.
    pub fn workspace(&self, named: Option<WorkspaceId>) -> Result<WorkspaceId, Problem> {
        match (self.workspace_id, named) {
            (Some(own), Some(named)) if own != named => Err(Problem::NotFound("workspace")),
            (Some(own), _) => Ok(own),
            (None, Some(named)) => Ok(named),
            (None, None) => {
                Err(Problem::invalid("/workspace_id", "is required with a key for all workspaces"))
            }
        }
    }

    /// Whether the key has access to `workspace`.
    pub fn opens(&self, workspace: WorkspaceId) -> bool {
        self.workspace_id.is_none_or(|own| own == workspace)
    }
}

impl ApiKeySecret {
    /// A new key of 32 random bytes.
    pub fn new(randomness: &[u8; 32]) -> Self {
        Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(randomness)))
    }

    /// Reads what a caller sent or an operator set.
    ///
    /// # Errors
    /// [`BadApiKey`] unless it is `phk_` and 32 to 128 URL-safe characters.
    pub fn parse(text: &str) -> Result<Self, BadApiKey> {
        let random = text.strip_prefix(PREFIX).ok_or(BadApiKey)?;
        let url_safe = random.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if url_safe && (MIN_RANDOM_CHARS..=MAX_RANDOM_CHARS).contains(&random.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadApiKey)
        }
    }

    /// SHA-256 of the key in lower-case hex: what is stored and looked up.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(self.0.as_bytes()))
    }

    /// The key as its holder sees it. Only for the one answer that shows it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeySecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(scopes: &[Scope]) -> ApiKey {
        let at = Timestamp::from_millis(0);
        ApiKey {
            id: ApiKeyId::new(at, 1),
            name: "test".into(),
            workspace_id: Some(WorkspaceId::new(at, 1)),
            scopes: scopes.to_vec(),
            created_at: at,
        }
    }

    #[test]
    fn writing_includes_reading_and_never_the_other_way_round() {
        assert!(key(&[Scope::Events]).require(Scope::EventsRead).is_ok());
        assert_eq!(key(&[Scope::EventsRead]).require(Scope::Events), Err(Problem::MissingScope("events")));
    }

    #[test]
    fn admin_may_everything_and_its_reader_may_read_everything() {
        for scope in [Scope::Events, Scope::WebhooksRead, Scope::Deliveries, Scope::Admin] {
            assert!(key(&[Scope::Admin]).require(scope).is_ok());
        }
        assert!(key(&[Scope::AdminRead]).require(Scope::DeliveriesRead).is_ok());
        assert!(key(&[Scope::AdminRead]).require(Scope::Webhooks).is_err());
    }

    #[test]
    fn a_key_of_one_workspace_does_not_see_that_another_exists() {
        let other = WorkspaceId::new(Timestamp::from_millis(0), 2);
        assert_eq!(key(&[Scope::Admin]).workspace(Some(other)), Err(Problem::NotFound("workspace")));
        assert!(!key(&[Scope::Admin]).opens(other));
    }

    #[test]
    fn the_digest_is_sha256_in_hex_and_debug_shows_nothing() {
        let key = ApiKeySecret::parse("phk_abcdefghijklmnopqrstuvwxyz012345").unwrap();
        let digest = "899b79f7792b52735844abddd1fc61a3cc7674e567a8446224ba3a9db59add31";
        assert_eq!(key.digest(), digest, "computed with Python's hashlib");
        assert_eq!(format!("{key:?}"), "ApiKeySecret(redacted)");
    }

    #[test]
    fn short_or_strange_keys_are_refused() {
        for text in [
            "",
            "phk_",
            "phk_short",
            "abc_abcdefghijklmnopqrstuvwxyz012345",
            "phk_abcdefghijklmnopqrstuvwxyz01234/",
        ] {
            assert!(ApiKeySecret::parse(text).is_err(), "{text}");
        }
        assert!(ApiKeySecret::parse(ApiKeySecret::new(&[255; 32]).reveal()).is_ok());
    }
}
