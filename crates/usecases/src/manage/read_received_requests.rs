//! What came to a source, and what was found about it?
//! A list of its received requests, newest first, and one of them whole.

use domain::access::api_key::{ApiKey, Scope};
use domain::id::{ReceivedRequestId, SourceId};
use domain::problem::Problem;
use domain::source::Source;
use domain::source::received::{RawRequest, ReceivedRequest, Verdict};
use store::{Order, Window};

use crate::context::Context;
use crate::error::UseCaseError;
use crate::manage::listing::{ListPage, Rows, Span};
use crate::manage::manage_source::find_source;
use crate::manage::management::Management;

/// A received request, whole.
#[derive(Debug, Clone)]
pub struct WholeRequest {
    /// The source that it came to.
    pub source: Source,
    /// What was found about it.
    pub received: ReceivedRequest,
    /// The request itself; `None` for a caller who may not see bodies.
    pub raw: Option<RawRequest>,
}

/// The received requests of a source, newest first: all, or only those with one verdict.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the source does not exist.
pub async fn list_received_requests(
    management: &Management,
    caller: &ApiKey,
    source: SourceId,
    verdict: Option<Verdict>,
    rows: Rows<ReceivedRequestId>,
) -> Result<ListPage<ReceivedRequest, ReceivedRequestId>, UseCaseError> {
    let source = find_source(&management.context, caller, Scope::SourcesRead, source).await?;
    let workspace = management.workspace(caller, Some(source.workspace_id)).await?;
    let Context { store, clock, .. } = &management.context;
    let now = clock.now();
    let window = Span::default().within(&workspace, now)?;
    // Nothing came before there was a source: those days need not be read.
    let window = Window { since: window.since.max(source.created_at), ..window };
    let listing = rows.listing(Order::NewestFirst, window, verdict);
    let read = store.list_received_requests(source.key(), &listing, now).await?;
    Ok(rows.page(listing.order, read))
}

/// One received request. Whoever may not change the source sees what was found, and neither headers nor body.
///
/// # Errors
/// [`Problem::NotFound`] when there is no such source or request, or the request has expired.
pub async fn read_received_request(
    management: &Management,
    caller: &ApiKey,
    source: SourceId,
    id: ReceivedRequestId,
) -> Result<WholeRequest, UseCaseError> {
    let source = find_source(&management.context, caller, Scope::SourcesRead, source).await?;
    let Context { store, clock, .. } = &management.context;
    let found = store.load_received_request(source.key(), id, clock.now()).await?;
    let (received, raw) = found.ok_or(Problem::NotFound("received request"))?;
    let raw = caller.require(Scope::Sources).is_ok().then_some(raw);
    Ok(WholeRequest { source, received, raw })
}

/// The body of a received request, byte for byte.
///
/// # Errors
/// As for [`read_received_request`], and [`Problem::MissingScope`] without `sources`.
pub async fn read_received_body(
    management: &Management,
    caller: &ApiKey,
    source: SourceId,
    id: ReceivedRequestId,
) -> Result<Vec<u8>, UseCaseError> {
    caller.require(Scope::Sources)?;
    let whole = read_received_request(management, caller, source, id).await?;
    Ok(whole.raw.ok_or(Problem::NotFound("received request"))?.body)
}
