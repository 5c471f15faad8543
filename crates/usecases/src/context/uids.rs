//! Which thing does a caller name by its uid?
//! Resolution of uids: wherever a caller may give an id it may give a uid, of which one read makes the id.
//!
//! An event names its workspace in every request, so that read is cached. Every other one sees the newest row.

use domain::access::api_key::ApiKey;
use domain::id::{EndpointId, EndpointKey, EventId, WorkspaceId};
use domain::problem::Problem;
use domain::uid::{EndpointIdOrUid, EventIdOrUid, IdOrUid, Uid, WorkspaceIdOrUid};

use crate::context::Context;
use crate::error::{Fault, UseCaseError};

impl Context {
    /// The workspace of a request, which its caller may have named; as [`ApiKey::workspace`] decides.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when no workspace has the uid.
    pub async fn workspace_id(
        &self,
        caller: &ApiKey,
        named: Option<WorkspaceIdOrUid>,
    ) -> Result<WorkspaceId, UseCaseError> {
        let named = match named {
            None => None,
            Some(IdOrUid::Id(id)) => Some(id),
            Some(IdOrUid::Uid(uid)) => {
                Some(self.cache.workspace_of_uid(&uid).await?.ok_or(Problem::NotFound("workspace"))?)
            }
        };
        Ok(caller.workspace(named)?)
    }

    /// The workspace that has the uid now.
    ///
    /// # Errors
    /// [`UseCaseError::Fault`] when the table cannot be read.
    pub async fn workspace_of_uid(&self, uid: &Uid) -> Result<Option<WorkspaceId>, UseCaseError> {
        Ok(self.store.workspace_of_uid(uid).await?)
    }

    /// The endpoint that a caller names. Of a uid, `workspace` says in which workspace.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when no endpoint has the uid; [`Problem::Invalid`] for a uid without a workspace from a
    /// caller with access to all.
    pub async fn endpoint_id(
        &self,
        caller: &ApiKey,
        workspace: Option<WorkspaceIdOrUid>,
        named: EndpointIdOrUid,
    ) -> Result<EndpointId, UseCaseError> {
        match named {
            IdOrUid::Id(id) => Ok(id),
            IdOrUid::Uid(uid) => {
                let workspace = self.workspace_id(caller, workspace).await?;
                let id = self.store.endpoint_of_uid(workspace, &uid).await?;
                Ok(id.ok_or(Problem::NotFound("endpoint"))?)
            }
        }
    }

    /// The same, and in the workspace that the caller named, if it named one: an endpoint of another one is not found, not
    /// even by its id and for a caller with access to all.
    ///
    /// # Errors
    /// As [`Self::endpoint_id`].
    pub async fn endpoint_in(
        &self,
        caller: &ApiKey,
        workspace: Option<WorkspaceIdOrUid>,
        named: EndpointIdOrUid,
    ) -> Result<EndpointId, UseCaseError> {
        let id = self.endpoint_id(caller, workspace.clone(), named).await?;
        let Some(workspace) = workspace else { return Ok(id) };
        let key = EndpointKey::new(self.workspace_id(caller, Some(workspace)).await?, id);
        if self.has_or_had(key).await? { Ok(id) } else { Err(Problem::NotFound("endpoint").into()) }
    }

    /// Whether the workspace has the endpoint, or had it lately: then its tombstone is there.
    pub(crate) async fn has_or_had(&self, endpoint: EndpointKey) -> Result<bool, Fault> {
        Ok(self.store.load_endpoint(endpoint).await?.is_some()
            || self.store.load_deleted_endpoint(endpoint, self.clock.now()).await?.is_some())
    }

    /// The event of a workspace that a caller names.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when no event has the uid.
    pub async fn event_id(
        &self,
        workspace: WorkspaceId,
        named: EventIdOrUid,
    ) -> Result<EventId, UseCaseError> {
        match named {
            IdOrUid::Id(id) => Ok(id),
            IdOrUid::Uid(uid) => {
                let id = self.store.event_of_uid(workspace, &uid, self.clock.now()).await?;
                Ok(id.ok_or(Problem::NotFound("event"))?)
            }
        }
    }
}
