//! What do test events and previews need?
//! The [`Context`], and the guarded HTTP client that sends.

use egress::Egress;

use crate::context::Context;

/// What signs or sends at once, at a caller's request. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Actions {
    /// What every use case stands on.
    pub context: Context,
    /// The HTTP client that reaches public addresses only.
    pub egress: Egress,
}
