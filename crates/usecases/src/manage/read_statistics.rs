//! How does an endpoint fare, in numbers? From tallies, which are approximate; for a short window also exactly, from the
//! rows of its deliveries.

use std::collections::BTreeMap;

use domain::delivery::DeliveryStatus;
use domain::delivery::statistics::{Figures, Hour, Tally};
use domain::id::EndpointId;
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use store::rows::deliveries::DeliveryFilter;
use store::rows::statistics::Subject;
use store::{Listing, Window};

use crate::error::UseCaseError;
use crate::manage::management::Management;

/// Deliveries counted one by one at most.
const EXACT_ROWS: usize = 1_000;
/// Longest window that is asked for by the hour: as many rows fit one answer.
const MAX_HOURS: i64 = 31 * 24;

/// How long a step of the answer is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// An hour.
    #[default]
    Hour,
    /// A day of UTC.
    Day,
}

/// What was counted in a window.
#[derive(Debug, Clone, Serialize)]
pub struct Statistics {
    /// Always true: see `exact` for what is not.
    pub approximate: bool,
    /// Everything added up.
    pub total: Figures,
    /// Step by step, oldest first; steps without anything are left out.
    pub data: Vec<StepFigures>,
    /// How many deliveries of the window stand where, counted one by one; `None` when there are too many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<BTreeMap<&'static str, usize>>,
}

/// What was counted in a step.
#[derive(Debug, Clone, Serialize)]
pub struct StepFigures {
    /// When it begins.
    pub at: Timestamp,
    /// What was counted.
    #[serde(flatten)]
    pub figures: Figures,
}

/// The statistics of `subject` in `window`; whole hours are counted.
///
/// # Errors
/// [`Problem::Invalid`] for too long a window; [`UseCaseError::Fault`] when the table cannot be read.
pub async fn read_statistics(
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
    Ok(Statistics { approximate: true, total: total.figures(), data, exact })
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
