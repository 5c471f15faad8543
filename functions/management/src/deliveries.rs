//! `/v1/webhook-endpoints/{we}/deliveries`: an endpoint's deliveries, and one with all its attempts.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::LINK;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use domain::access::api_key::Scope;
use domain::delivery::attempt::{Attempt, SentRequest, Trigger};
use domain::delivery::{CancelReason, Delivery, DeliveryStatus};
use domain::event::event_type::EventType;
use domain::id::{DeliveryId, EndpointId, EventId, ReplayId};
use domain::policy::outcome::{ErrorClass, Outcome};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use lambda_kit::problem_json::ApiError;
use serde::{Deserialize, Serialize};
use store::Listing;
use store::rows::deliveries::DeliveryFilter;
use usecases::manage::manage_endpoint::read_endpoint;
use usecases::manage::management::Management;

use crate::{caller, paging};

/// Rows when the caller does not say.
const DEFAULT_LIMIT: usize = 20;

/// A delivery as lists show it.
#[derive(Serialize)]
pub(crate) struct DeliveryBody<'a> {
    id: DeliveryId,
    status: DeliveryStatus,
    attempts: u32,
    response_status: Option<u16>,
    last_error: Option<ErrorClass>,
    cancel_reason: Option<CancelReason>,
    delivered_at: Option<Timestamp>,
    event_id: EventId,
    event_type: &'a EventType,
    endpoint_id: EndpointId,
    trigger: Trigger,
    replay_id: Option<ReplayId>,
    created_at: Timestamp,
    next_attempt_at: Option<Timestamp>,
}

/// A delivery with all its attempts.
#[derive(Serialize)]
pub(crate) struct DetailBody<'a> {
    #[serde(flatten)]
    delivery: DeliveryBody<'a>,
    attempt_log: Vec<AttemptBody<'a>>,
}

#[derive(Serialize)]
struct AttemptBody<'a> {
    number: u32,
    trigger: Trigger,
    started_at: Timestamp,
    duration_ms: u128,
    error: Option<ErrorClass>,
    request: &'a SentRequest,
    response: Option<ResponseBody<'a>>,
}

#[derive(Serialize)]
struct ResponseBody<'a> {
    status: u16,
    headers: &'a [(String, String)],
    body: std::borrow::Cow<'a, str>,
    body_truncated: bool,
}

impl<'a> DeliveryBody<'a> {
    pub(crate) fn of(delivery: &'a Delivery) -> Self {
        Self {
            id: delivery.id,
            status: delivery.status,
            attempts: delivery.attempts,
            response_status: delivery.response_status,
            last_error: delivery.last_error,
            cancel_reason: delivery.cancel_reason,
            delivered_at: delivery.delivered_at,
            event_id: delivery.event_id,
            event_type: &delivery.event_type,
            endpoint_id: delivery.endpoint_id,
            trigger: delivery.trigger,
            replay_id: delivery.run,
            created_at: delivery.id.time(),
            next_attempt_at: delivery.next_attempt_at,
        }
    }
}

impl<'a> DetailBody<'a> {
    pub(crate) fn of(delivery: &'a Delivery, attempts: &'a [Attempt]) -> Self {
        let attempt_log = attempts.iter().map(AttemptBody::of).collect();
        Self { delivery: DeliveryBody::of(delivery), attempt_log }
    }
}

