//! Which deliveries of a workspace are undelivered?
//! The work list: its endpoints' failed and parked deliveries, endpoint by endpoint.

use std::fmt;
use std::str::FromStr;

use domain::access::api_key::{ApiKey, Scope};
use domain::delivery::{Delivery, DeliveryStatus};
use domain::id::{DeliveryId, EndpointId, EndpointKey};
use domain::problem::Problem;
use domain::uid::{EndpointIdOrUid, WorkspaceIdOrUid};
use serde::{Deserialize, Serialize};
use store::{Listing, Page, Window};

use crate::error::UseCaseError;
use crate::manage::management::Management;

/// The maximum number of endpoints read for one page: a workspace with very many healthy endpoints takes several pages,
/// which may be empty.
const ENDPOINTS_PER_PAGE: usize = 200;

/// Where the next page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The endpoint with which the page begins.
    endpoint: EndpointId,
    /// The status with which the page begins.
    status: usize,
    /// The last delivery of the page before.
    after: Option<DeliveryId>,
}

/// A page of a workspace's undelivered deliveries.
#[derive(Debug, Clone)]
pub struct UndeliveredListing {
    /// The workspace whose deliveries are listed; the caller's workspace, if `None`.
    pub workspace: Option<WorkspaceIdOrUid>,
    /// Only deliveries to this endpoint.
    pub endpoint: Option<EndpointIdOrUid>,
    /// Only failed or only parked deliveries.
    pub status: Option<DeliveryStatus>,
    /// Where the page begins; at the first endpoint, if `None`.
    pub from: Option<Position>,
    /// The maximum number of deliveries on the page.
    pub limit: usize,
}

/// The undelivered deliveries of a workspace, oldest first for each endpoint.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, the workspace is unknown, or `status` is another one.
pub async fn list_undelivered(
    management: &Management,
    caller: &ApiKey,
    listing: UndeliveredListing,
) -> Result<Page<Delivery, Position>, UseCaseError> {
    caller.require(Scope::DeliveriesRead)?;
    let UndeliveredListing { workspace, endpoint: only, status, from, limit } = listing;
    let statuses = statuses(status)?;
    let workspace = management.workspace(caller, workspace).await?.id;
    let only = match only {
        None => None,
        Some(named) => match management.context.endpoint_id(caller, Some(workspace.into()), named).await {
            Err(UseCaseError::Problem(Problem::NotFound(_))) => {
                return Ok(Page { rows: Vec::new(), next: None });
            }
            id => Some(id?),
        },
    };
    let now = management.context.clock.now();
    let subscriptions = management.context.cache.subscriptions(workspace).await?;
    let first = from.map(|from| from.endpoint);
    // A deleted endpoint is listed only where it is asked for: nothing can be done about its deliveries.
    let deleted = match only.filter(|only| !subscriptions.iter().any(|known| known.id == *only)) {
        Some(id) => {
            let key = EndpointKey::new(workspace, id);
            management.context.store.load_deleted_endpoint(key, now).await?.map(|deleted| deleted.id)
        }
        None => None,
    };
    let endpoints = subscriptions.iter().map(|subscription| subscription.id).chain(deleted);
    let endpoints = endpoints.filter(|id| only.is_none_or(|only| only == *id));
    let endpoints = endpoints.filter(|id| first.is_none_or(|first| *id >= first));
    let mut rows: Vec<Delivery> = Vec::new();
    for (looked_at, endpoint) in endpoints.enumerate() {
        let begin = from.filter(|from| from.endpoint == endpoint);
        if looked_at == ENDPOINTS_PER_PAGE {
            return Ok(Page { rows, next: Some(Position { endpoint, status: 0, after: None }) });
        }
        for (index, status) in statuses.iter().enumerate() {
            if begin.is_some_and(|begin| index < begin.status) {
                continue;
            }
            let after = begin.filter(|begin| begin.status == index).and_then(|begin| begin.after);
            let wanted = limit - rows.len();
            if wanted == 0 {
                return Ok(Page { rows, next: Some(Position { endpoint, status: index, after }) });
            }
            let listing = Listing::oldest_first(Window::everything(), *status, wanted).beyond(after);
            let page = management.context.store.list_undelivered(endpoint, &listing, now).await?;
            // The caller of a test has seen its result: a failed test leaves nothing to do.
            rows.extend(page.rows.into_iter().filter(|row| !row.is_test));
            if page.next.is_some() {
                let next = Some(Position { endpoint, status: index, after: page.next });
                return Ok(Page { rows, next });
            }
        }
    }
    Ok(Page { rows, next: None })
}

/// The undelivered statuses, in the order of the list.
fn statuses(asked: Option<DeliveryStatus>) -> Result<Vec<DeliveryStatus>, Problem> {
    match asked {
        None => Ok(vec![DeliveryStatus::Failed, DeliveryStatus::Parked]),
        Some(status @ (DeliveryStatus::Failed | DeliveryStatus::Parked)) => Ok(vec![status]),
        Some(_) => Err(Problem::invalid("status", "must be failed or parked")),
    }
}

/// The cursor's form of a status.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Position {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}
