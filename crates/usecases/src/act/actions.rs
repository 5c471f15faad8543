//! What do test events and previews need?
//! The [`Context`], and the guarded HTTP client that sends.

use egress::Egress;

use crate::context::Context;

/// What the use cases need that sign or send while the caller waits. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Actions {
    /// What every use case needs.
    pub context: Context,
    /// The HTTP client that reaches public addresses only.
    pub egress: Egress,
}
