//! `/v1/audit`: who changed what.

use api::audit::{AuditEntry, AuditQuery};
use api::page::PageQuery;
use axum::Json;
use axum::extract::State;
use domain::id::AuditEntryId;
use http_kit::{Caller, Page};
use usecases::manage::listing::Span;
use usecases::manage::management::Management;
use usecases::manage::read_audit::{AuditListing, list_audit_entries};

use crate::v1::Answer;

/// List audit entries
///
/// One entry for each change, newest first, kept for 90 days. Without `workspace_id`, a key for all workspaces lists the
/// changes of the installation: of API keys for all workspaces, and workspaces that were created or deleted.
#[utoipa::path(
    get,
    path = "/v1/audit",
    operation_id = "list_audit_entries",
    tag = "Audit",
    params(AuditQuery, PageQuery),
    responses((status = 200, description = "A page of audit entries.", body = api::page::Page<AuditEntry>)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter, rows }: Page<AuditEntryId, AuditQuery>,
) -> Answer<Json<api::page::Page<AuditEntry>>> {
    let span = Span { since: filter.since, until: filter.until };
    let listing = AuditListing { workspace: filter.workspace_id.clone(), filter: filter.into(), span, rows };
    let page = list_audit_entries(&management, &caller, listing).await?;
    Ok(Json(api::page::Page::of(page.rows.into_iter().map(AuditEntry::from), page.next, page.previous)))
}
