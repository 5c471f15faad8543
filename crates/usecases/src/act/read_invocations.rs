//! Who invoked what, and what came of it?
//! A list of a workspace's invocations, newest first, and one of them with its content for those who may read that.

use domain::access::api_key::{ApiKey, Scope};
use domain::action::invocation::{Content, Invocation};
use domain::id::{InvocationId, WorkspaceId};
use domain::problem::Problem;
use domain::uid::WorkspaceIdOrUid;
use std::sync::Arc;

use domain::access::workspace::Workspace;
use store::Order;
pub use store::rows::invocations::InvocationFilter;

use crate::act::actions::Actions;
use crate::context::Context;
use crate::error::UseCaseError;
use crate::manage::listing::{ListPage, Rows, Span};

/// The invocations of a workspace that the filter selects, newest first.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the workspace is unknown.
pub async fn list_invocations(
    actions: &Actions,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    filter: InvocationFilter,
    rows: Rows<InvocationId>,
) -> Result<ListPage<Invocation, InvocationId>, UseCaseError> {
    let workspace = workspace_of(actions, caller, workspace).await?;
    let Context { store, clock, .. } = &actions.context;
    let now = clock.now();
    let listing = rows.listing(Order::NewestFirst, Span::default().within(&workspace, now)?, filter);
    let order = listing.order;
    Ok(rows.page(order, store.list_invocations(workspace.id, &listing, now).await?))
}

/// One invocation. Its content is `None` for a caller without a role that could invoke the action.
///
/// # Errors
/// [`Problem::NotFound`] when there is no such invocation, or it has expired.
pub async fn read_invocation(
    actions: &Actions,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    id: InvocationId,
) -> Result<(Invocation, Option<Content>), UseCaseError> {
    let workspace: WorkspaceId = workspace_of(actions, caller, workspace).await?.id;
    let Context { store, clock, .. } = &actions.context;
    let found = store.load_invocation(workspace, id, clock.now()).await?;
    let (invocation, content) = found.ok_or(Problem::NotFound("invocation"))?;
    let content = invocation.content_is_open_to(caller).then_some(content);
    Ok((invocation, content))
}

async fn workspace_of(
    actions: &Actions,
    caller: &ApiKey,
    named: Option<WorkspaceIdOrUid>,
) -> Result<Arc<Workspace>, UseCaseError> {
    caller.require(Scope::ActionsRead)?;
    let id = actions.context.workspace_id(caller, named).await?;
    Ok(actions.context.cache.workspace(id).await?.ok_or(Problem::NotFound("workspace"))?)
}
