//! How does the API show what was counted? The shapes of `…/statistics`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::delivery::statistics::Figures as DomainFigures;
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// Which statistics are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatisticsQuery {
    /// From then on; a day before `until`, if left out.
    pub since: Option<Timestamp>,
    /// Up to, not including, then; now, if left out.
    pub until: Option<Timestamp>,
    /// How long each step is.
    #[serde(default)]
    pub by: Step,
}

/// How long a step is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// An hour.
    #[default]
    Hour,
    /// A day of UTC.
    Day,
}

/// What was counted in a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Always true: everything but `exact` is.
    pub approximate: bool,
    /// Everything added up.
    pub total: Figures,
    /// Step by step, oldest first; steps without attempts are left out.
    pub data: Vec<StepFigures>,
    /// How many deliveries have which status, counted one by one; left out over 1,000, and of a workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<BTreeMap<Cow<'static, str>, usize>>,
}

/// What was counted in a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepFigures {
    /// When it begins.
    pub at: Timestamp,
    /// What was counted.
    #[serde(flatten)]
    pub figures: Figures,
}

/// What was counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Deliveries that succeeded.
    pub delivered: u64,
    /// Deliveries that were given up.
    pub failed: u64,
    /// Attempts made.
    pub attempts: u64,
    /// Attempts that failed.
    pub failed_attempts: u64,
    /// Share of the attempts that succeeded, 0 to 1; `null` if there was none.
    pub success_rate: Option<f64>,
    /// Half of the attempts took at most so many milliseconds.
    pub p50_ms: Option<u64>,
    /// 95 of 100 attempts took at most so many milliseconds.
    pub p95_ms: Option<u64>,
}

impl From<DomainFigures> for Figures {
    fn from(figures: DomainFigures) -> Self {
        let DomainFigures { delivered, failed, attempts, failed_attempts, success_rate, p50_ms, p95_ms } =
            figures;
        Self { delivered, failed, attempts, failed_attempts, success_rate, p50_ms, p95_ms }
    }
}
