//! What does Posthorn answer to itself when it carries out a step of a rule?
//! An answer as a receiver would give one: a status and a JSON body, so that log and schedule of the delivery are those of
//! any other. A status of 400 to 499 is final.

use domain::policy::outcome::{Answer, Outcome};
use domain::problem::Problem;
use serde_json::{Value, json};

/// An answer.
pub(super) fn answered(status: u16, body: &Value) -> Outcome {
    let body = body.to_string().into_bytes();
    Outcome::Answered(Answer { status, headers: Vec::new(), body, body_truncated: false })
}

/// A problem as an answer.
pub(super) fn refused(problem: &Problem) -> Outcome {
    let kind = problem.kind();
    answered(kind.status, &json!({ "code": kind.code, "detail": problem.to_string() }))
}

/// A problem that passes, as an answer after which the step is tried again.
pub(super) fn not_now(problem: &Problem) -> Outcome {
    answered(503, &json!({ "code": problem.kind().code, "detail": problem.to_string() }))
}
