//! Who changed what?
//! The audit log of a workspace, or of the installation, newest first.

use domain::access::api_key::{ApiKey, Scope};
use domain::audit::{AuditEntry, AuditFilter, KEPT};
use domain::id::AuditEntryId;
use domain::uid::WorkspaceIdOrUid;
use store::Order;

use crate::error::UseCaseError;
use crate::manage::listing::{ListPage, Rows, Span};
use crate::manage::management::Management;

/// A page of an audit log.
#[derive(Debug, Clone)]
pub struct AuditListing {
    /// The workspace whose entries are listed; if `None`, the caller's workspace, or the installation for a caller with access
    /// to all workspaces.
    pub workspace: Option<WorkspaceIdOrUid>,
    /// Only these entries.
    pub filter: AuditFilter,
    /// Only changes made in this window.
    pub span: Span,
    /// Which rows of the list.
    pub rows: Rows<AuditEntryId>,
}

/// Audit entries, newest first.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the workspace is unknown.
pub async fn list_audit_entries(
    management: &Management,
    caller: &ApiKey,
    listing: AuditListing,
) -> Result<ListPage<AuditEntry, AuditEntryId>, UseCaseError> {
    caller.require(Scope::AdminRead)?;
    let AuditListing { workspace, filter, span, rows } = listing;
    let workspace = match (caller.workspace_id, workspace) {
        (None, None) => None,
        (_, named) => Some(management.context.workspace_id(caller, named).await?),
    };
    let now = management.context.clock.now();
    let window = span.since_oldest(now.minus(KEPT), now)?;
    let listing = rows.listing(Order::NewestFirst, window, filter);
    let read = management.context.store.list_audit_entries(workspace, &listing).await?;
    // The entries of a workspace outlive it; without any, an unknown workspace is refused as everywhere.
    if read.rows.is_empty() && read.next.is_none() && workspace.is_some() {
        management.workspace(caller, workspace).await?;
    }
    Ok(rows.page(listing.order, read))
}
