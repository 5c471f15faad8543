//! Which deliveries of an endpoint does a caller see?
//! A list, newest first, and one delivery with all its attempts.

use domain::access::api_key::ApiKey;
use domain::delivery::attempt::Attempt;
use domain::delivery::{Delivery, DeliveryStatus};
use domain::event::event_type::EventTypePattern;
use domain::id::{DeliveryId, EndpointId};
use domain::problem::Problem;
use domain::uid::EventIdOrUid;
use store::Order;
use store::rows::deliveries::DeliveryFilter;

use crate::error::UseCaseError;
use crate::manage::deleted_endpoints::find_endpoint_of_deliveries;
use crate::manage::find_delivery::find_pending;
use crate::manage::listing::{ListPage, Rows, Span};
use crate::manage::management::Management;

/// A page of an endpoint's deliveries.
#[derive(Debug, Clone)]
pub struct DeliveryListing {
    /// The endpoint whose deliveries are listed.
    pub endpoint: EndpointId,
    /// Only deliveries with one of these statuses; empty for all.
    pub statuses: Vec<DeliveryStatus>,
    /// Only deliveries of these event types; empty for all types.
    pub types: Vec<EventTypePattern>,
    /// Only the delivery of this event.
    pub event: Option<EventIdOrUid>,
    /// Only deliveries of events accepted in this window.
    pub span: Span,
    /// Which rows of the list.
    pub rows: Rows<DeliveryId>,
}

/// Deliveries of an endpoint, newest first; also of one that was deleted.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the endpoint does not exist.
pub async fn list_deliveries(
    management: &Management,
    caller: &ApiKey,
    listing: DeliveryListing,
) -> Result<ListPage<Delivery, DeliveryId>, UseCaseError> {
    let DeliveryListing { endpoint, statuses, types, event, span, rows } = listing;
    let endpoint = find_endpoint_of_deliveries(management, caller, endpoint).await?;
    let workspace = management.workspace(caller, Some(endpoint.workspace)).await?;
    let now = management.context.clock.now();
    let window = span.within(&workspace, now)?;
    let filter = DeliveryFilter { statuses: &statuses, event_types: &types };
    let context = &management.context;
    let store = &context.store;
    let Some(event) = event else {
        let listing = rows.listing(Order::NewestFirst, window, filter);
        let read = store.list_deliveries(endpoint.id, &listing, now).await?;
        return Ok(rows.page(listing.order, read));
    };
    let event = match context.event_id(workspace.id, event).await {
        Err(UseCaseError::Problem(Problem::NotFound(_))) => return Ok(ListPage::empty()),
        event => event?,
    };
    // An event makes one delivery to an endpoint at most, and its id follows from both.
    let row = store.load_delivery(endpoint.id, DeliveryId::of(event, endpoint.id), now).await?;
    let asked_for = |delivery: &Delivery| filter.asks_for(delivery) && window.holds(delivery.id.time());
    let delivery = row.map(|row| row.delivery).filter(asked_for);
    Ok(rows.page_of(Order::NewestFirst, delivery.into_iter().collect(), |delivery| delivery.id))
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
