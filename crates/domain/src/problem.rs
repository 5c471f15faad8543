//! What did the caller do wrong, and how is it told? Every refusal Posthorn's API can give, with its stable
//! code and HTTP status; RFC 9457 (`application/problem+json`) is how it is written out.
//!
//! A customer's failing endpoint is no problem (see [`crate::policy::outcome`]), nor is a fault of our own.

use serde::Serialize;

/// A value of the request that cannot be taken, with an RFC 6901 pointer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON pointer into the request body, or the name of a query parameter or header.
    pub pointer: String,
    /// What is wrong with the value, readable by the caller; never repeats a secret or an address.
    pub detail: String,
}

/// A mistake of the API's caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The body is not JSON.
    #[error("the body is not valid JSON: {0}")]
    MalformedJson(String),
    /// The body names a field that does not exist.
    #[error("unknown field `{field}`")]
    UnknownField {
        /// JSON pointer to the field.
        pointer: String,
        /// The field's name.
        field: String,
    },
    /// One or more values are out of bounds.
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldError>),
    /// No API key, or one that is not known.
    #[error("a valid API key is required in `X-API-Key` or `Authorization: Bearer`")]
    Unauthorized,
    /// The key does not carry the scope.
    #[error("this API key lacks the scope `{0}`")]
    MissingScope(&'static str),
    /// There is no such thing, or it belongs to another workspace.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The path exists but not with this method.
    #[error("this address does not take that method")]
    MethodNotAllowed,
    /// The body or payload is too large.
    #[error("the {what} is over {limit_bytes} bytes")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit, in bytes.
        limit_bytes: usize,
    },
    /// The `Idempotency-Key` was used with another request.
    #[error("this Idempotency-Key was already used with a different request")]
    IdempotencyKeyReused,
    /// A request with the same `Idempotency-Key` is being worked on.
    #[error("a request with this Idempotency-Key is still being worked on; try again shortly")]
    IdempotencyKeyInProgress,
    /// An event with this id was already accepted: another one, or the same under another key.
    #[error("an event with this id was already accepted with other content")]
    EventExists,
    /// The workspace has as many endpoints as it may.
    #[error("this workspace already has {0} endpoints, the most it may have")]
    TooManyEndpoints(usize),
    /// As many old secrets are still signing as may be.
    #[error("{0} old secrets are still signing, the most there may be; end their overlap first")]
    TooManySecrets(usize),
    /// The endpoint is switched off, so nothing can be sent to it.
    #[error("this endpoint is switched off; switch it on first")]
    EndpointDisabled,
    /// The replay is over.
    #[error("this replay is over")]
    ReplayOver,
    /// The workspace may accept no more events today.
    #[error("this workspace has accepted {0} events today, the most it may")]
    QuotaExceeded(u64),
    /// Somebody else changed the same thing at the same time.
    #[error("it was changed by someone else at the same time; read it again and retry")]
    ChangedMeanwhile,
    /// The events of one request have more deliveries together than one request may make.
    #[error(
        "the events of this request have more than {0} deliveries together; send this one in another request"
    )]
    BatchTooWide(usize),
    /// The event's payload was erased, so there is nothing to send.
    #[error("the data of this event was erased; there is nothing to send")]
    EventErased,
}

/// One row of the table of problems: stable code, HTTP status, title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemKind {
    /// Stable, machine-readable code.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Short title, the same for every problem of the kind.
    pub title: &'static str,
}

/// Every kind of problem there is, in the order of [`Problem`]'s variants.
pub const PROBLEMS: [ProblemKind; 19] = [
    kind("malformed_json", 400, "Malformed JSON"),
    kind("unknown_field", 422, "Unknown field"),
    kind("invalid_request", 422, "Invalid request"),
    kind("unauthorized", 401, "Unauthorized"),
    kind("missing_scope", 403, "Missing scope"),
    kind("not_found", 404, "Not found"),
    kind("method_not_allowed", 405, "Method not allowed"),
    kind("too_large", 413, "Too large"),
    kind("idempotency_key_reused", 409, "Idempotency key reused"),
    kind("idempotency_key_in_progress", 409, "Idempotency key in progress"),
    kind("event_exists", 409, "Event exists"),
    kind("too_many_endpoints", 409, "Too many endpoints"),
    kind("too_many_secrets", 409, "Too many secrets"),
    kind("endpoint_disabled", 409, "Endpoint disabled"),
    kind("replay_over", 409, "Replay over"),
    kind("quota_exceeded", 429, "Quota exceeded"),
    kind("changed_meanwhile", 409, "Changed meanwhile"),
    kind("batch_too_wide", 413, "Batch too wide"),
    kind("event_erased", 409, "Event erased"),
];

