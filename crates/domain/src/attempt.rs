//! What is kept of one HTTP request made for a delivery?

use serde::{Deserialize, Serialize};
use std::time::Duration;

use crate::outcome::{ErrorClass, Outcome};
use crate::timestamp::Timestamp;

/// What made Posthorn send the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// An accepted event, or the retry of one.
    Automatic,
    /// A test event asked for by hand.
    Test,
}

/// One HTTP request made for a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// What made Posthorn send it.
    pub trigger: Trigger,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// What the endpoint did.
    pub outcome: Outcome,
}

impl Attempt {
    /// The HTTP status, if there was an answer.
    pub fn response_status(&self) -> Option<u16> {
        match &self.outcome {
            Outcome::Answered(answer) => Some(answer.status),
            Outcome::Unreachable(_) => None,
        }
    }

    /// Why it failed; `None` if it did not.
    pub fn error(&self) -> Option<ErrorClass> {
        self.outcome.error_class()
    }
}
