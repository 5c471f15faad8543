//! `…/statistics`: an endpoint or a workspace in numbers.

use std::borrow::Cow;

use api::statistics::{
    EndpointStatistics, EndpointStatisticsQuery, SeveralStatistics, SeveralStatisticsQuery, Statistics,
    StatisticsQuery, Step, StepFigures,
};
use axum::Json;
use axum::extract::State;
use domain::id::{EndpointId, WorkspaceId};
use http_kit::{Caller, Id, Query};
use usecases::manage::listing::Span;
use usecases::manage::management::Management;
use usecases::manage::read_statistics::{
    self, endpoint_statistics, several_statistics, workspace_statistics,
};

use crate::v1::Answer;

/// Read the statistics of an endpoint
///
/// Everything but `exact` is approximate.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{endpoint}/statistics",
    operation_id = "read_endpoint_statistics",
    tag = "Statistics",
    params(EndpointStatisticsQuery),
    responses((status = 200, description = "The statistics.", body = Statistics)),
)]
pub(crate) async fn of_endpoint(
    State(management): State<Management>,
    caller: Caller,
    Query(EndpointStatisticsQuery { since, until, by, .. }): Query<EndpointStatisticsQuery>,
    Id(endpoint): Id<EndpointId>,
) -> Answer<Json<Statistics>> {
    let span = Span { since, until };
    Ok(Json(shown(endpoint_statistics(&management, &caller, endpoint, span, step(by)).await?)))
}

/// Read the statistics of a workspace
///
/// Everything is approximate.
#[utoipa::path(
    get,
    path = "/v1/workspaces/{workspace}/statistics",
    operation_id = "read_workspace_statistics",
    tag = "Statistics",
    params(StatisticsQuery),
    responses((status = 200, description = "The statistics.", body = Statistics)),
)]
pub(crate) async fn of_workspace(
    State(management): State<Management>,
    caller: Caller,
    Query(StatisticsQuery { since, until, by }): Query<StatisticsQuery>,
    Id(workspace): Id<WorkspaceId>,
) -> Answer<Json<Statistics>> {
    let span = Span { since, until };
    Ok(Json(shown(workspace_statistics(&management, &caller, workspace, span, step(by)).await?)))
}

/// Read the statistics of several endpoints
///
/// Everything is approximate. Endpoints that the workspace does not have are named in the refusal.
#[utoipa::path(
    get,
    path = "/v1/statistics",
    operation_id = "read_several_statistics",
    tag = "Statistics",
    params(SeveralStatisticsQuery),
    responses((status = 200, description = "The statistics of each endpoint.", body = SeveralStatistics)),
)]
pub(crate) async fn of_several(
    State(management): State<Management>,
    caller: Caller,
    Query(query): Query<SeveralStatisticsQuery>,
) -> Answer<Json<SeveralStatistics>> {
    let SeveralStatisticsQuery { endpoint_ids, workspace_id, since, until, by } = query;
    let (ids, asked) = (endpoint_ids.0, (Span { since, until }, step(by)));
    let rows = several_statistics(&management, &caller, workspace_id, ids, asked).await?.into_iter();
    let data = rows.map(|(endpoint_id, one)| EndpointStatistics { endpoint_id, statistics: shown(one) });
    Ok(Json(SeveralStatistics { data: data.collect() }))
}

fn step(by: Step) -> read_statistics::Step {
    match by {
        Step::Hour => read_statistics::Step::Hour,
        Step::Day => read_statistics::Step::Day,
    }
}

fn shown(statistics: read_statistics::Statistics) -> Statistics {
    let read_statistics::Statistics { total, data, exact } = statistics;
    let steps = data.into_iter().map(|step| StepFigures { at: step.at, figures: step.figures.into() });
    let exact =
        exact.map(|counts| counts.into_iter().map(|(status, count)| (Cow::from(status), count)).collect());
    Statistics { approximate: true, total: total.into(), data: steps.collect(), exact }
}
