//! How are endpoints made, changed and deleted? Every change is checked whole and refused if somebody else's came
//! first.

use std::sync::Arc;

use domain::address::AllowedTargets;
use domain::api_key::{ApiKey, Scope};
use domain::endpoint::{Endpoint, EndpointSettings, MAX_ENDPOINTS};
use domain::id::{EndpointId, WorkspaceId};
use domain::problem::Problem;
use domain::secret::{ActiveSecret, Secret};
use egress::Egress;
use store::{Page, Store};

use crate::error::Refusal;
use crate::{Chance, Clock, Directory};

/// What the management API needs.
#[derive(Clone, Debug)]
pub struct Management {
    /// The table.
    pub store: Store,
    /// Who is who.
    pub directory: Directory,
    /// The door to the internet, for test events.
    pub egress: Egress,
    /// Which addresses an endpoint may have.
    pub targets: AllowedTargets,
    /// What time it is.
    pub clock: Clock,
    /// Randomness.
    pub chance: Chance,
}

/// Makes an endpoint; without `secret` it gets a new one.
///
/// # Errors
/// [`Refusal::Problem`] for settings out of bounds or an unknown workspace.
pub async fn create_endpoint(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceId>,
    settings: EndpointSettings,
    secret: Option<Secret>,
) -> Result<Endpoint, Refusal> {
    caller.require(Scope::Webhooks)?;
    let workspace_id = management.workspace(caller, workspace).await?.id;
    let url = settings.check(&management.targets)?;
    if management.directory.all_endpoints(workspace_id).await?.len() >= MAX_ENDPOINTS {
        return Err(Problem::TooManyEndpoints(MAX_ENDPOINTS).into());
    }
    let now = management.clock.now();
    let secret = secret.unwrap_or_else(|| Secret::new(&management.chance.bytes()));
    let endpoint = Endpoint {
        id: EndpointId::new(now, management.chance.id()),
        workspace_id,
        settings,
        url,
        secrets: vec![ActiveSecret { secret, expires_at: None }],
        disabled_reason: None,
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    save(management, &endpoint).await?;
    Ok(endpoint)
}

/// An endpoint the caller may see.
///
/// # Errors
/// [`Problem::NotFound`] when there is none, or it belongs to another workspace.
pub async fn read_endpoint(
    management: &Management,
    caller: &ApiKey,
    scope: Scope,
    id: EndpointId,
) -> Result<Endpoint, Refusal> {
    caller.require(scope)?;
    let endpoint = match caller.workspace_id {
        Some(workspace) => management.store.load_endpoint(workspace, id).await?,
        None => management.store.find_endpoint(id).await?,
    };
    Ok(endpoint.ok_or(Problem::NotFound("endpoint"))?)
}

/// Endpoints of a workspace, newest first.
///
/// # Errors
/// [`Refusal::Problem`] when the caller may not, or the workspace is unknown.
pub async fn list_endpoints(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceId>,
    before: Option<EndpointId>,
    limit: usize,
) -> Result<Page<Endpoint>, Refusal> {
    caller.require(Scope::WebhooksRead)?;
    let workspace = management.workspace(caller, workspace).await?.id;
    Ok(management.store.list_endpoints(workspace, before, limit).await?)
}

/// Changes an endpoint: `change` turns its settings into the new ones.
///
/// # Errors
/// [`Refusal::Problem`] for settings out of bounds, or [`Problem::ChangedMeanwhile`].
pub async fn update_endpoint(
    management: &Management,
    caller: &ApiKey,
    id: EndpointId,
    change: impl FnOnce(&EndpointSettings) -> Result<EndpointSettings, Problem>,
) -> Result<Endpoint, Refusal> {
    let mut endpoint = read_endpoint(management, caller, Scope::Webhooks, id).await?;
    let settings = change(&endpoint.settings)?;
    endpoint.url = settings.check(&management.targets)?;
    endpoint.settings = settings;
    if endpoint.settings.active {
        endpoint.disabled_reason = None;
    }
    endpoint.revision += 1;
    endpoint.updated_at = management.clock.now();
    save(management, &endpoint).await?;
    Ok(endpoint)
}

/// Deletes an endpoint. Its jobs under way are cancelled by the sender; its deliveries stay until they expire.
///
/// # Errors
/// [`Problem::NotFound`] when there is none.
pub async fn delete_endpoint(
    management: &Management,
    caller: &ApiKey,
    id: EndpointId,
) -> Result<(), Refusal> {
    let endpoint = read_endpoint(management, caller, Scope::Webhooks, id).await?;
    let deleted = management.store.delete_endpoint(endpoint.workspace_id, id).await?;
    management.directory.forget_endpoint(endpoint.workspace_id, id).await;
    if deleted { Ok(()) } else { Err(Problem::NotFound("endpoint").into()) }
}

async fn save(management: &Management, endpoint: &Endpoint) -> Result<(), Refusal> {
    if !management.store.save_endpoint(endpoint).await? {
        return Err(Problem::ChangedMeanwhile.into());
    }
    management.directory.forget_endpoint(endpoint.workspace_id, endpoint.id).await;
    Ok(())
}

impl Management {
    /// The workspace of a request that reads something of a workspace.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when it is unknown or not the caller's.
    pub async fn workspace(
        &self,
        caller: &ApiKey,
        named: Option<WorkspaceId>,
    ) -> Result<Arc<domain::workspace::Workspace>, Refusal> {
        let id = caller.workspace(named)?;
        Ok(self.directory.workspace(id).await?.ok_or(Problem::NotFound("workspace"))?)
    }
}
