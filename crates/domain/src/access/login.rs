//! What is a caller that has no API key?
//! A login: a person's session in the console, or a portal link that a customer was handed. Both are made with an API key,
//! may never do more than it, and end with it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::access::api_key::{ApiKey, PREFIX, Scope};
use crate::id::{ApiKeyId, PortalLinkId, SessionId, WorkspaceId};
use crate::problem::{Invalid, Problem};
use crate::timestamp::Timestamp;

/// The prefix of a session's token.
pub const SESSION_PREFIX: &str = "phs_";
/// The prefix of a portal link's token.
pub const PORTAL_PREFIX: &str = "php_";
/// The prefix of a token that opens one session.
pub const ONE_TIME_PREFIX: &str = "pho_";
/// The prefixes of all tokens with which the API is called.
pub const CALLER_PREFIXES: &[&str] = &[PREFIX, SESSION_PREFIX, PORTAL_PREFIX];

/// How long a session lasts.
pub const SESSION_LASTS: Duration = Duration::from_secs(12 * 3_600);
/// How long a one-time token waits to be used.
pub const ONE_TIME_TOKEN_LASTS: Duration = Duration::from_secs(3_600);
/// How long a portal link lasts if its maker does not say, in seconds.
pub const DEFAULT_PORTAL_LINK_SECONDS: u64 = 3_600;
/// The shortest time that a portal link may last, in seconds.
pub const MIN_PORTAL_LINK_SECONDS: u64 = 60;
/// The longest, in seconds: a day.
pub const MAX_PORTAL_LINK_SECONDS: u64 = 86_400;
/// Longest name of the user of a portal link, in characters.
pub const MAX_USER_CHARS: usize = 200;

/// What is kept of a login beside its rights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// What it is.
    pub kind: LoginKind,
    /// The digest of the API key that it was made with: it authenticates as long as that does.
    pub made_with: String,
    /// The id of that API key.
    pub key_id: ApiKeyId,
    /// The name of that API key.
    pub key_name: String,
    /// When that API key expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_ends_at: Option<Timestamp>,
}

/// What a login is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LoginKind {
    /// A person's session in the console.
    Session {
        /// Its id.
        id: SessionId,
    },
    /// A link into the portal of one workspace.
    PortalLink {
        /// Its id.
        id: PortalLinkId,
        /// Who it was handed to, in the maker's own words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
    },
}

/// The rights of a new portal link, as its maker wishes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalLinkRights {
    /// The only workspace that it leads to.
    pub workspace: WorkspaceId,
    /// Its permissions.
    pub scopes: Vec<Scope>,
    /// How long it lasts, in seconds.
    pub expires_in_seconds: u64,
    /// Who it is handed to.
    pub user: Option<String>,
}

impl PortalLinkRights {
    /// Checks every bound. A portal shows one workspace's webhooks: it neither manages workspaces nor anything of the
    /// installation.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with a pointer for each field out of bounds.
    pub fn check(&self) -> Result<(), Problem> {
        let mut invalid = Invalid::new();
        invalid.require(!self.scopes.is_empty(), "/scopes", "must name at least one scope");
        for (place, scope) in self.scopes.iter().enumerate() {
            let operators =
                matches!(scope, Scope::Admin | Scope::AdminRead | Scope::Workspaces | Scope::WorkspacesRead);
            let detail = "is for API keys only, no portal link may have it";
            invalid.require(!operators, &format!("/scopes/{place}"), detail);
        }
        let lasts = MIN_PORTAL_LINK_SECONDS..=MAX_PORTAL_LINK_SECONDS;
        invalid.require(
            lasts.contains(&self.expires_in_seconds),
            "/expires_in_seconds",
            "must be 60 to 86400",
        );
        let chars = |user: &String| (1..=MAX_USER_CHARS).contains(&user.trim().chars().count());
        invalid.require(self.user.as_ref().is_none_or(chars), "/user", "must be 1 to 200 characters");
        invalid.into_result()
    }
}

