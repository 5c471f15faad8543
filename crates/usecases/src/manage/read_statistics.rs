//! How does an endpoint fare, in numbers? From tallies, which are approximate; for a short window also exactly, from the
//! rows of its deliveries.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::access::api_key::{ApiKey, Scope};
use domain::delivery::DeliveryStatus;
use domain::delivery::statistics::{Figures, Hour, Tally};
use domain::id::{EndpointId, WorkspaceId};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use store::Window;
use store::rows::deliveries::Wanted;
use store::rows::statistics::Subject;

use crate::error::UseCaseError;
use crate::manage::listing::Span;
use crate::manage::manage_endpoint::read_endpoint;
use crate::manage::management::Management;

/// Deliveries counted one by one at most.
const EXACT_ROWS: usize = 1_000;
/// Longest window that is asked for by the hour: as many rows fit one answer.
const MAX_HOURS: i64 = 31 * 24;

/// Where the window begins when the caller does not say: so long before its end.
const DEFAULT_SPAN: Duration = Duration::from_secs(86_400);

/// How long a step of the answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// An hour.
    Hour,
    /// A day of UTC.
    Day,
}

/// What was counted in a window.
#[derive(Debug, Clone)]
pub struct Statistics {
    /// Everything added up.
    pub total: Figures,
    /// Step by step, oldest first; steps without anything are left out.
    pub data: Vec<StepFigures>,
    /// How many deliveries of the window stand where, counted one by one; `None` when there are too many.
    pub exact: Option<BTreeMap<&'static str, usize>>,
}

/// What was counted in a step.
#[derive(Debug, Clone)]
pub struct StepFigures {
    /// When it begins.
    pub at: Timestamp,
    /// What was counted.
    pub figures: Figures,
}

/// The statistics of an endpoint; whole hours are counted.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller may not, there is no such endpoint, or the window has too many hours.
pub async fn endpoint_statistics(
    management: &Management,
    caller: &ApiKey,
    id: EndpointId,
    span: Span,
    step: Step,
) -> Result<Statistics, UseCaseError> {
    let endpoint = read_endpoint(management, caller, Scope::DeliveriesRead, id).await?;
    let window = window(management, caller, endpoint.workspace_id, span).await?;
    read_statistics(management, Subject::Endpoint(id), window, step).await
}

/// The statistics of all endpoints of a workspace; whole hours are counted.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller may not, there is no such workspace, or the window has too many hours.
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
    if window.until.as_millis() - window.since.as_millis() > MAX_HOURS * 3_600_000 && step == Step::Hour {
        return Err(Problem::invalid("by", "must be day for a window of more than 31 days").into());
    }
    let mut total = Tally::default();
    let mut steps: BTreeMap<Timestamp, Tally> = BTreeMap::new();
    for (hour, tally) in management.context.store.tallies(subject, window).await? {
        total.add(&tally);
        steps.entry(step.begin(hour)).or_default().add(&tally);
    }
    let exact = match subject {
        Subject::Endpoint(endpoint) => exact(management, endpoint, window).await?,
        Subject::Workspace(_) => None,
    };
    let steps = steps.into_iter();
    let data = steps.map(|(at, tally)| StepFigures { at, figures: tally.figures() }).collect();
    Ok(Statistics { total: total.figures(), data, exact })
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
    let wanted = Wanted::default();
    let store = &management.context.store;
    let page = store.list_deliveries(endpoint, &wanted, None, window, now, EXACT_ROWS).await?;
    if page.next.is_some() {
        return Ok(None);
    }
    let mut counts = BTreeMap::new();
    for delivery in page.rows {
        *counts.entry(word(delivery.status)).or_default() += 1;
    }
    Ok(Some(counts))
}

fn word(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Pending => "pending",
        DeliveryStatus::Retrying => "retrying",
        DeliveryStatus::Delivered => "delivered",
        DeliveryStatus::Failed => "failed",
        DeliveryStatus::Parked => "parked",
        DeliveryStatus::Cancelled => "cancelled",
    }
}
