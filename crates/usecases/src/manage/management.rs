//! What do the use cases of the management API need?
//! The [`Context`], and the addresses that an endpoint may have.

use std::sync::Arc;

use domain::access::api_key::ApiKey;
use domain::access::workspace::Workspace;
use domain::endpoint::address::AllowedTargets;
use domain::id::WorkspaceId;
use domain::problem::Problem;
use domain::signing::profile::Profile;
use domain::signing::secret::Secret;

use crate::context::Context;
use crate::error::UseCaseError;

/// What the use cases of the management API need. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Management {
    /// What every use case stands on.
    pub context: Context,
    /// The addresses that an endpoint may have.
    pub targets: AllowedTargets,
}

impl Management {
    pub(crate) fn new_secret(&self, profile: Profile) -> Secret {
        Secret::for_profile(profile, &self.context.randomness.bytes())
    }

    /// The workspace of a request that reads a workspace's data.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when it is unknown or the caller has no access to it.
    pub async fn workspace(
        &self,
        caller: &ApiKey,
        named: Option<WorkspaceId>,
    ) -> Result<Arc<Workspace>, UseCaseError> {
        let id = caller.workspace(named)?;
        Ok(self.context.cache.workspace(id).await?.ok_or(Problem::NotFound("workspace"))?)
    }
}
