//! What may a caller do?
//! API keys with scopes, for one workspace or for all; only the SHA-256 of a key is stored.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::access::login::Login;
use crate::access::role::{MAX_ROLES, Role};
use crate::hex::hex;
use crate::id::{ApiKeyId, WorkspaceId};
use crate::problem::{Invalid, Problem};
use crate::timestamp::Timestamp;
use crate::uid::WorkspaceIdOrUid;

/// The prefix of every key.
pub const PREFIX: &str = "phk_";
/// Fewest characters after the prefix; 32 of base64url carry 192 bits.
pub const MIN_RANDOM_CHARS: usize = 32;
const MAX_RANDOM_CHARS: usize = 128;
const MAX_NAME_CHARS: usize = 100;
/// Most secrets of one key that were rotated out and still authenticate.
pub const MAX_OLD_KEY_SECRETS: usize = 5;
/// How long the old secret of a rotated key still authenticates when the caller does not say, in seconds: a day.
pub const DEFAULT_KEY_OVERLAP_SECONDS: u64 = 86_400;
/// The longest such overlap, in seconds: a week.
pub const MAX_KEY_OVERLAP_SECONDS: u64 = 604_800;
/// How exactly the last use of a key is known: its row is written once in this time at most.
pub const LAST_USE_PRECISION: Duration = Duration::from_secs(3_600);

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
    /// Manage and read endpoints, and read their deliveries.
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
    /// Manage sources, and read the bodies that they received.
    #[serde(rename = "sources")]
    Sources,
    /// Read sources and what they received, without bodies.
    #[serde(rename = "sources:ro")]
    SourcesRead,
    /// Describe event types, and read the descriptions.
    #[serde(rename = "catalogue")]
    Catalogue,
    /// Read the event types that are not hidden.
    #[serde(rename = "catalogue:ro")]
    CatalogueRead,
    /// Manage, test and read rules.
    #[serde(rename = "rules")]
    Rules,
    /// Read rules and when they fired.
    #[serde(rename = "rules:ro")]
    RulesRead,
    /// Invoke the actions that the key's roles allow, and read them. Actions are managed with `admin`.
    #[serde(rename = "actions")]
    Actions,
    /// Read actions and invocations.
    #[serde(rename = "actions:ro")]
    ActionsRead,
    /// Make, change, delete and read workspaces.
    #[serde(rename = "workspaces")]
    Workspaces,
    /// Read workspaces.
    #[serde(rename = "workspaces:ro")]
    WorkspacesRead,
    /// Everything, API keys too.
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
            Self::Sources => "sources",
            Self::SourcesRead => "sources:ro",
            Self::Catalogue => "catalogue",
            Self::CatalogueRead => "catalogue:ro",
            Self::Rules => "rules",
            Self::RulesRead => "rules:ro",
            Self::Actions => "actions",
            Self::ActionsRead => "actions:ro",
            Self::Workspaces => "workspaces",
            Self::WorkspacesRead => "workspaces:ro",
            Self::Admin => "admin",
            Self::AdminRead => "admin:ro",
        }
    }

    /// Whether a key with the scope `self` may carry out an operation that needs `wanted`.
    fn covers(self, wanted: Self) -> bool {
        let reads = matches!(
            wanted,
            Self::EventsRead
                | Self::WebhooksRead
                | Self::DeliveriesRead
                | Self::SourcesRead
                | Self::CatalogueRead
                | Self::RulesRead
                | Self::ActionsRead
                | Self::WorkspacesRead
                | Self::AdminRead
        );
        self == wanted
            // Who manages actions does not invoke them.
            || (self == Self::Admin && wanted != Self::Actions)
            || (self == Self::AdminRead && reads)
            || matches!(
                (self, wanted),
                (Self::Events, Self::EventsRead)
                    // Who may change an endpoint must be able to see what becomes of it.
                    | (Self::Webhooks, Self::WebhooksRead | Self::DeliveriesRead)
                    | (Self::Deliveries, Self::DeliveriesRead)
                    | (Self::Sources, Self::SourcesRead)
                    | (Self::Catalogue, Self::CatalogueRead)
                    | (Self::Rules, Self::RulesRead)
                    | (Self::Actions, Self::ActionsRead)
                    | (Self::Workspaces, Self::WorkspacesRead)
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
    /// The roles of its holder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// When the key was created.
    pub created_at: Timestamp,
    /// When the key stops to authenticate; never, if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When the key was last used, to the hour ([`LAST_USE_PRECISION`]); `None` if it never was. The store keeps it beside
    /// the document.
    #[serde(skip)]
    pub last_used_at: Option<Timestamp>,
    /// What it is, if it is no API key but was made with one. Its id then is that of nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Box<Login>>,
}

/// The settings of a new API key, as a caller sends them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// The permissions of the key; at least one, and none that the caller's own key lacks, but for `actions`.
    #[cfg_attr(feature = "openapi", schema(min_items = 1))]
    pub scopes: Vec<Scope>,
    /// The roles of its holder, at most 20.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub roles: Vec<Role>,
    /// When the key stops to authenticate. If left out, the key does not expire, or expires with the caller's own.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

impl ApiKeySettings {
    /// A key for all workspaces that may do everything.
    pub fn admin_of_all(name: impl Into<String>) -> Self {
        let scopes = vec![Scope::Admin];
        Self { name: name.into(), workspace_id: None, scopes, roles: Vec::new(), expires_at: None }
    }

    /// Checks every bound, at `now`.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer for each field out of bounds.
    pub fn check(&self, now: Timestamp) -> Result<(), Problem> {
        let mut invalid = Invalid::new();
        let chars = self.name.trim().chars().count();
        invalid.require((1..=MAX_NAME_CHARS).contains(&chars), "/name", "must be 1 to 100 characters");
        invalid.require(!self.scopes.is_empty(), "/scopes", "must name at least one scope");
        invalid.require(self.roles.len() <= MAX_ROLES, "/roles", "may name at most 20 roles");
        invalid.require(
            self.expires_at.is_none_or(|expires_at| expires_at > now),
            "/expires_at",
            "must be in the future",
        );
        invalid.into_result()
    }
}

impl ApiKey {
    /// A new key with these settings, for one workspace or for all.
    pub fn new(
        id: ApiKeyId,
        workspace_id: Option<WorkspaceId>,
        settings: ApiKeySettings,
        created_at: Timestamp,
    ) -> Self {
        let ApiKeySettings { name, workspace_id: _, scopes, roles, expires_at } = settings;
        let (last_used_at, login) = (None, None);
        Self { id, name, workspace_id, scopes, roles, created_at, expires_at, last_used_at, login }
    }

    /// Whether the key authenticates at `now`.
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }

    /// Whether a use at `now` is worth a write.
    pub fn last_use_is_outdated(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|used_at| used_at <= now.minus(LAST_USE_PRECISION))
    }

    /// The same key, which ends at `instant` if it does not end before.
    #[must_use]
    pub fn ending_at(&self, instant: Timestamp) -> Self {
        let expires_at = self.expires_at.map_or(instant, |expires_at| expires_at.min(instant));
        Self { expires_at: Some(expires_at), ..self.clone() }
    }

    /// The settings of a key that this one makes: never more than its own scopes (but `actions` with `admin`), and never for
    /// longer.
    ///
    /// # Errors
    /// [`Problem::MissingScope`] for a scope that this key lacks; [`Problem::Invalid`] for a later end.
    pub fn may_make(&self, settings: ApiKeySettings) -> Result<ApiKeySettings, Problem> {
        for scope in &settings.scopes {
            // Who manages actions invokes none, and says who may.
            if *scope != Scope::Actions || self.require(Scope::Admin).is_err() {
                self.require(*scope)?;
            }
        }
        let expires_at = match (self.keys_end_at(), settings.expires_at) {
            (Some(own), Some(asked)) if asked > own => {
                return Err(Problem::invalid(
                    "/expires_at",
                    "is later than the end of the key that makes it",
                ));
            }
            (own, asked) => asked.or(own),
        };
        Ok(ApiKeySettings { expires_at, ..settings })
    }

    /// When the keys end at the latest that it makes: with it, and those that a session makes with the session's key.
    pub fn keys_end_at(&self) -> Option<Timestamp> {
        self.login.as_ref().map_or(self.expires_at, |login| login.key_ends_at)
    }

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
        Self::with_prefix(PREFIX, randomness)
    }

    /// The same for what is told from keys by its prefix.
    pub fn with_prefix(prefix: &str, randomness: &[u8; 32]) -> Self {
        Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(randomness)))
    }

    /// Reads the key that an operator set.
    ///
    /// # Errors
    /// [`BadApiKey`] unless it is `phk_` and 32 to 128 URL-safe characters.
    pub fn parse(text: &str) -> Result<Self, BadApiKey> {
        Self::parse_with(&[PREFIX], text)
    }

    /// Reads what a caller sent: with one of these prefixes.
    ///
    /// # Errors
    /// [`BadApiKey`] unless it is one of them and 32 to 128 URL-safe characters.
    pub fn parse_with(prefixes: &[&str], text: &str) -> Result<Self, BadApiKey> {
        let random = prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)).ok_or(BadApiKey)?;
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
        ApiKey::new(ApiKeyId::new(at, 1), Some(WorkspaceId::new(at, 1)), settings(scopes), at)
    }

    fn settings(scopes: &[Scope]) -> ApiKeySettings {
        ApiKeySettings {
            name: "test".into(),
            workspace_id: None,
            scopes: scopes.to_vec(),
            roles: Vec::new(),
            expires_at: None,
        }
    }

    #[test]
    fn a_key_never_makes_one_that_may_more_or_lives_longer() {
        let at = Timestamp::from_millis;
        let maker = ApiKey { expires_at: Some(at(5)), ..key(&[Scope::Webhooks]) };
        assert_eq!(maker.may_make(settings(&[Scope::Events])), Err(Problem::MissingScope("events")));
        assert_eq!(maker.may_make(settings(&[Scope::DeliveriesRead])).unwrap().expires_at, Some(at(5)));
        let asked =
            |expires_at| ApiKeySettings { expires_at: Some(at(expires_at)), ..settings(&[Scope::Webhooks]) };
        assert_eq!(maker.may_make(asked(4)).unwrap().expires_at, Some(at(4)));
        assert_eq!(maker.may_make(asked(6)).unwrap_err().errors()[0].pointer, "/expires_at");
        // Who manages actions lets others invoke them.
        assert!(key(&[Scope::Admin]).may_make(settings(&[Scope::Actions])).is_ok());
        assert!(maker.may_make(settings(&[Scope::Actions])).is_err());
    }

    #[test]
    fn a_key_is_valid_until_it_expires() {
        let ends = ApiKey { expires_at: Some(Timestamp::from_millis(5)), ..key(&[Scope::Events]) };
        assert!(ends.is_valid_at(Timestamp::from_millis(4)) && !ends.is_valid_at(Timestamp::from_millis(5)));
        assert!(key(&[Scope::Events]).is_valid_at(Timestamp::from_millis(i64::MAX)));
        assert_eq!(ends.ending_at(Timestamp::from_millis(9)).expires_at, Some(Timestamp::from_millis(5)));
    }

    #[test]
    fn a_use_is_written_once_an_hour() {
        let hour = i64::try_from(LAST_USE_PRECISION.as_millis()).unwrap();
        let used = ApiKey { last_used_at: Some(Timestamp::from_millis(hour)), ..key(&[Scope::Events]) };
        assert!(key(&[Scope::Events]).last_use_is_outdated(Timestamp::from_millis(0)));
        assert!(!used.last_use_is_outdated(Timestamp::from_millis(2 * hour - 1)));
        assert!(used.last_use_is_outdated(Timestamp::from_millis(2 * hour)));
    }

    #[test]
    fn writing_includes_reading_and_never_the_other_way_round() {
        assert!(key(&[Scope::Events]).require(Scope::EventsRead).is_ok());
        assert_eq!(key(&[Scope::EventsRead]).require(Scope::Events), Err(Problem::MissingScope("events")));
    }

    #[test]
    fn who_manages_endpoints_reads_their_deliveries_and_no_payloads() {
        assert!(key(&[Scope::Webhooks]).require(Scope::DeliveriesRead).is_ok());
        assert!(key(&[Scope::Webhooks]).require(Scope::Deliveries).is_err());
        assert!(key(&[Scope::WebhooksRead]).require(Scope::DeliveriesRead).is_err());
        assert!(key(&[Scope::Webhooks]).require(Scope::EventsRead).is_err());
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
