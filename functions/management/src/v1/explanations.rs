//! `/v1/events/{evt}/explain`: why did an endpoint get the event, or why not?

use api::explanations::{ExplainQuery, Explanation};
use axum::Json;
use axum::extract::State;
use domain::id::EventId;
use http_kit::{Caller, Id, Query, shown};
use usecases::manage::explain_event::explain_event;
use usecases::manage::management::Management;

use crate::v1::Answer;

/// Explain an event at an endpoint
///
/// Each rule of the endpoint's subscription, as it is now, with its verdict; what was recorded when the event was accepted;
/// and the delivery.
#[utoipa::path(
    get,
    path = "/v1/events/{event}/explain",
    operation_id = "explain_event",
    tag = "Events",
    params(ExplainQuery),
    responses((status = 200, description = "The explanation.", body = Explanation)),
)]
pub(crate) async fn explain(
    State(management): State<Management>,
    caller: Caller,
    Query(ExplainQuery { endpoint_id, workspace_id }): Query<ExplainQuery>,
    Id(event): Id<EventId>,
) -> Answer<Json<Explanation>> {
    let explained = explain_event(&management, &caller, workspace_id, event, endpoint_id).await?;
    Ok(Json(shown::explanation(explained)))
}
