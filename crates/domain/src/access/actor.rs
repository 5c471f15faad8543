//! Who made a change?
//! The actor of an audit entry: an API key, the operator, or Posthorn itself.

use serde::{Deserialize, Serialize};

use crate::access::api_key::ApiKey;
use crate::id::ApiKeyId;

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
    /// A person who operates Posthorn: with the platform's own rights (IAM on AWS), without an API key.
    Operator,
    /// Posthorn itself.
    Posthorn,
}

impl From<&ApiKey> for Actor {
    fn from(key: &ApiKey) -> Self {
        Self::ApiKey { id: key.id, name: key.name.clone() }
    }
}
