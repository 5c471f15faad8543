//! What do the use cases of the management API need?
//! The [`Context`], and the addresses that an endpoint may have.

use std::sync::Arc;

use domain::access::api_key::ApiKey;
use domain::access::workspace::Workspace;
use domain::endpoint::address::AllowedTargets;
use domain::endpoint::defaults::EndpointDefaults;
use domain::problem::{Invalid, Problem};
use domain::signing::profile::Profile;
use domain::signing::secret::{MAX_OVERLAP_SECONDS, Secret};
use domain::uid::WorkspaceIdOrUid;
use store::rows::uids::Saved;

use crate::context::Context;
use crate::error::UseCaseError;

/// What the use cases of the management API need. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Management {
    /// What every use case stands on.
    pub context: Context,
    /// The addresses that an endpoint may have.
    pub targets: AllowedTargets,
    /// The installation's default settings of endpoints.
    pub endpoint_defaults: EndpointDefaults,
    /// The installation's public address, below which sources have theirs.
    pub public_url: Arc<str>,
}

/// Whether a change was saved, as a result.
///
/// # Errors
/// [`Problem::ChangedMeanwhile`], or [`Problem::UidTaken`] by another thing of this kind.
pub(crate) fn require_saved(saved: Saved, of: &'static str) -> Result<(), Problem> {
    match saved {
        Saved::Done => Ok(()),
        Saved::ChangedMeanwhile => Err(Problem::ChangedMeanwhile),
        Saved::UidTaken => Err(Problem::UidTaken(of)),
    }
}

impl Management {
    pub(crate) fn new_secret(&self, profile: Profile) -> Secret {
        Secret::for_profile(profile, &self.context.randomness.bytes())
    }

    /// The secret that a rotation makes the current one: `secret`, or a generated one.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for a secret that does not fit the profile, or too long an overlap.
    pub(crate) fn rotated_secret(
        &self,
        profile: Profile,
        overlap_seconds: u64,
        secret: Option<Secret>,
    ) -> Result<Secret, Problem> {
        let mut invalid = Invalid::new();
        let within = overlap_seconds <= MAX_OVERLAP_SECONDS;
        invalid.require(within, "/overlap_seconds", "must be 0 to 604800");
        let fits = secret.as_ref().is_none_or(|secret| secret.fits(profile));
        invalid.require(fits, "/secret", "does not fit the signature profile");
        invalid.into_result()?;
        Ok(secret.unwrap_or_else(|| self.new_secret(profile)))
    }

    /// The default settings of a workspace's endpoints.
    pub(crate) fn defaults_in(&self, workspace: &Workspace) -> EndpointDefaults {
        workspace.endpoint_defaults.or(&self.endpoint_defaults)
    }

    /// The workspace of a request that reads a workspace's data.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when it is unknown or the caller has no access to it.
    pub async fn workspace(
        &self,
        caller: &ApiKey,
        named: Option<impl Into<WorkspaceIdOrUid>>,
    ) -> Result<Arc<Workspace>, UseCaseError> {
        let id = self.context.workspace_id(caller, named.map(Into::into)).await?;
        Ok(self.context.cache.workspace(id).await?.ok_or(Problem::NotFound("workspace"))?)
    }
}
