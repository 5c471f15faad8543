//! What do test events and previews need?
//! The [`Context`], and the guarded HTTP client that sends.

use std::sync::Arc;

use egress::Egress;

use crate::context::Context;

/// What the use cases need that sign or send while the caller waits. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Actions {
    /// What every use case needs.
    pub context: Context,
    /// The HTTP client that reaches public addresses only.
    pub egress: Egress,
    /// The installation's public address, below which sources have theirs.
    pub public_url: Arc<str>,
}
