//! How many deliveries of an endpoint or workspace succeed, and how fast?
//! Statistics from the hourly tallies, which are approximate; for an endpoint also exact counts from its deliveries' rows.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use domain::access::api_key::{ApiKey, Scope};
use domain::delivery::statistics::{Figures, Hour, Tally};
use domain::id::{EndpointId, WorkspaceId};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use domain::uid::{EndpointIdOrUid, IdOrUid, WorkspaceIdOrUid};
use futures_util::{StreamExt as _, TryStreamExt as _};
use store::rows::deliveries::DeliveryFilter;
use store::rows::statistics::Subject;
use store::{Listing, Window};

use crate::error::UseCaseError;
use crate::manage::deleted_endpoints::find_endpoint_of_deliveries;
use crate::manage::listing::Span;
use crate::manage::management::Management;

/// The maximum number of deliveries that are counted one by one.
const EXACT_ROWS: usize = 1_000;
/// The longest window by the hour: its rows fit one answer.
const MAX_HOURS: i64 = 31 * 24;
/// The maximum number of endpoints in one request.
const MAX_ENDPOINTS_AT_ONCE: usize = 50;
/// The most hours of all endpoints together: a week of 50 endpoints. Their rows fit one answer of 6 MB, which is the most
/// that Lambda gives.
const MAX_HOURS_AT_ONCE: usize = 50 * (7 * 24 + 1);
/// Endpoints whose rows are read at once.
const QUERIES_AT_ONCE: usize = 16;

/// The length of the window when the caller does not set `since`.
const DEFAULT_SPAN: Duration = Duration::from_secs(86_400);

/// The length of one row of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// One row per hour.
    Hour,
    /// One row per day of UTC.
    Day,
}

/// The statistics of a window.
#[derive(Debug, Clone)]
pub struct Statistics {
    /// The sum of all rows.
    pub total: Figures,
    /// One row per hour or day, oldest first; hours and days without attempts are left out.
    pub data: Vec<StepFigures>,
    /// The number of deliveries of the window in each status, counted one by one; `None` when there are too many.
    pub exact: Option<BTreeMap<&'static str, usize>>,
}

/// The statistics of one hour or day.
#[derive(Debug, Clone)]
pub struct StepFigures {
    /// The first instant of the hour or day.
    pub at: Timestamp,
    /// The counts.
    pub figures: Figures,
}

/// The statistics of an endpoint; whole hours are counted.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, the endpoint does not exist, or the window has too many hours.
pub async fn endpoint_statistics(
    management: &Management,
    caller: &ApiKey,
    id: EndpointId,
    span: Span,
    step: Step,
) -> Result<Statistics, UseCaseError> {
    let endpoint = find_endpoint_of_deliveries(management, caller, id).await?;
    let window = window(management, caller, endpoint.workspace, span).await?;
    read_statistics(management, Subject::Endpoint(id), window, step).await
}

/// The statistics of all endpoints of a workspace; whole hours are counted.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, the workspace does not exist, or the window has too many hours.
pub async fn workspace_statistics(
    management: &Management,
    caller: &ApiKey,
    id: WorkspaceId,
    span: Span,
    step: Step,
) -> Result<Statistics, UseCaseError> {
    caller.require(Scope::DeliveriesRead)?;
    let window = window(management, caller, id, span).await?;
    read_statistics(management, Subject::Workspace(id), window, step).await
}

/// The statistics of several endpoints of a workspace, each with its id, in the order in which they are named; whole hours are counted, and
/// nothing one by one. By one query an endpoint: reading its rows by their keys would cost half a unit for each hour, even
/// for one that has no row.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, an endpoint is unknown or named twice, or the window has too
/// many hours.
pub async fn several_statistics(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    endpoints: Vec<EndpointIdOrUid>,
    (span, step): (Span, Step),
) -> Result<Vec<(EndpointId, Statistics)>, UseCaseError> {
    caller.require(Scope::DeliveriesRead)?;
    if !(1..=MAX_ENDPOINTS_AT_ONCE).contains(&endpoints.len()) {
        return Err(Problem::invalid("endpoint_ids", "must name 1 to 50 endpoints").into());
    }
    let workspace = management.workspace(caller, workspace).await?.id;
    let window = window(management, caller, workspace, span).await?;
    refuse_too_many_hours(window, step)?;
    if step == Step::Hour && hours(window) * endpoints.len() > MAX_HOURS_AT_ONCE {
        let detail = "must be day for so many endpoints and so long a window";
        return Err(Problem::invalid("by", detail).into());
    }
    let ids = named_endpoints(management, workspace, &endpoints).await?;
    let reads = ids.into_iter().map(async |id| {
        let statistics = add_up(management, Subject::Endpoint(id), window, step).await?;
        Ok((id, statistics))
    });
    let statistics = futures_util::stream::iter(reads.collect::<Vec<_>>()).buffered(QUERIES_AT_ONCE);
    statistics.try_collect().await
}

