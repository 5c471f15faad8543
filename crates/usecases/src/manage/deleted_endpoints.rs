//! What can be read of an endpoint that was deleted?
//! Its tombstone and its deliveries, until the last of them has expired. Nothing can be sent to it or changed.

use domain::access::api_key::{ApiKey, Scope};
use domain::endpoint::deleted::DeletedEndpoint;
use domain::id::{EndpointId, EndpointKey, WorkspaceId};
use domain::problem::Problem;
use domain::uid::WorkspaceIdOrUid;
use store::{Listing, Order, Window};

use crate::context::Context;
use crate::error::{Fault, UseCaseError};
use crate::manage::listing::{ListPage, Rows};
use crate::manage::manage_endpoint::read_endpoint;
use crate::manage::management::Management;

/// Tombstones that are read at once.
const TOMBSTONES_AT_ONCE: usize = 100;

/// When an endpoint was deleted, and what it was.
///
/// # Errors
/// [`Problem::NotFound`] when no endpoint with this id was deleted lately, or it belonged to another workspace.
pub async fn read_deleted_endpoint(
    management: &Management,
    caller: &ApiKey,
    id: EndpointId,
) -> Result<DeletedEndpoint, UseCaseError> {
    caller.require(Scope::WebhooksRead)?;
    Ok(find(management, caller, id).await?.ok_or(Problem::NotFound("deleted endpoint"))?)
}

/// The endpoints of a workspace that were deleted, the newest endpoint first.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the workspace is unknown.
pub async fn list_deleted_endpoints(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    rows: Rows<EndpointId>,
) -> Result<ListPage<DeletedEndpoint, EndpointId>, UseCaseError> {
    caller.require(Scope::WebhooksRead)?;
    let workspace = management.workspace(caller, workspace).await?.id;
    let now = management.context.clock.now();
    let listing = rows.listing(Order::NewestFirst, Window::everything(), ());
    let mut read = management.context.store.list_deleted_endpoints(workspace, &listing, now).await?;
    read.rows.retain(|deleted| deleted.is_seen_by(caller));
    Ok(rows.page(listing.order, read))
}

/// The endpoint whose deliveries the caller may read, deleted or not.
///
/// # Errors
/// [`Problem::NotFound`] when there is no such endpoint and was none lately, or it belongs to another workspace.
pub(crate) async fn find_endpoint_of_deliveries(
    management: &Management,
    caller: &ApiKey,
    id: EndpointId,
) -> Result<EndpointKey, UseCaseError> {
    match read_endpoint(management, caller, Scope::DeliveriesRead, id).await {
        Ok(endpoint) => Ok(endpoint.key()),
        Err(UseCaseError::Problem(missing @ Problem::NotFound(_))) => {
            let deleted = find(management, caller, id).await?;
            Ok(deleted.ok_or(missing)?.key())
        }
        Err(error) => Err(error),
    }
}

/// The endpoints of a workspace, those that were deleted lately too. Where they are more than `most`, not all are given, but
/// more than that.
pub(crate) async fn endpoints_with_deleted(
    context: &Context,
    workspace: WorkspaceId,
    most: usize,
) -> Result<Vec<EndpointId>, Fault> {
    let subscriptions = context.cache.subscriptions(workspace).await?;
    let mut endpoints: Vec<_> = subscriptions.iter().map(|subscription| subscription.id).collect();
    let (mut listing, now) = (Listing::all((), TOMBSTONES_AT_ONCE), context.clock.now());
    while endpoints.len() <= most {
        let page = context.store.list_deleted_endpoints(workspace, &listing, now).await?;
        endpoints.extend(page.rows.iter().map(|deleted| deleted.id));
        // One that was deleted a moment ago may be among the cached subscriptions, too.
        endpoints.sort_unstable();
        endpoints.dedup();
        if page.next.is_none() {
            break;
        }
        listing = listing.beyond(page.next);
    }
    Ok(endpoints)
}

async fn find(
    management: &Management,
    caller: &ApiKey,
    id: EndpointId,
) -> Result<Option<DeletedEndpoint>, UseCaseError> {
    let context = &management.context;
    let (store, now) = (&context.store, context.clock.now());
    let deleted = match caller.workspace_id {
        Some(workspace) => store.load_deleted_endpoint(EndpointKey::new(workspace, id), now).await?,
        None => store.find_deleted_endpoint(id, now).await?,
    };
    let Some(deleted) = deleted.filter(|deleted| deleted.is_seen_by(caller)) else { return Ok(None) };
    Ok(context.has_workspace(deleted.workspace_id).await?.then_some(deleted))
}