impl Problem {
    /// One bad value.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { pointer: pointer.into(), detail: detail.into() }])
    }

    /// The row of [`PROBLEMS`] this problem is of.
    pub fn kind(&self) -> ProblemKind {
        let row = match self {
            Self::MalformedJson(_) => 0,
            Self::UnknownField { .. } => 1,
            Self::Invalid(_) => 2,
            Self::Unauthorized => 3,
            Self::MissingScope(_) => 4,
            Self::NotFound(_) => 5,
            Self::MethodNotAllowed => 6,
            Self::TooLarge { .. } => 7,
            Self::IdempotencyKeyReused => 8,
            Self::IdempotencyKeyInProgress => 9,
            Self::EventExists => 10,
            Self::TooManyEndpoints(_) => 11,
            Self::TooManySecrets(_) => 12,
            Self::EndpointDisabled => 13,
            Self::ReplayOver => 14,
            Self::QuotaExceeded(_) => 15,
            Self::ChangedMeanwhile => 16,
            Self::BatchTooWide(_) => 17,
            Self::EventErased => 18,
        };
        PROBLEMS[row]
    }

    /// The values at fault, for the `errors` member.
    pub fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(errors) => errors.clone(),
            Self::UnknownField { pointer, .. } => {
                vec![FieldError { pointer: pointer.clone(), detail: self.to_string() }]
            }
            _ => Vec::new(),
        }
    }
}

/// Collects every bad value of a request, so that the caller can mend them all at once.
#[derive(Debug, Default)]
pub struct Invalid(Vec<FieldError>);

impl Invalid {
    /// Nothing is wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a bad value unless `holds`.
    pub fn require(&mut self, holds: bool, pointer: &str, detail: &str) {
        if !holds {
            self.push(pointer, detail);
        }
    }

    /// Notes a bad value.
    pub fn push(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push(FieldError { pointer: pointer.into(), detail: detail.into() });
    }

    /// Keeps the value of `result`, or notes its error and gives nothing.
    pub fn take<T, E: std::fmt::Display>(&mut self, pointer: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.push(pointer, error.to_string())).ok()
    }

    /// The problem, if anything was noted.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with everything noted.
    pub fn into_result(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::Invalid(self.0)) }
    }
}

const fn kind(code: &'static str, status: u16, title: &'static str) -> ProblemKind {
    ProblemKind { code, status, title }
}

fn summary(errors: &[FieldError]) -> String {
    let told = errors.iter().map(|FieldError { pointer, detail }| match pointer.as_str() {
        "" => format!("the body {detail}"),
        pointer => format!("{pointer}: {detail}"),
    });
    told.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_of_each() -> Vec<Problem> {
        vec![
            Problem::MalformedJson("line 1".into()),
            Problem::UnknownField { pointer: "/x".into(), field: "x".into() },
            Problem::invalid("/x", "is wrong"),
            Problem::Unauthorized,
            Problem::MissingScope("events"),
            Problem::NotFound("endpoint"),
            Problem::MethodNotAllowed,
            Problem::TooLarge { what: "payload", limit_bytes: 1 },
            Problem::IdempotencyKeyReused,
            Problem::IdempotencyKeyInProgress,
            Problem::EventExists,
            Problem::TooManyEndpoints(3),
            Problem::TooManySecrets(10),
            Problem::EndpointDisabled,
            Problem::ReplayOver,
            Problem::QuotaExceeded(10),
            Problem::ChangedMeanwhile,
            Problem::BatchTooWide(1),
            Problem::EventErased,
        ]
    }

    #[test]
    fn every_problem_has_its_own_row_and_every_row_its_problem() {
        let codes: Vec<_> = one_of_each().iter().map(|problem| problem.kind().code).collect();
        assert_eq!(codes, PROBLEMS.map(|row| row.code));
    }

    #[test]
    fn what_is_wrong_is_told_of_the_whole_body_or_of_a_value() {
        assert_eq!(Problem::invalid("", "must be an object").to_string(), "the body must be an object");
        assert_eq!(Problem::invalid("/url", "is required").to_string(), "/url: is required");
    }

    #[test]
    fn codes_are_unique_and_statuses_are_the_callers_fault() {
        let codes: std::collections::HashSet<_> = PROBLEMS.iter().map(|row| row.code).collect();
        assert_eq!(codes.len(), PROBLEMS.len());
        assert!(PROBLEMS.iter().all(|row| (400..500).contains(&row.status)));
    }
}
