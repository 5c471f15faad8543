//! What is left to do in a workspace? Its endpoints' failed and parked deliveries, endpoint by endpoint.

use domain::delivery::{Delivery, DeliveryStatus};
use domain::event::operational;
use domain::id::{DeliveryId, EndpointId, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::{Listing, Window};

use crate::error::UseCaseError;
use crate::manage::management::Management;

/// Endpoints looked at for one page: a workspace of very many that all fare well takes several pages, which may be
/// empty.
const ENDPOINTS_PER_PAGE: usize = 200;

/// Where the next page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The endpoint to go on with.
    endpoint: EndpointId,
    /// Which of the statuses.
    status: usize,
    /// The last delivery given.
    after: Option<DeliveryId>,
}

/// At most `limit` undelivered deliveries that have one of `statuses`, and where to go on.
///
/// # Errors
/// [`UseCaseError::Fault`] when the table cannot be read.
pub async fn list_undelivered(
    management: &Management,
    workspace: WorkspaceId,
    only: Option<EndpointId>,
    statuses: &[DeliveryStatus],
    from: Option<Position>,
    limit: usize,
) -> Result<(Vec<Delivery>, Option<Position>), UseCaseError> {
    let now = management.context.clock.now();
    let subscriptions = management.context.cache.subscriptions(workspace).await?;
    let first = from.map(|from| from.endpoint);
    let endpoints = subscriptions.iter().map(|subscription| subscription.id);
    let endpoints = endpoints.filter(|id| only.is_none_or(|only| only == *id));
    let endpoints = endpoints.filter(|id| first.is_none_or(|first| *id >= first));
    let mut rows: Vec<Delivery> = Vec::new();
    for (looked_at, endpoint) in endpoints.enumerate() {
        let begin = from.filter(|from| from.endpoint == endpoint);
        if looked_at == ENDPOINTS_PER_PAGE {
            return Ok((rows, Some(Position { endpoint, status: 0, after: None })));
        }
        for (index, status) in statuses.iter().enumerate() {
            if begin.is_some_and(|begin| index < begin.status) {
                continue;
            }
            let after = begin.filter(|begin| begin.status == index).and_then(|begin| begin.after);
            let wanted = limit - rows.len();
            if wanted == 0 {
                return Ok((rows, Some(Position { endpoint, status: index, after })));
            }
            let listing = Listing::oldest_first(Window::everything(), *status, wanted).beyond(after);
            let page = management.context.store.list_undelivered(endpoint, &listing, now).await?;
            // Whoever tries an endpoint has the answer at once; a test that failed leaves nothing to do.
            rows.extend(page.rows.into_iter().filter(|row| !operational::is_test(&row.event_type)));
            if page.next.is_some() {
                return Ok((rows, Some(Position { endpoint, status: index, after: page.next })));
            }
        }
    }
    Ok((rows, None))
}
