//! Is the API up? The shape of `GET /health`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The API answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceHealth {
    /// Always `ok`.
    pub status: Cow<'static, str>,
    /// Which Posthorn it is.
    pub version: Cow<'static, str>,
}
