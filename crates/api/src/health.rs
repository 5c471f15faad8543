//! Is the API up? The shape of `GET /health`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The API is up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceHealth {
    /// Always `ok`.
    #[cfg_attr(feature = "openapi", schema(examples("ok")))]
    pub status: Cow<'static, str>,
    /// The version of Posthorn.
    #[cfg_attr(feature = "openapi", schema(examples("0.1.0")))]
    pub version: Cow<'static, str>,
}
