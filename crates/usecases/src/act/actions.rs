//! What do test events, previews and invocations need?
//! The [`Context`], the guarded HTTP client that sends, and what checks and limits invocations.

use std::sync::Arc;

use egress::Egress;

use crate::act::schemas::{Schemas, Validators};
use crate::context::Context;
use crate::limit::concurrency_limit::ConcurrencyLimiter;

/// What the use cases need that sign or send while the caller waits. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Actions {
    /// What every use case needs.
    pub context: Context,
    /// The HTTP client that reaches public addresses only.
    pub egress: Egress,
    /// The installation's public address, below which sources have theirs.
    pub public_url: Arc<str>,
    /// What checks parameters and results.
    pub validators: Validators,
    /// The leases of actions with a concurrency limit.
    pub leases: Leases,
}

/// The concurrency limits of actions, as far as this process knows them.
#[derive(Clone, Debug)]
pub struct Leases(pub(crate) Arc<ConcurrencyLimiter>);

impl Actions {
    /// With no leases yet.
    pub fn new(context: Context, egress: Egress, public_url: Arc<str>, schemas: Schemas) -> Self {
        let leases = Leases(Arc::new(ConcurrencyLimiter::new(context.clone())));
        Self { context, egress, public_url, validators: Validators::new(schemas), leases }
    }
}
