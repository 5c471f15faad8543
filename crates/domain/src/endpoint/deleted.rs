//! What is left of an endpoint that was deleted?
//! A tombstone: it says whose the endpoint was and when it was deleted, as long as its deliveries can be read.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::access::workspace::MAX_RETENTION_DAYS;
use crate::endpoint::Endpoint;
use crate::event::MAX_ID_AHEAD;
use crate::id::{EndpointId, EndpointKey, RuleId, WorkspaceId};
use crate::timestamp::Timestamp;
use crate::uid::Uid;

/// An endpoint that was deleted. It has no secret, no header and no setting that could be used again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedEndpoint {
    /// The endpoint's id.
    pub id: EndpointId,
    /// The tenant that it belonged to.
    pub workspace_id: WorkspaceId,
    /// Its last uid, which another endpoint may have since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<Uid>,
    /// Its last URL without the query, which may hold a secret; of a notification only the host.
    pub url: String,
    /// Its last description.
    pub description: String,
    /// The rule whose step it was; a rule that was deleted itself cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_id: Option<RuleId>,
    /// Whether it was a notification, which the portal does not show.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_notification: bool,
    /// When the endpoint was created.
    pub created_at: Timestamp,
    /// When the endpoint was deleted.
    pub deleted_at: Timestamp,
}

impl Endpoint {
    /// What is left of the endpoint when it is deleted at `now`.
    pub fn deleted(&self, now: Timestamp) -> DeletedEndpoint {
        DeletedEndpoint {
            id: self.id,
            workspace_id: self.workspace_id,
            uid: self.settings.uid.clone(),
            url: self.shown_url(),
            description: self.settings.description.clone(),
            rule_id: self.purpose.rule_step().map(|step| step.rule),
            is_notification: self.settings.is_notification(),
            created_at: self.created_at,
            deleted_at: now,
        }
    }
}

impl DeletedEndpoint {
    /// The endpoint's id with its workspace.
    pub fn key(&self) -> EndpointKey {
        EndpointKey::new(self.workspace_id, self.id)
    }

    /// When the tombstone expires: none of the endpoint's deliveries lives longer, whatever the retention was when their
    /// rows were written, or will be for those that are still under way.
    pub fn expires_at(&self) -> Timestamp {
        const DAY: Duration = Duration::from_secs(86_400);
        self.deleted_at.plus(DAY * u32::from(MAX_RETENTION_DAYS)).plus(MAX_ID_AHEAD)
    }
}
