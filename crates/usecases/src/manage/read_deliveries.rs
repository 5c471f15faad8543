//! Which deliveries of an endpoint does a caller see?
//! A list, newest first, and one delivery with all its attempts.

use domain::access::api_key::ApiKey;
use domain::delivery::attempt::Attempt;
use domain::delivery::{Delivery, DeliveryStatus};
use domain::event::event_type::EventTypePattern;
use domain::id::{DeliveryId, EndpointId};
use domain::problem::Problem;
use domain::uid::EventIdOrUid;
use store::rows::deliveries::DeliveryFilter;
use store::{Listing, Page};

use crate::error::UseCaseError;
use crate::manage::deleted_endpoints::find_endpoint_of_deliveries;
use crate::manage::find_delivery::find_pending;
use crate::manage::listing::Span;
use crate::manage::management::Management;

/// A page of an endpoint's deliveries.
#[derive(Debug, Clone)]
pub struct DeliveryListing {
    /// The endpoint whose deliveries are listed.
    pub endpoint: EndpointId,
    /// Only deliveries with this status.
    pub status: Option<DeliveryStatus>,
    /// Only deliveries of these event types; empty for all types.
    pub types: Vec<EventTypePattern>,
    /// Only the delivery of this event.
    pub event: Option<EventIdOrUid>,
    /// Only deliveries of events accepted in this window.
    pub span: Span,
    /// The last delivery of the page before.
    pub before: Option<DeliveryId>,
    /// The maximum number of deliveries on the page.
    pub limit: usize,
}

/// Deliveries of an endpoint, newest first; also of one that was deleted.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the endpoint does not exist.
pub async fn list_deliveries(
    management: &Management,
    caller: &ApiKey,
    listing: DeliveryListing,
) -> Result<Page<Delivery, DeliveryId>, UseCaseError> {
    let DeliveryListing { endpoint, status, types, event, span, before, limit } = listing;
    let endpoint = find_endpoint_of_deliveries(management, caller, endpoint).await?;
    let workspace = management.workspace(caller, Some(endpoint.workspace)).await?;
    let now = management.context.clock.now();
    let window = span.within(&workspace, now)?;
    let filter = DeliveryFilter { status, event_types: &types };
    let context = &management.context;
    let store = &context.store;
    let Some(event) = event else {
        let listing = Listing::newest_first(window, filter, limit).beyond(before);
        return Ok(store.list_deliveries(endpoint.id, &listing, now).await?);
    };
    let event = match context.event_id(workspace.id, event).await {
        Err(UseCaseError::Problem(Problem::NotFound(_))) => return Ok(Page { rows: Vec::new(), next: None }),
        event => event?,
    };
    // An event makes one delivery to an endpoint at most, and its id follows from both.
    let row = store.load_delivery(endpoint.id, DeliveryId::of(event, endpoint.id), now).await?;
    let delivery = row.map(|row| row.delivery);
    let asked_for = |delivery: &Delivery| filter.asks_for(delivery) && window.holds(delivery.id.time());
    Ok(Page { rows: delivery.filter(asked_for).into_iter().collect(), next: None })
}

/// A delivery and all its attempts, oldest first. Before it has a row, it is `pending`, as the ledger of its event says.
///
/// # Errors
/// [`Problem::NotFound`] when there is no such endpoint or delivery.
pub async fn read_delivery(
    management: &Management,
    caller: &ApiKey,
    endpoint: EndpointId,
    id: DeliveryId,
) -> Result<(Delivery, Vec<Attempt>), UseCaseError> {
    let endpoint = find_endpoint_of_deliveries(management, caller, endpoint).await?;
    let store = &management.context.store;
    let row = store.load_delivery(endpoint.id, id, management.context.clock.now()).await?;
    let Some(row) = row else {
        let pending = find_pending(&management.context, endpoint, id).await?;
        return Ok((pending.ok_or(Problem::NotFound("delivery"))?, Vec::new()));
    };
    let attempts = store.all_attempts(&row).await?;
    Ok((row.delivery, attempts))
}