impl ApiKey {
    /// A session of this key, whose digest is `made_with`: with all of its rights, or with these scopes only, for one
    /// workspace or for all.
    ///
    /// # Errors
    /// [`Problem::NeedsApiKey`] of a session or portal link, [`Problem::MissingScope`] for a scope that this key lacks,
    /// [`Problem::Invalid`] for no scope.
    pub fn session(
        &self,
        id: SessionId,
        (workspace_id, scopes): (Option<WorkspaceId>, Option<Vec<Scope>>),
        made_with: String,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        if self.login.is_some() {
            return Err(Problem::NeedsApiKey);
        }
        let scopes = scopes.unwrap_or_else(|| self.scopes.clone());
        if scopes.is_empty() {
            return Err(Problem::invalid("/scopes", "must name at least one scope"));
        }
        scopes.iter().try_for_each(|scope| self.require(*scope))?;
        Ok(Self {
            id: ApiKeyId::from_bytes(id.to_bytes()),
            workspace_id,
            scopes,
            created_at: now,
            last_used_at: None,
            login: Some(Box::new(self.login(LoginKind::Session { id }, made_with))),
            ..self.ending_at(now.plus(SESSION_LASTS))
        })
    }

    /// A portal link with these rights, made with this key or with a session of it. `made_with` is the digest of the key.
    ///
    /// # Errors
    /// [`Problem::NeedsApiKey`] of a portal link, [`Problem::MissingScope`] for a scope that this key lacks,
    /// [`Problem::Invalid`] for rights out of bounds.
    pub fn portal_link(
        &self,
        id: PortalLinkId,
        rights: PortalLinkRights,
        made_with: String,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        self.require_no_portal_link()?;
        rights.check()?;
        rights.scopes.iter().try_for_each(|scope| self.require(*scope))?;
        let PortalLinkRights { workspace, scopes, expires_in_seconds, user } = rights;
        let ends_at = now.plus(Duration::from_secs(expires_in_seconds));
        Ok(Self {
            id: ApiKeyId::from_bytes(id.to_bytes()),
            name: "portal link".to_owned(),
            workspace_id: Some(workspace),
            scopes,
            roles: Vec::new(),
            created_at: now,
            // It does not end with the session that makes it: who hands it out may log out.
            expires_at: Some(self.keys_end_at().map_or(ends_at, |key_ends_at| key_ends_at.min(ends_at))),
            last_used_at: None,
            login: Some(Box::new(self.login(LoginKind::PortalLink { id, user }, made_with))),
        })
    }

    /// Requires that it is an API key or a session.
    ///
    /// # Errors
    /// [`Problem::NeedsApiKey`] of a portal link.
    pub fn require_no_portal_link(&self) -> Result<(), Problem> {
        match self.login.as_deref() {
            Some(Login { kind: LoginKind::PortalLink { .. }, .. }) => Err(Problem::NeedsApiKey),
            _ => Ok(()),
        }
    }

    /// Whether it is a customer in the portal.
    pub fn is_portal_link(&self) -> bool {
        self.require_no_portal_link().is_err()
    }

    /// The API key in whose name it acts: a person's key in a session; a portal link acts in nobody's but its own.
    pub fn holder(&self) -> ApiKeyId {
        match self.login.as_deref() {
            Some(Login { kind: LoginKind::Session { .. }, key_id, .. }) => *key_id,
            _ => self.id,
        }
    }

