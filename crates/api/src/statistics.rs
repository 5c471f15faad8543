//! How does the API show what was counted? The shapes of `…/statistics`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::delivery::statistics::Figures as DomainFigures;
use domain::id::EndpointId;
use domain::timestamp::Timestamp;
use domain::uid::{EndpointIdOrUid, WorkspaceIdOrUid};
use serde::{Deserialize, Serialize};

use crate::comma_list::comma_list;

/// The parameters of statistics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct StatisticsQuery {
    /// The start of the window; a day before `until` if left out. Whole hours are counted.
    pub since: Option<Timestamp>,
    /// The end of the window, exclusive; the time of the request if left out.
    pub until: Option<Timestamp>,
    /// The length of each step: `hour`, for a window of at most 31 days, or `day`.
    #[serde(default)]
    pub by: Step,
}

/// The parameters of the statistics of an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct EndpointStatisticsQuery {
    /// The workspace of the endpoint. Required with a key for all workspaces that names the endpoint by its uid.
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// The start of the window; a day before `until` if left out. Whole hours are counted.
    pub since: Option<Timestamp>,
    /// The end of the window, exclusive; the time of the request if left out.
    pub until: Option<Timestamp>,
    /// The length of each step: `hour`, for a window of at most 31 days, or `day`.
    #[serde(default)]
    pub by: Step,
}

comma_list! {
    /// Ids or uids of endpoints, separated by commas.
    EndpointIds of EndpointIdOrUid, written by EndpointIdOrUid::to_string
}

/// The parameters of the statistics of several endpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct SeveralStatisticsQuery {
    /// The endpoints, 1 to 50 of one workspace, separated by commas.
    pub endpoint_ids: EndpointIds,
    /// The workspace. Required with a key for all workspaces.
    pub workspace_id: Option<WorkspaceIdOrUid>,
    /// The start of the window; a day before `until` if left out. Whole hours are counted.
    pub since: Option<Timestamp>,
    /// The end of the window, exclusive; the time of the request if left out.
    pub until: Option<Timestamp>,
    /// The length of each step: `hour`, for windows of together at most 50 weeks (one week for 50 endpoints) and at most 31
    /// days each, or `day`.
    #[serde(default)]
    pub by: Step,
}

/// The statistics of several endpoints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeveralStatistics {
    /// One entry for each endpoint, in the order in which they were named.
    pub data: Vec<EndpointStatistics>,
}

/// The statistics of one of several endpoints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndpointStatistics {
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// Its statistics; nothing is counted one by one, so `exact` is left out.
    #[serde(flatten)]
    pub statistics: Statistics,
}

/// The length of a step: an hour, or a day of UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// An hour.
    #[default]
    Hour,
    /// A day of UTC.
    Day,
}

/// The statistics of a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Statistics {
    /// Always true: all figures but `exact` are approximate.
    #[cfg_attr(feature = "openapi", schema(examples(true)))]
    pub approximate: bool,
    /// The figures of the whole window.
    pub total: Figures,
    /// The figures of each step, oldest first; steps without attempts are left out.
    pub data: Vec<StepFigures>,
    /// The counted number of an endpoint's deliveries in each status now; left out if there are more than 1,000, and for
    /// a workspace.
    #[cfg_attr(feature = "openapi", schema(nullable = false, examples(json!({ "delivered": 41, "failed": 1 }))))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<BTreeMap<Cow<'static, str>, usize>>,
}

/// The figures of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepFigures {
    /// The start of the step.
    pub at: Timestamp,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of deliveries and attempts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Figures {
    /// The number of deliveries that succeeded.
    #[cfg_attr(feature = "openapi", schema(examples(41)))]
    pub delivered: u64,
    /// The number of deliveries that failed.
    #[cfg_attr(feature = "openapi", schema(examples(1)))]
    pub failed: u64,
    /// The number of attempts.
    #[cfg_attr(feature = "openapi", schema(examples(48)))]
    pub attempts: u64,
    /// The number of attempts that failed.
    #[cfg_attr(feature = "openapi", schema(examples(7)))]
    pub failed_attempts: u64,
    /// The share of attempts that succeeded, 0 to 1; `null` without attempts.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1, examples(0.85)))]
    pub success_rate: Option<f64>,
    /// Half of the attempts took at most this many milliseconds; `null` without attempts.
    #[cfg_attr(feature = "openapi", schema(examples(50)))]
    pub p50_ms: Option<u64>,
    /// 95 of 100 attempts took at most this many milliseconds; `null` without attempts.
    #[cfg_attr(feature = "openapi", schema(examples(200)))]
    pub p95_ms: Option<u64>,
}

impl From<DomainFigures> for Figures {
    fn from(figures: DomainFigures) -> Self {
        let DomainFigures { delivered, failed, attempts, failed_attempts, success_rate, p50_ms, p95_ms } =
            figures;
        Self { delivered, failed, attempts, failed_attempts, success_rate, p50_ms, p95_ms }
    }
}
