//! Who made a change?
//! The actor of an audit entry: an API key, a login made with one, the operator, or Posthorn itself.

use serde::{Deserialize, Serialize};

use crate::access::api_key::ApiKey;
use crate::access::login::LoginKind;
use crate::id::{ApiKeyId, PortalLinkId, SessionId};

/// Who made a change. It keeps the name of a key as it was then: the key may be deleted since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// The holder of an API key.
    ApiKey {
        /// The id of the key.
        id: ApiKeyId,
        /// The name of the key at the time of the change.
        #[cfg_attr(feature = "openapi", schema(examples("billing service")))]
        name: String,
    },
    /// A person in the console.
    Session {
        /// The id of the session.
        id: SessionId,
        /// The id of the key that the session was opened with.
        api_key_id: ApiKeyId,
        /// The name of that key.
        #[cfg_attr(feature = "openapi", schema(examples("support")))]
        name: String,
    },
    /// A customer in the portal.
    PortalLink {
        /// The id of the portal link.
        id: PortalLinkId,
        /// The id of the key that the link was made with.
        api_key_id: ApiKeyId,
        /// Who it was handed to, in the words of its maker; `null` if the maker did not say.
        user: Option<String>,
    },
    /// A person who operates Posthorn: with the platform's own rights (IAM on AWS), without an API key.
    Operator,
    /// Posthorn itself.
    Posthorn,
}

impl From<&ApiKey> for Actor {
    fn from(key: &ApiKey) -> Self {
        let Some(login) = &key.login else { return Self::ApiKey { id: key.id, name: key.name.clone() } };
        let api_key_id = login.key_id;
        match &login.kind {
            LoginKind::Session { id } => Self::Session { id: *id, api_key_id, name: login.key_name.clone() },
            LoginKind::PortalLink { id, user } => {
                Self::PortalLink { id: *id, api_key_id, user: user.clone() }
            }
        }
    }
}

impl Actor {
    /// The API key that it acted with, itself or by a login.
    pub fn api_key(&self) -> Option<ApiKeyId> {
        match self {
            Self::ApiKey { id, .. } => Some(*id),
            Self::Session { api_key_id, .. } | Self::PortalLink { api_key_id, .. } => Some(*api_key_id),
            Self::Operator | Self::Posthorn => None,
        }
    }
}
