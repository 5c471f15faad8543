//! `/v1/events/{evt}/explain`: why did an endpoint get the event, or why not?

use api::explanations::{ExplainQuery, Explanation, Recorded, Verdict};
use axum::Json;
use axum::extract::State;
use domain::id::EventId;
use http_kit::{Caller, Id, Query};
use usecases::manage::explain_event::{ExplainedEvent, explain_event};
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
    let ExplainedEvent { event, endpoint, explanation, recorded, delivery, changed_since } =
        explain_event(&management, &caller, workspace_id, event, endpoint_id).await?;
    let decides = explanation.as_ref().filter(|explanation| !explanation.verdicts.is_empty());
    let passes = decides.map(|explanation| explanation.passes());
    let (verdicts, forwarded_by) =
        explanation.map(|explanation| (explanation.verdicts, explanation.forwarded_by)).unwrap_or_default();
    Ok(Json(Explanation {
        event_id: event.id,
        endpoint_id: endpoint,
        event_type: event.event_type,
        channels: event.channels,
        passes,
        rules: verdicts.into_iter().map(Verdict::from).collect(),
        forwarded_by: forwarded_by.into_iter().map(Into::into).collect(),
        recorded: recorded.map(Recorded::from),
        changed_since,
        delivery: delivery.map(Into::into),
    }))
}
