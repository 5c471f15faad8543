//! What does receiving providers' requests need?
//! The intake of events, the certificates of SNS, and the installation's public address.

use std::sync::Arc;

use egress::Egress;

use crate::accept::intake::Intake;
use crate::receive::certificates::{Certificates, Fetch};

/// What the use cases need that receive. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Receiving {
    /// The intake of events, with its context.
    pub intake: Intake,
    /// The HTTP client that reaches public addresses only. It fetches certificates and confirms subscriptions.
    pub(crate) egress: Egress,
    pub(crate) certificates: Certificates,
    /// The installation's public address, below which sources have theirs.
    pub(crate) public_url: Arc<str>,
}

impl Receiving {
    /// With an empty cache of certificates.
    pub fn new(intake: Intake, egress: Egress, public_url: Arc<str>) -> Self {
        let certificates = Certificates::of_aws(egress.clone());
        Self { intake, egress, certificates, public_url }
    }

    /// The same with certificates from elsewhere.
    #[must_use]
    pub fn with_certificates(self, fetch: Fetch) -> Self {
        Self { certificates: Certificates::new(fetch), ..self }
    }
}