impl<'a> AttemptBody<'a> {
    fn of(attempt: &'a Attempt) -> Self {
        let response = match &attempt.outcome {
            Outcome::Unreachable(_) => None,
            Outcome::Answered(answer) => Some(ResponseBody {
                status: answer.status,
                headers: &answer.headers,
                body: String::from_utf8_lossy(&answer.body),
                body_truncated: answer.body_truncated,
            }),
        };
        Self {
            number: attempt.number,
            trigger: attempt.trigger,
            started_at: attempt.started_at,
            duration_ms: attempt.duration.as_millis(),
            error: attempt.error,
            request: &attempt.sent,
            response,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParameters {
    limit: Option<usize>,
    status: Option<DeliveryStatus>,
    event_type: Option<String>,
    event_id: Option<EventId>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    before: Option<DeliveryId>,
}

/// A bare array, newest first; the next page begins `before` the last id. When the array ends early because very many
/// deliveries had to be passed over, only the `Link` header says where to go on, as it does for every other page.
pub(crate) async fn list(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(endpoint): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let parameters: ListParameters = paging::parameters(&uri)?;
    let limit = paging::limit(parameters.limit, DEFAULT_LIMIT)?;
    let id = paging::id(&endpoint, "endpoint")?;
    let endpoint = read_endpoint(&management, &caller, Scope::DeliveriesRead, id).await?;
    let workspace = management.workspace(&caller, Some(endpoint.workspace_id)).await?;
    let now = management.context.clock.now();
    let window = paging::window(&workspace, parameters.since, parameters.until, now)?;
    let types = paging::event_types(parameters.event_type.as_deref())?;
    let wanted = DeliveryFilter { status: parameters.status, event_types: &types };
    let store = &management.context.store;
    if let Some(event) = parameters.event_id {
        // An event makes one delivery to an endpoint at most, and its id follows from both.
        let row = store.load_delivery(id, DeliveryId::of(event, id), now).await;
        let row = row.map_err(usecases::UseCaseError::from)?.map(|row| row.delivery);
        let row = row.filter(|delivery| wanted.asks_for(delivery) && window.holds(delivery.id.time()));
        return Ok(Json(row.iter().map(DeliveryBody::of).collect::<Vec<_>>()).into_response());
    }
    let listing = Listing::newest_first(window, wanted, limit).beyond(parameters.before);
    let page = store.list_deliveries(id, &listing, now).await;
    let page = page.map_err(usecases::UseCaseError::from)?;
    let next = page.next.map(|next| [(LINK, next_link(&uri, next))]);
    Ok((next, Json(page.rows.iter().map(DeliveryBody::of).collect::<Vec<_>>())).into_response())
}

/// The same list, before `next`, as RFC 8288 has it.
fn next_link(uri: &Uri, next: DeliveryId) -> String {
    let asked = uri.query().unwrap_or_default().split('&');
    let kept = asked.filter(|parameter| !parameter.is_empty() && !parameter.starts_with("before="));
    let query: Vec<String> = kept.map(str::to_owned).chain([format!("before={next}")]).collect();
    format!("<?{}>; rel=\"next\"", query.join("&"))
}

pub(crate) async fn read(
    State(management): State<Management>,
    headers: HeaderMap,
    Path((endpoint, delivery)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let endpoint_id = paging::id(&endpoint, "endpoint")?;
    let delivery_id: DeliveryId = paging::id(&delivery, "delivery")?;
    read_endpoint(&management, &caller, Scope::DeliveriesRead, endpoint_id).await?;
    let store = &management.context.store;
    let row = store.load_delivery(endpoint_id, delivery_id, management.context.clock.now()).await;
    let row = row.map_err(usecases::UseCaseError::from)?.ok_or(Problem::NotFound("delivery"))?;
    let mut attempts: Vec<Attempt> = row.first_attempt.into_iter().collect();
    if row.delivery.attempts > 1 {
        let later = store.later_attempts(endpoint_id, delivery_id).await;
        attempts.extend(later.map_err(usecases::UseCaseError::from)?);
    }
    Ok(Json(DetailBody::of(&row.delivery, &attempts)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_to_the_next_page_asks_the_same_question() {
        let next = DeliveryId::new(Timestamp::from_millis(0), 1);
        for (asked, expected) in [
            ("/d", format!("<?before={next}>; rel=\"next\"")),
            (
                "/d?limit=5&before=wd_x&status=failed",
                format!("<?limit=5&status=failed&before={next}>; rel=\"next\""),
            ),
        ] {
            assert_eq!(next_link(&asked.parse().unwrap(), next), expected);
        }
    }
}
