//! What does receiving providers' requests need?
//! The intake of events, the guarded HTTP client that fetches SNS certificates, and the installation's public address.

use std::sync::Arc;

use egress::Egress;

use crate::accept::intake::Intake;

/// What the use cases need that receive. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Receiving {
    /// The intake of events, with its context.
    pub intake: Intake,
    /// The HTTP client that reaches public addresses only.
    pub egress: Egress,
    /// The installation's public address, below which sources have theirs.
    pub public_url: Arc<str>,
}

impl Receiving {
    /// With an empty cache of certificates.
    pub fn new(intake: Intake, egress: Egress, public_url: Arc<str>) -> Self {
        Self { intake, egress, public_url }
    }
}