    fn login(&self, kind: LoginKind, made_with: String) -> Login {
        match self.login.as_deref() {
            Some(login) => Login { kind, ..login.clone() },
            None => Login {
                kind,
                made_with,
                key_id: self.id,
                key_name: self.name.clone(),
                key_ends_at: self.expires_at,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::api_key::ApiKeySettings;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn key(scopes: &[Scope], expires_at: Option<Timestamp>) -> ApiKey {
        let settings =
            ApiKeySettings { scopes: scopes.to_vec(), expires_at, ..ApiKeySettings::admin_of_all("ops") };
        ApiKey::new(ApiKeyId::new(at(0), 1), None, settings, at(0))
    }

    fn session(key: &ApiKey, scopes: Option<Vec<Scope>>) -> Result<ApiKey, Problem> {
        key.session(SessionId::new(at(0), 2), (None, scopes), "digest".to_owned(), at(0))
    }

    fn rights(scopes: &[Scope]) -> PortalLinkRights {
        let workspace = WorkspaceId::new(at(0), 3);
        PortalLinkRights { workspace, scopes: scopes.to_vec(), expires_in_seconds: 60, user: None }
    }

    fn link(maker: &ApiKey, rights: PortalLinkRights) -> Result<ApiKey, Problem> {
        maker.portal_link(PortalLinkId::new(at(0), 4), rights, "digest".to_owned(), at(0))
    }

    #[test]
    fn a_session_may_what_its_key_may_or_less_for_twelve_hours() {
        let key = key(&[Scope::Webhooks], None);
        let made = session(&key, None).unwrap();
        assert_eq!((&made.scopes, made.holder()), (&key.scopes, key.id));
        assert_ne!(made.id, key.id, "what is kept by the id of a caller is not the session's");
        assert_eq!(made.expires_at, Some(at(12 * 3_600_000)));
        assert_eq!(session(&key, Some(vec![Scope::DeliveriesRead])).unwrap().scopes, [Scope::DeliveriesRead]);
        assert_eq!(session(&key, Some(vec![Scope::Events])), Err(Problem::MissingScope("events")));
        assert_eq!(session(&key, Some(Vec::new())).unwrap_err().errors()[0].pointer, "/scopes");
        assert_eq!(session(&made, None), Err(Problem::NeedsApiKey), "it would never end");
    }

    #[test]
    fn nothing_lives_longer_than_the_key_that_it_was_made_with() {
        let key = key(&[Scope::Admin], Some(at(5)));
        let made = session(&key, None).unwrap();
        assert_eq!((made.expires_at, made.keys_end_at()), (Some(at(5)), Some(at(5))));
        assert_eq!(link(&made, rights(&[Scope::Webhooks])).unwrap().expires_at, Some(at(5)));
    }

    #[test]
    fn what_a_session_makes_belongs_to_its_key() {
        let key = key(&[Scope::Admin], None);
        let made = session(&key, None).unwrap();
        assert_eq!(made.keys_end_at(), None, "a key that it makes does not end with it");
        let link = link(&made, PortalLinkRights { expires_in_seconds: 86_400, ..rights(&[Scope::Webhooks]) })
            .unwrap();
        assert_eq!(link.expires_at, Some(at(86_400_000)));
        let login = link.login.unwrap();
        assert_eq!((login.key_id, login.made_with.as_str()), (key.id, "digest"));
    }

    #[test]
    fn a_portal_link_is_narrow() {
        let key = key(&[Scope::Admin], None);
        let allowed = rights(&[Scope::Webhooks, Scope::EventsRead]);
        let made = link(&key, allowed.clone()).unwrap();
        assert_eq!((made.workspace_id, &made.scopes), (Some(allowed.workspace), &allowed.scopes));
        assert!(made.holder() == made.id && made.id != key.id, "it does not act in its maker's name");
        assert_eq!(link(&made, allowed), Err(Problem::NeedsApiKey));
        for scope in [Scope::Admin, Scope::AdminRead, Scope::Workspaces, Scope::WorkspacesRead] {
            let refused = link(&key, rights(&[Scope::Events, scope])).unwrap_err();
            assert_eq!(refused.errors()[0].pointer, "/scopes/1", "{scope:?}");
        }
        let narrow = self::key(&[Scope::WebhooksRead], None);
        assert_eq!(link(&narrow, rights(&[Scope::Webhooks])), Err(Problem::MissingScope("webhooks")));
    }

    #[test]
    fn the_bounds_of_a_portal_link() {
        let valid = rights(&[Scope::Webhooks]);
        for (wrong, pointer) in [
            (PortalLinkRights { scopes: Vec::new(), ..valid.clone() }, "/scopes"),
            (PortalLinkRights { expires_in_seconds: 59, ..valid.clone() }, "/expires_in_seconds"),
            (PortalLinkRights { expires_in_seconds: 86_401, ..valid.clone() }, "/expires_in_seconds"),
            (PortalLinkRights { user: Some(" ".to_owned()), ..valid.clone() }, "/user"),
            (PortalLinkRights { user: Some("x".repeat(201)), ..valid.clone() }, "/user"),
        ] {
            assert_eq!(wrong.check().unwrap_err().errors()[0].pointer, pointer);
        }
        assert_eq!(PortalLinkRights { expires_in_seconds: 86_400, ..valid }.check(), Ok(()));
    }
}