/// The ids of endpoints of a workspace, in the order in which they are named.
async fn named_endpoints(
    management: &Management,
    workspace: WorkspaceId,
    endpoints: &[EndpointIdOrUid],
) -> Result<Vec<EndpointId>, UseCaseError> {
    let store = &management.context.store;
    let uids = endpoints.iter().filter_map(|named| match named {
        IdOrUid::Id(_) => None,
        IdOrUid::Uid(uid) => Some(uid),
    });
    let of_uids = store.endpoints_of_uids(workspace, uids.collect::<HashSet<_>>()).await?;
    let (mut ids, mut seen, mut unknown) = (Vec::with_capacity(endpoints.len()), HashSet::new(), Vec::new());
    for named in endpoints {
        let id = match named {
            IdOrUid::Id(id) => Some(*id),
            IdOrUid::Uid(uid) => of_uids.get(uid).copied(),
        };
        match id {
            Some(id) if !seen.insert(id) => {
                return Err(Problem::invalid("endpoint_ids", format!("names {named} twice")).into());
            }
            Some(id) => ids.push(id),
            None => unknown.push(named.to_string()),
        }
    }
    let known = store.existing_endpoints(workspace, &ids).await?;
    unknown.extend(ids.iter().filter(|id| !known.contains(*id)).map(ToString::to_string));
    if !unknown.is_empty() {
        let detail = format!("names no endpoint of the workspace: {}", unknown.join(", "));
        return Err(Problem::invalid("endpoint_ids", detail).into());
    }
    Ok(ids)
}

/// The rows of a long window by the hour do not fit one answer.
fn refuse_too_many_hours(window: Window, step: Step) -> Result<(), Problem> {
    let millis = window.until.as_millis() - window.since.as_millis();
    if millis > MAX_HOURS * 3_600_000 && step == Step::Hour {
        return Err(Problem::invalid("by", "must be day for a window of more than 31 days"));
    }
    Ok(())
}

/// The number of hours of a window, begun ones too.
fn hours(window: Window) -> usize {
    let millis = window.until.as_millis() - window.since.as_millis();
    usize::try_from(millis / 3_600_000 + 1).unwrap_or(usize::MAX)
}

async fn window(
    management: &Management,
    caller: &ApiKey,
    workspace: WorkspaceId,
    span: Span,
) -> Result<Window, UseCaseError> {
    let workspace = management.workspace(caller, Some(workspace)).await?;
    let now = management.context.clock.now();
    let since = span.since.unwrap_or_else(|| span.until.unwrap_or(now).minus(DEFAULT_SPAN));
    Ok(Span { since: Some(since), ..span }.within(&workspace, now)?)
}

async fn read_statistics(
    management: &Management,
    subject: Subject,
    window: Window,
    step: Step,
) -> Result<Statistics, UseCaseError> {
    refuse_too_many_hours(window, step)?;
    let exact = match subject {
        Subject::Endpoint(endpoint) => exact(management, endpoint, window).await?,
        Subject::Workspace(_) => None,
    };
    Ok(Statistics { exact, ..add_up(management, subject, window, step).await? })
}

/// The tallies of a window.
async fn add_up(
    management: &Management,
    subject: Subject,
    window: Window,
    step: Step,
) -> Result<Statistics, UseCaseError> {
    let mut total = Tally::default();
    let mut steps: BTreeMap<Timestamp, Tally> = BTreeMap::new();
    for (hour, tally) in management.context.store.tallies(subject, window).await? {
        total.add(&tally);
        steps.entry(step.begin(hour)).or_default().add(&tally);
    }
    let steps = steps.into_iter();
    let data = steps.map(|(at, tally)| StepFigures { at, figures: tally.figures() }).collect();
    Ok(Statistics { total: total.figures(), data, exact: None })
}

impl Step {
    fn begin(self, hour: Hour) -> Timestamp {
        const DAY_MILLIS: i64 = 86_400_000;
        let start = hour.start();
        match self {
            Self::Hour => start,
            Self::Day => Timestamp::from_millis(start.as_millis() / DAY_MILLIS * DAY_MILLIS),
        }
    }
}

async fn exact(
    management: &Management,
    endpoint: EndpointId,
    window: Window,
) -> Result<Option<BTreeMap<&'static str, usize>>, UseCaseError> {
    let now = management.context.clock.now();
    let listing = Listing::newest_first(window, DeliveryFilter::default(), EXACT_ROWS);
    let page = management.context.store.list_deliveries(endpoint, &listing, now).await?;
    if page.next.is_some() {
        return Ok(None);
    }
    let mut counts = BTreeMap::new();
    for delivery in page.rows {
        *counts.entry(delivery.status.as_str()).or_default() += 1;
    }
    Ok(Some(counts))
}
